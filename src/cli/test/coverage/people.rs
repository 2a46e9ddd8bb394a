//! Coverage for people: a line a file, a line a way, and what is missing.

use super::{Covered, Region, Share, fields, lines};
use crate::cli::print::{columns, visible};
use crate::script::{FileCoverage, WayCoverage};
use std::fmt::Write as _;

pub(in super::super) fn report(covered: &Covered) -> String {
    let mut text = "\n脚本的行：运行过的 / 可以运行的\n".to_owned();
    let width = |names: &mut dyn Iterator<Item = usize>| names.max().unwrap_or_default();
    let widest = width(&mut covered.files.iter().map(|file| columns(&file.file)));
    for file in &covered.files {
        // A String takes everything.
        let _ = writeln!(text, "  {}", of_file(file, widest));
    }
    let all = covered.files.iter().map(lines).fold(Share::default(), Share::and);
    let _ = writeln!(text, "  {}", row("合计", widest, all));
    text.push_str("\n返回字段：在成功的返回里见过值的 / 声明的\n");
    let widest = width(&mut covered.ways().map(|(_, way)| columns(&named(way))));
    for region in &covered.regions {
        text.push_str(&of_region(region, widest));
    }
    let all = covered.ways().map(|(_, way)| fields(way));
    let all = all.fold(Share::default(), Share::and);
    let _ = writeln!(text, "  {}", row("合计", widest + 2, all));
    text
}

fn of_file(file: &FileCoverage, widest: usize) -> String {
    let counts = match &file.lines {
        Ok(counts) => counts,
        Err(error) => return format!("{}  读不出来：{}", padded(&file.file, widest), error.sentence()),
    };
    let missed = ranges(counts.iter().map(|(line, times)| (*line, *times > 0)));
    let mut text = row(&file.file, widest, lines(file));
    if !missed.is_empty() {
        let _ = write!(text, "  没有运行第{}行", missed.join("、"));
    }
    text
}

fn of_region(region: &Region, widest: usize) -> String {
    let title = match &region.code {
        None => "基础脚本".to_owned(),
        Some(code) => format!("地区{code}"),
    };
    let ways = match &region.ways {
        Ok(ways) => ways,
        Err(why) => return format!("  {title}  不能用：{}\n", visible(why)),
    };
    let mut text = format!("  {title}\n");
    for way in ways {
        let _ = writeln!(text, "    {}", of_way(way, widest));
    }
    text
}

fn of_way(way: &WayCoverage, widest: usize) -> String {
    let row = row(&named(way), widest, fields(way));
    if way.calls == 0 {
        return format!("{row}  没有调用过");
    }
    let mut text = format!("{row}  调用{}次，成功{}次", way.calls, way.good);
    let named = |empty: bool| -> Vec<&str> {
        let unseen = way.fields.iter().filter(|field| field.seen.filled == 0);
        let alike = unseen.filter(|field| (field.seen.empty > 0) == empty);
        alike.map(|field| field.name.as_str()).collect()
    };
    for (what, names) in [("没有见过", named(false)), ("只见过空的", named(true))] {
        if !names.is_empty() {
            let _ = write!(text, "；{what}：{}", names.join("、"));
        }
    }
    text
}

/// `N04.00.00.01  mdtrt_cert_type=03 社会保障卡`.
fn named(way: &WayCoverage) -> String {
    match &way.by {
        None => way.funid.clone(),
        Some((field, value, title)) => format!("{}  {field}={value} {title}", way.funid),
    }
}

fn row(name: &str, widest: usize, share: Share) -> String {
    let percent = match share.whole {
        0 => String::new(),
        whole => format!("{:>4}%", share.part * 100 / whole),
    };
    format!(
        "{}  {:>5}/{:<5}{percent}",
        padded(name, widest),
        share.part,
        share.whole
    )
}

fn padded(name: &str, widest: usize) -> String {
    format!("{name}{}", " ".repeat(widest.saturating_sub(columns(name))))
}

/// The lines that did not run, those that follow one another in one; lines that cannot run do not part them.
fn ranges(lines: impl Iterator<Item = (usize, bool)>) -> Vec<String> {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    let mut open = false;
    for (line, ran) in lines {
        match ranges.last_mut().filter(|_| open) {
            _ if ran => {}
            Some((_, end)) => *end = line,
            None => ranges.push((line, line)),
        }
        open = !ran;
    }
    let shown = |(from, to): (usize, usize)| match from == to {
        true => from.to_string(),
        false => format!("{from}-{to}"),
    };
    ranges.into_iter().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::ranges;

    #[test]
    fn lines_that_did_not_run_are_told_in_ranges() {
        let lines = [
            (1, true),
            (2, false),
            (4, false),
            (5, false),
            (6, true),
            (7, false),
        ];
        assert_eq!(ranges(lines.into_iter()), ["2-5", "7"]);
        assert!(ranges([(1, true)].into_iter()).is_empty());
    }
}
