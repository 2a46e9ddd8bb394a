//! Reading declarations strictly: what a script wrote, checked key by key, refused at the line that wrote it.

use super::Error;
use super::function::{FunctionPath, Step};
use super::tree::Source;
use crate::suggest::nearest;
use mlua::{Table, Value};

/// A table of a declaration with the place it stands at.
#[derive(Clone)]
pub(super) struct Declared<'a> {
    table: Table,
    source: &'a Source,
    file: &'a str,
    // Where to start looking for the line of a key.
    line: usize,
    path: Vec<Step>,
}

impl<'a> Declared<'a> {
    /// The table that a file returns; `file` is its path within a layer.
    pub(super) fn root(table: Table, file: &'a str, source: &'a Source) -> Declared<'a> {
        Declared {
            table,
            source,
            file,
            line: 1,
            path: Vec::new(),
        }
    }

    /// The line that this table stands at.
    pub(super) fn line(&self) -> usize {
        self.line
    }

    /// The table itself.
    pub(super) fn table_itself(&self) -> Table {
        self.table.clone()
    }

    /// Refuses what stands at `word`, a key or a value of this table.
    pub(super) fn refuse(&self, word: &str, text: impl Into<String>) -> Error {
        Error::declaration(&self.source.name, self.line_of(word), text)
    }

    /// Refuses this table.
    pub(super) fn refuse_whole(&self, text: impl Into<String>) -> Error {
        Error::declaration(&self.source.name, self.line, text)
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
            _ => Err(self.refuse(name, format!("{name}应为大于0的秒数"))),
        }
    }

    pub(super) fn table(&self, step: impl Into<Step> + Clone) -> Result<Option<Declared<'a>>, Error> {
        match self.value(step.clone()) {
            Value::Nil => Ok(None),
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
        let word = step.to_string();
        self.refuse(&word, format!("{word}应为{expected}，实为{}", type_name(actual)))
    }

    fn inner(&self, table: Table, step: Step) -> Declared<'a> {
        let line = match &step {
            Step::Name(name) => self.line_of(name),
            Step::Index(_) => match table.raw_get(1) {
                Ok(Value::String(first)) => self.line_of(&first.to_string_lossy()),
                _ => self.line,
            },
        };
        let path = self.path.iter().cloned().chain([step]).collect();
        Declared {
            table,
            source: self.source,
            file: self.file,
            line,
            path,
        }
    }

    fn utf8(&self, text: &mlua::LuaString) -> Result<String, Error> {
        text.to_str()
            .map(|text| text.to_owned())
            .map_err(|_| self.refuse_whole("文本含有不是UTF-8的字节"))
    }

    /// The line below this table's own at which `word` stands whole.
    fn line_of(&self, word: &str) -> usize {
        let lines = self.source.text.lines().enumerate().skip(self.line - 1);
        let mut holding = lines.filter(|(_, line)| stands_in(word, line));
        holding.next().map_or(self.line, |(index, _)| index + 1)
    }
}

/// What to say of a key that is not known.
pub(super) fn unknown(what: &str, key: &str, known: &[&str]) -> String {
    match nearest(key, known.iter().copied()) {
        Some(near) => format!("{what}没有“{key}”这一项，是否应为“{near}”？"),
        None => format!("{what}没有“{key}”这一项，可用的有：{}", known.join("、")),
    }
}

fn stands_in(word: &str, line: &str) -> bool {
    let code = line.split("--").next().unwrap_or(line);
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(at, _)| {
        !code[..at].ends_with(is_word) && !code[at + word.len()..].starts_with(is_word) && !word.is_empty()
    })
}

fn type_name(value: &Value) -> &'static str {
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
