//! Reading `req` of `MPS_Call`, which is told no length: up to its NUL, in 8 or 16 bits, and never past the readable memory or
//! the configured limit.

use super::memory::{Access, accessible_end, own_page};

/// Where a request ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Before a NUL, after this many bytes.
    Whole(usize),
    /// Not within the limit; so many bytes were read.
    TooLong(usize),
    /// Not within the memory that can be read; so many bytes could.
    Unended(usize),
}

impl Extent {
    /// Bytes read.
    pub fn len(self) -> usize {
        match self {
            Extent::Whole(len) | Extent::TooLong(len) | Extent::Unended(len) => len,
        }
    }
}

/// Finds the end of the request at `req`, which may have `limit` bytes.
///
/// # Safety
/// `req` points to at least one byte that can be read.
pub unsafe fn extent(req: *const u8, limit: usize) -> Extent {
    let readable = own_page(req.addr());
    measure(limit, CallersMemory { req, readable })
}

/// What a request's bytes are read from, by their number.
trait Source {
    /// One byte; `None` where the memory ends.
    fn byte(&mut self, index: usize) -> Option<u8>;

    /// How many bytes from there on are known at once to be none of them a NUL.
    fn clear(&mut self, _index: usize) -> usize {
        0
    }
}

/// The memory behind a caller's pointer.
struct CallersMemory {
    req: *const u8,
    /// So many bytes of it can be read.
    readable: usize,
}

impl Source for CallersMemory {
    fn byte(&mut self, index: usize) -> Option<u8> {
        if index >= self.readable {
            let start = self.req.addr();
            self.readable = accessible_end(start + self.readable, start + index + 1, Access::Read) - start;
            if index >= self.readable {
                return None;
            }
        }
        // SAFETY: so many bytes can be read. Volatile: what a missing NUL makes us read may be in use elsewhere.
        Some(unsafe { self.req.add(index).read_volatile() })
    }

    fn clear(&mut self, index: usize) -> usize {
        const WORD: usize = size_of::<usize>();
        if index + WORD > self.readable || !(self.req.addr() + index).is_multiple_of(WORD) {
            return 0;
        }
        // SAFETY: so many bytes can be read, and the word is aligned. Volatile as above.
        let word = unsafe { self.req.add(index).cast::<usize>().read_volatile() };
        if has_nul(word) { 0 } else { WORD }
    }
}

/// Whether one of the word's bytes is zero: only that one borrows from its highest bit what it has not.
fn has_nul(word: usize) -> bool {
    const ONES: usize = usize::MAX / 0xFF;
    word.wrapping_sub(ONES) & !word & (ONES << 7) != 0
}

/// Finds the end.
fn measure(limit: usize, mut source: impl Source) -> Extent {
    if is_utf16(limit, |index| source.byte(index)) {
        return measure_wide(limit, |index| source.byte(index));
    }
    let mut len = 0;
    while len <= limit {
        let clear = source.clear(len);
        if clear > 0 {
            len += clear;
            continue;
        }
        match source.byte(len) {
            Some(0) => return Extent::Whole(len),
            Some(_) => len += 1,
            None => return Extent::Unended(len),
        }
    }
    Extent::TooLong(limit)
}

fn measure_wide(limit: usize, mut byte: impl FnMut(usize) -> Option<u8>) -> Extent {
    let mut len = 0;
    loop {
        let (Some(low), Some(high)) = (byte(len), byte(len + 1)) else {
            return Extent::Unended(len);
        };
        if [low, high] == [0, 0] {
            return Extent::Whole(len);
        }
        if len + 2 > limit {
            return Extent::TooLong(len);
        }
        len += 2;
    }
}

/// Whether the text is UTF-16: a byte order mark, or `<` and another ASCII character as little-endian units, blanks before them
/// allowed. Both characters count, because `3C 00` alone is also the 8-bit string `<`.
fn is_utf16(limit: usize, mut byte: impl FnMut(usize) -> Option<u8>) -> bool {
    let mut unit = |n: usize| match byte(2 * n)? {
        // An 8-bit string that is empty here: what follows its NUL is not ours to read.
        0 => None,
        low => Some([low, byte(2 * n + 1)?]),
    };
    if matches!(unit(0), Some([0xFF, 0xFE] | [0xFE, 0xFF])) {
        return true;
    }
    let blank = |unit: &[u8; 2]| matches!(unit, [b' ' | b'\t' | b'\r' | b'\n', 0]);
    let blanks = (0..limit / 2)
        .take_while(|&n| unit(n).is_some_and(|unit| blank(&unit)))
        .count();
    unit(blanks) == Some([b'<', 0]) && matches!(unit(blanks + 1), Some([1..=0x7F, 0]))
}

#[cfg(test)]
mod tests {
    use super::{Extent, Source, extent, has_nul, measure};

    impl<F: FnMut(usize) -> Option<u8>> Source for F {
        fn byte(&mut self, index: usize) -> Option<u8> {
            self(index)
        }
    }

    fn read(memory: &[u8], limit: usize) -> Extent {
        measure(limit, |index: usize| memory.get(index).copied())
    }

    fn wide(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn eight_bits_end_at_a_nul() {
        assert_eq!(read(b"<?xml\0rest", 100), Extent::Whole(5));
        assert_eq!(read(b"\0", 100), Extent::Whole(0));
        assert_eq!(read(b" \0", 100), Extent::Whole(1));
        assert_eq!(read(b"<\0\0\0", 100), Extent::Whole(1));
        assert_eq!(read(b"<\0\xCC\xCC\0", 100), Extent::Whole(1));
    }

    #[test]
    fn sixteen_bits_end_at_a_wide_nul() {
        for text in ["<?xml>", "<request>", " \r\n\t<?x>", "\u{FEFF}中", "\u{FEFF}"] {
            let bytes = wide(text);
            assert_eq!(
                read(&[&bytes[..], &[0, 0, 9, 9]].concat(), 100),
                Extent::Whole(bytes.len()),
                "{text}"
            );
        }
        let big_endian = b"\xFE\xFF\0<\x4E\0\0>\0\0";
        assert_eq!(read(big_endian, 100), Extent::Whole(8));
    }

    #[test]
    fn the_limit_is_the_request_without_its_nul() {
        assert_eq!(read(b"12345\0", 5), Extent::Whole(5));
        assert_eq!(read(b"123456\0", 5), Extent::TooLong(5));
        assert_eq!(read(&[&wide("<ab")[..], &[0, 0]].concat(), 6), Extent::Whole(6));
        assert_eq!(
            read(&[&wide("<abc")[..], &[0, 0]].concat(), 7),
            Extent::TooLong(6)
        );
        assert_eq!(read(b"1", 0), Extent::TooLong(0));
        assert_eq!(read(b"\0", 0), Extent::Whole(0));
    }

    #[test]
    fn the_end_of_memory_ends_the_reading() {
        assert_eq!(read(b"", 9), Extent::Unended(0));
        assert_eq!(read(b"<?xml", 9), Extent::Unended(5));
        assert_eq!(read(b"<\0?\0\0", 9), Extent::Unended(4));
        assert_eq!(read(&wide("<?xm"), 9), Extent::Unended(8));
        assert_eq!(read(&wide("    "), 9), Extent::Whole(1));
    }

    #[test]
    fn nothing_is_read_behind_the_nul() {
        let text = b"<?xml?>\0";
        assert_eq!(measure(100, |index: usize| Some(text[index])), Extent::Whole(7));
        assert_eq!(measure(100, |index: usize| Some([0][index])), Extent::Whole(0));
    }
    #[test]
    fn a_nul_is_found_wherever_it_stands_in_a_word() {
        assert!(!has_nul(usize::MAX / 0xFF) && !has_nul(usize::MAX / 0xFF * 0x80) && !has_nul(usize::MAX));
        for start in 0..9 {
            for len in 0..40 {
                let mut memory = [0x80; 64];
                memory[start + len] = 0;
                // SAFETY: the memory is there.
                let read = |limit| unsafe { extent(memory[start..].as_ptr(), limit) };
                assert_eq!((read(len), read(100)), (Extent::Whole(len), Extent::Whole(len)));
                if let Some(less) = len.checked_sub(1) {
                    assert_eq!(read(less), Extent::TooLong(less));
                }
            }
        }
    }
}
