//! Files that are written whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Windows refuses to replace a file in the moment that somebody reads it.
const TRIES: u32 = 20;

/// Nobody writes one file for as long as this.
const LEFT_BEHIND: Duration = Duration::from_secs(3600);

/// Writes a file beside its place and renames it into it, with the rights of the one that it replaces; the folder is made
/// where there is none.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_with(path, |file| file.write_all(bytes))
}

/// The same by what fills the file.
pub(super) fn write_with(path: &Path, fill: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let (mut file, beside) = beside(folder)?;
    let filled = fill(&mut file).and_then(|()| {
        // Not a link's: what it leads to is no concern of ours. Where the rights cannot be given, the content still counts.
        if let Ok(known) = fs::symlink_metadata(path)
            && known.is_file()
        {
            let _ = file.set_permissions(known.permissions());
        }
        // A power failure must not leave an empty file under the right name.
        file.sync_all()
    });
    drop(file);
    let renamed = filled.and_then(|()| rename(&beside, path));
    if renamed.is_err() {
        let _ = fs::remove_file(&beside);
    }
    renamed
}

/// A new file in a folder: where others may write there, a name that is taken may be a link to any file of this user's.
fn beside(folder: &Path) -> io::Result<(File, PathBuf)> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!(".{}-{number}.tmp", std::process::id()));
        match File::create_new(&path) {
            // Of a process of the same number that was killed.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < u32::MAX / 2 => {}
            made => return Ok((made?, path)),
        }
    }
}

/// Removes what processes left behind that ended while they wrote.
pub(crate) fn clear(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|extension| extension != "tmp") {
            continue;
        }
        let changed = entry.metadata().and_then(|known| known.modified());
        let old = changed.is_ok_and(|changed| changed.elapsed().is_ok_and(|age| age > LEFT_BEHIND));
        if old {
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
