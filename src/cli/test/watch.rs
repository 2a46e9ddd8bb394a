//! `--watch`: playing again whenever a scenario, a script, mps.toml or the library is saved.

use super::super::arguments::Test;
use super::super::{Misuse, Outcome, print};
use crate::clock::beijing;
use crate::script::{FileStamp, Tree, file_stamp};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How often the files are looked at.
const LOOK: Duration = Duration::from_millis(250);

/// Never ends by itself. What cannot be used is told, and tried again once it is saved.
pub(super) fn run(home: &Path, arguments: &Test) -> Result<Outcome, Misuse> {
    let mut seen = None;
    loop {
        let now = stamp(home, arguments);
        if seen.as_ref() != Some(&now) {
            // An editor may still be writing.
            std::thread::sleep(LOOK);
            seen = Some(stamp(home, arguments));
            if let Err(Misuse(wrong)) = super::once(home, arguments) {
                print::complain(&wrong);
            }
            let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            print::text(&format!("—— {}，等待保存 ——\n", beijing(time.as_secs())))?;
        }
        std::thread::sleep(LOOK);
    }
}

/// What tells that a file may have changed.
fn stamp(home: &Path, arguments: &Test) -> Vec<FileStamp> {
    let mut stamp = Tree::stamp(&home.join("scripts"));
    stamp.extend(Tree::stamp(&home.join("tests")));
    stamp.push(file_stamp(&home.join("mps.toml"), ""));
    if let Some(library) = &arguments.library {
        stamp.push(file_stamp(library, ""));
    }
    for path in &arguments.paths {
        stamp.extend(Tree::stamp(path));
        stamp.push(file_stamp(path, &path.display().to_string()));
    }
    stamp
}
