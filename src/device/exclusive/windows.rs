//! A named mutex. It is the session's own (`Local\\`): the programs of one desk share a session, while on a terminal server every
//! session has a desk, and a reader, of its own.

use super::super::system_text;
use crate::clock::Moment;
use sha2::{Digest, Sha256};
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::path::Path;
use std::time::Duration;
use windows_sys::Win32::Foundation::WAIT_TIMEOUT;
use windows_sys::Win32::System::Threading::{
    CreateMutexExW, ReleaseMutex, SYNCHRONIZATION_SYNCHRONIZE, WaitForSingleObject,
};

/// What is locked for one library: made once, and kept open from one session to the next.
pub(in crate::device) struct Lock {
    /// Nothing where the system refuses one.
    mutex: Option<OwnedHandle>,
}

impl Lock {
    pub(in crate::device) fn of(library: &Path) -> Lock {
        let name = system_text(&name(library));
        // SAFETY: the name ends in a NUL; no more than waiting is asked for, which the programs of other users may too.
        let mutex =
            unsafe { CreateMutexExW(std::ptr::null(), name.as_ptr(), 0, SYNCHRONIZATION_SYNCHRONIZE) };
        // SAFETY: a handle that was just made, and nobody else's.
        let owned = |mutex| unsafe { OwnedHandle::from_raw_handle(mutex) };
        Lock {
            mutex: (!mutex.is_null()).then(|| owned(mutex)),
        }
    }

    /// Takes it for one session, unless another program still holds it after `wait` from now. One that its holder abandoned by
    /// ending is free.
    pub(in crate::device) fn take(&self, now: Moment, wait: Duration) -> bool {
        let Some(mutex) = &self.mutex else {
            return true;
        };
        let left = wait.saturating_sub(Moment::now().since(now));
        let left = u32::try_from(left.as_millis()).unwrap_or(u32::MAX - 1);
        // SAFETY: the handle lives.
        unsafe { WaitForSingleObject(mutex.as_raw_handle(), left) != WAIT_TIMEOUT }
    }

    /// Ends the session that has it, on the thread that took it: only that one can.
    pub(in crate::device) fn give_back(&self) {
        if let Some(mutex) = &self.mutex {
            // SAFETY: the handle lives.
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
