//! The journal: one line a call in daily files, written aside, so that no disk ever fails a call, or delays one noticeably.
//!
//! A call hands over what its line tells, an [`Entry`], and goes on; a thread of the journal's own masks, formats and writes. Whatever
//! stands in the way — a full disk, a folder that cannot be written, a share that hangs — costs lines, which are counted, and nothing
//! else. Only who calls faster than lines are written waits a moment for that.

mod day;
mod entry;
mod files;
mod form;
mod line;
mod read;
mod waiting;
mod writer;

pub use day::Day;
pub use files::{Settings, days};
pub use read::{Follower, read};

pub(super) use entry::Event;

use super::{Answer, record};
use entry::{Call, Entry, Exchanged, Told};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError};
use std::time::{Duration, Instant, SystemTime};
use waiting::Waiting;
use writer::Writer;

/// After writing, further lines are let gather for so long: a busy caller costs one write for many.
const PAUSE: Duration = Duration::from_millis(20);
/// The same where many came at once. Who calls without a pause need not wake the writer then, which costs a call of the system.
const SHORT_PAUSE: Duration = Duration::from_micros(400);
/// Who calls faster than lines are written waits for the writer for so long at most: on a busy machine it only has to get its turn, and
/// to come to a new file it reads the folder and removes an old one. A disk that takes longer delays nobody twice.
const MOMENT: Duration = Duration::from_millis(100);
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
    /// The writer has taken what was waiting.
    taken: Condvar,
    settings: Mutex<Settings>,
    /// Why the last lines could not be written.
    problem: Mutex<Option<String>>,
    begin: OnceLock<fn()>,
}

#[derive(Default)]
struct Queue {
    waiting: Waiting,
    writer: Thread,
    /// Whether the writer waits to be woken.
    idle: bool,
    /// How many wait for the writer to take what is there.
    held: usize,
    /// Whether somebody has waited for that in vain.
    stuck: bool,
    /// Whether somebody waits for the last lines.
    hurry: bool,
    closed: bool,
}

/// The writer's thread, and the process that has it: a forked child has none.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Thread {
    #[default]
    Missing,
    /// Another thread is about to start it.
    Coming(u32),
    There(u32),
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

    /// Leaves it to [`Journal::start_writer`] to start the writer: a thread is not started in no time.
    pub(super) fn leave_start(&self) {
        let mut queue = lock(&self.shared.queue);
        if queue.writer == Thread::Missing {
            queue.writer = Thread::Coming(std::process::id());
        }
    }

    /// Starts the writer, where that was left to be done and there is something to write.
    pub(super) fn start_writer(&self) {
        let mut queue = lock(&self.shared.queue);
        if let Thread::Coming(_) = queue.writer {
            queue.writer = Thread::Missing;
            if self.is_on() {
                self.start(&mut queue);
            }
        }
    }

    /// Whether entries are kept.
    pub(super) fn is_on(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    /// Hands an event over.
    pub(super) fn tell(&self, event: Event) {
        if self.is_on() {
            self.push(|waiting| waiting.push(Entry::Event(SystemTime::now(), event)));
        }
    }

    /// Hands a call over that is over, to be recorded too where that is wanted; `fits`: the caller got its answer.
    pub(super) fn tell_call(&self, answer: &Answer, fits: bool, recorded: bool) {
        let journalled = self.is_on();
        if recorded || (journalled && line::takes_long(answer)) {
            let call = Call::new(answer, fits, [journalled, recorded]);
            self.push(|waiting| waiting.push(Entry::Call(Box::new(call))));
        } else if journalled {
            let told = Told::of(answer, fits);
            self.push(|waiting| waiting.push_told(told, Exchanged::of(answer)));
        }
    }

    /// Hands something over.
    fn push(&self, push: impl FnOnce(&mut Waiting)) {
        let mut queue = lock(&self.shared.queue);
        if queue.writer == Thread::Missing {
            self.start(&mut queue);
        }
        if queue.waiting.are_far_too_many() && !queue.stuck {
            queue = self.shared.hold(queue);
        }
        let were_too_many = queue.waiting.are_too_many();
        push(&mut queue.waiting);
        let too_many = queue.waiting.are_too_many() && !were_too_many;
        let wake = std::mem::take(&mut queue.idle) || too_many;
        drop(queue);
        if wake {
            self.shared.filled.notify_one();
        }
    }

    /// Waits until everything is written, for at most `patience`: the program is about to end.
    pub(super) fn flush(&self, patience: Duration) {
        let until = Instant::now() + patience;
        let process = std::process::id();
        loop {
            // Whoever ends the process may have stopped the thread that holds the lock.
            match self.shared.queue.try_lock() {
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Poisoned(_)) => return,
                Ok(mut queue) => match queue.writer {
                    Thread::There(known) if known == process => {
                        if queue.waiting.is_empty() && queue.idle {
                            return;
                        }
                        queue.hurry = true;
                        self.shared.filled.notify_one();
                    }
                    // Whoever was to start it may be gone.
                    Thread::Coming(known) if known == process && !queue.waiting.is_empty() => {
                        self.start(&mut queue);
                    }
                    _ => return,
                },
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
        queue.writer = match thread {
            Ok(_) => Thread::There(std::process::id()),
            Err(_) => Thread::Missing,
        };
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        lock(&self.shared.queue).closed = true;
        self.shared.filled.notify_one();
    }
}

impl Shared {
    /// Holds up who calls faster than lines are written.
    fn hold<'q>(&self, mut queue: MutexGuard<'q, Queue>) -> MutexGuard<'q, Queue> {
        queue.held += 1;
        let are_left = |queue: &mut Queue| queue.waiting.are_far_too_many() && !queue.stuck;
        let mut queue = wait(self.taken.wait_timeout_while(queue, MOMENT, are_left)).0;
        queue.held -= 1;
        queue.stuck = queue.waiting.are_far_too_many();
        queue
    }

    /// Takes what waits, and lets those go on that are held up.
    fn take(&self, queue: &mut Queue, batch: &mut Waiting) {
        std::mem::swap(&mut queue.waiting, batch);
        queue.stuck = false;
        if queue.held > 0 {
            self.taken.notify_all();
        }
    }

    /// The writer's life.
    fn write(&self) {
        if let Some(begin) = self.begin.get() {
            begin();
        }
        let mut writer = Writer::default();
        let mut batch = Waiting::default();
        batch.make_room();
        let mut queue = lock(&self.queue);
        queue.waiting.make_room();
        loop {
            while queue.waiting.is_empty() {
                if queue.closed {
                    return;
                }
                (queue.idle, queue.hurry) = (true, false);
                queue = wait(self.filled.wait(queue));
            }
            queue.idle = false;
            self.take(&mut queue, &mut batch);
            drop(queue);
            let pause = if batch.are_many() { SHORT_PAUSE } else { PAUSE };
            let settings = lock(&self.settings).clone();
            let recorded = keep_recordings(&settings, &batch);
            let written = writer.write(&settings, &mut batch).and(recorded);
            *lock(&self.problem) = written.err();
            queue = lock(&self.queue);
            let may_pause =
                |queue: &mut Queue| !queue.closed && !queue.hurry && !queue.waiting.are_too_many();
            queue = wait(self.filled.wait_timeout_while(queue, pause, may_pause)).0;
        }
    }
}

/// Keeps what is to be recorded.
fn keep_recordings(settings: &Settings, batch: &Waiting) -> Result<(), String> {
    let mut kept = Ok(());
    for call in batch.entries().filter_map(Entry::recorded) {
        if let Some(json) = record::made(call.at, &call.answer) {
            kept = kept.and(record::keep(&settings.recordings, call.at, &json));
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A journal whose writer is never seen.
    fn unwritten() -> Journal {
        let journal = Journal::default();
        lock(&journal.shared.queue).writer = Thread::There(0);
        journal
    }

    fn event() -> Entry {
        Entry::Event(SystemTime::now(), Event::Started)
    }

    fn fill(journal: &Journal) {
        while !lock(&journal.shared.queue).waiting.are_far_too_many() {
            journal.push(|waiting| waiting.push(event()));
        }
    }

    #[test]
    fn a_disk_that_hangs_holds_up_one_call_and_loses_no_line_before_the_limit() {
        let journal = unwritten();
        fill(&journal);
        assert!(!lock(&journal.shared.queue).stuck);
        for _ in 0..100 {
            journal.push(|waiting| waiting.push(event()));
            assert!(lock(&journal.shared.queue).stuck, "nobody waits again");
        }
        assert_eq!(lock(&journal.shared.queue).waiting.take_lost(), 0);
    }

    #[test]
    fn who_is_held_up_goes_on_when_the_writer_has_taken_what_was_there() {
        let journal = unwritten();
        fill(&journal);
        let mut written = Waiting::default();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut queue = lock(&journal.shared.queue);
                // Longer than anybody is held up, so that only the writer can end it.
                while queue.held == 0 {
                    queue.stuck = false;
                    drop(queue);
                    std::thread::yield_now();
                    queue = lock(&journal.shared.queue);
                }
                journal.shared.take(&mut queue, &mut written);
            });
            while lock(&journal.shared.queue).waiting.are_far_too_many() {
                journal.push(|waiting| waiting.push(event()));
            }
        });
        assert!(written.are_far_too_many());
        assert!(!lock(&journal.shared.queue).stuck);
    }

    #[test]
    fn a_writer_that_was_left_to_another_thread_is_started_once_and_writes_what_waited() {
        let folder = std::env::temp_dir().join(format!("mps-journal-{}", std::process::id()));
        let settings = Settings {
            folder: folder.clone(),
            days: 1,
            bytes: 1 << 20,
            recordings: folder.join("recordings"),
        };
        // Started by the other thread, and, where that is gone, by whoever waits for the last lines.
        for start in [true, false] {
            let journal = Journal::default();
            journal.set(settings.clone(), true);
            journal.leave_start();
            journal.tell(Event::Started);
            assert!(matches!(lock(&journal.shared.queue).writer, Thread::Coming(_)));
            if start {
                journal.start_writer();
                journal.start_writer();
            }
            journal.flush(Duration::from_secs(60));
            assert!(lock(&journal.shared.queue).waiting.is_empty());
        }
        let lines = std::fs::read_dir(&folder).expect("it was made").flatten();
        let lines = lines.map(|file| std::fs::read_to_string(file.path()).expect("text"));
        assert_eq!(lines.map(|text| text.lines().count()).sum::<usize>(), 2);
        std::fs::remove_dir_all(&folder).expect("it was made");
    }

    #[test]
    fn a_journal_that_is_turned_on_later_starts_its_writer_itself() {
        let journal = Journal::default();
        journal.leave_start();
        journal.start_writer();
        assert!(lock(&journal.shared.queue).writer == Thread::Missing);
    }
}
