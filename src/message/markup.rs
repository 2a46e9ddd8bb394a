//! Cuts a message's text into markup and what stands between, by quick-xml's events and without a copy of anything.

use quick_xml::errors::{Error, IllFormedError, SyntaxError};
use quick_xml::events::Event;

/// A piece of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    /// A start tag's name; attributes are passed over.
    Start(&'t str),
    /// The same of an element that closes itself.
    Empty(&'t str),
    /// An end tag's name.
    End(&'t str),
    /// What stands between markup, or in a section of characters.
    Text(&'t str),
    /// What stands between `&` and `;`.
    Reference(&'t str),
    /// A declaration, an instruction or a comment.
    Ignored,
    /// A declaration of the document's type.
    Doctype,
    /// A `&` without its `;`.
    OpenReference,
    /// Markup that does not end.
    Unclosed,
    /// A `<!` or a `<?` that begins nothing known.
    Unknown,
    /// The end of the text.
    Nothing,
}

/// A text that is being cut.
pub(super) struct Markup<'t> {
    text: &'t str,
    xml: quick_xml::Reader<&'t [u8]>,
}

impl<'t> Markup<'t> {
    /// `text` begins with no byte order mark: quick-xml drops one without counting it, which would shift every position.
    pub(super) fn new(text: &'t str) -> Markup<'t> {
        let mut xml = quick_xml::Reader::from_str(text);
        // Tags are matched by the reader, where an error can name the element that was opened.
        xml.config_mut().check_end_names = false;
        xml.config_mut().allow_unmatched_ends = true;
        Markup { text, xml }
    }

    /// Where the next piece begins.
    pub(super) fn position(&self) -> usize {
        // It counts bytes of a string in memory, so it always fits.
        usize::try_from(self.xml.buffer_position()).unwrap_or(usize::MAX)
    }

    /// The next piece.
    pub(super) fn next(&mut self) -> Piece<'t> {
        let at = self.position();
        // Events borrow from the reader; that many bytes from there in the text are the same.
        let part = |begin: &str, length: usize| {
            let begin = at + begin.len();
            self.text.get(begin..begin + length).unwrap_or_default()
        };
        match self.xml.read_event() {
            Ok(Event::Start(tag)) => Piece::Start(part("<", tag.name().as_ref().len())),
            Ok(Event::Empty(tag)) => Piece::Empty(part("<", tag.name().as_ref().len())),
            Ok(Event::End(tag)) => Piece::End(part("</", tag.name().as_ref().len())),
            Ok(Event::Text(text)) => Piece::Text(part("", text.len())),
            Ok(Event::CData(text)) => Piece::Text(part("<![CDATA[", text.len())),
            Ok(Event::GeneralRef(name)) => Piece::Reference(part("&", name.len())),
            Ok(Event::Decl(_) | Event::PI(_) | Event::Comment(_)) => Piece::Ignored,
            Ok(Event::DocType(_)) => Piece::Doctype,
            Ok(Event::Eof) => Piece::Nothing,
            Err(error) => self.malformed(at, &error),
        }
    }

    /// Markup at `at` that quick-xml does not know.
    fn malformed(&self, at: usize, error: &Error) -> Piece<'t> {
        match error {
            Error::Syntax(SyntaxError::UnclosedDoctype)
            | Error::IllFormed(IllFormedError::MissingDoctypeName) => Piece::Doctype,
            Error::IllFormed(IllFormedError::UnclosedReference) => Piece::OpenReference,
            // Markup that the text's end cuts off is consumed, except for the first two bytes of it.
            _ if self.position() >= self.text.len() || at + 2 >= self.text.len() => Piece::Unclosed,
            _ => Piece::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Markup, Piece};

    fn pieces(text: &str) -> Vec<(usize, Piece<'_>)> {
        let mut markup = Markup::new(text);
        let mut pieces = Vec::new();
        loop {
            let at = markup.position();
            match markup.next() {
                Piece::Nothing => return pieces,
                piece => pieces.push((at, piece)),
            }
        }
    }

    #[test]
    fn every_piece_is_the_texts_own() {
        let text = "<?xml v?><甲 b='>'>姓名&amp;<![CDATA[<]]></甲 ><乙/><!-- -->";
        let expected = [
            (0, Piece::Ignored),
            (9, Piece::Start("甲")),
            (20, Piece::Text("姓名")),
            (26, Piece::Reference("amp")),
            (31, Piece::Text("<")),
            (44, Piece::End("甲")),
            (51, Piece::Empty("乙")),
            (57, Piece::Ignored),
        ];
        assert_eq!(pieces(text), expected);
    }
}
