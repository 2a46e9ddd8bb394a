//! One call from bytes to bytes, and what it needs: configuration and the running generation of scripts.

mod answer;
pub mod config;
mod state;
mod watch;

pub use answer::Answer;

use crate::message::{Rejected, Request, Response};
use arc_swap::ArcSwap;
use state::{Home, State};
use std::path::Path;
use std::sync::Arc;

/// Settings that a caller of [`Engine::open`] lays over `mps.toml`.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `Some(true)`: every device is simulated (`--sim`).
    pub simulate: Option<bool>,
    /// The administrative division code whose scripts answer (`--region`).
    pub region: Option<String>,
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
        let state = Arc::new(ArcSwap::from_pointee(home.load()));
        Engine { home, state }
    }

    /// Takes up changes of mps.toml and of the scripts from now on, on a thread of its own.
    ///
    /// What is wrong does not replace what is right: the old state answers until the new one can.
    pub fn watch(self) -> Engine {
        watch::start(&self.home, &self.state);
        self
    }

    /// Answers one request.
    pub fn answer(&self, request: &[u8]) -> Answer {
        let state = self.state.load();
        let limit = state.config.request_limit;
        if request.len() > limit {
            let size = request.len();
            let msg = format!(
                "请求报文有{size}字节，超过上限{limit}字节；确需更大时请在mps.toml中调整request_limit"
            );
            return self.refuse(&request[..limit], &msg);
        }
        let request = match Request::decode(request) {
            Ok(request) => request,
            Err(rejected) => {
                return Answer::failure(rejected.charset, rejected.header, &rejected.error.to_string());
            }
        };
        let ready = match &state.ready {
            Ok(ready) => ready,
            Err(sentence) => return Answer::failure(request.charset, request.header, sentence),
        };
        let served = ready
            .generation
            .serve(&request.header.funid, &request.body, &ready.desk);
        let (charset, header) = (request.charset, request.header);
        let answer = Answer::new(Response {
            charset,
            header,
            result: served.result,
            msg: served.msg,
            body: served.body,
        });
        Answer {
            notices: served.notices,
            ..answer
        }
    }

    /// A failure answer that repeats the request's header where it can be read: for what is wrong outside the call itself.
    pub fn refuse(&self, request: &[u8], msg: &str) -> Answer {
        let (charset, header) = match Request::decode(request) {
            Ok(Request { charset, header, .. }) | Err(Rejected { charset, header, .. }) => (charset, header),
        };
        Answer::failure(charset, header, msg)
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
