//! Lua 5.4's patterns, with a count of the work done.
//!
//! The C library's own matcher cannot be interrupted: `("a?"):rep(30)` or nested repetitions keep it busy for hours. This one gives the
//! same results and asks for permission as it goes.

use std::cell::Cell;

/// The most captures that a pattern may have.
const MOST_CAPTURES: usize = 32;
/// How deep the matcher may recurse, as in the C library.
const DEEPEST: usize = 200;
/// Units of work between two questions whether to go on.
const STRIDE: u32 = 4096;
const ESCAPE: u8 = b'%';

/// What a matcher asks as it goes.
pub(super) trait Watch {
    /// Whether the time is over.
    fn must_stop(&self) -> bool;
    /// Whether the stack is used up.
    fn is_deep(&self) -> bool;
}

/// Why a match was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The pattern is wrong; the text is Lua's own.
    Malformed(&'static str),
    /// A capture that does not exist is used.
    NoCapture(usize),
    /// The script's time is over.
    Stopped,
}

type Result<T> = std::result::Result<T, Fault>;

#[derive(Clone, Copy)]
enum Extent {
    Open,
    Position,
    Closed(usize),
}

#[derive(Clone, Copy)]
struct Mark {
    start: usize,
    extent: Extent,
}

/// What a capture holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Capture {
    /// A part of the subject.
    Part(usize, usize),
    /// A position, from 1.
    Position(usize),
}

/// A match under way. Plain data: an error of Lua's may jump over it.
pub(super) struct Matcher<'a> {
    subject: &'a [u8],
    pattern: &'a [u8],
    marks: [Mark; MOST_CAPTURES],
    level: usize,
    depth: usize,
    work: Work<'a>,
}

/// Counts work and asks at every [`STRIDE`].
pub(super) struct Work<'a> {
    done: Cell<u32>,
    watch: &'a dyn Watch,
}

impl<'a> Work<'a> {
    pub(super) fn new(watch: &'a dyn Watch) -> Work<'a> {
        Work {
            done: Cell::new(0),
            watch,
        }
    }

    /// Does so many units of work.
    pub(super) fn spend(&self, units: usize) -> Result<()> {
        let done = self
            .done
            .get()
            .saturating_add(u32::try_from(units).unwrap_or(u32::MAX));
        if done < STRIDE {
            self.done.set(done);
            return Ok(());
        }
        self.done.set(0);
        if self.watch.must_stop() {
            Err(Fault::Stopped)
        } else {
            Ok(())
        }
    }
}

impl<'a> Matcher<'a> {
    /// A matcher of a pattern without its anchor.
    pub(super) fn new(subject: &'a [u8], pattern: &'a [u8], watch: &'a dyn Watch) -> Matcher<'a> {
        let unset = Mark {
            start: 0,
            extent: Extent::Open,
        };
        Matcher {
            subject,
            pattern,
            marks: [unset; MOST_CAPTURES],
            level: 0,
            depth: 0,
            work: Work::new(watch),
        }
    }

    /// The end of the match that begins at `start`, if there is one.
    pub(super) fn at(&mut self, start: usize) -> Result<Option<usize>> {
        self.level = 0;
        self.depth = 0;
        self.matches(start, 0)
    }

    /// How many captures the last match has.
    pub(super) fn captures(&self) -> usize {
        self.level
    }

    /// A capture of the last match, from 0; the whole match stands in for the first one where a pattern has none.
    pub(super) fn capture(&self, index: usize, start: usize, end: usize) -> Result<Capture> {
        if index >= self.level {
            return if index == 0 {
                Ok(Capture::Part(start, end))
            } else {
                Err(Fault::NoCapture(index + 1))
            };
        }
        let mark = self.marks[index];
        match mark.extent {
            Extent::Open => Err(Fault::Malformed("unfinished capture")),
            Extent::Position => Ok(Capture::Position(mark.start + 1)),
            Extent::Closed(end) => Ok(Capture::Part(mark.start, end)),
        }
    }

    // Behind the last byte, as in a C string, stands a NUL.
    fn pattern_at(&self, at: usize) -> u8 {
        self.pattern.get(at).copied().unwrap_or(0)
    }

    fn subject_at(&self, at: usize) -> u8 {
        self.subject.get(at).copied().unwrap_or(0)
    }

    fn matches(&mut self, mut at: usize, mut p: usize) -> Result<Option<usize>> {
        if self.depth == DEEPEST || self.work.watch.is_deep() {
            return Err(Fault::Malformed("pattern too complex"));
        }
        self.depth += 1;
        let end = loop {
            self.work.spend(1)?;
            let Some(&item) = self.pattern.get(p) else {
                break Some(at);
            };
            match (item, self.pattern_at(p + 1)) {
                (b'(', b')') => break self.open(at, p + 2, Extent::Position)?,
                (b'(', _) => break self.open(at, p + 1, Extent::Open)?,
                (b')', _) => break self.close(at, p + 1)?,
                (b'$', _) if p + 1 == self.pattern.len() => break (at == self.subject.len()).then_some(at),
                (ESCAPE, b'b') => match self.balanced(at, p + 2)? {
                    Some(end) => (at, p) = (end, p + 4),
                    None => break None,
                },
                (ESCAPE, b'f') => match self.frontier(at, p + 2)? {
                    Some(next) => p = next,
                    None => break None,
                },
                (ESCAPE, digit @ b'0'..=b'9') => match self.again(at, digit)? {
                    Some(end) => (at, p) = (end, p + 2),
                    None => break None,
                },
                _ => {
                    let next = self.item_end(p)?;
                    let suffix = self.pattern_at(next);
                    let single = self.single(at, p, next)?;
                    match suffix {
                        b'*' | b'?' | b'-' if !single => p = next + 1,
                        _ if !single => break None,
                        b'?' => match self.matches(at + 1, next + 1)? {
                            Some(end) => break Some(end),
                            None => p = next + 1,
                        },
                        b'+' => break self.most(at + 1, p, next)?,
                        b'*' => break self.most(at, p, next)?,
                        b'-' => break self.least(at, p, next)?,
                        _ => (at, p) = (at + 1, next),
                    }
                }
            }
        };
        self.depth -= 1;
        Ok(end)
    }

    fn open(&mut self, at: usize, p: usize, extent: Extent) -> Result<Option<usize>> {
        let mark = self.marks.get_mut(self.level);
        *mark.ok_or(Fault::Malformed("too many captures"))? = Mark { start: at, extent };
        self.level += 1;
        let end = self.matches(at, p)?;
        if end.is_none() {
            self.level -= 1;
        }
        Ok(end)
    }

    fn close(&mut self, at: usize, p: usize) -> Result<Option<usize>> {
        let open = self.marks[..self.level]
            .iter()
            .rposition(|mark| matches!(mark.extent, Extent::Open));
        let open = open.ok_or(Fault::Malformed("invalid pattern capture"))?;
        self.marks[open].extent = Extent::Closed(at);
        let end = self.matches(at, p)?;
        if end.is_none() {
            self.marks[open].extent = Extent::Open;
        }
        Ok(end)
    }

    /// `%1`: the same text again.
    fn again(&self, at: usize, digit: u8) -> Result<Option<usize>> {
        let index = usize::from(digit).wrapping_sub(usize::from(b'1'));
        let mark = self.marks[..self.level].get(index);
        let missing = Fault::NoCapture(usize::from(digit - b'0'));
        match mark.ok_or(missing)? {
            Mark {
                extent: Extent::Open, ..
            } => Err(missing),
            // A position is no text.
            Mark {
                extent: Extent::Position,
                ..
            } => Ok(None),
            Mark {
                start,
                extent: Extent::Closed(end),
            } => {
                let part = self.subject.get(*start..*end).unwrap_or_default();
                self.work.spend(1 + part.len() / 16)?;
                let rest = self.subject.get(at..).unwrap_or_default();
                Ok(rest.starts_with(part).then(|| at + part.len()))
            }
        }
    }

    /// `%bxy`, whose two bytes stand at `p`.
    fn balanced(&self, at: usize, p: usize) -> Result<Option<usize>> {
        if p + 1 >= self.pattern.len() {
            return Err(Fault::Malformed("malformed pattern (missing arguments to '%b')"));
        }
        let (open, close) = (self.pattern_at(p), self.pattern_at(p + 1));
        if self.subject_at(at) != open {
            return Ok(None);
        }
        let mut level = 1_usize;
        for (offset, &byte) in self.subject.iter().enumerate().skip(at + 1) {
            self.work.spend(1)?;
            if byte == close {
                level -= 1;
                if level == 0 {
                    return Ok(Some(offset + 1));
                }
            } else if byte == open {
                level += 1;
            }
        }
        Ok(None)
    }

    /// `%f[set]`, whose set stands at `p`: where to go on in the pattern.
    fn frontier(&self, at: usize, p: usize) -> Result<Option<usize>> {
        if self.pattern_at(p) != b'[' {
            return Err(Fault::Malformed("missing '[' after '%f' in pattern"));
        }
        let next = self.item_end(p)?;
        let before = at.checked_sub(1).map_or(0, |before| self.subject_at(before));
        let crossed = !self.in_set(before, p, next)? && self.in_set(self.subject_at(at), p, next)?;
        Ok(crossed.then_some(next))
    }

    fn most(&mut self, at: usize, p: usize, next: usize) -> Result<Option<usize>> {
        let mut end = at;
        while self.single(end, p, next)? {
            self.work.spend(1)?;
            end += 1;
        }
        loop {
            let found = self.matches(end, next + 1)?;
            if found.is_some() || end == at {
                return Ok(found);
            }
            end -= 1;
        }
    }

    fn least(&mut self, mut at: usize, p: usize, next: usize) -> Result<Option<usize>> {
        loop {
            let found = self.matches(at, next + 1)?;
            if found.is_some() {
                return Ok(found);
            }
            if !self.single(at, p, next)? {
                return Ok(None);
            }
            at += 1;
        }
    }

    /// Where the single item at `p` ends.
    fn item_end(&self, p: usize) -> Result<usize> {
        match self.pattern_at(p) {
            ESCAPE if p + 1 == self.pattern.len() => {
                Err(Fault::Malformed("malformed pattern (ends with '%')"))
            }
            ESCAPE => Ok(p + 2),
            b'[' => self.set_end(p),
            _ => Ok(p + 1),
        }
    }

    fn set_end(&self, p: usize) -> Result<usize> {
        let first = p + 1 + usize::from(self.pattern_at(p + 1) == b'^');
        let mut at = first;
        loop {
            let Some(&byte) = self.pattern.get(at) else {
                return Err(Fault::Malformed("malformed pattern (missing ']')"));
            };
            // A bracket that comes first is a member.
            if byte == b']' && at > first {
                return Ok(at + 1);
            }
            self.work.spend(1)?;
            at += 1;
            if byte == ESCAPE && at < self.pattern.len() {
                at += 1;
            }
        }
    }

    /// Whether the item between `p` and `next` matches the byte at `at`.
    fn single(&self, at: usize, p: usize, next: usize) -> Result<bool> {
        let Some(&byte) = self.subject.get(at) else {
            return Ok(false);
        };
        match self.pattern_at(p) {
            b'.' => Ok(true),
            ESCAPE => Ok(in_class(byte, self.pattern_at(p + 1))),
            b'[' => self.in_set(byte, p, next),
            literal => Ok(literal == byte),
        }
    }

    /// Whether a byte is in the set that begins at `p` and ends before `next`.
    fn in_set(&self, byte: u8, p: usize, next: usize) -> Result<bool> {
        let end = next - 1;
        let complement = self.pattern_at(p + 1) == b'^';
        let mut at = p + 1 + usize::from(complement);
        while at < end {
            self.work.spend(1)?;
            let member = self.pattern_at(at);
            let found = if member == ESCAPE {
                at += 1;
                in_class(byte, self.pattern_at(at))
            } else if self.pattern_at(at + 1) == b'-' && at + 2 < end {
                at += 2;
                (member..=self.pattern_at(at)).contains(&byte)
            } else {
                member == byte
            };
            if found {
                return Ok(!complement);
            }
            at += 1;
        }
        Ok(complement)
    }
}

fn in_class(byte: u8, class: u8) -> bool {
    let inside = match class.to_ascii_lowercase() {
        b'a' => byte.is_ascii_alphabetic(),
        b'c' => byte.is_ascii_control(),
        b'd' => byte.is_ascii_digit(),
        b'g' => byte.is_ascii_graphic(),
        b'l' => byte.is_ascii_lowercase(),
        b'p' => byte.is_ascii_punctuation(),
        b's' => matches!(byte, b'\t'..=b'\r' | b' '),
        b'u' => byte.is_ascii_uppercase(),
        b'w' => byte.is_ascii_alphanumeric(),
        b'x' => byte.is_ascii_hexdigit(),
        b'z' => byte == 0,
        _ => return class == byte,
    };
    inside == class.is_ascii_lowercase()
}

/// Whether a pattern has no special characters.
pub(super) fn is_plain(pattern: &[u8]) -> bool {
    !pattern.iter().any(|byte| b"^$*+?.([%-".contains(byte))
}

/// Where `wanted` first stands in `subject` from `start` on.
pub(super) fn find_plain(
    subject: &[u8],
    wanted: &[u8],
    start: usize,
    watch: &dyn Watch,
) -> Result<Option<usize>> {
    let work = Work::new(watch);
    let Some(&first) = wanted.first() else {
        return Ok(Some(start));
    };
    let Some(last) = subject.len().checked_sub(wanted.len()) else {
        return Ok(None);
    };
    for at in start..=last {
        work.spend(1)?;
        if subject[at] == first {
            work.spend(wanted.len() / 16)?;
            if subject[at..].starts_with(wanted) {
                return Ok(Some(at));
            }
        }
    }
    Ok(None)
}
