//! One call from bytes to bytes, and what it needs: configuration and the running generation of scripts.

mod answer;
pub mod config;
pub mod control;
pub mod doctor;
mod gate;
mod inspect;
pub mod journal;
mod problem;
mod reading;
pub mod record;
mod signing;
mod stage_file;
mod stages;
mod state;
mod theatre;
mod watch;

pub use answer::{Answer, By};
use answer::{Kept, Why};
pub use inspect::{Checked, Scope, check, journal_settings};
pub use problem::Problem;
pub use stage_file::{hand_over, take_back};
pub use stages::Stages;
pub use theatre::{Layer, Regional, Staged, Theatre};

use crate::message::{Rejected, Request, Response};
use crate::script::{Detail, Served, Words, noting};
use arc_swap::ArcSwap;
use signing::Verified;
use stages::Clock;
use state::{Home, Ready, State};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The request has more bytes than are read.
pub const TOO_LONG: &str = "E001";

/// The response did not fit the caller's buffer.
pub const RESP_TOO_SMALL: &str = "E006";

/// What a caller of [`Engine::open`] lays over `mps.toml`, and what no file says.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `Some(true)`: every device is simulated (`--sim`).
    pub simulate: Option<bool>,
    /// The administrative division code whose scripts answer (`--region`).
    pub region: Option<String>,
    /// The folder of the `mps` command and its like, which run vendors' libraries in processes of their own; `None`: the one that
    /// the running program stands in.
    pub programs: Option<PathBuf>,
    /// What is kept of each answer's exchanges with devices.
    pub detail: Detail,
    /// A file with a scenario's stage, which stands in for every device wherever mps.toml itself says `simulate = true`.
    pub stage: Option<PathBuf>,
}

/// How long messages may be, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// What a request may have (`request_limit`).
    pub request_limit: usize,
    /// What `MPS_Call` may count on in `resp`, its NUL included (`response_capacity`).
    pub response_capacity: usize,
}

/// Answers requests with the scripts and the configuration found in one folder, its home.
pub struct Engine {
    home: Arc<Home>,
    state: Arc<ArcSwap<State>>,
}

impl Engine {
    /// Opens the engine on its home folder (mps.toml and scripts/; either may be missing).
    ///
    /// Never fails: what is wrong with the configuration or the scripts becomes the answer of each call.
    pub fn open(home: &Path, overrides: Overrides) -> Engine {
        let home = Arc::new(Home::new(home, overrides));
        let state = Arc::new(home.open());
        Engine { home, state }
    }

    /// Opens the engine as [`Engine::open`] does, for one that looks for changes: scripts that were saved while nothing ran are
    /// tried with their own scenarios before they answer, where a generation is kept that can answer until then.
    pub fn open_tried(home: &Path, overrides: Overrides) -> Engine {
        let home = Arc::new(Home::new(home, overrides));
        let state = Arc::new(home.open_tried());
        Engine { home, state }
    }

    /// Has every thread that the engine starts for itself begin with this: what a thread in a foreign program must do first.
    pub fn beginning(self, begin: fn()) -> Engine {
        self.home.begin_threads_with(begin);
        self
    }

    /// Takes up changes of mps.toml and of the scripts from now on, on a thread of its own.
    ///
    /// What is wrong does not replace what is right: the old state answers until the new one can.
    pub fn watch(self) -> Engine {
        watch::start(&self.home, &self.state);
        self
    }

    /// Writes a journal from now on, where mps.toml does not turn it off: of every call that [`Engine::tell`] is told, and of what
    /// happens to the scripts.
    pub fn journaled(self) -> Engine {
        self.home.start_journal(&self.state.load());
        self
    }

    /// Has the journal tell of a call that is over; `fits`: the caller got its answer.
    pub fn tell(&self, answer: &Answer, fits: bool) {
        let recorded = self.home.is_recording();
        self.home.journal.tell_call(answer, fits, recorded);
    }

    /// Waits, for at most `patience`, until the journal holds what it was told.
    pub fn flush(&self, patience: Duration) {
        self.home.journal.flush(patience);
    }

    /// Reads all files again now, and makes them answer if they can.
    pub fn reload(&self) {
        self.home.take_up(&self.state, true);
    }

    /// Why what is saved does not answer, or not as it is saved; `None` where it does.
    pub fn refused(&self) -> Option<String> {
        self.home.progress().refused.clone()
    }

    /// What the scripts that answer are known by; `None` where none do.
    pub fn fingerprint(&self) -> Option<String> {
        self.state.load().fingerprint()
    }

    /// The number of the generation that answers; `None` where none does.
    pub fn generation(&self) -> Option<u64> {
        self.state.load().generation()
    }

    /// Answers one request.
    pub fn answer(&self, request: &[u8]) -> Box<Answer> {
        let mut clock = Clock::start();
        let mut answer = self.answered(request, &mut clock, None);
        let (stages, over) = clock.stop(&answer.exchanges);
        (answer.stages, answer.over) = (stages, Some(over));
        answer
    }

    /// Answers a request that is played again: a region that verifies signatures takes it as it was taken then.
    fn answer_again(&self, request: &[u8], verified: &Verified) -> Box<Answer> {
        self.answered(request, &mut Clock::start(), Some(verified))
    }

    fn answered(&self, request: &[u8], clock: &mut Clock, verified: Option<&Verified>) -> Box<Answer> {
        let state = self.state.load();
        let limit = state.config.request_limit;
        if request.len() > limit {
            let size = request.len();
            let msg = format!(
                "请求报文有{size}字节，超过上限{limit}字节；确需更大时请在mps.toml中调整request_limit"
            );
            let answer = self.refuse(&request[..limit], TOO_LONG, &msg);
            return self.unread(answer, request, &state);
        }
        let decoded = match Request::decode(request) {
            Ok(decoded) => decoded,
            Err(rejected) => {
                let failure = Answer::failure(rejected.charset, rejected.header, &rejected.error.to_string());
                return self.unread(failure.because(rejected.error.code()), request, &state);
            }
        };
        let decoded_at = clock.decoded();
        match &state.ready {
            Ok(ready) => {
                let _budget = ready.generation.budget();
                let detail = self.home.detail();
                let kept = (detail == Detail::Whole).then(|| decoded.clone());
                let mut held = None;
                let answered = || {
                    let verified = signing::verify(&ready.generation, request, &decoded, verified);
                    held = verified.as_ref().map(Result::is_ok);
                    serve(ready, &decoded, verified, |response, why| {
                        clock.served();
                        signing::sign(&ready.generation, response, why)
                    })
                };
                let (mut answer, noted) = noting(&ready.desk, detail, decoded_at, answered);
                let in_words = kept.is_some() || !noted.notices.is_empty() || answer.words == Words::Script;
                answer.by = Some(ready.by(in_words));
                (answer.notices, answer.exchanges) = (noted.notices, noted.exchanges);
                answer.kept = kept.map(|request| Box::new(Kept::Read(request, held)));
                answer
            }
            Err(problem) => {
                let failure = Answer::failure(decoded.charset, decoded.header, &problem.sentence());
                failure.because(problem.code())
            }
        }
    }

    /// Keeps of a request that could not be read what a recording needs.
    fn unread(&self, mut answer: Box<Answer>, request: &[u8], state: &State) -> Box<Answer> {
        if self.home.detail() != Detail::Whole {
            return answer;
        }
        let beginning = request.iter().take(record::MOST_UNREAD).copied().collect();
        let by = state.ready.as_ref().ok().map(|ready| ready.by(true));
        answer.kept = Some(Box::new(Kept::Unread(beginning, request.len(), by)));
        answer
    }

    /// A failure answer that repeats the request's header where it can be read: for what is wrong outside the call itself.
    /// `code` is stable.
    pub fn refuse(&self, request: &[u8], code: &'static str, msg: &str) -> Box<Answer> {
        let (charset, header) = match Request::decode(request) {
            Ok(Request { charset, header, .. }) | Err(Rejected { charset, header, .. }) => (charset, header),
        };
        Answer::failure(charset, header, msg).because(code)
    }

    /// Why no request can be answered now, where that is so; every answer says it in one sentence.
    pub fn problem(&self) -> Option<Problem> {
        self.state.load().ready.as_ref().err().cloned()
    }

    /// How long messages may be.
    pub fn bounds(&self) -> Bounds {
        let state = self.state.load();
        Bounds {
            request_limit: state.config.request_limit,
            response_capacity: state.config.response_capacity,
        }
    }
}

/// Serves a request; `tell` is given the response.
fn serve<T>(
    ready: &Ready,
    request: &Request,
    verified: Option<Verified>,
    tell: impl FnOnce(Response<'_>, Why) -> T,
) -> T {
    let tell = |served: Served<'_>| {
        let response = Response {
            charset: request.charset,
            header: request.header.clone(),
            result: served.result,
            msg: served.msg,
            body: served.body,
        };
        let why = Why {
            error: served.error,
            words: served.words,
        };
        tell(response, why)
    };
    match verified {
        Some(Err(refused)) => tell(refused),
        _ => ready
            .generation
            .serve(&request.header.funid, &request.body, &ready.desk, tell),
    }
}
