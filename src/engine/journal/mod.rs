//! The journal: one line a call in daily files, written aside, so that no disk ever delays or fails a call.
//!
//! A call hands its [`Entry`] over and goes on; a thread of the journal's own masks, formats and writes. Whatever stands in the
//! way — a full disk, a folder that cannot be written, a share that hangs — costs lines, which are counted, and nothing else.

mod day;
mod entry;
mod files;
mod line;
mod read;
mod writer;

pub use day::Day;
pub use files::{Settings, days};
pub use read::{Follower, read};

pub(super) use entry::{Call, Entry, Event};

use super::record;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError};
use std::time::{Duration, Instant, SystemTime};
use writer::Writer;

/// Entries that wait to be written; those that come when there are so many are lost.
const MOST_WAITING: usize = 1024;
/// Calls that wait to be recorded, with all that they exchanged.
const MOST_WHOLE: usize = 64;
/// After writing, further entries are let gather for so long: a busy caller costs one write for many.
const PAUSE: Duration = Duration::from_millis(20);
/// But no more than so many: they take memory, and the writer a processor for as long as they are many.
const GATHERED: usize = 64;
/// The writer formats lines and no more.
const STACK: usize = 256 << 10;
/// How often somebody looks who waits for the last lines.
const LOOK: Duration = Duration::from_millis(1);

/// The journal of one engine. Where nobody has started it, nothing is kept.
#[derive(Default)]
pub(super) struct Journal {
    on: AtomicBool,
    shared: Arc<Shared>,
}

/// What the calls and the writer share.
#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    filled: Condvar,
    settings: Mutex<Settings>,
    /// Why the last lines could not be written.
    problem: Mutex<Option<String>>,
    begin: OnceLock<fn()>,
}

#[derive(Default)]
struct Queue {
    entries: Vec<Entry>,
    /// Entries that found no place.
    lost: u64,
    /// The process that the writer runs in. A forked child has none.
    writer: Option<u32>,
    /// Whether the writer waits to be woken.
    idle: bool,
    /// Whether somebody waits for the last lines.
    hurry: bool,
    closed: bool,
}

impl Journal {
    /// Takes new settings, and whether there is a journal.
    pub(super) fn set(&self, settings: Settings, on: bool) {
        *lock(&self.shared.settings) = settings;
        self.on.store(on, Ordering::Relaxed);
    }

    /// Has the writer's thread do something first.
    pub(super) fn begin_with(&self, begin: fn()) {
        // Once for each engine.
        let _ = self.shared.begin.set(begin);
    }

    /// Whether entries are kept.
    pub(super) fn is_on(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    /// Hands an event over.
    pub(super) fn tell(&self, event: Event) {
        if self.is_on() {
            self.push(Entry::Event(SystemTime::now(), event));
        }
    }

    /// Hands an entry over.
    pub(super) fn push(&self, entry: Entry) {
        let mut queue = lock(&self.shared.queue);
        if queue.writer.is_none() {
            self.start(&mut queue);
        }
        let most = match entry.recorded() {
            Some(_) => MOST_WHOLE,
            None => MOST_WAITING,
        };
        if queue.entries.len() >= most {
            queue.lost += 1;
            return;
        }
        queue.entries.push(entry);
        let wake = std::mem::take(&mut queue.idle) || queue.entries.len() == GATHERED;
        drop(queue);
        if wake {
            self.shared.filled.notify_one();
        }
    }

    /// Waits until everything is written, for at most `patience`: the program is about to end.
    pub(super) fn flush(&self, patience: Duration) {
        let until = Instant::now() + patience;
        loop {
            // Whoever ends the process may have stopped the thread that holds the lock.
            match self.shared.queue.try_lock() {
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Poisoned(_)) => return,
                Ok(queue) if queue.writer != Some(std::process::id()) => return,
                Ok(queue) if queue.entries.is_empty() && queue.idle => return,
                Ok(mut queue) => {
                    queue.hurry = true;
                    self.shared.filled.notify_one();
                }
            }
            if Instant::now() >= until {
                return;
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Why lines are missing, where they are.
    pub(super) fn problem(&self) -> Option<String> {
        lock(&self.shared.problem).clone()
    }

    /// Starts the writer. Without a thread the entries wait, and those beyond the limit are lost.
    fn start(&self, queue: &mut Queue) {
        let shared = Arc::clone(&self.shared);
        let thread = std::thread::Builder::new()
            .name("mps journal".to_owned())
            .stack_size(STACK)
            .spawn(move || shared.write());
        queue.writer = thread.is_ok().then(std::process::id);
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        lock(&self.shared.queue).closed = true;
        self.shared.filled.notify_one();
    }
}

impl Shared {
    /// The writer's life.
    fn write(&self) {
        if let Some(begin) = self.begin.get() {
            begin();
        }
        let mut writer = Writer::default();
        let mut batch = Vec::new();
        let mut queue = lock(&self.queue);
        loop {
            while queue.entries.is_empty() {
                if queue.closed {
                    return;
                }
                (queue.idle, queue.hurry) = (true, false);
                queue = wait(self.filled.wait(queue));
            }
            queue.idle = false;
            std::mem::swap(&mut queue.entries, &mut batch);
            let lost = std::mem::take(&mut queue.lost);
            drop(queue);
            let settings = lock(&self.settings).clone();
            let recorded = keep_recordings(&settings, &mut batch);
            let written = writer.write(&settings, &mut batch, lost).and(recorded);
            *lock(&self.problem) = written.err();
            queue = lock(&self.queue);
            let may_pause =
                |queue: &mut Queue| !queue.closed && !queue.hurry && queue.entries.len() < GATHERED;
            queue = wait(self.filled.wait_timeout_while(queue, PAUSE, may_pause)).0;
        }
    }
}

/// Keeps what is to be recorded, and leaves what is to be journalled.
fn keep_recordings(settings: &Settings, batch: &mut Vec<Entry>) -> Result<(), String> {
    let mut kept = Ok(());
    for call in batch.iter().filter_map(Entry::recorded) {
        if let Some(json) = record::made(call.at, &call.answer) {
            kept = kept.and(record::keep(&settings.recordings, call.at, &json));
        }
    }
    batch.retain(Entry::is_journalled);
    kept.map_err(|error| {
        let number = error.raw_os_error().unwrap_or_default();
        format!("E011 录制写不进recordings文件夹（系统错误 {number}），请检查磁盘空间和权限")
    })
}

// What they hold is whole at every moment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn wait<T>(waited: Result<T, PoisonError<T>>) -> T {
    waited.unwrap_or_else(PoisonError::into_inner)
}
