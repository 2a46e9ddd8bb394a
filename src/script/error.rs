//! What can be wrong with scripts, told so that whoever wrote them can mend them.

use super::diagnosis::{self, Diagnosis};
use super::lexer::{Kind, tokens};
use super::tree::{self, Source};
use crate::excerpt::{self, Excerpt};
use crate::mask;
use mlua::Function;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

/// Why a script was refused or failed; all of it Chinese, for deployment engineers.
///
/// [`Error::sentence`] is for a response's `<msg>`; `Display` is for people who look at the file: several lines, with an excerpt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Box<Report>);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Report {
    code: &'static str,
    // Its path below `scripts/`, layer included; empty where it is not one file's fault.
    file: String,
    built_in: bool,
    // Whether it is no file of the scripts' tree.
    outside: bool,
    // From 1; 0 where there is none to name.
    line: usize,
    excerpt: Option<Excerpt>,
    what: String,
    // Empty: what anybody would do.
    advice: String,
    // What a caret can stand under, where only the line is known.
    word: Option<String>,
    region: Option<String>,
    funid: Option<String>,
    // The value concerned, masked.
    about: Option<String>,
}

/// The file cannot be used as it lies there: its rights, size, charset, or it is not whole.
pub(super) const UNREADABLE: &str = "S001";
/// The file is not Lua.
pub(super) const SYNTAX: &str = "S002";
/// A declaration does not hold to the contract.
pub(super) const DECLARATION: &str = "S003";
/// A script failed while it ran.
pub(super) const RUNTIME: &str = "S004";
/// A file has a name, or stands in a folder, where nothing finds it.
pub(super) const MISPLACED: &str = "S005";

/// A file of scenarios cannot be used.
pub(super) const SCENARIO: &str = "S030";

/// What is wrong and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mistake {
    pub(super) what: String,
    pub(super) advice: String,
}

impl Mistake {
    pub(super) fn new(what: impl Into<String>, advice: impl Into<String>) -> Mistake {
        Mistake {
            what: what.into(),
            advice: advice.into(),
        }
    }
}

impl From<String> for Mistake {
    fn from(what: String) -> Mistake {
        Mistake::new(what, "")
    }
}

impl From<&str> for Mistake {
    fn from(what: &str) -> Mistake {
        Mistake::new(what, "")
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        if !self.advice.is_empty() {
            write!(f, "，{}", self.advice)?;
        }
        Ok(())
    }
}

impl Error {
    /// An error of `file`; a `line` of 0 is none.
    pub(super) fn new(
        code: &'static str,
        file: impl Into<String>,
        line: usize,
        mistake: impl Into<Mistake>,
    ) -> Error {
        let Mistake { what, advice } = mistake.into();
        Error(Box::new(Report {
            code,
            file: file.into(),
            line,
            what,
            advice,
            ..Report::default()
        }))
    }

    /// A file that cannot be read: missing rights, wrong charset, too large.
    pub(super) fn unreadable(file: impl Into<String>, line: usize, mistake: impl Into<Mistake>) -> Error {
        Error::new(UNREADABLE, file, line, mistake)
    }

    /// A file outside the tree that cannot be read.
    pub fn unreadable_file(file: &str, error: &std::io::Error) -> Error {
        Error::unreadable(file, 0, format!("无法读取：{error}"))
    }

    /// A declaration that does not hold to the contract.
    pub(super) fn declaration(file: impl Into<String>, line: usize, mistake: impl Into<Mistake>) -> Error {
        Error::new(DECLARATION, file, line, mistake)
    }

    /// What Lua says of a call; `file` is used where Lua names none.
    pub(super) fn lua(error: &mlua::Error, file: &str) -> Error {
        // A file that another one ran, as `mps.base()` does, has told its own place.
        if let Some(inner) = error.chain().find_map(|cause| cause.downcast_ref::<Error>()) {
            return inner.clone();
        }
        Error::diagnosed(diagnosis::of(error), file)
    }

    /// What Lua says of a call of `function`, which stands for the place where Lua names none.
    pub(super) fn of_call(error: &mlua::Error, function: &Function) -> Error {
        let info = function.info();
        let file = info.source.as_deref().and_then(|source| source.strip_prefix('@'));
        let mut error = Error::lua(error, file.unwrap_or_default());
        if error.0.line == 0 && file == Some(error.file()) {
            error.0.line = info.line_defined.unwrap_or_default();
        }
        error
    }

    /// What Lua says of a chunk.
    pub(super) fn of_chunk(error: &mlua::Error, source: &Source) -> Error {
        let syntax = match error {
            mlua::Error::SyntaxError { message, .. } => Some(diagnosis::syntax(message, &source.text)),
            _ => None,
        };
        match syntax {
            Some((diagnosis, span)) => Error::diagnosed(diagnosis, &source.name).spotted(source, span),
            None => Error::lua(error, &source.name).placed(source),
        }
    }

    fn diagnosed(diagnosis: Diagnosis, file: &str) -> Error {
        let mut error = Error::new(
            diagnosis.code,
            diagnosis.file.unwrap_or_else(|| file.to_owned()),
            diagnosis.line,
            diagnosis.mistake,
        );
        error.0.word = diagnosis.word;
        error
    }

    /// Points the error at bytes of its file.
    pub(super) fn spotted(self, source: &Source, span: Range<usize>) -> Error {
        let built_in = tree::is_embedded(&source.name, &source.text);
        let mut error = self.in_text(&source.text, span);
        error.0.built_in = built_in;
        error.0.file = source.name.clone();
        error
    }

    /// Points the error at bytes of a text.
    pub(super) fn in_text(mut self, text: &str, span: Range<usize>) -> Error {
        let mut excerpt = Excerpt::new(text, span, |line| line);
        excerpt.shown = mask::numbers(&excerpt.shown).into_owned();
        self.0.line = excerpt.line;
        self.0.excerpt = Some(excerpt);
        self
    }

    /// Shows the line that the error names, with a caret under the word concerned.
    pub(super) fn placed(self, source: &Source) -> Error {
        if self.0.excerpt.is_some() || self.0.line == 0 || !self.is_in(source) {
            return self;
        }
        let (line, word) = (self.0.line, self.0.word.clone());
        let Some(start) = excerpt::start_of_line(&source.text, line) else {
            return self;
        };
        let text = excerpt::line_at(&source.text, start);
        let inner = word.and_then(|word| word_in(text, &word));
        let inner = inner.unwrap_or_else(|| {
            let blank = text.len() - text.trim_start().len();
            blank..text.trim_end().len().max(blank)
        });
        self.spotted(source, start + inner.start..start + inner.end)
    }

    /// The file lies outside the scripts' tree, and so in no layer.
    pub(super) fn outside(mut self) -> Error {
        self.0.outside = true;
        self
    }

    /// Whether this is an error of that file; Lua cuts the front of long names off.
    pub(super) fn is_in(&self, source: &Source) -> bool {
        match self.0.file.strip_prefix("...") {
            Some(end) => source.name.ends_with(end),
            None => source.name == self.0.file,
        }
    }

    /// The region whose scripts are meant.
    pub(super) fn for_region(mut self, region: Option<&str>) -> Error {
        self.0.region = region.map(str::to_owned);
        self
    }

    /// The function id that was called, or that the file declares.
    pub(super) fn for_funid(mut self, funid: &str) -> Error {
        self.0.funid = Some(funid.to_owned());
        self
    }

    /// What the script was working on; values in it are masked by whoever says it.
    pub(super) fn about(mut self, about: String) -> Error {
        self.0.about.get_or_insert(about);
        self
    }

    /// Whether the other error says the same, wherever it stands.
    pub(super) fn says_the_same(&self, other: &Error) -> bool {
        self.0.what == other.0.what
    }

    /// A stable code, `S` and three digits.
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// The file, by its path below `scripts/`; empty where it is not one file's fault.
    pub fn file(&self) -> &str {
        &self.0.file
    }

    /// The line, from 1, where there is one to name.
    pub fn line(&self) -> Option<usize> {
        (self.0.line > 0).then_some(self.0.line)
    }

    /// The column in characters, from 1, where it is known.
    pub fn column(&self) -> Option<usize> {
        self.0.excerpt.as_ref().map(|excerpt| excerpt.column)
    }

    /// The layer that the file belongs to, as people know it.
    pub fn layer(&self) -> &str {
        let file = &self.0.file;
        let folders = match file.split('/').next() {
            Some("site") => 1,
            Some("regions") => 2,
            _ if self.0.built_in => return "基础脚本（内置）",
            _ => return "基础脚本",
        };
        let end = file.match_indices('/').take(folders).last();
        end.map_or(file, |(end, _)| &file[..end])
    }

    /// What is wrong and where, and what to do if that is short: one sentence.
    pub fn sentence(&self) -> String {
        let Report {
            file,
            line,
            what,
            advice,
            ..
        } = &*self.0;
        let mut sentence = match file.as_str() {
            "" => "脚本".to_owned(),
            file => format!("脚本{file}"),
        };
        if *line > 0 {
            sentence.push_str(&format!("第{line}行"));
        }
        sentence.push_str(&format!("：{what}"));
        if !advice.is_empty() {
            sentence.push_str(&format!("，{advice}"));
        }
        sentence
    }

    /// What to do next.
    pub fn advice(&self) -> &str {
        match (self.0.advice.as_str(), self.0.code) {
            ("", RUNTIME) => "请检查这一行用到的值；改好后保存即生效",
            ("", _) => "请改正这一处；保存后自动生效",
            (advice, _) => advice,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = &*self.0;
        write!(f, "{}", report.code)?;
        if !report.file.is_empty() {
            write!(f, " {}", report.file)?;
        }
        match (self.line(), self.column()) {
            (Some(line), Some(column)) => write!(f, " 第{line}行第{column}列")?,
            (Some(line), None) => write!(f, " 第{line}行")?,
            _ => {}
        }
        writeln!(f, "：{}", report.what)?;
        if let Some(excerpt) = &report.excerpt {
            write!(f, "{excerpt}")?;
        }
        if let Some(about) = &report.about {
            writeln!(f, "当时：{about}")?;
        }
        if !report.file.is_empty() && !report.outside {
            write!(f, "所在：{}", self.layer())?;
            if let Some(region) = &report.region {
                write!(f, "，当前地区{region}")?;
            }
            if let Some(funid) = &report.funid {
                write!(f, "，功能{funid}")?;
            }
            writeln!(f)?;
        }
        write!(f, "怎么办：{}", self.advice())
    }
}

impl std::error::Error for Error {}

/// Everything that is wrong with a tree of scripts: the first mistake of each file. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errors {
    first: Error,
    more: Vec<Error>,
}

impl Errors {
    /// The first of each file; `None` where there are none.
    pub(super) fn of(errors: impl IntoIterator<Item = Error>) -> Option<Errors> {
        let mut files = BTreeSet::new();
        let new = |error: &Error| error.file().is_empty() || files.insert(error.file().to_owned());
        let mut errors = errors.into_iter().filter(new);
        let first = errors.next()?;
        Some(Errors {
            first,
            more: errors.collect(),
        })
    }

    /// The errors, in the order of their discovery.
    pub fn iter(&self) -> impl Iterator<Item = &Error> {
        std::iter::once(&self.first).chain(&self.more)
    }

    /// The first error's sentence, and how many there are besides.
    pub fn sentence(&self) -> String {
        match self.more.len() {
            0 => self.first.sentence(),
            more => format!("{}（另有{more}处错误）", self.first.sentence()),
        }
    }
}

impl From<Error> for Errors {
    fn from(first: Error) -> Errors {
        Errors {
            first,
            more: Vec::new(),
        }
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first)?;
        self.more.iter().try_for_each(|error| write!(f, "\n\n{error}"))
    }
}

impl std::error::Error for Errors {}

/// Where a line holds this name or text, or a call that starts like it.
fn word_in(line: &str, word: &str) -> Option<Range<usize>> {
    let tokens = tokens(line);
    let mut named = tokens.iter().filter(|token| match &token.kind {
        Kind::Name(name) => *name == word,
        Kind::Text(text) => text == word,
        _ => false,
    });
    if let Some(token) = named.next() {
        return Some(token.span.clone());
    }
    let start = line.find(word).filter(|_| word.starts_with("mps."))?;
    let is_path = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    let length = line[start..].find(|c| !is_path(c)).unwrap_or(line.len() - start);
    Some(start..start + length)
}
