//! A lock on the library's own file: it needs no folder that can be written, it is the same for every user and every home folder,
//! and the kernel drops it with the process.

use std::fs::{File, Metadata, TryLockError};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often somebody who waits looks again.
const LOOK: Duration = Duration::from_millis(20);

/// What is locked for one library.
pub(in crate::device) struct Lock {
    library: PathBuf,
    /// Kept open from one session to the next, with what it is.
    file: Mutex<Option<(Arc<File>, Identity)>>,
}

/// Device and number: another file's are others, as long as this one is open.
type Identity = (u64, u64);

/// The lock; nothing where the file system knows none.
pub(in crate::device) struct Hold {
    file: Option<Arc<File>>,
}

impl Lock {
    pub(in crate::device) fn of(library: &Path) -> Lock {
        Lock {
            library: library.to_owned(),
            file: Mutex::default(),
        }
    }

    /// `None` where another program still holds it at the deadline.
    pub(in crate::device) fn take(&self, deadline: Instant) -> Option<Hold> {
        let Some(file) = self.file() else {
            return Some(Hold { file: None });
        };
        while let Err(TryLockError::WouldBlock) = file.try_lock() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            std::thread::sleep(left.min(LOOK));
        }
        Some(Hold { file: Some(file) })
    }

    /// The file that stands there now, which is the one that a program that has just started will lock.
    fn file(&self) -> Option<Arc<File>> {
        let mut kept = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let there = std::fs::metadata(&self.library)
            .ok()
            .map(|there| identity(&there));
        if kept.as_ref().map(|(_, identity)| *identity) != there {
            *kept = opened(&self.library);
        }
        kept.as_ref().map(|(file, _)| Arc::clone(file))
    }
}

fn opened(library: &Path) -> Option<(Arc<File>, Identity)> {
    let file = File::open(library).ok()?;
    let identity = identity(&file.metadata().ok()?);
    Some((Arc::new(file), identity))
}

fn identity(file: &Metadata) -> Identity {
    (file.dev(), file.ino())
}

impl Drop for Hold {
    fn drop(&mut self) {
        // By word, not by closing: a process that the library started meanwhile may have the file open too.
        if let Some(file) = &self.file {
            let _ = file.unlock();
        }
    }
}
