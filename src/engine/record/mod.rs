//! Recordings: the last calls with every exchange, invented values in the place of patients' data, each in a file of its own.
//!
//! The values are replaced before anything is written; see [`pseudonym`]. A file is written whole by a rename, so that a
//! process that is killed leaves whole recordings, and the oldest are let go when there are too many. Only plain files count: a
//! link in the folder is neither read, nor written through, nor removed.

mod made;
mod pseudonym;
mod replay;
mod skeleton;

pub use replay::{Difference, Replayed, replay, to_scenario};

pub(super) use made::made;
pub(super) use skeleton::MOST as MOST_UNREAD;

use super::control::{clear_left_behind, write_file};
use serde_json::Value as Json;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Recordings that are kept.
const MOST: usize = 200;
/// Bytes that they have together at most.
const MOST_BYTES: u64 = 16 << 20;
/// Bytes that one has at most; a call that exchanged more is not kept.
const LARGEST: usize = 1 << 20;

/// The folder of a home folder's recordings.
pub fn folder(home: &Path) -> PathBuf {
    home.join("recordings")
}

/// One call that was kept.
#[derive(Clone, Debug)]
pub struct Recording {
    /// What it is called by.
    pub id: String,
    /// What is kept of it.
    pub json: Json,
}

impl Recording {
    /// The stable code of why the request could not be read, where it could not: there is nothing then to play again.
    pub fn unread(&self) -> Option<&str> {
        self.json.pointer("/unread/code")?.as_str()
    }
}

/// The names of the recordings, the oldest first.
pub fn list(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let id = |entry: io::Result<fs::DirEntry>| {
        let entry = entry
            .ok()
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))?;
        let name = entry.file_name().into_string().ok()?;
        name.strip_suffix(".json")
            .filter(|id| is_id(id))
            .map(str::to_owned)
    };
    let mut ids: Vec<String> = entries.filter_map(id).collect();
    ids.sort();
    ids
}

/// Reads a recording's file.
pub fn load(file: &Path) -> Option<Recording> {
    let id = file.file_stem()?.to_str()?.to_owned();
    let json: Json = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
    json.get("request")?;
    Some(Recording { id, json })
}

/// Where a recording of this name is; names lead nowhere else.
pub fn file(folder: &Path, id: &str) -> Option<PathBuf> {
    is_id(id).then(|| folder.join(format!("{id}.json")))
}

fn is_id(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}

/// Keeps a recording, and lets the oldest go.
pub(super) fn keep(folder: &Path, at: SystemTime, json: &Json) -> io::Result<()> {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let text = json.to_string();
    if text.len() > LARGEST {
        return Ok(());
    }
    let millis = at.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let id = format!("{millis:014}-{}-{number}", std::process::id());
    write_file(&folder.join(format!("{id}.json")), text.as_bytes())?;
    prune(folder);
    // What a process that was killed had begun to write is no recording.
    clear_left_behind(folder);
    Ok(())
}

fn prune(folder: &Path) {
    let path = |id: &String| folder.join(format!("{id}.json"));
    let (mut count, mut bytes) = (0, 0);
    for id in list(folder).iter().rev() {
        count += 1;
        bytes += fs::symlink_metadata(path(id)).map_or(0, |known| known.len());
        if count > MOST || bytes > MOST_BYTES {
            // Another process may have been quicker.
            let _ = fs::remove_file(path(id));
        }
    }
}
