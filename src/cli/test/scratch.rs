//! A folder for what only one run needs.

use std::fs::{self, DirBuilder};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

/// Windows lets go of a file only some time after the process that had it open is gone.
const ATTEMPTS: usize = 20;
const PAUSE: Duration = Duration::from_millis(50);

/// A folder that is new and nobody else's, and gone when this is dropped.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    pub(super) fn new() -> io::Result<Scratch> {
        let process = std::process::id();
        let mut number = 0u32;
        loop {
            let folder = std::env::temp_dir().join(format!("mps-test-{process}-{number}"));
            match create(&folder) {
                // What is left of another process of this number is not ours.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
                made => return made.map(|()| Scratch(folder)),
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        for _ in 0..ATTEMPTS {
            if fs::remove_dir_all(&self.0).is_ok() {
                return;
            }
            sleep(PAUSE);
        }
    }
}

/// Makes the folder, which nobody else may look into.
fn create(folder: &Path) -> io::Result<()> {
    let builder = &mut DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(builder, 0o700);
    builder.create(folder)
}
