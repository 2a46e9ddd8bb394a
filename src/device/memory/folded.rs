//! Memory whose guard is one page of the machine, seen several times one behind the other: wherever in the guard something is
//! written, that page has it, and who looks at the page has looked at the whole guard.
//!
//! A guard of its own memory is most of what a short call reads, and drives everything else out of the processor's first cache.

use super::GUARD;
use std::ffi::c_int;
use std::fs::File;
use std::ops::{Deref, DerefMut};
use std::os::fd::{AsRawFd, FromRawFd};
use std::ptr::{NonNull, null_mut};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes of a page.
pub(super) const PAGE: usize = 4096;
/// So many there may be: each takes several of the mappings that a process may have, and the program has uses of its own for them.
const MOST: usize = 1000;

static COUNT: AtomicUsize = AtomicUsize::new(0);

/// Whole pages, zero at first, and behind them the guard's page. Only the vendor sees that one again behind itself.
pub(super) struct Folded {
    start: NonNull<u8>,
    /// Bytes before the guard.
    pages: usize,
}

impl Folded {
    /// Room for `size` bytes, or nothing where the system does not give it.
    pub(super) fn new(size: usize) -> Option<Folded> {
        let pages = size.checked_next_multiple_of(PAGE)?;
        // SAFETY: the name is a string; what comes back is a descriptor of nobody else's, or an error.
        let page = unsafe {
            let page = libc::syscall(libc::SYS_memfd_create, c"mps guard".as_ptr(), libc::MFD_CLOEXEC);
            File::from_raw_fd(c_int::try_from(page).ok().filter(|page| *page >= 0)?)
        };
        page.set_len(PAGE as u64).ok()?;
        let private = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let start = map(null_mut(), pages.checked_add(GUARD)?, private, -1)?;
        if COUNT.fetch_add(1, Ordering::Relaxed) >= MOST {
            // Dropped at once, and counted off again.
            drop(Folded { start, pages });
            return None;
        }
        let folded = Folded { start, pages };
        for at in (0..GUARD).step_by(PAGE) {
            // In the place of what was just mapped there.
            let place = start.as_ptr().wrapping_add(pages + at);
            map(place, PAGE, libc::MAP_SHARED | libc::MAP_FIXED, page.as_raw_fd())?;
        }
        Some(folded)
    }
}

/// Maps memory: anywhere, or at `place` with `MAP_FIXED`, where it is ours to replace.
fn map(place: *mut u8, length: usize, flags: c_int, file: c_int) -> Option<NonNull<u8>> {
    let access = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: nothing is replaced but what the caller has mapped itself and nobody has seen yet.
    let start = unsafe { libc::mmap(place.cast(), length, access, flags, file, 0) };
    (start != libc::MAP_FAILED).then_some(NonNull::new(start.cast())?)
}

impl Deref for Folded {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: mapped as long as `self` lives; the guard's page is in it once.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.pages + PAGE) }
    }
}

impl DerefMut for Folded {
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above, and ours alone.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.pages + PAGE) }
    }
}

impl Drop for Folded {
    fn drop(&mut self) {
        COUNT.fetch_sub(1, Ordering::Relaxed);
        // SAFETY: mapped by `new`, all of it, and nobody uses it any more.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.pages + GUARD) };
    }
}

// SAFETY: it owns its memory, as a vector does.
unsafe impl Send for Folded {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_anywhere_behind_is_seen_in_the_guards_page() {
        for size in [1, PAGE, PAGE + 1] {
            let folded = Folded::new(size).expect("the system gives memory");
            assert!(folded.iter().all(|byte| *byte == 0));
            for at in (0..GUARD).step_by(333) {
                // As a vendor does.
                // SAFETY: within the mapping.
                unsafe { folded.start.as_ptr().add(folded.pages + at).write_volatile(1) };
                let guard = &folded[folded.pages..];
                assert_eq!(std::hint::black_box(guard)[at % PAGE], 1, "{size} {at}");
            }
        }
    }
}
