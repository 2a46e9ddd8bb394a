//! `mps.exe` beside a program that goes on calling: saving, refusing, freezing and going back, also over that program's end.

use crate::desk::process::{Hang, end_of, kill};
use crate::desk::sample::{PLACE, SHIPPED, script};
use crate::desk::{eventually, until_some};
use crate::support::{program, read, run};
use crate::windows::{BITNESSES, Windows};
use serde_json::Value as Json;
use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

/// A caller that stays, tests/release/resident.c.
struct Resident {
    child: Child,
    stdin: Option<ChildStdin>,
    output: PathBuf,
    answers: usize,
}

impl Resident {
    fn start(mut command: Command, output: PathBuf) -> Resident {
        let file = File::create(&output).expect("the desk can be written");
        let mut child = command
            .env_remove("MPS_HOME")
            .stdin(Stdio::piped())
            .stdout(file)
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("Wine can be started");
        let stdin = child.stdin.take();
        Resident {
            child,
            stdin,
            output,
            answers: 0,
        }
    }

    /// The card's number in the answer to one more call, or the whole answer where there is none.
    fn card_no(&mut self) -> String {
        let stdin = self.stdin.as_mut().expect("it runs");
        stdin.write_all(b"\n").expect("it reads");
        let answer = until_some("an answer", || {
            let printed = String::from_utf8_lossy(&read(&self.output)).into_owned();
            let whole = printed.matches('\n').count() > self.answers;
            whole.then(|| printed.lines().nth(self.answers).unwrap_or_default().to_owned())
        });
        self.answers += 1;
        let number = answer.split_once("<card_no>").map(|(_, rest)| rest);
        number
            .and_then(|rest| rest.split('<').next())
            .map_or_else(|| answer.clone(), str::to_owned)
    }

    fn until(&mut self, expected: &str) {
        eventually(expected, || self.card_no() == expected);
    }

    /// The orderly end of the program.
    fn end(mut self) {
        drop(self.stdin.take());
        let output = File::open(&self.output).expect("it has answered");
        match end_of(&mut self.child, &output, true) {
            Ok(status) => assert!(status.success(), "{status}"),
            Err(hang) => assert!(!matches!(hang, Hang::OfTheProgram), "it does not end"),
        }
    }

    fn kill(mut self) {
        kill(&mut self.child);
    }
}

impl Drop for Resident {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            kill(&mut self.child);
        }
    }
}

/// A release's folder with a caller in it.
struct Folder {
    windows: Windows,
    caller: PathBuf,
}

impl Folder {
    fn new(windows: Windows, gcc: &Path) -> Folder {
        let caller = windows.compile(gcc, "tests/release/resident.c");
        fs::copy(windows.dist.join("mps.exe"), windows.desk.join("mps.exe"))
            .expect("the desk can be written");
        Folder { windows, caller }
    }

    fn start(&self) -> Resident {
        let mut command = self.windows.command(&self.caller);
        command.arg("mps_client.dll");
        Resident::start(command, self.windows.desk.join("answers"))
    }

    /// Saves the script as editors do: a new file takes the old one's place.
    fn save(&self, script: &str) {
        let place = self.windows.desk.join(PLACE);
        fs::create_dir_all(place.parent().expect("a folder")).expect("the desk can be written");
        let new = place.with_extension("new");
        fs::write(&new, script).expect("the desk can be written");
        fs::rename(&new, &place).expect("the desk can be written");
    }

    /// The exit status of `mps`, and what it told programs.
    fn mps(&self, arguments: &[&str]) -> (Option<i32>, Json) {
        let mut command = self.windows.command("mps.exe");
        let finished = run(command.args(arguments).arg("--json"));
        let told = serde_json::from_slice(&finished.stdout).unwrap_or_else(|error| {
            panic!(
                "{arguments:?}: {error}: {}",
                String::from_utf8_lossy(&finished.stderr)
            )
        });
        (finished.status.code(), told)
    }

    /// Waits until a program that has just begun to answer has said so, which it does on a thread of its own.
    fn until_present(&self) {
        eventually("it is present", || {
            let (_, status) = self.mps(&["status"]);
            status["engines"]
                .as_array()
                .is_some_and(|engines| engines.len() == 1)
        });
    }

    /// Waits until so many generations are kept for a rollback.
    fn until_kept(&self, count: usize) {
        let folder = self.windows.desk.join("state/generations");
        eventually("it is kept", || {
            let kept = fs::read_dir(&folder).into_iter().flatten().flatten();
            let whole = kept.filter(|file| file.path().extension().is_some_and(|end| end == "json"));
            whole.count() == count
        });
    }
}

#[test]
fn mps_guides_a_running_caller_and_its_successors() {
    for bitness in BITNESSES {
        let (Some(windows), Some(gcc)) = (Windows::new(bitness.platform, "control"), program(bitness.gcc))
        else {
            return;
        };
        let folder = Folder::new(windows, &gcc);
        let (code, status) = folder.mps(&["status"]);
        assert_eq!(
            (code, status["engines"].as_array().map(Vec::len)),
            (Some(1), Some(0))
        );

        let caller = folder.start();
        let caller = saving_is_the_deployment(&folder, caller);
        let caller = freezing_outlives_the_caller(&folder, caller);
        going_back_outlives_the_caller(&folder, caller);
        let (code, status) = folder.mps(&["status"]);
        assert_eq!(
            (code, status["engines"].as_array().map(Vec::len)),
            (Some(1), Some(0))
        );
    }
}

fn saving_is_the_deployment(folder: &Folder, mut caller: Resident) -> Resident {
    assert_eq!(caller.card_no(), SHIPPED);
    folder.until_present();
    folder.until_kept(1);
    folder.save(&script("1"));
    caller.until("1");
    folder.until_kept(2);
    let (code, status) = folder.mps(&["status"]);
    let engine = &status["engines"][0];
    assert_eq!(code, Some(0), "{status:#}");
    assert_eq!(
        (&engine["program"], &engine["answered"]),
        (&"call.exe".into(), &true.into())
    );
    assert_eq!(engine["fingerprint"], status["kept"][0]["fingerprint"]);

    folder.save(&script("1").replace("title = \"卡号\"", ""));
    let (code, status) = folder.mps(&["reload"]);
    let refused = status["engines"][0]["refused"].as_str().unwrap_or_default();
    assert!(code == Some(1) && refused.contains("缺少title"), "{status:#}");
    assert_eq!(caller.card_no(), "1");

    folder.save(&script("2"));
    assert_eq!(folder.mps(&["reload"]).0, Some(0));
    assert_eq!(caller.card_no(), "2");
    folder.until_kept(3);
    caller
}

fn freezing_outlives_the_caller(folder: &Folder, mut caller: Resident) -> Resident {
    assert_eq!(folder.mps(&["freeze"]).0, Some(0));
    folder.save(&script("3"));
    let (_, status) = folder.mps(&["reload"]);
    let engine = &status["engines"][0];
    assert_eq!(
        (&engine["frozen"], &engine["pending"]),
        (&true.into(), &true.into())
    );
    assert_eq!(caller.card_no(), "2");
    caller.kill();

    let mut caller = folder.start();
    assert_eq!(caller.card_no(), "2");
    folder.until_present();
    let (code, status) = folder.mps(&["unfreeze"]);
    let engines = status["engines"].as_array().map(Vec::len);
    assert_eq!((code, engines), (Some(0), Some(1)), "{status:#}");
    assert_eq!(caller.card_no(), "3");
    folder.until_kept(4);
    caller
}

fn going_back_outlives_the_caller(folder: &Folder, mut caller: Resident) {
    assert_eq!(folder.mps(&["rollback"]).0, Some(0));
    assert_eq!(caller.card_no(), "2");
    caller.end();

    let mut caller = folder.start();
    assert_eq!(caller.card_no(), "2");
    folder.until_present();
    assert_eq!(folder.mps(&["unfreeze"]).0, Some(0));
    assert_eq!(caller.card_no(), "3");
    caller.end();
}
