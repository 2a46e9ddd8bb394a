//! Reading the journal, also while it is written.

use super::Day;
use super::files::{Part, parts};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

/// What every line begins with.
const BEGINNING: &[u8] = br#"{"time":"#;
/// A line is not longer; more without an end is no line of ours.
const LONGEST: usize = 1 << 20;

/// Reads every line of one day, in the order in which they were written.
pub fn read(folder: &Path, day: Day, mut line: impl FnMut(Json)) -> io::Result<()> {
    for part in parts(folder)?.into_keys().filter(|part| part.day == day) {
        let mut file = BufReader::new(File::open(part.path(folder))?);
        let mut text = Vec::new();
        while file.read_until(b'\n', &mut text)? > 0 {
            parse(&text).map(&mut line);
            text.clear();
        }
    }
    Ok(())
}

/// A line as JSON. A full disk may have left half a line, to which another process has appended its own.
fn parse(text: &[u8]) -> Option<Json> {
    let mut beginnings = text.windows(BEGINNING.len());
    let begins = beginnings.rposition(|window| window == BEGINNING)?;
    serde_json::from_slice(text.get(begins..)?).ok()
}

/// Follows what is written, from one file to the next.
pub struct Follower {
    folder: PathBuf,
    files: BTreeMap<Part, Followed>,
}

#[derive(Default)]
struct Followed {
    /// Where the next line begins.
    at: u64,
}

impl Follower {
    /// Begins behind what is there.
    pub fn at_the_end(folder: &Path) -> Follower {
        let there = parts(folder).unwrap_or_default().into_iter();
        Follower {
            folder: folder.to_owned(),
            files: there.map(|(part, at)| (part, Followed { at })).collect(),
        }
    }

    /// What has been written since.
    pub fn next_lines(&mut self) -> Vec<Json> {
        let mut lines = Vec::new();
        // Where there is no folder yet there is nothing to read.
        let there = parts(&self.folder).unwrap_or_default();
        self.files.retain(|part, _| there.contains_key(part));
        for (part, size) in there {
            let path = part.path(&self.folder);
            let followed = self.files.entry(part).or_default();
            // What cannot be read now can be the next time.
            let _ = followed.read(&path, size, &mut |line| lines.push(line));
        }
        lines
    }
}

impl Followed {
    fn read(&mut self, path: &Path, size: u64, line: &mut impl FnMut(Json)) -> io::Result<()> {
        if size < self.at {
            // Somebody has emptied it.
            self.at = 0;
        }
        if size == self.at {
            return Ok(());
        }
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(self.at))?;
        let mut file = BufReader::new(file);
        let mut text = Vec::new();
        loop {
            text.clear();
            let read = file.by_ref().take(LONGEST as u64).read_until(b'\n', &mut text)?;
            let is_whole = text.ends_with(b"\n");
            if read == 0 || (!is_whole && read < LONGEST) {
                return Ok(());
            }
            self.at += read as u64;
            parse(&text).map(&mut *line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn half_a_line_before_a_line_is_passed_over() {
        let line = br#"{"time":"2026","msg":"a{"ti{"time":"2027","kind":"call"}"#;
        let json = parse(line).expect("a line");
        assert_eq!(json["time"], "2027");
        assert_eq!(parse(br#"{"time":"2026","ms"#), None);
        assert_eq!(parse(b"\n"), None);
    }
}
