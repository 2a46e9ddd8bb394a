//! Writes messages, laid out as the specification's samples are.

use super::{Charset, Error, Layout, text};

/// What stands before a body element's name.
const INDENT: &str = "        ";
/// What stands between the text of a block and its end tag.
const BLOCK_END: &str = "\n        ";

/// A message being written.
pub(super) struct Writer {
    charset: Charset,
    /// What is written so far, in the message's charset; in UTF-8 where that has 16 bits.
    out: Vec<u8>,
    root: &'static str,
}

impl Writer {
    /// Begins a message with its declaration and its header; header texts never fail, so that a failure can be told. The body will
    /// take about `body` bytes.
    pub(super) fn new(charset: Charset, root: &'static str, header: &[(&str, &str)], body: usize) -> Writer {
        let mut writer = Writer {
            charset,
            out: Vec::with_capacity(512 + body),
            root,
        };
        writer.push([
            "<?xml version=\"1.0\" encoding=\"",
            charset.label(),
            "\" ?>\n<",
            root,
            ">\n    <Header>\n",
        ]);
        for (name, value) in header {
            if text::is_plain_ascii(value) {
                writer.push_plain_element(name, value);
                continue;
            }
            writer.push([INDENT, "<", name, ">"]);
            writer.push_header(value);
            writer.push(["</", name, ">\n"]);
        }
        writer.push(["    </Header>\n    <Body>\n"]);
        writer
    }

    fn push_header(&mut self, value: &str) {
        if text::is_plain(value) && self.charset.unit() == 1 {
            return self.charset.encode_again_to(value, &mut self.out);
        }
        if text::first_illegal(value).is_none() {
            self.push_escaped(value);
        } else {
            let replaced = |character| match text::is_allowed(character) {
                true => character,
                false => '\u{FFFD}',
            };
            self.push_escaped(&value.chars().map(replaced).collect::<String>());
        }
    }

    /// One element of the body.
    pub(super) fn field(&mut self, name: &str, value: &str, layout: Layout) -> Result<(), Error> {
        let is_ordinary = text::is_ordinary_name(name);
        // As nearly all are.
        if is_ordinary && layout == Layout::Inline && is_simple(value) {
            self.push_plain_element(name, value);
            return Ok(());
        }
        if !is_ordinary {
            self.check_name(name)?;
        }
        let push_name = |writer: &mut Writer| match is_ordinary {
            true => writer.push([name]),
            false => writer.push_text(name),
        };
        self.push([INDENT, "<"]);
        push_name(self);
        let (before, behind) = match (layout, value) {
            (Layout::Inline, "") => {
                self.push(["/>\n"]);
                return Ok(());
            }
            (Layout::Inline, _) => (">", ""),
            (Layout::Block, "") => (">", ""),
            (Layout::Block, _) => (">\n", BLOCK_END),
        };
        self.push([before]);
        self.push_value(name, value, layout)?;
        self.push([behind, "</"]);
        push_name(self);
        self.push([">\n"]);
        Ok(())
    }

    fn push_value(&mut self, name: &str, value: &str, layout: Layout) -> Result<(), Error> {
        // A line's end at the begin may make it look like a block.
        if !value.starts_with('\n') && self.push_plain(value) {
            return Ok(());
        }
        if let Some((_, character)) = text::first_illegal(value) {
            return Err(Error::illegal_field_value(name, character));
        }
        match value.strip_prefix('\n') {
            // Text that happens to look like a block is kept apart from one by its first character.
            Some(rest) if layout == Layout::Inline && block_text(value).is_some() => {
                self.push(["&#10;"]);
                self.push_escaped(rest);
            }
            _ => self.push_escaped(value),
        }
        Ok(())
    }

    /// An element whose name and text are ASCII and stand as they are.
    fn push_plain_element(&mut self, name: &str, value: &str) {
        self.push([INDENT, "<", name, ">", value, "</", name, ">\n"]);
    }

    /// Ends the message.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let root = self.root;
        self.push(["    </Body>\n</", root, ">"]);
        match self.charset.unit() {
            1 => self.out,
            // Nothing but texts went in.
            _ => self.charset.encode(&String::from_utf8_lossy(&self.out)),
        }
    }

    fn check_name(&self, name: &str) -> Result<(), Error> {
        if !text::is_name(name) {
            Err(Error::bad_field_name(name))
        } else if !self.charset.has_all(name) {
            Err(Error::unwritable_field_name(name, self.charset))
        } else {
            Ok(())
        }
    }

    /// Text in ASCII, which has the same bytes in every charset of 8 bits.
    // What is constant of it is put in by a few instructions only where it stands.
    #[inline(always)]
    fn push<const PARTS: usize>(&mut self, parts: [&str; PARTS]) {
        for part in parts {
            self.out.extend_from_slice(part.as_bytes());
        }
    }

    /// Text that is written as it stands; whether it is such.
    fn push_plain(&mut self, text: &str) -> bool {
        if text::is_plain_ascii(text) {
            self.push([text]);
            return true;
        }
        let is_plain = text::is_plain(text);
        if is_plain {
            self.push_text(text);
        }
        is_plain
    }

    /// Text as it stands.
    fn push_text(&mut self, text: &str) {
        match self.charset.unit() {
            1 => self.charset.encode_to(text, &mut self.out),
            _ => self.out.extend_from_slice(text.as_bytes()),
        }
    }

    /// Escapes only what XML needs, for callers compare substrings: `&`, `<`, the `>` of `]]>`, and CR, which a reader
    /// would take for a line end.
    fn push_escaped(&mut self, text: &str) {
        let special = |byte: u8| (byte == b'&') | (byte == b'<') | (byte == b'>') | (byte == b'\r');
        let mut rest = text;
        while let Some((run, found, behind)) =
            text::find(rest.as_bytes(), special).and_then(|at| split_byte(rest, at))
        {
            self.push_text(run);
            self.push([match found {
                "&" => "&amp;",
                "<" => "&lt;",
                "\r" => "&#13;",
                // Brackets stand in the same run, for nothing between them and this one is special.
                _ if run.ends_with("]]") => "&gt;",
                _ => found,
            }]);
            rest = behind;
        }
        self.push_text(rest);
    }
}

/// Whether a text is ASCII, stands in an element as it is, and makes it neither an empty one nor like a block.
fn is_simple(value: &str) -> bool {
    !value.is_empty() && !value.starts_with('\n') && text::is_plain_ascii(value)
}

/// Splits at an ASCII character: before it, itself, after it.
fn split_byte(text: &str, at: usize) -> Option<(&str, &str, &str)> {
    Some((text.get(..at)?, text.get(at..=at)?, text.get(at + 1..)?))
}

/// The text of a block, given all that stands between its tags; `None` where that is no block.
pub(super) fn block_text(content: &str) -> Option<&str> {
    let text = content.strip_prefix('\n')?.strip_suffix(BLOCK_END)?;
    (!text.is_empty()).then_some(text)
}
