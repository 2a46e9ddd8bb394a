//! Writing responses.

use super::{Charset, Error, Header};

/// A response message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// What it is written in.
    pub charset: Charset,
    /// 功能编号 and 签名, repeated from the request.
    pub header: Header,
    /// 结果: `0` is success, anything else failure.
    pub result: String,
    /// 提示信息.
    pub msg: String,
    /// The fields of `Body`, in the order they are written.
    pub body: Vec<ResponseField>,
}

/// One field of a response's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseField {
    /// The element's name, for example `card_no`.
    pub name: String,
    /// Its text, not escaped.
    pub value: String,
    /// How it is laid out.
    pub layout: Layout,
}

/// How the specification's samples lay a field out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Layout {
    /// `<name>XXX</name>`, empty `<name/>`.
    #[default]
    Inline,
    /// The text on lines of its own, as `out_put`; empty `<out_put></out_put>`.
    Block,
}

impl Response {
    /// Writes the message, laid out exactly as the specification's samples.
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        todo!()
    }

    /// Reads a response back, for the `mps` command and tests.
    pub fn decode(_bytes: &[u8]) -> Result<Response, Error> {
        todo!()
    }
}
