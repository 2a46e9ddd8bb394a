//! One user at a time, on all threads and in all programs of the desk, and a bounded wait for the others.

#[cfg_attr(windows, path = "windows.rs")]
#[cfg_attr(unix, path = "unix.rs")]
mod system;

/// The lock of a library that other programs see: until it is given back, or its process has ended in whatever way.
pub(super) use system::Lock;

use super::patience::Patience;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A device that one call of this program at a time may use.
pub(super) struct Exclusive {
    taken: AtomicBool,
    /// Threads that sleep until it is free: to wake nobody costs a call of the system too.
    asleep: AtomicUsize,
    bed: Mutex<()>,
    freed: Condvar,
    patience: Patience,
}

impl Exclusive {
    /// `looks`: as [`Patience::new`] has it.
    pub(super) fn new(looks: u32) -> Exclusive {
        Exclusive {
            taken: AtomicBool::new(false),
            asleep: AtomicUsize::new(0),
            bed: Mutex::default(),
            freed: Condvar::new(),
            patience: Patience::new(looks),
        }
    }

    /// Takes the device, waiting for at most `wait`.
    pub(super) fn take(&self, wait: Duration) -> bool {
        let soon = self.patience.wait(|| self.take_now().then_some(()));
        soon.is_some() || self.take_asleep(wait)
    }

    fn take_now(&self) -> bool {
        // Only to look does not keep it from whoever gives it back.
        if self.taken.load(Ordering::Relaxed) {
            return false;
        }
        let was = self
            .taken
            .compare_exchange(false, true, Ordering::SeqCst, Ordering::Relaxed);
        was.is_ok()
    }

    fn take_asleep(&self, wait: Duration) -> bool {
        let deadline = Instant::now() + wait;
        // It holds nothing.
        let mut bed = self.bed.lock().unwrap_or_else(PoisonError::into_inner);
        // Counted before it looks again: whoever gives the device back after that look wakes it.
        self.asleep.fetch_add(1, Ordering::SeqCst);
        let mut taken = self.take_now();
        while !taken {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let waited = self.freed.wait_timeout(bed, left);
            bed = waited.unwrap_or_else(PoisonError::into_inner).0;
            taken = self.take_now();
        }
        self.asleep.fetch_sub(1, Ordering::SeqCst);
        taken
    }

    /// Gives it back.
    pub(super) fn give_back(&self) {
        self.taken.store(false, Ordering::SeqCst);
        if self.asleep.load(Ordering::SeqCst) > 0 {
            // Who is counted and has looked is asleep by the time that this is had.
            drop(self.bed.lock().unwrap_or_else(PoisonError::into_inner));
            self.freed.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::patience::{MANY_LOOKS, NO_LOOK};
    use super::*;
    use crate::clock::Moment;
    use std::path::Path;
    use std::thread::{scope, sleep};

    #[test]
    fn one_thread_at_a_time_has_a_device_and_every_one_gets_it() {
        for looks in [NO_LOOK, MANY_LOOKS] {
            let exclusive = Exclusive::new(looks);
            let (busy, turns) = (AtomicBool::new(false), AtomicUsize::new(0));
            let take_turns = || {
                for turn in 0..50 {
                    assert!(exclusive.take(Duration::from_secs(60)));
                    assert!(!busy.swap(true, Ordering::SeqCst), "two at once");
                    // Longer than anybody waits busily.
                    sleep(Duration::from_micros(turn % 3 * 200));
                    turns.fetch_add(1, Ordering::SeqCst);
                    busy.store(false, Ordering::SeqCst);
                    exclusive.give_back();
                }
            };
            scope(|scope| (0..4).for_each(|_| drop(scope.spawn(take_turns))));
            assert_eq!(turns.into_inner(), 200);
        }
    }

    #[test]
    fn who_waits_for_a_device_in_vain_does_not_get_it_later() {
        let exclusive = Exclusive::new(NO_LOOK);
        assert!(exclusive.take(Duration::ZERO));
        assert!(!exclusive.take(Duration::from_millis(5)));
        exclusive.give_back();
        assert!(exclusive.take(Duration::ZERO));
    }

    /// Takes the lock and gives it back; false where another program holds it for longer than `wait`.
    fn has_a_turn(lock: &Lock, wait: Duration) -> bool {
        let taken = lock.take(Moment::now(), wait);
        if taken {
            lock.give_back();
        }
        taken
    }

    /// On another thread, as if in another program: the system's lock is asked by whoever does not hold it.
    fn take_elsewhere(library: &Path) -> bool {
        let take = || has_a_turn(&Lock::of(library), Duration::ZERO);
        std::thread::scope(|scope| scope.spawn(take).join()).expect("no panic")
    }

    #[test]
    fn one_program_at_a_time_holds_a_library() {
        let library = std::env::current_exe().expect("a file");
        let lock = Lock::of(&library);
        for _ in 0..2 {
            assert!(lock.take(Moment::now(), Duration::ZERO));
            assert!(!take_elsewhere(&library));
            lock.give_back();
            assert!(take_elsewhere(&library));
        }
    }

    #[test]
    fn who_calls_without_a_pause_lets_another_program_in() {
        let library = std::env::temp_dir().join(format!("mps-turns-{}.so", std::process::id()));
        std::fs::write(&library, "").expect("a file can be written");
        let (lock, over) = (Lock::of(&library), AtomicBool::new(false));
        let call = || {
            assert!(has_a_turn(&lock, Duration::from_secs(60)), "it is let in again");
        };
        let come_elsewhere = || has_a_turn(&Lock::of(&library), Duration::from_secs(10));
        let let_in = scope(|scope| {
            let calling = scope.spawn(|| {
                while !over.load(Ordering::SeqCst) {
                    call();
                }
            });
            let let_in = (0..3).all(|_| scope.spawn(come_elsewhere).join().expect("no panic"));
            over.store(true, Ordering::SeqCst);
            calling.join().expect("no panic");
            let_in
        });
        assert!(let_in);
        // And when nothing follows any more, who never waits need not, either.
        assert!(take_elsewhere(&library));
        std::fs::remove_file(&library).expect("it is there");
    }

    /// As an update does it, while one program runs on and another one starts.
    #[cfg(unix)]
    #[test]
    fn a_library_that_was_replaced_is_locked_as_it_stands_there_now() {
        let library = std::env::temp_dir().join(format!("mps-lock-{}.so", std::process::id()));
        std::fs::write(&library, "1").expect("a file can be written");
        let lock = Lock::of(&library);
        assert!(lock.take(Moment::now(), Duration::ZERO));
        lock.give_back();
        let newer = library.with_extension("new");
        std::fs::write(&newer, "2").expect("a file can be written");
        std::fs::rename(&newer, &library).expect("a file can be renamed");
        let later = Moment::now().later(Duration::from_secs(1));
        assert!(lock.take(later, Duration::ZERO));
        assert!(!take_elsewhere(&library));
        lock.give_back();
        std::fs::remove_file(&library).expect("it is there");
    }

    #[test]
    fn a_file_that_cannot_be_locked_fails_nobody() {
        assert!(take_elsewhere(Path::new("/nowhere/at/all")));
    }
}
