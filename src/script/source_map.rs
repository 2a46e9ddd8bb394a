//! Where the keys and values of a declaration stand in its script.
//!
//! Lua keeps no places of table fields, so the script's text is read a second time, for its table constructors alone.

use super::api::KINDS;
use super::function::Step;
use super::lexer::{Kind, Token, tokens};
use std::collections::HashMap;
use std::ops::Range;

/// Deeper constructors than people write are not followed: the thread may have a small stack.
const DEEPEST: usize = 32;

/// The table constructors of one script.
#[derive(Debug, Default)]
pub(super) struct SourceMap {
    tables: Vec<Constructor>,
    // The one that `mps.<kind>` was called with.
    root: Option<usize>,
    // The bytes of that `mps.<kind>`.
    call: Option<Range<usize>>,
    assigned: Vec<(Vec<Step>, Entry)>,
    twice: Vec<Twice>,
    // Where each line but the first starts.
    lines: Vec<usize>,
}

/// Bytes of a field's key and of its value; a list's item is its own key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) key: Range<usize>,
    pub(super) value: Range<usize>,
}

/// A key that one constructor holds twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Twice {
    pub(super) key: Step,
    pub(super) first: Range<usize>,
    pub(super) second: Range<usize>,
}

#[derive(Debug)]
struct Constructor {
    entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    key: Option<Step>,
    spot: Spot,
    // The value, where it is a constructor.
    inner: Option<usize>,
}

impl SourceMap {
    /// Reads a script that Lua has accepted.
    pub(super) fn of(text: &str) -> SourceMap {
        let tokens = tokens(text);
        let mut reader = Reader {
            tokens: &tokens,
            at: 0,
            map: SourceMap::default(),
            locals: HashMap::new(),
        };
        reader.script();
        let lines = text.match_indices('\n').map(|(at, _)| at + 1);
        SourceMap {
            lines: lines.collect(),
            ..reader.map
        }
    }

    /// The line that an offset stands in, from 1.
    pub(super) fn line(&self, offset: usize) -> usize {
        self.lines.partition_point(|start| *start <= offset) + 1
    }

    /// Keys that a constructor holds twice, those of inner ones first; Lua would take the last without a word.
    pub(super) fn twice(&self) -> &[Twice] {
        &self.twice
    }

    /// The bytes of `mps.<kind>`, where the script writes a declaration at all.
    pub(super) fn declaration(&self) -> Option<Range<usize>> {
        self.call.clone()
    }

    /// The place of what stands at `path` in the declaration; `None` where no constructor or assignment shows it.
    pub(super) fn place(&self, path: &[Step]) -> Option<&Spot> {
        // What is assigned later replaces what the constructor says.
        let assigned = self.assigned.iter().rev().find_map(|(start, entry)| {
            let rest = path.strip_prefix(start.as_slice())?;
            self.follow(entry, rest)
        });
        assigned.or_else(|| {
            let (first, rest) = path.split_first()?;
            self.follow(self.entry(self.root?, first)?, rest)
        })
    }

    /// The key of the first assignment to something below `path`.
    pub(super) fn touched(&self, path: &[Step]) -> Option<&Range<usize>> {
        let below = |(start, _): &&(Vec<Step>, Entry)| start.starts_with(path);
        self.assigned.iter().find(below).map(|(_, entry)| &entry.spot.key)
    }

    fn follow<'a>(&'a self, entry: &'a Entry, rest: &[Step]) -> Option<&'a Spot> {
        match rest.split_first() {
            None => Some(&entry.spot),
            Some((next, rest)) => self.follow(self.entry(entry.inner?, next)?, rest),
        }
    }

    fn entry(&self, table: usize, key: &Step) -> Option<&Entry> {
        let entries = &self.tables.get(table)?.entries;
        entries.iter().rev().find(|entry| entry.key.as_ref() == Some(key))
    }
}

struct Reader<'a> {
    tokens: &'a [Token<'a>],
    at: usize,
    map: SourceMap,
    // Names that stand for a constructor.
    locals: HashMap<&'a str, usize>,
}

impl<'a> Reader<'a> {
    fn script(&mut self) {
        while self.at < self.tokens.len() {
            if self.sign("{") {
                let before = self.at;
                let table = self.constructor(0);
                self.remember(before, table);
            } else if !self.assignment() {
                self.at += 1;
            }
        }
    }

    fn token(&self, ahead: usize) -> Option<&'a Token<'a>> {
        self.tokens.get(self.at + ahead)
    }

    fn sign(&self, sign: &str) -> bool {
        self.token(0).is_some_and(|token| token.is_sign(sign))
    }

    /// Notes what a constructor was made for: a declaration, or a name.
    fn remember(&mut self, start: usize, table: usize) {
        let before = |back: usize| start.checked_sub(back).and_then(|at| self.tokens.get(at));
        let name = |back: usize| match before(back).map(|token| &token.kind) {
            Some(Kind::Name(name)) => Some(*name),
            _ => None,
        };
        let is = |back: usize, sign: &str| before(back).is_some_and(|token| token.is_sign(sign));
        let open = usize::from(is(1, "("));
        let kind = name(1 + open).is_some_and(|kind| KINDS.contains(&kind));
        if kind && is(2 + open, ".") && name(3 + open) == Some("mps") {
            self.map.root = Some(table);
            let tokens = (before(3 + open), before(1 + open));
            self.map.call = tokens
                .0
                .zip(tokens.1)
                .map(|(mps, kind)| mps.span.start..kind.span.end);
        } else if let Some(name) = name(2).filter(|_| is(1, "=") && !is(3, ".")) {
            self.locals.insert(name, table);
        }
    }

    /// `f["03"].response[1].from = …`: notes its place and stops at the value. Also `mps.funid(name)`.
    fn assignment(&mut self) -> bool {
        let Some(Kind::Name(base)) = self.token(0).map(|token| &token.kind) else {
            return false;
        };
        let start = self.at;
        self.at += 1;
        let mut path = Vec::new();
        while let Some(step) = self.step() {
            path.push(step);
        }
        let declares = matches!(path.as_slice(), [Step::Name(kind)] if KINDS.contains(&kind.as_str()));
        let called = *base == "mps" && declares && self.sign("(");
        if let Some(Kind::Name(name)) = self.token(1).filter(|_| called).map(|token| &token.kind) {
            self.map.root = self.locals.get(name).copied().or(self.map.root);
            self.map.call = Some(self.span(start, self.at));
        }
        if path.is_empty() || !self.sign("=") {
            // Only what was taken for steps is passed over: none of it can hold a constructor.
            return true;
        }
        let key = self.span(start, self.at);
        self.at += 1;
        let value_start = self.at;
        let inner = self.sign("{").then(|| self.constructor(0));
        let value = self.span(value_start, self.at.max(value_start + 1));
        let entry = Entry {
            key: None,
            spot: Spot { key, value },
            inner,
        };
        self.map.assigned.push((path, entry));
        true
    }

    /// `.name`, `["name"]` or `[1]`.
    fn step(&mut self) -> Option<Step> {
        if self.sign(".") {
            let Some(Kind::Name(name)) = self.token(1).map(|token| &token.kind) else {
                return None;
            };
            self.at += 2;
            return Some(Step::Name((*name).to_owned()));
        }
        let (step, length) = self.bracketed()?;
        self.at += length;
        Some(step)
    }

    /// `["name"]`, `[1]` or `[-1]` here, and how many tokens it takes.
    fn bracketed(&self) -> Option<(Step, usize)> {
        if !self.sign("[") {
            return None;
        }
        let negative = self.token(1)?.is_sign("-");
        let at = 1 + usize::from(negative);
        let step = match &self.token(at)?.kind {
            Kind::Text(name) if !negative => Step::Name(name.as_ref().to_owned()),
            Kind::Number(digits) => {
                let number: i64 = digits.parse().ok()?;
                Step::Index(if negative { -number } else { number })
            }
            _ => return None,
        };
        self.token(at + 1)?.is_sign("]").then_some((step, at + 2))
    }

    /// Reads from `{` to behind its `}`.
    fn constructor(&mut self, depth: usize) -> usize {
        self.at += 1;
        let mut entries = Vec::new();
        let mut items = 0;
        while let Some(token) = self.token(0) {
            if token.is_sign("}") {
                self.at += 1;
                break;
            }
            if token.is_sign(",") || token.is_sign(";") {
                self.at += 1;
                continue;
            }
            entries.push(self.entry(depth, &mut items));
        }
        self.note_twice(&entries);
        self.map.tables.push(Constructor { entries });
        self.map.tables.len() - 1
    }

    /// Notes the keys that a constructor holds twice.
    fn note_twice(&mut self, entries: &[Entry]) {
        // So many are sooner compared with one another.
        const FEW: usize = 16;
        let mut seen = HashMap::new();
        for (at, entry) in entries.iter().enumerate() {
            let Some(key) = &entry.key else { continue };
            let same = |earlier: &&Entry| earlier.key.as_ref() == Some(key);
            let first = match entries.len() {
                ..=FEW => entries[..at].iter().rev().find(same),
                _ => seen.insert(key, entry),
            };
            let Some(first) = first else { continue };
            let twice = Twice {
                key: key.clone(),
                first: first.spot.key.clone(),
                second: entry.spot.key.clone(),
            };
            self.map.twice.push(twice);
        }
    }

    fn entry(&mut self, depth: usize, items: &mut i64) -> Entry {
        let start = self.at;
        let named = match self.token(0).map(|token| &token.kind) {
            Some(Kind::Name(name)) if self.token(1).is_some_and(|next| next.is_sign("=")) => {
                Some((Some(Step::Name((*name).to_owned())), 1))
            }
            Some(Kind::Sign("[")) => match self.bracketed() {
                Some((step, length)) => Some((Some(step), length)),
                None => Some((None, self.computed_key())),
            },
            _ => None,
        };
        let (key, key_span) = match named {
            Some((key, length)) => {
                let span = self.span(start, start + length);
                // The sign of equality follows.
                self.at = start + length + 1;
                (key, Some(span))
            }
            None => {
                *items += 1;
                (Some(Step::Index(*items)), None)
            }
        };
        let (value, inner) = self.expression(depth);
        let key_span = key_span.unwrap_or_else(|| value.clone());
        Entry {
            key,
            spot: Spot { key: key_span, value },
            inner,
        }
    }

    /// How many tokens `[expression]` takes.
    fn computed_key(&self) -> usize {
        let mut open = 0;
        for (count, token) in self.tokens.iter().skip(self.at).enumerate() {
            open += i32::from(token.is_sign("[")) - i32::from(token.is_sign("]"));
            if open == 0 {
                return count + 1;
            }
        }
        self.tokens.len() - self.at
    }

    /// Reads a value up to the comma or brace behind it: its bytes, and its constructor where it is one.
    fn expression(&mut self, depth: usize) -> (Range<usize>, Option<usize>) {
        let start = self.at;
        let mut first_table = None;
        let (mut brackets, mut blocks) = (0, 0);
        while let Some(token) = self.token(0) {
            match &token.kind {
                Kind::Sign("{") if depth < DEEPEST => {
                    let at = self.at;
                    let table = self.constructor(depth + 1);
                    if at == start {
                        first_table = Some(table);
                    }
                    continue;
                }
                Kind::Sign("," | ";" | "}") if brackets <= 0 && blocks <= 0 => break,
                Kind::Sign("(" | "[") => brackets += 1,
                Kind::Sign(")" | "]") => brackets -= 1,
                Kind::Name("function" | "if" | "do" | "repeat") => blocks += 1,
                Kind::Name("end" | "until") => blocks -= 1,
                _ => {}
            }
            self.at += 1;
        }
        let named = match self.tokens.get(start).map(|token| &token.kind) {
            Some(Kind::Name(name)) if self.at == start + 1 => self.locals.get(name).copied(),
            _ => None,
        };
        (self.span(start, self.at), first_table.or(named))
    }

    fn span(&self, start: usize, end: usize) -> Range<usize> {
        let last = end.max(start + 1) - 1;
        let begin = self.tokens.get(start).or(self.tokens.last());
        let begin = begin.map_or(0, |token| token.span.start);
        let end = self.tokens.get(last).or(self.tokens.last());
        begin..end.map_or(begin, |token| token.span.end).max(begin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown<'a>(text: &'a str, path: &[Step]) -> Option<(&'a str, &'a str)> {
        let map = SourceMap::of(text);
        let spot = map.place(path)?;
        Some((&text[spot.key.clone()], &text[spot.value.clone()]))
    }

    const DECLARED: &str = r#"
local names = { "id", [[card
no]] }
-- return mps.funid { title = "not here" }
return mps.funid {
  title = "标题", --[[ ["03"] = 1, ]]
  ["03"] = { call = "a.b", response = {
    { "x", from = "{", map = function(v) local a, b = {}, 2 if a then return b end end, title = "t" };
    { "y", from = "}" },
  } },
  [-2] = 'minus', names = names, made = make { 1 }, [1 + 1] = 3, "item",
}"#;

    #[test]
    fn keys_and_values_are_found_where_they_stand() {
        let name = |name: &str| Step::Name(name.to_owned());
        let shown = |path: &[Step]| shown(DECLARED, path);
        assert_eq!(shown(&[name("title")]), Some(("title", "\"标题\"")));
        let response = [name("03"), name("response")];
        let at = |index, rest: Step| {
            let mut path = response.to_vec();
            path.extend([Step::Index(index), rest]);
            path
        };
        assert_eq!(shown(&at(1, name("from"))), Some(("from", "\"{\"")));
        assert_eq!(shown(&at(1, name("title"))), Some(("title", "\"t\"")));
        assert_eq!(shown(&at(2, Step::Index(1))), Some(("\"y\"", "\"y\"")));
        assert_eq!(shown(&at(2, name("title"))), None);
        assert_eq!(shown(&[Step::Index(-2)]), Some(("[-2]", "'minus'")));
        assert_eq!(shown(&[Step::Index(1)]), Some(("\"item\"", "\"item\"")));
        assert_eq!(
            shown(&[name("names"), Step::Index(1)]),
            Some(("\"id\"", "\"id\""))
        );
        assert_eq!(shown(&[name("made")]), Some(("made", "make { 1 }")));
        assert_eq!(shown(&[name("made"), Step::Index(1)]), None);
    }

    #[test]
    fn what_is_assigned_to_the_base_is_found() {
        let text =
            "local f = mps.base()\nf[\"03\"].response.card_no.from = \"sbkh\"\nf.x = { y = 1 }\nreturn f";
        let name = |name: &str| Step::Name(name.to_owned());
        let path = ["03", "response", "card_no", "from"].map(name);
        let key = "f[\"03\"].response.card_no.from";
        assert_eq!(shown(text, &path), Some((key, "\"sbkh\"")));
        assert_eq!(shown(text, &["x", "y"].map(name)), Some(("y", "1")));
        let touched = |path: &[Step]| SourceMap::of(text).touched(path).map(|span| &text[span.clone()]);
        assert_eq!(touched(&["03", "response", "card_no"].map(name)), Some(key));
        assert_eq!(touched(&["03", "response", "name"].map(name)), None);
        assert_eq!(SourceMap::of(text).declaration(), None);
    }

    #[test]
    fn a_declaration_may_be_made_in_two_steps() {
        let text = "local t = { title = 'x' }\nreturn mps.funid(t)";
        assert_eq!(shown(text, &["title".into()]), Some(("title", "'x'")));
    }

    #[test]
    fn a_key_written_twice_is_told_wherever_it_stands() {
        let text = "return mps.funid { a = 1, f = function() return { b = 1, ['b'] = 2 } end, [1] = 3, 'x' }";
        let map = SourceMap::of(text);
        let keys: Vec<String> = map.twice().iter().map(|twice| twice.key.to_string()).collect();
        assert_eq!(keys, ["b", "第1项"]);
        assert_eq!(&text[map.twice()[0].second.clone()], "['b']");
    }

    #[test]
    fn a_cut_off_script_is_read_as_far_as_it_goes() {
        for end in 0..DECLARED.len() {
            if let Some(text) = DECLARED.get(..end) {
                SourceMap::of(text);
            }
        }
        SourceMap::of(&"{".repeat(100_000));
        SourceMap::of(&"return mps.funid {[".repeat(1000));
    }
}
