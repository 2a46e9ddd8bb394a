//! What a VM may still use, and which limit it has run into.

use super::Limits;
use super::budget;
use super::pattern::Watch;
use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

/// A limit that a script ran into. The VM is not used again after that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::script) enum Limit {
    /// It ran too long.
    Time,
    /// It held too much.
    Memory,
}

/// Memory that error handling may take above the limit: nothing may collect garbage or fail on the way out.
const GRACE: usize = 1 << 20;
/// One text may have this part of the memory: a single step of Lua's cannot be interrupted, and must not be a long one.
const TEXT_PART: usize = 16;
/// A text from this size on makes single instructions take long.
const LONG_TEXT: usize = 64 << 10;
/// Bytes of the C stack that scripts may use. Old callers have threads of 256 KiB.
const STACK: usize = 96 << 10;

/// The state of one VM's limits; Lua's hook and allocator keep a pointer to it.
pub(super) struct Meter {
    limits: Limits,
    /// Until when code may run; `None` where none may.
    deadline: Cell<Option<Instant>>,
    /// What [`budget::waited`] was when the deadline was set.
    waited: Cell<Duration>,
    started: Cell<Option<Instant>>,
    tripped: Cell<Option<Limit>>,
    place: RefCell<Option<(String, usize)>>,
    used: Cell<usize>,
    long_texts: Cell<bool>,
    /// The address that the stack may not grow below.
    floor: Cell<usize>,
}

impl Meter {
    pub(super) fn new(limits: Limits) -> Meter {
        Meter {
            limits,
            deadline: Cell::new(None),
            waited: Cell::new(Duration::ZERO),
            started: Cell::new(None),
            tripped: Cell::new(None),
            place: RefCell::new(None),
            used: Cell::new(0),
            long_texts: Cell::new(false),
            floor: Cell::new(0),
        }
    }

    /// Lets code run for what is left of this call's time; not the outermost entry changes nothing.
    pub(super) fn arm(&self) -> Armed<'_> {
        let outermost = self.deadline.get().is_none();
        if outermost {
            let now = Instant::now();
            self.started.set(Some(now));
            self.waited.set(budget::waited());
            self.deadline.set(Some(now + budget::left()));
            self.floor.set(stack_address().saturating_sub(STACK));
        }
        Armed {
            meter: self,
            outermost,
        }
    }

    /// Whether code has to stop; asked by everything that can take long.
    pub(super) fn must_stop(&self) -> bool {
        if self.tripped.get().is_some() {
            return true;
        }
        let Some(deadline) = self.deadline.get() else {
            return false;
        };
        // Waiting for a device is not the script's doing.
        let waited = budget::waited().saturating_sub(self.waited.get());
        let over = Instant::now() >= deadline + waited;
        if over {
            self.trip(Limit::Time);
        }
        over
    }

    /// Whether code may run at all.
    pub(super) fn is_armed(&self) -> bool {
        self.deadline.get().is_some()
    }

    /// Whether the C stack is used up as far as scripts may use it.
    pub(super) fn is_deep(&self) -> bool {
        stack_address() < self.floor.get()
    }

    pub(super) fn trip(&self, limit: Limit) {
        if self.tripped.get().is_none() {
            self.tripped.set(Some(limit));
        }
    }

    /// Ends all limits, so that the VM can be taken down.
    pub(super) fn retire(&self) {
        self.tripped.set(None);
        self.deadline.set(None);
        self.floor.set(0);
    }

    pub(super) fn tripped(&self) -> Option<Limit> {
        self.tripped.get()
    }

    /// Remembers the first place that a limit was seen at.
    pub(super) fn stopped_at(&self, place: impl FnOnce() -> Option<(String, usize)>) {
        let mut known = self.place.borrow_mut();
        if known.is_none() {
            *known = place();
        }
    }

    pub(super) fn place(&self) -> Option<(String, usize)> {
        self.place.borrow().clone()
    }

    pub(super) fn limits(&self) -> Limits {
        self.limits
    }

    /// The longest text that a script may make.
    pub(super) fn longest_text(&self) -> usize {
        self.limits.memory / TEXT_PART
    }

    /// Whether a block may grow by so many bytes. Lua collects its garbage and asks once more where it may not.
    pub(super) fn grants(&self, more: usize, is_text: bool) -> bool {
        if is_text && more > LONG_TEXT {
            self.long_texts.set(true);
        }
        // Lua's own header of a text is a few words.
        if is_text && more > self.longest_text() + 64 {
            return false;
        }
        let wanted = self.used.get().saturating_add(more);
        if wanted <= self.limits.memory {
            return true;
        }
        // At the brink every block may cost a collection: there the clock is asked each time.
        self.must_stop() && wanted <= self.limits.memory + GRACE
    }

    /// Whether there have been texts that a single instruction is long busy with.
    pub(super) fn has_long_texts(&self) -> bool {
        self.long_texts.get()
    }

    pub(super) fn took(&self, more: usize) {
        self.used.set(self.used.get().saturating_add(more));
    }

    pub(super) fn gave_back(&self, less: usize) {
        self.used.set(self.used.get().saturating_sub(less));
    }

    /// Whether a new VM should take the place of this one: a limit was hit, or scripts keep so much that the next call may hit one.
    pub(super) fn is_worn(&self) -> bool {
        let idle = self.deadline.get().is_none();
        idle && (self.tripped.get().is_some() || self.used.get() > self.limits.memory / 2)
    }
}

impl Watch for Meter {
    fn must_stop(&self) -> bool {
        Meter::must_stop(self)
    }

    fn is_deep(&self) -> bool {
        Meter::is_deep(self)
    }
}

/// Code may run for as long as this lives.
pub(super) struct Armed<'a> {
    meter: &'a Meter,
    outermost: bool,
}

impl Drop for Armed<'_> {
    fn drop(&mut self) {
        if !self.outermost {
            return;
        }
        self.meter.deadline.set(None);
        if let Some(started) = self.meter.started.take() {
            let waited = budget::waited().saturating_sub(self.meter.waited.get());
            budget::spend(started.elapsed().saturating_sub(waited));
        }
    }
}

/// About where the stack ends now.
#[inline(never)]
fn stack_address() -> usize {
    let here = 0_u8;
    std::ptr::from_ref(std::hint::black_box(&here)).addr()
}
