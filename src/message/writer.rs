//! Writes messages, laid out as the specification's samples are.

use super::{Charset, Error, Layout, text};

/// What stands before a body element's name.
const INDENT: &str = "        ";

/// A message being written.
pub(super) struct Writer {
    charset: Charset,
    root: &'static str,
    xml: String,
}

impl Writer {
    /// Begins a message with its declaration and its header; header texts never fail, so that a failure can be told. The body will
    /// take about `body` bytes.
    pub(super) fn new(charset: Charset, root: &'static str, header: &[(&str, &str)], body: usize) -> Writer {
        let label = charset.label();
        let mut writer = Writer {
            charset,
            root,
            xml: String::with_capacity(512 + body),
        };
        writer.push(&[
            "<?xml version=\"1.0\" encoding=\"",
            label,
            "\" ?>\n<",
            root,
            ">\n    <Header>\n",
        ]);
        for (name, value) in header {
            writer.push(&[INDENT, "<", name, ">"]);
            match text::first_illegal(value) {
                None => writer.push_escaped(value),
                Some(_) => {
                    let replaced = |character| {
                        if text::is_allowed(character) {
                            character
                        } else {
                            '\u{FFFD}'
                        }
                    };
                    writer.push_escaped(&value.chars().map(replaced).collect::<String>());
                }
            }
            writer.push(&["</", name, ">\n"]);
        }
        writer.push(&["    </Header>\n    <Body>\n"]);
        writer
    }

    /// One element of the body.
    pub(super) fn field(&mut self, name: &str, value: &str, layout: Layout) -> Result<(), Error> {
        self.check(name, value)?;
        self.push(&[INDENT, "<", name]);
        match (layout, value) {
            (Layout::Inline, "") => {
                self.push(&["/>\n"]);
                return Ok(());
            }
            (Layout::Block, "") => self.push(&[">"]),
            (Layout::Inline, _) => {
                self.push(&[">"]);
                match value.strip_prefix('\n').filter(|_| block_text(value).is_some()) {
                    // Text that happens to look like a block is kept apart from one by its first character.
                    Some(rest) => {
                        self.push(&["&#10;"]);
                        self.push_escaped(rest);
                    }
                    None => self.push_escaped(value),
                }
            }
            (Layout::Block, _) => {
                self.push(&[">\n"]);
                self.push_escaped(value);
                self.push(&["\n", INDENT]);
            }
        }
        self.push(&["</", name, ">\n"]);
        Ok(())
    }

    /// Ends the message.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let root = self.root;
        self.push(&["    </Body>\n</", root, ">"]);
        self.charset.encode(&self.xml)
    }

    fn check(&self, name: &str, value: &str) -> Result<(), Error> {
        if !text::is_name(name) {
            return Err(Error::bad_field_name(name));
        }
        if !self.charset.has_all(name) {
            return Err(Error::unwritable_field_name(name, self.charset));
        }
        match text::first_illegal(value) {
            Some((_, character)) => Err(Error::illegal_field_value(name, character)),
            None => Ok(()),
        }
    }

    fn push(&mut self, parts: &[&str]) {
        parts.iter().for_each(|part| self.xml.push_str(part));
    }

    /// Escapes only what XML needs, for callers compare substrings: `&`, `<`, the `>` of `]]>`, and CR, which a reader
    /// would take for a line end.
    fn push_escaped(&mut self, mut text: &str) {
        let special = |byte: u8| (byte == b'&') | (byte == b'<') | (byte == b'>') | (byte == b'\r');
        while let Some((before, found, after)) =
            text::find(text.as_bytes(), special).and_then(|at| split_byte(text, at))
        {
            self.xml.push_str(before);
            self.xml.push_str(match found {
                "&" => "&amp;",
                "<" => "&lt;",
                "\r" => "&#13;",
                // What was written so far ends as the text does: a bracket is never escaped, nor the end of a tag.
                _ if self.xml.ends_with("]]") => "&gt;",
                _ => found,
            });
            text = after;
        }
        self.xml.push_str(text);
    }
}

/// Splits at an ASCII character: before it, itself, after it.
fn split_byte(text: &str, at: usize) -> Option<(&str, &str, &str)> {
    Some((text.get(..at)?, text.get(at..=at)?, text.get(at + 1..)?))
}

/// The text of a block, given all that stands between its tags; `None` where that is no block.
pub(super) fn block_text(content: &str) -> Option<&str> {
    let text = content
        .strip_prefix('\n')?
        .strip_suffix(INDENT)?
        .strip_suffix('\n')?;
    (!text.is_empty()).then_some(text)
}
