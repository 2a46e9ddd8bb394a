//! Files that are written whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Windows refuses to replace a file in the moment that somebody reads it.
const TRIES: u32 = 20;

/// Nobody writes one file for as long as this.
const LEFT_BEHIND: Duration = Duration::from_secs(3600);

/// Writes a file beside its place and renames it into it, with the rights of the one that it replaces; the folder is made
/// where there is none.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let beside = folder.join(format!(".{}-{number}.tmp", std::process::id()));
    let written = File::create(&beside).and_then(|mut file| {
        file.write_all(bytes)?;
        // A power failure must not leave an empty file under the right name.
        file.sync_all()
    });
    if let Ok(known) = fs::metadata(path) {
        // Where they cannot be given, the content still counts.
        let _ = fs::set_permissions(&beside, known.permissions());
    }
    let renamed = written.and_then(|()| rename(&beside, path));
    if renamed.is_err() {
        let _ = fs::remove_file(&beside);
    }
    renamed
}

/// Removes what processes left behind that ended while they wrote.
pub(super) fn clear(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let changed = entry.metadata().and_then(|known| known.modified());
        let old = changed.is_ok_and(|changed| changed.elapsed().is_ok_and(|age| age > LEFT_BEHIND));
        if old && path.extension().is_some_and(|extension| extension == "tmp") {
            // Another process may have been quicker.
            let _ = fs::remove_file(path);
        }
    }
}

fn rename(from: &Path, to: &Path) -> io::Result<()> {
    for _ in 1..TRIES {
        match fs::rename(from, to) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied && cfg!(windows) => {
                std::thread::sleep(Duration::from_millis(5));
            }
            done => return done,
        }
    }
    fs::rename(from, to)
}
