//! What waits to be written, in the order in which it happened: lines, and among them what the writer has still to make lines of.

use super::entry::Entry;

/// Bytes of lines that wait; what comes when there are so many is lost.
const MOST_BYTES: usize = 256 << 10;
/// The same of entries.
const MOST_ENTRIES: usize = 1024;
/// The same of calls that are recorded, with all that they exchanged.
const MOST_WHOLE: usize = 64;
/// With so many bytes or entries the writer does not let many more gather: they take memory, and the writer a processor.
const MANY_BYTES: usize = 16 << 10;
const MANY_ENTRIES: usize = 64;
/// With so many times as many it is woken, which whoever calls pays for.
const TOO_MANY: usize = 2;
/// With so many times as many whoever calls is held up.
const FAR_TOO_MANY: usize = 3;
/// Lines are kept in blocks, so that a crowd of them leaves no large hole in the memory behind.
const BLOCK: usize = MANY_BYTES;
/// Blocks that are kept for the next lines: as many as are filled before whoever calls is held up.
const KEPT: usize = FAR_TOO_MANY;

/// Lines and entries that wait.
#[derive(Default)]
pub(super) struct Waiting {
    /// The last ones may be empty.
    blocks: Vec<String>,
    /// The block that is being filled.
    filling: usize,
    /// Of all lines.
    bytes: usize,
    /// Each with the block and how many of its bytes stand before it.
    entries: Vec<([usize; 2], Entry)>,
    /// What found no place.
    lost: u64,
}

impl Waiting {
    /// Takes the room that is kept for lines, all of it at once: what a busy day needs a process has from its start.
    pub(super) fn make_room(&mut self) {
        while self.blocks.len() < KEPT {
            let mut block = " ".repeat(BLOCK);
            block.clear();
            self.blocks.push(block);
        }
    }

    /// Takes a line that is ready.
    pub(super) fn push_line(&mut self, line: &str) {
        if self.bytes + line.len() > MOST_BYTES {
            self.lost += 1;
            return;
        }
        self.bytes += line.len();
        self.block_for(line.len()).push_str(line);
    }

    /// The block that has room for the next line.
    fn block_for(&mut self, length: usize) -> &mut String {
        let has_room = |block: &String| block.capacity() - block.len() >= length;
        match self.blocks.get(self.filling) {
            Some(block) if !has_room(block) => self.filling += 1,
            Some(_) | None => {}
        }
        if self.blocks.get(self.filling).is_none_or(|next| !has_room(next)) {
            let block = String::with_capacity(BLOCK.max(length));
            self.blocks.insert(self.filling, block);
        }
        &mut self.blocks[self.filling]
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
            let written = self.blocks.get(self.filling).map_or(0, String::len);
            self.entries.push(([self.filling, written], entry));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes == 0 && self.entries.is_empty()
    }

    /// Whether more are likely to follow soon.
    pub(super) fn are_many(&self) -> bool {
        self.are(1)
    }

    /// Whether it is high time to write.
    pub(super) fn are_too_many(&self) -> bool {
        self.are(TOO_MANY)
    }

    /// Whether no more should come before some are written.
    pub(super) fn are_far_too_many(&self) -> bool {
        self.are(FAR_TOO_MANY)
    }

    fn are(&self, times: usize) -> bool {
        self.bytes >= times * MANY_BYTES || self.entries.len() >= times * MANY_ENTRIES
    }

    /// What found no place since it was last asked.
    pub(super) fn take_lost(&mut self) -> u64 {
        std::mem::take(&mut self.lost)
    }

    /// The entries.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().map(|(_, entry)| entry)
    }

    /// Writes all lines in their order, and those that `made` appends for the entries where they belong. Forgets all of it then,
    /// and keeps some room.
    pub(super) fn drain(&mut self, mut made: impl FnMut(&mut String, &Entry), mut write: impl FnMut(&str)) {
        let mut entries = self.entries.drain(..).peekable();
        for (number, block) in self.blocks.iter().enumerate() {
            let mut from = 0;
            let mut with_made = String::new();
            while let Some(([_, at], entry)) = entries.next_if(|([of, _], _)| *of == number) {
                with_made.push_str(&block[from..at]);
                made(&mut with_made, &entry);
                from = at;
            }
            if from > 0 || !with_made.is_empty() {
                with_made.push_str(&block[from..]);
                write(&with_made);
            } else if !block.is_empty() {
                write(block);
            }
        }
        // Where there has been no line yet, there is no block.
        let mut alone = String::new();
        entries.for_each(|(_, entry)| made(&mut alone, &entry));
        if !alone.is_empty() {
            write(&alone);
        }
        self.entries.shrink_to(MANY_ENTRIES);
        self.blocks.retain(|block| block.capacity() < 2 * BLOCK);
        self.blocks.truncate(KEPT);
        self.blocks.iter_mut().for_each(String::clear);
        (self.filling, self.bytes) = (0, 0);
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

    fn drained(waiting: &mut Waiting) -> String {
        let mut all = String::new();
        waiting.drain(|out, _| out.push_str("made\n"), |lines| all.push_str(lines));
        all
    }

    #[test]
    fn lines_that_are_ready_and_lines_that_are_not_come_in_their_order() {
        let mut waiting = Waiting::default();
        let long = format!("{}\n", "x".repeat(BLOCK + 1));
        // The second time in the room of the first.
        for _ in 0..2 {
            waiting.push(event());
            for line in ["1\n", "2\n"] {
                waiting.push_line(line);
                waiting.push(event());
            }
            waiting.push(event());
            waiting.push_line(&long);
            waiting.push(event());
            waiting.push_line("3\n");
            assert_eq!(
                drained(&mut waiting),
                format!("made\n1\nmade\n2\nmade\nmade\n{long}made\n3\n")
            );
            assert!(waiting.is_empty());
            assert_eq!(drained(&mut waiting), "");
        }
    }

    #[test]
    fn lines_alone_come_in_their_order_and_little_room_is_kept() {
        let mut waiting = Waiting::default();
        let lines: Vec<String> = (0..20_000).map(|number| format!("{number}\n")).collect();
        lines.iter().for_each(|line| waiting.push_line(line));
        assert!(waiting.blocks.len() > KEPT);
        assert_eq!(drained(&mut waiting), lines.concat());
        assert_eq!(waiting.blocks.len(), KEPT);
        waiting.push(event());
        assert_eq!(drained(&mut waiting), "made\n");
    }

    #[test]
    fn room_for_lines_can_be_made_while_some_wait() {
        let mut waiting = Waiting::default();
        waiting.push_line("1\n");
        waiting.make_room();
        assert_eq!(waiting.blocks.len(), KEPT);
        waiting.push_line("2\n");
        assert_eq!(drained(&mut waiting), "1\n2\n");
    }

    #[test]
    fn what_is_too_much_is_counted() {
        let mut waiting = Waiting::default();
        let line = "x".repeat(1000);
        (0..300).for_each(|_| waiting.push_line(&line));
        (0..MOST_ENTRIES + 5).for_each(|_| waiting.push(event()));
        assert!(waiting.are_too_many());
        assert_eq!(waiting.take_lost(), 300 - 262 + 5);
        assert_eq!(waiting.take_lost(), 0);
        assert_eq!(waiting.entries().count(), MOST_ENTRIES);
    }
}
