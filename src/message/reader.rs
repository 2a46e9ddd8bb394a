//! Reads a message's bytes: requests and responses alike, for they differ only in the names of [`Form`].

use super::error::Place;
use super::markup::{Markup, Piece};
use super::{Charset, Error, plain, source, text};
use smol_str::SmolStr;
use std::borrow::Cow;

/// How deep elements may nest, the root counted.
const MAX_DEPTH: usize = 32;

/// How many elements a message may have.
const MAX_ELEMENTS: usize = 4096;

/// What distinguishes the two kinds of messages.
pub(super) struct Form {
    /// What errors call the message.
    pub(super) subject: &'static str,
    /// The root element.
    pub(super) root: &'static str,
    /// The elements of `Header`; the reader puts their texts into the same places.
    pub(super) header: &'static [&'static str],
}

/// Texts of the header's elements, in the order of [`Form::header`]; `None` where one is missing.
pub(super) type HeaderTexts<'t> = [Option<&'t str>; 4];

/// As much of a message as could be read.
pub(super) struct Reading<H, F> {
    pub(super) charset: Charset,
    pub(super) header: H,
    pub(super) body: Vec<F>,
    /// Why no more could be read.
    pub(super) end: Result<(), Error>,
}

/// An element of `Header` or `Body`.
pub(super) struct Element<'t> {
    pub(super) name: &'t str,
    /// The text directly inside it, references resolved and line ends normalised.
    pub(super) value: Cow<'t, str>,
    /// Whether elements stand inside it.
    pub(super) nested: bool,
    /// All that stands between its tags, as written; `None` for a self-closed element.
    pub(super) source: Option<&'t str>,
}

/// Reads a message up to the end tag of its root; whatever follows is no concern of ours.
pub(super) fn read<H, F>(bytes: &[u8], form: &'static Form) -> Reading<H, F>
where
    H: for<'t> From<HeaderTexts<'t>>,
    F: for<'t> From<Element<'t>>,
{
    match source::charset(bytes, form.subject) {
        Ok((charset, start)) => read_text(bytes, start, charset, form),
        // Read all the same, for the header: the caller recognises its answer by it.
        Err(error) => Reading {
            end: Err(error),
            ..read_text(bytes, 0, Charset::Gbk, form)
        },
    }
}

fn read_text<H, F>(bytes: &[u8], start: usize, charset: Charset, form: &'static Form) -> Reading<H, F>
where
    H: for<'t> From<HeaderTexts<'t>>,
    F: for<'t> From<Element<'t>>,
{
    let message = charset.until_nul(bytes.get(start..).unwrap_or_default());
    let (text, invalid) = source::decode(charset, message);
    // Not counted in any position.
    let text = text.trim_start_matches('\u{FEFF}');
    if invalid.is_none()
        && let Some((header, body)) = plain::read(text, form)
    {
        return Reading {
            charset,
            header: header.into(),
            body,
            end: Ok(()),
        };
    }
    let invalid = invalid.map(|offset| Error::invalid_byte(form.subject, charset, start + offset));
    let mut reader = Reader::new(text, form);
    let end = reader.run().map_err(|stop| match (stop, invalid) {
        (Stop::RanOut(_), Some(invalid)) => invalid,
        (Stop::RanOut(error) | Stop::Refused(error), _) => error,
    });
    Reading {
        charset,
        header: reader.header.each_ref().map(Option::as_deref).into(),
        body: reader.body,
        end,
    }
}

/// Why reading ended early.
enum Stop {
    /// The text ended before the root's end tag.
    RanOut(Error),
    /// Something in the text was wrong.
    Refused(Error),
}

/// A child of the root.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Header,
    Body,
    Other,
}

/// An element whose end tag is still to come.
struct Open<'t> {
    name: &'t str,
    /// Where its start tag begins.
    at: usize,
}

struct Reader<'t, F> {
    form: &'static Form,
    text: &'t str,
    markup: Markup<'t>,
    open: Vec<Open<'t>>,
    elements: usize,
    /// The sections met so far; the last is the one being read.
    sections: Vec<Section>,
    /// The element of `Header` or `Body` being read, and where its content begins.
    current: Option<(Element<'t>, usize)>,
    header: [Option<SmolStr>; 4],
    body: Vec<F>,
}

impl<'t, F: From<Element<'t>>> Reader<'t, F> {
    fn new(text: &'t str, form: &'static Form) -> Self {
        let (open, sections, body) = (Vec::with_capacity(4), Vec::with_capacity(2), Vec::new());
        Reader {
            form,
            text,
            markup: Markup::new(text),
            open,
            elements: 0,
            sections,
            current: None,
            header: Default::default(),
            body,
        }
    }

    fn run(&mut self) -> Result<(), Stop> {
        let end = self.elements();
        let read = self.text.get(..self.position()).unwrap_or(self.text);
        match text::first_illegal(read) {
            Some((at, character)) => Err(Stop::Refused(Error::illegal_character(
                self.place(at),
                u32::from(character),
            ))),
            None => end,
        }
    }

    fn elements(&mut self) -> Result<(), Stop> {
        loop {
            let at = self.position();
            match self.markup.next() {
                Piece::Start(name) => self.start(at, name)?,
                Piece::Empty(name) => {
                    self.start(at, name)?;
                    self.close(None);
                }
                Piece::End(name) => self.end(at, name)?,
                Piece::Text(text) => self.characters(at, text)?,
                Piece::Reference(name) => self.reference(at, name)?,
                Piece::Ignored => continue,
                Piece::Doctype => return Err(Stop::Refused(Error::doctype(self.place(at)))),
                Piece::Nothing => return Err(Stop::RanOut(self.cut_off())),
                Piece::OpenReference => return Err(self.open_reference(at)),
                Piece::Unclosed => return Err(Stop::RanOut(Error::unclosed_markup(self.place(at)))),
                Piece::Unknown => return Err(Stop::Refused(Error::not_markup(self.place(at)))),
            }
            if self.open.is_empty() && self.elements > 0 {
                return Ok(());
            }
        }
    }

    /// A start tag at `at`.
    fn start(&mut self, at: usize, name: &'t str) -> Result<(), Stop> {
        self.admit(at, name)?;
        match self.open.len() {
            0 if !name.eq_ignore_ascii_case(self.form.root) => {
                return Err(Stop::Refused(Error::wrong_root(
                    self.place(at),
                    self.form.root,
                    name,
                )));
            }
            0 => {}
            1 => self.enter_section(at, name)?,
            2 => self.enter_element(at, name)?,
            _ => {
                if let Some((element, _)) = &mut self.current {
                    element.nested = true;
                }
            }
        }
        self.open.push(Open { name, at });
        Ok(())
    }

    /// Whether the message may have one more element, here and of that name.
    fn admit(&mut self, at: usize, name: &str) -> Result<(), Stop> {
        self.elements += 1;
        let error = if !text::is_name(name) {
            Error::not_markup(self.place(at))
        } else if self.open.len() == MAX_DEPTH {
            Error::too_deep(self.place(at), name, MAX_DEPTH)
        } else if self.elements > MAX_ELEMENTS {
            Error::too_many_elements(self.place(at), MAX_ELEMENTS)
        } else {
            return Ok(());
        };
        Err(Stop::Refused(error))
    }

    fn enter_section(&mut self, at: usize, name: &str) -> Result<(), Stop> {
        let section = match name {
            _ if name.eq_ignore_ascii_case("Header") => Section::Header,
            _ if name.eq_ignore_ascii_case("Body") => Section::Body,
            _ => Section::Other,
        };
        if section != Section::Other && self.sections.contains(&section) {
            return Err(Stop::Refused(Error::repeated(self.place(at), name)));
        }
        self.sections.push(section);
        Ok(())
    }

    fn enter_element(&mut self, at: usize, name: &'t str) -> Result<(), Stop> {
        if self.sections.last() == Some(&Section::Other) {
            return Ok(());
        }
        if self.header_slot(name).is_some_and(|slot| slot.is_some()) {
            return Err(Stop::Refused(Error::repeated(self.place(at), name)));
        }
        let element = Element {
            name,
            value: Cow::Borrowed(""),
            nested: false,
            source: None,
        };
        self.current = Some((element, self.position()));
        Ok(())
    }

    /// Where the header element of that name belongs; `None` for a name that the form does not know, or in `Body`.
    fn header_slot(&mut self, name: &str) -> Option<&mut Option<SmolStr>> {
        if self.sections.last() != Some(&Section::Header) {
            return None;
        }
        let index = self
            .form
            .header
            .iter()
            .position(|known| name.eq_ignore_ascii_case(known))?;
        self.header.get_mut(index)
    }

    /// An end tag at `at`.
    fn end(&mut self, at: usize, name: &str) -> Result<(), Stop> {
        match self.open.last() {
            Some(open) if open.name == name => {
                self.close(Some(at));
                Ok(())
            }
            Some(open) => {
                let error = Error::mismatched_end(self.place(at), open.name, &self.place(open.at));
                Err(Stop::Refused(error))
            }
            None => Err(Stop::Refused(Error::text_before_root(
                self.place(at),
                self.form.root,
            ))),
        }
    }

    /// Closes the innermost element, whose content ends at `end`; `None` where it closed itself.
    fn close(&mut self, end: Option<usize>) {
        self.open.pop();
        if self.open.len() != 2 {
            return;
        }
        let Some((mut element, begin)) = self.current.take() else {
            return;
        };
        element.source = end.and_then(|end| self.text.get(begin..end));
        if self.sections.last() == Some(&Section::Body) {
            self.body.push(F::from(element));
        } else if let Some(slot) = self.header_slot(element.name) {
            *slot = Some(element.value.into());
        }
    }

    /// Text or CDATA.
    fn characters(&mut self, at: usize, characters: &str) -> Result<(), Stop> {
        match (self.open.len(), &mut self.current) {
            (0, _) => {
                if let Some(offset) = characters.find(|character| !text::is_space(character)) {
                    let place = self.place(at + offset);
                    return Err(Stop::Refused(Error::text_before_root(place, self.form.root)));
                }
            }
            (3, Some((element, _))) => text::push_normalised(element.value.to_mut(), characters),
            _ => {}
        }
        Ok(())
    }

    /// `&name;`
    fn reference(&mut self, at: usize, name: &str) -> Result<(), Stop> {
        let error = match text::resolve(name) {
            _ if self.open.is_empty() => Error::text_before_root(self.place(at), self.form.root),
            Some(code) => match char::from_u32(code).filter(|&character| text::is_allowed(character)) {
                Some(character) => {
                    if let (3, Some((element, _))) = (self.open.len(), &mut self.current) {
                        element.value.to_mut().push(character);
                    }
                    return Ok(());
                }
                None => Error::illegal_character(self.place(at), code),
            },
            None => self.bad_reference(at),
        };
        Err(Stop::Refused(error))
    }

    /// The error for text that ended inside an element, or before the root.
    fn cut_off(&self) -> Error {
        match self.open.last() {
            Some(open) => Error::unclosed_element(self.place(open.at), open.name),
            None if self.text.chars().all(text::is_space) => Error::empty(self.form.subject),
            None => Error::no_root(self.form.subject, self.form.root),
        }
    }

    /// The error for a `&` at `at` without its `;`, which the text's end may have cut off.
    fn open_reference(&self, at: usize) -> Stop {
        let error = self.bad_reference(at);
        if self.position() >= self.text.len() {
            Stop::RanOut(error)
        } else {
            Stop::Refused(error)
        }
    }

    fn bad_reference(&self, at: usize) -> Error {
        let inside = self.open.last().map_or(self.form.root, |open| open.name);
        Error::bad_reference(self.place(at), inside)
    }

    /// How far the text has been read.
    fn position(&self) -> usize {
        self.markup.position()
    }

    fn place(&self, at: usize) -> Place {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line_begin = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before.get(line_begin..).unwrap_or_default().chars().count() + 1;
        Place {
            subject: self.form.subject,
            line: before.matches('\n').count() + 1,
            column,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Element, Form, Reader, plain};
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;
    use smol_str::SmolStr;

    const FORM: Form = Form {
        subject: "请求报文",
        root: "request",
        header: &["funid", "sign"],
    };

    /// What a message's element becomes.
    #[derive(Debug, PartialEq)]
    struct Seen(String, String, bool, Option<String>);

    impl From<Element<'_>> for Seen {
        fn from(element: Element<'_>) -> Seen {
            let source = element.source.map(str::to_owned);
            Seen(
                element.name.to_owned(),
                element.value.into_owned(),
                element.nested,
                source,
            )
        }
    }

    type Message = ([Option<SmolStr>; 4], Vec<Seen>);

    /// What the reader itself makes of a text; `None` where something is wrong with it.
    fn read(text: &str) -> Option<Message> {
        let mut reader = Reader::new(text, &FORM);
        reader.run().ok()?;
        Some((reader.header, reader.body))
    }

    fn read_plain(text: &str) -> Option<Message> {
        let (header, body) = plain::read(text, &FORM)?;
        Some((header.map(|text| text.map(SmolStr::from)), body))
    }

    fn assert_same(text: &str) {
        let plain = read_plain(text);
        assert!(plain.is_none() || plain == read(text), "{text}");
    }

    #[test]
    fn the_samples_are_plain() {
        for sample in [
            &include_bytes!("../../tests/vectors/request-card.xml")[..],
            include_bytes!("../../tests/vectors/request-credential.xml"),
        ] {
            let (text, _) = encoding_rs::GBK.decode_without_bom_handling(sample);
            assert!(read_plain(&text).is_some(), "{text}");
            assert_same(&text);
        }
    }

    #[test]
    fn what_is_not_quite_plain_is_no_other_message() {
        let sample = "<?xml version='1.0'?>\r\n<request><Header><funid>N1</funid>\n<sign></sign></Header>\
                      <Body>\t<a>1\n 张三</a><b> </b></Body> </request>rest";
        assert!(read_plain(sample).is_some());
        for (at, _) in sample.char_indices() {
            for other in [
                "", "<", ">", "/", "&", "?", "!", "\r", "\u{1}", "\u{FFFE}", "\u{FEFF}", "x", " ", "9", "（",
                "</", "<b>",
            ] {
                let (before, behind) = sample.split_at(at);
                assert_same(&format!("{before}{other}{behind}"));
                let behind = behind.strip_prefix(|_| true).unwrap_or_default();
                assert_same(&format!("{before}{other}{behind}"));
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_plain_is_read_as_the_reader_reads_it(parts in vec(select(vec![
            "<?xml version=\"1.0\" ?>", "<request>", "<Header>", "</Header>", "<Body>", "</Body>", "</request>", "<funid>N</funid>",
            "<sign>0</sign>", "<a>", "</a>", "<b/>", "张", "<c>1</c>", "<_9>&amp;</_9>", "<9></9>", "\n", "\r", "]]>", "<!-- -->",
        ]), 0..16), whole: bool) {
            let inside = parts.concat();
            assert_same(&inside);
            if whole {
                assert_same(&format!("<request><Header>{inside}</Header><Body>{inside}</Body></request>"));
                assert_same(&format!("<request><Header><funid>N</funid></Header><Body>{inside}</Body></request>"));
            }
        }
    }
}
