//! COM on a thread that a vendor's library lives on.

/// A single-threaded apartment for as long as it lives: what dialogs, and the components that vendors' libraries wrap, expect.
pub(super) struct Apartment {
    #[cfg(windows)]
    entered: bool,
}

#[cfg(windows)]
impl Apartment {
    /// Makes the current thread one. Where COM refuses, the library is called all the same.
    pub(super) fn enter() -> Apartment {
        use windows_sys::Win32::System::Com::{COINIT_APARTMENTTHREADED, CoInitializeEx};
        // SAFETY: no more than this thread's own state.
        let result = unsafe { CoInitializeEx(std::ptr::null(), COINIT_APARTMENTTHREADED as u32) };
        Apartment { entered: result >= 0 }
    }
}

#[cfg(windows)]
impl Drop for Apartment {
    fn drop(&mut self) {
        if self.entered {
            // SAFETY: entered on this thread, once.
            unsafe { windows_sys::Win32::System::Com::CoUninitialize() };
        }
    }
}

#[cfg(unix)]
impl Apartment {
    /// There is no COM here.
    pub(super) fn enter() -> Apartment {
        Apartment {}
    }
}
