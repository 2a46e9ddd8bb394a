//! Running programs, so that none can hang a test.

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Seek as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// A run that takes longer than this hangs.
const HANG: Duration = Duration::from_secs(180);

/// What a program left behind.
pub struct Finished {
    pub status: ExitStatus,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

impl Finished {
    fn shown(&self) -> String {
        let (stdout, stderr) = (
            String::from_utf8_lossy(&self.stdout),
            String::from_utf8_lossy(&self.stderr),
        );
        format!("{}\n{stdout}{stderr}", self.status)
    }
}

/// A file without a name. A pipe would stay open in the services that the first Windows program starts under Wine.
fn unnamed_file() -> File {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("output-{}-{number}", std::process::id()));
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .open(&path);
    let file = file.expect("target/tmp can be written");
    fs::remove_file(&path).expect("target/tmp can be written");
    file
}

/// What was written to a file.
fn written(mut file: File) -> Vec<u8> {
    let mut bytes = Vec::new();
    file.rewind()
        .and_then(|()| file.read_to_end(&mut bytes))
        .expect("target/tmp can be read");
    bytes
}

/// Runs a command to its end; one that hangs is killed, with all that it started, and fails the test.
pub fn run(command: &mut Command) -> Finished {
    let (stdout, stderr) = (unnamed_file(), unnamed_file());
    // The home of whoever runs the tests is no test's.
    if !command.get_envs().any(|(name, _)| name == "MPS_HOME") {
        command.env_remove("MPS_HOME");
    }
    let mut child = command
        // Cargo's, with which the library of this very build would come before the release.
        .env_remove("LD_LIBRARY_PATH")
        .stdin(Stdio::null())
        .stdout(stdout.try_clone().expect("a file"))
        .stderr(stderr.try_clone().expect("a file"))
        .process_group(0)
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("a child") {
            break status;
        }
        if start.elapsed() > HANG {
            let _ = Command::new("kill")
                .args(["-KILL", "--", &format!("-{}", child.id())])
                .status();
            let _ = child.wait();
            panic!("hung and was killed: {command:?}");
        }
        thread::sleep(Duration::from_millis(5));
    };
    Finished {
        status,
        stdout: written(stdout),
        stderr: written(stderr),
    }
}

/// Runs a command, which must succeed; returns what it printed, its lines ended by LF.
pub fn printed(command: &mut Command) -> Vec<u8> {
    let finished = run(command);
    assert!(finished.status.success(), "{command:?}: {}", finished.shown());
    let mut stdout = finished.stdout;
    stdout.retain(|&byte| byte != b'\r');
    stdout
}
