//! Coverage in LCOV's format: lines as lines, and each declared response field as a branch of the line that declares it, one for
//! each region, function id and way that it answers.

use super::super::super::Misuse;
use super::{Covered, Share, lines};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// One branch: its block is the region's code, 0 for the base.
struct Branch {
    line: usize,
    block: u32,
    /// How often the field was seen with a value; `None` where the way was never called.
    taken: Option<u64>,
}

pub(in super::super) fn write(covered: &Covered, home: &Path, file: &Path) -> Result<(), Misuse> {
    let written = std::fs::write(file, report(covered, &home.join("scripts")));
    written.map_err(|error| Misuse::new(format!("写不进去: {}（{error}）", file.display())))
}

fn report(covered: &Covered, scripts: &Path) -> String {
    let branches = branches(covered);
    let mut text = "TN:\n".to_owned();
    for file in &covered.files {
        let Ok(counts) = &file.lines else { continue };
        let path = scripts.join(&file.file);
        let path = std::path::absolute(&path).unwrap_or(path);
        // A String takes everything.
        let _ = writeln!(text, "SF:{}", path.display());
        let own = branches.get(file.file.as_str()).map(Vec::as_slice);
        text.push_str(&of_branches(own.unwrap_or_default()));
        for (line, times) in counts {
            let _ = writeln!(text, "DA:{line},{times}");
        }
        let Share { part, whole } = lines(file);
        let _ = writeln!(text, "LF:{whole}\nLH:{part}\nend_of_record");
    }
    text
}

/// The branches by file.
fn branches(covered: &Covered) -> BTreeMap<&str, Vec<Branch>> {
    let mut branches: BTreeMap<&str, Vec<Branch>> = BTreeMap::new();
    for (region, way) in covered.ways() {
        for field in way.fields.iter().filter(|field| field.place.line > 0) {
            let own = branches.entry(field.place.file.as_str()).or_default();
            own.push(Branch {
                line: field.place.line,
                block: region.and_then(|code| code.parse().ok()).unwrap_or_default(),
                taken: (way.calls > 0).then_some(field.seen.filled),
            });
        }
    }
    branches
        .values_mut()
        .for_each(|own| own.sort_by_key(|branch| (branch.line, branch.block)));
    branches
}

fn of_branches(branches: &[Branch]) -> String {
    let mut text = String::new();
    let (mut place, mut number) = ((0, 0), 0);
    for branch in branches {
        number = if place == (branch.line, branch.block) {
            number + 1
        } else {
            0
        };
        place = (branch.line, branch.block);
        let taken = branch.taken.map_or("-".to_owned(), |times| times.to_string());
        // A String takes everything.
        let _ = writeln!(text, "BRDA:{},{},{number},{taken}", branch.line, branch.block);
    }
    let hit = branches
        .iter()
        .filter(|branch| branch.taken.is_some_and(|times| times > 0));
    if !branches.is_empty() {
        let _ = writeln!(text, "BRF:{}\nBRH:{}", branches.len(), hit.count());
    }
    text
}
