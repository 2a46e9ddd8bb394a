//! The question to Linux.

use super::{Access, PAGE};
use std::io;
use std::ptr::without_provenance_mut;

/// Linux 5.14 and later; the libc crate does not name them.
const MADV_POPULATE_READ: libc::c_int = 22;
const MADV_POPULATE_WRITE: libc::c_int = 23;

/// The end of the accessible memory that begins at the page `from`; looks no further than `until`.
pub fn accessible_end(from: usize, until: usize, access: Access) -> usize {
    let advice = match access {
        Access::Read => MADV_POPULATE_READ,
        Access::Write => MADV_POPULATE_WRITE,
    };
    let mut page = from;
    while page < until {
        // SAFETY: the kernel checks the range itself; the advice brings pages in and changes neither contents nor mappings.
        if unsafe { libc::madvise(without_provenance_mut(page), PAGE, advice) } != 0 {
            return refused(page, access);
        }
        page = page.saturating_add(PAGE);
    }
    page
}

/// A refusal says little: the memory is not there, or the kernel is older than the question. The list of mappings knows.
fn refused(page: usize, access: Access) -> usize {
    // EFAULT alone is plain: the access itself would fault, as behind the end of a mapped file, whatever the mapping allows.
    if io::Error::last_os_error().raw_os_error() == Some(libc::EFAULT) {
        return page;
    }
    match std::fs::read("/proc/self/maps") {
        Ok(maps) => end_in_maps(&String::from_utf8_lossy(&maps), page, access),
        Err(_) => page,
    }
}

/// The end of the run of mappings that begins around `from` and allows the access; `from` if there is none.
fn end_in_maps(maps: &str, from: usize, access: Access) -> usize {
    let mut end = from;
    for (first, behind, permissions) in maps.lines().filter_map(mapping) {
        let allowed = match access {
            Access::Read => permissions.starts_with('r'),
            Access::Write => permissions.starts_with("rw"),
        };
        if allowed && (first..behind).contains(&end) {
            end = behind;
        }
    }
    end
}

/// Reads `7f0000001000-7f0000003000 rw-p …`.
fn mapping(line: &str) -> Option<(usize, usize, &str)> {
    let mut words = line.split_ascii_whitespace();
    let (first, behind) = words.next()?.split_once('-')?;
    let address = |hex| usize::from_str_radix(hex, 16).ok();
    Some((address(first)?, address(behind)?, words.next()?))
}

#[cfg(test)]
mod tests {
    use super::{Access, accessible_end, end_in_maps};

    const MAPS: &str = "\
1000-3000 r--p 00000000 08:01 11 /lib/a b
3000-5000 rw-p 00002000 08:01 11 /lib/a b
5000-6000 rwxp 00000000 00:00 0
6000-8000 ---p 00000000 00:00 0
9000-a000 rw-p 00000000 00:00 0 [heap]
";

    #[test]
    fn adjacent_mappings_are_one_memory() {
        assert_eq!(end_in_maps(MAPS, 0x1000, Access::Read), 0x6000);
        assert_eq!(end_in_maps(MAPS, 0x3000, Access::Write), 0x6000);
        assert_eq!(end_in_maps(MAPS, 0x9000, Access::Write), 0xa000);
    }

    #[test]
    fn what_is_protected_or_absent_ends_it() {
        for from in [0x1000, 0x6000, 0x8000, 0xb000] {
            assert_eq!(end_in_maps(MAPS, from, Access::Write), from);
        }
        assert_eq!(end_in_maps("", 0x1000, Access::Read), 0x1000);
        assert_eq!(end_in_maps("nonsense\n1000\n", 0x1000, Access::Read), 0x1000);
    }

    #[test]
    #[cfg_attr(miri, ignore = "asks the operating system")]
    fn the_kernel_and_its_list_agree() {
        let memory = vec![0u8; 64 * 4096];
        let page = memory.as_ptr().addr().next_multiple_of(4096);
        let until = memory.as_ptr_range().end.addr();
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
        assert!(accessible_end(page, until, Access::Write) >= until);
        assert!(end_in_maps(&maps, page, Access::Write) >= until);
    }
}
