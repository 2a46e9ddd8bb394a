//! The journal's files: `2026-01-31.jsonl`, then `2026-01-31.2.jsonl` where that one is full or another user's.
//!
//! A file is opened for one batch of lines and closed again, so that others may read, move and delete it at any time, and
//! every batch is appended by one write, so that processes which write the same file at once do not mix their lines.

use super::Day;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

/// Files that one day can have.
const MOST_PARTS: u32 = 999;
/// Bytes that a file's name has at most, and what parts it from its folder.
const LONGEST_NAME: usize = 32;
/// A file may have this part of all the bytes: whole files are what can be let go.
const PART: u64 = 8;

/// Where the journal is kept, and how much of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The folder, absolute.
    pub folder: PathBuf,
    /// Days that are kept.
    pub days: usize,
    /// Bytes that are kept.
    pub bytes: u64,
    /// The folder of recordings.
    pub recordings: PathBuf,
}

/// One file of the journal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Part {
    pub(super) day: Day,
    pub(super) number: u32,
}

impl Part {
    pub(super) fn path(&self, folder: &Path) -> PathBuf {
        // With room from the start: it is made for each batch, and what grows on one thread in the memory of another leaves holes there.
        let mut path = PathBuf::with_capacity(folder.as_os_str().len() + LONGEST_NAME);
        path.push(folder);
        let mut name = String::with_capacity(LONGEST_NAME);
        // A text takes all that is written.
        let _ = match self.number {
            1 => write!(name, "{}.jsonl", self.day),
            number => write!(name, "{}.{number}.jsonl", self.day),
        };
        path.push(name);
        path
    }

    /// The file of this name, where it is one of ours.
    fn named(name: &str) -> Option<Part> {
        let name = name.strip_suffix(".jsonl")?;
        let (day, number) = match name.split_once('.') {
            None => (name, 1),
            Some((day, number)) => (day, number.parse().ok().filter(|number| *number > 1)?),
        };
        let day = day.parse().ok()?;
        Some(Part { day, number })
    }
}

/// The journal's files with their sizes, the oldest first.
pub(super) fn parts(folder: &Path) -> io::Result<BTreeMap<Part, u64>> {
    let mut parts = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let part = entry.file_name().to_str().and_then(Part::named);
        let size = entry.metadata().ok().filter(fs::Metadata::is_file);
        if let (Some(part), Some(size)) = (part, size) {
            parts.insert(part, size.len());
        }
    }
    Ok(parts)
}

/// The days that a journal has, the oldest first.
pub fn days(folder: &Path) -> io::Result<Vec<Day>> {
    let mut days: Vec<Day> = parts(folder)?.into_keys().map(|part| part.day).collect();
    days.dedup();
    Ok(days)
}

/// A file that lines can be appended to.
pub(super) struct Open(File);

/// How far an append came.
pub(super) enum Appended {
    Whole,
    /// So many bytes went through.
    Cut(usize, io::Error),
}

impl Settings {
    /// Opens the file of a day that has room: the one that is known to be in use, the last one that is there, or a new one.
    pub(super) fn open(&self, day: Day, known: Option<u32>) -> io::Result<(Open, u32)> {
        let full = self.part();
        let last = || {
            let parts = parts(&self.folder).unwrap_or_default();
            let last = parts.into_keys().rfind(|part| part.day == day);
            last.map_or(1, |part| part.number)
        };
        let from = known.unwrap_or_else(last);
        for number in from..=MOST_PARTS {
            let path = Part { day, number }.path(&self.folder);
            match open(&path) {
                // Another user's.
                Err(error) if error.kind() == ErrorKind::PermissionDenied && path.exists() => {}
                Err(error) => return Err(error),
                Ok((file, size)) if size < full => return Ok((Open(file), number)),
                Ok(_) => {}
            }
        }
        Err(ErrorKind::StorageFull.into())
    }

    /// How large a file becomes.
    fn part(&self) -> u64 {
        (self.bytes / PART).max(1)
    }

    /// Lets go of what is beyond the days and the bytes that are kept, so that the newest file has room to become full. Days are counted
    /// by their files: a clock that was wrong for a moment must not take all of them away.
    pub(super) fn prune(&self) {
        let Ok(parts) = parts(&self.folder) else { return };
        let mut days: Vec<Day> = parts.keys().map(|part| part.day).collect();
        days.dedup();
        let oldest = days.len().checked_sub(self.days).and_then(|at| days.get(at));
        let newest = parts.keys().next_back().cloned();
        let size = |(part, size): (&Part, &u64)| match Some(part) == newest.as_ref() {
            true => self.part().max(*size),
            false => *size,
        };
        let mut bytes: u64 = parts.iter().map(size).sum();
        for (part, size) in parts {
            let too_old = oldest.is_some_and(|oldest| part.day < *oldest);
            if (too_old || bytes > self.bytes) && Some(&part) != newest.as_ref() {
                // Another process may have been quicker.
                let _ = fs::remove_file(part.path(&self.folder));
                bytes -= size;
            }
        }
    }
}

impl Open {
    /// Appends whole lines by one write.
    pub(super) fn append(mut self, text: &[u8]) -> Appended {
        let mut from = 0;
        loop {
            match self.0.write(&text[from..]) {
                Ok(0) => return Appended::Cut(from, ErrorKind::WriteZero.into()),
                Ok(wrote) if from + wrote >= text.len() => return Appended::Whole,
                // The rest will fail, and say why; unless a signal came between.
                Ok(wrote) => from += wrote,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Appended::Cut(from, error),
            }
        }
    }
}

/// Opens a file for appending, made where there is none, folder included; never through a link, and only what is a plain file:
/// where others may write to the folder, a link would lead our lines into any file of this user's.
fn open(path: &Path) -> io::Result<(File, u64)> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    without_links(&mut options);
    let file = match options.open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
            options.open(path)?
        }
        opened => opened?,
    };
    let known = file.metadata()?;
    if !known.is_file() {
        return Err(ErrorKind::InvalidInput.into());
    }
    Ok((file, known.len()))
}

#[cfg(unix)]
fn without_links(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt;
    // A pipe that nobody reads would be waited for.
    options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
}

#[cfg(windows)]
fn without_links(options: &mut OpenOptions) {
    use std::os::windows::fs::OpenOptionsExt;
    const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;
    options.custom_flags(FILE_FLAG_OPEN_REPARSE_POINT);
}

#[cfg(test)]
mod tests {
    use super::{PART, Part, Settings, parts};
    use std::fs;

    #[test]
    fn a_file_is_known_by_its_name_and_nothing_else_is() {
        let name = |name: &str| Some(Part::named(name)?.path("".as_ref()).display().to_string());
        for ours in ["2026-01-31.jsonl", "2026-01-31.2.jsonl"] {
            assert_eq!(name(ours).as_deref(), Some(ours));
        }
        for other in [
            "notes.jsonl",
            "2026-01-31.json",
            "2026-01-31.1.jsonl",
            "2026-01-31.x.jsonl",
        ] {
            assert_eq!(name(other), None, "{other}");
        }
    }

    #[test]
    fn a_new_file_has_room_to_become_full() {
        let folder = std::env::temp_dir().join(format!("mps-parts-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder can be made");
        let settings = Settings {
            folder: folder.clone(),
            days: 9,
            bytes: 100 * PART,
            ..Settings::default()
        };
        for number in 1..=PART as u32 + 1 {
            let day = "2026-01-31".parse().expect("a day");
            let (_, known) = settings.open(day, Some(number)).expect("it can be written");
            assert_eq!(known, number);
            settings.prune();
            fs::write(Part { day, number }.path(&folder), [b' '; 100]).expect("it can be written");
            let bytes: u64 = parts(&folder).expect("it is there").values().sum();
            assert_eq!(bytes, 100 * PART.min(number.into()));
        }
        fs::remove_dir_all(&folder).expect("it was made");
    }
}
