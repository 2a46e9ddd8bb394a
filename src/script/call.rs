//! The call that is being served on this thread: what the `mps` module may do in it, and what scripts note.

use super::Desk;
use crate::device::Hosts;
use std::cell::RefCell;
use std::fmt;
use std::time::Duration;

/// Notices that one call keeps.
const MOST_NOTICES: usize = 100;

/// What a script noted with `mps.log`, masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Whether it is a warning.
    pub warning: bool,
    /// The script and its line.
    pub place: String,
    /// What was noted.
    pub text: String,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.warning { "警告" } else { "提示" };
        write!(f, "脚本{kind} {}：{}", self.place, self.text)
    }
}

/// One call under way.
pub(super) struct Call {
    pub(super) hosts: Hosts,
    pub(super) http_timeout: Duration,
    /// Whether a simulated device takes part, so that no server may.
    pub(super) simulated: bool,
    notices: Vec<Notice>,
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

/// Answers a call at a desk; with its result come the notices of its scripts.
pub fn noting<T>(desk: &Desk, serve: impl FnOnce() -> T) -> (T, Vec<Notice>) {
    CALLS.with_borrow_mut(|calls| {
        calls.push(Call {
            hosts: desk.http_hosts.clone(),
            http_timeout: desk.http_timeout,
            simulated: desk.simulate,
            notices: Vec::new(),
        });
    });
    let ending = Ending;
    let result = serve();
    std::mem::forget(ending);
    (result, end())
}

fn end() -> Vec<Notice> {
    let call = CALLS.with_borrow_mut(Vec::pop);
    call.map(|call| call.notices).unwrap_or_default()
}

/// Reads or changes the call under way; `None` where none is, as while a generation is built.
pub(super) fn current<T>(with: impl FnOnce(&mut Call) -> T) -> Option<T> {
    CALLS.with_borrow_mut(|calls| calls.last_mut().map(with))
}

impl Call {
    /// Keeps a notice; of too many, the first.
    pub(super) fn note(&mut self, notice: Notice) {
        if self.notices.len() < MOST_NOTICES {
            self.notices.push(notice);
        }
    }
}
