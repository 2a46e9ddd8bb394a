//! Vendors' libraries in a helper process, through `MPS_Call` of this very build, called by a C program (`tests/isolation/caller.c`).
#![cfg(target_os = "linux")]

mod desk;
#[path = "isolation/mod.rs"]
mod faults;

use desk::Desk;
use faults::{FAULTS, HARMLESS, answers, assert_says, assert_served, field};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A desk with the library, its helper and the faulty device; `config` stands in the device's section.
struct Place {
    desk: Desk,
    caller: PathBuf,
}

impl Place {
    fn new(config: &str) -> Place {
        Place::with_timeout(1, config)
    }

    fn with_timeout(seconds: u32, config: &str) -> Place {
        let desk = Desk::new(&format!(
            "[time_limits]\ndevice_wait = 0.3\n[device.faults]\nfolder = 'vendor'\ntimeout = {seconds}\n{config}\n"
        ));
        desk.install("faults.c", "libfaults.so");
        desk.write("scripts/devices/faults.lua", include_str!("isolation/device.lua"));
        desk.write("scripts/funids/FAULTS.lua", include_str!("isolation/funid.lua"));
        let beside = |from: &Path, name: &str| {
            std::os::unix::fs::symlink(from, desk.home().join(name)).expect("the desk can be written");
        };
        let own = std::env::current_exe().expect("the test program has a path");
        // A copy: the library finds its helper beside itself, and a link would be followed.
        std::fs::copy(
            own.with_file_name("libmps_client.so"),
            desk.home().join("libmps_client.so"),
        )
        .expect("cargo builds it beside the test program");
        beside(Path::new(env!("CARGO_BIN_EXE_mps")), "mps");
        let caller = desk.home().join("caller");
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let compiled = Command::new("cc")
            .args(["-std=gnu99", "-Wall", "-Wextra", "-Werror", "-I"])
            .arg(root.join("release"))
            .arg("-o")
            .arg(&caller)
            .arg(root.join("tests/isolation/caller.c"))
            .args(["-ldl", "-lpthread"])
            .status();
        assert!(compiled.expect("a C compiler").success());
        Place { desk, caller }
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.caller);
        command
            .arg(self.desk.home().join("libmps_client.so"))
            .args(words)
            .env_remove("MPS_HOME")
            .stdin(Stdio::null());
        command
    }

    /// What the caller prints; it must come to its end.
    fn run(&self, words: &[&str]) -> String {
        let output = self.command(words).output().expect("the caller can be started");
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{}: {printed}", output.status);
        printed
    }
}

/// Whether a process is there and not just waiting for its parent.
fn lives(process: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/stat"));
    status.is_ok_and(|status| {
        !status
            .rsplit(") ")
            .next()
            .is_some_and(|rest| rest.starts_with('Z'))
    })
}

#[track_caller]
fn ends(process: &str) {
    let begun = Instant::now();
    while lives(process) {
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "process {process} is still there"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_library_runs_in_one_process_for_all_its_calls() {
    let place = Place::new("");
    let printed = place.run(&["call fine", "call refuse", "twice fine", "call fine", "children"]);
    let answers = answers(&printed);
    assert_served(answers[0]);
    assert_says(answers[1], &["Act", "-5"]);
    assert_served(answers[3]);
    assert_eq!(field(answers[0], "process"), field(answers[3], "process"));
    assert_eq!(
        (field(answers[0], "count"), field(answers[3], "count")),
        ("1", "4")
    );
    assert!(answers[4].contains("running"), "{printed}");
    ends(field(answers[3], "process"));
}

#[test]
fn every_fault_costs_one_message_and_the_next_call_works() {
    let place = Place::new("");
    for (what, told, _) in FAULTS {
        let printed = place.run(&["call fine", &format!("call {what}"), "call fine", "children"]);
        let answers = answers(&printed);
        assert_served(answers[0]);
        assert_says(answers[1], told);
        assert_served(answers[2]);
        assert!(answers[3].contains("running"), "{what}: {printed}");
        ends(field(answers[2], "process"));
    }
}

#[test]
fn what_a_library_prints_reads_and_starts_is_no_harm() {
    let place = Place::new("");
    for what in HARMLESS.iter().chain(&["input"]) {
        let printed = place.run(&[&format!("call {what}"), "call fine"]);
        let answers = answers(&printed);
        assert_served(answers[0]);
        assert_served(answers[1]);
        assert_eq!(field(answers[0], "process"), field(answers[1], "process"));
    }
}

#[test]
fn a_library_that_closes_the_pipe_is_told_from_a_crash() {
    let place = Place::new("");
    let printed = place.run(&["call close all", "call fine"]);
    let answers = answers(&printed);
    assert_says(answers[0], &["Act", "断开了与本程序的联系"]);
    assert_served(answers[1]);
}

#[test]
fn a_helper_killed_while_idle_is_started_again_and_killed_over_a_call_it_is_an_error() {
    let place = Place::new("");
    let printed = place.run(&[
        "call fine",
        "kill",
        "call fine",
        "kill in 300",
        "call hang",
        "call fine",
        "children",
    ]);
    let answers = answers(&printed);
    assert_served(answers[2]);
    assert_ne!(field(answers[0], "process"), field(answers[2], "process"));
    assert_says(answers[4], &["Act", "被外部结束"]);
    assert_served(answers[5]);
    assert!(answers[6].contains("running"), "{printed}");
}

#[test]
fn a_reader_that_was_open_is_not_believed_open_in_a_new_process() {
    let place = Place::new("");
    let printed = place.run(&["twice exit 0", "call fine", "twice fine"]);
    let answers = answers(&printed);
    assert_says(answers[0], &["Act", "退出码0"]);
    assert_served(answers[1]);
    assert_eq!(field(answers[2], "result"), "0", "{}", answers[2]);
}

/// A caller that has come to the last of its words.
fn caller_at(place: &Place, words: &[&str]) -> (Child, String) {
    let mut command = place.command(words);
    let mut caller = command
        .stdout(Stdio::piped())
        .spawn()
        .expect("the caller can be started");
    let mut lines = BufReader::new(caller.stdout.take().expect("piped"));
    let last = format!("== {}\n", words.last().expect("a word"));
    let mut printed = String::new();
    while !printed.ends_with(&last) {
        let read = lines.read_line(&mut printed).expect("UTF-8");
        assert_ne!(read, 0, "{printed}");
    }
    (caller, printed)
}

fn kill(mut caller: Child) {
    caller.kill().expect("it runs");
    caller.wait().expect("it was killed");
}

#[test]
fn the_helper_goes_with_its_caller_however_it_ends() {
    let place = Place::new("");
    for busy in ["sleep 60000", "call hang"] {
        let (caller, printed) = caller_at(&place, &["call fine", busy]);
        let process = field(&printed, "process").to_owned();
        assert!(lives(&process), "{printed}");
        kill(caller);
        ends(&process);
    }
}

#[test]
fn a_missing_or_foreign_helper_names_the_file() {
    let place = Place::new("");
    let helper = place.desk.home().join("mps");
    std::fs::remove_file(&helper).expect("it is there");
    assert_says(
        answers(&place.run(&["call fine"]))[0],
        &["libfaults.so", "/mps运行，但没有这个文件"],
    );
    for (script, told) in [
        ("#!/bin/sh\nexit 1\n", "退出码1"),
        ("#!/bin/sh\nsleep 60\n", "没有应答"),
        ("no program", "不能运行"),
    ] {
        place.desk.write("mps", script);
        std::fs::set_permissions(&helper, std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .expect("it is ours");
        assert_says(answers(&place.run(&["call fine"]))[0], &["/mps", told]);
    }
}

#[test]
fn a_library_of_the_other_bitness_asks_for_its_helper() {
    let place = Place::new("isolate = false");
    let library = place.desk.home().join("vendor/libfaults.so");
    let mut bytes = std::fs::read(&library).expect("it was built");
    // Its header says 32 bits, of an Intel processor.
    bytes[4] = 1;
    bytes[18] = 3;
    std::fs::write(&library, bytes).expect("it is ours");
    let printed = place.run(&["call fine"]);
    assert_says(answers(&printed)[0], &["是32位的", "mps-host-x86"]);
}

#[test]
fn the_configuration_decides_over_the_script() {
    let place = Place::new("isolate = false");
    let printed = place.run(&["call fine", "children"]);
    let answers = answers(&printed);
    assert_served(answers[0]);
    assert!(answers[1].contains("none"), "{printed}");
}

#[test]
fn two_programs_take_turns_and_the_lock_goes_with_its_holder() {
    for isolate in [true, false] {
        let place = Place::with_timeout(30, &format!("isolate = {isolate}"));
        let (first, _) = caller_at(&place, &["call fine", "call hang"]);
        // Where the first is only about to take the device, the second has it at once, and lets it go.
        let busy = (0..100).any(|_| {
            let printed = place.run(&["call fine"]);
            let answer = answers(&printed)[0].to_owned();
            let served = field(&answer, "result") == "0";
            if !served {
                assert_says(&answer, &["设备忙", "另一个程序"]);
            }
            !served
        });
        assert!(busy, "the second program was never refused");
        kill(first);
        assert_served(answers(&place.run(&["call fine"]))[0]);
    }
}
