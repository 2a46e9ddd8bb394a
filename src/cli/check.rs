//! `mps check`: configuration and scripts, without a device.

use super::arguments::Check;
use super::{Misuse, Outcome, home, print};
use crate::engine::{self, Checked, Scope};
use serde_json::json;
use std::fmt::Write as _;

pub(super) fn run(arguments: Check) -> Result<Outcome, Misuse> {
    let scope = match arguments.region {
        Some(code) => Scope::Region(code),
        None if arguments.all => Scope::All,
        None => Scope::Configured,
    };
    let checked = engine::check(&home(arguments.desk.home)?, &scope);
    let ok = checked.iter().all(|checked| checked.problems.is_empty());
    print::text(&if arguments.desk.json {
        for_programs(&checked, ok)
    } else {
        readable(&checked)
    })?;
    Ok(if ok { Outcome::Yes } else { Outcome::No })
}

fn for_programs(checked: &[Checked], ok: bool) -> String {
    let one = |checked: &Checked| {
        json!({
            "region": checked.region,
            "funids": checked.funids,
            "devices": checked.devices,
            "problems": checked.problems,
            "notes": checked.notes,
        })
    };
    let checked: Vec<_> = checked.iter().map(one).collect();
    format!("{:#}\n", json!({ "ok": ok, "checked": checked }))
}

fn readable(checked: &[Checked]) -> String {
    let mut text = String::new();
    for one in checked {
        let whose = one
            .region
            .as_ref()
            .map_or_else(|| "基础脚本".to_owned(), |code| format!("地区 {code}"));
        // Writing to a String cannot fail.
        let _ = if one.problems.is_empty() {
            writeln!(text, "{whose}  正确，{}个功能、{}个设备", one.funids, one.devices)
        } else {
            writeln!(text, "{whose}  有{}处错误", one.problems.len())
        };
        for problem in &one.problems {
            let _ = writeln!(text, "  错误 {}", indented(problem));
        }
        for note in &one.notes {
            let _ = writeln!(text, "  提示 {}", indented(note));
        }
    }
    text
}

/// A message of several lines below its heading.
fn indented(message: &str) -> String {
    message.replace('\n', "\n       ")
}
