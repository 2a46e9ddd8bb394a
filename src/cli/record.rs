//! `mps record` and `mps replay`: calls that were kept, shown, turned into scenarios, and played again.

use super::arguments::{Record, RecordAction, Replay};
use super::{Misuse, Outcome, home, print};
use crate::engine::Theatre;
use crate::engine::control::Control;
use crate::engine::record::{self, Difference, Recording};
use serde_json::{Value as Json, json};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

pub(super) fn run(arguments: Record) -> Result<Outcome, Misuse> {
    let home = home(arguments.desk.home)?;
    let folder = record::folder(&home);
    match (arguments.action, arguments.id) {
        (RecordAction::On, _) => switch(&home, true),
        (RecordAction::Off, _) => switch(&home, false),
        (RecordAction::List, _) => list(&folder, arguments.desk.json),
        (RecordAction::Show, Some(id)) => {
            print::text(&format!("{:#}\n", load(&folder, &id)?.json))?;
            Ok(Outcome::Yes)
        }
        (RecordAction::ToScenario, Some(id)) => {
            let lua = record::to_scenario(&load(&folder, &id)?);
            let unread = || Misuse::new("这一次的请求当时就读不出来，写不成场景；它的样子见 mps record show");
            print::text(&lua.ok_or_else(unread)?)?;
            Ok(Outcome::Yes)
        }
        (RecordAction::Show | RecordAction::ToScenario, None) => {
            Err(Misuse::new("请写出是哪一条录制，编号见 mps record list"))
        }
    }
}

fn switch(home: &Path, on: bool) -> Result<Outcome, Misuse> {
    let control = Control::of(home);
    control.set_record(on).map_err(|_| {
        Misuse::new(format!(
            "写不进去: {}\n请给当前用户写这个文件夹的权限",
            control.folder().display()
        ))
    })?;
    print::text(if on {
        "已打开录制，运行中的程序一秒之内照办\n"
    } else {
        "已关闭录制，运行中的程序一秒之内照办\n"
    })?;
    Ok(Outcome::Yes)
}

fn list(folder: &Path, json: bool) -> Result<Outcome, Misuse> {
    let recordings: Vec<Recording> = record::list(folder)
        .iter()
        .filter_map(|id| record::load(&record::file(folder, id)?))
        .collect();
    let at = |recording: &Recording, path: &str| {
        let value = recording.json.pointer(path).and_then(Json::as_str);
        value.unwrap_or_default().to_owned()
    };
    let text: String = match json {
        true => {
            let one = |recording: &Recording| {
                json!({
                    "id": recording.id,
                    "time": at(recording, "/time"),
                    "funid": at(recording, "/request/funid"),
                    "result": at(recording, "/response/result"),
                    "msg": at(recording, "/response/msg"),
                })
            };
            format!(
                "{:#}\n",
                Json::from(recordings.iter().map(one).collect::<Vec<_>>())
            )
        }
        false if recordings.is_empty() => {
            "没有录制；打开请执行 mps record on，或在 mps.toml 里写 record = true\n".to_owned()
        }
        false => {
            let line = |recording: &Recording| {
                let value = |path| print::visible(&at(recording, path));
                let time = at(recording, "/time");
                format!(
                    "{}  {}  {}  {} {}\n",
                    recording.id,
                    time.get(..19).unwrap_or_default().replace('T', " "),
                    value("/request/funid"),
                    value("/response/result"),
                    value("/response/msg")
                )
            };
            recordings.iter().map(line).collect()
        }
    };
    print::text(&text)?;
    Ok(if recordings.is_empty() {
        Outcome::No
    } else {
        Outcome::Yes
    })
}

fn load(folder: &Path, id: &str) -> Result<Recording, Misuse> {
    let file = record::file(folder, id);
    let loaded = file.as_deref().and_then(record::load);
    loaded.ok_or_else(|| Misuse::new("没有这条录制，或它已损坏；编号见 mps record list"))
}

/// The recordings that are named: one by its number, a file, or a folder of them.
fn named(home: &Path, name: &str) -> Result<Vec<Recording>, Misuse> {
    let path = PathBuf::from(name);
    if path.is_dir() {
        let files = record::list(&path);
        let files = files.iter().filter_map(|id| record::file(&path, id));
        return Ok(files.filter_map(|file| record::load(&file)).collect());
    }
    if path.is_file() {
        let loaded = record::load(&path);
        return Ok(vec![
            loaded.ok_or_else(|| Misuse::new("这个文件不是录制，或已损坏"))?,
        ]);
    }
    Ok(vec![load(&record::folder(home), name)?])
}

pub(super) fn replay(arguments: Replay) -> Result<Outcome, Misuse> {
    let home = home(arguments.desk.home)?;
    let recordings = match &arguments.recording {
        Some(name) => named(&home, name)?,
        None => named(&home, &record::folder(&home).to_string_lossy()).unwrap_or_default(),
    };
    if recordings.is_empty() {
        return Err(Misuse::new("没有可以回放的录制；打开录制请执行 mps record on"));
    }
    let theatre = match arguments.generation {
        None => Theatre::open(&home, None).map_err(Misuse::new)?,
        Some(number) => Theatre::kept(&home, number)
            .ok_or_else(|| Misuse::new("没有保留这一代，序号见 mps status"))?
            .map_err(Misuse::new)?,
    };
    let (mut text, mut objects, mut same) = (String::new(), Vec::new(), 0);
    let (unread, recordings): (Vec<_>, Vec<_>) = recordings
        .into_iter()
        .partition(|recording| recording.unread().is_some());
    for recording in &recordings {
        let replayed = record::replay(&theatre, recording);
        let equal = replayed
            .as_ref()
            .is_ok_and(|replayed| replayed.differences.is_empty());
        same += usize::from(equal);
        match replayed {
            Ok(replayed) => {
                text.push_str(&readable(recording, &replayed.differences));
                objects.push(for_programs(recording, &replayed.differences));
            }
            Err(why) => {
                // Writing to a String cannot fail.
                let _ = writeln!(text, "{}  不能回放: {why}", recording.id);
                objects.push(json!({ "id": recording.id, "error": why }));
            }
        }
    }
    for recording in &unread {
        let code = recording.unread().unwrap_or_default();
        let _ = writeln!(text, "{}  没有回放: 请求当时就读不出来（{code}）", recording.id);
        objects.push(json!({ "id": recording.id, "unread": code }));
    }
    let _ = writeln!(text, "回放 {} 条，{same} 条相同", recordings.len());
    print::text(&match arguments.desk.json {
        true => format!("{:#}\n", Json::from(objects)),
        false => text,
    })?;
    Ok(if same == recordings.len() {
        Outcome::Yes
    } else {
        Outcome::No
    })
}

fn readable(recording: &Recording, differences: &[Difference]) -> String {
    if differences.is_empty() {
        return format!("{}  相同\n", recording.id);
    }
    let mut text = format!("{}  有 {} 处不同\n", recording.id, differences.len());
    let shown = |value: &Option<String>| match value {
        Some(value) => print::visible(value),
        None => "（没有）".to_owned(),
    };
    for difference in differences {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "  {}\n    录制时  {}\n    现在    {}",
            difference.path,
            shown(&difference.recorded),
            shown(&difference.now)
        );
    }
    text
}

fn for_programs(recording: &Recording, differences: &[Difference]) -> Json {
    let one = |difference: &Difference| json!({ "path": difference.path, "recorded": difference.recorded, "now": difference.now });
    json!({ "id": recording.id, "differences": differences.iter().map(one).collect::<Vec<_>>() })
}
