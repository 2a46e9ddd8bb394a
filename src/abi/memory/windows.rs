//! The question to Windows.

use super::Access;
use std::ptr::without_provenance;
use windows_sys::Win32::System::Memory::{
    MEM_COMMIT, MEMORY_BASIC_INFORMATION, PAGE_EXECUTE_READ, PAGE_EXECUTE_READWRITE, PAGE_EXECUTE_WRITECOPY,
    PAGE_GUARD, PAGE_READONLY, PAGE_READWRITE, PAGE_WRITECOPY, VirtualQuery,
};

/// The end of the accessible memory that begins at the page `from`; looks no further than `until`.
pub fn accessible_end(from: usize, until: usize, access: Access) -> usize {
    let mut end = from;
    while end < until {
        let mut region = MEMORY_BASIC_INFORMATION::default();
        // SAFETY: asks about an address without touching it; `region` is as large as the size given.
        let written = unsafe { VirtualQuery(without_provenance(end), &mut region, size_of_val(&region)) };
        if written == 0 || !allows(&region, access) {
            break;
        }
        end = region.BaseAddress.addr().saturating_add(region.RegionSize);
    }
    end
}

/// Whether a region can be accessed; a guard page cannot, because the first access to it is an exception.
fn allows(region: &MEMORY_BASIC_INFORMATION, access: Access) -> bool {
    const WRITABLE: u32 = PAGE_READWRITE | PAGE_WRITECOPY | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY;
    const READABLE: u32 = WRITABLE | PAGE_READONLY | PAGE_EXECUTE_READ;
    let allowed = match access {
        Access::Read => READABLE,
        Access::Write => WRITABLE,
    };
    region.State == MEM_COMMIT && region.Protect & allowed != 0 && region.Protect & PAGE_GUARD == 0
}
