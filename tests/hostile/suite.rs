//! The hostile scripts and what each must come to, whichever library answers and whatever runs its caller.
//!
//! Each file of tests/hostile is the body of a mapping function, or with `-- at: load` the beginning of a script, with `-- at: device` a
//! device's script. Its first line tells what the answer says, with `|` between the one and the other.

use crate::desk::Desk;
use std::path::Path;
use std::{env, fs};

/// Milliseconds that scripts may run.
const BUDGET: u64 = 200;
/// Milliseconds after which an answer is no answer, on the slowest machine and without optimisation.
const PATIENCE: u64 = BUDGET + 5000;
/// Scripts that one process serves.
const TOGETHER: usize = 16;

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

    /// Where a script stands that does harm when it is read.
    fn place(&self) -> Option<&str> {
        self.text.lines().nth(1)?.strip_prefix("-- at: ")
    }

    fn is_at_load(&self) -> bool {
        self.place().is_some()
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
}

/// One desk for scripts that do not keep each other from being read.
fn desk(scripts: &[Script]) -> Desk {
    let seconds = BUDGET as f64 / 1000.0;
    let desk = Desk::new(&format!("simulate = true\n[time_limits]\nscript = {seconds}\n"));
    desk.write("secret.lua", "return {}");
    desk.write("scripts/secret.lua", "return {}");
    desk.write("scripts/lib/ring.lua", "return require \"back\"");
    desk.write("scripts/lib/back.lua", "return require \"ring\"");
    desk.write("scripts/lib/endless.lua", "while true do end");
    desk.write("scripts/funids/ORDINARY.lua", ORDINARY);
    for script in scripts {
        match script.place() {
            Some("device") => desk.write("scripts/devices/HOSTILE.lua", &script.text),
            _ => desk.write(&format!("scripts/funids/{}.lua", script.name), &script.funid()),
        }
    }
    desk
}

/// One call's time and answer.
struct Answer<'a> {
    milliseconds: u64,
    status: &'a str,
    response: &'a str,
}

impl<'a> Answer<'a> {
    /// Reads a line of tests/hostile/caller.c.
    fn read(line: &'a str) -> Option<(&'a str, Answer<'a>)> {
        let mut pieces = line.splitn(4, ' ');
        let mut next = || pieces.next();
        let (funid, milliseconds, status, response) = (next()?, next()?.parse().ok()?, next()?, next()?);
        Some((
            funid,
            Answer {
                milliseconds,
                status,
                response,
            },
        ))
    }

    fn is_success(&self) -> bool {
        self.response.contains("<result>0</result>")
    }

    fn message(&self) -> &str {
        let (_, rest) = self.response.split_once("<msg>").unwrap_or_default();
        rest.split_once("</msg>")
            .map_or(self.response, |(message, _)| message)
    }
}

/// What is wrong with the answers to a script, or how long they took: the first time and the second.
fn judge(script: &Script, answers: &[&Answer<'_>]) -> Result<(u64, u64), String> {
    let [first, second, third, fourth] = answers else {
        return Err(format!("{} answers instead of 4", answers.len()));
    };
    if let Some(wrong) = answers.iter().find(|answer| answer.status != "0") {
        return Err(format!("status {}", wrong.status));
    }
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
        let works = ordinary.is_success() && ordinary.response.contains("dgxxxxxx");
        if !works && !script.is_at_load() {
            return Err(format!("spoilt the next call: {}", ordinary.response));
        }
    }
    println!(
        "{:32} {:5} {:5} ms  {}",
        script.name,
        first.milliseconds,
        third.milliseconds,
        third.message()
    );
    Ok((first.milliseconds, third.milliseconds))
}

/// Every script of tests/hostile, by name.
fn scripts() -> Vec<Script> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile");
    let only = env::var("MPS_HOSTILE_ONLY").unwrap_or_default();
    let mut scripts = Vec::new();
    for entry in fs::read_dir(folder).expect("tests/hostile is there") {
        let path = entry.expect("it can be listed").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        if path.extension().is_some_and(|extension| extension == "lua") && name.contains(&only) {
            let text = fs::read_to_string(&path).expect("it can be read");
            scripts.push(Script { name, text });
        }
    }
    scripts.sort_by(|one, other| one.name.cmp(&other.name));
    scripts
}

/// Runs scripts in one process and judges each. `call` runs tests/hostile/caller.c at a home folder for function ids and gives what it printed.
fn judge_together(
    scripts: &[Script],
    call: &dyn Fn(&Path, &[&str]) -> String,
) -> Vec<Result<(u64, u64), String>> {
    let desk = desk(scripts);
    // The first call of a process reads the scripts, which belongs to the time of those alone that do harm there.
    let first = (!scripts[0].is_at_load()).then_some("ORDINARY");
    let names = scripts.iter().map(|script| script.name.as_ref());
    let printed = call(desk.home(), &first.into_iter().chain(names).collect::<Vec<_>>());
    let lines: Vec<_> = printed.lines().filter_map(Answer::read).collect();
    let mut judged = Vec::new();
    for script in scripts {
        let of_it = lines.iter().filter(|(funid, _)| *funid == script.name);
        let answers: Vec<_> = of_it.map(|(_, answer)| answer).collect();
        judged.push(judge(script, &answers));
    }
    if judged.iter().any(Result::is_err) {
        println!("{printed}");
    }
    judged
}

/// Runs every script and asserts what came of it.
pub fn assert_refused(call: &dyn Fn(&Path, &[&str]) -> String) {
    let (at_load, others): (Vec<_>, Vec<_>) = scripts().into_iter().partition(Script::is_at_load);
    let together = others.chunks(TOGETHER).chain(at_load.chunks(1));
    let mut longest = [(0, ""); 2];
    let mut wrong = Vec::new();
    let mut count = 0;
    for scripts in together {
        for (script, judged) in scripts.iter().zip(judge_together(scripts, call)) {
            count += 1;
            match judged {
                Err(what) => wrong.push(format!("{}: {what}", script.name)),
                Ok((first, second)) => {
                    longest[0] = longest[0].max((first, &script.name));
                    longest[1] = longest[1].max((second, &script.name));
                }
            }
        }
    }
    println!("{count} scripts, budget {BUDGET} ms, longest {longest:?}");
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
