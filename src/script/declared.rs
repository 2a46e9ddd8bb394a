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
const NOT_UTF8: &str = "文本含有不是UTF-8的字节";

/// A table of a declaration with the place it stands at.
#[derive(Clone)]
pub(super) struct Declared<'a>(Rc<Node<'a>>);

/// What is known of one table. Most are right, and nobody asks where they stand: that is looked for when it is needed.
struct Node<'a> {
    table: Table,
    script: Rc<Script<'a>>,
    /// The table that this one stands in, and where it stands there.
    outer: Option<(Declared<'a>, Step)>,
    depth: usize,
    keys: OnceCell<Keys>,
    place: OnceCell<Stretch>,
}

/// The keys of a table, each kind sorted.
#[derive(Default)]
struct Keys {
    names: Vec<String>,
    numbers: Vec<i64>,
    /// The values of a small table: to ask Lua for each takes longer.
    held: Vec<(Step, Value)>,
    /// What is wrong with one that is neither.
    wrong: Option<String>,
}

/// A table with more keys is no small one. Lua has room for a limited number of values that are held.
const MOST_HELD: usize = 32;

impl Keys {
    fn of(table: &Table) -> mlua::Result<Keys> {
        let mut keys = Keys::default();
        table.for_each(|key: Value, value: Value| {
            let step = match &key {
                Value::Integer(number) => {
                    keys.numbers.push(*number);
                    Step::Index(*number)
                }
                Value::String(name) => match name.to_str() {
                    Ok(name) => {
                        keys.names.push(name.to_owned());
                        Step::Name(name.to_owned())
                    }
                    Err(_) => {
                        keys.wrong = Some(NOT_UTF8.to_owned());
                        return Ok(());
                    }
                },
                other => {
                    keys.wrong = Some(format!("键只能是名称或序号，不能是{}", type_name(other)));
                    return Ok(());
                }
            };
            if keys.held.len() <= MOST_HELD {
                keys.held.push((step, value));
            }
            Ok(())
        })?;
        keys.names.sort_unstable();
        keys.numbers.sort_unstable();
        if keys.held.len() > MOST_HELD {
            keys.held.clear();
        }
        Ok(keys)
    }

    fn has(&self, step: &Step) -> bool {
        match step {
            Step::Name(name) => self.names.binary_search(name).is_ok(),
            Step::Index(index) => self.numbers.binary_search(index).is_ok(),
        }
    }

    /// The value of a key, where values are held.
    fn held(&self, step: &Step) -> Option<&Value> {
        let held = self.held.iter().find(|(known, _)| known == step);
        held.map(|(_, value)| value)
    }
}

/// The script that a declaration stands in.
struct Script<'a> {
    source: &'a Source,
    file: &'a str,
    map: OnceCell<SourceMap>,
}

/// Part of a script.
#[derive(Clone)]
struct Stretch {
    /// The bytes of a table; of a word near it where no constructor shows it.
    span: Range<usize>,
    /// Where words of it can stand.
    within: Range<usize>,
}

impl Script<'_> {
    fn map(&self) -> &SourceMap {
        self.map.get_or_init(|| SourceMap::of(&self.source.text))
    }
}

impl<'a> Declared<'a> {
    /// The table that a file returns; `file` is its path within a layer.
    pub(super) fn root(table: Table, file: &'a str, source: &'a Source) -> Declared<'a> {
        let map = OnceCell::new();
        Declared(Rc::new(Node {
            table,
            script: Rc::new(Script { source, file, map }),
            outer: None,
            depth: 0,
            keys: OnceCell::new(),
            place: OnceCell::new(),
        }))
    }

    /// Refuses a key that the script writes twice.
    pub(super) fn check_twice(&self) -> Result<(), Error> {
        let twice = self.map().twice().iter();
        match twice.min_by_key(|twice| twice.second.start) {
            Some(twice) => Err(written_twice(self.source(), twice)),
            None => Ok(()),
        }
    }

    fn source(&self) -> &'a Source {
        self.0.script.source
    }

    fn map(&self) -> &SourceMap {
        self.0.script.map()
    }

    /// The steps from the declaration to this table.
    fn path(&self) -> Vec<Step> {
        self.steps(|_, step| step.clone())
    }

    /// The same with list items by their first texts, as code written over `mps.base()` names them.
    fn named(&self) -> Vec<Step> {
        self.steps(|table, step| table.first_text(step).map_or_else(|| step.clone(), Step::Name))
    }

    fn steps(&self, step: impl Fn(&Declared, &Step) -> Step) -> Vec<Step> {
        let mut steps = Vec::with_capacity(self.0.depth);
        let mut table = self;
        while let Some((outer, own)) = &table.0.outer {
            steps.push(step(table, own));
            table = outer;
        }
        steps.reverse();
        steps
    }

    /// What an item of a list begins with.
    fn first_text(&self, step: &Step) -> Option<String> {
        match (step, self.0.table.raw_get(1)) {
            (Step::Index(_), Ok(Value::String(first))) => first.to_str().ok().map(|first| first.to_owned()),
            _ => None,
        }
    }

    /// The line that this table stands at, or that first changes something in it.
    pub(super) fn line(&self) -> usize {
        let (map, path) = (self.map(), self.path());
        let touched = map.touched(&path).or_else(|| map.touched(&self.named()));
        let at = match touched.filter(|_| map.place(&path).is_none() && !path.is_empty()) {
            Some(touched) => touched.start,
            None => self.stretch().span.start,
        };
        map.line(at)
    }

    fn stretch(&self) -> &Stretch {
        self.0.place.get_or_init(|| match &self.0.outer {
            Some((outer, step)) => self.sought(outer, step),
            None => Stretch {
                span: 0..0,
                within: 0..self.source().text.len(),
            },
        })
    }

    /// The whereabouts of a table within another: where a constructor shows it, or near the word that it may be known by.
    fn sought(&self, outer: &Declared, step: &Step) -> Stretch {
        if let Some(spot) = outer.spot(step) {
            return Stretch {
                span: spot.value.clone(),
                within: spot.value.clone(),
            };
        }
        let around = outer.stretch();
        let word = self.first_text(step).or_else(|| match step {
            Step::Name(name) => Some(name.clone()),
            Step::Index(_) => None,
        });
        match word {
            None => around.clone(),
            Some(word) => {
                let span = outer.span_of(&word);
                Stretch {
                    within: span.start..around.within.end,
                    span,
                }
            }
        }
    }

    /// The table itself.
    pub(super) fn table_itself(&self) -> Table {
        self.0.table.clone()
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
        let line = self.map().line(at);
        let before = &self.source().text[excerpt::line_start(&self.source().text, at)..at];
        Some((line, before.chars().count() + 1))
    }

    fn refuse_at(&self, span: Range<usize>, mistake: impl Into<Mistake>) -> Error {
        let error = Error::declaration(&self.source().name, 0, mistake);
        // Nothing in this script shows it: it came from a layer below, or from code.
        if span.is_empty() {
            return error;
        }
        // Of a value of several lines, its first tells enough.
        let written = &self.source().text[span.clone()];
        let first = written.lines().next().unwrap_or_default().trim_end().len();
        error.spotted(self.source(), span.start..span.start + first)
    }

    fn keys(&self) -> Result<&Keys, Error> {
        if let Some(keys) = self.0.keys.get() {
            return Ok(keys);
        }
        let keys = Keys::of(&self.0.table).map_err(|error| Error::lua(&error, &self.source().name))?;
        Ok(self.0.keys.get_or_init(|| keys))
    }

    /// Refuses every key but these and the list part's.
    pub(super) fn only(&self, what: &str, known: &[&str]) -> Result<(), Error> {
        match self
            .right_keys()?
            .names
            .iter()
            .find(|key| !known.contains(&key.as_str()))
        {
            Some(key) => Err(self.refuse(key, unknown(what, key, known))),
            None => Ok(()),
        }
    }

    /// Refuses every key but these, and more than `items` items without a key.
    pub(super) fn only_with(&self, what: &str, items: i64, known: &[&str]) -> Result<(), Error> {
        self.only(what, known)?;
        let surplus = |number: &&i64| !(1..=items).contains(*number);
        let Some(number) = self.keys()?.numbers.iter().find(surplus) else {
            return Ok(());
        };
        let told = format!("{what}多写了没有名称的第{number}项");
        Err(self.refuse_value(*number, Mistake::new(told, "请写成 名称 = 值，或删去它")))
    }

    /// The keys of a table whose keys are names, sorted.
    pub(super) fn only_names(&self, what: &str) -> Result<Vec<String>, Error> {
        let Some(number) = self.keys()?.numbers.first() else {
            return self.names();
        };
        let told = format!("{what}应以名称为键，第{number}项没有名称");
        let mistake = Mistake::new(told, "请写成 名称 = 值；数字开头的写成[\"01\"] = 值");
        Err(match self.spot(&(*number).into()) {
            Some(spot) => self.refuse_at(spot.key.clone(), mistake),
            None => self.refuse_whole(mistake),
        })
    }

    /// The string keys, sorted.
    pub(super) fn names(&self) -> Result<Vec<String>, Error> {
        Ok(self.right_keys()?.names.clone())
    }

    fn right_keys(&self) -> Result<&Keys, Error> {
        let keys = self.keys()?;
        match &keys.wrong {
            Some(wrong) => Err(self.refuse_whole(wrong.as_str())),
            None => Ok(keys),
        }
    }

    /// The integer keys, sorted: a list's positions, or codes.
    pub(super) fn numbers(&self) -> Result<Vec<i64>, Error> {
        Ok(self.keys()?.numbers.clone())
    }

    /// Length of the list part, which must have no gaps.
    pub(super) fn len(&self) -> Result<i64, Error> {
        let numbers = &self.keys()?.numbers;
        let mut expected = numbers.iter().zip(1..);
        match expected.find(|&(&number, expected)| number != expected) {
            Some((_, expected)) => Err(self.refuse_whole(format!("列表的第{expected}项缺失"))),
            None => Ok(numbers.len() as i64),
        }
    }

    pub(super) fn value(&self, step: impl Into<Step>) -> Value {
        let step = step.into();
        if let Ok(keys) = self.keys() {
            if let Some(held) = keys.held(&step) {
                return held.clone();
            }
            if !keys.held.is_empty() || !keys.has(&step) {
                return Value::Nil;
            }
        }
        // Raw access to a table that exists cannot fail.
        match step {
            Step::Name(name) => self.0.table.raw_get(name),
            Step::Index(index) => self.0.table.raw_get(index),
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
            Value::Table(_) if self.0.depth >= DEEPEST => {
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
                let mut steps = self.path();
                steps.push(step.into());
                Ok(Some(FunctionPath {
                    file: self.0.script.file.to_owned(),
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
        Declared(Rc::new(Node {
            table,
            script: Rc::clone(&self.0.script),
            outer: Some((self.clone(), step)),
            depth: self.0.depth + 1,
            keys: OnceCell::new(),
            place: OnceCell::new(),
        }))
    }

    fn utf8(&self, text: &mlua::LuaString) -> Result<String, Error> {
        text.to_str()
            .map(|text| text.to_owned())
            .map_err(|_| self.refuse_whole(NOT_UTF8))
    }

    fn spot(&self, step: &Step) -> Option<&Spot> {
        let at = |mut path: Vec<Step>| {
            path.push(step.clone());
            self.map().place(&path)
        };
        at(self.path()).or_else(|| at(self.named()))
    }

    /// The bytes of a key or of a text of this table; of the next such word where no constructor shows it.
    fn span_of(&self, word: &str) -> Range<usize> {
        if let Some(spot) = self.spot(&word.into()) {
            return spot.key.clone();
        }
        let is_value = |value: &Value| matches!(value, Value::String(text) if *text == *word);
        let mut pairs = self.0.table.pairs::<Value, Value>().flatten();
        let step = pairs.find_map(|(key, value)| match key {
            _ if !is_value(&value) => None,
            Value::Integer(index) => Some(Step::Index(index)),
            Value::String(name) => Some(Step::Name(name.to_string_lossy())),
            _ => None,
        });
        let shown = step.and_then(|step| self.spot(&step).map(|spot| spot.value.clone()));
        shown.unwrap_or_else(|| {
            let Stretch { span, within } = self.stretch();
            word_in(&self.source().text, within, word).unwrap_or(span.clone())
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
