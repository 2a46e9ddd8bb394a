//! A lock on the library's own file: it needs no folder that can be written, it is the same for every user and every home folder,
//! and the kernel drops it with the process.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::{Duration, Instant};

/// How often somebody who waits looks again.
const LOOK: Duration = Duration::from_millis(20);

/// The lock; nothing where the file system knows none.
pub(in crate::device) struct Hold {
    _file: Option<File>,
}

impl Hold {
    /// `None` where another program still holds it at the deadline.
    pub(in crate::device) fn take(library: &Path, deadline: Instant) -> Option<Hold> {
        let Ok(file) = File::open(library) else {
            return Some(Hold { _file: None });
        };
        while let Err(TryLockError::WouldBlock) = file.try_lock() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            std::thread::sleep(left.min(LOOK));
        }
        Some(Hold { _file: Some(file) })
    }
}
