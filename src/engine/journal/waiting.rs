//! What waits to be written, in the order in which it happened.

use super::entry::{Entry, Event, Exchanged, Named, Repeat, Told};
use crate::clock::Moment;
use crate::engine::stages::Stages;
use std::time::{Duration, UNIX_EPOCH};

/// Lines to be that wait; what comes when there are so many is lost.
const MOST: usize = 512;
/// The same of calls that are recorded, with all that they exchanged.
const MOST_WHOLE: usize = 64;
/// With so many calls the writer does not let many more gather: they take memory, and the writer a processor.
const MANY: usize = 36;
/// With so many it is woken, which whoever calls pays for.
const TOO_MANY: usize = 4 * MANY;
/// With so many whoever calls is held up.
const FAR_TOO_MANY: usize = 6 * MANY;
/// A call that is not like the one before it takes the room of so many that are.
const UNLIKE: usize = 4;
/// Calls that room is kept for: as many as there are before whoever calls is held up.
const ROOM: usize = FAR_TOO_MANY;
/// The same of those that are not like the one before them.
const ROOM_FOR_UNLIKE: usize = FAR_TOO_MANY / UNLIKE;
/// A reader is opened, asked and closed.
const EXCHANGES: usize = 3;
/// Calls that are not like the one before them, of those that room is taken for from the start.
const KINDS: usize = 8;

/// Lines to be.
#[derive(Default)]
pub(super) struct Waiting {
    entries: Vec<Entry>,
    /// Those of all entries, one after another.
    exchanges: Vec<Exchanged>,
    /// The calls that are like the entry before them.
    repeats: Vec<Repeat>,
    /// How many nanoseconds the exchanges of these took.
    took: Vec<u64>,
    /// What found no place.
    lost: u64,
}

/// An entry, and the calls that came behind it and are like it but for their times.
pub(super) struct Run<'a> {
    pub(super) entry: &'a Entry,
    pub(super) exchanges: &'a [Exchanged],
    repeats: &'a [Repeat],
    took: &'a [u64],
}

impl Run<'_> {
    /// When each of these calls was over, where its time went, and how long its exchanges took.
    pub(super) fn repeats(&self) -> impl Iterator<Item = (Moment, Stages, impl Iterator<Item = Duration>)> {
        let mut took = self.took;
        self.repeats.iter().map(move |repeat| {
            let (over, stages) = repeat.times();
            let took = next(&mut took, self.exchanges.len());
            (over, stages, took.iter().copied().map(Duration::from_nanos))
        })
    }
}

impl Waiting {
    /// Takes at once the room that calls need which are alike, as those of a busy day are: a process has it from its start.
    pub(super) fn make_room(&mut self) {
        touch(&mut self.entries, KINDS, || {
            Entry::Event(UNIX_EPOCH, Event::Started)
        });
        touch(&mut self.exchanges, EXCHANGES * KINDS, Exchanged::default);
        touch(&mut self.repeats, ROOM, Repeat::default);
        touch(&mut self.took, EXCHANGES * ROOM, u64::default);
    }

    /// Takes a call with its exchanges.
    pub(super) fn push_told<'a>(
        &mut self,
        told: Told<Named<'a>>,
        exchanges: impl Iterator<Item = Exchanged<Named<'a>>> + Clone,
    ) {
        if self.len() >= MOST {
            self.lost += 1;
        } else if !self.repeats_the_last(&told, exchanges.clone()) {
            self.entries.push(Entry::Told(told.kept()));
            self.exchanges.extend(exchanges.map(Exchanged::kept));
        }
    }

    /// Takes a call where it is like the one before it.
    fn repeats_the_last<'a>(
        &mut self,
        told: &Told<Named<'a>>,
        exchanges: impl Iterator<Item = Exchanged<Named<'a>>>,
    ) -> bool {
        let Some(Entry::Told(last)) = self.entries.last_mut() else {
            return false;
        };
        if !last.is_like(told) {
            return false;
        }
        let known = &self.exchanges[self.exchanges.len().saturating_sub(last.exchanges)..];
        let before = self.took.len();
        for (known, exchange) in known.iter().zip(exchanges) {
            if !known.is_like(&exchange) {
                self.took.truncate(before);
                return false;
            }
            // Centuries fit.
            self.took.push(exchange.took.as_nanos() as u64);
        }
        last.repeats += 1;
        self.repeats.push(Repeat::of(told));
        true
    }

    /// Takes what is to become a line, or a recording, or both.
    pub(super) fn push(&mut self, entry: Entry) {
        let whole = || self.entries().filter_map(Entry::recorded).count();
        let is_place = self.len() < MOST && (entry.recorded().is_none() || whole() < MOST_WHOLE);
        match is_place {
            true => self.entries.push(entry),
            false => self.lost += 1,
        }
    }

    fn len(&self) -> usize {
        self.entries.len() + self.repeats.len()
    }

    /// How many calls that are alike would take as much room.
    fn weight(&self) -> usize {
        UNLIKE * self.entries.len() + self.repeats.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether more are likely to follow soon.
    pub(super) fn are_many(&self) -> bool {
        self.weight() >= MANY
    }

    /// Whether it is high time to write.
    pub(super) fn are_too_many(&self) -> bool {
        self.weight() >= TOO_MANY
    }

    /// Whether no more should come before some are written.
    pub(super) fn are_far_too_many(&self) -> bool {
        self.weight() >= FAR_TOO_MANY
    }

    /// What found no place since it was last asked.
    pub(super) fn take_lost(&mut self) -> u64 {
        std::mem::take(&mut self.lost)
    }

    /// The entries.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// Gives all entries in their order, each with its exchanges and what is like it. Forgets all of it then, and keeps some room.
    pub(super) fn drain(&mut self, mut each: impl FnMut(Run)) {
        let (mut exchanges, mut repeats, mut took) = (&self.exchanges[..], &self.repeats[..], &self.took[..]);
        for entry in &self.entries {
            let exchanges = next(&mut exchanges, entry.exchanges());
            let repeats = next(&mut repeats, entry.repeats());
            let took = next(&mut took, repeats.len() * exchanges.len());
            each(Run {
                entry,
                exchanges,
                repeats,
                took,
            });
        }
        keep(&mut self.entries, ROOM_FOR_UNLIKE);
        keep(&mut self.exchanges, EXCHANGES * ROOM_FOR_UNLIKE);
        keep(&mut self.repeats, ROOM);
        keep(&mut self.took, EXCHANGES * ROOM);
    }
}

/// The next of what is left.
fn next<'a, T>(rest: &mut &'a [T], count: usize) -> &'a [T] {
    let (first, others) = rest.split_at(count.min(rest.len()));
    *rest = others;
    first
}

/// Makes room for so many, which a value of each is put into once: memory is there when it was touched.
fn touch<T>(places: &mut Vec<T>, room: usize, nothing: impl FnMut() -> T) {
    let there = places.len();
    places.resize_with(room.max(there), nothing);
    places.truncate(there);
}

/// Forgets all, and keeps room for so many.
fn keep<T>(places: &mut Vec<T>, room: usize) {
    places.clear();
    places.shrink_to(room);
}

#[cfg(test)]
mod tests {
    use super::super::entry::Call;
    use super::super::line::Formatter;
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
        waiting.drain(|run| {
            let devices: Vec<&str> = run.exchanges.iter().map(|one| one.device.as_str()).collect();
            let one = match run.entry {
                Entry::Event(..) => "event".to_owned(),
                _ => devices.join(" "),
            };
            all.extend(vec![one; 1 + run.repeats().count()]);
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
        // All alike, and each unlike the one before it.
        for devices in [
            [["a", "b", "c", "d"]; 2],
            [["a", "b", "c", "d"], ["d", "c", "b", "a"]],
        ] {
            (0..MOST).for_each(|at| push(&mut waiting, &devices[at % 2]));
            assert_eq!(
                waiting.entries.len(),
                if devices[0] == devices[1] { 1 } else { MOST }
            );
            assert_eq!(drained(&mut waiting).len(), MOST);
            assert!(waiting.entries.capacity() < 2 * ROOM_FOR_UNLIKE);
            assert!(waiting.exchanges.capacity() < 2 * EXCHANGES * ROOM_FOR_UNLIKE);
            assert!(waiting.repeats.capacity() < 2 * ROOM);
            assert!(waiting.took.capacity() < 2 * EXCHANGES * ROOM);
        }
    }

    fn told() -> Told {
        let mut told = Told::of(&answer(&["社会保障卡"]), true).kept();
        told.funid = "1101".into();
        told.by = Some((7, Some("3501".into())));
        (told.result, told.error, told.msg) = ("0".into(), None, "操作成功".into());
        told
    }

    fn exchange() -> Exchanged {
        Exchanged {
            device: "社会保障卡".into(),
            call: Some("iReadCardBas".into()),
            ..Exchanged::default()
        }
    }

    /// Each differs from the first by one thing, where by anything.
    fn calls() -> Vec<(Told, Vec<Exchanged>)> {
        let with_told = |change: fn(&mut Told)| {
            let mut told = told();
            change(&mut told);
            (told, vec![exchange()])
        };
        let with_exchange = |change: fn(&mut Exchanged)| {
            let mut exchange = exchange();
            change(&mut exchange);
            (told(), vec![exchange])
        };
        let with_devices = |devices: &[&str]| {
            let mut told = told();
            told.exchanges = devices.len();
            (told, vec![exchange(); devices.len()])
        };
        vec![
            with_told(|_| {}),
            with_told(|told| told.stages.decode = Duration::from_micros(12_345)),
            with_told(|told| told.funid = "1102".into()),
            with_told(|told| told.by = None),
            with_told(|told| told.by = Some((8, Some("3501".into())))),
            with_told(|told| told.by = Some((7, None))),
            with_told(|told| told.result = "-1".into()),
            with_told(|told| told.error = Some("E021")),
            with_told(|told| told.msg = "缺少参数".into()),
            with_told(|told| told.msg = "缺少参数insutype".to_owned().into()),
            with_exchange(|exchange| exchange.took = Duration::from_micros(1)),
            with_exchange(|exchange| exchange.device = "电子凭证".into()),
            with_exchange(|exchange| exchange.call = None),
            with_exchange(|exchange| exchange.code = Code::Integer(-1)),
            with_exchange(|exchange| exchange.code = Code::Failed("E021")),
            with_exchange(|exchange| exchange.simulated = true),
            with_devices(&[]),
            with_devices(&["社会保障卡", "社会保障卡"]),
        ]
    }

    fn as_named(told: &Told) -> Told<Named<'_>> {
        let by = told.by.as_ref();
        Told {
            over: told.over,
            funid: told.funid.as_str().into(),
            by: by.map(|(number, region)| (*number, region.as_deref().map(Named::from))),
            result: told.result.clone(),
            error: told.error,
            msg: told.msg.clone(),
            stages: told.stages,
            exchanges: told.exchanges,
            repeats: told.repeats,
        }
    }

    fn exchanged_as_named(exchanged: &Exchanged) -> Exchanged<Named<'_>> {
        Exchanged {
            device: exchanged.device.as_str().into(),
            call: exchanged.call.as_deref().map(Named::from),
            code: exchanged.code,
            simulated: exchanged.simulated,
            took: exchanged.took,
        }
    }

    fn lines(of: &[&(Told, Vec<Exchanged>)]) -> String {
        let mut waiting = Waiting::default();
        for (told, exchanges) in of {
            waiting.push_told(as_named(told), exchanges.iter().map(exchanged_as_named));
        }
        let (mut formatter, mut lines) = (Formatter::default(), Vec::new());
        waiting.drain(|run| {
            formatter.entry(&mut lines, run.entry, run.exchanges);
            // What may be told between two calls that are alike.
            formatter.lost(&mut Vec::new(), UNIX_EPOCH, 1);
            run.repeats()
                .for_each(|repeat| formatter.again(&mut lines, repeat));
        });
        String::from_utf8(lines).expect("a text")
    }

    #[test]
    fn a_line_is_the_same_whatever_came_before_it() {
        let calls = calls();
        for one in &calls {
            for other in &calls {
                let together = lines(&[one, other, other, one]);
                let alone = [one, other, other, one].map(|call| lines(&[call]));
                assert_eq!(together, alone.concat());
            }
        }
        assert!(lines(&[&calls[1]]).contains("\"decode\":12.345,"));
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
