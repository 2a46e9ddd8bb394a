//! The line that an error points at, as a console shows it: its number, its text, and carets under the spot.

use std::fmt;
use std::ops::Range;

/// A spot in a file with its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Excerpt {
    /// From 1.
    pub(crate) line: usize,
    /// In characters, from 1.
    pub(crate) column: usize,
    /// As much of the line as may be shown.
    pub(crate) shown: String,
    // Blanks and carets that stand under it; empty where the spot itself is not shown.
    marker: String,
}

/// Longer lines are cut: nobody reads more of an excerpt.
const WIDEST: usize = 160;

const HIDDEN: &str = "…";

impl Excerpt {
    /// The excerpt for `span` of `text`; `visible` picks the leading part of the line that may be shown.
    pub(crate) fn new(text: &str, span: Range<usize>, visible: impl FnOnce(&str) -> &str) -> Excerpt {
        let start = line_start(text, span.start);
        let line = line_at(text, span.start);
        let column = line
            .char_indices()
            .take_while(|(at, _)| start + at < span.start)
            .count();
        let shown: String = visible(line).chars().take(WIDEST).collect();
        let cut = shown.len() < line.len();
        let end = shown.len().min(span.end.saturating_sub(start));
        let begin = span.start.saturating_sub(start);
        let marker = match shown.get(..begin) {
            Some(lead) => {
                let marked = shown.get(begin..end).unwrap_or_default();
                format!("{}{}", blanks(lead), "^".repeat(columns(marked).max(1)))
            }
            None => String::new(),
        };
        Excerpt {
            line: line_number(text, span.start),
            column: column + 1,
            shown: if cut { format!("{shown}{HIDDEN}") } else { shown },
            marker,
        }
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.line.to_string();
        writeln!(f, " {number} | {}", self.shown)?;
        if !self.marker.is_empty() {
            writeln!(f, " {} | {}", " ".repeat(number.len()), self.marker)?;
        }
        Ok(())
    }
}

/// The line that an offset stands in, from 1.
pub(crate) fn line_number(text: &str, offset: usize) -> usize {
    text[..line_start(text, offset)].matches('\n').count() + 1
}

/// The text of the line that an offset stands in, up to its end.
pub(crate) fn line_at(text: &str, offset: usize) -> &str {
    let rest = &text[line_start(text, offset)..];
    rest.lines().next().unwrap_or_default()
}

/// Where the line that an offset stands in starts.
pub(crate) fn line_start(text: &str, offset: usize) -> usize {
    let before = &text.as_bytes()[..offset.min(text.len())];
    before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |newline| newline + 1)
}

/// Where a line starts, by its number from 1; `None` behind the last.
pub(crate) fn start_of_line(text: &str, line: usize) -> Option<usize> {
    match line.checked_sub(2) {
        None => Some(0),
        Some(before) => text.match_indices('\n').nth(before).map(|(at, _)| at + 1),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, spot: &str) -> String {
        let at = text.find(spot).expect("the spot is in the text");
        Excerpt::new(text, at..at + spot.len(), |line| line).to_string()
    }

    #[test]
    fn the_caret_stands_under_the_spot_behind_tabs_and_hanzi() {
        assert_eq!(lines("a\n\tx = 1", "x"), " 2 | \tx = 1\n   | \t^\n");
        assert_eq!(lines("“卡号”， x", "，"), " 1 | “卡号”， x\n   |         ^^\n");
    }

    #[test]
    fn a_spot_beyond_what_is_shown_has_no_caret() {
        let long = format!("{}x", " ".repeat(300));
        assert_eq!(lines(&long, "x").lines().count(), 1);
    }
}
