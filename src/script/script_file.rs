//! From a script file's bytes to its text, with what editors, networks and power cuts do to files.

use super::Error;
use super::error::{Mistake, UNREADABLE};
use super::tree::Source;
use encoding_rs::GBK;
use std::borrow::Cow;

/// How to save a script as it must be.
const SAVE_AS_UTF8: &str = "请用编辑器另存为UTF-8";
/// What to do about a file that is not whole.
const SAVE_AGAIN: &str = "文件可能没有保存完整，请重新保存或从备份恢复";

/// The text of a script, which must be UTF-8 and whole; a byte-order mark is left out, and lines end as everybody counts them.
pub(super) fn text<'a>(bytes: &'a [u8], name: &str) -> Result<Cow<'a, str>, Error> {
    let refuse = |what: &str, advice: &str| Error::new(UNREADABLE, name, 0, Mistake::new(what, advice));
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(refuse(
            "文件存成了UTF-16（即“Unicode”），不是UTF-8编码",
            SAVE_AS_UTF8,
        ));
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if !bytes.is_empty() && bytes.iter().all(|byte| *byte == 0) {
        return Err(refuse("文件里只有NUL字节", SAVE_AGAIN));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| not_utf8(bytes, &error, name))?;
    match text.find('\0') {
        None => Ok(with_line_feeds(text)),
        Some(at) => {
            let error = refuse("文件里有NUL字节，文件已损坏", SAVE_AGAIN);
            Err(error.in_text(&text[..at], at..at))
        }
    }
}

/// Lua ends a line at a carriage return alone, too, which bad transfers and old editors leave; nothing else does.
fn with_line_feeds(text: &str) -> Cow<'_, str> {
    let is_alone = |(at, _): (usize, &str)| !text[at + 1..].starts_with('\n');
    match text.match_indices('\r').any(is_alone) {
        true => Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")),
        false => Cow::Borrowed(text),
    }
}

/// Refuses a script without anything in it, where it is to be run.
pub(super) fn check_not_blank(source: &Source) -> Result<(), Error> {
    match source.text.trim().is_empty() {
        true => Err(Error::new(
            UNREADABLE,
            &source.name,
            0,
            Mistake::new("文件是空的", SAVE_AGAIN),
        )),
        false => Ok(()),
    }
}

/// The error at the first byte that is not UTF-8.
fn not_utf8(bytes: &[u8], error: &std::str::Utf8Error, name: &str) -> Error {
    let at = error.valid_up_to();
    let refuse = |what: &str, advice: &str| Error::new(UNREADABLE, name, 0, Mistake::new(what, advice));
    let (decoded, _, garbled) = GBK.decode(bytes);
    // Everything before the place is valid, so that it stands in the readable text where it stood in the bytes.
    let readable = String::from_utf8_lossy(bytes);
    if error.error_len().is_none() && at > 0 && !bytes[..at].is_ascii() {
        let error = refuse("文件在一个汉字的中间断开", SAVE_AGAIN);
        return error.in_text(&readable, at..readable.len());
    }
    if garbled {
        let error = refuse("不是UTF-8编码，文件可能已损坏", SAVE_AS_UTF8);
        return error.in_text(&readable, at..at);
    }
    let (before, ..) = GBK.decode(&bytes[..at]);
    let first = decoded[before.len()..].chars().next().map_or(0, char::len_utf8);
    let error = refuse("不是UTF-8编码，文件存成了GBK（即“ANSI”）", SAVE_AS_UTF8);
    error.in_text(&decoded, before.len()..before.len() + first)
}
