//! Results in the Test Anything Protocol, version 14.

use super::Played;
use std::fmt::Write as _;

pub(super) fn report(played: &Played) -> String {
    let mut text = format!("TAP version 14\n1..{}\n", played.count());
    let mut number = 0;
    // A String takes everything.
    for (file, error) in played.unusable() {
        number += 1;
        let _ = write!(text, "not ok {number} - {}\n{}", escaped(file), comment(&error));
    }
    for scenario in played.scenarios() {
        number += 1;
        let name = format!("{} {}", scenario.file.name, scenario.entry.name);
        let good = scenario.verdict.is_good();
        let _ = writeln!(
            text,
            "{} {number} - {}",
            if good { "ok" } else { "not ok" },
            escaped(&name)
        );
        if !good {
            text.push_str(&comment(&scenario.told()));
        }
    }
    text
}

/// Lines that are no results.
pub(super) fn comment(told: &str) -> String {
    let lines = told.trim().lines().map(|line| format!("# {line}\n"));
    lines.collect()
}

/// A name in one line; `#` would begin a directive.
fn escaped(name: &str) -> String {
    name.replace('\\', "\\\\")
        .replace('#', "\\#")
        .replace(['\n', '\r'], " ")
}
