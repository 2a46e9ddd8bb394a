//! A named mutex. It is the session's own (`Local\\`): the programs of one desk share a session, while on a terminal server every
//! session has a desk, and a reader, of its own.

use super::super::system_text;
use sha2::{Digest, Sha256};
use std::marker::PhantomData;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::path::Path;
use std::time::Instant;
use windows_sys::Win32::Foundation::WAIT_TIMEOUT;
use windows_sys::Win32::System::Threading::{
    CreateMutexExW, ReleaseMutex, SYNCHRONIZATION_SYNCHRONIZE, WaitForSingleObject,
};

/// The lock; nothing where the system refuses one.
pub(in crate::device) struct Hold {
    mutex: Option<OwnedHandle>,
    /// Only the thread that took a mutex can give it back.
    _thread: PhantomData<*const ()>,
}

impl Hold {
    /// `None` where another program still holds it at the deadline. One that its holder abandoned by ending is free.
    pub(in crate::device) fn take(library: &Path, deadline: Instant) -> Option<Hold> {
        let _thread = PhantomData;
        let name = system_text(&name(library));
        // SAFETY: the name ends in a NUL; no more than waiting is asked for, which the programs of other users may too.
        let mutex =
            unsafe { CreateMutexExW(std::ptr::null(), name.as_ptr(), 0, SYNCHRONIZATION_SYNCHRONIZE) };
        if mutex.is_null() {
            return Some(Hold { mutex: None, _thread });
        }
        // SAFETY: a handle that was just made, and nobody else's.
        let mutex = unsafe { OwnedHandle::from_raw_handle(mutex) };
        let left = deadline.saturating_duration_since(Instant::now());
        let left = u32::try_from(left.as_millis()).unwrap_or(u32::MAX - 1);
        // SAFETY: the handle lives.
        match unsafe { WaitForSingleObject(mutex.as_raw_handle(), left) } {
            WAIT_TIMEOUT => None,
            _ => Some(Hold {
                mutex: Some(mutex),
                _thread,
            }),
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(mutex) = &self.mutex {
            // SAFETY: the handle lives, and this thread waited for it.
            unsafe { ReleaseMutex(mutex.as_raw_handle()) };
        }
    }
}

/// The same for every spelling of the file's path.
fn name(library: &Path) -> String {
    let path = std::fs::canonicalize(library).unwrap_or_else(|_| library.to_owned());
    let digest = Sha256::digest(path.to_string_lossy().to_lowercase().as_bytes());
    let digits = digest.iter().take(16).map(|byte| format!("{byte:02x}"));
    format!("Local\\mps_client-{}", digits.collect::<String>())
}
