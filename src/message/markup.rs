//! Cuts a message's text into markup and what stands between: no more of XML than messages have, without a copy of anything.

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
    /// A declaration of the document's type; no more is read.
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
    /// How far it has been cut.
    at: usize,
}

impl<'t> Markup<'t> {
    pub(super) fn new(text: &'t str) -> Markup<'t> {
        Markup { text, at: 0 }
    }

    /// Where the next piece begins.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// The next piece.
    pub(super) fn next(&mut self) -> Piece<'t> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let (piece, length) = match rest.as_bytes() {
            [] => (Piece::Nothing, 0),
            [b'<', b'/', ..] => end_tag(rest),
            [b'<', b'?', b'>', ..] => (Piece::Unknown, "<?>".len()),
            [b'<', b'?', ..] => ignored(rest, "<?", "?>"),
            [b'<', b'!', ..] => declaration(rest),
            [b'<', ..] => start_tag(rest),
            [b'&', ..] => reference(rest),
            bytes => {
                let length = bytes.iter().position(|byte| matches!(byte, b'<' | b'&'));
                let length = length.unwrap_or(bytes.len());
                (Piece::Text(upto(rest, length)), length)
            }
        };
        self.at += length;
        piece
    }
}

const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

type Cut<'t> = (Piece<'t>, usize);

fn unclosed(rest: &str) -> Cut<'_> {
    (Piece::Unclosed, rest.len())
}

/// All that are asked for here are cut at ASCII characters.
fn upto(rest: &str, length: usize) -> &str {
    rest.get(..length).unwrap_or(rest)
}

/// `</name>`, blanks after the name allowed.
fn end_tag(rest: &str) -> Cut<'_> {
    let Some(end) = tag_end(rest) else {
        return unclosed(rest);
    };
    let name = rest.get("</".len()..end).unwrap_or_default();
    (Piece::End(name.trim_end_matches(BLANKS)), end + 1)
}

/// `<name attributes>` or `<name attributes/>`.
fn start_tag(rest: &str) -> Cut<'_> {
    let Some(end) = tag_end(rest) else {
        return unclosed(rest);
    };
    let inside = rest.get("<".len()..end).unwrap_or_default();
    let (inside, empty) = match inside.strip_suffix('/') {
        Some(inside) => (inside, true),
        None => (inside, false),
    };
    let blank = inside
        .bytes()
        .position(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
    let name = upto(inside, blank.unwrap_or(inside.len()));
    let piece = if empty {
        Piece::Empty(name)
    } else {
        Piece::Start(name)
    };
    (piece, end + 1)
}

/// The `>` that ends a tag; one in quotes does not.
fn tag_end(rest: &str) -> Option<usize> {
    let end = rest.bytes().position(|byte| byte == b'>')?;
    match upto(rest, end).bytes().any(|byte| matches!(byte, b'"' | b'\'')) {
        true => end_behind_quotes(rest),
        false => Some(end),
    }
}

fn end_behind_quotes(rest: &str) -> Option<usize> {
    let mut quote = None;
    rest.bytes().position(|byte| match quote {
        Some(open) => {
            quote = Some(open).filter(|&open| open != byte);
            false
        }
        None => {
            quote = Some(byte).filter(|byte| matches!(byte, b'"' | b'\''));
            byte == b'>'
        }
    })
}

/// What begins with `<!`.
fn declaration(rest: &str) -> Cut<'_> {
    const SECTION: &str = "<![CDATA[";
    const DOCTYPE: &str = "<!DOCTYPE";
    let begins = |with: &str| {
        let begin = rest.as_bytes().get(..with.len());
        begin.is_some_and(|begin| begin.eq_ignore_ascii_case(with.as_bytes()))
    };
    if rest.starts_with("<!--") {
        return ignored(rest, "<!--", "-->");
    }
    if begins(DOCTYPE) {
        return (Piece::Doctype, DOCTYPE.len());
    }
    if !rest.starts_with(SECTION) {
        // Cut off before it can be known.
        let short = [SECTION, DOCTYPE, "<!--"]
            .iter()
            .any(|known| known.starts_with(rest));
        return if short {
            unclosed(rest)
        } else {
            (Piece::Unknown, "<!".len())
        };
    }
    let inside = rest.get(SECTION.len()..).unwrap_or_default();
    match inside.find("]]>") {
        Some(end) => {
            let length = SECTION.len() + end + "]]>".len();
            (Piece::Text(upto(inside, end)), length)
        }
        None => unclosed(rest),
    }
}

fn ignored<'t>(rest: &'t str, begin: &str, end: &str) -> Cut<'t> {
    let inside = rest.get(begin.len()..).unwrap_or_default();
    match inside.find(end) {
        Some(at) => (Piece::Ignored, begin.len() + at + end.len()),
        None => unclosed(rest),
    }
}

/// `&name;`
fn reference(rest: &str) -> Cut<'_> {
    let inside = rest.get("&".len()..).unwrap_or_default();
    let end = inside.bytes().position(|byte| matches!(byte, b';' | b'<' | b'&'));
    match end {
        Some(end) if inside.as_bytes().get(end) == Some(&b';') => {
            (Piece::Reference(upto(inside, end)), "&;".len() + end)
        }
        Some(_) => (Piece::OpenReference, "&".len()),
        // Cut off, perhaps.
        None => (Piece::OpenReference, rest.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::{BLANKS, Markup, Piece};
    use proptest::prelude::*;
    use quick_xml::events::Event;

    /// What is found in a text, and where each piece begins.
    fn ours(text: &str) -> Vec<(usize, String)> {
        let mut markup = Markup::new(text);
        let mut pieces = Vec::new();
        loop {
            let at = markup.position();
            let piece = match markup.next() {
                Piece::Start(name) => format!("start {name}"),
                Piece::Empty(name) => format!("empty {name}"),
                Piece::End(name) => format!("end {name}"),
                Piece::Text(text) => format!("text {text}"),
                Piece::Reference(name) => format!("reference {name}"),
                Piece::Ignored => "ignored".to_owned(),
                Piece::Doctype => "doctype".to_owned(),
                Piece::Nothing => return pieces,
                Piece::OpenReference | Piece::Unclosed | Piece::Unknown => "wrong".to_owned(),
            };
            let last = piece == "wrong" || piece == "doctype";
            pieces.push((at, piece));
            if last {
                return pieces;
            }
        }
    }

    fn quick_xmls(text: &str) -> Vec<(usize, String)> {
        let mut reader = quick_xml::Reader::from_str(text);
        reader.config_mut().check_end_names = false;
        reader.config_mut().allow_unmatched_ends = true;
        let mut pieces = Vec::new();
        loop {
            let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
            let piece = match reader.read_event() {
                Ok(Event::Start(tag)) => format!("start {}", tag.name().as_ref()),
                Ok(Event::Empty(tag)) => format!("empty {}", tag.name().as_ref()),
                Ok(Event::End(tag)) => format!("end {}", tag.name().as_ref().trim_end_matches(BLANKS)),
                Ok(Event::Text(text)) => format!("text {}", &*text),
                Ok(Event::CData(text)) => format!("text {}", &*text),
                Ok(Event::GeneralRef(name)) => format!("reference {}", &*name),
                Ok(Event::Decl(_) | Event::PI(_) | Event::Comment(_)) => "ignored".to_owned(),
                Ok(Event::DocType(_)) => "doctype".to_owned(),
                Ok(Event::Eof) => return pieces,
                Err(_) => "wrong".to_owned(),
            };
            let last = piece == "wrong" || piece == "doctype";
            pieces.push((at, piece));
            if last {
                return pieces;
            }
        }
    }

    fn text() -> impl Strategy<Value = String> {
        const PARTS: &[&str] = &[
            "<",
            "</",
            "/>",
            ">",
            "<a>",
            "</a>",
            "<b/>",
            "&",
            ";",
            "&amp;",
            "&#1;",
            "<!--",
            "-->",
            "<![CDATA[",
            "]]>",
            "<?",
            "?>",
            "<?xml ",
            "<!",
            "x",
            " ",
            "\r\n",
            "\"",
            "'",
            "=",
            "姓名",
            "/",
            "-",
            "]",
            "!",
        ];
        proptest::collection::vec(proptest::sample::select(PARTS), 0..20).prop_map(|parts| parts.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]
        #[test]
        fn the_pieces_are_those_that_quick_xml_finds(text in text()) {
            prop_assert_eq!(ours(&text), quick_xmls(&text));
        }
    }

    #[test]
    fn a_document_type_is_seen_before_it_ends() {
        for text in ["<!DOCTYPE a>", "<!doctype", "<!DOCTYPE a [<!ENTITY"] {
            assert_eq!(ours(text), [(0, "doctype".to_owned())]);
        }
    }
}
