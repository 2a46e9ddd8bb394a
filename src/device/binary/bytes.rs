//! A file's bytes, read at places that the file itself names and that may be anywhere.

/// Characters of a name; a longer one is a damaged file.
const LONGEST_NAME: usize = 4096;

/// Bytes in little-endian order.
pub(super) struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Bytes<'a> {
        Bytes(bytes)
    }

    /// A place, if it is within the file; so near, adding to it cannot overflow.
    pub(super) fn within(&self, place: usize) -> Option<usize> {
        (place < self.0.len()).then_some(place)
    }

    pub(super) fn is(&self, at: usize, expected: &[u8]) -> bool {
        self.0.get(at..).is_some_and(|rest| rest.starts_with(expected))
    }

    pub(super) fn u8(&self, at: usize) -> Option<u8> {
        self.0.get(at).copied()
    }

    pub(super) fn u16(&self, at: usize) -> Option<u16> {
        self.array(at).map(u16::from_le_bytes)
    }

    pub(super) fn u32(&self, at: usize) -> Option<u32> {
        self.array(at).map(u32::from_le_bytes)
    }

    /// A 32-bit number as a place.
    pub(super) fn place(&self, at: usize) -> Option<usize> {
        usize::try_from(self.u32(at)?).ok()
    }

    /// A 64-bit number as a place.
    pub(super) fn wide_place(&self, at: usize) -> Option<usize> {
        usize::try_from(u64::from_le_bytes(self.array(at)?)).ok()
    }

    /// The text that a NUL ends.
    pub(super) fn text(&self, at: usize) -> Option<String> {
        let rest = self.0.get(at..)?;
        let end = rest.iter().take(LONGEST_NAME).position(|byte| *byte == 0)?;
        Some(String::from_utf8_lossy(&rest[..end]).into_owned())
    }

    fn array<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        self.0.get(at..at.checked_add(N)?)?.try_into().ok()
    }
}
