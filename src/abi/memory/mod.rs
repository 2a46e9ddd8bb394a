//! How much memory there is behind a caller's pointer: the operating system is asked, nothing is touched to find out.

#[cfg_attr(windows, path = "windows.rs")]
#[cfg_attr(not(windows), path = "linux.rs")]
mod os;

/// Memory is protected in units of this many bytes, or of multiples of it.
const PAGE: usize = 4096;

/// What the memory is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// To be read.
    Read,
    /// To be written, which on every system means that it can be read too.
    Write,
}

pub use os::accessible_end;

/// Bytes from `address` to the end of its page, which is taken on trust: a caller passed a pointer into it.
pub fn own_page(address: usize) -> usize {
    PAGE - address % PAGE
}

/// How many bytes from `address` on can be accessed; looks no further than `wanted` bytes.
pub fn accessible(address: usize, wanted: usize, access: Access) -> usize {
    let own = own_page(address);
    if wanted <= own {
        return own;
    }
    accessible_end(
        address.saturating_add(own),
        address.saturating_add(wanted),
        access,
    ) - address
}

#[cfg(test)]
mod tests {
    use super::{Access, PAGE, accessible};

    #[test]
    fn the_own_page_needs_no_question() {
        assert_eq!(accessible(PAGE + 1, 100, Access::Write), PAGE - 1);
        assert_eq!(accessible(3 * PAGE - 1, 1, Access::Read), 1);
    }

    #[test]
    #[cfg_attr(miri, ignore = "asks the operating system")]
    fn the_heap_is_accessible_as_far_as_asked() {
        let memory = vec![0u8; 10 * PAGE];
        let address = memory.as_ptr().addr();
        for access in [Access::Read, Access::Write] {
            assert!(accessible(address, memory.len(), access) >= memory.len());
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "asks the operating system")]
    fn constants_cannot_be_written() {
        static CONSTANT: [u8; 16 * PAGE] = [1; 16 * PAGE];
        let address = CONSTANT.as_ptr().addr();
        assert!(accessible(address, CONSTANT.len(), Access::Read) >= CONSTANT.len());
        assert!(accessible(address, CONSTANT.len(), Access::Write) < CONSTANT.len());
    }
}
