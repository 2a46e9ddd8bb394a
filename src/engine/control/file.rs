//! Files that are written whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Windows refuses to replace a file in the moment that somebody reads it.
const TRIES: u32 = 20;

/// Writes a file beside its place and renames it into it; the folder is made where there is none.
pub(super) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
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
    let renamed = written.and_then(|()| rename(&beside, path));
    if renamed.is_err() {
        let _ = fs::remove_file(&beside);
    }
    renamed
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
