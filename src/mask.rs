//! Patients' data in messages: what looks like a number of identity, a name or a token is shown by its ends only.
//!
//! Messages of errors go to logs and to strangers' screens, and scripts put into them whatever they please.

use std::borrow::Cow;

/// Fewer digits in a row than these are codes, dates without a year, or sizes.
const DIGITS: usize = 8;
/// A run of letters and digits as long as this one is a token, if digits are among it.
const TOKEN: usize = 16;
/// Digits that make a token of a long run; names of functions have fewer.
const TOKEN_DIGITS: usize = 4;
/// Stars that stand for one value at most.
const STARS: usize = 16;

/// What opens a quotation.
const QUOTES: [char; 4] = ['“', '"', '\'', '‘'];

/// What four in five Chinese family names begin with.
const FAMILY_NAMES: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕\
    丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤欧司上诸";

/// A value that came from a request or a device: its ends, and stars between them. One or two letters or digits stay: they are codes.
pub(crate) fn value(value: &str) -> String {
    let length = value.chars().count();
    if length <= 2 && value.is_ascii() {
        return value.to_owned();
    }
    ends(value, STARS)
}

/// Words that a script or Lua itself put together: numbers, tokens and quoted names in them are masked.
pub(crate) fn text(text: &str) -> Cow<'_, str> {
    match numbers(text) {
        Cow::Borrowed(text) => names(text),
        Cow::Owned(text) => Cow::Owned(names(&text).into_owned()),
    }
}

/// Masks long runs of digits and tokens, each sign by one star, so that a caret below still stands right.
pub(crate) fn numbers(text: &str) -> Cow<'_, str> {
    if text.len() < DIGITS {
        return Cow::Borrowed(text);
    }
    let mut length = 0;
    let is_long = |byte: u8| {
        length = if byte.is_ascii_alphanumeric() {
            length + 1
        } else {
            0
        };
        length >= DIGITS
    };
    if !text.bytes().any(is_long) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(runs(text, |c| c.is_ascii_alphanumeric(), |run, _| is_number(run)))
}

/// Masks what is quoted, or stands behind 姓名, and looks like a name.
fn names(text: &str) -> Cow<'_, str> {
    let tells = |sign| QUOTES.contains(&sign) || sign == '姓';
    if text.is_ascii() || !text.chars().any(tells) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(runs(text, is_han, |run, before| {
        let told =
            before.ends_with(QUOTES) || before.trim_end_matches(['：', ':', '=', ' ']).ends_with("姓名");
        told && is_name(run)
    }))
}

/// Masks each run of signs of a kind that `hidden` picks by itself and by what stands before it.
fn runs(text: &str, kind: fn(char) -> bool, hidden: impl Fn(&str, &str) -> bool) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let run = &rest[..rest.find(|c| !kind(c)).unwrap_or(rest.len())];
        if run.is_empty() {
            let other = &rest[..rest.find(kind).unwrap_or(rest.len())];
            masked.push_str(other);
            at += other.len();
        } else {
            if hidden(run, &text[..at]) {
                masked.push_str(&ends(run, usize::MAX));
            } else {
                masked.push_str(run);
            }
            at += run.len();
        }
    }
    masked
}

fn is_number(run: &str) -> bool {
    let longest = run.split(|c: char| !c.is_ascii_digit()).map(str::len).max();
    let digits = run.bytes().filter(u8::is_ascii_digit).count();
    longest.is_some_and(|longest| longest >= DIGITS) || (run.len() >= TOKEN && digits >= TOKEN_DIGITS)
}

fn is_name(run: &str) -> bool {
    let length = run.chars().count();
    (2..=4).contains(&length) && run.starts_with(|first| FAMILY_NAMES.contains(first))
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}' | '·')
}

/// The first and the last sign, and as many stars as signs between them; of two signs the first.
fn ends(value: &str, most: usize) -> String {
    let length = value.chars().count();
    let stars = |count: usize| "*".repeat(count.min(most));
    match (value.chars().next(), value.chars().next_back()) {
        (Some(first), Some(last)) if length > 2 => format!("{first}{}{last}", stars(length - 2)),
        (Some(first), Some(_)) if length == 2 => format!("{first}*"),
        _ => stars(length),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_shown_by_its_ends() {
        assert_eq!(value("11010119000101000X"), format!("1{}X", "*".repeat(16)));
        assert_eq!(value("张三"), "张*");
        assert_eq!(value("欧阳某某"), "欧**某");
        assert_eq!(value("䶮"), "*");
        assert_eq!(value("DGXXXXXX1"), "D*******1");
        assert_eq!(value(&"9".repeat(5000)).len(), 18);
        assert_eq!(value("03"), "03");
        assert_eq!(value(""), "");
    }

    #[test]
    fn numbers_and_tokens_in_words_are_masked_and_names_of_things_are_not() {
        assert_eq!(
            text("证件11010119000101000X不对"),
            format!("证件1{}X不对", "*".repeat(16))
        );
        assert_eq!(text("手机 13800000000"), "手机 1*********0");
        assert_eq!(
            numbers("ecToken=350000ec7ed79i1c4n0a83"),
            format!("ecToken=3{}3", "*".repeat(20))
        );
        for kept in [
            "350203",
            "N04.00.00.01",
            "SSC_ReadCard",
            "NationEcTransferEncrypted",
            "返回码-2201",
            "2024-01-31",
        ] {
            assert_eq!(text(kept), kept);
        }
    }

    #[test]
    fn names_are_masked_where_they_are_quoted_or_told() {
        assert_eq!(text("姓名：张三不对"), "姓名：张**对");
        assert_eq!(text("姓名=李四, 查无此人"), "姓名=李*, 查无此人");
        assert_eq!(text("没有“王小二”的记录"), "没有“王*二”的记录");
        assert_eq!(text("没有名为“端口”的设置"), "没有名为“端口”的设置");
    }

    #[test]
    fn masking_keeps_the_width_of_a_line() {
        let line = "card = \"350200199001010000\", x";
        assert_eq!(numbers(line).chars().count(), line.chars().count());
    }
}
