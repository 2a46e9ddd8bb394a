//! The time that scripts may take in one call, however often the call enters Lua.

use std::cell::Cell;
use std::time::{Duration, Instant};

thread_local! {
    static LEFT: Cell<Duration> = const { Cell::new(Duration::ZERO) };
    static WAITED: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// One call on this thread: scripts may run while it lives, in all for the time that it was begun with.
pub(in crate::script) struct Budget {
    /// What an outer call has left, for when this one ends.
    outer: Duration,
}

impl Budget {
    pub(in crate::script) fn begin(time: Duration) -> Budget {
        Budget {
            outer: LEFT.replace(time),
        }
    }
}

impl Drop for Budget {
    fn drop(&mut self) {
        LEFT.set(self.outer);
    }
}

/// Does what scripts only wait for, a call into a device: their time stands still.
pub(in crate::script) fn waiting<T>(work: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let result = work();
    WAITED.set(WAITED.get() + begun.elapsed());
    result
}

pub(super) fn left() -> Duration {
    LEFT.get()
}

pub(super) fn spend(time: Duration) {
    LEFT.set(LEFT.get().saturating_sub(time));
}

/// How long this thread has waited so far.
pub(super) fn waited() -> Duration {
    WAITED.get()
}
