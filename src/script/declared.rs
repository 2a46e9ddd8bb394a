//! Reading declarations strictly: what a script wrote, checked key by key, refused at the line that wrote it.

use super::Error;
use super::error::Mistake;
use super::function::{FunctionPath, Step};
use super::lexer::tokens;
use super::source_map::{SourceMap, Spot, Twice};
use super::tree::Source;
use crate::excerpt;
use crate::suggest::nearest;
use mlua::{Table, Value};
use std::cell::OnceCell;
use std::ops::Range;
use std::rc::Rc;

/// Tables inside tables that a declaration may have; the thread that reads it may have a small stack.
const DEEPEST: usize = 32;

/// A table of a declaration with the place it stands at.
#[derive(Clone)]
pub(super) struct Declared<'a> {
    table: Table,
    source: &'a Source,
    file: &'a str,
    map: Rc<SourceMap>,
    path: Vec<Step>,
    // The same with list items by their first texts, as code written over `mps.base()` names them.
    named: Vec<Step>,
    place: Whereabouts<'a>,
}

/// Where a table stands in its script.
#[derive(Clone)]
enum Whereabouts<'a> {
    /// A constructor shows it.
    Shown(Stretch),
    /// None does: looked for when somebody asks, since that takes reading the whole script, and mistakes are few.
    Sought(Box<Sought<'a>>),
}

/// Part of a script.
#[derive(Clone)]
struct Stretch {
    /// The bytes of a table; of a word near it where no constructor shows it.
    span: Range<usize>,
    /// Where words of it can stand.
    within: Range<usize>,
}

/// A table that no constructor shows.
#[derive(Clone)]
struct Sought<'a> {
    outer: Declared<'a>,
    /// The word that it may be known by.
    word: Option<String>,
    found: OnceCell<Stretch>,
}

impl Sought<'_> {
    fn stretch(&self) -> &Stretch {
        self.found.get_or_init(|| {
            let outer = self.outer.stretch();
            match &self.word {
                None => outer.clone(),
                Some(word) => {
                    let span = self.outer.span_of(word);
                    Stretch {
                        within: span.start..outer.within.end,
                        span,
                    }
                }
            }
        })
    }
}

impl<'a> Declared<'a> {
    /// The table that a file returns; `file` is its path within a layer. A key that the script writes twice is refused.
    pub(super) fn root(table: Table, file: &'a str, source: &'a Source) -> Result<Declared<'a>, Error> {
        let map = SourceMap::of(&source.text);
        if let Some(twice) = map.twice().first() {
            return Err(written_twice(source, twice));
        }
        Ok(Declared {
            table,
            source,
            file,
            map: Rc::new(map),
            path: Vec::new(),
            named: Vec::new(),
            place: Whereabouts::Shown(Stretch {
                span: 0..0,
                within: 0..source.text.len(),
            }),
        })
    }

    /// The line that this table stands at, or that first changes something in it.
    pub(super) fn line(&self) -> usize {
        let touched = self
            .map
            .touched(&self.path)
            .or_else(|| self.map.touched(&self.named));
        let at = match touched.filter(|_| self.map.place(&self.path).is_none() && !self.path.is_empty()) {
            Some(touched) => touched.start,
            None => self.stretch().span.start,
        };
        self.map.line(at)
    }

    fn stretch(&self) -> &Stretch {
        match &self.place {
            Whereabouts::Shown(stretch) => stretch,
            Whereabouts::Sought(sought) => sought.stretch(),
        }
    }

    /// The table itself.
    pub(super) fn table_itself(&self) -> Table {
        self.table.clone()
    }

    /// Refuses what stands at `word`, a key or a value of this table.
    pub(super) fn refuse(&self, word: &str, mistake: impl Into<Mistake>) -> Error {
        self.refuse_at(self.span_of(word), mistake)
    }

    /// Refuses the value of `step`.
    pub(super) fn refuse_value(&self, step: impl Into<Step>, mistake: impl Into<Mistake>) -> Error {
        let step = step.into();
        let spot = self.spot(&step).map(|spot| spot.value.clone());
        self.refuse_at(spot.unwrap_or_else(|| self.span_of(&step.to_string())), mistake)
    }

    /// Refuses this table.
    pub(super) fn refuse_whole(&self, mistake: impl Into<Mistake>) -> Error {
        self.refuse_at(self.stretch().span.clone(), mistake)
    }

    /// The line and the column, from 1, of what stands at `step`, where the script shows it.
    pub(super) fn place(&self, step: impl Into<Step>) -> Option<(usize, usize)> {
        let at = self.spot(&step.into())?.key.start;
        let line = self.map.line(at);
        let before = &self.source.text[excerpt::line_start(&self.source.text, at)..at];
        Some((line, before.chars().count() + 1))
    }

    fn refuse_at(&self, span: Range<usize>, mistake: impl Into<Mistake>) -> Error {
        let error = Error::declaration(&self.source.name, 0, mistake);
        // Nothing in this script shows it: it came from a layer below, or from code.
        if span.is_empty() {
            return error;
        }
        // Of a value of several lines, its first tells enough.
        let written = &self.source.text[span.clone()];
        let first = written.lines().next().unwrap_or_default().trim_end().len();
        error.spotted(self.source, span.start..span.start + first)
    }

    /// Refuses every key but these and the list part's.
    pub(super) fn only(&self, what: &str, known: &[&str]) -> Result<(), Error> {
        for key in self.names()? {
            if !known.contains(&key.as_str()) {
                return Err(self.refuse(&key, unknown(what, &key, known)));
            }
        }
        Ok(())
    }

    /// Refuses every key but these, and more than `items` items without a key.
    pub(super) fn only_with(&self, what: &str, items: i64, known: &[&str]) -> Result<(), Error> {
        self.only(what, known)?;
        let surplus = |number: &i64| !(1..=items).contains(number);
        let Some(number) = self.numbers()?.into_iter().find(surplus) else {
            return Ok(());
        };
        let told = format!("{what}多写了没有名称的第{number}项");
        Err(self.refuse_value(number, Mistake::new(told, "请写成 名称 = 值，或删去它")))
    }

    /// The keys of a table whose keys are names, sorted.
    pub(super) fn only_names(&self, what: &str) -> Result<Vec<String>, Error> {
        let Some(number) = self.numbers()?.into_iter().next() else {
            return self.names();
        };
        let told = format!("{what}应以名称为键，第{number}项没有名称");
        let mistake = Mistake::new(told, "请写成 名称 = 值；数字开头的写成[\"01\"] = 值");
        Err(match self.spot(&number.into()) {
            Some(spot) => self.refuse_at(spot.key.clone(), mistake),
            None => self.refuse_whole(mistake),
        })
    }

    /// The string keys, sorted.
    pub(super) fn names(&self) -> Result<Vec<String>, Error> {
        let mut names = Vec::new();
        for pair in self.table.pairs::<Value, Value>() {
            let (key, _) = pair.map_err(|error| Error::lua(&error, &self.source.name))?;
            match &key {
                Value::String(name) => names.push(self.utf8(name)?),
                Value::Integer(_) => {}
                other => {
                    return Err(self.refuse_whole(format!("键只能是名称或序号，不能是{}", type_name(other))));
                }
            }
        }
        names.sort();
        Ok(names)
    }

    /// The integer keys, sorted: a list's positions, or codes.
    pub(super) fn numbers(&self) -> Result<Vec<i64>, Error> {
        let mut numbers = Vec::new();
        for pair in self.table.pairs::<Value, Value>() {
            let (key, _) = pair.map_err(|error| Error::lua(&error, &self.source.name))?;
            numbers.extend(key.as_integer());
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// Length of the list part, which must have no gaps.
    pub(super) fn len(&self) -> Result<i64, Error> {
        let numbers = self.numbers()?;
        match numbers
            .iter()
            .zip(1..)
            .find(|&(&number, expected)| number != expected)
        {
            Some((_, expected)) => Err(self.refuse_whole(format!("列表的第{expected}项缺失"))),
            None => Ok(numbers.len() as i64),
        }
    }

    pub(super) fn value(&self, step: impl Into<Step>) -> Value {
        // Raw access to a table that exists cannot fail.
        match step.into() {
            Step::Name(name) => self.table.raw_get(name),
            Step::Index(index) => self.table.raw_get(index),
        }
        .unwrap_or(Value::Nil)
    }

    pub(super) fn text(&self, step: impl Into<Step> + Clone) -> Result<Option<String>, Error> {
        match self.value(step.clone()) {
            Value::Nil => Ok(None),
            Value::String(text) => self.utf8(&text).map(Some),
            other => Err(self.wrong_type(step.into(), "文本", &other)),
        }
    }

    pub(super) fn required_text(&self, step: impl Into<Step> + Clone) -> Result<String, Error> {
        let missing = || self.refuse_whole(format!("缺少{}（文本）", step.clone().into()));
        self.text(step.clone())?.ok_or_else(missing)
    }

    pub(super) fn boolean(&self, name: &str) -> Result<bool, Error> {
        match self.value(name) {
            Value::Nil => Ok(false),
            Value::Boolean(value) => Ok(value),
            other => Err(self.wrong_type(name.into(), "true或false", &other)),
        }
    }

    /// A number of seconds, above zero.
    pub(super) fn seconds(&self, name: &str) -> Result<Option<std::time::Duration>, Error> {
        let seconds = match self.value(name) {
            Value::Nil => return Ok(None),
            Value::Integer(seconds) => seconds as f64,
            Value::Number(seconds) => seconds,
            other => return Err(self.wrong_type(name.into(), "秒数", &other)),
        };
        match std::time::Duration::try_from_secs_f64(seconds) {
            Ok(duration) if !duration.is_zero() => Ok(Some(duration)),
            _ => Err(self.refuse_value(name, format!("{name}应为大于0的秒数"))),
        }
    }

    pub(super) fn table(&self, step: impl Into<Step> + Clone) -> Result<Option<Declared<'a>>, Error> {
        match self.value(step.clone()) {
            Value::Nil => Ok(None),
            // A table may hold itself.
            Value::Table(_) if self.path.len() >= DEEPEST => {
                Err(self.refuse_whole(format!("表套表超过{DEEPEST}层，请检查是否有表包含了自己")))
            }
            Value::Table(table) => Ok(Some(self.inner(table, step.into()))),
            other => Err(self.wrong_type(step.into(), "表", &other)),
        }
    }

    pub(super) fn required_table(&self, step: impl Into<Step> + Clone) -> Result<Declared<'a>, Error> {
        let missing = || self.refuse_whole(format!("缺少{}（表）", step.clone().into()));
        self.table(step.clone())?.ok_or_else(missing)
    }

    /// Where the function at `step` can be found again in any VM; `None` where there is none.
    pub(super) fn function(&self, step: impl Into<Step> + Clone) -> Result<Option<FunctionPath>, Error> {
        match self.value(step.clone()) {
            Value::Nil => Ok(None),
            Value::Function(_) => {
                let steps = self.path.iter().cloned().chain([step.into()]).collect();
                Ok(Some(FunctionPath {
                    file: self.file.to_owned(),
                    steps,
                }))
            }
            other => Err(self.wrong_type(step.into(), "函数", &other)),
        }
    }

    pub(super) fn wrong_type(&self, step: Step, expected: &str, actual: &Value) -> Error {
        let what = format!("{step}应为{expected}，实为{}", type_name(actual));
        self.refuse_value(step, what)
    }

    fn inner(&self, table: Table, step: Step) -> Declared<'a> {
        let first = match (&step, table.raw_get(1)) {
            (Step::Index(_), Ok(Value::String(first))) => first.to_str().ok().map(|first| first.to_owned()),
            _ => None,
        };
        let place = match (self.spot(&step), &first, &step) {
            (Some(spot), ..) => Whereabouts::Shown(Stretch {
                span: spot.value.clone(),
                within: spot.value.clone(),
            }),
            (None, Some(word), _) | (None, None, Step::Name(word)) => self.sought(Some(word)),
            _ => self.sought(None),
        };
        let extended = |path: &[Step], step: Step| path.iter().cloned().chain([step]).collect();
        Declared {
            table,
            source: self.source,
            file: self.file,
            map: Rc::clone(&self.map),
            named: extended(&self.named, first.map_or_else(|| step.clone(), Step::Name)),
            path: extended(&self.path, step),
            place,
        }
    }

    /// The whereabouts of a table in this one that no constructor shows.
    fn sought(&self, word: Option<&String>) -> Whereabouts<'a> {
        Whereabouts::Sought(Box::new(Sought {
            outer: self.clone(),
            word: word.cloned(),
            found: OnceCell::new(),
        }))
    }

    fn utf8(&self, text: &mlua::LuaString) -> Result<String, Error> {
        text.to_str()
            .map(|text| text.to_owned())
            .map_err(|_| self.refuse_whole("文本含有不是UTF-8的字节"))
    }

    fn spot(&self, step: &Step) -> Option<&Spot> {
        let at = |path: &[Step]| {
            let whole: Vec<Step> = path.iter().chain([step]).cloned().collect();
            self.map.place(&whole)
        };
        at(&self.path).or_else(|| at(&self.named))
    }

    /// The bytes of a key or of a text of this table; of the next such word where no constructor shows it.
    fn span_of(&self, word: &str) -> Range<usize> {
        if let Some(spot) = self.spot(&word.into()) {
            return spot.key.clone();
        }
        let is_value = |value: &Value| matches!(value, Value::String(text) if *text == *word);
        let mut pairs = self.table.pairs::<Value, Value>().flatten();
        let step = pairs.find_map(|(key, value)| match key {
            _ if !is_value(&value) => None,
            Value::Integer(index) => Some(Step::Index(index)),
            Value::String(name) => Some(Step::Name(name.to_string_lossy())),
            _ => None,
        });
        let shown = step.and_then(|step| self.spot(&step).map(|spot| spot.value.clone()));
        shown.unwrap_or_else(|| {
            let Stretch { span, within } = self.stretch();
            word_in(&self.source.text, within, word).unwrap_or(span.clone())
        })
    }
}

/// The refusal of a key that one constructor holds twice.
fn written_twice(source: &Source, twice: &Twice) -> Error {
    let line = excerpt::line_number(&source.text, twice.first.start);
    let key = match &twice.key {
        Step::Name(name) => format!("“{name}”"),
        Step::Index(index) => format!("[{index}]"),
    };
    let what = format!("{key}在同一个表里写了两次，第{line}行已经写过");
    let mistake = Mistake::new(what, "请删去其中一处");
    Error::declaration(&source.name, 0, mistake).spotted(source, twice.second.clone())
}

/// What to say of a key that is not known.
pub(super) fn unknown(what: &str, key: &str, known: &[&str]) -> Mistake {
    let told = format!("{what}没有“{key}”这一项");
    match nearest(key, known.iter().copied()) {
        Some(near) => Mistake::new(told, format!("是否应为“{near}”？")),
        None if known.is_empty() => Mistake::new(told, "这里一项也没有声明"),
        None => Mistake::new(told, format!("可用的有：{}", known.join("、"))),
    }
}

/// The first place in a part of the text where a word stands whole, comments left out.
fn word_in(text: &str, part: &Range<usize>, word: &str) -> Option<Range<usize>> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let whole = |within: &str| {
        let mut found = within.match_indices(word);
        found.find_map(|(at, _)| {
            let (before, behind) = (&within[..at], &within[at + word.len()..]);
            (!before.ends_with(is_word) && !behind.starts_with(is_word) && !word.is_empty()).then_some(at)
        })
    };
    tokens(text)
        .into_iter()
        .filter(|token| part.contains(&token.span.start))
        .find_map(|token| {
            let at = token.span.start + whole(&text[token.span])?;
            Some(at..at + word.len())
        })
}

/// A value's type as people call it.
pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Nil => "空",
        Value::Boolean(_) => "布尔值",
        Value::Integer(_) | Value::Number(_) => "数字",
        Value::String(_) => "文本",
        Value::Table(_) => "表",
        Value::Function(_) => "函数",
        _ => "其他类型",
    }
}
