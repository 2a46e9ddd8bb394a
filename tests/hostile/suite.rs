//! The hostile scripts and what each must come to, whichever library answers and whatever runs its caller.
//!
//! Each file of tests/hostile is the body of a mapping function, or with `-- at: load` the beginning of a script, with `-- at: device` a
//! device's script. Its first line tells what the answer says, with `|` between the one and the other.

use crate::desk::Desk;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// Milliseconds that scripts may run.
const BUDGET: u64 = 200;
/// Milliseconds after which an answer is no answer, on the slowest machine and without optimisation.
const PATIENCE: u64 = BUDGET + 5000;

const ORDINARY: &str = r#"return mps.funid {
  title = "普通功能", call = "card.read_card",
  response = { { "card_no", from = "cardnum", title = "卡号", map = function(value)
    return (string.gsub(mps.text.trim(value), "%u", string.lower))
  end } },
}"#;

struct Script {
    name: String,
    text: String,
}

impl Script {
    /// What the first line says of the answer.
    fn expected(&self) -> &str {
        let first = self.text.lines().next().unwrap_or_default();
        first
            .strip_prefix("-- expect:")
            .expect("the first line of a hostile script")
            .trim()
    }

    fn is_at_load(&self) -> bool {
        self.place().is_some()
    }

    /// Where a script stands that does harm when it is read.
    fn place(&self) -> Option<&str> {
        self.text.lines().nth(1)?.strip_prefix("-- at: ")
    }

    fn funid(&self) -> String {
        if self.is_at_load() {
            return self.text.clone();
        }
        let body = &self.text;
        format!(
            "local kept = {{}}\nreturn mps.funid {{\n  title = \"恶意脚本\", call = \"card.read_card\",\n  \
             response = {{ {{ \"card_no\", from = \"cardnum\", title = \"卡号\", map = function(value)\n{body}\nend }} }},\n}}\n"
        )
    }

    fn desk(&self) -> Desk {
        let seconds = BUDGET as f64 / 1000.0;
        let desk = Desk::new(&format!("simulate = true\n[time_limits]\nscript = {seconds}\n"));
        desk.write("secret.lua", "return {}");
        desk.write("scripts/secret.lua", "return {}");
        desk.write("scripts/lib/ring.lua", "return require \"back\"");
        desk.write("scripts/lib/back.lua", "return require \"ring\"");
        desk.write("scripts/lib/endless.lua", "while true do end");
        desk.write("scripts/funids/ORDINARY.lua", ORDINARY);
        match self.place() {
            Some("device") => desk.write("scripts/devices/HOSTILE.lua", &self.text),
            _ => desk.write("scripts/funids/HOSTILE.lua", &self.funid()),
        }
        desk
    }
}

/// One call's time and answer.
struct Answer {
    milliseconds: u64,
    text: String,
}

impl Answer {
    fn is_success(&self) -> bool {
        self.text.starts_with("0</result>")
    }

    fn message(&self) -> &str {
        let message = self
            .text
            .split("<msg>")
            .nth(1)
            .and_then(|rest| rest.split("</msg>").next());
        message.unwrap_or(&self.text)
    }
}

fn answers(caller: &dyn Fn() -> Command, script: &Script) -> Result<Vec<Answer>, String> {
    let desk = script.desk();
    let output = caller()
        .env("MPS_HOME", desk.home())
        .output()
        .expect("the caller can be started");
    let printed = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        return Err(format!("{}: {printed}", output.status));
    }
    let mut answers: Vec<Answer> = Vec::new();
    let mut milliseconds = printed
        .split("<result>")
        .next()
        .and_then(|first| first.trim().parse().ok());
    for piece in printed.split("<result>").skip(1) {
        let (text, next) = piece.trim_end().rsplit_once('\n').unwrap_or((piece, ""));
        answers.push(Answer {
            milliseconds: milliseconds.ok_or("no time is printed")?,
            text: text.to_owned(),
        });
        milliseconds = next.trim().parse().ok();
    }
    Ok(answers)
}

/// What is wrong with the answers to a script, or how long they took.
fn judge(caller: &dyn Fn() -> Command, script: &Script) -> Result<u64, String> {
    let answers = answers(caller, script)?;
    let [first, second, third, fourth] = answers.as_slice() else {
        return Err(format!("{} answers", answers.len()));
    };
    for hostile in [first, third] {
        if hostile.is_success() && !script.expected().is_empty() {
            return Err("answered as if nothing were wrong".to_owned());
        }
        let mut words = script.expected().split('|');
        if !words.any(|word| hostile.message().contains(word)) {
            return Err(format!("said {}", hostile.message()));
        }
        if hostile.milliseconds > PATIENCE {
            return Err(format!("took {} ms", hostile.milliseconds));
        }
    }
    for ordinary in [second, fourth] {
        let works = ordinary.is_success() && ordinary.text.contains("dgxxxxxx");
        if !works && !script.is_at_load() {
            return Err(format!("spoilt the next call: {}", ordinary.text));
        }
    }
    println!(
        "{:32} {:5} {:5} ms  {}",
        script.name,
        first.milliseconds,
        third.milliseconds,
        third.message()
    );
    Ok(first.milliseconds.max(third.milliseconds))
}

/// Runs every script and asserts what came of it. `caller` is a command of tests/hostile/caller.c with its library.
pub fn assert_refused(caller: &dyn Fn() -> Command) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile");
    let only = env::var("MPS_HOSTILE_ONLY").ok();
    let mut scripts = Vec::new();
    for entry in fs::read_dir(folder).expect("tests/hostile is there") {
        let path = entry.expect("it can be listed").path();
        if path.extension().is_none_or(|extension| extension != "lua") {
            continue;
        }
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).expect("it can be read");
        if only.as_ref().is_none_or(|only| name.contains(only.as_str())) {
            scripts.push(Script { name, text });
        }
    }
    scripts.sort_by(|one, other| one.name.cmp(&other.name));
    let judged: Vec<_> = scripts
        .iter()
        .map(|script| (&script.name, judge(caller, script)))
        .collect();
    let longest = judged
        .iter()
        .filter_map(|(name, judged)| Some((*judged.as_ref().ok()?, name)))
        .max();
    println!("budget {BUDGET} ms, longest {longest:?}");
    let wrong: Vec<String> = judged
        .iter()
        .filter_map(|(name, judged)| Some(format!("{name}: {}", judged.as_ref().err()?)))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
