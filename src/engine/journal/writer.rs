//! The thread's work: batches of entries become lines in files.

use super::Day;
use super::entry::Entry;
use super::files::{Appended, Settings};
use super::line::Formatter;
use std::io;
use std::time::SystemTime;

/// After so many bytes old files are looked for again.
const PRUNE_AFTER: u64 = 1 << 20;
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
    /// Bytes since old files were looked for.
    written: u64,
    /// Lines that could not be written, and not been told of yet.
    lost: u64,
    /// Room for the lines of a batch.
    text: String,
}

impl Writer {
    /// Writes a batch and empties it. The error says why lines are missing.
    pub(super) fn write(
        &mut self,
        settings: &Settings,
        batch: &mut Vec<Entry>,
        lost: u64,
    ) -> Result<(), String> {
        if self.settings != *settings {
            self.settings = settings.clone();
            self.part = None;
        }
        self.lost += lost;
        let mut failed = None;
        let (mut text, mut lines) = (std::mem::take(&mut self.text), 0);
        for (index, entry) in batch.iter().enumerate() {
            if lines == 0 && self.lost > 0 {
                self.formatter.lost(&mut text, SystemTime::now(), self.lost);
            }
            self.formatter.entry(&mut text, entry);
            lines += 1;
            if text.len() >= MOST_BYTES || index + 1 == batch.len() {
                failed = self.append(&text, lines).err().or(failed);
                text.clear();
                lines = 0;
            }
        }
        batch.clear();
        self.text = text;
        failed.map_or(Ok(()), |error| Err(described(&error)))
    }

    /// Appends `lines` lines, before which the lost ones are told.
    fn append(&mut self, text: &str, lines: u64) -> io::Result<()> {
        let day = Day::of(SystemTime::now());
        let told = std::mem::take(&mut self.lost);
        let known = self.part.filter(|(known, _)| *known == day);
        let opened = self.settings.open(day, known.map(|(_, number)| number));
        let appended = opened.map(|(open, number)| {
            if self.part != Some((day, number)) || self.written > PRUNE_AFTER {
                self.settings.prune();
                self.part = Some((day, number));
                self.written = 0;
            }
            if self.torn { open.torn() } else { open }.append(text)
        });
        match appended {
            Ok(Appended::Whole) => {
                self.torn = false;
                self.written += text.len() as u64;
                Ok(())
            }
            Ok(Appended::Cut(bytes, error)) => {
                let through = text.as_bytes().get(..bytes).unwrap_or_default();
                self.torn = through.last().is_some_and(|last| *last != b'\n') || (self.torn && bytes == 0);
                let whole = through.iter().filter(|byte| **byte == b'\n').count() as u64;
                // The line that tells of the lost ones is the first.
                self.lost = match (told, whole) {
                    (0, whole) => lines.saturating_sub(whole),
                    (told, 0) => told + lines,
                    (_, whole) => (lines + 1).saturating_sub(whole),
                };
                Err(error)
            }
            Err(error) => {
                self.lost = told + lines;
                Err(error)
            }
        }
    }
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
