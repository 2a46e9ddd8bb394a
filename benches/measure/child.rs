//! What is measured in a process of its own, and the command that starts it.

use super::contenders::{Caller, Contender, REQUESTS};
use super::{reload, training};
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

/// After so many paced calls there is a pause: fewer lines than the journal keeps room for.
const BREATH: u32 = 50;
/// Long enough for the journal's thread to get its turn under Valgrind too, which runs one thread at a time, and to write them.
const PAUSE: Duration = Duration::from_millis(60);

/// This program again, with a contender for the child's work.
pub fn command(contender: &Contender, words: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this program has a file"));
    command
        .arg("--child")
        .arg(&contender.library)
        .arg(contender.function)
        .args(words);
    command
}

/// The numbers that a child prints.
pub fn numbers(mut command: Command) -> Vec<f64> {
    let output = command.output().expect("this program starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect()
}

/// Does what `command` asked for.
pub fn run(words: &[String]) {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let [library, function, what, request, times] = words[..] else {
        panic!("not for people: {words:?}");
    };
    let (library, times) = (Path::new(library), times.parse().expect("a number"));
    let request = REQUESTS
        .iter()
        .find(|(name, _)| *name == request)
        .expect("a request")
        .1;
    let caller = || Caller::load(library, function, request);
    match what {
        "calls" => {
            let mut caller = caller().checked();
            (0..times).for_each(|_| caller.call());
        }
        "paced" => {
            let mut caller = caller().checked();
            for call in 0..times {
                if call % BREATH == 0 {
                    sleep(PAUSE);
                }
                caller.call();
            }
            sleep(PAUSE);
        }
        "training" => training::child(caller, times),
        "reloads" => reload::child(library.parent().expect("its home"), times),
        other => panic!("{other}"),
    }
}
