//! Vendors' libraries in a helper process, through `MPS_Call` of this very build, called by a C program (`tests/isolation/caller.c`).
#![cfg(target_os = "linux")]

mod desk;
#[path = "isolation/mod.rs"]
mod faults;

use desk::Desk;
use faults::{FAULTS, HARMLESS, answers, assert_says, assert_served, field};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
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
        let caller = desk.compile("tests/isolation/caller.c", &[]);
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
        // An overrun is the declaration's matter as much as the library's: it is told by the function and its parameter.
        assert!(
            *what == "overrun" || answers[1].contains("libfaults.so"),
            "{printed}"
        );
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

#[test]
fn a_heap_that_was_spoilt_without_a_sound_is_the_helpers_own() {
    let place = Place::new("");
    let printed = place.run(&[
        "call quiet heap",
        "call fine",
        "call fine",
        "call fine",
        "call fine",
    ]);
    let answers = answers(&printed);
    // It is noticed over this very function or a later one, wherever memory is asked for; by the allocator, or, where what
    // was written looks like an address to it, by the one who uses that.
    let noticed = answers
        .iter()
        .position(|answer| field(answer, "result") != "0")
        .unwrap_or_else(|| panic!("never noticed: {printed}"));
    assert_says(answers[noticed], &["libfaults.so", "崩溃"]);
    for after in &answers[noticed + 1..] {
        assert_served(after);
    }
}

#[test]
fn a_function_in_the_callers_own_process_that_never_comes_back_costs_its_device_alone() {
    let place = Place::new("isolate = false");
    for what in ["hang", "spin"] {
        // The caller ends by itself, with the function still under way.
        let printed = place.run(&[&format!("call {what}"), "call fine"]);
        let answers = answers(&printed);
        assert_says(answers[0], &["Act超时：1秒内没有返回"]);
        assert_says(answers[1], &["设备忙", "Act仍未返回"]);
    }
}

#[test]
fn a_library_runs_on_the_thread_that_calls_where_the_configuration_says_so() {
    let told = |config: &str| {
        let printed = Place::new(config).run(&["call thread"]);
        field(answers(&printed)[0], "process").to_owned()
    };
    assert_eq!(told("isolate = false"), "another");
    assert_eq!(told("isolate = false\non_caller_thread = false"), "another");
    assert_eq!(told("isolate = false\non_caller_thread = true"), "caller's");
}

#[test]
fn on_the_thread_that_calls_there_is_no_time_limit() {
    let place = Place::new("isolate = false\non_caller_thread = true");
    let printed = place.run(&[
        "call slow",
        "twice fine",
        "call refuse",
        "call overrun",
        "call fine",
    ]);
    let answers = answers(&printed);
    assert_served(answers[0]);
    assert_eq!(field(answers[1], "result"), "0", "{printed}");
    assert_says(answers[2], &["Act", "-5"]);
    assert_says(answers[3], &["Act写入told", "超出声明的64字节"]);
    assert_served(answers[4]);
}

#[test]
fn a_library_that_is_isolated_is_so_wherever_it_were_to_run_otherwise() {
    let place = Place::new("on_caller_thread = true");
    let printed = place.run(&["call access", "call fine", "children"]);
    let answers = answers(&printed);
    assert_says(answers[0], &["Act", "崩溃"]);
    assert_served(answers[1]);
    assert!(answers[2].contains("running"), "{printed}");
}

/// The helper of a caller.
fn helper_of(caller: u32) -> Option<i32> {
    let is_child = |process: &i32| {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        let mut fields = stat.rsplit(") ").next().unwrap_or_default().split(' ');
        fields.next().is_some_and(|state| state != "Z") && fields.next() == Some(&caller.to_string())
    };
    let processes = std::fs::read_dir("/proc").expect("Linux").flatten();
    let mut numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.find(is_child)
}

fn kill_process(process: i32) {
    // SAFETY: sends a signal, and touches no memory.
    unsafe { libc::kill(process, libc::SIGKILL) };
}

#[test]
fn a_helper_that_is_killed_between_opening_and_reading_has_lost_the_reader() {
    let place = Place::with_timeout(10, "");
    let server = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = server.local_addr().expect("bound");
    place.desk.append(&format!("[http]\nhosts = ['{address}']\n"));
    // Between the two the script asks a server, as those do that read cards of the third generation.
    let script = format!(
        "local device = mps.base()\n\
         device.methods.act_twice = function(lib, request)\n\
         mps.http.get {{ url = 'http://{address}/' }}\n\
         return {{ told = lib.Act(lib.opened.returns, request.what).told }}\nend\nreturn device\n"
    );
    place.desk.write("scripts/site/devices/faults.lua", &script);
    let mut caller = place.command(&["call fine", "twice fine", "call fine"]);
    let caller = caller
        .stdout(Stdio::piped())
        .spawn()
        .expect("the caller can be started");
    let (mut asked, _) = server.accept().expect("the script asks");
    let helper = helper_of(caller.id()).expect("the reader is open in it");
    kill_process(helper);
    ends(&helper.to_string());
    asked
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        .expect("the script waits");
    let output = caller.wait_with_output().expect("it ends");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let answers = answers(&printed);
    assert_served(answers[0]);
    assert_says(answers[1], &["libfaults.so", "被外部结束", "Act没有执行"]);
    assert_served(answers[2]);
}

#[test]
fn a_helper_that_is_killed_at_any_moment_costs_no_more_than_messages() {
    // A second or so of calls, however fast the machine is.
    const CALLS: usize = 2000;
    let place = Place::with_timeout(10, "");
    let mut words = vec!["call fine"; CALLS];
    words.extend(["sleep 1", "call fine", "call fine"]);
    let mut command = place.command(&words);
    let mut caller = command
        .stdout(Stdio::piped())
        .spawn()
        .expect("the caller can be started");
    let (number, mut lines) = (caller.id(), BufReader::new(caller.stdout.take().expect("piped")));
    let mut printed = String::new();
    let enough = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // Not in step with the calls: while it starts, loads, opens, reads, closes, and in between.
            for round in 0.. {
                if enough.load(Ordering::Relaxed) {
                    return;
                }
                helper_of(number).into_iter().for_each(kill_process);
                std::thread::sleep(Duration::from_millis(round * 37 % 90));
            }
        });
        while !printed.ends_with("== sleep 1\n") {
            let read = lines.read_line(&mut printed).expect("UTF-8");
            assert_ne!(read, 0, "{printed}");
        }
        enough.store(true, Ordering::Relaxed);
    });
    lines.read_to_string(&mut printed).expect("UTF-8");
    assert!(caller.wait().expect("it ends").success(), "{printed}");
    let answers = answers(&printed);
    let mut failed = 0;
    for answer in &answers[..CALLS] {
        if field(answer, "result") != "0" {
            failed += 1;
            assert_says(answer, &["被外部结束"]);
            let msg = field(answer, "msg");
            assert!(
                msg.contains("libfaults.so") || msg.contains("/mps不能运行"),
                "{msg}"
            );
        }
    }
    assert!(failed > 0, "no kill came in the way of a call");
    assert_served(answers[CALLS + 2]);
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
    place.desk.write("open.c", "int Open(void) { return 1; }");
    let compiled = Command::new("cc")
        .args(["-m32", "-nostdlib", "-shared", "-fPIC", "-o"])
        .arg(&library)
        .arg(place.desk.home().join("open.c"))
        .status();
    assert!(compiled.expect("a C compiler").success());
    let printed = place.run(&["call fine"]);
    assert_says(
        answers(&printed)[0],
        &[
            "libfaults.so是32位的",
            "mps-host-x86",
            "没有32位的辅助程序，请向厂商要64位的动态库",
        ],
    );
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
