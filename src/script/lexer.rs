//! Lua's words and signs with their places, read from scripts that may be broken.

use std::borrow::Cow;
use std::ops::Range;

/// One word or sign of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind<'a>,
    /// Bytes in the script.
    pub(super) span: Range<usize>,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind<'a> {
    /// A name or keyword.
    Name(&'a str),
    /// A string with its escapes resolved.
    Text(Cow<'a, str>),
    /// A number as written.
    Number(&'a str),
    /// An operator or a bracket.
    Sign(&'a str),
    /// A character that Lua has no use for.
    Foreign(char),
    /// A string or comment that does not end.
    Unfinished,
}

impl Token<'_> {
    pub(super) fn is_sign(&self, sign: &str) -> bool {
        matches!(self.kind, Kind::Sign(this) if this == sign)
    }

    pub(super) fn is_name(&self, name: &str) -> bool {
        matches!(self.kind, Kind::Name(this) if this == name)
    }
}

/// Signs of more than one character, longest first.
const LONG_SIGNS: [&str; 11] = ["...", "..", "==", "~=", "<=", ">=", "//", "::", "<<", ">>", "->"];

/// The tokens of a script, comments left out.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    // Few scripts have more.
    let mut tokens = Vec::with_capacity(text.len() / 4);
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let (kind, length) = if first.is_ascii_whitespace() {
            at += 1;
            continue;
        } else if let Some(comment) = rest.strip_prefix("--") {
            match comment_length(comment) {
                Some(length) => {
                    at += 2 + length;
                    continue;
                }
                None => (Kind::Unfinished, rest.len()),
            }
        } else {
            token(rest, first)
        };
        tokens.push(Token {
            kind,
            span: at..at + length,
        });
        at += length;
    }
    tokens
}

fn token(rest: &str, first: char) -> (Kind<'_>, usize) {
    match first {
        '"' | '\'' => quoted(rest, first),
        '[' => match long_bracket(rest) {
            Some(Some((content, length))) => (Kind::Text(long_text(content).into()), length),
            Some(None) => (Kind::Unfinished, rest.len()),
            None => (Kind::Sign(&rest[..1]), 1),
        },
        _ if first.is_ascii_alphabetic() || first == '_' => {
            let length = rest
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .unwrap_or(rest.len());
            (Kind::Name(&rest[..length]), length)
        }
        _ if first.is_ascii_digit() => {
            let length = number_length(rest);
            (Kind::Number(&rest[..length]), length)
        }
        _ if first.is_ascii_graphic() => {
            let may_be_long = rest
                .as_bytes()
                .get(1)
                .is_some_and(|next| b".=/:<>".contains(next));
            let long = LONG_SIGNS
                .iter()
                .find(|sign| may_be_long && rest.starts_with(**sign));
            let length = long.map_or(1, |sign| sign.len());
            (Kind::Sign(&rest[..length]), length)
        }
        _ => (Kind::Foreign(first), first.len_utf8()),
    }
}

/// Bytes of a comment behind its dashes; `None` where a long one does not end.
fn comment_length(comment: &str) -> Option<usize> {
    match long_bracket(comment) {
        Some(Some((_, length))) => Some(length),
        Some(None) => None,
        None => Some(comment.find('\n').unwrap_or(comment.len())),
    }
}

/// `[[…]]` or `[=[…]=]` at the start: its content and its bytes; `Some(None)` where it does not end.
fn long_bracket(rest: &str) -> Option<Option<(&str, usize)>> {
    let inner = rest.strip_prefix('[')?;
    let level = inner.len() - inner.trim_start_matches('=').len();
    let content = inner[level..].strip_prefix('[')?;
    let close = format!("]{}]", "=".repeat(level));
    let Some(end) = content.find(&close) else {
        return Some(None);
    };
    let start = 2 + level;
    Some(Some((&content[..end], start + end + close.len())))
}

/// What Lua makes of a long string: one newline at its start is none, and every line ends in a line feed.
fn long_text(content: &str) -> String {
    let text = content.replace("\r\n", "\n").replace('\r', "\n");
    text.strip_prefix('\n').map_or(text.clone(), str::to_owned)
}

/// A string in quotes; one that meets the end of its line is unfinished up to there.
fn quoted(rest: &str, quote: char) -> (Kind<'_>, usize) {
    // Escapes may make bytes that are no text.
    let mut content = Vec::new();
    let mut at = quote.len_utf8();
    let ends = |byte: &u8| matches!(byte, b'\n' | b'\\') || char::from(*byte) == quote;
    while let Some(plain) = rest.as_bytes()[at..].iter().position(ends) {
        let (text, end) = (&rest[at..at + plain], rest.as_bytes()[at + plain]);
        at += plain + 1;
        match end {
            b'\n' => return (Kind::Unfinished, at - 1),
            b'\\' => {
                content.extend_from_slice(text.as_bytes());
                at += escape(&rest[at..], &mut content);
            }
            // Most strings have no escapes.
            _ if content.is_empty() => return (Kind::Text(text.into()), at),
            _ => {
                content.extend_from_slice(text.as_bytes());
                return (Kind::Text(lossy(content).into()), at);
            }
        }
    }
    (Kind::Unfinished, rest.len())
}

fn push(content: &mut Vec<u8>, c: char) {
    content.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

fn lossy(content: Vec<u8>) -> String {
    String::from_utf8(content).unwrap_or_else(|bytes| String::from_utf8_lossy(bytes.as_bytes()).into_owned())
}

/// Resolves what stands behind a backslash, and gives its bytes.
fn escape(rest: &str, content: &mut Vec<u8>) -> usize {
    let Some(first) = rest.chars().next() else {
        return 0;
    };
    let behind = &rest[first.len_utf8()..];
    let leading = |text: &str, most: usize, radix: u32| {
        text.chars().take(most).take_while(|c| c.is_digit(radix)).count()
    };
    let plain = match first {
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        'z' => {
            return 1 + behind.len()
                - behind
                    .trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '\x0b')
                    .len();
        }
        'x' if leading(behind, 2, 16) == 2 => {
            content.extend(u8::from_str_radix(&behind[..2], 16));
            return 3;
        }
        'u' if behind.starts_with('{') => {
            let digits = leading(&behind[1..], 8, 16);
            let code = u32::from_str_radix(&behind[1..1 + digits], 16);
            if let Some(c) = code.ok().and_then(char::from_u32) {
                push(content, c);
            }
            return 2 + digits + usize::from(behind[1 + digits..].starts_with('}'));
        }
        '0'..='9' => {
            let digits = leading(rest, 3, 10);
            content.extend(rest[..digits].parse::<u8>());
            return digits;
        }
        // A line may go on behind one.
        '\r' if behind.starts_with('\n') => {
            content.push(b'\n');
            return 2;
        }
        other => other,
    };
    push(content, plain);
    first.len_utf8()
}

fn number_length(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut length = 0;
    while let Some(byte) = bytes.get(length) {
        let exponent = matches!(byte, b'e' | b'E' | b'p' | b'P');
        // `1..2` joins two numbers.
        let dots = *byte == b'.' && bytes.get(length + 1) == Some(&b'.');
        if !(byte.is_ascii_alphanumeric() || *byte == b'.') || dots {
            break;
        }
        length += 1;
        if exponent && matches!(bytes.get(length), Some(b'+' | b'-')) && !rest.starts_with("0x") {
            length += 1;
        }
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        tokens(text)
            .into_iter()
            .map(|token| match token.kind {
                Kind::Name(word) | Kind::Number(word) | Kind::Sign(word) => word.to_owned(),
                Kind::Text(text) => format!("<{text}>"),
                Kind::Foreign(c) => format!("?{c}"),
                Kind::Unfinished => "…".to_owned(),
            })
            .collect()
    }

    #[test]
    fn strings_comments_and_brackets_are_told_apart() {
        let text = "a={[\"b\"]='c\\'d',[-2]=[==[x]]\n]==],--[[ no { ]] e=1..2} -- f\n--[=[ g\n]=] h";
        assert_eq!(
            shown(text),
            [
                "a", "=", "{", "[", "<b>", "]", "=", "<c'd>", ",", "[", "-", "2", "]", "=", "<x]]\n>", ",",
                "e", "=", "1", "..", "2", "}", "h"
            ]
        );
    }

    #[test]
    fn escapes_and_long_strings_mean_what_lua_takes_them_for() {
        let text = "\"\\65\\x42\\u{5f20}\\z\n  c\\\nd\\\r\ne\\\"\" [[\r\nx\r\ny]] '\\0661'";
        assert_eq!(shown(text), ["<AB张c\nd\ne\">", "<x\ny>", "<B1>"]);
    }

    #[test]
    fn broken_ends_are_told() {
        assert_eq!(shown("x = \"卡号\ny"), ["x", "=", "…", "y"]);
        assert_eq!(shown("x = [[卡号"), ["x", "=", "…"]);
        assert_eq!(shown("--[[ 卡号"), ["…"]);
        assert_eq!(shown("x，\"a\\"), ["x", "?，", "…"]);
    }
}
