//! Taking up changed files while callers run.

use super::control::{EngineStatus, Presence, asks_reload, seconds};
use super::state::{Home, Source, Stamp, State};
use arc_swap::ArcSwap;
use notify::{Event, EventKind, RecursiveMode, Watcher};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Weak};
use std::time::{Duration, SystemTime};

/// How often the files are looked at whatever the system reports: events get lost on Windows, and shares send none.
const SCAN: Duration = Duration::from_millis(1000);
/// Files that look the same twice this far apart are not still being written.
const SETTLED: Duration = Duration::from_millis(30);
/// The first call is answered after about so long. What is done behind it belongs to the start, its memory too.
const FIRST_CALL: Duration = Duration::from_millis(2);
/// An editor that never stops writing must not keep the others' changes away.
const MOST_LOOKS: usize = 30;
/// A file that is gone may be one that is just being replaced: it is given this many looks to come back.
const LOOKS_FOR_THE_GONE: usize = 15;

/// Starts the thread; it ends with the engine.
pub(super) fn start(home: &Arc<Home>, state: &Arc<ArcSwap<State>>) {
    // The first call waits for one thread to start, not for three.
    home.journal.leave_start();
    let (own, state) = (Arc::clone(home), Arc::downgrade(state));
    let thread = std::thread::Builder::new()
        .name("mps watch".to_owned())
        .spawn(move || {
            let home = own;
            home.journal.start_writer();
            home.prepare(&state);
            home.begin_thread();
            // What is loaded was just read: the call that waits for it goes first.
            std::thread::sleep(FIRST_CALL);
            Watch::new(home).run(&state);
        });
    // Without the thread calls are answered as before; only changes wait for a restart.
    if thread.is_err() {
        home.journal.start_writer();
    }
}

struct Watch {
    home: Arc<Home>,
    // Where the state folder cannot be written there is none: then nobody can ask how things stand.
    presence: Option<Presence>,
    watcher: Option<notify::RecommendedWatcher>,
    events: Receiver<()>,
    // The folder that the system reports on: another one may come to stand in its place.
    watched: Option<Folder>,
    started: SystemTime,
    // What was written last, so that nothing is written twice.
    status: Option<EngineStatus>,
    kept: Option<String>,
}

impl Watch {
    fn new(home: Arc<Home>) -> Watch {
        let (event, events) = channel();
        Watch {
            presence: Presence::take(home.control.folder()).ok(),
            watcher: watcher(&home, event).ok(),
            events,
            home,
            watched: None,
            started: SystemTime::now(),
            status: None,
            kept: None,
        }
    }

    fn run(&mut self, state: &Weak<ArcSwap<State>>) {
        let folders = [self.home.folder(), self.home.control.folder()];
        if let Some(watcher) = &mut self.watcher {
            for folder in folders {
                watch_folder(watcher, folder, RecursiveMode::NonRecursive);
            }
        }
        // Not the stamp of what is loaded: the first look may find it changed, and the same content is no change.
        let mut seen: Option<Stamp> = None;
        let mut reported = false;
        loop {
            self.watch_scripts();
            let stamp = self.home.stamp();
            // What the system reports may be a change that leaves sizes and times as they were.
            if reported || seen.as_ref() != Some(&stamp) {
                let settled = settled(&self.home, stamp, seen.as_ref());
                let Some(state) = state.upgrade() else { return };
                let asked = settled.request.clone();
                let new_request = self.status.as_ref().is_some_and(|status| status.request != asked);
                self.home.take_up(&state, new_request && asks_reload(&asked));
                self.keep(&state.load());
                self.report(&state.load(), asked);
                seen = Some(settled);
            }
            reported = self.wait();
            if state.strong_count() == 0 {
                return;
            }
        }
    }

    /// Has the system report on the scripts' folder, and on the one that has taken its place.
    fn watch_scripts(&mut self) {
        let scripts = self.home.scripts();
        let folder = Folder::at(&scripts);
        let Some(watcher) = self.watcher.as_mut().filter(|_| folder != self.watched) else {
            return;
        };
        if self.watched.take().is_some() {
            // The folder that was watched may be gone.
            let _ = watcher.unwatch(&scripts);
        }
        self.watched = folder.filter(|_| watch_folder(watcher, &scripts, RecursiveMode::Recursive));
    }

    /// Waits for a report of the system or for the next scan; further reports of the same moment are one.
    fn wait(&self) -> bool {
        match self.events.recv_timeout(SCAN) {
            Ok(()) => {
                while self.events.try_recv().is_ok() {}
                true
            }
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => {
                std::thread::sleep(SCAN);
                false
            }
        }
    }

    /// Keeps the scripts that are saved and answer, for a rollback or a broken start, and that they were found right.
    fn keep(&mut self, state: &State) {
        let Some(scripts) = state
            .scripts
            .as_ref()
            .filter(|scripts| scripts.source == Source::Disk)
        else {
            return;
        };
        let fingerprint = scripts.tree.fingerprint();
        if self.presence.is_some() && self.kept.as_deref() != Some(fingerprint) {
            // A full disk is tried again with the next change.
            let kept = self.home.control.keep(&scripts.tree);
            self.kept = kept.ok().map(|()| fingerprint.to_owned());
            let checked = self.home.checked(&state.config, scripts);
            if self.home.control.checked().as_ref() != Some(&checked) {
                // What is not written is checked again.
                let _ = self.home.control.set_checked(&checked);
            }
        }
    }

    /// Writes the status, if it says anything new.
    fn report(&mut self, state: &State, request: String) {
        let Some(presence) = &self.presence else { return };
        let status = self.describe(state, request);
        let same_but_for_time = self.status.as_ref().is_some_and(|last| {
            let scanned = status.scanned;
            EngineStatus {
                scanned,
                ..last.clone()
            } == status
        });
        if !same_but_for_time && presence.write(&status).is_ok() {
            self.status = Some(status);
        }
    }

    fn describe(&self, state: &State, request: String) -> EngineStatus {
        let progress = self.home.progress().clone();
        let program = std::env::current_exe().ok();
        let program = program.as_deref().and_then(Path::file_name);
        let fingerprint = state.fingerprint().unwrap_or_default();
        EngineStatus {
            process: std::process::id().into(),
            program: program
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started: seconds(self.started),
            generation: state.generation().unwrap_or_default(),
            since: seconds(state.since),
            region: self.home.region(&state.config).map(str::to_owned),
            simulate: self.home.simulate(&state.config),
            staged: self.home.stage(&state.config).is_some(),
            frozen: self.home.control.frozen().as_ref() == Some(&fingerprint),
            fingerprint,
            pending: progress.pending,
            refused: progress.refused,
            journal: self.home.journal.problem(),
            notified: self.watched.is_some(),
            scanned: progress.scanned.map(seconds).unwrap_or_default(),
            gate: state.config.gate,
            scenarios: state.scenarios as u64,
            request,
            answered: false,
        }
    }
}

/// What tells one folder from another at the same path.
#[derive(PartialEq, Eq)]
struct Folder {
    path: PathBuf,
    created: Option<SystemTime>,
}

impl Folder {
    fn at(path: &Path) -> Option<Folder> {
        let created = path.metadata().ok()?.created().ok();
        Some(Folder {
            path: path.canonicalize().ok()?,
            created,
        })
    }
}

/// A watcher that reports what changes among our files; reading a file is no change, nor is whatever else lies beside them.
fn watcher(home: &Home, event: Sender<()>) -> notify::Result<notify::RecommendedWatcher> {
    let scripts = home.scripts();
    let state = home.control.folder();
    let asked = ["frozen", "record", "request"].map(|name| state.join(name));
    let config = home.config_file();
    notify::recommended_watcher(move |seen: notify::Result<Event>| {
        let ours = |path: &PathBuf| path.starts_with(&scripts) || *path == config || asked.contains(path);
        let matters = match seen {
            Ok(event) => !matches!(event.kind, EventKind::Access(_)) && event.paths.iter().any(ours),
            // Reports were lost.
            Err(_) => true,
        };
        if matters {
            // The thread that would listen may have ended.
            let _ = event.send(());
        }
    })
}

fn watch_folder(watcher: &mut impl Watcher, folder: &Path, mode: RecursiveMode) -> bool {
    folder.is_dir() && watcher.watch(folder, mode).is_ok()
}

/// Looks until nothing moves any more.
fn settled(home: &Home, mut stamp: Stamp, before: Option<&Stamp>) -> Stamp {
    let mut alike = 0;
    for _ in 0..MOST_LOOKS {
        std::thread::sleep(SETTLED);
        let again = home.stamp();
        alike = if again == stamp { alike + 1 } else { 0 };
        stamp = again;
        let wanted = if has_lost(&stamp, before) {
            LOOKS_FOR_THE_GONE
        } else {
            1
        };
        if alike >= wanted {
            break;
        }
    }
    stamp
}

/// Whether a script is gone that was there before.
fn has_lost(stamp: &Stamp, before: Option<&Stamp>) -> bool {
    let there = |path: &str| stamp.scripts.iter().any(|(known, ..)| known == path);
    before.is_some_and(|before| before.scripts.iter().any(|(path, ..)| !there(path)))
}
