//! The call that is being served on this thread: what the `mps` module may do in it, what scripts note, and which devices
//! are asked.

use super::exchange::{self, Detail, Exchange};
use super::{Desk, Stage};
use crate::clock::Moment;
use crate::device::Hosts;
use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Room that is made for exchanges at once: a reader is opened, asked and closed.
const EXCHANGES: usize = 4;
/// Notices that one call keeps.
const MOST_NOTICES: usize = 100;

/// What a script noted with `mps.log`, masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Whether it is a warning.
    pub warning: bool,
    /// The script and its line.
    pub place: String,
    /// What was noted, in the script's words.
    pub text: String,
    /// The values that were noted with it, each behind a blank and its name.
    pub fields: String,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.warning { "警告" } else { "提示" };
        write!(f, "脚本{kind} {}：{}{}", self.place, self.text, self.fields)
    }
}

/// What came of a call besides its result.
#[derive(Clone, Debug, Default)]
pub struct Noted {
    /// What its scripts noted.
    pub notices: Vec<Notice>,
    /// Which devices it asked, in order.
    pub exchanges: Vec<Exchange>,
}

/// One call under way.
pub(super) struct Call {
    pub(super) hosts: Hosts,
    pub(super) http_timeout: Duration,
    /// In a scenario: what stands in for the servers.
    pub(super) stage: Option<Arc<Stage>>,
    /// Whether a simulated device takes part, so that no server may.
    pub(super) simulated: bool,
    detail: Detail,
    /// Since when it is served.
    pub(super) begun: Moment,
    noted: Noted,
}

thread_local! {
    // A vendor's dialog may call again from inside a call: the innermost is last.
    static CALLS: RefCell<Vec<Call>> = const { RefCell::new(Vec::new()) };
}

/// Ends the innermost call, also when serving it panics.
struct Ending;

impl Drop for Ending {
    fn drop(&mut self) {
        end();
    }
}

/// Answers a call at a desk, from `begun` on, which is now; with its result comes what was noted of it, in as much detail as is wanted.
pub(crate) fn noting<T>(desk: &Desk, detail: Detail, begun: Moment, serve: impl FnOnce() -> T) -> (T, Noted) {
    CALLS.with_borrow_mut(|calls| {
        calls.push(Call {
            hosts: desk.http_hosts.clone(),
            http_timeout: desk.http_timeout,
            stage: desk.stage.clone(),
            simulated: desk.simulate,
            detail,
            begun,
            noted: Noted {
                exchanges: Vec::with_capacity(EXCHANGES),
                ..Noted::default()
            },
        });
    });
    let ending = Ending;
    let result = serve();
    std::mem::forget(ending);
    (result, end())
}

fn end() -> Noted {
    let call = CALLS.with_borrow_mut(Vec::pop);
    call.map(|call| call.noted).unwrap_or_default()
}

/// Reads or changes the call under way; `None` where none is, as while a generation is built.
pub(super) fn current<T>(with: impl FnOnce(&mut Call) -> T) -> Option<T> {
    CALLS.with_borrow_mut(|calls| calls.last_mut().map(with))
}

/// Whether what is passed to devices and comes back is to be kept.
pub(super) fn wants_content() -> bool {
    current(|call| call.detail == Detail::Whole) == Some(true)
}

/// Keeps an exchange of the call under way, made where it is kept: copies of what was written in smaller pieces stall a processor.
pub(super) fn exchanged(exchange: impl FnOnce() -> Exchange) {
    current(|call| call.exchange(exchange));
}

impl Call {
    /// Keeps a notice; of too many, the first.
    pub(super) fn note(&mut self, notice: Notice) {
        if self.noted.notices.len() < MOST_NOTICES {
            self.noted.notices.push(notice);
        }
    }

    /// Keeps an exchange; of too many, the first.
    fn exchange(&mut self, exchange: impl FnOnce() -> Exchange) {
        let exchanges = &mut self.noted.exchanges;
        if exchanges.len() < exchange::MOST {
            exchanges.reserve(1);
            exchanges.push(exchange());
        }
    }
}
