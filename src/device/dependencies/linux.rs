//! Where Linux' loader looks for what a library needs.

use super::{Binary, Found, Machine, Search};
use std::path::{Path, PathBuf};

/// The folders that are looked at without being named anywhere.
const STANDARD: [&str; 4] = ["/lib", "/usr/lib", "/lib64", "/usr/lib64"];

/// The programs' libraries that the loader has listed; a file of strings between other things.
const CACHE: &str = "/etc/ld.so.cache";

pub(super) fn find(search: &Search, name: &str, by: &Path, needing: &Binary) -> Found {
    // What is loaded is known by the name that it gives itself, whatever its file is called.
    let mut preloaded = search.preloaded.iter();
    if preloaded.any(|(_, binary)| binary.soname.as_deref() == Some(name)) {
        return Found::Systems(None);
    }
    let fits = |file: &PathBuf| Machine::of(file).is_ok_and(|machine| machine == search.machine);
    if name.contains('/') {
        let file = Some(PathBuf::from(name)).filter(fits);
        return file.map_or(Found::Nowhere(None), Found::Vendors);
    }
    let origin = by.parent().unwrap_or(Path::new("")).display().to_string();
    let named = needing.run_paths.iter().map(|folder| {
        let folder = folder.replace("${ORIGIN}", &origin).replace("$ORIGIN", &origin);
        PathBuf::from(folder)
    });
    let variable = std::env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
    let named = named.chain(std::env::split_paths(&variable));
    if let Some(file) = named.map(|folder| folder.join(name)).find(fits) {
        return Found::Vendors(file);
    }
    let standard = STANDARD.map(|folder| Path::new(folder).join(name));
    if let Some(file) = cached(name).into_iter().chain(standard).find(fits) {
        return Found::Systems(Some(file));
    }
    let beside = search.folder.join(name);
    Found::Nowhere(beside.is_file().then_some(beside))
}

/// The files of this name that the loader has listed. Every layout of the list keeps each path whole, with a NUL behind it.
fn cached(name: &str) -> Vec<PathBuf> {
    let cache = std::fs::read(CACHE).unwrap_or_default();
    let paths = cache.split(|byte| *byte == 0).filter_map(|path| {
        let path = std::str::from_utf8(path).ok()?;
        let file = path.strip_suffix(name)?;
        (file.starts_with('/') && file.ends_with('/')).then(|| PathBuf::from(path))
    });
    paths.collect()
}

/// The running program: what it is linked with is there for every library.
pub(super) fn running(machine: Machine) -> Option<(PathBuf, Binary)> {
    let path = std::env::current_exe()
        .ok()
        .filter(|_| machine == Machine::OURS)?;
    let binary = Binary::read(&path).ok()?;
    Some((path, binary))
}
