//! Charsets of messages.

use std::borrow::Cow;

/// A charset that a message may be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// Windows code page 936, declared `GBK`; also where a request declares nothing.
    Gbk,
    /// Declared `GB2312`, which is how Windows itself names code page 936; the same repertoire as [`Charset::Gbk`].
    Gb2312,
    /// `GB18030`, four-byte codes included.
    Gb18030,
    /// `UTF-8`.
    Utf8,
    /// UTF-16, little-endian: PowerBuilder 10 and later without `;Ansi`, Delphi 2009 and later with `PChar`.
    Utf16Le,
    /// UTF-16, big-endian; only ever recognised by its byte order mark.
    Utf16Be,
}

impl Charset {
    /// The name that a response's XML declaration carries.
    pub fn label(self) -> &'static str {
        todo!()
    }

    /// Bytes of one code unit, which is also the width of the NUL that ends a C string in this charset.
    pub fn unit(self) -> usize {
        todo!()
    }

    /// Decodes text; the error is the offset of the first invalid byte.
    pub fn decode(self, _bytes: &[u8]) -> Result<Cow<'_, str>, usize> {
        todo!()
    }

    /// Encodes text; a character that the charset lacks becomes a decimal character reference.
    pub fn encode(self, _text: &str) -> Vec<u8> {
        todo!()
    }
}
