//! Text as JSON quotes it.

use serde_json::Value as Json;
use std::fmt::Write as _;

/// Appends a text in quotes. Nearly every one holds nothing that has to be escaped, and goes in as it is.
pub(crate) fn push(out: &mut String, text: &str) {
    let is_plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    if text.bytes().all(is_plain) {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        // Writing to a String cannot fail.
        let _ = write!(out, "{}", Json::from(text));
    }
}

#[cfg(test)]
mod tests {
    use super::push;

    #[test]
    fn what_is_quoted_is_read_back() {
        for text in ["", "张三", "a\"b", "a\\b", "\n", "\u{1}", "\u{7f}\u{2028}"] {
            let mut quoted = String::new();
            push(&mut quoted, text);
            assert_eq!(
                serde_json::from_str::<String>(&quoted).ok().as_deref(),
                Some(text)
            );
        }
    }
}
