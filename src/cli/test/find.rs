//! Which files of scenarios there are, and which of their scenarios were asked for.

use super::super::Misuse;
use crate::engine::{Layer, Theatre};
use crate::script::{Entry, Error, Files, Playbook};
use std::fs;
use std::path::{Path, PathBuf};

/// A file of scenarios.
pub(super) struct Found {
    /// As it is called in messages and on the command line.
    pub(super) name: String,
    pub(super) layer: Layer,
    /// Its scenarios, or why they cannot be read.
    pub(super) playbook: Result<Playbook, Error>,
    /// The line of the only one that was asked for.
    pub(super) line: Option<usize>,
}

/// What was asked for.
pub(super) struct Selection {
    paths: Vec<(PathBuf, Option<usize>)>,
    named: Option<String>,
}

impl Selection {
    /// `paths` as written: a file, a folder, or `file:line`.
    pub(super) fn of(paths: &[PathBuf], named: Option<&str>) -> Result<Selection, Misuse> {
        let path = |path: &PathBuf| {
            if path.exists() {
                return Ok((path.clone(), None));
            }
            let text = path.to_string_lossy();
            let split = text.rsplit_once(':').and_then(|(file, line)| {
                let (file, line) = (PathBuf::from(file), line.parse().ok()?);
                file.is_file().then_some((file, Some(line)))
            });
            split.ok_or_else(|| Misuse::new(format!("没有这个文件或文件夹: {}", path.display())))
        };
        Ok(Selection {
            paths: paths.iter().map(path).collect::<Result<_, _>>()?,
            named: named.map(str::to_owned),
        })
    }

    /// Whether a scenario was asked for.
    pub(super) fn takes(&self, file: &Found, entry: &Entry) -> bool {
        let named = self
            .named
            .as_ref()
            .is_none_or(|named| entry.name.contains(named.as_str()));
        named
            && file
                .line
                .is_none_or(|line| (entry.line..=entry.end).contains(&line))
    }
}

/// The files that were asked for; where none were, the home's own tests and those in its scripts.
pub(super) fn files(home: &Path, theatre: &Theatre, selection: &Selection) -> Result<Vec<Found>, Misuse> {
    let mut found = Vec::new();
    if selection.paths.is_empty() {
        walk(&home.join("tests").join("scenarios"), &mut |path| {
            found.push(read(theatre, Layer::Desk, path, None));
            Ok(())
        })?;
        let own = theatre.scenarios().map(|(layer, path, text)| {
            let name = home.join("scripts").join(path).display().to_string();
            of_bytes(theatre, layer, name, text.as_bytes(), None, None)
        });
        found.extend(own);
        if found.is_empty() {
            return Err(Misuse::new(format!(
                "{} 里没有场景文件；请写在 tests/scenarios/名称.lua，或给出路径",
                home.display()
            )));
        }
        return Ok(found);
    }
    for (path, line) in &selection.paths {
        walk(path, &mut |file| {
            let layer = layer_of(home, file);
            // A folder of scripts holds others besides.
            let stands_among_others = layer != Layer::Desk && file != path.as_path();
            let own_folder = file.parent().is_some_and(|folder| folder.ends_with("scenarios"));
            if own_folder || !stands_among_others {
                found.push(read(theatre, layer, file, *line));
            }
            Ok(())
        })?;
    }
    Ok(found)
}

/// The layer that a file in the scripts' folder belongs to.
fn layer_of(home: &Path, path: &Path) -> Layer {
    let real = |path: &Path| fs::canonicalize(path).ok();
    let within = real(path).zip(real(&home.join("scripts")));
    let within = within.and_then(|(path, scripts)| path.strip_prefix(scripts).ok().map(Path::to_owned));
    let Some(within) = within else { return Layer::Desk };
    let mut parts = within.iter().filter_map(|part| part.to_str());
    match (parts.next(), parts.next()) {
        (Some("site"), _) => Layer::Site,
        (Some("regions"), Some(code)) => Layer::Region(code.to_owned()),
        _ => Layer::Base,
    }
}

/// Visits a file, or every script below a folder in the order of their names.
fn walk(path: &Path, visit: &mut dyn FnMut(&Path) -> Result<(), Misuse>) -> Result<(), Misuse> {
    if path.is_file() {
        return visit(path);
    }
    let Ok(entries) = fs::read_dir(path) else {
        return Ok(());
    };
    let mut inside: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    inside.sort();
    for path in inside {
        let hidden = path
            .file_name()
            .is_none_or(|name| name.to_string_lossy().starts_with('.'));
        let script = path.extension().is_some_and(|extension| extension == "lua");
        if !hidden && (path.is_dir() || script) {
            walk(&path, visit)?;
        }
    }
    Ok(())
}

fn read(theatre: &Theatre, layer: Layer, path: &Path, line: Option<usize>) -> Found {
    let name = path.display().to_string();
    match fs::read(path) {
        Ok(bytes) => of_bytes(theatre, layer, name, &bytes, files_of(path), line),
        Err(error) => Found {
            playbook: Err(Error::unreadable_file(&name, &error)),
            name,
            layer,
            line,
        },
    }
}

fn of_bytes(
    theatre: &Theatre,
    layer: Layer,
    name: String,
    bytes: &[u8],
    files: Option<Files>,
    line: Option<usize>,
) -> Found {
    let region = theatre.region(&layer);
    let playbook = Playbook::read(&name, bytes, theatre.tree(&layer), region.as_deref(), files);
    Found {
        name,
        layer,
        playbook,
        line,
    }
}

/// What `t:file` may read: the scenario's folder, and the `tests` around it.
fn files_of(path: &Path) -> Option<Files> {
    let path = std::path::absolute(path).ok()?;
    let folder = path.parent()?;
    let root = folder.ancestors().find(|folder| folder.ends_with("tests"));
    Some(Files {
        root: root.unwrap_or(folder).to_owned(),
        folder: folder.to_owned(),
    })
}
