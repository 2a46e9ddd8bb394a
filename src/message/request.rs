//! Reading requests.

use super::reader::{self, Element, Form, HeaderTexts, Reading};
use super::writer::Writer;
use super::{Charset, DEFAULT_SIGN, Error, Header, Layout, is_sign};
use smol_str::SmolStr;

const FORM: Form = Form {
    subject: "请求报文",
    root: "request",
    header: &["funid", "sign"],
};

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
    pub name: SmolStr,
    /// Its text, entities resolved, white space kept.
    pub value: SmolStr,
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
    pub fn decode(bytes: &[u8]) -> Result<Request, Rejected> {
        let Reading {
            charset,
            header,
            body,
            end,
        } = reader::read::<Header, Field>(bytes, &FORM);
        match end
            .and_then(|()| check_funid(&header.funid))
            .and_then(|()| check_sign(&header.sign))
        {
            Ok(()) => Ok(Request {
                charset,
                header,
                body,
            }),
            Err(error) => Err(Rejected {
                charset,
                header: echo(&header.funid, &header.sign),
                error,
            }),
        }
    }

    /// Writes the request as the specification's sample is laid out; for the `mps` command and tests.
    ///
    /// Of a nested field only the text directly inside is written. The header is written as it is, right or wrong.
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        let header = [
            ("funid", self.header.funid.as_str()),
            ("sign", self.header.sign.as_str()),
        ];
        let mut writer = Writer::new(self.charset, FORM.root, &header, 0);
        for field in &self.body {
            writer.field(&field.name, &field.value, Layout::Inline)?;
        }
        Ok(writer.finish())
    }
}

impl From<HeaderTexts<'_>> for Header {
    fn from([funid, sign, ..]: HeaderTexts<'_>) -> Header {
        Header {
            funid: funid.unwrap_or_default().trim().into(),
            sign: match sign.unwrap_or_default().trim() {
                "" => SmolStr::new_static(DEFAULT_SIGN),
                sign => sign.into(),
            },
        }
    }
}

impl From<Element<'_>> for Field {
    fn from(element: Element<'_>) -> Field {
        Field {
            name: element.name.into(),
            value: element.value.into(),
            nested: element.nested,
        }
    }
}

/// The longest 功能编号, and the longest header text that is repeated in an answer.
const MAX_HEADER_TEXT: usize = 64;

fn check_funid(funid: &str) -> Result<(), Error> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if funid.is_empty() {
        Err(Error::missing_funid())
    } else if funid.len() > MAX_HEADER_TEXT || !funid.bytes().all(allowed) {
        Err(Error::bad_funid(funid))
    } else {
        Ok(())
    }
}

fn check_sign(sign: &str) -> Result<(), Error> {
    if is_sign(sign) {
        Ok(())
    } else {
        Err(Error::bad_sign(sign))
    }
}

/// The header to answer with, wrong values included, so that the caller recognises its own.
fn echo(funid: &str, sign: &str) -> Header {
    let fits = |text: &&str| {
        text.chars().nth(MAX_HEADER_TEXT).is_none() && super::text::first_illegal(text).is_none()
    };
    Header {
        funid: Some(funid).filter(fits).unwrap_or_default().into(),
        sign: Some(sign).filter(fits).unwrap_or(DEFAULT_SIGN).into(),
    }
}
