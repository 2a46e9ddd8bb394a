//! One call from bytes to bytes, and what it needs: configuration and the running generation of scripts.

mod answer;
pub mod config;
pub mod control;
pub mod doctor;
mod gate;
mod inspect;
mod problem;
mod reading;
mod signing;
mod stages;
mod state;
mod theatre;
mod watch;

pub use answer::Answer;
pub use inspect::{Checked, Scope, check};
pub use problem::Problem;
pub use stages::Stages;
pub use theatre::{Layer, Staged, Theatre};

use crate::message::{Rejected, Request, Response};
use crate::script::{Detail, noting};
use arc_swap::ArcSwap;
use stages::Clock;
use state::{Home, Ready, State};
use std::path::Path;
use std::sync::Arc;

/// The request has more bytes than are read.
const TOO_LONG: &str = "E001";

/// Settings that a caller of [`Engine::open`] lays over `mps.toml`.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `Some(true)`: every device is simulated (`--sim`).
    pub simulate: Option<bool>,
    /// The administrative division code whose scripts answer (`--region`).
    pub region: Option<String>,
    /// What is kept of each answer's exchanges with devices.
    pub detail: Detail,
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

    /// Opens the engine and takes up changes, as [`Engine::open`] and [`Engine::watch`] do; scripts that were saved while nothing ran
    /// are tried with their own scenarios before they answer, where a generation is kept that can answer until then.
    pub fn start(home: &Path, overrides: Overrides) -> Engine {
        let home = Arc::new(Home::new(home, overrides));
        let state = Arc::new(home.open_tried());
        Engine { home, state }.watch()
    }

    /// Takes up changes of mps.toml and of the scripts from now on, on a thread of its own.
    ///
    /// What is wrong does not replace what is right: the old state answers until the new one can.
    pub fn watch(self) -> Engine {
        watch::start(&self.home, &self.state);
        self
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
        let state = self.state.load();
        Some(state.scripts.as_ref()?.tree.fingerprint())
    }

    /// The number of the generation that answers; `None` where none does.
    pub fn generation(&self) -> Option<u64> {
        Some(self.state.load().ready.as_ref().ok()?.generation.number())
    }

    /// Answers one request.
    pub fn answer(&self, request: &[u8]) -> Answer {
        let mut clock = Clock::start();
        let answer = self.answered(request, &mut clock);
        let stages = clock.stop(&answer.exchanges);
        Answer { stages, ..answer }
    }

    fn answered(&self, request: &[u8], clock: &mut Clock) -> Answer {
        let state = self.state.load();
        let limit = state.config.request_limit;
        if request.len() > limit {
            let size = request.len();
            let msg = format!(
                "请求报文有{size}字节，超过上限{limit}字节；确需更大时请在mps.toml中调整request_limit"
            );
            return self.refuse(&request[..limit], &msg).because(Some(TOO_LONG));
        }
        let decoded = match Request::decode(request) {
            Ok(decoded) => decoded,
            Err(rejected) => {
                let failure = Answer::failure(rejected.charset, rejected.header, &rejected.error.to_string());
                return failure.because(Some(rejected.error.code()));
            }
        };
        clock.decoded();
        match &state.ready {
            Ok(ready) => {
                let _budget = ready.generation.budget();
                let answered = || {
                    let (response, error) = serve(ready, request, decoded);
                    clock.served();
                    signing::sign(&ready.generation, response).because(error)
                };
                let (answer, noted) = noting(&ready.desk, self.home.detail(), answered);
                answer.noted(ready.generation.number(), noted)
            }
            Err(problem) => {
                let failure = Answer::failure(decoded.charset, decoded.header, &problem.sentence());
                failure.because(Some(problem.code()))
            }
        }
    }

    /// A failure answer that repeats the request's header where it can be read: for what is wrong outside the call itself.
    pub fn refuse(&self, request: &[u8], msg: &str) -> Answer {
        let (charset, header) = match Request::decode(request) {
            Ok(Request { charset, header, .. }) | Err(Rejected { charset, header, .. }) => (charset, header),
        };
        Answer::failure(charset, header, msg)
    }

    /// Why no request can be answered now, where that is so; every answer says it in one sentence.
    pub fn problem(&self) -> Option<Problem> {
        self.state.load().ready.as_ref().err().cloned()
    }

    /// Bytes that a request may have (`request_limit`).
    pub fn request_limit(&self) -> usize {
        self.state.load().config.request_limit
    }

    /// Bytes of `resp`, its NUL included, that `MPS_Call` may count on (`response_capacity`).
    pub fn response_capacity(&self) -> usize {
        self.state.load().config.response_capacity
    }
}

/// The response, and the code of the mistake that it tells of.
fn serve(ready: &Ready, bytes: &[u8], request: Request) -> (Response, Option<&'static str>) {
    let served = match signing::verify(&ready.generation, bytes, &request) {
        Ok(()) => ready
            .generation
            .serve(&request.header.funid, &request.body, &ready.desk),
        Err(refused) => refused,
    };
    let error = served.error.map(|error| error.code());
    let response = Response {
        charset: request.charset,
        header: request.header,
        result: served.result,
        msg: served.msg,
        body: served.body,
    };
    (response, error)
}
