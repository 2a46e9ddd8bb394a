//! The program that has loaded this library.

/// Runs `last` when the program ends by itself.
#[cfg(unix)]
pub fn at_exit(last: fn()) {
    use std::panic::catch_unwind;
    use std::sync::OnceLock;
    static LAST: OnceLock<fn()> = OnceLock::new();

    extern "C" fn run() {
        // No panic leaves this library, not even now.
        let _ = catch_unwind(|| LAST.get().map(|last| last()));
    }

    if LAST.set(last).is_ok() {
        // SAFETY: the function stays where it is, since the library is pinned; it takes and returns nothing.
        unsafe { libc::atexit(run) };
    }
}

/// Nothing: when Windows tells a library of the end, its threads are gone already, and whatever waits for them would hang. The
/// journal's writer is awake within the time in which a program can end.
#[cfg(windows)]
pub fn at_exit(_: fn()) {}
