//! The script files: the embedded base, the files on disk over it, and the layers of a region.

use super::error::Mistake;
use super::{Error, Errors, script_file};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

/// The base scripts, by their path below `scripts/`.
const EMBEDDED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// A script larger than this is a mistake.
const LARGEST: u64 = 1 << 20;
/// The folder of annotations, which are for editors and never run.
const ANNOTATIONS: &str = "library";
/// A tree deeper than this is a loop of links.
const DEEPEST: usize = 8;

/// Every script file, read once: what a generation is built from.
#[derive(Clone, Debug)]
pub struct Tree {
    // By path below `scripts/`, with forward slashes. They never change once the fingerprint is known.
    files: BTreeMap<String, SmolStr>,
    fingerprint: OnceLock<String>,
}

impl PartialEq for Tree {
    fn eq(&self, other: &Tree) -> bool {
        self.files == other.files
    }
}

impl Eq for Tree {}

/// One script, as a region sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    /// Its path below `scripts/`, layer included: what messages name.
    pub(super) name: String,
    /// Its text.
    pub(super) text: SmolStr,
    /// The file of the same path in the next layer below that has one: what `mps.base()` gives.
    pub(super) below: Option<Arc<Source>>,
}

/// What tells that a file may have changed: its path, its size, and when it was changed and created.
pub type FileStamp = (String, u64, Option<SystemTime>, Option<SystemTime>);

impl Source {
    /// Its lines, and those of the files that it extends.
    pub(super) fn lines(&self) -> impl Iterator<Item = &str> {
        let layers = std::iter::successors(Some(self), |source| source.below.as_deref());
        layers.flat_map(|source| source.text.lines())
    }

    /// Whether a text stands in the file, or in one that it extends.
    pub(super) fn has(&self, text: &str) -> bool {
        self.text.contains(text) || self.below.as_ref().is_some_and(|below| below.has(text))
    }
}

impl Tree {
    /// The embedded base scripts alone.
    pub fn embedded() -> Tree {
        let files = EMBEDDED
            .iter()
            .map(|&(path, text)| (path.to_owned(), SmolStr::new_static(text)))
            .collect();
        Tree::of(files)
    }

    /// Exactly these files, by their paths below `scripts/`.
    pub fn of_files(files: BTreeMap<String, String>) -> Tree {
        let files = files.into_iter().map(|(path, text)| (path, text.into()));
        Tree::of(files.collect())
    }

    fn of(files: BTreeMap<String, SmolStr>) -> Tree {
        let fingerprint = OnceLock::new();
        Tree { files, fingerprint }
    }

    /// The same without this hospital's own layer.
    pub fn below_site(&self) -> Tree {
        let below = self.files.iter().filter(|(path, _)| !path.starts_with("site/"));
        let below = below.map(|(path, text)| (path.clone(), text.clone()));
        Tree::of(below.collect())
    }

    /// Every file's path and text.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), &**text))
    }

    /// The same for the same files, whatever their times: sixteen hexadecimal digits.
    pub fn fingerprint(&self) -> &str {
        self.fingerprint.get_or_init(|| {
            let texts = self.files.iter().flat_map(|(path, text)| [path.as_str(), text]);
            format!("{:016x}", texts.fold(0, digest))
        })
    }

    /// Whether a region's scripts stand in the layer of a division code.
    pub fn has_layer(region: Option<&str>, code: &str) -> bool {
        layers(region).contains(&format!("regions/{code}/"))
    }

    /// The names of the folders in `regions/`, whether they are division codes or not.
    pub fn regions(&self) -> BTreeSet<&str> {
        let below = self.files.keys().filter_map(|path| path.strip_prefix("regions/"));
        below.filter_map(|path| Some(path.split_once('/')?.0)).collect()
    }

    /// Whether any layer of the region has files.
    pub fn has_layer_of(&self, region: &str) -> bool {
        let layers = layers(Some(region));
        let own = layers.iter().filter(|layer| layer.starts_with("regions/"));
        own.into_iter()
            .any(|layer| self.files.keys().any(|path| path.starts_with(layer)))
    }

    /// The files below `folder` laid over the embedded base; a missing folder adds nothing.
    pub fn read(folder: &Path) -> Result<Tree, Errors> {
        Tree::read_knowing(folder, None)
    }

    /// The same, where mostly there is what is known already: that is shared.
    pub fn read_knowing(folder: &Path, known: Option<&Tree>) -> Result<Tree, Errors> {
        let (tree, errors) = Tree::survey_knowing(folder, known);
        match Errors::of(errors) {
            None => Ok(tree),
            Some(errors) => Err(errors),
        }
    }

    /// The same as far as the files can be read, and what is wrong with the others.
    pub fn survey(folder: &Path) -> (Tree, Vec<Error>) {
        Tree::survey_knowing(folder, None)
    }

    fn survey_knowing(folder: &Path, known: Option<&Tree>) -> (Tree, Vec<Error>) {
        let mut bytes = Vec::new();
        let mut tree = Tree::embedded();
        let mut errors = Vec::new();
        let walked = walk(folder, "", 0, false, &mut |file, path, linked| {
            let inside = if linked {
                check_inside(folder, file, path)
            } else {
                Ok(())
            };
            let known = known.and_then(|known| known.files.get(path));
            match inside.and_then(|()| read_script(file, path, known, &mut bytes)) {
                Ok(text) => drop(tree.files.insert(path.to_owned(), text)),
                Err(error) => errors.push(error),
            }
            Ok(())
        });
        errors.extend(walked.err());
        errors.sort_by(|one, other| one.file().cmp(other.file()));
        (tree, errors)
    }

    /// What tells that files below `folder` may have changed.
    pub fn stamp(folder: &Path) -> Vec<FileStamp> {
        let mut stamp = Vec::new();
        // A folder that cannot be walked now is found changed when it can.
        let _ = walk(folder, "", 0, false, &mut |file, path, _| {
            stamp.push(file_stamp(file, path));
            Ok(())
        });
        stamp.sort();
        stamp
    }

    /// Every script's path below `scripts/`, layer included.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// The scripts of a region by their path within a layer, for example `funids/N04.00.00.01.lua`: the topmost file of each,
    /// and below it those of the lower layers.
    pub(super) fn for_region(&self, region: Option<&str>) -> BTreeMap<String, Source> {
        let layers = layers(region);
        let mut sources: BTreeMap<String, Source> = BTreeMap::new();
        for layer in &layers {
            for (path, text) in self.files.range(layer.clone()..) {
                let Some(within) = path.strip_prefix(layer.as_str()) else {
                    break;
                };
                let other_layer =
                    layer.is_empty() && (within.starts_with("regions/") || within.starts_with("site/"));
                if !other_layer {
                    let source = Source {
                        name: path.clone(),
                        text: text.clone(),
                        below: sources.remove(within).map(Arc::new),
                    };
                    sources.insert(within.to_owned(), source);
                }
            }
        }
        sources
    }
}

/// A digest of a text and of what came before it. Not the standard library's, which may change with its version while this one is
/// kept on disk.
fn digest(before: u64, text: &str) -> u64 {
    const ODD: u128 = 0x9e37_79b9_7f4a_7c15;
    let mix = |digest: u64, word: u64| {
        let product = u128::from(digest ^ word) * ODD;
        (product as u64) ^ (product >> 64) as u64
    };
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    let digest = words
        .iter()
        .fold(before, |digest, word| mix(digest, u64::from_le_bytes(*word)));
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    // The length tells a text from one that goes on with NULs, and two texts from one.
    mix(mix(digest, u64::from_le_bytes(last)), text.len() as u64 + 1)
}

/// What tells that `file` may have changed; `path` is what it is called.
pub fn file_stamp(file: &Path, path: &str) -> FileStamp {
    match fs::metadata(file) {
        Ok(known) => (
            path.to_owned(),
            known.len(),
            known.modified().ok(),
            known.created().ok(),
        ),
        Err(_) => (path.to_owned(), 0, None, None),
    }
}

/// Is given a script, its path below the folder, and whether a link led to it.
type Visit<'v> = dyn FnMut(&Path, &str, bool) -> Result<(), Error> + 'v;

/// Visits every script below `folder`, links followed; a missing folder has none. `linked`: whether a link led to it.
fn walk(folder: &Path, below: &str, depth: usize, linked: bool, visit: &mut Visit<'_>) -> Result<(), Error> {
    let unreadable = |error: std::io::Error| Error::unreadable(below, 0, format!("文件夹无法读取：{error}"));
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(unreadable)?,
    };
    // Visited when this one is closed again: an open folder takes memory, and handles.
    let mut folders = Vec::new();
    for entry in entries {
        let entry = entry.map_err(unreadable)?;
        // A name that is not Unicode is no script of ours; one with a dot in front is being written, or version control's.
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let path = if below.is_empty() {
            name.clone()
        } else {
            format!("{below}/{name}")
        };
        if name.starts_with('.') || path == ANNOTATIONS {
            continue;
        }
        // What the folder itself tells costs nothing more; a link is followed, and so is what it tells nothing of.
        let told = entry.file_type().ok().filter(|kind| !kind.is_symlink());
        let is_folder = told.map_or_else(|| entry.path().is_dir(), |kind| kind.is_dir());
        let linked = linked || told.is_none();
        if is_folder {
            if depth == DEEPEST {
                return Err(Error::unreadable(path, 0, "文件夹层次过深，请检查是否有循环链接"));
            }
            folders.push((entry.path(), path, linked));
        } else if name.ends_with(".lua") {
            visit(&entry.path(), &path, linked)?;
        }
    }
    folders
        .into_iter()
        .try_for_each(|(folder, path, linked)| walk(&folder, &path, depth + 1, linked, visit))
}

/// The layers of a division code (GB/T 2260), lowest first: base, province, city, county, this hospital's own.
fn layers(region: Option<&str>) -> Vec<String> {
    let mut layers = vec![String::new()];
    if let Some(code) = region {
        for digits in [2, 4, 6] {
            let code = format!("{:0<6}", code.get(..digits).unwrap_or(code));
            let layer = format!("regions/{code}/");
            if !layers.contains(&layer) {
                layers.push(layer);
            }
        }
    }
    layers.push("site/".to_owned());
    layers
}

/// A link may lead about the tree, but not out of it.
fn check_inside(root: &Path, file: &Path, name: &str) -> Result<(), Error> {
    let real = |path| fs::canonicalize(path).ok();
    match real(root).zip(real(file)) {
        Some((root, real)) if !real.starts_with(&root) => {
            let mistake = Mistake::new("是指向scripts文件夹之外的链接", "请把文件本身放进来");
            Err(Error::unreadable(name, 0, mistake))
        }
        _ => Ok(()),
    }
}

/// Reads a script with the room of `bytes`.
fn read_script(
    path: &Path,
    name: &str,
    known: Option<&SmolStr>,
    bytes: &mut Vec<u8>,
) -> Result<SmolStr, Error> {
    let unreadable = |text: String| Error::unreadable(name, 0, text);
    let failed = |error: std::io::Error| unreadable(format!("无法读取：{error}"));
    let mut file = fs::File::open(path).map_err(failed)?;
    bytes.clear();
    // Most scripts fit, and are read at once.
    bytes.reserve(8 << 10);
    file.by_ref()
        .take(LARGEST + 1)
        .read_to_end(bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > LARGEST {
        let size = file.metadata().map_err(failed)?.len();
        return Err(unreadable(format!("文件有{size}字节，超过脚本上限{LARGEST}字节")));
    }
    match known.filter(|known| known.as_bytes() == bytes.as_slice()) {
        Some(known) => Ok(known.clone()),
        None => script_file::text(bytes, name).map(SmolStr::from),
    }
}

/// Whether a script is the embedded one of its name.
pub(super) fn is_embedded(name: &str, text: &str) -> bool {
    EMBEDDED.contains(&(name, text))
}

impl Source {
    /// The layer that the file belongs to, as its folder below `scripts/`; empty for the base.
    pub(super) fn layer(&self) -> &str {
        let second_slash = |rest: &str| rest.find('/').map(|at| "regions/".len() + at);
        let end = match self.name.strip_prefix("regions/") {
            Some(rest) => second_slash(rest).unwrap_or_default(),
            None if self.name.starts_with("site/") => "site".len(),
            None => 0,
        };
        self.name.get(..end).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[&str]) -> Tree {
        Tree::of(files.iter().map(|&path| (path.to_owned(), path.into())).collect())
    }

    #[test]
    fn a_region_sees_its_county_over_its_city_over_its_province_over_the_base() {
        let tree = tree(&[
            "devices/a.lua",
            "devices/b.lua",
            "devices/c.lua",
            "devices/d.lua",
            "regions/350000/devices/a.lua",
            "regions/350200/devices/a.lua",
            "regions/350200/devices/b.lua",
            "regions/350203/devices/c.lua",
            "regions/350500/devices/a.lua",
            "site/devices/d.lua",
        ]);
        let seen = |region| -> Vec<String> {
            tree.for_region(region)
                .into_values()
                .map(|source| source.name)
                .collect()
        };
        assert_eq!(
            seen(Some("350203")),
            [
                "regions/350200/devices/a.lua",
                "regions/350200/devices/b.lua",
                "regions/350203/devices/c.lua",
                "site/devices/d.lua"
            ]
        );
        assert_eq!(
            seen(None),
            [
                "devices/a.lua",
                "devices/b.lua",
                "devices/c.lua",
                "site/devices/d.lua"
            ]
        );
        assert_eq!(seen(Some("350500"))[0], "regions/350500/devices/a.lua");
    }

    #[test]
    fn below_a_file_is_the_same_one_of_the_next_layer_that_has_it() {
        let tree = tree(&[
            "devices/a.lua",
            "regions/350200/devices/a.lua",
            "site/devices/a.lua",
        ]);
        let sources = tree.for_region(Some("350203"));
        let mut source = sources.get("devices/a.lua");
        let mut layers = Vec::new();
        while let Some(layer) = source {
            layers.push(layer.layer());
            source = layer.below.as_deref();
        }
        assert_eq!(layers, ["site", "regions/350200", ""]);
    }

    #[test]
    fn a_fingerprint_tells_names_from_contents() {
        let swapped = tree(&["a.lua", "b.lua"]);
        let print = swapped.fingerprint();
        assert_eq!(print, tree(&["a.lua", "b.lua"]).fingerprint());
        let mut other = swapped.files.clone();
        other.insert("b.lua".to_owned(), "a.lua".into());
        assert_ne!(print, Tree::of(other).fingerprint());
    }
}
