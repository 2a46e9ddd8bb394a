//! Requests and responses as values, their XML and their charset. Pure: no I/O, no Lua.
//!
//! Source: the calling specification, section 2.3 (协议说明) and its sample messages.

mod body;
mod charset;
mod error;
mod markup;
mod plain;
mod reader;
mod request;
mod response;
mod source;
mod text;
mod writer;

pub use body::body_text;
pub use charset::Charset;
pub use error::Error;
pub use request::{Field, Rejected, Request};
pub use response::{Layout, Response, ResponseField};

use smol_str::SmolStr;

/// The header fields that a response repeats from its request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// 功能编号, for example `N04.00.00.01`; empty where none could be read.
    pub funid: SmolStr,
    /// 签名: sixteen lower-case letters or digits.
    pub sign: SmolStr,
}

/// The signature of a message that carries none (spec 2.3.1: 默认0000000000000000).
pub const DEFAULT_SIGN: &str = "0000000000000000";

/// Whether a field can have this name.
pub(crate) fn is_field_name(name: &str) -> bool {
    text::is_name(name)
}

/// Whether this can be a signature: sixteen lower-case letters or digits.
pub(crate) fn is_sign(sign: &str) -> bool {
    sign.len() == DEFAULT_SIGN.len()
        && sign
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())
}

impl Default for Header {
    fn default() -> Self {
        Header {
            funid: SmolStr::default(),
            sign: SmolStr::new_static(DEFAULT_SIGN),
        }
    }
}
