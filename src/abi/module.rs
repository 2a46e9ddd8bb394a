//! This library as the operating system knows it.

use std::path::PathBuf;

/// Keeps this library loaded for as long as the process lives, so that `FreeLibrary` or `dlclose` under running threads is
/// harmless; returns the folder that it was loaded from, `None` where it is part of a program.
#[cfg(unix)]
pub fn pin() -> Option<PathBuf> {
    use std::ffi::{CStr, OsStr};
    use std::os::unix::ffi::OsStrExt;

    let mut origin = [0; libc::PATH_MAX as usize];
    // SAFETY: `info` is filled by `dladdr` before it is read, and its name lives as long as the library, which the handle then
    // keeps loaded. The origin is the absolute folder at load time, however the caller has changed directory since; it was a path
    // that the kernel opened, so that it is shorter than PATH_MAX, and it ends in a NUL.
    let origin = unsafe {
        let mut info: libc::Dl_info = std::mem::zeroed();
        if libc::dladdr((pin as fn() -> Option<PathBuf>) as *const _, &mut info) == 0 {
            return None;
        }
        let flags = libc::RTLD_LAZY | libc::RTLD_NOLOAD | libc::RTLD_NODELETE;
        let handle = libc::dlopen(info.dli_fname, flags);
        if handle.is_null() || libc::dlinfo(handle, libc::RTLD_DI_ORIGIN, origin.as_mut_ptr().cast()) != 0 {
            return None;
        }
        CStr::from_ptr(origin.as_ptr())
    };
    Some(PathBuf::from(OsStr::from_bytes(origin.to_bytes())))
}

/// Keeps this library loaded for as long as the process lives, so that `FreeLibrary` or `dlclose` under running threads is
/// harmless; returns the folder that it was loaded from, `None` where it cannot be known.
#[cfg(windows)]
pub fn pin() -> Option<PathBuf> {
    use std::ffi::OsString;
    use std::os::windows::ffi::OsStringExt;
    use windows_sys::Win32::System::LibraryLoader::{
        GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, GET_MODULE_HANDLE_EX_FLAG_PIN, GetModuleFileNameW,
        GetModuleHandleExW,
    };
    /// What an NT path can have at most.
    const LONGEST: u32 = 32_768;

    let flags = GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS;
    let here = (pin as fn() -> Option<PathBuf>) as *const u16;
    let mut module = std::ptr::null_mut();
    let mut name = vec![0; LONGEST as usize];
    // SAFETY: with FROM_ADDRESS the name is an address inside the module, which this function is; `name` has LONGEST units.
    let length = unsafe {
        if GetModuleHandleExW(flags, here, &mut module) == 0 {
            return None;
        }
        GetModuleFileNameW(module, name.as_mut_ptr(), LONGEST)
    };
    name.truncate(length as usize);
    PathBuf::from(OsString::from_wide(&name))
        .parent()
        .map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    #[test]
    #[cfg_attr(miri, ignore = "asks the operating system")]
    fn a_folder_is_absolute_or_unknown() {
        assert!(super::pin().is_none_or(|folder| folder.is_absolute()));
    }
}
