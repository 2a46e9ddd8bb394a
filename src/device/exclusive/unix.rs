//! A lock on the library's own file: it needs no folder that can be written, it is the same for every user and every home folder,
//! and the kernel drops it with the process.
//!
//! To take it and to give it back is a call of the system each. Sessions that follow one another at once therefore keep it between
//! them. A thread gives it back when none follows or another program waits, which shows that by a shared lock on the folder.

use super::super::helper::leave_signals;
use crate::clock::Moment;
use std::fs::{File, Metadata, TryLockError};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How often somebody who waits looks again, and whoever keeps the lock looks for them.
const LOOK: Duration = Duration::from_millis(20);
/// For at most so long the lock is kept when no session follows, or another program waits. Who waits, waits for longer.
const KEPT: Duration = Duration::from_millis(100);
/// Sessions that begin within so much of each other follow one another at once.
const AT_ONCE: Duration = Duration::from_millis(5);
/// For so long the library's file is taken for the one that stood there.
const SAME: Duration = Duration::from_millis(100);

/// What is locked for one library; nothing is locked where the file system knows no locks.
pub(in crate::device) struct Lock(Arc<Shared>);

struct Shared {
    library: PathBuf,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Kept open from one session to the next.
    opened: Option<Opened>,
    /// Whether it is locked: for a session, or for the next one.
    locked: bool,
    /// Whether a session has it.
    in_use: bool,
    /// When the last session began.
    begun: Option<Moment>,
    /// Whether that one followed another one at once.
    at_once: bool,
    /// The thread that gives back what is kept, while there is one.
    keeper: Option<Keeper>,
}

/// What the thread knows.
#[derive(Default)]
struct Keeper {
    /// Whether a session has begun since it last looked.
    used: bool,
    /// Whether another program waits.
    wanted: bool,
}

struct Opened {
    file: Arc<File>,
    identity: Identity,
    /// When it was last seen to stand there.
    seen: Moment,
}

/// Device and number: another file's are others, as long as this one is open.
type Identity = (u64, u64);

impl Lock {
    pub(in crate::device) fn of(library: &Path) -> Lock {
        Lock(Arc::new(Shared {
            library: library.to_owned(),
            state: Mutex::default(),
        }))
    }

    /// Takes it for one session, unless another program still holds it after `wait` from now. Within this program one at a time asks.
    pub(in crate::device) fn take(&self, now: Moment, wait: Duration) -> bool {
        let file = {
            let mut state = self.0.state();
            state.look(&self.0.library, now);
            if state.locked {
                state.begin(now);
                return true;
            }
            state.opened.as_ref().map(|opened| Arc::clone(&opened.file))
        };
        let Some(file) = file else {
            return true;
        };
        if !locked_within(&file, self.0.folder(), Instant::now() + wait.max(KEPT)) {
            return false;
        }
        let mut state = self.0.state();
        state.locked = true;
        state.begin(now);
        true
    }

    /// Ends the session that has it.
    pub(in crate::device) fn give_back(&self) {
        let shared = &self.0;
        let mut state = shared.state();
        state.in_use = false;
        if !state.locked {
            return;
        }
        if state.at_once && state.keeper.is_none() {
            let (weak, thread) = (Arc::downgrade(shared), std::thread::Builder::new());
            let started = thread.name("mps lock".to_owned()).spawn(move || keep(&weak));
            state.keeper = started.is_ok().then(Keeper::default);
        }
        if !state.at_once || !state.is_looked_after() {
            state.unlock();
        }
    }
}

impl Shared {
    /// Where those that wait show it.
    fn folder(&self) -> Option<&Path> {
        self.library.parent()
    }

    // What it holds is whole at every moment.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Locks the file if it becomes free in time. Meanwhile the folder shows that somebody waits.
fn locked_within(file: &File, folder: Option<&Path>, until: Instant) -> bool {
    let mut sign = None;
    while let Err(TryLockError::WouldBlock) = file.try_lock() {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        sign = sign.or_else(|| folder.and_then(sign_of_waiting));
        sleep(left.min(LOOK));
    }
    true
}

/// Shows until it is dropped that somebody waits. Nothing where somebody looks for it just now, or the file system knows no locks.
fn sign_of_waiting(folder: &Path) -> Option<File> {
    let folder = File::open(folder).ok()?;
    folder.try_lock_shared().ok()?;
    Some(folder)
}

/// Whether somebody may wait: where nobody can show it, nobody must be kept from it.
fn somebody_waits(folder: &Path) -> bool {
    !File::open(folder).is_ok_and(|folder| folder.try_lock().is_ok())
}

impl State {
    /// Sees to it that the opened file is the one that stands there now, which a program that has just started will lock.
    fn look(&mut self, library: &Path, now: Moment) {
        match &mut self.opened {
            Some(opened) if now.since(opened.seen) < SAME => {}
            Some(opened) if is_at(opened.identity, library) => opened.seen = now,
            _ => {
                self.unlock();
                self.opened = opened(library, now);
            }
        }
    }

    fn begin(&mut self, now: Moment) {
        let last = self.begun.replace(now);
        self.at_once = last.is_some_and(|last| now.since(last) < AT_ONCE);
        self.in_use = true;
        if let Some(keeper) = &mut self.keeper {
            keeper.used = true;
        }
    }

    fn unlock(&mut self) {
        // By word, not by closing: a process that the library started meanwhile may have the file open too.
        if let Some(opened) = self.opened.as_ref().filter(|_| self.locked) {
            let _ = opened.file.unlock();
        }
        self.locked = false;
    }

    /// Whether the thread is there that gives it back.
    fn is_looked_after(&self) -> bool {
        self.keeper.as_ref().is_some_and(|keeper| !keeper.wanted)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.state().unlock();
    }
}

/// Gives back what is kept when nothing follows or somebody waits. Ends when nothing has followed.
fn keep(shared: &Weak<Shared>) {
    leave_signals();
    loop {
        sleep(LOOK);
        let Some(shared) = shared.upgrade() else { return };
        let waits = shared.folder().is_none_or(somebody_waits);
        let mut state = shared.state();
        let in_use = state.in_use;
        let Some(keeper) = &mut state.keeper else { return };
        keeper.wanted = waits;
        let follows = std::mem::take(&mut keeper.used) || in_use;
        if !in_use && (waits || !follows) {
            state.unlock();
        }
        if !follows {
            state.keeper = None;
            return;
        }
    }
}

fn opened(library: &Path, now: Moment) -> Option<Opened> {
    let file = Arc::new(File::open(library).ok()?);
    let identity = identity(&file.metadata().ok()?);
    Some(Opened {
        file,
        identity,
        seen: now,
    })
}

fn is_at(known: Identity, library: &Path) -> bool {
    std::fs::metadata(library).is_ok_and(|there| identity(&there) == known)
}

fn identity(file: &Metadata) -> Identity {
    (file.dev(), file.ino())
}
