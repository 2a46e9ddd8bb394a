//! One user at a time, and a bounded wait for the others.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A device that one call at a time may use.
#[derive(Debug, Default)]
pub(super) struct Exclusive {
    taken: Mutex<bool>,
    freed: Condvar,
}

impl Exclusive {
    /// Takes the device, waiting for at most `wait`.
    pub(super) fn take(&self, wait: Duration) -> bool {
        let deadline = Instant::now() + wait;
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        while *taken {
            let Some(left) = deadline
                .checked_duration_since(Instant::now())
                .filter(|left| !left.is_zero())
            else {
                return false;
            };
            taken = self
                .freed
                .wait_timeout(taken, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        *taken = true;
        true
    }

    /// Gives it back.
    pub(super) fn give_back(&self) {
        *self.taken.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.freed.notify_one();
    }
}
