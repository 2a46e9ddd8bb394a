//! Memory that a foreign function writes, with a guard behind it.

/// Bytes after an out buffer that a vendor may overrun without harm; a 1 KiB buffer given a photo is the usual mistake.
const GUARD: usize = 16 * 1024;
/// What the guard is filled with: no ASCII, no NUL, and not what freed memory looks like.
const PATTERN: u8 = 0xA7;
/// No C type asks for more.
const ALIGNMENT: usize = 16;

/// Zeroed memory of a declared size, aligned for any C type.
pub(super) struct Buffer {
    memory: Vec<u8>,
    start: usize,
    size: usize,
}

impl Buffer {
    /// `size` zeroed bytes.
    pub(super) fn new(size: usize) -> Buffer {
        let mut memory = vec![0; ALIGNMENT + size + GUARD];
        // `align_offset` may decline, and then nothing is aligned.
        let start = memory.as_ptr().align_offset(ALIGNMENT).min(ALIGNMENT);
        memory[start + size..].fill(PATTERN);
        Buffer { memory, start, size }
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
        let memory = self.memory.iter_mut().skip(self.start + offset);
        memory.zip(bytes).for_each(|(cell, byte)| *cell = *byte);
    }

    /// Its address, for the function to write to. The memory stays where it is when the buffer moves.
    pub(super) fn address(&mut self) -> usize {
        self.memory[self.start..].as_mut_ptr() as usize
    }

    /// The declared bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.memory[self.start..self.start + self.size]
    }

    /// How many bytes were written at least, where that is more than were declared.
    pub(super) fn overrun(&self) -> Option<usize> {
        let guard = &self.memory[self.start + self.size..];
        let last = guard.iter().rposition(|&byte| byte != PATTERN)?;
        Some(self.size + last + 1)
    }
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
            let behind = buffer.start + size;
            buffer.memory[behind + 1] = 0;
            assert_eq!(buffer.overrun(), Some(size + 2));
        }
    }

    #[test]
    fn a_cell_holds_the_low_bytes() {
        assert_eq!(Buffer::cell(2, 0x1_0203).bytes(), [3, 2]);
    }
}
