//! Scenarios: what a device does and what the caller must see, in a few lines of Lua.
//!
//! A [`Playbook`] is one file of them. Each scenario is played in a VM of its own, on a [`Stage`] of its own, against whatever its
//! [`House`] opens: the library's `MPS_Call`, or, where a generation is tried before it answers, the engine.

mod play;
mod playbook;
mod rewrite;
mod value;

pub(super) use play::{Answered, Play, Subject, line};
pub(super) use playbook::declare;
pub use playbook::{Entry, Playbook};
pub use rewrite::{Change, Left, Rewriting};
pub use value::Shown;
pub(super) use value::show;

use super::{Contact, Error, Generation, Stage};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// What a scenario wants of the desk that it is played at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The region whose scripts answer, where it is not the file's own.
    pub region: Option<String>,
    /// What is laid over mps.toml, one after the other.
    pub config: Vec<String>,
}

/// Where scenarios are played.
pub trait House {
    /// Opens the library for one scenario; the error says why it cannot be.
    fn open(&self, wanted: &Wanted, stage: &Arc<Stage>) -> Result<Box<dyn Counter>, String>;
}

/// The library, opened for one scenario.
pub trait Counter {
    /// Makes one call; the error says why none could be made.
    fn call(&self, request: &[u8], room: Room) -> Result<Returned, String>;

    /// The scripts that answer.
    fn generation(&self) -> &Arc<Generation>;
}

/// The buffer that a call passes for the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Its bytes.
    pub capacity: usize,
    /// What it holds before the call.
    pub fill: Fill,
}

/// What a caller's buffer holds before the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// Zeros.
    Zeros,
    /// Spaces of 8 bits with a NUL behind them: PowerBuilder's `Space(n)` with `;Ansi`.
    Spaces,
    /// Spaces of 16 bits with a NUL behind them.
    WideSpaces,
}

/// What a call gave back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Returned {
    /// The return code.
    pub code: i32,
    /// The buffer behind the call.
    pub buffer: Vec<u8>,
}

impl Default for Room {
    fn default() -> Room {
        Room {
            capacity: 65_536,
            fill: Fill::Zeros,
        }
    }
}

impl Room {
    /// The buffer as it is before the call.
    pub fn buffer(self) -> Vec<u8> {
        let mut buffer = vec![0; self.capacity];
        let unit: &[u8] = match self.fill {
            Fill::Zeros => return buffer,
            Fill::Spaces => b" ",
            Fill::WideSpaces => b" \0",
        };
        let units = (self.capacity / unit.len()).saturating_sub(1);
        let spaces = unit.repeat(units);
        buffer
            .iter_mut()
            .zip(spaces)
            .for_each(|(cell, byte)| *cell = byte);
        buffer
    }
}

/// How a scenario ended.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// What was expected and did not come.
    pub mismatches: Vec<Mismatch>,
    /// Why it could not be played to its end.
    pub error: Option<Error>,
    /// Which expectations of one text held.
    pub held: Vec<Held>,
    /// What it noted with `t:note`.
    pub notes: Vec<String>,
    /// Which devices were asked.
    pub contacts: Vec<Contact>,
    /// The virtual time that it took.
    pub elapsed: Duration,
    /// The time that it really took.
    pub took: Duration,
}

impl Verdict {
    /// Whether all went as expected.
    pub fn is_good(&self) -> bool {
        self.mismatches.is_empty() && self.error.is_none()
    }

    /// What went wrong first, in one sentence; empty where nothing did.
    pub fn sentence(&self) -> String {
        match (self.mismatches.first(), &self.error) {
            (Some(mismatch), _) => mismatch.sentence(),
            (None, Some(error)) => error.sentence(),
            (None, None) => String::new(),
        }
    }
}

/// Something that was expected and did not come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The line that expects it; 0 where there is none.
    pub line: usize,
    /// What was looked at, for example `返回字段card_no`.
    pub subject: String,
    /// How it was to be, for example `应为`.
    pub relation: &'static str,
    /// What was expected.
    pub expected: Shown,
    /// What was there.
    pub actual: Shown,
    /// Whether it is wording of the response that the scenario's own file expects at this line: see [`Playbook::rewritten`].
    pub wording: bool,
    /// What may explain it: where a field comes from, which stub was nearly meant.
    pub notes: Vec<String>,
}

/// The relation of `expectation:is`.
pub const IS: &str = "应为";

/// A text that was expected by `expectation:is`, and came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The line that expects it.
    pub line: usize,
    /// The text.
    pub text: String,
}

impl Mismatch {
    /// It in one sentence, without the notes.
    pub fn sentence(&self) -> String {
        let (subject, relation) = (&self.subject, self.relation);
        let (expected, actual) = (self.expected.brief(), self.actual.brief());
        format!("第{}行：{subject}{relation}{expected}，实为{actual}", self.line)
    }
}

/// Where the files of a scenario lie that `t:file` reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// The scenario's own folder: paths begin here.
    pub folder: PathBuf,
    /// The folder that they may not leave.
    pub root: PathBuf,
}
