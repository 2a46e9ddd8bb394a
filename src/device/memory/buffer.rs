//! Memory that a foreign function writes, with a guard behind it.
//!
//! Zeroing the memory and painting its guard would cost more than all the rest of a call. A thread therefore keeps what it used:
//! what is kept has an intact guard, and is zero again.

use std::cell::{Cell, RefCell};

/// Bytes after an out buffer that a vendor may overrun without harm; a 1 KiB buffer given a photo is the usual mistake.
const GUARD: usize = 16 * 1024;
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
    bytes: Vec<u8>,
    start: usize,
    size: usize,
}

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
        let memory = self.memory.bytes.iter_mut().skip(self.memory.start + offset);
        memory.zip(bytes).for_each(|(cell, byte)| *cell = *byte);
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
        let last = guard.iter().rposition(|&byte| byte != PATTERN)?;
        Some(self.memory.size + last + 1)
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let nothing = Memory {
            bytes: Vec::new(),
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
        let mut bytes = vec![0; ALIGNMENT + size + GUARD];
        // `align_offset` may decline, and then nothing is aligned.
        let start = bytes.as_ptr().align_offset(ALIGNMENT).min(ALIGNMENT);
        bytes[start + size..].fill(PATTERN);
        Memory { bytes, start, size }
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
    const BLOCK: usize = 1024;
    let (blocks, _) = bytes.as_chunks::<BLOCK>();
    let is_all = |bytes: &[u8]| bytes.iter().fold(0, |differing, byte| differing | (byte ^ VALUE)) == 0;
    let last = bytes.last_chunk::<BLOCK>();
    blocks.iter().all(|block| is_all(block)) && last.map_or_else(|| is_all(bytes), |last| is_all(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_behind_the_declared_bytes_is_seen() {
        for size in [1, 2, 8, 1000] {
            let mut buffer = Buffer::new(size);
            assert_eq!(buffer.address() % 8, 0);
            assert_eq!(
                (buffer.bytes(), buffer.overrun()),
                (vec![0; size].as_slice(), None)
            );
            let behind = buffer.memory.start + size;
            for at in (0..buffer.memory.guard().len()).step_by(101) {
                buffer.memory.bytes[behind + at] = 0;
                assert_eq!(buffer.overrun(), Some(size + at + 1));
                buffer.memory.bytes[behind + at] = PATTERN;
            }
            assert_eq!(buffer.overrun(), None);
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
    fn what_was_overrun_is_not_used_again() {
        let mut buffer = Buffer::new(3001);
        let last = buffer.memory.bytes.len() - 1;
        buffer.memory.bytes[last] = 0;
        assert_eq!(buffer.overrun(), Some(last + 1 - buffer.memory.start));
        drop(buffer);
        assert_eq!(Buffer::new(3001).overrun(), None);
    }
}
