//! A lock on the library's own file: it needs no folder that can be written, it is the same for every user and every home folder,
//! and the kernel drops it with the process.

use std::fs::{File, Metadata, TryLockError};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often somebody who waits looks again.
const LOOK: Duration = Duration::from_millis(20);
/// For so long the library's file is taken for the one that stood there.
const SAME: Duration = Duration::from_millis(100);

/// What is locked for one library.
pub(in crate::device) struct Lock {
    library: PathBuf,
    /// Kept open from one session to the next.
    file: Mutex<Option<Kept>>,
}

struct Kept {
    file: Arc<File>,
    identity: Identity,
    /// When it was last seen to stand there.
    seen: Instant,
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

    /// `None` where another program still holds it after `wait` from now.
    pub(in crate::device) fn take(&self, now: Instant, wait: Duration) -> Option<Hold> {
        let Some(file) = self.file(now) else {
            return Some(Hold { file: None });
        };
        while let Err(TryLockError::WouldBlock) = file.try_lock() {
            let left = (now + wait).saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            std::thread::sleep(left.min(LOOK));
        }
        Some(Hold { file: Some(file) })
    }

    /// The file that stands there now, which is the one that a program that has just started will lock.
    fn file(&self, now: Instant) -> Option<Arc<File>> {
        let mut kept = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        match kept.as_mut() {
            Some(kept) if now.saturating_duration_since(kept.seen) < SAME => {}
            Some(kept) if is_at(kept.identity, &self.library) => kept.seen = now,
            _ => *kept = opened(&self.library, now),
        }
        kept.as_ref().map(|kept| Arc::clone(&kept.file))
    }
}

fn opened(library: &Path, now: Instant) -> Option<Kept> {
    let file = Arc::new(File::open(library).ok()?);
    let identity = identity(&file.metadata().ok()?);
    Some(Kept {
        file,
        identity,
        seen: now,
    })
}

fn is_at(known: Identity, library: &Path) -> bool {
    std::fs::metadata(library).is_ok_and(|there| identity(&there) == known)
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
