//! Text as a vendor's library holds it.

use encoding_rs::{Encoding, UTF_16LE};
use std::borrow::Cow;
use std::fmt::Write as _;

/// How the bytes of a string or a buffer are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// A charset whose NUL is one byte: GBK, UTF-8, Big5.
    Narrow(&'static Encoding),
    /// `wchar_t` of Windows: UTF-16, little-endian, its NUL two bytes.
    Utf16,
    /// The bytes themselves.
    Raw,
    /// The bytes, which scripts see as hexadecimal text.
    Hex,
}

/// What a function brought back in one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Text, decoded.
    Text(String),
    /// An integer.
    Integer(i64),
    /// Bytes as they are.
    Bytes(Vec<u8>),
}

impl Value {
    /// The value as a field of a message; bytes in hexadecimal.
    pub fn into_text(self) -> String {
        match self {
            Value::Text(text) => text,
            Value::Integer(value) => value.to_string(),
            Value::Bytes(bytes) => hex(&bytes),
        }
    }

    /// The text, where it is text.
    pub fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            Value::Integer(_) | Value::Bytes(_) => None,
        }
    }
}

impl Charset {
    /// The charset that a declaration names.
    pub fn named(name: &str) -> Option<Charset> {
        match name.to_ascii_lowercase().as_str() {
            "raw" => Some(Charset::Raw),
            "hex" => Some(Charset::Hex),
            "utf-16" | "utf-16le" | "utf16" => Some(Charset::Utf16),
            name => Encoding::for_label_no_replacement(name.as_bytes())
                .filter(|encoding| encoding.is_ascii_compatible())
                .map(Charset::Narrow),
        }
    }

    /// Bytes of one code unit, which is also the width of its NUL.
    pub fn unit(self) -> usize {
        match self {
            Charset::Utf16 => 2,
            Charset::Narrow(_) | Charset::Raw | Charset::Hex => 1,
        }
    }

    /// The bytes before the first NUL; all of them where there is none.
    pub(super) fn until_nul(self, bytes: &[u8]) -> &[u8] {
        let unit = self.unit();
        if unit == 1 {
            return memchr::memchr(0, bytes).map_or(bytes, |nul| &bytes[..nul]);
        }
        let nul = bytes
            .chunks_exact(unit)
            .position(|unit| unit.iter().all(|&byte| byte == 0));
        nul.and_then(|units| bytes.get(..units * unit)).unwrap_or(bytes)
    }

    /// The bytes before the NULs that fill up text of a told length, which may count its own; bytes that are no text as they are.
    pub(super) fn unpadded(self, bytes: &[u8]) -> &[u8] {
        if matches!(self, Charset::Raw | Charset::Hex) {
            return bytes;
        }
        let units = bytes.chunks_exact(self.unit());
        let last = units.rev().position(|unit| unit.iter().any(|&byte| byte != 0));
        let padding = last.map_or(bytes.len(), |units| units * self.unit());
        bytes.get(..bytes.len() - padding).unwrap_or(bytes)
    }

    /// What bytes say. A name cut in the middle of a character must not cost the patient the card: what cannot be decoded
    /// is marked.
    pub(super) fn read(self, bytes: &[u8]) -> Value {
        match self {
            Charset::Narrow(encoding) => {
                Value::Text(encoding.decode_without_bom_handling(bytes).0.into_owned())
            }
            Charset::Utf16 => Value::Text(UTF_16LE.decode_without_bom_handling(bytes).0.into_owned()),
            Charset::Raw => Value::Bytes(bytes.to_vec()),
            Charset::Hex => Value::Text(hex(bytes)),
        }
    }

    /// Text as the library's bytes; the error says what is wrong with it.
    pub(super) fn write(self, text: &str) -> Result<Cow<'_, [u8]>, &'static str> {
        match self {
            Charset::Narrow(encoding) => match encoding.encode(text) {
                (_, _, true) => Err("含有动态库字符集无法表示的字符"),
                (bytes, ..) => Ok(bytes),
            },
            Charset::Utf16 => Ok(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
            Charset::Raw => Ok(text.as_bytes().into()),
            Charset::Hex => from_hex(text)
                .map(Cow::Owned)
                .ok_or("应为十六进制文本（两位一个字节）"),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // A String takes everything.
            let _ = write!(text, "{byte:02X}");
            text
        })
}

/// Blanks between the digits are passed over, as manuals write commands.
fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .filter(|c| !c.is_ascii_whitespace())
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let digits = digits?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty()
        .then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_is_as_wide_as_the_charset() {
        assert_eq!(Charset::Utf16.until_nul(b"a\0b\0\0\0c\0"), b"a\0b\0");
        assert_eq!(Charset::Utf16.until_nul(b"\0a\0\0"), b"\0a");
        assert_eq!(Charset::Raw.until_nul(b"ab\0c"), b"ab");
        assert_eq!(Charset::Raw.until_nul(b"abc"), b"abc");
    }

    #[test]
    fn hexadecimal_goes_both_ways() {
        assert_eq!(Charset::Hex.write("00 a4\n0F"), Ok(vec![0, 0xA4, 0x0F].into()));
        assert!(Charset::Hex.write("00a").is_err() && Charset::Hex.write("0g").is_err());
        assert_eq!(Charset::Hex.read(&[0, 0xA4]), Value::Text("00A4".to_owned()));
    }
}
