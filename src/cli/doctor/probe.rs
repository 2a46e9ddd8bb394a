//! Trying a device in a process of its own: a vendor's library that crashes or hangs takes that one down, and is told of.

use super::super::{Misuse, Outcome, print};
use crate::engine::doctor::{ExaminedDevice, Finding, probe};
use crate::script::{ProbeEnding, Probed};
use serde_json::{Value as Json, json};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use std::{io, thread};

/// Before the answer, on a line of its own: vendors' libraries print what they like.
const MARK: &str = "mps-probe ";

/// The longest that one device is tried.
const LONGEST: Duration = Duration::from_secs(20);
/// What starting a process and reading the scripts may take.
const START: Duration = Duration::from_secs(10);
/// How long the answer of an ended process may be on its way.
const LATE: Duration = Duration::from_millis(500);

/// Tries one device, as the process that was started for it.
pub(super) fn answer(home: &Path, device: &str) -> Result<Outcome, Misuse> {
    let Probed { loading, ending } = probe(home, device);
    let (step, message, answering) = match ending {
        ProbeEnding::Failed(message) => ("failed", message, None),
        ProbeEnding::Taken => ("taken", String::new(), None),
        ProbeEnding::NotOpened(message) => ("not_opened", message, None),
        ProbeEnding::Refused(message) => ("refused", message, None),
        ProbeEnding::Answered(time) => ("answered", String::new(), Some(time)),
    };
    let milliseconds = |time: Duration| time.as_millis() as u64;
    let answer = json!({
        "step": step,
        "message": message,
        "loading": milliseconds(loading),
        "answering": answering.map(milliseconds),
    });
    print::text(&format!("\n{MARK}{answer}\n"))?;
    Ok(Outcome::Yes)
}

/// Starts the process for one device, and notes what came of it.
pub(super) fn ask(home: &Path, device: &mut ExaminedDevice) {
    let Some(limit) = device.probe else {
        return;
    };
    let limit = limit.min(LONGEST);
    match tried(home, &device.name, limit) {
        Ok(Some(answer)) => note(device, &answer),
        Ok(None) => {
            let what = format!("试用动态库时，{}秒内没有完成", limit.as_secs_f64());
            let advice = "请检查设备和它的驱动，看有没有厂商的窗口在等待；再用厂商的演示程序试一次";
            device.findings.push(Finding::error("E042", what, advice));
        }
        Err(what) => {
            let advice = "请核对声明的参数和调用约定，用厂商的演示程序试一次";
            device.findings.push(Finding::error("E041", what, advice));
        }
    }
}

fn note(device: &mut ExaminedDevice, answer: &Json) {
    let text = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
    let (loading, message) = (&answer["loading"], text("message"));
    let finding = match text("step").as_str() {
        "answered" => {
            let time = &answer["answering"];
            device.good.push(format!("加载用了{loading}毫秒，试用{time}毫秒"));
            return;
        }
        "taken" => {
            device
                .good
                .push(format!("加载用了{loading}毫秒（脚本没有写probe，没有打开设备）"));
            return;
        }
        "not_opened" => Finding::error("E043", message, "动态库能用，设备没有打开：请检查连接和设置"),
        "refused" => Finding::note("E044", message, "设备已经打开；需要放卡时放好再试"),
        _ => Finding::error("E040", message, "请用厂商的演示程序试一次"),
    };
    device.findings.push(finding);
}

/// What the process answered; `None` where it did not in time. The error says how it ended instead.
fn tried(home: &Path, device: &str, limit: Duration) -> Result<Option<Json>, String> {
    let mut child = start(home, device).map_err(|error| format!("试用的进程启动不了：{error}"))?;
    let answers = answers(&mut child);
    let deadline = Instant::now() + START + limit;
    let ending = wait(&mut child, &answers, deadline);
    // A library may keep its process alive for ever after the answer.
    let _ = child.kill();
    let _ = child.wait();
    ending
}

fn wait(child: &mut Child, answers: &Receiver<Json>, deadline: Instant) -> Result<Option<Json>, String> {
    while Instant::now() < deadline {
        if let Ok(answer) = answers.recv_timeout(Duration::from_millis(20)) {
            return Ok(Some(answer));
        }
        if let Ok(Some(status)) = child.try_wait() {
            let answer = answers.recv_timeout(LATE);
            return answer.map(Some).map_err(|_| died(status));
        }
    }
    Ok(None)
}

fn died(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("试用动态库时进程意外结束（退出状态{code:#X}）"),
        None => format!("动态库使进程崩溃（{status}）"),
    }
}

fn start(home: &Path, device: &str) -> io::Result<Child> {
    Command::new(std::env::current_exe()?)
        .arg("doctor")
        .arg("--home")
        .arg(home)
        .arg("--probe")
        .arg(device)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
}

/// Reads what the process prints on a thread of its own: what the library started may keep the pipe open for ever.
fn answers(child: &mut Child) -> Receiver<Json> {
    let (found, answers) = channel();
    if let Some(output) = child.stdout.take() {
        thread::spawn(move || {
            // Not line by line as text: a library's own output is in any charset, and of any length.
            for line in BufReader::new(output.take(1 << 20))
                .split(b'\n')
                .map_while(Result::ok)
            {
                let line = String::from_utf8_lossy(&line).into_owned();
                let answer = line
                    .strip_prefix(MARK)
                    .and_then(|answer| serde_json::from_str(answer).ok());
                if let Some(answer) = answer {
                    let _ = found.send(answer);
                    return;
                }
            }
        });
    }
    answers
}
