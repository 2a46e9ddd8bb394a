//! The program that has loaded this library.

/// Leaves the program's signals to its own threads; called on one of ours. A file that grows beyond the process's limit is an
/// error then, and not the end of the program.
#[cfg(unix)]
pub fn leave_signals() {
    // SAFETY: the set is made whole before it is read, and nothing but this thread's own mask changes.
    unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&mut all);
        libc::pthread_sigmask(libc::SIG_BLOCK, &all, std::ptr::null_mut());
    }
}

/// Windows has no signals.
#[cfg(windows)]
pub fn leave_signals() {}

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
