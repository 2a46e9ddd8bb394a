//! `mps doctor`: what is wrong at this desk, and what to do.

mod probe;

use super::arguments::Doctor;
use super::{Misuse, Outcome, home, print};
use crate::engine::doctor::{self, Examined, ExaminedDevice, Finding, Weight};
use serde_json::json;
use std::fmt::Write as _;
use std::path::Path;

pub(super) fn run(arguments: Doctor) -> Result<Outcome, Misuse> {
    let home = home(arguments.desk.home)?;
    if let Some(device) = arguments.probe {
        return probe::answer(&home, &device);
    }
    let mut examined = doctor::examine(&home);
    // One after another: two devices may be the same reader.
    for device in &mut examined.devices {
        probe::ask(&home, device);
    }
    let ok = findings(&examined).all(|finding| finding.weight == Weight::Note);
    print::text(&if arguments.desk.json {
        for_programs(&examined, ok)
    } else {
        readable(&home, &examined)
    })?;
    Ok(if ok { Outcome::Yes } else { Outcome::No })
}

fn findings(examined: &Examined) -> impl Iterator<Item = &Finding> {
    let devices = examined.devices.iter().flat_map(|device| &device.findings);
    examined.findings.iter().chain(devices)
}

fn for_programs(examined: &Examined, ok: bool) -> String {
    let finding = |finding: &Finding| {
        json!({
            "code": finding.code,
            "weight": weight(finding),
            "what": finding.what,
            "advice": finding.advice,
        })
    };
    let all = |findings: &[Finding]| findings.iter().map(finding).collect::<Vec<_>>();
    let device = |device: &ExaminedDevice| {
        json!({
            "name": device.name,
            "title": device.title,
            "file": device.file,
            "good": device.good,
            "findings": all(&device.findings),
        })
    };
    let object = json!({
        "ok": ok,
        "machine": examined.machine.to_string(),
        "region": examined.region,
        "funids": examined.funids,
        "findings": all(&examined.findings),
        "devices": examined.devices.iter().map(device).collect::<Vec<_>>(),
    });
    format!("{object:#}\n")
}

fn readable(home: &Path, examined: &Examined) -> String {
    let region = examined.region.as_ref();
    let region = region.map_or_else(|| "只用基础脚本".to_owned(), |code| format!("地区{code}"));
    // Writing to a String cannot fail.
    let mut text = format!(
        "{}  {}程序，{region}，{}个功能编号\n",
        home.display(),
        examined.machine,
        examined.funids
    );
    if examined.findings.is_empty() {
        text += "  正确  配置、脚本、权限和服务器\n";
    }
    list(&mut text, &examined.findings);
    for device in &examined.devices {
        let _ = writeln!(text, "{}  {}", device.name, device.title);
        for good in &device.good {
            let _ = writeln!(text, "  正确  {}", print::visible(good));
        }
        list(&mut text, &device.findings);
    }
    let count = |weight| {
        findings(examined)
            .filter(|finding| finding.weight == weight)
            .count()
    };
    let _ = match (count(Weight::Error), count(Weight::Warning)) {
        (0, 0) => writeln!(text, "没有发现问题"),
        (errors, warnings) => writeln!(text, "{errors}处错误，{warnings}处警告"),
    };
    text
}

/// The findings, the heaviest first, with what to do below each.
fn list(text: &mut String, findings: &[Finding]) {
    let mut findings: Vec<&Finding> = findings.iter().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.weight));
    for finding in findings {
        let heading = match finding.weight {
            Weight::Error => "错误",
            Weight::Warning => "警告",
            Weight::Note => "提示",
        };
        let indented = |message: &str| print::visible(message).replace('\n', "\n        ");
        let _ = writeln!(text, "  {heading}  {} {}", finding.code, indented(&finding.what));
        if !finding.advice.is_empty() {
            let _ = writeln!(text, "        → {}", indented(&finding.advice));
        }
    }
}

fn weight(finding: &Finding) -> &'static str {
    match finding.weight {
        Weight::Error => "fault",
        Weight::Warning => "risk",
        Weight::Note => "note",
    }
}
