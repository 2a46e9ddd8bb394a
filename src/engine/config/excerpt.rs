//! The spot in `mps.toml` that an error points at, with as much of its line as may be shown.
//!
//! A device's settings hold keys and passwords, and which of them are secret only its script knows. So only the values of keys
//! in [`super::keys`] are shown; of any other line no more than its key.

use super::error::Error;
use super::keys;
use crate::excerpt::{self, Excerpt};
use std::ops::Range;

/// The text of the file, for errors that point into it.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) text: &'a str,
}

impl<'a> Source<'a> {
    pub(super) fn error(
        self,
        code: &'static str,
        span: Range<usize>,
        what: impl Into<String>,
        advice: impl Into<String>,
    ) -> Error {
        Error {
            spot: Some(Box::new(self.spot(span))),
            ..Error::without_place(code, what, advice)
        }
    }

    /// The line that an offset stands in, from 1.
    pub(super) fn line(self, offset: usize) -> usize {
        excerpt::line_number(self.text, offset)
    }

    /// The text of the line that an offset stands in, up to its end.
    pub(super) fn line_text(self, offset: usize) -> &'a str {
        excerpt::line_at(self.text, offset)
    }

    fn spot(self, span: Range<usize>) -> Excerpt {
        let start = excerpt::line_start(self.text, span.start);
        Excerpt::new(self.text, span, |line| {
            if self.inside_long_string(start) {
                ""
            } else {
                showable(line)
            }
        })
    }

    /// Whether the line that starts here continues a string of several lines.
    fn inside_long_string(self, start: usize) -> bool {
        let before = &self.text[..start];
        ["\"\"\"", "'''"]
            .iter()
            .any(|quotes| before.matches(quotes).count() % 2 == 1)
    }
}

/// The part of a line that cannot hold a secret.
fn showable(line: &str) -> &str {
    let indent = line.len() - line.trim_start().len();
    if line[indent..].starts_with('[') {
        return header(line);
    }
    let Some(sign) = line.find(['=', '＝', '：', ':']) else {
        return if keys::is_known(line.trim()) {
            line
        } else {
            &line[..indent]
        };
    };
    let (key, rest) = line.split_at(sign);
    let name = key
        .rsplit('.')
        .next()
        .unwrap_or(key)
        .trim()
        .trim_matches(['"', '\'']);
    if keys::is_known(name) && rest.matches(['=', '＝']).count() <= 1 {
        line
    } else if key.chars().all(|c| c.is_alphanumeric() || "_-. \t".contains(c)) {
        let sign = rest.chars().next().map_or(0, char::len_utf8);
        &line[..key.len() + sign]
    } else {
        &line[..indent]
    }
}

/// `[device.card]` without what somebody may have written behind it.
fn header(line: &str) -> &str {
    let end = line
        .find("]]")
        .map(|at| at + 2)
        .or_else(|| line.find(']').map(|at| at + 1));
    let end = end.or_else(|| line.find('='));
    &line[..end.unwrap_or(line.len())]
}
