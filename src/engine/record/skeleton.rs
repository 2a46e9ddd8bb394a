//! What of a request that cannot be read may be kept: its markup, the words that every request and the scripts have, and how long
//! everything else is.
//!
//! Nothing can be told of its values, not even where they begin. So no digit stays, no other word, and no byte that is not ASCII.

use std::collections::HashSet;

/// Bytes that are shown.
pub(in crate::engine) const MOST: usize = 4096;
/// Shorter words may be anything.
const WORD: usize = 3;
/// What stands in every request.
const KNOWN: [&str; 14] = [
    "xml",
    "version",
    "encoding",
    "standalone",
    "GBK",
    "GB2312",
    "GB18030",
    "UTF",
    "request",
    "Header",
    "Body",
    "funid",
    "sign",
    "CDATA",
];
/// Where Unicode shows control characters.
const CONTROL_PICTURES: u32 = 0x2400;

/// The skeleton of a request's beginning: `9` for a digit, `a` for a letter, `*` for a byte that is not ASCII.
pub(super) fn of(bytes: &[u8], words: &HashSet<String>) -> String {
    let mut skeleton = String::new();
    for run in bytes.chunk_by(|one, other| one.is_ascii_alphanumeric() && other.is_ascii_alphanumeric()) {
        let word = str::from_utf8(run).unwrap_or_default();
        let is_word = word.len() >= WORD && word.bytes().all(|byte| byte.is_ascii_alphabetic());
        if KNOWN.contains(&word) || (is_word && words.contains(word)) {
            skeleton.push_str(word);
        } else {
            skeleton.extend(run.iter().map(|byte| sign(*byte)));
        }
    }
    skeleton
}

fn sign(byte: u8) -> char {
    match byte {
        b'0'..=b'9' => '9',
        byte if byte.is_ascii_alphabetic() => 'a',
        byte if byte.is_ascii_graphic() || matches!(byte, b' ' | b'\n' | b'\r' | b'\t') => char::from(byte),
        0x7f => '\u{2421}',
        byte if byte.is_ascii() => char::from_u32(CONTROL_PICTURES + u32::from(byte)).unwrap_or('*'),
        _ => '*',
    }
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn markup_and_known_words_stay_and_nothing_else() {
        let words = ["mdtrt", "cert", "type", "03", "ab", "A1B2"]
            .map(str::to_owned)
            .into();
        for (bytes, skeleton) in [
            (
                &b"<?xml version=\"1.0\" encoding=\"GBK\"?><request><mdtrt_cert_type>03<"[..],
                "<?xml version=\"9.9\" encoding=\"GBK\"?><request><mdtrt_cert_type>99<",
            ),
            (
                b"<name>\xd5\xc5\xc8\xfd Zhang ab A1B2</name",
                "<aaaa>**** aaaaa aa a9a9</aaaa",
            ),
            (b"1\x001\x000\x00type", "9\u{2400}9\u{2400}9\u{2400}type"),
            (b"1 1-0_1%E5\x7f\r\n", "9 9-9_9%a9\u{2421}\r\n"),
        ] {
            assert_eq!(of(bytes, &words), skeleton);
        }
    }
}
