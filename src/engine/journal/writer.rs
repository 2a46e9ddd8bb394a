//! The thread's work: batches of lines go into files.

use super::Day;
use super::files::{Appended, Settings};
use super::line::Formatter;
use super::waiting::Waiting;
use std::borrow::Cow;
use std::io;
use std::time::SystemTime;

/// With so many bytes lines are handed to the system, in one write: a long one costs it far less a line than several short ones.
const MANY_BYTES: usize = 48 << 10;
/// Room for them: few lines are longer than what it has over.
const ROOM: usize = MANY_BYTES + (2 << 10);

/// Where the last lines went.
#[derive(Default)]
pub(super) struct Writer {
    formatter: Formatter,
    lines: Vec<u8>,
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
        let mut failed = None;
        batch.drain(|run| {
            if !run.entry.is_journalled() {
                return;
            }
            self.lines.reserve(ROOM.saturating_sub(self.lines.len()));
            self.formatter.entry(&mut self.lines, run.entry, run.exchanges);
            for repeat in run.repeats() {
                self.append_many(&mut failed);
                self.formatter.again(&mut self.lines, repeat);
            }
            self.append_many(&mut failed);
        });
        failed = self.append_lines().err().or(failed.take());
        failed.map_or(Ok(()), |error| Err(described(&error)))
    }

    /// Appends the lines that are ready, if they are many; makes room for one more.
    fn append_many(&mut self, failed: &mut Option<io::Error>) {
        if self.lines.len() >= MANY_BYTES {
            *failed = self.append_lines().err().or(failed.take());
        }
        self.lines.reserve(ROOM.saturating_sub(self.lines.len()));
    }

    /// Appends the lines that are ready, if there are any, and makes room for others.
    fn append_lines(&mut self) -> io::Result<()> {
        let mut lines = std::mem::take(&mut self.lines);
        let appended = match lines.is_empty() {
            true => Ok(()),
            false => self.append(&lines),
        };
        lines.clear();
        lines.shrink_to(ROOM);
        self.lines = lines;
        appended
    }

    /// Appends lines by one write, before which the lost ones are told.
    fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        let now = SystemTime::now();
        let mut begin = Vec::new();
        if self.torn {
            begin.push(b'\n');
        }
        if self.lost > 0 {
            self.formatter.lost(&mut begin, now, self.lost);
        }
        let text = match begin.is_empty() {
            true => Cow::Borrowed(lines),
            false => Cow::Owned([&begin, lines].concat()),
        };
        match self.append_to_file(Day::of(now), &text) {
            Ok(Appended::Whole) => {
                (self.torn, self.lost) = (false, 0);
                Ok(())
            }
            Ok(Appended::Cut(bytes, error)) => {
                let through = text.get(..bytes).unwrap_or_default();
                // What ends half a line is no line.
                let whole = line_ends(through) - u64::from(self.torn && bytes > 0);
                self.torn = through.last().map_or(self.torn, |last| *last != b'\n');
                let lines = line_ends(lines);
                // The line that tells of the lost ones is the first.
                self.lost = match (self.lost, whole) {
                    (0, whole) => lines.saturating_sub(whole),
                    (told, 0) => told + lines,
                    (_, whole) => (lines + 1).saturating_sub(whole),
                };
                Err(error)
            }
            Err(error) => {
                self.lost += line_ends(lines);
                Err(error)
            }
        }
    }

    fn append_to_file(&mut self, day: Day, text: &[u8]) -> io::Result<Appended> {
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
