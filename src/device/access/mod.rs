//! Who may change a file: where every user of the computer may, every user decides what a call does.

#[cfg(any(windows, test))]
mod descriptor;
#[cfg(unix)]
#[path = "linux.rs"]
mod system;
#[cfg(windows)]
#[path = "windows.rs"]
mod system;

use std::io;
use std::path::Path;

/// Whether any user of this computer may change the file, or add files to the folder.
pub fn anyone_may_change(path: &Path) -> io::Result<bool> {
    system::anyone_may_change(path)
}
