//! `mps status`, `reload`, `freeze`, `unfreeze`, `rollback`: the engines that run on this desk, and which scripts they stay on.

use super::arguments::{Desk, Rollback};
use super::{Misuse, Outcome, home, print};
use crate::clock::beijing;
use crate::engine::control::{Control, EngineStatus, KeptGeneration, Request};
use crate::engine::{Engine, Overrides};
use serde_json::json;
use std::fmt::Write as _;
use std::io;
use std::path::Path;
use std::time::Duration;

/// How long an engine may take to answer; it looks once a second even where the system reports nothing.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) fn status(arguments: Desk) -> Result<Outcome, Misuse> {
    let control = Control::of(&home(arguments.home)?);
    show(&control, &asked(&control), arguments.json)
}

/// How things stand now; where nobody can be asked, how they stood last.
fn asked(control: &Control) -> Vec<EngineStatus> {
    control
        .ask(Request::Status, PATIENCE)
        .unwrap_or_else(|_| control.engines())
}

pub(super) fn reload(arguments: Desk) -> Result<Outcome, Misuse> {
    let control = Control::of(&home(arguments.home)?);
    ask_to_reload(&control, arguments.json)
}

pub(super) fn freeze(arguments: Desk) -> Result<Outcome, Misuse> {
    let home = home(arguments.home)?;
    let control = Control::of(&home);
    let fingerprint = current(&home, &control)?;
    control
        .freeze(&fingerprint)
        .map_err(|error| unwritable(&control, &error))?;
    ask_to_reload(&control, arguments.json)
}

pub(super) fn unfreeze(arguments: Desk) -> Result<Outcome, Misuse> {
    let control = Control::of(&home(arguments.home)?);
    control.unfreeze().map_err(|error| unwritable(&control, &error))?;
    ask_to_reload(&control, arguments.json)
}

pub(super) fn rollback(arguments: Rollback) -> Result<Outcome, Misuse> {
    let control = Control::of(&home(arguments.desk.home)?);
    let kept = control.kept();
    let index = match arguments.number {
        Some(number) => number - 1,
        None => 1 + running_index(&control, &kept),
    };
    let Some(generation) = kept.get(index) else {
        return Err(Misuse::new(format!(
            "没有可以退回的一代：现在保留了{}代，请执行 mps status 查看",
            kept.len()
        )));
    };
    if control.load(&generation.fingerprint).is_none() {
        return Err(Misuse::new("保留的这一代读不出来，请换一代"));
    }
    control
        .freeze(&generation.fingerprint)
        .map_err(|error| unwritable(&control, &error))?;
    ask_to_reload(&control, arguments.desk.json)
}

/// Where the generation that runs stands among the kept ones.
fn running_index(control: &Control, kept: &[KeptGeneration]) -> usize {
    let engines = asked(control);
    let running = engines.first().map(|engine| engine.fingerprint.clone());
    let running = running.or_else(|| control.frozen());
    let place = kept
        .iter()
        .position(|kept| Some(&kept.fingerprint) == running.as_ref());
    place.unwrap_or_default()
}

/// The generation that runs, kept so that it can be stayed on; where nothing runs, the one that would.
fn current(home: &Path, control: &Control) -> Result<String, Misuse> {
    let engines = asked(control);
    let running = engines
        .iter()
        .map(|engine| &engine.fingerprint)
        .find(|print| !print.is_empty());
    if let Some(fingerprint) = running.filter(|fingerprint| control.load(fingerprint).is_some()) {
        return Ok(fingerprint.clone());
    }
    let engine = Engine::open(home, Overrides::default());
    let kept = engine.keep().map_err(|error| unwritable(control, &error))?;
    kept.ok_or_else(|| {
        let why = engine.refused().unwrap_or_default();
        Misuse::new(format!("没有能应答的脚本，不能冻结\n{why}"))
    })
}

fn unwritable(control: &Control, error: &io::Error) -> Misuse {
    let number = error
        .raw_os_error()
        .map_or_else(String::new, |number| format!("（系统错误 {number}）"));
    Misuse::new(format!(
        "写不进去{number}: {}\n请给当前用户写这个文件夹的权限，或以管理员身份运行",
        control.folder().display()
    ))
}

fn ask_to_reload(control: &Control, json: bool) -> Result<Outcome, Misuse> {
    let engines = control
        .ask(Request::Reload, PATIENCE)
        .map_err(|error| unwritable(control, &error))?;
    show(control, &engines, json)
}

fn show(control: &Control, engines: &[EngineStatus], json: bool) -> Result<Outcome, Misuse> {
    let kept = control.kept();
    print::text(&if json {
        for_programs(control, engines, &kept)
    } else {
        readable(control, engines, &kept)
    })?;
    let well = |engine: &EngineStatus| engine.answered && engine.generation > 0 && engine.refused.is_none();
    Ok(if !engines.is_empty() && engines.iter().all(well) {
        Outcome::Yes
    } else {
        Outcome::No
    })
}

fn for_programs(control: &Control, engines: &[EngineStatus], kept: &[KeptGeneration]) -> String {
    let engines: Vec<_> = engines.iter().map(EngineStatus::to_json).collect();
    let kept = (1..).zip(kept).map(
        |(number, kept)| json!({ "number": number, "fingerprint": kept.fingerprint, "since": kept.since }),
    );
    let kept: Vec<_> = kept.collect();
    let object = json!({ "engines": engines, "kept": kept, "frozen": control.frozen() });
    format!("{object:#}\n")
}

fn readable(control: &Control, engines: &[EngineStatus], kept: &[KeptGeneration]) -> String {
    let mut text = String::new();
    if engines.is_empty() {
        text.push_str("没有正在运行的程序（调用过 MPS_Call、且 state 文件夹可写的程序才会列在这里）\n");
    }
    for engine in engines {
        text.push_str(&described(engine));
    }
    // Writing to a String cannot fail.
    let _ = match control.frozen() {
        Some(fingerprint) => writeln!(text, "\n冻结在 {}，解除请执行 mps unfreeze", short(&fingerprint)),
        None => writeln!(text, "\n没有冻结"),
    };
    if !kept.is_empty() {
        text.push_str("保留的代，最近的在前，退回请执行 mps rollback 序号\n");
    }
    for (number, kept) in (1..).zip(kept) {
        let runs = engines
            .iter()
            .any(|engine| engine.fingerprint == kept.fingerprint);
        let mark = if runs { "  正在运行" } else { "" };
        let _ = writeln!(
            text,
            "  {number}  {}  {}{mark}",
            short(&kept.fingerprint),
            beijing(kept.since)
        );
    }
    text
}

fn described(engine: &EngineStatus) -> String {
    let mut text = format!(
        "{}  进程 {}  版本 {}\n",
        print::visible(&engine.program),
        engine.process,
        engine.version
    );
    let mut line = |title: &str, value: &str| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {title}  {}", value.replace('\n', "\n        "));
    };
    if engine.generation == 0 {
        line("脚本", "没有能应答的脚本");
    } else {
        let mut running = format!(
            "第{}代 {}，{} 起",
            engine.generation,
            short(&engine.fingerprint),
            beijing(engine.since)
        );
        if engine.frozen {
            running.push_str("，已冻结");
        }
        line("脚本", &running);
    }
    line("地区", engine.region.as_deref().unwrap_or("没有设置，用基础脚本"));
    match (engine.staged, engine.simulate) {
        (true, _) => line("设备", "全部由mps test的场景代替（环境变量MPS_STAGE）"),
        (false, true) => line("设备", "全部模拟"),
        (false, false) => {}
    }
    line("场景", &trying(engine));
    line("查看", &looking(engine));
    if engine.pending {
        line("注意", "scripts 文件夹里的脚本与冻结的不同");
    }
    if let Some(journal) = &engine.journal {
        line("日志", journal);
    }
    if let Some(refused) = &engine.refused {
        line("没有采用保存的文件，因为", &format!("\n{refused}"));
    }
    text
}

/// Whether changed scripts are tried, and what these were tried with.
fn trying(engine: &EngineStatus) -> String {
    match (engine.gate, engine.scenarios) {
        (false, _) => "改过的脚本不试运行（mps.toml 中 gate = false）".to_owned(),
        (true, 0) => "改过的脚本先试运行".to_owned(),
        (true, count) => format!("改过的脚本先试运行；这一代试过{count}个，全部通过"),
    }
}

fn looking(engine: &EngineStatus) -> String {
    if !engine.answered {
        return "没有回应，可能正忙或已停止响应；以下是它上次写下的状态".to_owned();
    }
    let how = if engine.notified {
        "保存后马上察觉"
    } else {
        "每秒查看一次"
    };
    format!("{how}，上次 {}", beijing(engine.scanned))
}

/// Enough of a fingerprint to tell one from another.
fn short(fingerprint: &str) -> &str {
    fingerprint.get(..8).unwrap_or(fingerprint)
}
