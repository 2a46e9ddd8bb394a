//! An engine's status in the state folder, and whether the process that wrote it still lives.

use super::file;
use serde_json::{Value as Json, json};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// How things stand with one engine, as it wrote it last. Times are seconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EngineStatus {
    /// The process that it runs in.
    pub process: u64,
    /// That process's program.
    pub program: String,
    /// The library's version.
    pub version: String,
    /// When it started.
    pub started: u64,
    /// The number of the generation that answers; 0 where none does.
    pub generation: u64,
    /// What that generation's scripts are known by.
    pub fingerprint: String,
    /// Since when it answers.
    pub since: u64,
    /// The region whose scripts answer.
    pub region: Option<String>,
    /// Whether every device is simulated.
    pub simulate: bool,
    /// Whether a scenario of `mps test` stands in for every device.
    pub staged: bool,
    /// Whether it stays on its generation whatever is saved.
    pub frozen: bool,
    /// Whether what is saved differs from what a frozen engine runs.
    pub pending: bool,
    /// Why what is saved does not answer.
    pub refused: Option<String>,
    /// Why lines of the journal are missing, where they are.
    pub journal: Option<String>,
    /// Whether the system reports changes; they are looked for anyhow.
    pub notified: bool,
    /// When the files were looked at last.
    pub scanned: u64,
    /// Whether changed scripts are tried with their own scenarios before they answer.
    pub gate: bool,
    /// How many scenarios the generation that answers was tried with.
    pub scenarios: u64,
    /// The request that it answered last.
    pub request: String,
    /// Whether it answered the request that was just made.
    pub answered: bool,
}

impl EngineStatus {
    /// The status as programs read it.
    pub fn to_json(&self) -> Json {
        json!({
            "process": self.process,
            "program": self.program,
            "version": self.version,
            "started": self.started,
            "generation": self.generation,
            "fingerprint": self.fingerprint,
            "since": self.since,
            "region": self.region,
            "simulate": self.simulate,
            "staged": self.staged,
            "frozen": self.frozen,
            "pending": self.pending,
            "refused": self.refused,
            "journal": self.journal,
            "notified": self.notified,
            "scanned": self.scanned,
            "gate": self.gate,
            "scenarios": self.scenarios,
            "request": self.request,
            "answered": self.answered,
        })
    }

    fn of_json(json: &Json) -> EngineStatus {
        let text = |key: &str| json.get(key).and_then(Json::as_str).map(str::to_owned);
        let number = |key: &str| json.get(key).and_then(Json::as_u64).unwrap_or_default();
        let flag = |key: &str| json.get(key).and_then(Json::as_bool).unwrap_or_default();
        EngineStatus {
            process: number("process"),
            program: text("program").unwrap_or_default(),
            version: text("version").unwrap_or_default(),
            started: number("started"),
            generation: number("generation"),
            fingerprint: text("fingerprint").unwrap_or_default(),
            since: number("since"),
            region: text("region"),
            simulate: flag("simulate"),
            staged: flag("staged"),
            frozen: flag("frozen"),
            pending: flag("pending"),
            refused: text("refused"),
            journal: text("journal"),
            notified: flag("notified"),
            scanned: number("scanned"),
            gate: flag("gate"),
            scenarios: number("scenarios"),
            request: text("request").unwrap_or_default(),
            answered: false,
        }
    }
}

/// An engine's place in the state folder: its lock is held until this is dropped, or its process ends in whatever way.
pub(in crate::engine) struct Presence {
    lock: Option<File>,
    lock_file: PathBuf,
    status_file: PathBuf,
}

impl Presence {
    /// Takes a place; what processes left behind that are gone is cleared away.
    pub(in crate::engine) fn take(state: &Path) -> io::Result<Presence> {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let folder = state.join("engines");
        fs::create_dir_all(&folder)?;
        for folder in [state, &folder, &state.join("generations")] {
            file::clear(folder);
        }
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let name = format!("{}-{number}", std::process::id());
            let lock_file = folder.join(format!("{name}.lock"));
            let lock = File::create(&lock_file)?;
            lock.lock()?;
            // Somebody who cleared away may have seen the file before it was locked.
            if lock_file.exists() {
                running(state);
                let lock = Some(lock);
                let status_file = folder.join(format!("{name}.json"));
                return Ok(Presence {
                    lock,
                    lock_file,
                    status_file,
                });
            }
        }
    }

    pub(in crate::engine) fn write(&self, status: &EngineStatus) -> io::Result<()> {
        file::write(&self.status_file, status.to_json().to_string().as_bytes())
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        // Windows removes no file that is open.
        drop(self.lock.take());
        let _ = fs::remove_file(&self.status_file);
        let _ = fs::remove_file(&self.lock_file);
    }
}

/// The engines whose processes live, by process; the files of the others are removed.
pub(super) fn running(state: &Path) -> Vec<EngineStatus> {
    let entries = fs::read_dir(state.join("engines"));
    let mut engines = Vec::new();
    for path in entries
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
    {
        if path.extension().is_none_or(|extension| extension != "lock") {
            continue;
        }
        let status_file = path.with_extension("json");
        if is_abandoned(&path) {
            let _ = fs::remove_file(&status_file);
            let _ = fs::remove_file(&path);
        } else if let Some(status) = read(&status_file) {
            engines.push(status);
        }
    }
    engines.sort_by_key(|engine| (engine.process, engine.started));
    engines
}

fn read(path: &Path) -> Option<EngineStatus> {
    let json: Json = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    Some(EngineStatus::of_json(&json))
}

/// Whether nobody holds the lock any more. Where that cannot be asked, somebody may.
fn is_abandoned(lock: &Path) -> bool {
    File::open(lock).is_ok_and(|file| file.try_lock_shared().is_ok())
}
