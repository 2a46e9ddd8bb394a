//! The time that scripts may take in one call, however often the call enters Lua.

use crate::clock::Moment;
use std::cell::Cell;
use std::time::Duration;

thread_local! {
    static LEFT: Cell<Option<Duration>> = const { Cell::new(None) };
    /// In nanoseconds.
    static WAITED: Cell<u64> = const { Cell::new(0) };
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
        waited: u64,
        begun: Moment,
    }
    impl Drop for Restored {
        fn drop(&mut self) {
            LEFT.set(self.left);
            WAITED.set(self.waited + Moment::now().nanos_since(self.begun));
        }
    }
    let _restored = Restored {
        left: LEFT.take(),
        waited: WAITED.get(),
        begun: Moment::now(),
    };
    work()
}

/// Does what scripts only wait for since `begun`, a call into a device: their time stands still. With its result comes when it was
/// over.
pub(in crate::script) fn waiting<T>(begun: Moment, work: impl FnOnce() -> T) -> (T, Moment) {
    let result = work();
    let over = Moment::now();
    WAITED.set(WAITED.get() + over.nanos_since(begun));
    (result, over)
}

pub(super) fn left() -> Duration {
    LEFT.get().unwrap_or_default()
}

pub(super) fn spend(time: Duration) {
    LEFT.set(LEFT.get().map(|left| left.saturating_sub(time)));
}

/// How long this thread has waited so far.
pub(super) fn waited() -> Duration {
    Duration::from_nanos(WAITED.get())
}
