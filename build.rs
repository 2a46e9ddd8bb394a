//! Embeds the base scripts, so that the library works alone.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("scripts");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    files.sort();
    let mut list = String::from("&[\n");
    for file in files {
        let name = file.strip_prefix(&root).expect("collected below the root");
        let name = name.to_str().expect("script names are UTF-8").replace('\\', "/");
        writeln!(list, "    ({name:?}, include_str!({file:?})),").expect("a String takes everything");
    }
    list.push(']');
    fs::write(
        PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("embedded.rs"),
        list,
    )
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        // The annotations in library/ are for editors.
        if path.is_dir() && path.ends_with("scripts/library") {
            continue;
        }
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "lua") {
            files.push(path);
        }
    }
    Ok(())
}
