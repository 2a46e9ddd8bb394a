//! What waits to be written, in the order in which it happened: lines, and among them what the writer has still to make lines of.

use super::entry::Entry;

/// Bytes of lines that wait; what comes when there are so many is lost.
const MOST_BYTES: usize = 256 << 10;
/// The same of entries.
const MOST_ENTRIES: usize = 1024;
/// The same of calls that are recorded, with all that they exchanged.
const MOST_WHOLE: usize = 64;
/// With so many bytes or entries the writer is not let wait for more: they take memory, and the writer a processor.
const MANY_BYTES: usize = 16 << 10;
const MANY_ENTRIES: usize = 64;
/// Room that is kept for the next lines.
const KEPT: usize = 2 * MANY_BYTES;

/// Lines and entries that wait.
#[derive(Default)]
pub(super) struct Waiting {
    lines: String,
    /// Each with how many bytes of lines stand before it.
    entries: Vec<(usize, Entry)>,
    /// What found no place.
    lost: u64,
}

impl Waiting {
    /// Takes a line that is ready.
    pub(super) fn push_line(&mut self, line: &str) {
        if self.lines.len() + line.len() > MOST_BYTES {
            self.lost += 1;
        } else {
            self.lines.push_str(line);
        }
    }

    /// Takes what is to become a line, or a recording, or both.
    pub(super) fn push(&mut self, entry: Entry) {
        let most = match entry.recorded() {
            Some(_) => MOST_WHOLE,
            None => MOST_ENTRIES,
        };
        if self.entries.len() >= most {
            self.lost += 1;
        } else {
            self.entries.push((self.lines.len(), entry));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.entries.is_empty()
    }

    /// Whether it is time to write.
    pub(super) fn is_much(&self) -> bool {
        self.lines.len() >= MANY_BYTES || self.entries.len() >= MANY_ENTRIES
    }

    /// What found no place since it was last asked.
    pub(super) fn take_lost(&mut self) -> u64 {
        std::mem::take(&mut self.lost)
    }

    /// The entries.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().map(|(_, entry)| entry)
    }

    /// All lines, those that `made` appends for the entries where they belong.
    pub(super) fn whole(&mut self, mut made: impl FnMut(&mut String, &Entry)) -> &str {
        if !self.entries.is_empty() {
            let mut whole = String::with_capacity(self.lines.len());
            let mut from = 0;
            for (at, entry) in self.entries.drain(..) {
                whole.push_str(&self.lines[from..at]);
                made(&mut whole, &entry);
                from = at;
            }
            whole.push_str(&self.lines[from..]);
            self.lines = whole;
        }
        &self.lines
    }

    /// Forgets all of it, and keeps some room.
    pub(super) fn clear(&mut self) {
        self.lines.clear();
        self.lines.shrink_to(KEPT);
        self.entries.clear();
        self.entries.shrink_to(MANY_ENTRIES);
    }
}

#[cfg(test)]
mod tests {
    use super::super::entry::Event;
    use super::*;
    use std::time::SystemTime;

    fn event() -> Entry {
        Entry::Event(SystemTime::now(), Event::Started)
    }

    #[test]
    fn lines_that_are_ready_and_lines_that_are_not_come_in_their_order() {
        let mut waiting = Waiting::default();
        for line in ["1\n", "2\n"] {
            waiting.push_line(line);
            waiting.push(event());
        }
        waiting.push(event());
        waiting.push_line("3\n");
        let made = |out: &mut String, _: &Entry| out.push_str("made\n");
        assert_eq!(waiting.whole(made), "1\nmade\n2\nmade\nmade\n3\n");
        waiting.clear();
        assert!(waiting.is_empty());
        assert_eq!(waiting.whole(made), "");
    }

    #[test]
    fn what_is_too_much_is_counted() {
        let mut waiting = Waiting::default();
        let line = "x".repeat(1000);
        (0..300).for_each(|_| waiting.push_line(&line));
        (0..MOST_ENTRIES + 5).for_each(|_| waiting.push(event()));
        assert!(waiting.is_much());
        assert_eq!(waiting.take_lost(), 300 - 262 + 5);
        assert_eq!(waiting.take_lost(), 0);
        assert_eq!(waiting.entries().count(), MOST_ENTRIES);
    }
}
