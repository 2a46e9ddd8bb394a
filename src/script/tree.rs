//! The script files: the embedded base, the files on disk over it, and the layers of a region.

use super::Error;
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

/// The base scripts, by their path below `scripts/`.
const EMBEDDED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// A script larger than this is a mistake.
const LARGEST: u64 = 1 << 20;
/// A tree deeper than this is a loop of links.
const DEEPEST: usize = 8;

/// Every script file, read once: what a generation is built from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    // By path below `scripts/`, with forward slashes.
    files: BTreeMap<String, Arc<str>>,
}

/// One script, as a region sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    /// Its path below `scripts/`, layer included: what messages name.
    pub(super) name: String,
    /// Its text.
    pub(super) text: Arc<str>,
}

impl Tree {
    /// The embedded base scripts alone.
    pub fn embedded() -> Tree {
        let files = EMBEDDED
            .iter()
            .map(|&(path, text)| (path.to_owned(), text.into()))
            .collect();
        Tree { files }
    }

    /// The files below `folder` laid over the embedded base; a missing folder adds nothing.
    pub fn read(folder: &Path) -> Result<Tree, Error> {
        let mut tree = Tree::embedded();
        let root = fs::canonicalize(folder).ok();
        walk(folder, "", 0, &mut |file, path| {
            // A link may lead about the tree, but not out of it.
            let real = fs::canonicalize(file).ok();
            if real
                .zip(root.as_ref())
                .is_some_and(|(real, root)| !real.starts_with(root))
            {
                let text = "是指向scripts文件夹之外的链接，请把文件本身放进来";
                return Err(Error::unreadable(path, 0, text));
            }
            let text = read_script(file, path)?;
            tree.files.insert(path.to_owned(), text);
            Ok(())
        })?;
        Ok(tree)
    }

    /// What tells that files below `folder` may have changed: each script's path, size and time of change.
    pub fn stamp(folder: &Path) -> Vec<(String, u64, Option<SystemTime>)> {
        let mut stamp = Vec::new();
        // A folder that cannot be walked now is found changed when it can.
        let _ = walk(folder, "", 0, &mut |file, path| {
            let metadata = fs::metadata(file).ok();
            let (size, changed) = metadata.map_or((0, None), |known| (known.len(), known.modified().ok()));
            stamp.push((path.to_owned(), size, changed));
            Ok(())
        });
        stamp.sort();
        stamp
    }

    /// The scripts of a region by their path within a layer, for example `funids/N04.00.00.01.lua`: the topmost file of each.
    pub(super) fn for_region(&self, region: Option<&str>) -> BTreeMap<String, Source> {
        let layers = layers(region);
        let mut sources = BTreeMap::new();
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
                        text: Arc::clone(text),
                    };
                    sources.insert(within.to_owned(), source);
                }
            }
        }
        sources
    }
}

/// Visits every script below `folder` with its path below it, links followed; a missing folder has none.
fn walk(
    folder: &Path,
    below: &str,
    depth: usize,
    visit: &mut dyn FnMut(&Path, &str) -> Result<(), Error>,
) -> Result<(), Error> {
    let unreadable = |error: std::io::Error| Error::unreadable(below, 0, format!("文件夹无法读取：{error}"));
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(unreadable)?,
    };
    for entry in entries {
        let entry = entry.map_err(unreadable)?;
        // A name that is not Unicode is no script of ours.
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let path = if below.is_empty() {
            name.clone()
        } else {
            format!("{below}/{name}")
        };
        if entry.path().is_dir() {
            if depth == DEEPEST {
                return Err(Error::unreadable(path, 0, "文件夹层次过深，请检查是否有循环链接"));
            }
            walk(&entry.path(), &path, depth + 1, visit)?;
        } else if name.ends_with(".lua") && !name.starts_with('.') {
            visit(&entry.path(), &path)?;
        }
    }
    Ok(())
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

fn read_script(path: &Path, name: &str) -> Result<Arc<str>, Error> {
    let unreadable = |text: String| Error::unreadable(name, 0, text);
    let size = fs::metadata(path)
        .map_err(|error| unreadable(format!("无法读取：{error}")))?
        .len();
    if size > LARGEST {
        return Err(unreadable(format!("文件有{size}字节，超过脚本上限{LARGEST}字节")));
    }
    let bytes = fs::read(path).map_err(|error| unreadable(format!("无法读取：{error}")))?;
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    let text = std::str::from_utf8(text).map_err(|error| {
        let line = 1 + text[..error.valid_up_to()]
            .iter()
            .filter(|&&byte| byte == b'\n')
            .count();
        Error::unreadable(
            name,
            line,
            "不是UTF-8编码（可能存成了GBK），请用编辑器另存为UTF-8",
        )
    })?;
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[&str]) -> Tree {
        Tree {
            files: files.iter().map(|&path| (path.to_owned(), path.into())).collect(),
        }
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
}
