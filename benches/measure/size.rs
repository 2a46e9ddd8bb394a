//! The sizes of the stripped libraries.

use super::contenders::{Contenders, HANDWRITTEN, HARDCODED};
use super::{desks, table};
use std::path::Path;

pub fn measure(contenders: &Contenders) {
    println!("\n## 去掉符号的动态库");
    let size = |path: &Path| path.metadata().map(|file| file.len()).ok();
    let released = [
        "linux-x64/libmps_client.so",
        "windows-x86/mps_client.dll",
        "windows-x64/mps_client.dll",
    ];
    let mut files: Vec<_> = released
        .iter()
        .map(|file| (*file, desks::project("target/dist").join(file)))
        .collect();
    for name in [HARDCODED, HANDWRITTEN] {
        files.extend(
            contenders
                .named(name)
                .map(|contender| (name, contender.library.clone())),
        );
    }
    let rows: Vec<_> = files
        .iter()
        .filter_map(|(name, path)| {
            Some(vec![
                (*name).to_owned(),
                format!("{:.2}", size(path)? as f64 / 1e6),
            ])
        })
        .collect();
    table::print(&["动态库", "MB"], &rows);
}
