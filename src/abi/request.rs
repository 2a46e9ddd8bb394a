//! Reading `req` of `MPS_Call`, which is told no length: up to its NUL, in 8 or 16 bits, and never past the readable memory or
//! the configured limit.

use super::memory::{Access, accessible_end, own_page};
use std::cell::Cell;
use std::ffi::{c_int, c_void};

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
    let start = req.addr();
    let readable = Cell::new(own_page(start));
    let byte = |index| {
        if index >= readable.get() {
            let end = start + readable.get();
            readable.set(accessible_end(end, start + index + 1, Access::Read) - start);
            if index >= readable.get() {
                return None;
            }
        }
        // SAFETY: so many bytes can be read. Volatile: what a missing NUL makes us read may be in use elsewhere.
        Some(unsafe { req.add(index).read_volatile() })
    };
    let before_nul = |index, most: usize| {
        let known = most.min(readable.get().saturating_sub(index));
        // SAFETY: so many bytes can be read, and no more than up to the NUL are.
        let nul = unsafe { memchr(req.add(index).cast(), 0, known) };
        if nul.is_null() {
            known
        } else {
            nul.addr() - start - index
        }
    };
    measure(limit, byte, before_nul)
}

unsafe extern "C" {
    /// C's own, which promises more than a search in a slice may: it reads one byte after another and none behind the one it looks
    /// for (C11, 7.24.5.1).
    fn memchr(memory: *const c_void, byte: c_int, length: usize) -> *const c_void;
}

/// Finds the end; `byte` reads one byte, `None` where the memory ends. `before_nul` tells how many bytes from an index on, at most so
/// many, are surely there and no NUL: fewer than there are where that is quicker told.
fn measure(
    limit: usize,
    mut byte: impl FnMut(usize) -> Option<u8>,
    before_nul: impl Fn(usize, usize) -> usize,
) -> Extent {
    if is_utf16(limit, &mut byte) {
        return measure_wide(limit, byte);
    }
    let mut len = 0;
    loop {
        len += before_nul(len, limit - len);
        match byte(len) {
            Some(0) => return Extent::Whole(len),
            Some(_) if len == limit => return Extent::TooLong(limit),
            Some(_) => len += 1,
            None => return Extent::Unended(len),
        }
    }
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
    use super::{Extent, measure};

    fn read(memory: &[u8], limit: usize) -> Extent {
        let byte = |index: usize| memory.get(index).copied();
        let before_nul = |index, most| {
            let rest = memory.iter().skip(index).take(most);
            rest.take_while(|byte| **byte != 0).count()
        };
        let extent = measure(limit, byte, before_nul);
        assert_eq!(measure(limit, byte, |_, _| 0), extent);
        extent
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
        assert_eq!(
            measure(100, |index| Some(text[index]), |_, _| 0),
            Extent::Whole(7)
        );
        assert_eq!(measure(100, |index| Some([0][index]), |_, _| 0), Extent::Whole(0));
    }
}
