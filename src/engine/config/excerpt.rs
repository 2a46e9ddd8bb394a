//! The spot in `mps.toml` that an error points at, with as much of its line as may be shown.
//!
//! A device's settings hold keys and passwords, and which of them are secret only its script knows. So only the values of keys
//! in [`super::keys`] are shown; of any other line no more than its key.

use super::error::Error;
use super::keys;
use std::ops::Range;

/// A place in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    /// From 1.
    pub(super) line: usize,
    /// In characters, from 1.
    pub(super) column: usize,
    /// As much of the line as may be shown.
    pub(super) shown: String,
    /// Blanks and carets that stand under it; empty where the place itself is not shown.
    pub(super) marker: String,
}

/// The text of the file, for errors that point into it.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) text: &'a str,
}

/// Longer lines are cut: nobody reads more of an excerpt.
const WIDEST: usize = 160;

const HIDDEN: &str = "…";

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
        self.text[..self.line_start(offset)].matches('\n').count() + 1
    }

    /// The text of the line that an offset stands in, up to its end.
    pub(super) fn line_text(self, offset: usize) -> &'a str {
        let rest = &self.text[self.line_start(offset)..];
        rest.lines().next().unwrap_or_default()
    }

    /// Everything before the line that an offset stands in, and that line's own start.
    fn line_start(self, offset: usize) -> usize {
        let before = &self.text.as_bytes()[..offset.min(self.text.len())];
        before
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |newline| newline + 1)
    }

    fn spot(self, span: Range<usize>) -> Spot {
        let start = self.line_start(span.start);
        let text = self.line_text(span.start);
        let column = text
            .char_indices()
            .take_while(|(at, _)| start + at < span.start)
            .count();
        let visible = if self.inside_long_string(start) {
            ""
        } else {
            showable(text)
        };
        let visible: String = visible.chars().take(WIDEST).collect();
        let cut = visible.len() < text.len();

        let end = visible.len().min(span.end.saturating_sub(start));
        let begin = span.start - start;
        let marker = match visible.get(..begin) {
            Some(lead) => {
                let marked = visible.get(begin..end).unwrap_or_default();
                format!("{}{}", blanks(lead), "^".repeat(columns(marked).max(1)))
            }
            None => String::new(),
        };
        let shown = if cut {
            format!("{visible}{HIDDEN}")
        } else {
            visible
        };
        Spot {
            line: self.line(span.start),
            column: column + 1,
            shown,
            marker,
        }
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

/// Blanks as wide as the text above them.
fn blanks(lead: &str) -> String {
    lead.chars()
        .map(|c| {
            if c == '\t' {
                "\t"
            } else {
                [" ", "  "][usize::from(is_wide(c))]
            }
        })
        .collect()
}

fn columns(text: &str) -> usize {
    text.chars().map(|c| 1 + usize::from(is_wide(c))).sum()
}

/// Chinese characters and full-width forms take two columns of a console.
fn is_wide(c: char) -> bool {
    c >= '\u{1100}'
}
