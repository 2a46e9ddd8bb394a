//! The state folder beside mps.toml: which generations are kept, which one is frozen, and how the `mps` command and the
//! host programs of this desk hear of each other.
//!
//! Every file is written whole by a rename, so that nobody reads half of one:
//! - `frozen`: the fingerprint of the generation to stay on; no file: whatever is saved is taken up.
//! - `record`: `on` or `off`, over what mps.toml says of recordings.
//! - `request`: a word and a number; every engine does what the word says and repeats both in its status.
//! - `engines/<process>-<n>.json`: the status of one engine, with a `.lock` that its process holds while it lives.
//! - `checked`: which scripts were checked last, by whom and for what: they need not be checked again at the next start.
//! - `generations/<time>-<fingerprint>.json`: a tree of scripts that has been in force.
//!
//! No request, no response and no value of the configuration is ever written here.

mod file;
mod kept;
mod presence;

pub use kept::KeptGeneration;
pub use presence::EngineStatus;

pub(super) use file::clear as clear_left_behind;
pub(crate) use file::write as write_file;
pub(super) use presence::Presence;

use crate::script::Tree;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How often somebody who waits for an answer looks.
const LOOK: Duration = Duration::from_millis(30);

/// The state folder of one home folder.
#[derive(Clone, Debug)]
pub struct Control {
    folder: PathBuf,
}

/// What the running engines are asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// Read all files again, even where nothing seems to have changed.
    Reload,
    /// Tell how things stand.
    Status,
}

impl Control {
    /// The state folder of a home folder; nothing is written before there is something to write.
    pub fn of(home: &Path) -> Control {
        Control {
            folder: home.join("state"),
        }
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The fingerprint of the generation to stay on.
    pub fn frozen(&self) -> Option<String> {
        let text = std::fs::read_to_string(self.folder.join("frozen")).ok()?;
        Some(text.trim().to_owned()).filter(|fingerprint| !fingerprint.is_empty())
    }

    /// Makes every engine of this home stay on a kept generation, now and after a restart.
    pub fn freeze(&self, fingerprint: &str) -> io::Result<()> {
        file::write(&self.folder.join("frozen"), fingerprint.as_bytes())
    }

    /// Makes every engine take up what is saved again.
    pub fn unfreeze(&self) -> io::Result<()> {
        match std::fs::remove_file(self.folder.join("frozen")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Whether calls are to be recorded, where somebody has said so since mps.toml was written.
    pub fn record(&self) -> Option<bool> {
        let text = std::fs::read_to_string(self.folder.join("record")).ok()?;
        match text.trim() {
            "on" => Some(true),
            "off" => Some(false),
            _ => None,
        }
    }

    /// Has every engine of this home record its calls, or not, whatever mps.toml says.
    pub fn set_record(&self, on: bool) -> io::Result<()> {
        let word = if on { "on" } else { "off" };
        file::write(&self.folder.join("record"), word.as_bytes())
    }

    /// The generations that are kept, the newest first.
    pub fn kept(&self) -> Vec<KeptGeneration> {
        kept::list(&self.folder)
    }

    /// A kept generation's scripts; `None` where they are gone or damaged.
    pub fn load(&self, fingerprint: &str) -> Option<Tree> {
        kept::load(&self.folder, fingerprint)
    }

    /// Keeps a tree that is in force, and lets the oldest one go.
    pub fn keep(&self, tree: &Tree) -> io::Result<()> {
        kept::keep(&self.folder, tree, self.frozen().as_deref())
    }

    /// What was checked last, see [`Control::set_checked`].
    pub fn checked(&self) -> Option<String> {
        std::fs::read_to_string(self.checked_file()).ok()
    }

    /// Tells what was checked and found right: a line that says all on which that depends.
    pub fn set_checked(&self, what: &str) -> io::Result<()> {
        file::write(&self.checked_file(), what.as_bytes())
    }

    fn checked_file(&self) -> PathBuf {
        self.folder.join("checked")
    }

    /// The engines that run on this home.
    pub fn engines(&self) -> Vec<EngineStatus> {
        presence::running(&self.folder)
    }

    /// Asks the running engines, and waits until all have answered or `patience` is at its end.
    pub fn ask(&self, request: Request, patience: Duration) -> io::Result<Vec<EngineStatus>> {
        if self.engines().is_empty() {
            return Ok(Vec::new());
        }
        let word = match request {
            Request::Reload => RELOAD,
            Request::Status => "status",
        };
        let text = format!("{word} {}-{}", since_epoch().as_nanos(), std::process::id());
        file::write(&self.request_file(), text.as_bytes())?;
        let asked = Instant::now();
        loop {
            let mut engines = self.engines();
            for engine in &mut engines {
                engine.answered = engine.request == text;
            }
            if engines.iter().all(|engine| engine.answered) || asked.elapsed() > patience {
                return Ok(engines);
            }
            std::thread::sleep(LOOK);
        }
    }

    fn request_file(&self) -> PathBuf {
        self.folder.join("request")
    }

    /// What was asked last.
    pub(super) fn request(&self) -> String {
        std::fs::read_to_string(self.request_file()).unwrap_or_default()
    }
}

const RELOAD: &str = "reload";

/// Whether a request's text asks for more than a status.
pub(super) fn asks_reload(request: &str) -> bool {
    request.starts_with(RELOAD)
}

/// Seconds since 1970.
pub(super) fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
