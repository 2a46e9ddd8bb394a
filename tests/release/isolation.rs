//! Vendors' libraries in a helper process on Windows: callers and libraries of both bitnesses, in every pair.

#[path = "../isolation/mod.rs"]
mod faults;

use crate::support::{build_dll, program, run};
use crate::windows::{BITNESSES, Bitness, Windows};
use faults::{DEVICE, FAULTS, HARMLESS, answers, assert_says, assert_served, field};
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::thread;

/// A caller and the faulty library on a desk that has all helpers.
struct Place {
    windows: Windows,
    caller: PathBuf,
}

impl Place {
    /// `None` if something is missing.
    fn new(test: &str, caller: &Bitness, library: &Bitness, config: &str) -> Option<Place> {
        let test = format!("isolation-{test}-{}", library.platform);
        let windows = Windows::new(caller.platform, &test)?;
        let (gcc, library_gcc) = (program(caller.gcc)?, program(library.gcc)?);
        let write = |path: &str, text: &str| {
            let path = windows.desk.join(path);
            fs::create_dir_all(path.parent().expect("below the desk")).expect("the desk can be written");
            fs::write(path, text).expect("the desk can be written");
        };
        write(
            "mps.toml",
            &format!(
                "[time_limits]\ndevice_call = 4\ndevice_wait = 0.5\n[device.{DEVICE}]\nfolder = 'vendor'\n{config}\n"
            ),
        );
        write(
            "scripts/devices/faults.lua",
            include_str!("../isolation/device.lua"),
        );
        write(
            "scripts/funids/FAULTS.lua",
            include_str!("../isolation/funid.lua"),
        );
        for file in fs::read_dir(&windows.dist).expect("it is there") {
            let file = file.expect("it can be read").path();
            if file.extension().is_some_and(|extension| extension == "exe") {
                let name = file.file_name().expect("a file");
                fs::copy(&file, windows.desk.join(name)).expect("the desk can be written");
            }
        }
        build_dll(&library_gcc, "faults.c", &windows.desk.join("vendor/faults.dll"));
        let caller = windows.compile(&gcc, "tests/isolation/caller.c");
        Some(Place { windows, caller })
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = self.windows.command(&self.caller);
        command.arg("mps_client.dll").args(words);
        command
    }

    /// What the caller prints; it must come to its end.
    fn run(&self, words: &[&str]) -> String {
        let finished = run(&mut self.command(words));
        let printed = String::from_utf8_lossy(&finished.stdout).replace('\r', "");
        assert!(finished.status.success(), "{}: {printed}", finished.status);
        printed
    }
}

/// Every pair of a caller and a library.
fn pairs() -> impl Iterator<Item = (Bitness, Bitness)> {
    BITNESSES
        .into_iter()
        .flat_map(|caller| BITNESSES.into_iter().map(move |library| (caller, library)))
}

#[test]
fn every_fault_costs_one_message_and_the_next_call_works() {
    for (caller, library) in pairs() {
        let Some(place) = Place::new("faults", &caller, &library, "") else {
            return;
        };
        let faults: Vec<String> = FAULTS.iter().map(|(what, ..)| format!("call {what}")).collect();
        let words: Vec<&str> = faults
            .iter()
            .flat_map(|word| [word.as_str(), "call fine"])
            .collect();
        let printed = place.run(&words);
        let answers = answers(&printed);
        assert_eq!(answers.len(), words.len(), "{printed}");
        for (number, (_, _, told)) in FAULTS.iter().enumerate() {
            assert_says(answers[2 * number], told);
            assert_served(answers[2 * number + 1]);
        }
    }
}

#[test]
fn a_library_of_the_other_bitness_needs_no_word_in_the_configuration() {
    for (caller, library) in pairs().filter(|(caller, library)| caller.platform != library.platform) {
        let Some(place) = Place::new("other", &caller, &library, "isolate = false") else {
            return;
        };
        let harmless: Vec<String> = HARMLESS.iter().map(|what| format!("call {what}")).collect();
        let mut words: Vec<&str> = harmless.iter().map(String::as_str).collect();
        words.extend(["kill", "call fine", "kill in 1000", "call hang", "call fine"]);
        let printed = place.run(&words);
        let answers = answers(&printed);
        let (harmless, rest) = answers.split_at(HARMLESS.len());
        for answer in harmless {
            assert_served(answer);
            assert_eq!(
                field(answer, "process"),
                field(harmless[0], "process"),
                "{printed}"
            );
        }
        assert_served(rest[1]);
        assert_says(rest[3], &["Act", "退出码99"]);
        assert_served(rest[4]);
    }
}

#[test]
fn a_missing_helper_names_the_file() {
    for (caller, library) in pairs() {
        let Some(place) = Place::new("missing", &caller, &library, "") else {
            return;
        };
        let helper = match (caller.platform == library.platform, library.platform) {
            (true, _) => "mps.exe",
            (false, "windows-x86") => "mps-host-x86.exe",
            (false, _) => "mps-host-x64.exe",
        };
        fs::remove_file(place.windows.desk.join(helper)).expect("it is there");
        assert_says(
            answers(&place.run(&["call fine"]))[0],
            &["faults.dll", helper, "没有这个文件"],
        );
    }
}

/// In the caller's process and in the helper alike.
#[test]
fn a_library_finds_com_a_message_loop_and_a_caller_that_answers() {
    for isolate in [true, false] {
        for bitness in BITNESSES {
            let (test, config) = (
                format!("windows-{isolate}"),
                format!("isolate = {isolate}\nforeground = true"),
            );
            let Some(place) = Place::new(&test, &bitness, &bitness, &config) else {
                return;
            };
            let printed = place.run(&[
                "call apartment",
                "call ticks",
                "call start timer",
                "sleep 500",
                "call ticks",
                "call ask caller",
            ]);
            let answers = answers(&printed);
            let told = |number: usize| field(answers[number], "process");
            assert_eq!(
                (told(0), told(1), told(4), told(5)),
                ("single", "silent", "ticked", "4711"),
                "{printed}"
            );
        }
    }
}

#[test]
fn a_library_runs_on_the_thread_that_calls_where_the_configuration_says_so() {
    for bitness in BITNESSES {
        for (on_caller_thread, thread) in [(false, "another"), (true, "caller's")] {
            let test = format!("thread-{on_caller_thread}");
            let config = format!("isolate = false\non_caller_thread = {on_caller_thread}");
            let Some(place) = Place::new(&test, &bitness, &bitness, &config) else {
                return;
            };
            let printed = place.run(&["call thread", "call refuse", "call fine"]);
            let answers = answers(&printed);
            assert_eq!(field(answers[0], "process"), thread, "{printed}");
            assert_says(answers[1], &["Act", "-5"]);
            assert_served(answers[2]);
        }
    }
}

#[test]
fn two_programs_take_turns_and_the_lock_goes_with_its_holder() {
    for caller in BITNESSES {
        let Some(place) = Place::new("turns", &caller, &caller, "isolate = false\ntimeout = 120") else {
            return;
        };
        // Its process ends in the middle of the call, and gives nothing back.
        let mut first = place.command(&["call fine", "call exit when told"]);
        let refusal = thread::scope(|scope| {
            scope.spawn(|| run(&mut first));
            // Where the first is only about to take the device, the second has it at once, and lets it go.
            let refusal = (0..100)
                .map(|_| place.run(&["call fine"]))
                .find(|printed| field(answers(printed)[0], "result") != "0");
            fs::write(place.windows.desk.join("exit"), "").expect("the desk can be written");
            refusal
        });
        let refusal = refusal.expect("the second program is refused");
        assert_says(answers(&refusal)[0], &["设备忙", "另一个程序"]);
        assert_served(answers(&place.run(&["call fine"]))[0]);
    }
}
