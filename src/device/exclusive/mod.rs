//! One user at a time, on all threads and in all programs of the desk, and a bounded wait for the others.

#[cfg_attr(windows, path = "windows.rs")]
#[cfg_attr(unix, path = "unix.rs")]
mod system;

use super::Error;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The lock that other programs see, held until it is dropped or its process has ended in whatever way.
pub(super) use system::Hold;

/// A device that one call at a time may use.
pub(super) struct Exclusive {
    library: PathBuf,
    taken: Mutex<bool>,
    freed: Condvar,
}

impl Exclusive {
    /// Free. The device is known to all programs by its library's file.
    pub(super) fn new(library: &Path) -> Exclusive {
        Exclusive {
            library: library.to_owned(),
            taken: Mutex::default(),
            freed: Condvar::new(),
        }
    }

    /// Takes the device, waiting for at most `wait`.
    pub(super) fn take(&self, wait: Duration) -> Result<Hold, Error> {
        let deadline = Instant::now() + wait;
        if !self.take_here(deadline) {
            return Err(Error::Busy(wait));
        }
        let hold = Hold::take(&self.library, deadline);
        if hold.is_none() {
            self.give_back(None);
        }
        hold.ok_or(Error::BusyElsewhere(wait))
    }

    /// Gives it back; other programs first, so that a thread that waits here finds it free there.
    pub(super) fn give_back(&self, hold: Option<Hold>) {
        drop(hold);
        *self.taken.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.freed.notify_one();
    }

    fn take_here(&self, deadline: Instant) -> bool {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        while *taken {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            taken = self
                .freed
                .wait_timeout(taken, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        *taken = true;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each [`Exclusive`] stands for a program: the system's lock knows nothing of threads.
    #[test]
    fn another_program_is_waited_for_and_named() {
        let library = std::env::current_exe().expect("a file");
        let (first, second) = (Exclusive::new(&library), Exclusive::new(&library));
        let no_wait = Duration::from_millis(1);
        let other = || std::thread::scope(|scope| scope.spawn(|| second.take(no_wait).map(drop)).join());
        let held = first.take(no_wait).expect("free");
        assert_eq!(first.take(no_wait).err(), Some(Error::Busy(no_wait)));
        assert_eq!(other().expect("no panic"), Err(Error::BusyElsewhere(no_wait)));
        first.give_back(Some(held));
        assert_eq!(other().expect("no panic"), Ok(()));
    }

    #[test]
    fn a_file_that_cannot_be_locked_fails_nobody() {
        let nowhere = Exclusive::new(Path::new("/nowhere/at/all"));
        assert!(nowhere.take(Duration::from_millis(1)).is_ok());
    }
}
