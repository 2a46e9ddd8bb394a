//! What waits to be written, in the order in which it happened.

use super::entry::{Entry, Event, Exchanged, Told};
use std::time::UNIX_EPOCH;

/// Entries that wait; what comes when there are so many is lost.
const MOST: usize = 512;
/// The same of calls that are recorded, with all that they exchanged.
const MOST_WHOLE: usize = 64;
/// With so many the writer does not let many more gather: they take memory, and the writer a processor.
const MANY: usize = 36;
/// With so many times as many it is woken, which whoever calls pays for.
const TOO_MANY: usize = 2;
/// With so many times as many whoever calls is held up.
const FAR_TOO_MANY: usize = 3;
/// Entries that room is kept for: as many as there are before whoever calls is held up.
const ROOM: usize = FAR_TOO_MANY * MANY;
/// The same of exchanges: a reader is opened, asked and closed.
const ROOM_FOR_EXCHANGES: usize = 3 * ROOM;

/// Entries that wait.
#[derive(Default)]
pub(super) struct Waiting {
    entries: Vec<Entry>,
    /// Those of all entries, one after another.
    exchanges: Vec<Exchanged>,
    /// What found no place.
    lost: u64,
}

impl Waiting {
    /// Takes the room that is kept, all of it at once: what a busy day needs a process has from its start.
    pub(super) fn make_room(&mut self) {
        let (entries, exchanges) = (self.entries.len(), self.exchanges.len());
        let nothing = || Entry::Event(UNIX_EPOCH, Event::Started);
        self.entries.resize_with(ROOM.max(entries), nothing);
        self.entries.truncate(entries);
        self.exchanges
            .resize_with(ROOM_FOR_EXCHANGES.max(exchanges), Exchanged::default);
        self.exchanges.truncate(exchanges);
    }

    /// Takes a call with its exchanges.
    pub(super) fn push_told(&mut self, told: Told, exchanges: impl Iterator<Item = Exchanged>) {
        let known = self.entries.len();
        self.push(Entry::Told(told));
        if self.entries.len() > known {
            self.exchanges.extend(exchanges);
        }
    }

    /// Takes what is to become a line, or a recording, or both.
    pub(super) fn push(&mut self, entry: Entry) {
        let whole = || self.entries().filter_map(Entry::recorded).count();
        let is_place = self.entries.len() < MOST && (entry.recorded().is_none() || whole() < MOST_WHOLE);
        match is_place {
            true => self.entries.push(entry),
            false => self.lost += 1,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether more are likely to follow soon.
    pub(super) fn are_many(&self) -> bool {
        self.entries.len() >= MANY
    }

    /// Whether it is high time to write.
    pub(super) fn are_too_many(&self) -> bool {
        self.entries.len() >= TOO_MANY * MANY
    }

    /// Whether no more should come before some are written.
    pub(super) fn are_far_too_many(&self) -> bool {
        self.entries.len() >= FAR_TOO_MANY * MANY
    }

    /// What found no place since it was last asked.
    pub(super) fn take_lost(&mut self) -> u64 {
        std::mem::take(&mut self.lost)
    }

    /// The entries.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// Gives all entries in their order, each with its exchanges. Forgets all of it then, and keeps some room.
    pub(super) fn drain(&mut self, mut each: impl FnMut(&Entry, &[Exchanged])) {
        let mut exchanges = self.exchanges.as_slice();
        for entry in &self.entries {
            let (own, others) = exchanges.split_at(entry.exchanges().min(exchanges.len()));
            each(entry, own);
            exchanges = others;
        }
        self.entries.clear();
        self.exchanges.clear();
        self.entries.shrink_to(ROOM);
        self.exchanges.shrink_to(ROOM_FOR_EXCHANGES);
    }
}

#[cfg(test)]
mod tests {
    use super::super::entry::Call;
    use super::*;
    use crate::engine::Answer;
    use crate::message::{Charset, Header};
    use crate::script::{Asked, Code, Exchange};
    use std::time::Duration;

    fn event() -> Entry {
        Entry::Event(UNIX_EPOCH, Event::Started)
    }

    /// An answer that asked devices of these names.
    fn answer(devices: &[&str]) -> Box<Answer> {
        let mut answer = Answer::failure(Charset::Gbk, Header::default(), "");
        let asked = |device: &&str| Exchange {
            device: (*device).into(),
            asked: Asked::Device,
            code: Code::Nothing,
            simulated: false,
            took: Duration::ZERO,
            content: None,
        };
        answer.exchanges = devices.iter().map(asked).collect();
        answer
    }

    fn push(waiting: &mut Waiting, devices: &[&str]) {
        let answer = answer(devices);
        waiting.push_told(Told::of(&answer, true), Exchanged::of(&answer));
    }

    fn drained(waiting: &mut Waiting) -> Vec<String> {
        let mut all = Vec::new();
        waiting.drain(|entry, exchanges| {
            let devices: Vec<&str> = exchanges.iter().map(|one| one.device.as_str()).collect();
            all.push(match entry {
                Entry::Event(..) => "event".to_owned(),
                _ => devices.join(" "),
            });
        });
        all
    }

    #[test]
    fn each_comes_in_its_order_and_with_its_own_exchanges() {
        let mut waiting = Waiting::default();
        // The second time in the room of the first.
        for _ in 0..2 {
            push(&mut waiting, &["a", "b"]);
            waiting.push(event());
            push(&mut waiting, &[]);
            waiting.make_room();
            push(&mut waiting, &["c"]);
            assert_eq!(drained(&mut waiting), ["a b", "event", "", "c"]);
            assert!(waiting.is_empty());
            assert!(drained(&mut waiting).is_empty());
        }
    }

    #[test]
    fn little_room_is_kept() {
        let mut waiting = Waiting::default();
        (0..MOST).for_each(|_| push(&mut waiting, &["a", "b", "c", "d"]));
        assert_eq!(drained(&mut waiting).len(), MOST);
        assert!(waiting.entries.capacity() < 2 * ROOM);
        assert!(waiting.exchanges.capacity() < 2 * ROOM_FOR_EXCHANGES);
    }

    #[test]
    fn what_is_too_much_is_counted() {
        let mut waiting = Waiting::default();
        (0..MOST + 5).for_each(|_| waiting.push(event()));
        push(&mut waiting, &["a"]);
        assert!(waiting.are_too_many());
        assert_eq!(waiting.take_lost(), 6);
        assert_eq!(waiting.take_lost(), 0);
        assert_eq!(drained(&mut waiting), vec!["event"; MOST]);
    }

    #[test]
    fn what_waits_for_its_line_alone_takes_no_recording_its_place() {
        let mut waiting = Waiting::default();
        (0..MOST_WHOLE).for_each(|_| push(&mut waiting, &["a"]));
        let recorded = || Entry::Call(Box::new(Call::new(&answer(&[]), true, [true, true])));
        (0..MOST_WHOLE + 3).for_each(|_| waiting.push(recorded()));
        assert_eq!(waiting.take_lost(), 3);
    }
}
