//! The buffer rule of `MPS_Call`, which is told no capacity: the smallest of
//!
//! 1. the configured `response_capacity`,
//! 2. the end of the writable memory that `resp` points into,
//! 3. the length of a buffer that arrives filled with spaces: PowerBuilder's `Space(n)` and Visual Basic's `Space$(n)` pass `n`
//!    spaces and a NUL, in 8 or 16 bits.
//!
//! Memory is looked at only as far as the response needs it.

use super::memory::{Access, accessible};

/// A run of at least this many spaces tells a length even when no NUL ends it; a shorter one may be chance.
const LONG_RUN: usize = 8;

/// Bytes of `resp` that a response of `needed` bytes, its NUL included, may count on. What is `needed` or more is enough.
///
/// # Safety
/// `resp` points to at least one byte that can be read and written.
pub unsafe fn of(resp: *const u8, needed: usize, configured: usize) -> usize {
    let writable = |wanted| accessible(resp.addr(), wanted, Access::Write);
    // SAFETY: the rule reads only what `writable` has called writable. Volatile, since behind the caller's buffer there may be
    // memory that other threads are using; a byte read there decides nothing but the length of an accidental run of spaces.
    let byte = |index| unsafe { resp.add(index).read_volatile() };
    rule(needed, configured, writable, byte)
}

/// The rule itself. `writable(wanted)` tells how many bytes can be written, `byte` reads one of them.
fn rule(
    needed: usize,
    configured: usize,
    writable: impl FnOnce(usize) -> usize,
    byte: impl Fn(usize) -> u8,
) -> usize {
    let wanted = needed.min(configured);
    let bound = configured.min(writable(wanted));
    // One byte more than an odd response needs: the last unit of a 16-bit buffer is seen whole.
    let seen = wanted.next_multiple_of(2).min(bound);
    spaces(seen, byte).map_or(bound, |length| length.min(bound))
}

/// The length of a buffer that arrives filled with spaces; `None` if it does not, or if the spaces fill the `seen` bytes.
fn spaces(seen: usize, byte: impl Fn(usize) -> u8) -> Option<usize> {
    let wide = seen >= 4 && (0..4).map(&byte).eq([b' ', 0, b' ', 0]);
    let width = if wide { 2 } else { 1 };
    let unit = |n: usize| {
        let at = n * width;
        (at + width <= seen).then(|| u16::from_le_bytes([byte(at), if wide { byte(at + 1) } else { 0 }]))
    };
    let run = (0..).take_while(|&n| unit(n) == Some(u16::from(b' '))).count();
    match unit(run)? {
        0 if run > 0 => Some((run + 1) * width),
        _ if run >= LONG_RUN => Some(run * width),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{rule, spaces};

    /// The rule over a buffer in writable memory that ends with it.
    fn bound(memory: &[u8], needed: usize, configured: usize) -> usize {
        rule(needed, configured, |_| memory.len(), |index| memory[index])
    }

    fn filled(unit: &[u8], count: usize, ending: &[u8]) -> Vec<u8> {
        [&unit.repeat(count), ending].concat()
    }

    #[test]
    fn the_configured_capacity_bounds() {
        assert_eq!(bound(&[0; 9000], 9000, 8192), 8192);
        assert_eq!(bound(&[0; 9000], 10, 8192), 8192);
        assert_eq!(bound(&[0; 9000], 10, 0), 0);
    }

    #[test]
    fn the_end_of_memory_bounds() {
        assert_eq!(bound(&[7; 1500], 1524, 8192), 1500);
        assert_eq!(bound(b" ", 1524, 8192), 1);
    }

    #[test]
    fn spaces_and_a_nul_bound() {
        let narrow = filled(b" ", 1024, &[0; 5000]);
        let wide = filled(b" \0", 1024, &[0; 5000]);
        assert_eq!(bound(&narrow, 1524, 8192), 1025);
        assert_eq!(bound(&wide, 3000, 8192), 2050);
        assert!(bound(&wide, 2050, 8192) >= 2050);
        assert_eq!(bound(&filled(b" ", 1, &[0; 99]), 50, 8192), 2);
        assert_eq!(bound(&filled(b" \0", 2, &[0; 99]), 50, 8192), 6);
    }

    #[test]
    fn an_odd_response_sees_the_last_unit_of_a_wide_buffer() {
        let wide = filled(b" \0", 10, &[0; 50]);
        assert_eq!(bound(&wide, 21, 8192), 22);
        let no_nul = filled(b" \0", 10, b"AAAA");
        assert_eq!(bound(&no_nul, 21, 8192), 20);
    }

    #[test]
    fn a_long_run_bounds_without_a_nul() {
        assert_eq!(bound(&filled(b" ", 8, &[0xCC; 99]), 50, 8192), 8);
        assert_eq!(bound(&filled(b" \0", 8, &[0xCC; 99]), 50, 8192), 16);
    }

    #[test]
    fn anything_else_is_no_hint() {
        for start in [&b""[..], b"\0", b"\0 ", b"A", b"       A", b" \0 \0A\0", b"\t\0"] {
            let memory = [start, &[0xCC; 99]].concat();
            assert_eq!(bound(&memory, 50, 8192), memory.len(), "{start:?}");
        }
    }

    #[test]
    fn only_what_the_response_needs_is_read() {
        for (needed, configured, writable) in [
            (51, 8192, 4096),
            (51, 20, 4096),
            (51, 8192, 7),
            (52, 8192, 4096),
            (51, 8192, 0),
        ] {
            let limit = usize::min(needed, configured)
                .next_multiple_of(2)
                .min(writable)
                .min(configured);
            let byte = |index| {
                assert!(index < limit, "{index} of {limit}");
                [b' ', 0][index % 2]
            };
            assert_eq!(
                rule(needed, configured, |_| writable, byte),
                configured.min(writable)
            );
        }
        assert_eq!(spaces(0, |_| unreachable!()), None);
    }
}
