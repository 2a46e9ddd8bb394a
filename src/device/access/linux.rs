//! Linux: the permission bits.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const OTHERS_WRITE: u32 = 0o002;

pub(super) fn anyone_may_change(path: &Path) -> io::Result<bool> {
    Ok(std::fs::metadata(path)?.permissions().mode() & OTHERS_WRITE != 0)
}
