//! Where Windows' loader looks for what a library needs that is loaded by its full path.

use super::{Binary, Found, Machine, Search};
use std::path::{Path, PathBuf};

/// Names that stand for no file: newer Windows know them all.
const API_SETS: [&str; 2] = ["api-ms-", "ext-ms-"];
/// Those of the C runtime, which older Windows have only with an update.
const RUNTIME: &str = "api-ms-win-crt-";
/// Runtimes that older compilers keep in the side-by-side folder, by the beginning of their names.
const SIDE_BY_SIDE: [&str; 4] = ["msvcr", "msvcp", "mfc", "atl"];

pub(super) fn find(search: &Search, name: &str, _: &Path, _: &Binary) -> Found {
    let name = &match name.contains('.') {
        true => name.to_ascii_lowercase(),
        false => format!("{}.dll", name.to_ascii_lowercase()),
    };
    let same_name = |path: &PathBuf| {
        path.file_name()
            .is_some_and(|file| file.eq_ignore_ascii_case(name))
    };
    if search.preloaded.iter().any(|(path, _)| same_name(path)) {
        return Found::Systems(None);
    }
    let beside = search.folder.join(name);
    if beside.is_file() {
        return Found::Vendors(beside);
    }
    let windows = windows();
    let system = windows.join(system_folder(search.machine));
    let systems = [
        system.join(name),
        windows.join("System").join(name),
        windows.join(name),
    ];
    if systems.iter().any(|file| file.is_file()) {
        return Found::Systems(None);
    }
    let is_runtime = name.starts_with(RUNTIME);
    let known = match is_runtime {
        true => system.join("ucrtbase.dll").is_file(),
        false => API_SETS.iter().any(|set| name.starts_with(set)),
    };
    if known || in_side_by_side(&windows, name) {
        return Found::Systems(None);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = std::env::split_paths(&path).map(|folder| folder.join(name));
    folders
        .find(|file| file.is_file())
        .map_or(Found::Nowhere(None), Found::Vendors)
}

fn windows() -> PathBuf {
    std::env::var_os("SystemRoot").map_or_else(|| PathBuf::from(r"C:\Windows"), PathBuf::from)
}

/// The folder of the system's libraries for a machine, as this process sees it.
fn system_folder(machine: Machine) -> &'static str {
    match (machine.bits, Machine::OURS.bits) {
        (32, 64) => "SysWOW64",
        (64, 32) => "Sysnative",
        _ => "System32",
    }
}

/// Whether a runtime stands in one of the folders that libraries name by their manifests.
fn in_side_by_side(windows: &Path, name: &str) -> bool {
    if !SIDE_BY_SIDE.iter().any(|runtime| name.starts_with(runtime)) {
        return false;
    }
    let folders = std::fs::read_dir(windows.join("WinSxS"))
        .into_iter()
        .flatten()
        .flatten();
    folders
        .map(|folder| folder.path().join(name))
        .any(|file| file.is_file())
}

/// What the program is linked with is of no use to a library here: each names its own.
pub(super) fn running(_: Machine) -> Option<(PathBuf, Binary)> {
    None
}
