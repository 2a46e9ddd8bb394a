//! Expected and actual, with the first difference marked.

use crate::cli::print::{columns, visible};
use crate::script::{IS, Mismatch, Shown};

/// Signs before and behind a difference in a long line.
const AROUND: usize = 36;
/// Lines before and behind the first one that differs.
const LINES: usize = 2;
/// Columns of one side where two stand side by side.
const SIDE: usize = 52;
/// Bytes in one line.
const BYTES: usize = 16;

/// What was expected and what was there, in lines.
pub(super) fn lines(mismatch: &Mismatch) -> Vec<String> {
    let (expected, actual) = (&mismatch.expected, &mismatch.actual);
    if mismatch.relation != IS {
        return apart(&whole(expected), &whole(actual));
    }
    match (expected, actual) {
        (Shown::Text(expected), Shown::Text(actual)) => texts(expected, actual),
        (Shown::Bytes(_), Shown::Bytes(_) | Shown::Text(_)) | (Shown::Text(_), Shown::Bytes(_)) => {
            bytes(raw(expected), raw(actual))
        }
        (Shown::Words(expected), Shown::Words(actual))
            if expected.contains('\n') || actual.contains('\n') =>
        {
            texts(expected, actual)
        }
        (expected, actual) => apart(&whole(expected), &whole(actual)),
    }
}

fn whole(shown: &Shown) -> String {
    match shown {
        Shown::Text(text) if text.is_empty() => "（空文本）".to_owned(),
        Shown::Text(text) | Shown::Words(text) => visible(text),
        Shown::Bytes(bytes) => format!("{}字节：{}", bytes.len(), hex(bytes.iter().take(64))),
    }
}

fn raw(shown: &Shown) -> &[u8] {
    match shown {
        Shown::Text(text) | Shown::Words(text) => text.as_bytes(),
        Shown::Bytes(bytes) => bytes,
    }
}

/// One below the other.
fn apart(expected: &str, actual: &str) -> Vec<String> {
    let side = |title: &str, text: &str| {
        let mut lines = text.lines();
        let first = lines.next().unwrap_or_default();
        let more = lines.map(|line| format!("      {line}"));
        [format!("{title}  {first}")]
            .into_iter()
            .chain(more)
            .collect::<Vec<_>>()
    };
    [side("期望", expected), side("实际", actual)].concat()
}

fn texts(expected: &str, actual: &str) -> Vec<String> {
    let (expected_lines, actual_lines): (Vec<&str>, Vec<&str>) =
        (expected.split('\n').collect(), actual.split('\n').collect());
    if expected_lines.len() == 1 && actual_lines.len() == 1 {
        return single(expected, actual);
    }
    let same = expected_lines
        .iter()
        .zip(&actual_lines)
        .take_while(|(one, other)| one == other);
    let first = same.count();
    let from = first.saturating_sub(LINES);
    let last = (first + LINES + 1).min(expected_lines.len().max(actual_lines.len()));
    let mut lines = vec![format!("{:>5}  {}  实际", "行", padded("期望"))];
    for at in from..last {
        let (one, other) = (expected_lines.get(at), actual_lines.get(at));
        let mark = if one == other { ' ' } else { '≠' };
        let side =
            |line: Option<&&str>| line.map_or("（没有这一行）".to_owned(), |line| clipped(line));
        lines.push(format!(
            "{:>4}{mark}  {}  {}",
            at + 1,
            padded(&side(one)),
            side(other)
        ));
    }
    let line = |lines: &[&str]| lines.get(first).copied().unwrap_or_default().to_owned();
    let (one, other) = (line(&expected_lines), line(&actual_lines));
    lines.push(format!("第{}行{}", first + 1, told(&one, &other)));
    lines
}

/// Two single lines with a caret under the first difference.
fn single(expected: &str, actual: &str) -> Vec<String> {
    let same = common(expected, actual);
    let from = same.saturating_sub(AROUND);
    let part = |text: &str| {
        let shown: String = text.chars().skip(from).take(2 * AROUND).collect();
        let lead = if from > 0 { "…" } else { "" };
        let more = if text.chars().count() > from + 2 * AROUND {
            "…"
        } else {
            ""
        };
        visible(&format!("{lead}{shown}{more}"))
    };
    let lead: String = actual.chars().skip(from).take(same - from).collect();
    let lead = if from > 0 { format!("…{lead}") } else { lead };
    vec![
        format!("期望  {}", part(expected)),
        format!("实际  {}", part(actual)),
        format!("      {}^ {}", " ".repeat(columns(&lead)), told(expected, actual)),
    ]
}

/// Where two lines begin to differ, and by what.
fn told(expected: &str, actual: &str) -> String {
    let same = common(expected, actual);
    let offset: usize = expected.chars().take(same).map(char::len_utf8).sum();
    let sign = |text: &str| match text.chars().nth(same) {
        None => "到此为止".to_owned(),
        Some(sign) if sign.is_control() || sign.is_whitespace() => format!("U+{:04X}", u32::from(sign)),
        Some(sign) => format!("“{sign}”"),
    };
    format!(
        "第{}个字符（UTF-8第{}字节）起不同：期望{}，实际{}",
        same + 1,
        offset + 1,
        sign(expected),
        sign(actual)
    )
}

fn common(one: &str, other: &str) -> usize {
    one.chars()
        .zip(other.chars())
        .take_while(|(one, other)| one == other)
        .count()
}

fn bytes(expected: &[u8], actual: &[u8]) -> Vec<String> {
    let same = expected
        .iter()
        .zip(actual)
        .take_while(|(one, other)| one == other)
        .count();
    let row = same / BYTES * BYTES;
    let part = |bytes: &[u8]| {
        let part: Vec<u8> = bytes.iter().skip(row).take(BYTES).copied().collect();
        let text: String = part
            .iter()
            .map(|byte| {
                if byte.is_ascii_graphic() {
                    char::from(*byte)
                } else {
                    '.'
                }
            })
            .collect();
        format!("{:<width$} {text}", hex(part.iter()), width = BYTES * 3)
    };
    vec![
        format!("期望  {row:06X}  {}", part(expected)),
        format!("实际  {row:06X}  {}", part(actual)),
        format!(
            "              {}^^ 第{}字节起不同",
            "   ".repeat(same - row),
            same + 1
        ),
        format!("期望{}字节，实际{}字节", expected.len(), actual.len()),
    ]
}

fn hex<'a>(bytes: impl Iterator<Item = &'a u8>) -> String {
    let bytes: Vec<String> = bytes.map(|byte| format!("{byte:02X}")).collect();
    bytes.join(" ")
}

fn clipped(line: &str) -> String {
    let mut shown = String::new();
    for sign in visible(line).chars() {
        if columns(&shown) + 2 > SIDE {
            return shown + "…";
        }
        shown.push(sign);
    }
    shown
}

fn padded(text: &str) -> String {
    format!("{text}{}", " ".repeat((SIDE + 1).saturating_sub(columns(text))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(expected: Shown, actual: Shown) -> String {
        let mismatch = Mismatch {
            line: 1,
            subject: "值".to_owned(),
            relation: IS,
            expected,
            actual,
            wording: true,
            notes: Vec::new(),
        };
        lines(&mismatch).join("\n")
    }

    fn text(text: &str) -> Shown {
        Shown::Text(text.to_owned())
    }

    #[test]
    fn the_caret_stands_under_the_first_sign_that_differs() {
        assert_eq!(
            compared(text("操作成功"), text("操作失败")),
            "期望  操作成功\n实际  操作失败\n          ^ 第3个字符（UTF-8第7字节）起不同：期望“成”，实际“失”"
        );
        let longer = compared(text("ab"), text("ab "));
        assert!(longer.contains("期望到此为止，实际U+0020"), "{longer}");
    }

    #[test]
    fn of_many_lines_the_first_that_differs_is_marked() {
        let told = compared(text("a\nb\nc\nd"), text("a\nb\nC\nd"));
        assert!(
            told.contains("   3≠") && told.contains("第3行第1个字符"),
            "{told}"
        );
    }

    #[test]
    fn bytes_are_shown_where_they_differ() {
        let told = compared(Shown::Bytes(vec![0x30, 0xD5]), Shown::Bytes(vec![0x30, 0xC5]));
        assert!(told.contains("第2字节起不同") && told.contains("30 D5"), "{told}");
    }
}
