//! One user at a time, on all threads and in all programs of the desk, and a bounded wait for the others.

#[cfg_attr(windows, path = "windows.rs")]
#[cfg_attr(unix, path = "unix.rs")]
mod system;

/// The lock of a library that other programs see, and that lock held, until it is dropped or its process has ended in whatever way.
pub(super) use system::{Hold, Lock};

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A device that one call of this program at a time may use.
#[derive(Debug, Default)]
pub(super) struct Exclusive {
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    taken: bool,
    /// Threads that wait: to wake nobody costs a call of the system too.
    waiting: usize,
}

impl Exclusive {
    /// Takes the device, waiting for at most `wait`.
    pub(super) fn take(&self, wait: Duration) -> bool {
        let deadline = Instant::now() + wait;
        let mut state = self.state();
        while state.taken {
            let Some(left) = deadline
                .checked_duration_since(Instant::now())
                .filter(|left| !left.is_zero())
            else {
                return false;
            };
            state.waiting += 1;
            state = self
                .freed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            state.waiting -= 1;
        }
        state.taken = true;
        true
    }

    /// Gives it back.
    pub(super) fn give_back(&self) {
        let mut state = self.state();
        state.taken = false;
        if state.waiting > 0 {
            drop(state);
            self.freed.notify_one();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// On another thread, as if in another program: the system's lock is asked by whoever does not hold it.
    fn take_elsewhere(library: &Path) -> bool {
        let take = || Lock::of(library).take(Instant::now()).is_some();
        std::thread::scope(|scope| scope.spawn(take).join()).expect("no panic")
    }

    #[test]
    fn one_program_at_a_time_holds_a_library() {
        let library = std::env::current_exe().expect("a file");
        let lock = Lock::of(&library);
        for _ in 0..2 {
            let held = lock.take(Instant::now()).expect("free");
            assert!(!take_elsewhere(&library));
            drop(held);
            assert!(take_elsewhere(&library));
        }
    }

    /// As an update does it, while one program runs on and another one starts.
    #[cfg(unix)]
    #[test]
    fn a_library_that_was_replaced_is_locked_as_it_stands_there_now() {
        let library = std::env::temp_dir().join(format!("mps-lock-{}.so", std::process::id()));
        std::fs::write(&library, "1").expect("a file can be written");
        let lock = Lock::of(&library);
        drop(lock.take(Instant::now()).expect("free"));
        let newer = library.with_extension("new");
        std::fs::write(&newer, "2").expect("a file can be written");
        std::fs::rename(&newer, &library).expect("a file can be renamed");
        let held = lock.take(Instant::now()).expect("free");
        assert!(!take_elsewhere(&library));
        drop(held);
        std::fs::remove_file(&library).expect("it is there");
    }

    #[test]
    fn a_file_that_cannot_be_locked_fails_nobody() {
        assert!(take_elsewhere(Path::new("/nowhere/at/all")));
    }
}
