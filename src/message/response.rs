//! Writing responses.

use super::reader::{self, Element, Form, HeaderTexts, Reading};
use super::writer::{Writer, block_text};
use super::{Charset, Error, Header};
use std::borrow::Cow;

const FORM: Form = Form {
    subject: "返回报文",
    root: "response",
    header: &["funid", "sign", "result", "msg"],
};

/// What a field's markup and indentation take besides names and value.
const MARKUP: usize = 32;

/// A response message; `'n` is of where the names of its fields are declared, and of what its values were read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response<'n> {
    /// What it is written in.
    pub charset: Charset,
    /// 功能编号 and 签名, repeated from the request.
    pub header: Header,
    /// 结果: `0` is success, anything else failure.
    pub result: Cow<'static, str>,
    /// 提示信息.
    pub msg: Cow<'static, str>,
    /// The fields of `Body`, in the order they are written.
    pub body: Vec<ResponseField<'n>>,
}

/// One field of a response's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseField<'n> {
    /// The element's name, for example `card_no`.
    pub name: Cow<'n, str>,
    /// Its text, not escaped.
    pub value: Cow<'n, str>,
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

impl Response<'_> {
    /// Writes the message, laid out exactly as the specification's samples.
    ///
    /// An illegal character in the header or `msg` is replaced, so that a failure can always be told; in a field it is
    /// an error, and so is a name that cannot be written.
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        let header = [
            ("funid", self.header.funid.as_str()),
            ("sign", self.header.sign.as_str()),
            ("result", &self.result),
            ("msg", &self.msg),
        ];
        let length = |field: &ResponseField| 2 * field.name.len() + field.value.len() + MARKUP;
        let length: usize = self.body.iter().map(length).sum();
        let mut writer = Writer::new(self.charset, FORM.root, &header, length);
        for field in &self.body {
            writer.field(&field.name, &field.value, field.layout)?;
        }
        Ok(writer.finish())
    }

    /// Reads a response back, for the `mps` command and tests.
    ///
    /// A field whose content begins with a newline and ends with a newline and the indentation of its end tag was laid
    /// out as a block: exactly these are taken off, so that the text comes back as it was.
    pub fn decode(bytes: &[u8]) -> Result<Response<'static>, Error> {
        let Reading {
            charset,
            header: Head { header, result, msg },
            body,
            end,
        } = reader::read::<Head, ResponseField>(bytes, &FORM);
        end?;
        Ok(Response {
            charset,
            header,
            result: result.ok_or_else(Error::missing_result)?.into(),
            msg: msg.into(),
            body,
        })
    }
}

/// What a response's header has.
struct Head {
    header: Header,
    result: Option<String>,
    msg: String,
}

impl From<HeaderTexts<'_>> for Head {
    fn from([funid, sign, result, msg]: HeaderTexts<'_>) -> Head {
        Head {
            header: Header {
                funid: funid.unwrap_or_default().into(),
                sign: sign.unwrap_or_default().into(),
            },
            result: result.map(str::to_owned),
            msg: msg.unwrap_or_default().to_owned(),
        }
    }
}

impl From<Element<'_>> for ResponseField<'static> {
    fn from(element: Element<'_>) -> ResponseField<'static> {
        let name = element.name.to_owned().into();
        let block = match element.source {
            Some("") => Some(""),
            // Both ends stand in the source as they stand in the value, for neither is a reference.
            Some(source) if block_text(source).is_some() => block_text(&element.value),
            _ => None,
        };
        match block {
            Some(text) => ResponseField {
                name,
                value: text.to_owned().into(),
                layout: Layout::Block,
            },
            None => ResponseField {
                name,
                value: element.value.into_owned().into(),
                layout: Layout::Inline,
            },
        }
    }
}
