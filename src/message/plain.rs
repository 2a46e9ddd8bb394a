//! Reads messages as nearly every caller writes them, in one pass: a declaration, the header's elements, the body's elements, each
//! with text that is the value as it stands. Whatever has more to it than that is left to the reader.

use super::reader::{Element, Form, HeaderTexts};
use super::text;

/// More elements than a caller ever writes; how many there may be is the reader's to judge.
const MOST_FIELDS: usize = 256;
/// Room that is made for them at once.
const USUAL_FIELDS: usize = 4;

/// The header and the body of a message, if it is plain; they are what the reader would make of it.
pub(super) fn read<'t, F: From<Element<'t>>>(
    text: &'t str,
    form: &Form,
) -> Option<(HeaderTexts<'t>, Vec<F>)> {
    let mut cursor = Cursor { text, at: 0 };
    cursor.skip_spaces();
    if cursor.eat("<?xml ") {
        cursor.skip_declaration()?;
        cursor.skip_spaces();
    }
    cursor.start(form.root)?;
    cursor.start("Header")?;
    let mut header = HeaderTexts::default();
    while let Some((name, value)) = cursor.element("Header")? {
        let index = form.header.iter().position(|known| *known == name)?;
        let slot = header.get_mut(index).filter(|slot| slot.is_none())?;
        *slot = Some(value);
    }
    cursor.start("Body")?;
    let mut body = Vec::with_capacity(USUAL_FIELDS);
    while let Some((name, value)) = cursor.element("Body")? {
        if body.len() == MOST_FIELDS {
            return None;
        }
        body.push(F::from(Element {
            name,
            value: value.into(),
            nested: false,
            source: Some(value),
        }));
    }
    cursor.skip_spaces();
    cursor.end(form.root)?;
    Some((header, body))
}

/// How far a text has been read. What its functions want and do not find makes the message another than a plain one.
struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    /// The start tag of a section, and the white space around it.
    fn start(&mut self, name: &str) -> Option<()> {
        self.skip_spaces();
        (self.eat("<") && self.eat(name) && self.eat(">")).then_some(())?;
        self.skip_spaces();
        Some(())
    }

    fn end(&mut self, name: &str) -> Option<()> {
        (self.eat("</") && self.eat(name) && self.eat(">")).then_some(())
    }

    /// The name and the text of the next element within a section, with the white space behind it; nothing is the section's end.
    fn element(&mut self, section: &str) -> Option<Option<(&'t str, &'t str)>> {
        if !self.eat("<") {
            return None;
        }
        let name = self.take(text::is_ordinary);
        if name.is_empty() {
            return (self.eat("/") && self.eat(section) && self.eat(">")).then_some(None);
        }
        if name.starts_with(|first: char| first.is_ascii_digit()) || !self.eat(">") {
            return None;
        }
        let value = self.take(is_value);
        self.end(name)?;
        self.skip_spaces();
        Some(Some((name, value)))
    }

    fn skip_declaration(&mut self) -> Option<()> {
        self.take(|byte| matches!(byte, b' '..=b'~') & !matches!(byte, b'<' | b'>' | b'?'));
        self.eat("?>").then_some(())
    }

    fn skip_spaces(&mut self) {
        const INDENT: &str = "        ";
        loop {
            match self.rest().first() {
                Some(b' ') if self.eat(INDENT) => {}
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                _ => return,
            }
        }
    }

    /// What stands here, if it does.
    fn eat(&mut self, wanted: &str) -> bool {
        let is_here = self.rest().starts_with(wanted.as_bytes());
        if is_here {
            self.at += wanted.len();
        }
        is_here
    }

    /// All bytes from here that `wanted` picks; the last is the end of a character.
    fn take(&mut self, wanted: impl Fn(u8) -> bool) -> &'t str {
        let rest = self.rest();
        let length = rest.iter().position(|byte| !wanted(*byte)).unwrap_or(rest.len());
        let begin = self.at;
        self.at += length;
        self.text.get(begin..self.at).unwrap_or_default()
    }

    fn rest(&self) -> &'t [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }
}

/// Whether a byte of an element's text is part of the value as it stands, and surely of a character that XML allows.
fn is_value(byte: u8) -> bool {
    const VALUE: [bool; 256] = {
        let mut value = [false; 256];
        let mut byte = 0;
        while byte < 256 {
            // U+FFFE and U+FFFF begin with EF.
            value[byte] = matches!(byte as u8, b'\t' | b'\n' | b' '..=0xFF)
                && !matches!(byte as u8, b'<' | b'&' | 0xEF);
            byte += 1;
        }
        value
    };
    VALUE.get(usize::from(byte)) == Some(&true)
}
