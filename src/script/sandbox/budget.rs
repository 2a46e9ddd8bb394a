//! The time that scripts may take in one call, however often the call enters Lua.

use std::cell::Cell;
use std::time::{Duration, Instant};

thread_local! {
    static LEFT: Cell<Option<Duration>> = const { Cell::new(None) };
    static WAITED: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// One call on this thread: scripts may run while it lives, in all for the time that the outermost one was begun with.
pub struct Budget {
    outermost: bool,
}

impl Budget {
    pub(in crate::script) fn begin(time: Duration) -> Budget {
        let outermost = LEFT.get().is_none();
        if outermost {
            LEFT.set(Some(time));
        }
        Budget { outermost }
    }
}

impl Drop for Budget {
    fn drop(&mut self) {
        if self.outermost {
            LEFT.set(None);
        }
    }
}

/// Does in the middle of one call another one, with a time of its own: this one's stands still.
pub(in crate::script) fn apart<T>(work: impl FnOnce() -> T) -> T {
    struct Restored {
        left: Option<Duration>,
        waited: Duration,
        begun: Instant,
    }
    impl Drop for Restored {
        fn drop(&mut self) {
            LEFT.set(self.left);
            WAITED.set(self.waited + self.begun.elapsed());
        }
    }
    let _restored = Restored {
        left: LEFT.take(),
        waited: WAITED.get(),
        begun: Instant::now(),
    };
    work()
}

/// Does what scripts only wait for, a call into a device: their time stands still. With its result comes how long it took.
pub(in crate::script) fn waiting<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let begun = Instant::now();
    let result = work();
    let took = begun.elapsed();
    WAITED.set(WAITED.get() + took);
    (result, took)
}

pub(super) fn left() -> Duration {
    LEFT.get().unwrap_or_default()
}

pub(super) fn spend(time: Duration) {
    LEFT.set(LEFT.get().map(|left| left.saturating_sub(time)));
}

/// How long this thread has waited so far.
pub(super) fn waited() -> Duration {
    WAITED.get()
}
