//! Looks through JSON in one pass for a text of the outermost object, as vendors' codes are. What it sees it has checked by the whole
//! grammar (RFC 8259); whatever it is not sure of is left to serde_json.

use crate::quoted;

/// How deep vendors' JSON nests at the most, surely.
const MOST_DEPTH: usize = 32;

/// The text of a member of the outermost object, the last of that name; `None` within where there is none, `None` where it takes more
/// than a look.
pub(super) fn text_at<'t>(text: &'t str, path: &str) -> Option<Option<&'t str>> {
    if path.contains('.') {
        return None;
    }
    let mut scan = Scan { text, at: 0 };
    scan.skip_spaces();
    scan.eat(b'{')?;
    let mut found = None;
    let mut look = |scan: &mut Scan<'t>| {
        let name = scan.name()?;
        scan.colon()?;
        let begin = scan.at;
        scan.value(1)?;
        if name == path {
            found = Some(plain_text(text.get(begin..scan.at)?)?);
        }
        // Spelt with an escape it may be the same name.
        (!name.contains('\\')).then_some(())
    };
    scan.list(b'}', &mut look)?;
    scan.skip_spaces();
    (scan.at == text.len()).then_some(found)
}

/// The text of a value that is no list and no object, and whose text is as it is written; `null` and `"null"` are empty.
fn plain_text(value: &str) -> Option<&str> {
    let inside = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let is_integer = || value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    match inside {
        Some(inside) if inside.contains('\\') => None,
        Some("null") => Some(""),
        Some(inside) => Some(inside),
        None if value == "null" => Some(""),
        None => (value == "true" || value == "false" || is_integer()).then_some(value),
    }
}

/// How far a text has been looked through. What its functions do not find is not there, or not as it is usual.
struct Scan<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Scan<'t> {
    /// A list's or an object's items up to its end, whose begin has been seen.
    fn list(&mut self, end: u8, item: &mut dyn FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.skip_spaces();
        if self.next() == Some(end) {
            return self.eat(end);
        }
        loop {
            item(self)?;
            self.skip_spaces();
            if self.next() == Some(end) {
                return self.eat(end);
            }
            self.eat(b',')?;
            self.skip_spaces();
        }
    }

    /// A member's name.
    fn name(&mut self) -> Option<&'t str> {
        let begin = self.at;
        self.string()?;
        self.text.get(begin + 1..self.at - 1)
    }

    /// What stands between a member's name and its value.
    fn colon(&mut self) -> Option<()> {
        self.skip_spaces();
        self.eat(b':')?;
        self.skip_spaces();
        Some(())
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        match self.next()? {
            b'"' => self.string(),
            b'{' | b'[' if depth == MOST_DEPTH => None,
            b'{' => {
                self.at += 1;
                self.list(b'}', &mut |scan| {
                    scan.string()?;
                    scan.colon()?;
                    scan.value(depth + 1)
                })
            }
            b'[' => {
                self.at += 1;
                self.list(b']', &mut |scan| scan.value(depth + 1))
            }
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            _ => self.number(),
        }
    }

    fn string(&mut self) -> Option<()> {
        self.eat(b'"')?;
        loop {
            self.at += quoted::plain_length(self.rest());
            let stop = self.next()?;
            self.at += 1;
            match stop {
                b'"' => return Some(()),
                b'\\' => self.escape()?,
                _ => return None,
            }
        }
    }

    fn escape(&mut self) -> Option<()> {
        let escaped = self.next()?;
        self.at += 1;
        match escaped {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(()),
            b'u' => {
                let digits = self.text.as_bytes().get(self.at..self.at + 4)?;
                self.at += 4;
                digits.iter().all(u8::is_ascii_hexdigit).then_some(())
            }
            _ => None,
        }
    }

    fn number(&mut self) -> Option<()> {
        if self.next() == Some(b'-') {
            self.at += 1;
        }
        match self.next()? {
            b'0' => self.at += 1,
            _ => self.digits()?,
        }
        if self.next() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.next() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.next() {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let begin = self.at;
        self.skip(|byte| byte.is_ascii_digit());
        (self.at > begin).then_some(())
    }

    fn word(&mut self, word: &str) -> Option<()> {
        self.rest().starts_with(word.as_bytes()).then_some(())?;
        self.at += word.len();
        Some(())
    }

    fn eat(&mut self, wanted: u8) -> Option<()> {
        (self.next() == Some(wanted)).then_some(())?;
        self.at += 1;
        Some(())
    }

    fn skip_spaces(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.next() {
            self.at += 1;
        }
    }

    fn skip(&mut self, wanted: impl Fn(u8) -> bool) {
        let rest = self.rest();
        self.at += rest.iter().position(|byte| !wanted(*byte)).unwrap_or(rest.len());
    }

    fn next(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'t [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }
}
