//! Charsets of messages.

use std::borrow::Cow;
use std::cell::RefCell;

use encoding_rs::{DecoderResult, Encoder, EncoderResult, Encoding, GB18030, GBK, UTF_16BE, UTF_16LE};

use super::text;

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
    /// UTF-16, big-endian.
    Utf16Be,
}

/// One of the Chinese national charsets as we write it.
struct National {
    encoding: &'static Encoding,
    /// Characters that `encoding` could write and that must not be sent all the same.
    withheld: fn(char) -> bool,
}

impl Charset {
    /// Every one of them.
    pub const ALL: [Charset; 6] = [
        Charset::Gbk,
        Charset::Gb2312,
        Charset::Gb18030,
        Charset::Utf8,
        Charset::Utf16Le,
        Charset::Utf16Be,
    ];

    /// The name that a response's XML declaration carries.
    pub fn label(self) -> &'static str {
        match self {
            Charset::Gbk => "GBK",
            Charset::Gb2312 => "GB2312",
            Charset::Gb18030 => "GB18030",
            Charset::Utf8 => "UTF-8",
            Charset::Utf16Le | Charset::Utf16Be => "UTF-16",
        }
    }

    /// Bytes of one code unit, which is also the width of the NUL that ends a C string in this charset.
    pub fn unit(self) -> usize {
        match self {
            Charset::Utf16Le | Charset::Utf16Be => 2,
            Charset::Gbk | Charset::Gb2312 | Charset::Gb18030 | Charset::Utf8 => 1,
        }
    }

    /// Decodes text; the error is the offset of the first invalid byte.
    ///
    /// All three national charsets are read alike, four-byte codes of GB18030 included: callers' labels are not exact.
    pub fn decode(self, bytes: &[u8]) -> Result<Cow<'_, str>, usize> {
        let encoding = match self {
            Charset::Utf8 => return utf8(bytes),
            Charset::Utf16Le => UTF_16LE,
            Charset::Utf16Be => UTF_16BE,
            Charset::Gbk | Charset::Gb2312 | Charset::Gb18030 => GB18030,
        };
        encoding
            .decode_without_bom_handling_and_without_replacement(bytes)
            .ok_or_else(|| first_invalid(encoding, bytes))
    }

    /// Encodes text; a character that the charset lacks becomes a decimal character reference.
    pub fn encode(self, text: &str) -> Vec<u8> {
        let mut out = Vec::with_capacity(text.len() * self.unit() + LONGEST_CODE);
        self.encode_to(text, &mut out);
        out
    }

    /// The same behind what is there already.
    pub(super) fn encode_to(self, text: &str, out: &mut Vec<u8>) {
        match self {
            Charset::Utf8 => out.extend_from_slice(text.as_bytes()),
            Charset::Utf16Le => utf16(text, out, u16::to_le_bytes),
            Charset::Utf16Be => utf16(text, out, u16::to_be_bytes),
            Charset::Gbk | Charset::Gb2312 => CODE_PAGE_936.encode_to(text, out),
            Charset::Gb18030 => GB18030_2022.encode_to(text, out),
        }
    }

    /// The same for a text that many messages have, as that of success: mostly it is the last one again.
    pub(super) fn encode_again_to(self, text: &str, out: &mut Vec<u8>) {
        if text.len() > LONGEST_KEPT {
            return self.encode_to(text, out);
        }
        LAST.with_borrow_mut(|last| match last {
            Some(last) if last.charset == self && last.text == text => out.extend_from_slice(&last.bytes),
            _ => {
                let bytes = self.encode(text);
                out.extend_from_slice(&bytes);
                let (charset, text) = (self, text.to_owned());
                *last = Some(Encoded { charset, text, bytes });
            }
        });
    }

    /// Whether the charset can write every character of the text without a reference, as element names must be.
    pub(super) fn has_all(self, text: &str) -> bool {
        match self {
            Charset::Utf8 | Charset::Utf16Le | Charset::Utf16Be => true,
            Charset::Gbk | Charset::Gb2312 => CODE_PAGE_936.has_all(text),
            Charset::Gb18030 => GB18030_2022.has_all(text),
        }
    }

    /// The bytes before the NUL that ends a C string; all of them where there is none.
    pub(super) fn until_nul(self, bytes: &[u8]) -> &[u8] {
        if self.unit() == 1 {
            return memchr::memchr(0, bytes).map_or(bytes, |nul| &bytes[..nul]);
        }
        let (units, _) = bytes.as_chunks::<2>();
        let end = units
            .iter()
            .position(|unit| *unit == [0, 0])
            .map(|index| index * 2);
        end.and_then(|end| bytes.get(..end)).unwrap_or(bytes)
    }
}

/// Bytes of the longest text that is kept for the next message.
const LONGEST_KEPT: usize = 64;

/// A text and what it became.
struct Encoded {
    charset: Charset,
    text: String,
    bytes: Vec<u8>,
}

thread_local! {
    static LAST: RefCell<Option<Encoded>> = const { RefCell::new(None) };
}

/// Bytes of the longest code of a character in any national charset; encoders ask for so much room before they write one.
const LONGEST_CODE: usize = 4;

/// The encoding is WHATWG's "gbk", which knows more characters than code page 936.
const CODE_PAGE_936: National = National {
    encoding: GBK,
    withheld: is_outside_code_page_936,
};

const GB18030_2022: National = National {
    encoding: GB18030,
    withheld: is_private,
};

/// Whether WHATWG's GBK encoder has a code for the character that Windows code page 936 has not.
///
/// The difference of the two repertoires (Python's codec `gbk`, which is code page 936 but for `€` at 80, against
/// encoding_rs 0.8), each range widened as far as code page 936 stays empty: ǹ and ḿ (A8BF, A8BC), radicals and
/// ideographic description (FE50.., A98A..), the variation mark (A989), extension A with 䶮 (FE55..), U+9FB4..9FBB
/// (FE59..), private use, and vertical punctuation (A6D9..). `cp936-repertoire.txt` of the tests is the whole table.
fn is_outside_code_page_936(character: char) -> bool {
    matches!(character,
        '\u{01F9}' | '\u{1E3F}' | '\u{2E80}'..='\u{2FFF}' | '\u{303E}' | '\u{3400}'..='\u{4DBF}'
        | '\u{9FA6}'..='\u{F8FF}' | '\u{FE10}'..='\u{FE19}')
}

/// Private-use characters: their codes changed meaning between the editions of GB18030 (2000, 2005, 2022), so that a
/// reader of another edition would see another character.
fn is_private(character: char) -> bool {
    matches!(character, '\u{E000}'..='\u{F8FF}')
}

impl National {
    fn encode_to(&self, text: &str, out: &mut Vec<u8>) {
        if text.is_ascii() {
            return out.extend_from_slice(text.as_bytes());
        }
        out.reserve(text.len() + LONGEST_CODE);
        let mut encoder = self.encoding.new_encoder();
        let mut rest = text;
        while let Some((run, character, tail)) = self.split_at_withheld(rest) {
            encode_run(&mut encoder, run, out);
            push_reference(character, out);
            rest = tail;
        }
        encode_run(&mut encoder, rest, out);
    }

    fn has_all(&self, text: &str) -> bool {
        let lacks = |character: char| {
            let mut utf8 = [0; 4];
            let (_, _, unmappable) = self.encoding.encode(character.encode_utf8(&mut utf8));
            unmappable || (self.withheld)(character)
        };
        text.is_ascii() || !text.chars().any(lacks)
    }

    /// The text before the first withheld character, that character, and the text after it.
    fn split_at_withheld<'t>(&self, text: &'t str) -> Option<(&'t str, char, &'t str)> {
        let mut at = 0;
        loop {
            at += text::find(text.as_bytes().get(at..)?, |byte| !byte.is_ascii())?;
            let character = text.get(at..)?.chars().next()?;
            let next = at + character.len_utf8();
            if (self.withheld)(character) {
                return Some((text.get(..at)?, character, text.get(next..)?));
            }
            at = next;
        }
    }
}

/// Encodes text, with references for what the encoder cannot map.
fn encode_run(encoder: &mut Encoder, mut text: &str, out: &mut Vec<u8>) {
    loop {
        // "Not last": the national charsets keep no state between characters.
        let (result, read) = encoder.encode_from_utf8_to_vec_without_replacement(text, out, false);
        // The encoder's own count of what it was given.
        text = &text[read..];
        match result {
            EncoderResult::InputEmpty => return,
            // Four bytes may take the place of two.
            EncoderResult::OutputFull => out.reserve(text.len() + LONGEST_CODE),
            EncoderResult::Unmappable(character) => push_reference(character, out),
        }
    }
}

fn push_reference(character: char, out: &mut Vec<u8>) {
    out.extend_from_slice(format!("&#{};", u32::from(character)).as_bytes());
}

fn utf8(bytes: &[u8]) -> Result<Cow<'_, str>, usize> {
    std::str::from_utf8(bytes)
        .map(Cow::Borrowed)
        .map_err(|error| error.valid_up_to())
}

fn utf16(text: &str, out: &mut Vec<u8>, to_bytes: fn(u16) -> [u8; 2]) {
    text.encode_utf16()
        .for_each(|unit| out.extend_from_slice(&to_bytes(unit)));
}

/// Where decoding fails; asked only once it is known to fail.
fn first_invalid(encoding: &'static Encoding, bytes: &[u8]) -> usize {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut text = String::with_capacity(
        decoder
            .max_utf8_buffer_length_without_replacement(bytes.len())
            .unwrap_or(0),
    );
    match decoder.decode_to_string_without_replacement(bytes, &mut text, true) {
        (DecoderResult::Malformed(bad, after), read) => read - usize::from(bad) - usize::from(after),
        (DecoderResult::InputEmpty | DecoderResult::OutputFull, read) => read,
    }
}

#[cfg(test)]
mod tests {
    use super::Charset;

    #[test]
    fn a_text_that_comes_again_is_written_as_before_and_another_one_as_itself() {
        let long = "长".repeat(100);
        for text in [
            "操作成功",
            "操作成功",
            "操作失败",
            "",
            "ok",
            "\u{4DAE}",
            &long,
            "操作成功",
        ] {
            for charset in [Charset::Gbk, Charset::Gb18030, Charset::Gbk, Charset::Utf8] {
                let mut out = b"before".to_vec();
                charset.encode_again_to(text, &mut out);
                assert_eq!(out, [b"before", charset.encode(text).as_slice()].concat());
            }
        }
    }
}
