//! Windows under Wine: one for each test that runs at the same time, so that none suffers from what another did to it.

use std::collections::HashMap;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Names the folder of the Windows that a command of Wine runs on; `tests/setup/wine.sh` makes the commands heed it.
const PREFIX: &str = "MPS_WINE_PREFIX";
/// Who has but one thread left, which waits for a lock, is given this long to end.
const LAST_MOMENTS: Duration = Duration::from_secs(5);
/// Wine is given this long to begin a program, and to notice its end.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at what runs.
const INTERVAL: Duration = Duration::from_millis(500);

/// The Windows that no test uses now, and how many there are in all.
static IDLE: Mutex<(Vec<PathBuf>, usize)> = Mutex::new((Vec::new(), 0));

/// A Windows that is one test's as long as this lives.
pub struct Wine {
    program: PathBuf,
    prefix: PathBuf,
}

impl Wine {
    /// A copy of the Windows beside this `wine`, or one that another test has done with.
    pub fn lend(program: PathBuf) -> Wine {
        let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
        let prefix = idle.0.pop().unwrap_or_else(|| {
            idle.1 += 1;
            copy(&program, idle.1)
        });
        Wine { program, prefix }
    }

    /// A command that runs a Windows program on it.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(program).env(PREFIX, &self.prefix);
        command
    }

    /// Where its drives and its ports are links.
    pub fn devices(&self) -> PathBuf {
        self.prefix.join("dosdevices")
    }
}

impl Drop for Wine {
    fn drop(&mut self) {
        let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
        idle.0.push(self.prefix.clone());
    }
}

fn copy(program: &Path, number: usize) -> PathBuf {
    let prefix = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("windows-{number}"));
    // What an earlier run of the tests has left.
    end_windows(program, &prefix);
    let _ = fs::remove_dir_all(&prefix);
    let bin = program.parent().expect("bin/wine");
    let copied = Command::new("cp")
        .arg("-a")
        .args([&bin.with_file_name("prefix"), &prefix])
        .status();
    assert!(
        copied.is_ok_and(|status| status.success()),
        "{} cannot be written",
        prefix.display()
    );
    prefix
}

/// Ends all that runs on a Windows, its services included; the next program starts them again. In order, since services outlive a
/// server that was killed.
fn end_windows(program: &Path, prefix: &Path) {
    let _ = Command::new(program.with_file_name("wineserver"))
        .arg("-k")
        .env(PREFIX, prefix)
        .status();
}

/// Ends the Windows that a command runs on, if it does.
pub fn end_windows_of(command: &Command) {
    if let Some(prefix) = prefix(command) {
        end_windows(Path::new(command.get_program()), Path::new(prefix));
    }
}

/// Whether a command runs on a Windows.
pub fn is_wine(command: &Command) -> bool {
    prefix(command).is_some()
}

/// Whether Wine has ended a program for a failure of its own, by what it has said of it.
pub fn has_failed(stderr: &[u8]) -> bool {
    String::from_utf8_lossy(stderr).contains("wine client error:")
}

/// Whether Wine's server has killed a program, as it does with one that takes long to end: its own end was another, which is lost. A
/// program that crashes has another signal.
pub fn has_killed(status: ExitStatus) -> bool {
    const SIGQUIT: i32 = 3;
    const SIGKILL: i32 = 9;
    matches!(status.signal(), Some(SIGQUIT | SIGKILL))
}

fn prefix(command: &Command) -> Option<&std::ffi::OsStr> {
    command.get_envs().find(|(name, _)| *name == PREFIX)?.1
}

/// What the kernel tells of a process.
struct Process {
    id: u32,
    group: u32,
    state: char,
    threads: u32,
    /// What it waits for in the kernel.
    waits: String,
    words: String,
}

impl Process {
    /// Whether a test has it run: it is neither Windows' own nor what Wine begins others with, and not dead, which has no words.
    fn is_a_tests(&self) -> bool {
        let program = self.words.split('\0').next().unwrap_or_default();
        program.contains(".exe") && program != "start.exe" && !program.contains("\\windows\\sys")
    }
}

/// Every process of the machine.
fn processes() -> impl Iterator<Item = Process> {
    let folders = fs::read_dir("/proc").into_iter().flatten().flatten();
    folders.filter_map(|folder| {
        let id = folder.file_name().to_str()?.parse().ok()?;
        let told = fs::read_to_string(folder.path().join("stat")).ok()?;
        // Behind the name, which may be anything, in brackets: the state, the parent, the group.
        let (_, told) = told.rsplit_once(") ")?;
        let pieces: Vec<&str> = told.split(' ').collect();
        let words = fs::read(folder.path().join("cmdline")).ok()?;
        let waits = fs::read_to_string(folder.path().join("wchan")).unwrap_or_default();
        Some(Process {
            id,
            state: pieces.first()?.chars().next()?,
            group: pieces.get(2)?.parse().ok()?,
            threads: pieces.get(17)?.parse().ok()?,
            waits,
            words: String::from_utf8_lossy(&words).into_owned(),
        })
    })
}

/// Whose fault it is that a program was killed, and when.
#[derive(Debug)]
pub enum Hang {
    /// Wine's, as the program's work was done.
    AtItsEnd,
    /// Wine's, which had not begun the program yet or had not noticed its end.
    OfWine,
    OfTheProgram,
}

/// Sees what Wine alone is to blame for. Its own code waits for ever now and then: ending, a process loses all threads but one, and
/// this one asks for a lock that a thread held as it was ended; or its services wait for each other, and the program never runs.
#[derive(Default)]
pub struct Watch {
    looked: Option<Instant>,
    /// By process: the most threads it was seen with, and since when one has been asleep alone.
    known: HashMap<u32, (u32, Option<Instant>)>,
    /// Since when no program has been there.
    absent: Option<Instant>,
}

impl Watch {
    /// Looks at a process group that has not come to its end.
    pub fn sees(&mut self, group: u32) -> Option<Hang> {
        if self.looked.is_some_and(|looked| looked.elapsed() < INTERVAL) {
            return None;
        }
        self.looked = Some(Instant::now());
        let programs: Vec<Process> = processes()
            .filter(|process| process.group == group && process.is_a_tests())
            .collect();
        if programs.iter().any(|program| self.sees_no_end(program)) {
            return Some(Hang::AtItsEnd);
        }
        self.absent = programs
            .is_empty()
            .then(|| self.absent.unwrap_or_else(Instant::now));
        let is_missed = self.absent.is_some_and(|since| since.elapsed() > PATIENCE);
        is_missed.then_some(Hang::OfWine)
    }

    fn sees_no_end(&mut self, program: &Process) -> bool {
        let (most, since) = self.known.entry(program.id).or_default();
        *most = program.threads.max(*most);
        // A short program may not have been seen with its threads; but one thread alone waits for a lock in vain.
        let is_alone = *most > 1 || program.waits.starts_with("futex");
        let is_alone = is_alone && program.threads == 1 && program.state == 'S';
        *since = is_alone.then(|| since.unwrap_or_else(Instant::now));
        since.is_some_and(|since| since.elapsed() > LAST_MOMENTS)
    }
}

/// The programs of Windows that run, for whoever asks why a test hangs.
pub fn what_runs() -> String {
    let of_wine = |process: &Process| process.words.contains("wine") || process.words.contains(".exe");
    let lines = processes().filter(of_wine).map(|process| {
        let Process {
            id,
            group,
            state,
            threads,
            waits,
            words,
        } = process;
        let words = words.replace('\0', " ");
        format!("{id} group {group} {state} {threads} threads {waits} {words}\n")
    });
    lines.collect()
}
