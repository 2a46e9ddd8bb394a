//! What concerns the desk as a whole: who may change its files, and the servers that its scripts ask.

use super::Finding;
use crate::device::{Hosts, anyone_may_change, reach};
use crate::engine::state::Home;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

/// How long a server may take to take a connection.
const REACH: Duration = Duration::from_secs(3);

/// Files that are looked at before a folder is taken for something else than scripts.
const MOST_FILES: usize = 10_000;

/// Configuration and scripts that any user may change.
pub(super) fn open_to_all(home: &Home) -> Vec<Finding> {
    let mut paths = vec![home.folder().to_owned(), home.config_file(), home.scripts()];
    below(&home.scripts(), &mut paths);
    let open: Vec<PathBuf> = paths.into_iter().filter(|path| is_open(path)).collect();
    let Some(first) = open.first() else {
        return Vec::new();
    };
    let others = match open.len() - 1 {
        0 => String::new(),
        count => format!("等{}处", count + 1),
    };
    let what = format!("{}{others}，这台电脑的任何用户都可以修改", first.display());
    vec![Finding::warning(
        "E004",
        what,
        "脚本和配置决定读卡的结果：只给管理员写的权限，其他用户只读；state文件夹除外",
    )]
}

/// Whether any user may change a file that is there.
pub(super) fn is_open(path: &Path) -> bool {
    anyone_may_change(path).unwrap_or(false)
}

fn below(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if paths.len() >= MOST_FILES {
            return;
        }
        // Not through links: what they lead to may lead back.
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        paths.push(entry.path());
        if is_folder {
            below(&entry.path(), paths);
        }
    }
}

/// The servers of mps.toml that take no connection.
pub(super) fn unreachable(hosts: &Hosts) -> Vec<Finding> {
    thread::scope(|scope| {
        let asked: Vec<_> = hosts
            .iter()
            .map(|host| scope.spawn(move || reach(host, REACH)))
            .collect();
        let answers = asked.into_iter().filter_map(|asking| asking.join().ok());
        let failed = answers.filter_map(Result::err);
        let finding = |error: crate::device::HttpError| {
            Finding::error(
                "E005",
                error.to_string(),
                "请核对mps.toml中[http]的hosts，以及网络、专线和防火墙",
            )
        };
        failed.map(finding).collect()
    })
}
