//! `mps trace`: the calls of the programs on this desk, as they are made.

use super::arguments::Trace;
use super::journal::{self, Line};
use super::{Misuse, Outcome, home, print};
use crate::engine::journal::{Day, Follower, days, read};
use serde_json::Value as Json;
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::time::Duration;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_millis(100);

pub(super) fn run(arguments: Trace) -> Result<Outcome, Misuse> {
    let folder = journal::folder(&home(arguments.desk.home.clone())?)?;
    match arguments.last {
        Some(count) => {
            for line in last(&folder, count, &arguments)? {
                print::text(&shown(&line, arguments.desk.json))?;
            }
            Ok(Outcome::Yes)
        }
        None => follow(&folder, &arguments),
    }
}

/// Shows what is written from now on, until the reader has seen enough.
fn follow(folder: &Path, arguments: &Trace) -> Result<Outcome, Misuse> {
    let mut follower = Follower::at_the_end(folder);
    if !arguments.desk.json {
        print::complain(&format!(
            "正在等待调用，按 Ctrl-C 结束（日志在 {}）",
            folder.display()
        ));
    }
    loop {
        for line in follower
            .next_lines()
            .iter()
            .filter(|line| wanted(line, arguments))
        {
            let mut output = std::io::stdout().lock();
            let shown = shown(line, arguments.desk.json);
            match output.write_all(shown.as_bytes()).and_then(|()| output.flush()) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(Outcome::Yes),
                Err(_) => return Err(Misuse::new("标准输出写不进去，请检查磁盘空间")),
            }
        }
        std::thread::sleep(LOOK);
    }
}

/// The last lines that are wanted, the oldest first.
fn last(folder: &Path, count: usize, arguments: &Trace) -> Result<VecDeque<Json>, Misuse> {
    let mut lines: VecDeque<Json> = VecDeque::new();
    for day in days(folder).unwrap_or_default().into_iter().rev() {
        let mut of_day = VecDeque::new();
        let missing = count - lines.len();
        let keep = |line: Json| {
            if wanted(&line, arguments) {
                of_day.push_back(line);
                if of_day.len() > missing {
                    of_day.pop_front();
                }
            }
        };
        read_day(folder, day, keep)?;
        of_day.append(&mut lines);
        lines = of_day;
        if lines.len() >= count {
            break;
        }
    }
    Ok(lines)
}

fn read_day(folder: &Path, day: Day, line: impl FnMut(Json)) -> Result<(), Misuse> {
    read(folder, day, line).map_err(|error| journal::unreadable(folder, &error))
}

/// Whether somebody asked for this line.
fn wanted(line: &Json, arguments: &Trace) -> bool {
    let line = Line(line);
    let is = |key: &str, asked: &Option<String>| {
        asked.as_deref().is_none_or(|asked| line.text(key) == Some(asked))
    };
    let slow = |slow: f64| line.is_call() && line.millis("ms") >= slow;
    is("funid", &arguments.funid)
        && is("region", &arguments.region)
        && (!arguments.failed || line.has_failed())
        && arguments.slow.is_none_or(slow)
}

fn shown(line: &Json, json: bool) -> String {
    match json {
        true => format!("{line}\n"),
        false => readable(Line(line)),
    }
}

fn readable(line: Line<'_>) -> String {
    let time = line.text("time").and_then(|time| time.get(11..23));
    let mut text = format!(
        "{}  {}({})  ",
        time.unwrap_or_default(),
        print::visible(line.text("program").unwrap_or_default()),
        line.number("process")
    );
    // Writing to a String cannot fail.
    let _ = match line.text("kind") {
        Some("call") => return text + &call(line),
        Some("start") => writeln!(
            text,
            "启动  版本 {}，{} 位",
            line.text("version").unwrap_or_default(),
            line.number("bits")
        ),
        Some("generation") => writeln!(
            text,
            "第{}代脚本生效  {}  {}{}",
            line.number("generation"),
            line.text("scripts")
                .and_then(|print| print.get(..8))
                .unwrap_or_default(),
            line.text("region").unwrap_or("基础脚本"),
            match line.millis("ms") {
                // An older version's line.
                0.0 => String::new(),
                millis => format!("  读入用了 {millis:.1} 毫秒"),
            }
        ),
        Some("refused") => writeln!(text, "没有采用保存的文件  {}", explained(line)),
        Some("lost") => writeln!(text, "此前有 {} 行日志没能写下", line.number("lines")),
        _ => writeln!(text),
    };
    text
}

fn call(line: Line<'_>) -> String {
    let result = line.text("result").unwrap_or_default();
    let outcome = match line.has_failed() {
        false => "成功".to_owned(),
        true => format!("失败 {}  {}", print::visible(result), explained(line)),
    };
    let stages = line.0.get("stages").unwrap_or(&Json::Null);
    let stage = |name: &str| Line(stages).millis(name);
    let mut text = format!(
        "{}  {}  第{}代  {:.1} 毫秒（读 {:.1}，脚本 {:.1}，设备 {:.1}，写 {:.1}）  {outcome}\n",
        print::visible(line.text("funid").unwrap_or_default()),
        line.text("region").unwrap_or("基础脚本"),
        line.number("generation"),
        line.millis("ms"),
        stage("decode"),
        stage("serve"),
        stage("device"),
        stage("encode"),
    );
    for exchange in line.list("devices").map(Line) {
        let code = match (exchange.text("error"), exchange.0.get("code")) {
            (Some(error), _) => format!("没有完成 {error}"),
            (None, Some(code)) => format!(
                "返回 {}",
                code.as_str().map_or_else(|| code.to_string(), str::to_owned)
            ),
            (None, None) => String::new(),
        };
        let mark = if exchange.flag("simulated") {
            "（模拟）"
        } else {
            ""
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "    {}{mark}  {:.1} 毫秒  {code}",
            journal::device_call(exchange),
            exchange.millis("ms")
        );
    }
    for notice in line.list("notices").map(Line) {
        let kind = if notice.flag("warning") {
            "警告"
        } else {
            "提示"
        };
        let place = notice.text("place").unwrap_or_default();
        let _ = writeln!(
            text,
            "    脚本{kind} {place}：{}",
            print::visible(notice.text("text").unwrap_or_default())
        );
    }
    text
}

fn explained(line: Line<'_>) -> String {
    let msg = print::visible(line.text("msg").unwrap_or_default());
    match line.text("error") {
        Some(code) => format!("{code} {msg}"),
        None => msg,
    }
}
