//! Calls for release/profile.sh to count: every variant of ours, in processes that live long enough for their other threads to get going.

use super::child;
use super::contenders::{Caller, Contender, Contenders, FLOOR, HANDWRITTEN, HARDCODED, REQUESTS, put};
use super::desks;
use std::process::Command;
use std::thread::{scope, sleep};
use std::time::Duration;

/// More than one batch of the journal, and few enough that what the start runs through counts too.
pub const CALLS: u32 = 300;
/// Enough that threads meet in every way that they can: what they run through only then must not lie apart.
const MANY_CALLS: u32 = 20_000;
const PROCESSES: usize = 5;
/// Until the watching thread has looked at the files again: it looks every second.
const REST: Duration = Duration::from_millis(2500);
/// So many threads call at once, a part of the calls each: lines come faster than they are written, and calls wait for that.
const CROWD: u32 = 4;
/// So little that the journal comes to a new file.
const JOURNAL: &str = "[journal]\nbytes = 65536\n";

pub fn run(contenders: &Contenders) {
    for _ in 0..PROCESSES {
        for command in commands(contenders, "training", MANY_CALLS) {
            child::numbers(command);
        }
    }
}

/// Processes that call every variant of ours with each request, two that have twenty function ids, and two with all that is shipped,
/// in a folder that the environment names.
pub fn commands(contenders: &Contenders, what: &str, calls: u32) -> Vec<Command> {
    let command = |contender: &Contender, request| {
        let words = [what, request, &calls.to_string()];
        child::command(contender, &words)
    };
    let is_ours = |contender: &&Contender| ![FLOOR, HARDCODED, HANDWRITTEN].contains(&contender.name);
    let ours = contenders.all.iter().filter(is_ours);
    let with_each = |contender| REQUESTS.map(|(request, _)| command(contender, request));
    let config = desks::config_with("") + JOURNAL;
    let scripts = desks::twenty_of(desks::FUNID, 0);
    let home = contenders.folder.desk("twenty", &config, &scripts);
    let twenty = Contender {
        name: "20个功能编号",
        library: put(&contenders.ours, &home),
        function: "MPS_Call",
    };
    let home = contenders
        .folder
        .desk("shipped", &desks::config_with(""), &desks::shipped());
    let shipped = Contender {
        name: "随库的全部脚本",
        library: put(&contenders.ours, contenders.folder.path()),
        function: "MPS_Call",
    };
    let mut elsewhere = with_each(&shipped);
    for command in &mut elsewhere {
        command.env("MPS_HOME", &home);
    }
    ours.flat_map(with_each)
        .chain(with_each(&twenty))
        .chain(elsewhere)
        .collect()
}

pub fn child(caller: impl Fn() -> Caller + Sync, calls: u32) {
    let mut first = caller().checked();
    (1..calls).for_each(|_| first.call());
    let one_of_a_crowd = || {
        let mut caller = caller();
        (0..calls / CROWD).for_each(|_| caller.call());
    };
    scope(|threads| (0..CROWD).for_each(|_| drop(threads.spawn(one_of_a_crowd))));
    sleep(REST);
    first.call();
}
