//! `mps stats`: one day of calls in numbers.

use super::arguments::Stats;
use super::journal::{self, Line};
use super::{Misuse, Outcome, home, print};
use crate::engine::journal::{Day, read};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::ErrorKind;
use std::time::SystemTime;

pub(super) fn run(arguments: Stats) -> Result<Outcome, Misuse> {
    let folder = journal::folder(&home(arguments.desk.home)?)?;
    let day = arguments.day.unwrap_or_else(|| Day::of(SystemTime::now()));
    let mut sum = Sum::default();
    match read(&folder, day, |line| sum.add(Line(&line))) {
        // Nothing was called yet.
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(journal::unreadable(&folder, &error)),
        Ok(()) => {}
    }
    print::text(&if arguments.desk.json {
        format!("{:#}\n", sum.for_programs(day))
    } else {
        sum.readable(day)
    })?;
    Ok(if sum.calls.times.is_empty() {
        Outcome::No
    } else {
        Outcome::Yes
    })
}

/// Calls of one kind.
#[derive(Default)]
struct Group {
    failed: usize,
    /// Milliseconds of each.
    times: Vec<f64>,
}

impl Group {
    fn add(&mut self, millis: f64, failed: bool) {
        self.times.push(millis);
        self.failed += usize::from(failed);
    }

    /// The time that so many of a hundred did not exceed.
    fn percentile(&self, percent: usize) -> f64 {
        let mut times = self.times.clone();
        times.sort_by(f64::total_cmp);
        let rank = (times.len() * percent).div_ceil(100).max(1);
        times.get(rank - 1).copied().unwrap_or_default()
    }

    fn for_programs(&self) -> Json {
        json!({
            "calls": self.times.len(),
            "failed": self.failed,
            "p50": self.percentile(50),
            "p90": self.percentile(90),
            "p99": self.percentile(99),
            "max": self.percentile(100),
        })
    }
}

/// A day.
#[derive(Default)]
struct Sum {
    calls: Group,
    funids: BTreeMap<String, Group>,
    devices: BTreeMap<String, Group>,
    /// Failures by what they were, with the message of the last.
    causes: BTreeMap<(String, String), usize>,
    programs: BTreeSet<(String, u64)>,
    generations: usize,
    refused: usize,
    lost: u64,
}

impl Sum {
    fn add(&mut self, line: Line<'_>) {
        match line.text("kind") {
            Some("generation") => self.generations += 1,
            Some("refused") => self.refused += 1,
            Some("lost") => self.lost += line.number("lines"),
            Some("call") => self.add_call(line),
            _ => {}
        }
    }

    fn add_call(&mut self, line: Line<'_>) {
        let (failed, millis) = (line.has_failed(), line.millis("ms"));
        let text = |key: &str| line.text(key).unwrap_or_default().to_owned();
        self.calls.add(millis, failed);
        self.programs.insert((text("program"), line.number("process")));
        self.funids.entry(text("funid")).or_default().add(millis, failed);
        if failed {
            let cause = (text("error"), text("msg"));
            *self.causes.entry(cause).or_default() += 1;
        }
        for exchange in line.list("devices").map(Line) {
            let group = self.devices.entry(journal::device_call(exchange)).or_default();
            group.add(exchange.millis("ms"), exchange.text("error").is_some());
        }
    }

    /// Causes of failures, the most frequent first.
    fn causes(&self) -> Vec<(&(String, String), usize)> {
        let mut causes: Vec<_> = self.causes.iter().map(|(cause, count)| (cause, *count)).collect();
        causes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        causes
    }

    fn for_programs(&self, day: Day) -> Json {
        let groups = |groups: &BTreeMap<String, Group>| -> serde_json::Map<String, Json> {
            groups
                .iter()
                .map(|(name, group)| (name.clone(), group.for_programs()))
                .collect()
        };
        let cause = |((error, msg), count): (&(String, String), usize)| json!({ "error": error, "msg": msg, "count": count });
        let causes: Vec<Json> = self.causes().into_iter().map(cause).collect();
        json!({
            "day": day.to_string(),
            "calls": self.calls.for_programs(),
            "programs": self.programs.len(),
            "causes": causes,
            "funids": groups(&self.funids),
            "devices": groups(&self.devices),
            "generations": self.generations,
            "refused": self.refused,
            "lost": self.lost,
        })
    }

    fn readable(&self, day: Day) -> String {
        let mut text = format!("{day}（北京时间）\n");
        let calls = self.calls.times.len();
        if calls == 0 {
            text.push_str("这一天没有调用\n");
        } else {
            let failed = self.calls.failed;
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "调用 {calls} 次，成功 {}，失败 {failed}；{} 个进程",
                calls - failed,
                self.programs.len()
            );
        }
        if self.refused > 0 {
            let _ = writeln!(text, "保存的文件有 {} 次没有被采用", self.refused);
        }
        if self.lost > 0 {
            let _ = writeln!(text, "另有 {} 行日志没能写下", self.lost);
        }
        if !self.causes.is_empty() {
            text.push_str("\n失败的原因\n");
        }
        for ((error, msg), count) in self.causes() {
            let space = if error.is_empty() { "" } else { " " };
            let _ = writeln!(text, "{count:>6}  {error}{space}{}", print::visible(msg));
        }
        for (title, groups) in [("功能编号", &self.funids), ("设备函数", &self.devices)] {
            text.push_str(&table(title, groups));
        }
        text
    }
}

/// Groups below one another, times in milliseconds.
fn table(title: &str, groups: &BTreeMap<String, Group>) -> String {
    if groups.is_empty() {
        return String::new();
    }
    let names = groups.keys().map(|name| print::columns(&print::visible(name)));
    let width = names.chain([print::columns(title)]).max().unwrap_or_default();
    let padded = |name: &str| format!("{name}{}", " ".repeat(width.saturating_sub(print::columns(name))));
    let mut text = format!(
        "\n{}    次数    失败      一半      九成    九成九      最长（毫秒）\n",
        padded(title)
    );
    for (name, group) in groups {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{}  {:>6}  {:>6}  {:>8.1}  {:>8.1}  {:>8.1}  {:>8.1}",
            padded(&print::visible(name)),
            group.times.len(),
            group.failed,
            group.percentile(50),
            group.percentile(90),
            group.percentile(99),
            group.percentile(100)
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::Group;

    #[test]
    fn a_percentile_is_a_time_that_was_taken() {
        let group = Group {
            failed: 0,
            times: (1..=10).rev().map(f64::from).collect(),
        };
        let percentiles = [1, 50, 90, 99, 100].map(|percent| group.percentile(percent));
        assert_eq!(percentiles, [1.0, 5.0, 9.0, 10.0, 10.0]);
        assert_eq!(Group::default().percentile(50), 0.0);
    }
}
