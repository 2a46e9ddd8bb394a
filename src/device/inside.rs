//! Which threads are inside a call.
//!
//! A vendor's dialog pumps window messages, and a button of the caller may call again from there: on the same thread, under the
//! call that waits for the dialog. To wait for the device then would be a deadlock.

use std::cell::Cell;
use std::marker::PhantomData;

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Marks the current thread as inside a call for as long as it lives.
///
/// The C boundary holds one during each call. A worker thread of this floor holds one while it runs a vendor's function, because
/// that is where the vendor's dialog, and so the second call, would run.
#[derive(Debug)]
pub struct Inside {
    /// Stays on the thread that it marks.
    _thread: PhantomData<*const ()>,
}

impl Inside {
    /// Marks the current thread; `None` if it is inside a call already.
    pub fn enter() -> Option<Inside> {
        (!INSIDE.replace(true)).then_some(Inside { _thread: PhantomData })
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.set(false);
    }
}

#[cfg(test)]
mod tests {
    use super::Inside;

    #[test]
    fn one_call_a_thread_at_a_time() {
        let first = Inside::enter();
        assert!(first.is_some());
        assert!(Inside::enter().is_none());
        let elsewhere = std::thread::spawn(|| Inside::enter().is_some()).join();
        assert_eq!(elsewhere.ok(), Some(true));
        drop(first);
        assert!(Inside::enter().is_some());
    }
}
