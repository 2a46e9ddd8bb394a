//! What is handed over to the journal's writer, as it was in the call: not masked yet, and not written anywhere before it is.

use crate::engine::Answer;
use std::time::SystemTime;

/// Signs of a message that are looked at.
pub(super) const LONGEST: usize = 1000;
/// Notices that a line tells.
pub(super) const MOST_NOTICES: usize = 10;
/// Exchanges that a line tells.
pub(super) const MOST_EXCHANGES: usize = 64;

/// One line to be.
pub(in crate::engine) enum Entry {
    Call(Box<Call>),
    Event(SystemTime, Event),
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
    /// A generation came into force.
    Generation {
        number: u64,
        fingerprint: String,
        region: Option<String>,
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
            Entry::Event(..) => true,
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
