//! Memory that a foreign function writes, with a guard behind it.
//!
//! Zeroing the memory and painting its guard would cost more than all the rest of a call. A thread therefore keeps what it used:
//! what is kept has an intact guard, and is zero again.

use super::GUARD;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
use super::folded::{Folded, PAGE};
use std::cell::{Cell, RefCell};
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, Ordering};

/// What the guard is filled with: no ASCII, no NUL, and not what freed memory or a card's unwritten one looks like.
const PATTERN: u8 = 0xA7;
/// No C type asks for more.
const ALIGNMENT: usize = 16;
/// Bytes that a thread keeps for the next call.
const MOST_KEPT: usize = 512 * 1024;

thread_local! {
    static KEPT: RefCell<Vec<Memory>> = const { RefCell::new(Vec::new()) };
}

/// Zeroed memory of a declared size, aligned for any C type.
pub(super) struct Buffer {
    memory: Memory,
    /// Whether the guard was seen intact after the call.
    intact: Cell<bool>,
}

struct Memory {
    bytes: Bytes,
    start: usize,
    size: usize,
}

/// The declared bytes with something before them, and the guard.
enum Bytes {
    Plain(Vec<u8>),
    /// Not where each page is its own: views of one begin at 64 KiB on Windows.
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    Folded(Folded),
}

/// A library has written too far: from now on guards are plain, which tell to the byte how far.
static TO_THE_BYTE: AtomicBool = AtomicBool::new(false);

impl Buffer {
    /// `size` zeroed bytes.
    pub(super) fn new(size: usize) -> Buffer {
        let memory = Memory::kept(size).unwrap_or_else(|| Memory::new(size));
        let intact = Cell::new(false);
        Buffer { memory, intact }
    }

    /// A cell that holds `value`'s low bytes.
    pub(super) fn cell(size: usize, value: i64) -> Buffer {
        let mut buffer = Buffer::new(size);
        let bytes = value.to_le_bytes();
        buffer.write(0, bytes.get(..size).unwrap_or(&bytes));
        buffer
    }

    /// Writes as a function would that is given this buffer's address, from `offset` on: into the guard too, but not beyond it.
    pub(super) fn write(&mut self, offset: usize, bytes: &[u8]) {
        let end = self.memory.size + GUARD;
        for (at, byte) in (offset..end).zip(bytes) {
            let at = self.memory.seen_at(self.memory.start + at);
            if let Some(cell) = self.memory.bytes.get_mut(at) {
                *cell = *byte;
            }
        }
    }

    /// Its address, for the function to write to. The memory stays where it is when the buffer moves.
    pub(super) fn address(&mut self) -> usize {
        let start = self.memory.start;
        self.memory.bytes[start..].as_mut_ptr() as usize
    }

    /// The declared bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.memory.bytes[self.memory.start..][..self.memory.size]
    }

    /// How many bytes were written at least, where that is more than were declared.
    pub(super) fn overrun(&self) -> Option<usize> {
        let guard = self.memory.guard();
        self.intact.set(is_all::<PATTERN>(guard));
        if self.intact.get() {
            return None;
        }
        tell_to_the_byte();
        let last = guard.iter().rposition(|&byte| byte != PATTERN)?;
        Some(self.memory.size + last + 1)
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let nothing = Memory {
            bytes: Bytes::Plain(Vec::new()),
            start: 0,
            size: 0,
        };
        let memory = std::mem::replace(&mut self.memory, nothing);
        if self.intact.get() {
            memory.keep();
        }
    }
}

impl Memory {
    fn new(size: usize) -> Memory {
        #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
        if !TO_THE_BYTE.load(Ordering::Relaxed)
            && let Some(memory) = Memory::folded(size)
        {
            return memory;
        }
        Memory::plain(size)
    }

    fn plain(size: usize) -> Memory {
        let mut bytes = vec![0; ALIGNMENT + size + GUARD];
        // `align_offset` may decline, and then nothing is aligned.
        let start = bytes.as_ptr().align_offset(ALIGNMENT).min(ALIGNMENT);
        bytes[start + size..].fill(PATTERN);
        let bytes = Bytes::Plain(bytes);
        Memory { bytes, start, size }
    }

    /// The declared bytes end where the guard's page begins, but for what aligns them.
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    fn folded(size: usize) -> Option<Memory> {
        let mut bytes = Folded::new(size)?;
        let start = bytes.len() - PAGE - size.next_multiple_of(ALIGNMENT);
        bytes[start + size..].fill(PATTERN);
        let bytes = Bytes::Folded(bytes);
        Some(Memory { bytes, start, size })
    }

    /// Where a byte is seen that is written at this place.
    fn seen_at(&self, place: usize) -> usize {
        match &self.bytes {
            Bytes::Plain(_) => place,
            #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
            Bytes::Folded(bytes) => {
                let beyond = place.saturating_sub(bytes.len() - PAGE);
                place - beyond / PAGE * PAGE
            }
        }
    }

    /// Memory of this size that an earlier call of this thread used.
    fn kept(size: usize) -> Option<Memory> {
        KEPT.with_borrow_mut(|kept| {
            let at = kept.iter().rposition(|memory| memory.size == size)?;
            Some(kept.swap_remove(at))
        })
    }

    /// Makes it zero again and keeps it, unless there is enough.
    fn keep(mut self) {
        self.wipe();
        // A thread that ends keeps nothing any more.
        let _ = KEPT.try_with(|kept| {
            let mut kept = kept.borrow_mut();
            let held: usize = kept.iter().map(|memory| memory.bytes.len()).sum();
            if held + self.bytes.len() <= MOST_KEPT {
                kept.push(self);
            }
        });
    }

    /// Usually only the text at its begin was written.
    fn wipe(&mut self) {
        let bytes = self.declared_mut();
        let text = memchr::memchr(0, bytes).unwrap_or(bytes.len());
        let (text, rest) = bytes.split_at_mut(text);
        text.fill(0);
        if !is_all::<0>(rest) {
            rest.fill(0);
        }
    }

    fn declared_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..][..self.size]
    }

    fn guard(&self) -> &[u8] {
        &self.bytes[self.start + self.size..]
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Bytes::Plain(bytes) => bytes,
            #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
            Bytes::Folded(bytes) => bytes,
        }
    }
}

impl DerefMut for Bytes {
    fn deref_mut(&mut self) -> &mut [u8] {
        match self {
            Bytes::Plain(bytes) => bytes,
            #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
            Bytes::Folded(bytes) => bytes,
        }
    }
}

/// Has what this thread uses next tell to the byte how far a library writes.
#[cold]
fn tell_to_the_byte() {
    TO_THE_BYTE.store(true, Ordering::Relaxed);
    // What was kept may still be folded.
    KEPT.with_borrow_mut(Vec::clear);
}

/// Whether all bytes have this value, whatever stands among them: a vendor may write anywhere.
fn is_all<const VALUE: u8>(bytes: &[u8]) -> bool {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    if is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has what the function is compiled for.
        return unsafe { is_all_by_32::<VALUE>(bytes) };
    }
    is_all_by_any::<VALUE>(bytes)
}

/// The same with 32 bytes an instruction: guards are most of what a call reads.
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
#[target_feature(enable = "avx2")]
fn is_all_by_32<const VALUE: u8>(bytes: &[u8]) -> bool {
    is_all_by_any::<VALUE>(bytes)
}

/// In blocks without a branch, so that the compiler compares as many bytes at once as the processor can. The last block begins in
/// the one before it: what is less than a block would be compared byte by byte.
#[inline(always)]
fn is_all_by_any<const VALUE: u8>(bytes: &[u8]) -> bool {
    const BLOCK: usize = 512;
    let (blocks, _) = bytes.as_chunks::<BLOCK>();
    let is_all = |bytes: &[u8]| bytes.iter().fold(0, |differing, byte| differing | (byte ^ VALUE)) == 0;
    let last = bytes.last_chunk::<BLOCK>();
    blocks.iter().all(|block| is_all(block)) && last.map_or_else(|| is_all(bytes), |last| is_all(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A buffer of each kind of memory.
    fn of_each_kind(size: usize) -> Vec<Buffer> {
        let kinds = [
            Some(Memory::plain(size)),
            #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
            Some(Memory::folded(size).expect("the system gives memory")),
        ];
        let buffer = |memory| Buffer {
            memory,
            intact: Cell::new(false),
        };
        kinds.into_iter().flatten().map(buffer).collect()
    }

    #[test]
    fn what_is_written_behind_the_declared_bytes_is_seen() {
        for mut buffer in [1, 2, 8, 1000, 4096, 5001].into_iter().flat_map(of_each_kind) {
            let size = buffer.memory.size;
            assert_eq!(buffer.address() % ALIGNMENT, 0);
            assert_eq!(
                (buffer.bytes(), buffer.overrun()),
                (vec![0; size].as_slice(), None)
            );
            for at in (0..GUARD).step_by(101) {
                buffer.write(size + at, b"x");
                let told = buffer.overrun().expect("it is seen");
                let exact = matches!(buffer.memory.bytes, Bytes::Plain(_));
                assert!(told > size && told <= size + at + 1, "{size} {at} {told}");
                assert!(
                    !exact && at >= 4000 || told == size + at + 1,
                    "{size} {at} {told}"
                );
                buffer.write(size + at, &[PATTERN]);
            }
            assert_eq!(buffer.overrun(), None);
        }
    }

    #[test]
    fn a_guard_is_not_written_past_in_the_place_of_a_vendor() {
        for mut buffer in of_each_kind(10) {
            buffer.write(10 + GUARD, b"x");
            buffer.write(9, &[b'x'; 2 * GUARD]);
            assert!(buffer.overrun().is_some_and(|wrote| wrote <= 10 + GUARD));
        }
    }

    #[test]
    fn a_cell_holds_the_low_bytes() {
        assert_eq!(Buffer::cell(2, 0x1_0203).bytes(), [3, 2]);
    }

    #[test]
    fn what_is_used_again_is_zero_and_guarded() {
        for (size, written) in [(5000, 0..5000), (5000, 4000..4001), (5000, 0..0), (1, 0..1)] {
            let mut buffer = Buffer::new(size);
            buffer.memory.declared_mut()[written].fill(b'x');
            let address = buffer.address();
            assert_eq!(buffer.overrun(), None);
            drop(buffer);
            let mut again = Buffer::new(size);
            assert_eq!(again.address(), address, "kept");
            assert_eq!((again.bytes(), again.overrun()), (vec![0; size].as_slice(), None));
        }
    }

    #[test]
    fn after_a_library_wrote_too_far_what_is_told_is_exact() {
        const SIZE: usize = 777;
        let (mut overrun, kept) = (Buffer::new(SIZE), Buffer::new(SIZE));
        assert_eq!(kept.overrun(), None);
        drop(kept);
        overrun.write(SIZE, &[b'x'; 9000]);
        assert!(overrun.overrun().is_some());
        drop(overrun);
        let mut again = Buffer::new(SIZE);
        again.write(SIZE, &[b'x'; 9000]);
        assert_eq!(again.overrun(), Some(SIZE + 9000));
    }

    #[test]
    fn what_was_overrun_is_not_used_again() {
        let mut buffer = Buffer::new(3001);
        let last = buffer.memory.bytes.len() - 1;
        buffer.memory.bytes[last] = 0;
        assert_eq!(buffer.overrun(), Some(last + 1 - buffer.memory.start));
        drop(buffer);
        assert_eq!(Buffer::new(3001).overrun(), None);
    }
}
