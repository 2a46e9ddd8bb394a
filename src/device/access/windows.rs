//! Windows: the list of who may do what.

use super::descriptor;
use std::io;
use std::os::windows::ffi::OsStrExt;
use std::path::Path;
use std::ptr::null_mut;
use windows_sys::Win32::Security::{DACL_SECURITY_INFORMATION, GetFileSecurityW};

pub(super) fn anyone_may_change(path: &Path) -> io::Result<bool> {
    let path: Vec<u16> = path.as_os_str().encode_wide().chain([0]).collect();
    let mut size = 0;
    // SAFETY: `path` ends with a NUL; no byte is written where the room is told as none, only the size that it takes.
    unsafe { GetFileSecurityW(path.as_ptr(), DACL_SECURITY_INFORMATION, null_mut(), 0, &mut size) };
    if size == 0 {
        return Err(io::Error::last_os_error());
    }
    // The system wants it aligned as the structure is that it begins with.
    let mut room = vec![0u64; (size as usize).div_ceil(size_of::<u64>())];
    // SAFETY: `room` has `size` bytes at least, aligned, and is nobody else's meanwhile; `path` ends with a NUL.
    let read = unsafe {
        GetFileSecurityW(
            path.as_ptr(),
            DACL_SECURITY_INFORMATION,
            room.as_mut_ptr().cast(),
            size,
            &mut size,
        )
    };
    if read == 0 {
        return Err(io::Error::last_os_error());
    }
    let bytes: Vec<u8> = room.into_iter().flat_map(u64::to_le_bytes).collect();
    descriptor::anyone_may_change(&bytes).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))
}
