//! Running programs, so that none can hang a test.

pub use super::wine::Hang;
use super::wine::{self, Watch};
use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Seek as _};
use std::os::unix::fs::FileExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// A run that takes longer than this hangs.
const HANG: Duration = Duration::from_secs(180);
/// What the callers in C say at their very end, if all was well.
const LAST_WORD: &[u8] = b"passed";
/// Who has said the last word under Wine is given this long to end, and need not: not all that is well comes to its end there.
const LAST_MOMENTS: Duration = Duration::from_secs(4);

/// What a program left behind.
pub struct Finished {
    pub status: ExitStatus,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

impl Finished {
    /// For whoever asks why a test failed.
    pub fn shown(&self) -> String {
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

/// Runs a command to its end; one that hangs is killed, with all that it started, and fails the test. What fails or hangs in Wine is
/// tried again, on a Windows begun anew where none of it ran: see [`Watch`].
pub fn run(command: &mut Command) -> Finished {
    let is_wine = wine::is_wine(command);
    let attempts = if is_wine { 5 } else { 1 };
    for _ in 0..attempts {
        match attempt(command) {
            Ok(finished)
                if is_wine && (wine::has_killed(finished.status) || wine::has_failed(&finished.stderr)) =>
            {
                println!("Wine failed: {command:?}: {}", finished.shown());
            }
            Ok(finished) => return finished,
            Err(Hang::OfTheProgram) => break,
            Err(Hang::AtItsEnd) => println!("Wine could not end it: {command:?}"),
            Err(Hang::OfWine) => {
                println!("Wine hung without it: {command:?}");
                wine::end_windows_of(command);
            }
        }
    }
    panic!("did not come to its end: {command:?}")
}

/// One run.
fn attempt(command: &mut Command) -> Result<Finished, Hang> {
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
    let status = end_of(&mut child, &stdout, wine::is_wine(command))?;
    Ok(Finished {
        status,
        stdout: written(stdout),
        stderr: written(stderr),
    })
}

/// Waits for the end of a process group's leader, which writes to `stdout`; one that hangs is killed, with all that it started.
pub fn end_of(child: &mut Child, stdout: &File, is_wine: bool) -> Result<ExitStatus, Hang> {
    let start = Instant::now();
    let mut last_word = None;
    let mut watch = is_wine.then(Watch::default);
    loop {
        if let Some(status) = child.try_wait().expect("a child") {
            return Ok(status);
        }
        if is_wine && last_word.is_none() && has_said_the_last_word(stdout) {
            last_word = Some(Instant::now());
        }
        if last_word.is_some_and(|said| said.elapsed() > LAST_MOMENTS) {
            kill(child);
            return Ok(ExitStatus::default());
        }
        let seen = watch.as_mut().and_then(|watch| watch.sees(child.id()));
        let late = (start.elapsed() > HANG).then_some(Hang::OfTheProgram);
        if let Some(hang) = seen.or(late) {
            // Before it is killed: who is there tells whose fault it is.
            println!("{} hangs, beside\n{}", child.id(), wine::what_runs());
            kill(child);
            return Err(hang);
        }
        thread::sleep(Duration::from_millis(5));
    }
}

fn has_said_the_last_word(stdout: &File) -> bool {
    let size = stdout.metadata().map_or(0, |known| known.len());
    let mut end = [0; LAST_WORD.len() + 2];
    // Not by its position, which is also the writer's.
    let from = size.saturating_sub(end.len() as u64);
    let read = stdout.read_at(&mut end, from);
    let end = end.get(..read.unwrap_or(0)).unwrap_or_default();
    end.trim_ascii_end().ends_with(LAST_WORD)
}

/// Kills a process group by its leader: Wine starts a 32-bit program in a process of its own.
pub fn kill(leader: &mut Child) {
    // By the shell, since a bare Debian has no such program. What has ended already need not be killed.
    let _ = Command::new("sh")
        .args(["-c", "kill -s KILL -- \"-$0\"", &leader.id().to_string()])
        .stderr(Stdio::null())
        .status();
    let _ = leader.wait();
}

/// Runs a command, which must succeed; returns what it printed, its lines ended by LF.
pub fn printed(command: &mut Command) -> Vec<u8> {
    let finished = run(command);
    assert!(finished.status.success(), "{command:?}: {}", finished.shown());
    let mut stdout = finished.stdout;
    stdout.retain(|&byte| byte != b'\r');
    stdout
}
