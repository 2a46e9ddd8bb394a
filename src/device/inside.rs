//! Whether a thread is already inside a call.

use std::cell::Cell;

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Marks its thread as being inside a call for as long as it lives. A vendor's dialog or callback that calls the
/// library again from such a thread would wait for itself.
#[derive(Debug)]
pub struct Inside(());

impl Inside {
    /// Marks this thread; `None` when it is already marked.
    pub fn enter() -> Option<Inside> {
        INSIDE.with(|inside| (!inside.replace(true)).then_some(Inside(())))
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.with(|inside| inside.set(false));
    }
}
