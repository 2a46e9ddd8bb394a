//! One call from bytes to bytes, and what it needs: configuration and the running generation of scripts.

pub mod config;

use crate::message::{Charset, Header};
use std::path::Path;

/// Settings that a caller of [`Engine::open`] lays over `mps.toml`.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `Some(true)`: every device is simulated (`--sim`).
    pub simulate: Option<bool>,
    /// The administrative division code whose scripts answer (`--region`).
    pub region: Option<String>,
}

/// Answers requests with the scripts and the configuration found in one folder, its home.
pub struct Engine {}

impl Engine {
    /// Opens the engine on its home folder (mps.toml and scripts/; either may be missing).
    ///
    /// Never fails: what is wrong with the configuration or the scripts becomes the answer of each call.
    pub fn open(_home: &Path, _overrides: Overrides) -> Engine {
        todo!()
    }

    /// Answers one request.
    pub fn answer(&self, _request: &[u8]) -> Answer {
        todo!()
    }

    /// A failure answer that repeats the request's header where it can be read: for what is wrong outside the call itself.
    pub fn refuse(&self, _request: &[u8], _msg: &str) -> Answer {
        todo!()
    }

    /// Bytes that a request may have (`request_limit`).
    pub fn request_limit(&self) -> usize {
        todo!()
    }

    /// Bytes of `resp`, its NUL included, that `MPS_Call` may count on (`response_capacity`).
    pub fn response_capacity(&self) -> usize {
        todo!()
    }
}

/// A response message, ready for the caller's buffer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The message in the request's charset, without the NUL that ends it in a caller's buffer.
    pub bytes: Vec<u8>,
    /// Its charset.
    pub charset: Charset,
    /// Its header.
    pub header: Header,
}

impl Answer {
    /// A short, well-formed failure message that names both sizes, for a buffer of `capacity` bytes that this answer does not fit
    /// with its NUL; `None` where not even that message fits.
    pub fn shortened(&self, _capacity: usize) -> Option<Vec<u8>> {
        todo!()
    }
}
