//! Text as JSON quotes it.

use serde_json::Value as Json;
use std::fmt::Write as _;

/// Appends a text in quotes. Nearly every one holds nothing that has to be escaped, and goes in as it is.
pub(crate) fn push(out: &mut String, text: &str) {
    if plain_length(text.as_bytes()) == text.len() {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        // Writing to a String cannot fail.
        let _ = write!(out, "{}", Json::from(text));
    }
}

/// How many bytes stand in quotes as they are, before the first that does not: looked at by eight.
pub(crate) fn plain_length(text: &[u8]) -> usize {
    let (words, rest) = text.as_chunks::<8>();
    let mut length = 0;
    for word in words {
        let special = special(u64::from_le_bytes(*word));
        if special != 0 {
            return length + special.trailing_zeros() as usize / 8;
        }
        length += 8;
    }
    let is_special = |byte: &u8| *byte < b' ' || *byte == b'"' || *byte == b'\\';
    length + rest.iter().position(is_special).unwrap_or(rest.len())
}

/// The high bits of those of eight bytes, the first one lowest, that do not stand in quotes as they are: quotes, backslashes, control
/// characters. Above the lowest one there may be more than there are.
fn special(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 0xFF;
    let below = |word: u64, least: u8| word.wrapping_sub(ONES * u64::from(least)) & !word;
    let equal = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    (below(word, b' ') | equal(b'"') | equal(b'\\')) & (ONES * 0x80)
}

#[cfg(test)]
mod tests {
    use super::{plain_length, push};

    #[test]
    fn the_first_special_byte_is_found_wherever_it_stands() {
        for special in [b'"', b'\\', 0, b'\n', 0x1F] {
            for at in 0..20 {
                let mut text = [b' ', b'!', b'#', b'[', b']', 0x7F, 0x80, 0xA2, 0xDC, 0xFF].repeat(2);
                assert_eq!(plain_length(&text), 20);
                text[at] = special;
                assert_eq!(plain_length(&text), at);
            }
        }
    }

    #[test]
    fn what_is_quoted_is_read_back() {
        for text in [
            "",
            "张三",
            "a\"b",
            "a\\b",
            "\n",
            "\u{1}",
            "\u{7f}\u{2028}",
            "eight or more\t",
            "\"eight or more",
        ] {
            let mut quoted = String::new();
            push(&mut quoted, text);
            assert_eq!(
                serde_json::from_str::<String>(&quoted).ok().as_deref(),
                Some(text)
            );
        }
    }
}
