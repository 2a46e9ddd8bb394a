//! From a message's bytes to its text: which charset it is in is told from its first bytes.

use std::borrow::Cow;

use super::{Charset, Error};

/// A message's charset and the offset at which its text begins, behind a byte order mark.
pub(super) fn charset(bytes: &[u8], subject: &'static str) -> Result<(Charset, usize), Error> {
    match bytes {
        [0xEF, 0xBB, 0xBF, ..] => Ok((Charset::Utf8, 3)),
        [0xFF, 0xFE, ..] => Ok((Charset::Utf16Le, 2)),
        [0xFE, 0xFF, ..] => Ok((Charset::Utf16Be, 2)),
        _ => match (utf16(bytes), declared_label(bytes)) {
            // A declaration in UTF-16 was written for another charset before the caller's language converted it.
            (Some(wide), _) => Ok((wide, 0)),
            (None, Some(label)) => named(label).map(|charset| (charset, 0)).ok_or_else(|| {
                let label = encoding_rs::GBK.decode_without_bom_handling(label).0;
                Error::unknown_charset(subject, &label)
            }),
            (None, None) => Ok((Charset::Gbk, 0)),
        },
    }
}

/// UTF-16, where the first character after white space is a `<` of two bytes.
fn utf16(bytes: &[u8]) -> Option<Charset> {
    const BLANKS: &[u8] = b" \t\r\n";
    let (units, _) = bytes.as_chunks::<2>();
    let is_blank = |unit: &&[u8; 2]| matches!(unit, [blank, 0] | [0, blank] if BLANKS.contains(blank));
    match units.iter().find(|unit| !is_blank(unit))? {
        [b'<', 0] => Some(Charset::Utf16Le),
        [0, b'<'] => Some(Charset::Utf16Be),
        _ => None,
    }
}

/// The charset that a label names; `None` where it is unknown.
fn named(label: &[u8]) -> Option<Charset> {
    let known = LABELS
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(label))?;
    Some(known.1)
}

const LABELS: [(&[u8], Charset); 10] = [
    (b"gbk", Charset::Gbk),
    (b"gb2312", Charset::Gb2312),
    (b"gb18030", Charset::Gb18030),
    (b"utf-8", Charset::Utf8),
    (b"utf8", Charset::Utf8),
    (b"cp936", Charset::Gbk),
    (b"936", Charset::Gbk),
    (b"ms936", Charset::Gbk),
    (b"windows-936", Charset::Gbk),
    // Text of eight bits cannot be UTF-16: .NET's StringWriter declares that, whatever the string becomes later.
    (b"utf-16", Charset::Gbk),
];

/// How many bytes the declaration ends after, blanks before it included; 0 where there is none.
fn declaration_length(bytes: &[u8]) -> usize {
    let blanks = bytes.len() - bytes.trim_ascii_start().len();
    declaration(bytes).map_or(0, |inside| blanks + "<?xml".len() + inside.len() + ">".len())
}

/// What stands between the declaration's `<?xml` and its `>`; `None` where there is none, or where it is cut off.
fn declaration(bytes: &[u8]) -> Option<&[u8]> {
    let inside = bytes.trim_ascii_start().strip_prefix(b"<?xml")?;
    let end = memchr::memchr(b'>', inside)?;
    inside.get(..end)
}

/// What stands after `encoding=` in the declaration, without quotes; `None` where nothing does.
fn declared_label(bytes: &[u8]) -> Option<&[u8]> {
    let declaration = declaration(bytes)?;
    let key = b"encoding";
    let is_key = |at: &usize| {
        let part = declaration.get(*at..at + key.len());
        part.is_some_and(|part| part.eq_ignore_ascii_case(key))
    };
    let at = memchr::memchr2_iter(b'e', b'E', declaration).find(is_key)?;
    let value = declaration
        .get(at + key.len()..)?
        .trim_ascii_start()
        .strip_prefix(b"=")?;
    let label = until_quote(without_quotes(value.trim_ascii_start())).trim_ascii();
    (!label.is_empty()).then_some(label)
}

/// Quotes of a declaration: XML's two, and the typographic ones of a word processor in GBK and in UTF-8.
const QUOTES: [&[u8]; 10] = [
    b"\"",
    b"'",
    b"\xA1\xB0",
    b"\xA1\xB1",
    b"\xA1\xAE",
    b"\xA1\xAF", // “ ” ‘ ’
    b"\xE2\x80\x9C",
    b"\xE2\x80\x9D",
    b"\xE2\x80\x98",
    b"\xE2\x80\x99",
];

/// Whether a quote may begin with the byte.
fn begins_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | 0xA1 | 0xE2)
}

fn without_quotes(value: &[u8]) -> &[u8] {
    QUOTES
        .iter()
        .find_map(|quote| value.strip_prefix(*quote))
        .unwrap_or(value)
}

/// The label up to its closing quote, or up to white space or the declaration's `?` where it has none.
fn until_quote(value: &[u8]) -> &[u8] {
    let ends = |rest: &[u8]| {
        matches!(rest, [b'?' | b' ' | b'\t' | b'\r' | b'\n', ..])
            || rest.first().is_some_and(|first| begins_quote(*first))
                && QUOTES.iter().any(|quote| rest.starts_with(quote))
    };
    let end = (0..value.len())
        .find(|&at| value.get(at..).is_some_and(ends))
        .unwrap_or(value.len());
    value.get(..end).unwrap_or(value)
}

/// The text as far as it is valid, and the offset at which it no longer is.
pub(super) fn decode(charset: Charset, message: &[u8]) -> (Cow<'_, str>, Option<usize>) {
    let (text, invalid) = decode_valid(charset, message);
    if invalid.is_none_or(|offset| offset >= declaration_length(message)) {
        return (text, invalid);
    }
    // Quotes pasted into the declaration may be in another charset than the text is; nothing of it is kept. The
    // length counts bytes of this very message.
    let (declaration, rest) = message.split_at(declaration_length(message));
    let (text, invalid) = decode_valid(charset, rest);
    let text = String::from_utf8_lossy(declaration).into_owned() + &text;
    (Cow::Owned(text), invalid.map(|offset| declaration.len() + offset))
}

fn decode_valid(charset: Charset, bytes: &[u8]) -> (Cow<'_, str>, Option<usize>) {
    match charset.decode(bytes) {
        Ok(text) => (text, None),
        Err(offset) => {
            let valid = bytes.get(..offset).unwrap_or_default();
            (charset.decode(valid).unwrap_or_default(), Some(offset))
        }
    }
}
