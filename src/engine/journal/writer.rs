//! The thread's work: batches of lines go into files.

use super::Day;
use super::entry::Entry;
use super::files::{Appended, Settings};
use super::line::Formatter;
use super::waiting::Waiting;
use std::borrow::Cow;
use std::io;
use std::time::SystemTime;

/// Bytes that are handed to the system in one write, at least one line.
const MOST_BYTES: usize = 64 << 10;

/// Where the last lines went.
#[derive(Default)]
pub(super) struct Writer {
    formatter: Formatter,
    settings: Settings,
    part: Option<(Day, u32)>,
    /// Whether the last write was cut off in the middle of a line.
    torn: bool,
    /// Lines that could not be written, and not been told of yet.
    lost: u64,
}

impl Writer {
    /// Writes a batch and empties it. The error says why lines are missing.
    pub(super) fn write(&mut self, settings: &Settings, batch: &mut Waiting) -> Result<(), String> {
        if self.settings != *settings {
            self.settings = settings.clone();
            self.part = None;
        }
        self.lost += batch.take_lost();
        // Not the writer's own, which is busy with writing meanwhile.
        let mut formatter = std::mem::take(&mut self.formatter);
        let made = |out: &mut String, entry: &Entry| {
            if entry.is_journalled() {
                formatter.entry(out, entry);
            }
        };
        let mut failed = None;
        batch.drain(made, |lines| {
            let mut rest = lines;
            while !rest.is_empty() {
                let (lines, others) = rest.split_at(end_of_some(rest));
                failed = self.append(lines).err().or(failed.take());
                rest = others;
            }
        });
        self.formatter = formatter;
        failed.map_or(Ok(()), |error| Err(described(&error)))
    }

    /// Appends lines by one write, before which the lost ones are told.
    fn append(&mut self, lines: &str) -> io::Result<()> {
        let now = SystemTime::now();
        let mut begin = String::new();
        if self.torn {
            begin.push('\n');
        }
        if self.lost > 0 {
            self.formatter.lost(&mut begin, now, self.lost);
        }
        let text = match begin.is_empty() {
            true => Cow::Borrowed(lines),
            false => Cow::Owned(begin + lines),
        };
        match self.append_to_file(Day::of(now), &text) {
            Ok(Appended::Whole) => {
                (self.torn, self.lost) = (false, 0);
                Ok(())
            }
            Ok(Appended::Cut(bytes, error)) => {
                let through = text.as_bytes().get(..bytes).unwrap_or_default();
                // What ends half a line is no line.
                let whole = line_ends(through) - u64::from(self.torn && bytes > 0);
                self.torn = through.last().map_or(self.torn, |last| *last != b'\n');
                let lines = line_ends(lines.as_bytes());
                // The line that tells of the lost ones is the first.
                self.lost = match (self.lost, whole) {
                    (0, whole) => lines.saturating_sub(whole),
                    (told, 0) => told + lines,
                    (_, whole) => (lines + 1).saturating_sub(whole),
                };
                Err(error)
            }
            Err(error) => {
                self.lost += line_ends(lines.as_bytes());
                Err(error)
            }
        }
    }

    fn append_to_file(&mut self, day: Day, text: &str) -> io::Result<Appended> {
        let known = self.part.filter(|(known, _)| *known == day);
        let (open, number) = self.settings.open(day, known.map(|(_, number)| number))?;
        // Only a new file needs room. To look for old ones is to read the folder, which whoever watches it is told of.
        if self.part != Some((day, number)) {
            self.settings.prune();
            self.part = Some((day, number));
        }
        Ok(open.append(text))
    }
}

/// Where the lines end that are handed to the system in one write.
fn end_of_some(lines: &str) -> usize {
    let (some, others) = lines.as_bytes().split_at(lines.len().min(MOST_BYTES));
    if others.is_empty() {
        return lines.len();
    }
    let is_end = |byte: &u8| *byte == b'\n';
    let end = some.iter().rposition(is_end);
    let beyond = || Some(some.len() + others.iter().position(is_end)?);
    end.or_else(beyond).map_or(lines.len(), |end| end + 1)
}

fn line_ends(text: &[u8]) -> u64 {
    text.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// Why lines are missing, for `mps status`.
fn described(error: &io::Error) -> String {
    let why = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => "磁盘已满",
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => "没有写的权限",
        io::ErrorKind::NotADirectory | io::ErrorKind::NotFound => "文件夹建不出来",
        io::ErrorKind::InvalidInput => "那里不是普通的文件",
        _ => "写不进去",
    };
    let number = error
        .raw_os_error()
        .map_or_else(String::new, |number| format!("（系统错误 {number}）"));
    format!("E010 日志{why}{number}，请检查mps.toml中[journal]的folder所在的磁盘和权限")
}
