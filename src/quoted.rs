//! Text as JSON quotes it.

use serde_json::Value as Json;
use std::fmt::Write as _;

/// Appends a text in quotes. Nearly every one holds nothing that has to be escaped, and goes in as it is.
pub(crate) fn push(out: &mut String, text: &str) {
    if is_plain(text.as_bytes()) {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        // Writing to a String cannot fail.
        let _ = write!(out, "{}", Json::from(text));
    }
}

/// Whether nothing has to be escaped: in blocks without a branch, so that the compiler looks at a whole block at once.
fn is_plain(text: &[u8]) -> bool {
    let (blocks, rest) = text.as_chunks::<8>();
    let is_plain = |bytes: &[u8]| {
        bytes.iter().fold(true, |plain, &byte| {
            plain & (byte >= b' ') & (byte != b'"') & (byte != b'\\')
        })
    };
    blocks.iter().all(|block| is_plain(block)) && is_plain(rest)
}

#[cfg(test)]
mod tests {
    use super::push;

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
