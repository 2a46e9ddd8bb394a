//! What is handed over to the journal's writer, as it was in the call: not masked yet, and not written anywhere before it is.

use crate::clock::Moment;
use crate::engine::stages::Stages;
use crate::engine::{Answer, RESP_TOO_SMALL};
use crate::mask;
use crate::script::{Asked, Code, Exchange, Words};
use smol_str::SmolStr;
use std::borrow::Cow;
use std::time::{Duration, SystemTime};

/// Signs of a message that are looked at.
pub(super) const LONGEST: usize = 1000;
/// Signs of a function id that a line tells; the caller may have sent anything.
const LONGEST_FUNID: usize = 64;
/// Notices that a line tells.
pub(super) const MOST_NOTICES: usize = 10;
/// Exchanges that a line tells.
const MOST_EXCHANGES: usize = 64;

/// One line to be.
pub(in crate::engine) enum Entry {
    /// A call as nearly all are. Its exchanges wait beside it.
    Told(Told),
    /// A call of which more is wanted.
    Call(Box<Call>),
    Event(SystemTime, Event),
}

/// What the line of a call tells; its names are copied where it waits, and mostly it need not, since it is like the call before it.
pub(in crate::engine) struct Told<Name = SmolStr> {
    pub(super) over: Moment,
    pub(super) funid: Name,
    /// The generation that answered and its region.
    pub(super) by: Option<(u64, Option<Name>)>,
    pub(super) result: Cow<'static, str>,
    pub(super) error: Option<&'static str>,
    /// A text of the program's own; one with something put into it is to be masked.
    pub(super) msg: Cow<'static, str>,
    pub(super) stages: Stages,
    /// How many exchanges are told.
    pub(super) exchanges: usize,
    /// How many calls like it came next.
    pub(super) repeats: usize,
}

/// A call like the one before it but for its times, which is nearly every one of who calls without a pause. What is handed over is copied
/// from one processor's cache to another's, which takes longer than to look whether it is like it.
#[derive(Clone, Copy, Default)]
pub(super) struct Repeat {
    over: Moment,
    stages: [u64; 4],
}

impl Repeat {
    pub(super) fn of(told: &Told<Named>) -> Repeat {
        let stages = told.stages.nanos();
        Repeat {
            over: told.over,
            stages,
        }
    }

    /// When it was over, and where its time went.
    pub(super) fn times(&self) -> (Moment, Stages) {
        (self.over, Stages::of_nanos(self.stages))
    }
}

/// What a line tells of an exchange.
#[derive(Clone, Debug, Default)]
pub(super) struct Exchanged<Name = SmolStr> {
    pub(super) device: Name,
    /// What was asked there; nothing where the device could not be taken.
    pub(super) call: Option<Name>,
    pub(super) code: Code,
    pub(super) simulated: bool,
    pub(super) took: Duration,
}

/// A name as the answer has it.
pub(super) type Named<'a> = Cow<'a, str>;

impl<'a> Told<Named<'a>> {
    /// What is told of an answer; `fits`: the caller got it, its buffer was not too small.
    pub(super) fn of(answer: &'a Answer, fits: bool) -> Told<Named<'a>> {
        let (result, error, msg) = match fits {
            true => (
                told_text(answer.result.clone()),
                answer.error.or_else(|| lost_device(answer)),
                message(answer),
            ),
            false => (
                "-1".into(),
                Some(RESP_TOO_SMALL),
                "resp缓冲区放不下返回报文".into(),
            ),
        };
        Told {
            over: answer.over.unwrap_or_else(Moment::now),
            funid: beginning(&answer.header.funid, LONGEST_FUNID).into(),
            by: answer
                .by
                .as_ref()
                .map(|by| (by.generation, by.region.as_deref().map(Cow::from))),
            result,
            error,
            msg,
            stages: answer.stages,
            exchanges: answer.exchanges.len().min(MOST_EXCHANGES),
            repeats: 0,
        }
    }

    /// The same, to wait.
    pub(super) fn kept(self) -> Told {
        Told {
            over: self.over,
            funid: self.funid.into(),
            by: self
                .by
                .map(|(generation, region)| (generation, region.map(SmolStr::from))),
            result: self.result,
            error: self.error,
            msg: self.msg,
            stages: self.stages,
            exchanges: self.exchanges,
            repeats: self.repeats,
        }
    }
}

impl Told {
    /// Whether its line differs from another's by times alone, and by what its exchanges tell.
    pub(super) fn is_like(&self, other: &Told<Named>) -> bool {
        let Told {
            funid,
            by,
            result,
            error,
            msg,
            over: _,
            stages: _,
            exchanges,
            repeats: _,
        } = other;
        let are_same = |ours: &Option<SmolStr>, theirs: &Option<Named>| ours.as_deref() == theirs.as_deref();
        let by_same = match (&self.by, by) {
            (Some((ours, our_region)), Some((theirs, their_region))) => {
                ours == theirs && are_same(our_region, their_region)
            }
            (ours, theirs) => ours.is_none() && theirs.is_none(),
        };
        self.funid == **funid
            && by_same
            && self.result == *result
            && self.error == *error
            && self.msg == *msg
            && self.exchanges == *exchanges
    }
}

impl Exchanged {
    /// Whether what a line tells of it differs from another's by the time alone.
    pub(super) fn is_like(&self, other: &Exchanged<Named>) -> bool {
        let Exchanged {
            device,
            call,
            code,
            simulated,
            took: _,
        } = other;
        self.device == **device
            && self.call.as_deref() == call.as_deref()
            && self.code == *code
            && self.simulated == *simulated
    }
}

impl<'a> Exchanged<Named<'a>> {
    /// What is told of an answer's exchanges.
    pub(super) fn of(answer: &'a Answer) -> impl Iterator<Item = Exchanged<Named<'a>>> + Clone {
        answer.exchanges.iter().take(MOST_EXCHANGES).map(Exchanged::one)
    }

    fn one(exchange: &'a Exchange) -> Exchanged<Named<'a>> {
        let call = match &exchange.asked {
            Asked::Device => None,
            Asked::Function(name) => Some(Cow::Borrowed(name.as_str())),
            Asked::Server { method, host } => {
                Some(mask::text(&format!("{method} {host}")).into_owned().into())
            }
        };
        Exchanged {
            device: exchange.device.as_str().into(),
            call,
            code: exchange.code,
            simulated: exchange.simulated,
            took: exchange.took,
        }
    }

    /// The same, to wait.
    pub(super) fn kept(self) -> Exchanged {
        Exchanged {
            device: self.device.into(),
            call: self.call.map(SmolStr::from),
            code: self.code,
            simulated: self.simulated,
            took: self.took,
        }
    }
}

/// The code of the device's error that the call failed of.
fn lost_device(answer: &Answer) -> Option<&'static str> {
    if answer.result == "0" {
        return None;
    }
    answer.exchanges.iter().find_map(|exchange| match exchange.code {
        Code::Failed(code) => Some(code),
        _ => None,
    })
}

/// The message in words that are the program's own; nothing where a script's are looked for in what all scripts say.
fn message(answer: &Answer) -> Cow<'static, str> {
    match (&answer.words, &answer.msg) {
        (Words::Own, msg) => told_text(msg.clone()),
        (Words::Instead(text), _) => text.clone().into(),
        (Words::Script, _) => "".into(),
    }
}

/// As much of a text as is looked at: a script may have made it as long as it likes.
fn told_text(text: Cow<'static, str>) -> Cow<'static, str> {
    match text {
        Cow::Owned(made) if made.len() > LONGEST => beginning(&made, LONGEST).to_owned().into(),
        text => text,
    }
}

/// So many signs of a text.
pub(super) fn beginning(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    text.char_indices()
        .nth(most)
        .map_or(text, |(end, _)| &text[..end])
}

/// A call that is over.
pub(super) struct Call {
    pub(super) at: SystemTime,
    pub(super) answer: Answer,
    /// Whether the caller got it: its buffer may have been too small.
    pub(super) fits: bool,
    journalled: bool,
    recorded: bool,
}

/// What happened to the engine itself.
pub(in crate::engine) enum Event {
    /// It was opened.
    Started,
    /// A generation came into force, so long after its files were begun to be read.
    Generation {
        number: u64,
        fingerprint: String,
        region: Option<String>,
        took: Duration,
    },
    /// What is saved does not answer; the code and the sentence of why.
    Refused(&'static str, String),
}

impl Call {
    /// A call that is to be journalled; one that is to be recorded too waits whole.
    pub(super) fn new(answer: &Answer, fits: bool, [journalled, recorded]: [bool; 2]) -> Call {
        let whole = answer.clone();
        let answer = if recorded { whole } else { told(whole) };
        Call {
            at: answer.time(),
            answer,
            fits,
            journalled,
            recorded,
        }
    }
}

impl Entry {
    /// How many exchanges wait beside it.
    pub(super) fn exchanges(&self) -> usize {
        match self {
            Entry::Told(told) => told.exchanges,
            Entry::Call(_) | Entry::Event(..) => 0,
        }
    }

    /// How many calls like it came next.
    pub(super) fn repeats(&self) -> usize {
        match self {
            Entry::Told(told) => told.repeats,
            Entry::Call(_) | Entry::Event(..) => 0,
        }
    }

    /// The call, where it is to be recorded.
    pub(super) fn recorded(&self) -> Option<&Call> {
        match self {
            Entry::Call(call) if call.recorded => Some(call),
            _ => None,
        }
    }

    /// Whether the journal is to tell of it.
    pub(super) fn is_journalled(&self) -> bool {
        match self {
            Entry::Call(call) => call.journalled,
            Entry::Told(_) | Entry::Event(..) => true,
        }
    }
}

/// An answer without what no line tells, so that little waits.
fn told(answer: Answer) -> Answer {
    let mut answer = Answer {
        bytes: Vec::new(),
        ..answer
    };
    answer.notices.truncate(MOST_NOTICES);
    answer.exchanges.truncate(MOST_EXCHANGES);
    if let Some((end, _)) = answer.msg.char_indices().nth(LONGEST) {
        answer.msg.to_mut().truncate(end);
    }
    answer
}
