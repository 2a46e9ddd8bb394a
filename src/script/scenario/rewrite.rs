//! What of a file's expected wording can be replaced by what really came, where everything else is left as it is.
//!
//! Only a string that stands as itself in `:is("…")` can be: it is found by the lexer at the line that Lua names, and by its value.

use super::{IS, Mismatch, Playbook, Shown, Verdict};
use crate::script::lexer::{Kind, tokens};
use std::collections::BTreeMap;
use std::ops::Range;

/// A file's text with other expectations, and what became of each that did not hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rewriting {
    /// The whole text, without a byte-order mark.
    pub text: String,
    /// What is another in it.
    pub changes: Vec<Change>,
    /// What did not hold and cannot be rewritten.
    pub left: Vec<Left>,
}

/// A string that was replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The line of its expectation.
    pub line: usize,
    /// What is expected, for example `返回字段card_no`.
    pub subject: String,
    /// The string as it was written.
    pub before: String,
    /// The string as it is written now.
    pub after: String,
}

/// An expectation that did not hold and was not touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// Its line.
    pub line: usize,
    /// What is expected, for example `返回字段card_no`.
    pub subject: String,
    /// Why, in a sentence for people.
    pub why: &'static str,
}

/// A string in `:is(…)`.
struct Literal {
    /// The line that Lua names when it is expected.
    line: usize,
    span: Range<usize>,
    value: String,
}

const NO_WORDING: &str = "改写的只有msg、返回字段和整份报文，这一处请自己改";
const NOT_IS: &str = "改写的只有is，这一处期望的是一部分、一个模式或一个范围，请自己改";
const NO_TEXT: &str = "期望的和实际的不都是文字，请自己改";
const COMPUTED: &str =
    "期望的值不是在这一行的is里直接写着的文字（是算出来的、变量，或取自数据的一行），请到它写着的地方改";
const TWICE: &str = "这一行有两处期望同样的文字，分不清是哪一处，请分成两行";
const HOLDS: &str = "另一个场景（或另一次）在这里得到的正是期望的，改了它就不符，请分开写";
const VARIES: &str = "几个场景（或几次）在这里得到的不相同，请分开写";
const SHARED: &str = "几个场景共用这一行，这次只运行了其中一部分，请运行整个文件";

impl Playbook {
    /// Its text with what came in the place of what was expected; the verdicts stand in the order of [`Playbook::entries`].
    pub fn rewritten(&self, verdicts: &[Option<Verdict>]) -> Rewriting {
        let literals = literals(self.text());
        let mut left = Vec::new();
        let mut met: BTreeMap<usize, Vec<&Mismatch>> = BTreeMap::new();
        let mismatches = || verdicts.iter().flatten().flat_map(|verdict| &verdict.mismatches);
        for mismatch in mismatches() {
            match found(&literals, mismatch) {
                Ok(literal) => met.entry(literal).or_default().push(mismatch),
                Err(why) => leave(&mut left, mismatch, why),
            }
        }
        let mut changes = Vec::new();
        for (literal, mismatches) in met {
            // A key of the map above, which has no empty lists.
            let (Some(literal), Some(&first)) = (literals.get(literal), mismatches.first()) else {
                continue;
            };
            let agreed = self.agreed(literal, &mismatches, verdicts);
            match agreed {
                Ok(value) => changes.push((literal, first, written(self.text(), &literal.span, value))),
                Err(why) => leave(&mut left, first, why),
            }
        }
        let mut text = self.text().to_owned();
        for (literal, _, after) in changes.iter().rev() {
            text.replace_range(literal.span.clone(), after);
        }
        let change = |(literal, mismatch, after): (&Literal, &Mismatch, String)| Change {
            line: mismatch.line,
            subject: mismatch.subject.clone(),
            before: self
                .text()
                .get(literal.span.clone())
                .unwrap_or_default()
                .to_owned(),
            after,
        };
        Rewriting {
            text,
            changes: changes.into_iter().map(change).collect(),
            left,
        }
    }

    /// The one text that came wherever the literal was expected.
    fn agreed<'a>(
        &self,
        literal: &Literal,
        mismatches: &[&'a Mismatch],
        verdicts: &[Option<Verdict>],
    ) -> Result<&'a str, &'static str> {
        let mut came = mismatches.iter().filter_map(|mismatch| match &mismatch.actual {
            Shown::Text(text) => Some(text.as_str()),
            _ => None,
        });
        let first = came.next().ok_or(NO_TEXT)?;
        if came.any(|other| other != first) {
            return Err(VARIES);
        }
        let mut held = verdicts.iter().flatten().flat_map(|verdict| &verdict.held);
        if held.any(|held| held.line == literal.line && held.text == literal.value) {
            return Err(HOLDS);
        }
        let owners = self.entries().iter();
        let owners = owners.filter(|entry| (entry.line..=entry.end).contains(&literal.line));
        if owners.count() != 1 && verdicts.iter().any(Option::is_none) {
            return Err(SHARED);
        }
        Ok(first)
    }
}

fn leave(left: &mut Vec<Left>, mismatch: &Mismatch, why: &'static str) {
    let one = Left {
        line: mismatch.line,
        subject: mismatch.subject.clone(),
        why,
    };
    if !left.contains(&one) {
        left.push(one);
    }
}

/// The literal that a mismatch is about.
fn found(literals: &[Literal], mismatch: &Mismatch) -> Result<usize, &'static str> {
    if mismatch.relation != IS {
        return Err(NOT_IS);
    }
    if !mismatch.wording {
        return Err(NO_WORDING);
    }
    let (Shown::Text(expected), Shown::Text(_)) = (&mismatch.expected, &mismatch.actual) else {
        return Err(NO_TEXT);
    };
    let is_meant = |literal: &Literal| literal.line == mismatch.line && literal.value == *expected;
    let mut meant = (0..).zip(literals).filter(|(_, literal)| is_meant(literal));
    match (meant.next(), meant.next()) {
        (Some((literal, _)), None) => Ok(literal),
        (Some(_), Some(_)) => Err(TWICE),
        (None, _) => Err(COMPUTED),
    }
}

/// Every `:is("…")`, `:is "…"` and `:is [[…]]`.
fn literals(text: &str) -> Vec<Literal> {
    let tokens = tokens(text);
    let mut literals = Vec::new();
    for (at, window) in tokens.windows(2).enumerate() {
        if !(window[0].is_sign(":") && window[1].is_name("is")) {
            continue;
        }
        let next = |more: usize| tokens.get(at + 2 + more);
        let Some(opening) = next(0) else { continue };
        let in_brackets = opening.is_sign("(");
        if in_brackets && !next(2).is_some_and(|closing| closing.is_sign(")")) {
            continue;
        }
        let Some(string) = next(usize::from(in_brackets)) else {
            continue;
        };
        let Kind::Text(value) = &string.kind else { continue };
        // Lua counts a call to the line of its bracket; without one, to the line that the string ends in.
        let place = if in_brackets {
            opening.span.start
        } else {
            string.span.end
        };
        literals.push(Literal {
            line: crate::excerpt::line_number(text, place),
            span: string.span.clone(),
            value: value.to_string(),
        });
    }
    literals
}

/// A value as a string of the same form as the one that stands at `span`.
fn written(text: &str, span: &Range<usize>, value: &str) -> String {
    let old = text.get(span.clone()).unwrap_or_default();
    let plain = |sign: char| !sign.is_control() || matches!(sign, '\n' | '\t');
    match old.chars().next() {
        Some('[') if value.chars().all(plain) => long(old, value, text),
        Some('\'') => quoted(value, '\''),
        _ => quoted(value, '"'),
    }
}

fn quoted(value: &str, quote: char) -> String {
    let mut written = String::from(quote);
    for sign in value.chars() {
        match sign {
            '\n' => written.push_str("\\n"),
            '\r' => written.push_str("\\r"),
            '\t' => written.push_str("\\t"),
            sign if sign == quote || sign == '\\' => written.extend(['\\', sign]),
            sign if sign.is_control() => written.push_str(&format!("\\u{{{:X}}}", u32::from(sign))),
            sign => written.push(sign),
        }
    }
    written.push(quote);
    written
}

/// A long string in as many `=` as the old one, or more where the value needs them, with the file's own line ends.
fn long(old: &str, value: &str, text: &str) -> String {
    let least = old.chars().skip(1).take_while(|sign| *sign == '=').count();
    let close = |level: usize| format!("]{}]", "=".repeat(level));
    // The value may end in what a closing bracket begins with.
    let fits = |level: &usize| (value.to_owned() + &close(*level)).find(&close(*level)) == Some(value.len());
    let level = (least..).find(fits).unwrap_or(least);
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let content = old.get(least + 2..).unwrap_or_default();
    // Lua skips one newline at the start.
    let lead = if value.starts_with('\n') || content.starts_with(['\r', '\n']) {
        end
    } else {
        ""
    };
    let equals = "=".repeat(level);
    format!("[{equals}[{lead}{}{}", value.replace('\n', end), close(level))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value that the lexer finds in a text in which a value took another one's place.
    fn put(text: &str, value: &str) -> (String, String) {
        let literals = literals(text);
        let span = literals[0].span.clone();
        let mut text = text.to_owned();
        text.replace_range(span.clone(), &written(&text, &span, value));
        let found = self::literals(&text).remove(0).value;
        (text, found)
    }

    #[test]
    fn a_value_is_written_so_that_lua_reads_it_again() {
        let values = [
            "",
            "张三",
            "\"'\\",
            "a\nb\r\n\tc",
            "\n",
            "]]",
            "x]",
            "]=]",
            "\u{1}\u{7f}\u{85}9",
            "]==]]",
        ];
        for form in [
            "e:is(\"x\") --[[ ]]",
            "e:is 'x'",
            "e:is([[x]])",
            "e:is [==[x]==]",
            "e:is([[\r\nx]])\r\n",
        ] {
            for value in values {
                let (text, found) = put(form, value);
                assert_eq!(found, value, "{form:?} became {text:?}");
                let lua = mlua::Lua::new();
                let program =
                    format!("local e = {{ is = function(_, s) return s end }}\nlocal a = {text}\nreturn a");
                let read: String = lua.load(program).eval().expect("it is Lua");
                assert_eq!(read, value, "{text:?}");
            }
        }
    }

    #[test]
    fn the_form_and_the_line_ends_stay() {
        assert_eq!(put("e:is('x')", "甲'").0, "e:is('甲\\'')");
        assert_eq!(put("e:is [=[x]=]", "甲]]").0, "e:is [=[甲]]]=]");
        assert_eq!(put("e:is([[\r\nx]])", "甲\n乙").0, "e:is([[\r\n甲\r\n乙]])");
        assert_eq!(put("e:is([[x]])", "a]]\r").0, "e:is(\"a]]\\r\")");
    }

    #[test]
    fn only_strings_that_stand_alone_are_found() {
        let text = "e:is('a' .. 'b')\ne:is(f('a'))\ne.is('a')\n-- e:is('a')\ne:is('a'\n)\ne\n:is\n[[b\n]]\ne:is_not('a')";
        let found = literals(text);
        let found: Vec<_> = found.iter().map(|one| (one.line, one.value.as_str())).collect();
        assert_eq!(found, [(5, "a"), (10, "b\n")]);
    }
}
