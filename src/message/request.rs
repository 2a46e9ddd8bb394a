//! Reading requests.

use super::{Charset, Error, Header};

/// A request message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What it was written in; its response is written in the same.
    pub charset: Charset,
    /// 功能编号 and 签名.
    pub header: Header,
    /// The fields of `Body` in the order written; names may repeat here, and it is the reader's to refuse that.
    pub body: Vec<Field>,
}

/// One field of a request's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The element's name, for example `mdtrt_cert_type`.
    pub name: String,
    /// Its text, entities resolved, white space kept.
    pub value: String,
    /// Whether elements stand inside it, so that `value` is not the whole of it.
    pub nested: bool,
}

/// A request that could not be read, with all that is needed to answer it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// The charset to answer in.
    pub charset: Charset,
    /// The header as far as it could be read.
    pub header: Header,
    /// What was wrong.
    pub error: Error,
}

impl Request {
    /// Reads a request: charset from its byte order mark or declaration, GBK where none is named.
    pub fn decode(_bytes: &[u8]) -> Result<Request, Rejected> {
        todo!()
    }

    /// Writes the request as the specification's sample is laid out; for the `mps` command and tests.
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        todo!()
    }
}
