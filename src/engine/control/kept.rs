//! The last good generations, each in a file of its own: what rollback, freezing and a broken start go back to.

use super::{file, since_epoch};
use crate::quoted;
use crate::script::Tree;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// How many are kept; a frozen one is kept beyond them.
const MOST: usize = 5;

/// A tree of scripts that has been in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptGeneration {
    /// What its files are known by.
    pub fingerprint: String,
    /// When it came into force, in seconds since 1970.
    pub since: u64,
    path: PathBuf,
}

/// The kept generations, the newest first, each once.
pub(super) fn list(folder: &Path) -> Vec<KeptGeneration> {
    let mut listed: Vec<KeptGeneration> = Vec::new();
    for generation in all(folder) {
        if listed
            .iter()
            .all(|known| known.fingerprint != generation.fingerprint)
        {
            listed.push(generation);
        }
    }
    listed
}

pub(super) fn load(folder: &Path, fingerprint: &str) -> Option<Tree> {
    let kept = list(folder)
        .into_iter()
        .find(|kept| kept.fingerprint == fingerprint)?;
    let content: Json = serde_json::from_slice(&fs::read(kept.path).ok()?).ok()?;
    let text = |(path, text): (&String, &Json)| Some((path.clone(), text.as_str()?.to_owned()));
    let files: Option<BTreeMap<String, String>> =
        content.get("files")?.as_object()?.iter().map(text).collect();
    Some(Tree::of_files(files?)).filter(|tree| tree.fingerprint() == fingerprint)
}

pub(super) fn keep(folder: &Path, tree: &Tree, frozen: Option<&str>) -> io::Result<()> {
    let fingerprint = tree.fingerprint();
    if list(folder)
        .first()
        .is_some_and(|newest| newest.fingerprint == fingerprint)
    {
        return Ok(());
    }
    let name = format!("{:015}-{fingerprint}.json", since_epoch().as_millis());
    // Script by script: all of them in one text are more memory than calls take.
    file::write_with(&folder.join("generations").join(name), |file| {
        let mut text = "{\"files\":{".to_owned();
        let mut files = tree.files().peekable();
        while let Some((path, script)) = files.next() {
            quoted::push(&mut text, path);
            text.push(':');
            quoted::push(&mut text, script);
            text.push_str(if files.peek().is_some() { "," } else { "" });
            file.write_all(text.as_bytes())?;
            text.clear();
        }
        text.push_str("}}");
        file.write_all(text.as_bytes())
    })?;
    prune(folder, frozen);
    Ok(())
}

/// Removes what is too old, and the older ones of those that came into force twice.
fn prune(folder: &Path, frozen: Option<&str>) {
    let listed = list(folder);
    let stays = |generation: &KeptGeneration| {
        let place = listed.iter().position(|kept| kept == generation);
        place.is_some_and(|place| place < MOST || frozen == Some(&generation.fingerprint))
    };
    for generation in all(folder).iter().filter(|generation| !stays(generation)) {
        // Another process may have been quicker.
        let _ = fs::remove_file(&generation.path);
    }
}

fn all(folder: &Path) -> Vec<KeptGeneration> {
    let entries = fs::read_dir(folder.join("generations"));
    let mut paths: Vec<PathBuf> = entries
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    // Their names begin with their times.
    paths.sort();
    let kept = |path: PathBuf| {
        let (millis, fingerprint) = path
            .file_name()?
            .to_str()?
            .strip_suffix(".json")?
            .split_once('-')?;
        let since = millis.parse::<u64>().ok()? / 1000;
        let fingerprint = fingerprint.to_owned();
        Some(KeptGeneration {
            fingerprint,
            since,
            path,
        })
    };
    paths.into_iter().rev().filter_map(kept).collect()
}
