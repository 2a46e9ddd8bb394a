//! Arguments held against the list before a function runs.

use super::list::{Function, Record, Type};
use crate::script::declared::{type_name, unknown};
use mlua::{AnyUserData, BorrowedBytes, BorrowedStr, Error, LuaString, MultiValue, Result, Table, Value};

/// Bytes that one text may have: far more than any device gives, and little enough for a small computer.
pub(super) const LARGEST: usize = 4 << 20;

/// A call's arguments, of the types that the list says.
pub(super) struct Arguments {
    function: &'static Function,
    object: Option<AnyUserData>,
    values: Vec<Value>,
}

/// The name of a last parameter that may be given any number of times.
const MORE: &str = "...";

impl Arguments {
    /// Checks the arguments; the error says which one is wrong, and how. More than the list has are ignored, as Lua does.
    pub(super) fn new(function: &'static Function, given: MultiValue) -> Result<Arguments> {
        let count = given.len();
        let more = function.parameters.last().filter(|last| last.name == MORE);
        let most = if more.is_some() { count } else { 0 }.max(function.parameters.len());
        let mut values: Vec<Value> = given.into_iter().take(most).collect();
        values.resize(most, Value::Nil);
        let parameters = function.parameters.iter().chain(more.into_iter().cycle());
        for (index, (parameter, value)) in parameters.zip(&values).enumerate() {
            let (name, place) = (function.name, index + 1);
            if value.is_nil() && parameter.optional {
                continue;
            }
            if value.is_nil() && index >= count {
                let title = parameter.kind.title();
                return Err(Error::runtime(format!(
                    "{name}缺少第{place}个参数{}（{title}）",
                    parameter.name
                )));
            }
            let place = format!("{name}第{place}个参数{}", parameter.name);
            parameter.kind.check(value, &place).map_err(Error::runtime)?;
        }
        let object = None;
        Ok(Arguments {
            function,
            object,
            values,
        })
    }

    /// The same of a function that was called on an object.
    pub(super) fn of_object(
        function: &'static Function,
        object: AnyUserData,
        given: MultiValue,
    ) -> Result<Arguments> {
        Ok(Arguments {
            object: Some(object),
            ..Arguments::new(function, given)?
        })
    }

    /// The object that the function was called on.
    pub(super) fn object(&self) -> Option<&AnyUserData> {
        self.object.as_ref()
    }

    /// All of them.
    pub(super) fn all(&self) -> &[Value] {
        &self.values
    }

    /// An error of this function.
    pub(super) fn error(&self, text: impl std::fmt::Display) -> Error {
        Error::runtime(format!("{}：{text}", self.function.name))
    }

    pub(super) fn value(&self, index: usize) -> &Value {
        self.values.get(index).unwrap_or(&Value::Nil)
    }

    /// A text; empty where an optional one is missing.
    pub(super) fn text(&self, index: usize) -> Result<Text> {
        Text::of(self.string(index))
    }

    pub(super) fn bytes(&self, index: usize) -> Bytes {
        Bytes(self.string(index).map(LuaString::as_bytes))
    }

    pub(super) fn integer(&self, index: usize) -> Option<i64> {
        self.value(index).as_integer()
    }

    pub(super) fn table(&self, index: usize) -> Option<&Table> {
        self.value(index).as_table()
    }

    /// A list of texts; `None` where it is missing.
    pub(super) fn texts(&self, index: usize) -> Result<Option<Vec<String>>> {
        let list = self
            .table(index)
            .map(|table| table.sequence_values::<String>().collect());
        list.transpose()
    }

    /// A flag among the options at `index`.
    pub(super) fn flag(&self, index: usize, key: &str) -> bool {
        let value = self.table(index).and_then(|table| table.raw_get(key).ok());
        matches!(value, Some(Value::Boolean(true)))
    }

    fn string(&self, index: usize) -> Option<&LuaString> {
        self.value(index).as_string()
    }
}

/// A text argument, borrowed from Lua.
pub(super) struct Text(Option<BorrowedStr>);

impl Text {
    fn of(string: Option<&LuaString>) -> Result<Text> {
        string.map(LuaString::to_str).transpose().map(Text)
    }
}

impl std::ops::Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }
}

/// A string argument of any bytes, borrowed from Lua.
pub(super) struct Bytes(Option<BorrowedBytes>);

impl std::ops::Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl Type {
    /// Checks a value; `place` begins the error.
    fn check(&self, value: &Value, place: &str) -> std::result::Result<(), String> {
        let fits = match (self, value) {
            (Type::Any, _)
            | (Type::Integer, Value::Integer(_))
            | (Type::Number, Value::Integer(_) | Value::Number(_))
            | (Type::Flag, Value::Boolean(_))
            | (Type::Function(_), Value::Function(_))
            | (Type::Record(_) | Type::List(_) | Type::Table(_), Value::Table(_)) => true,
            (Type::Text, Value::String(text)) => return check_text(text, place),
            (Type::Bytes, Value::String(text)) => return check_size(text, place),
            (Type::Texts, Value::Table(list)) => return check_texts(list, place),
            (Type::Options(record), Value::Table(table)) => return record.check(table, place),
            (Type::Either(types), value) => types.iter().any(|kind| kind.check(value, place).is_ok()),
            _ => false,
        };
        if fits {
            return Ok(());
        }
        let actual = match value {
            Value::Nil => "空（nil）",
            other => type_name(other),
        };
        Err(format!("{place}应为{}，实为{actual}", self.title()))
    }
}

fn check_text(text: &LuaString, place: &str) -> std::result::Result<(), String> {
    check_size(text, place)?;
    match std::str::from_utf8(&text.as_bytes()) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!(
            "{place}的第{}字节起不是UTF-8，不是文字",
            error.valid_up_to() + 1
        )),
    }
}

fn check_size(text: &LuaString, place: &str) -> std::result::Result<(), String> {
    let size = text.as_bytes().len();
    if size <= LARGEST {
        return Ok(());
    }
    Err(format!("{place}有{size}字节，超过上限{LARGEST}字节"))
}

fn check_texts(list: &Table, place: &str) -> std::result::Result<(), String> {
    for (index, value) in list.sequence_values::<Value>().enumerate() {
        // Raw access to a list cannot fail.
        let value = value.unwrap_or(Value::Nil);
        Type::Text.check(&value, &format!("{place}的第{}项", index + 1))?;
    }
    Ok(())
}

impl Record {
    fn check(&self, table: &Table, place: &str) -> std::result::Result<(), String> {
        for pair in table.pairs::<Value, Value>() {
            let (key, value) = pair.map_err(|_| format!("{place}读不出来"))?;
            let name = match &key {
                Value::String(name) => name.to_string_lossy(),
                other => return Err(format!("{place}的键应为名称，实为{}", type_name(other))),
            };
            match self.keys.iter().find(|known| known.name == name) {
                Some(known) => known.kind.check(&value, &format!("{place}的{name}"))?,
                None => return Err(unknown(place, &name, &self.names()).to_string()),
            }
        }
        let given = |name: &str| !matches!(table.raw_get(name), Ok(Value::Nil));
        let missing = |key: &&super::list::Key| key.required && !given(key.name);
        match self.keys.iter().find(missing) {
            Some(key) => Err(format!("{place}缺少{}（{}）", key.name, key.kind.title())),
            None => Ok(()),
        }
    }
}
