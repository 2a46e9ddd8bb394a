//! One `key = value` of the file, read as what its key needs.

use super::error::{Error, WRONG_TABLE, WRONG_TYPE, WRONG_VALUE};
use super::excerpt::Source;
use super::syntax::BACKSLASH;
use super::{Setting, Value};
use crate::device::Hosts;
use std::ops::{Range, RangeInclusive};
use std::time::Duration;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// The longest time limit, in seconds: nobody waits an hour for a card.
const LONGEST: f64 = 3600.0;

/// A key, its value and the text they stand in.
#[derive(Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) source: Source<'a>,
    key: &'a Spanned<DeString<'a>>,
    value: &'a Spanned<DeValue<'a>>,
}

/// The entries of a table in the order they are written, so that the first error told is the first in the file.
pub(super) fn entries<'a>(source: Source<'a>, table: &'a DeTable<'a>) -> Vec<Entry<'a>> {
    let mut entries: Vec<_> = table
        .iter()
        .map(|(key, value)| Entry { source, key, value })
        .collect();
    entries.sort_by_key(|entry| entry.key.span().start);
    entries
}

impl<'a> Entry<'a> {
    pub(super) fn name(self) -> &'a str {
        self.key.get_ref()
    }

    pub(super) fn line(self) -> usize {
        self.source.line(self.key.span().start)
    }

    /// An error that points at the key.
    pub(super) fn key_error(self, code: &'static str, what: String, advice: impl Into<String>) -> Error {
        self.source.error(code, self.key.span(), what, advice)
    }

    /// The entries of a table; `shape` says how that table is written.
    pub(super) fn table(self, shape: &str) -> Result<Vec<Entry<'a>>, Error> {
        match self.value.get_ref() {
            DeValue::Table(table) => Ok(entries(self.source, table)),
            other => {
                let what = format!("{} 是一个表，不能写成{}", self.name(), type_name(other));
                Err(self.key_error(WRONG_TABLE, what, format!("请写成 {shape}")))
            }
        }
    }

    pub(super) fn flag(self) -> Result<bool, Error> {
        match self.value.get_ref() {
            DeValue::Boolean(value) => Ok(*value),
            _ => Err(self.wrong_type("请写 true 或 false（小写，不加引号）")),
        }
    }

    pub(super) fn bytes(self, range: RangeInclusive<usize>) -> Result<usize, Error> {
        self.count(range, "字节数")
    }

    /// A number of things that people call `what`.
    pub(super) fn count(self, range: RangeInclusive<usize>, what: &str) -> Result<usize, Error> {
        let DeValue::Integer(integer) = self.value.get_ref() else {
            return Err(self.wrong_type(&format!("请写不加引号的整数（{what}）")));
        };
        usize::from_str_radix(integer.as_str(), integer.radix())
            .ok()
            .filter(|count| range.contains(count))
            .ok_or_else(|| {
                let advice = format!("请写 {} 到 {} 之间的{what}", range.start(), range.end());
                self.wrong_value("不在允许的范围内", advice)
            })
    }

    pub(super) fn seconds(self) -> Result<Duration, Error> {
        let number = match self.value.get_ref() {
            DeValue::Integer(integer) => i64::from_str_radix(integer.as_str(), integer.radix())
                .ok()
                .map(|n| n as f64),
            DeValue::Float(float) => float.as_str().parse::<f64>().ok(),
            _ => return Err(self.wrong_type("请写不加引号的秒数，例如 30 或 2.5")),
        };
        number
            .filter(|seconds| (0.001..=LONGEST).contains(seconds))
            .map(Duration::from_secs_f64)
            .ok_or_else(|| self.wrong_value("不在允许的范围内", "请写大于 0、不超过 3600 的秒数"))
    }

    pub(super) fn region(self) -> Result<String, Error> {
        match self.value.get_ref() {
            DeValue::String(code) if super::is_region(code) => Ok(code.to_string()),
            DeValue::String(_) => Err(self.wrong_value(
                "不是行政区划代码",
                "请写六位数字，例如 region = \"350200\"；不用地区脚本时删去这一行",
            )),
            DeValue::Integer(code) => {
                Err(self.wrong_type(&format!("请加引号：region = \"{}\"", clip(&code.to_string()))))
            }
            _ => Err(self.wrong_type("请写加引号的六位数字，例如 region = \"350200\"")),
        }
    }

    /// A folder's path, free of the backslashes that double quotes turn into something else.
    pub(super) fn path(self) -> Result<&'a str, Error> {
        let DeValue::String(path) = self.value.get_ref() else {
            return Err(self.wrong_type("请写加单引号的路径，例如 'C:\\Fujian'"));
        };
        if escapes(self.raw()).any(|c| c != '\\') {
            let what = format!("{} 的双引号里有 \\，读出来已不是所写的路径", self.name());
            return Err(self.value_error(WRONG_VALUE, what, BACKSLASH));
        }
        if path.trim().is_empty() || path.contains(char::is_control) {
            return Err(self.wrong_value("不是路径", "请写路径，或删去这一行"));
        }
        Ok(path)
    }

    /// A bare file name: a library is loaded from the configured folder only.
    pub(super) fn file_name(self) -> Result<String, Error> {
        let name = self.path()?;
        if name.contains(['/', '\\', ':']) || name.chars().all(|c| c == '.') {
            return Err(self.wrong_value("不是单独的文件名", "请只写文件名，文件夹写在 folder 里"));
        }
        Ok(name.to_owned())
    }

    /// A list of servers.
    pub(super) fn hosts(self) -> Result<Hosts, Error> {
        let shape = "请写成列表，例如 [\"10.1.2.3:8080\", \"ec.example\"]";
        let DeValue::Array(entries) = self.value.get_ref() else {
            return Err(self.wrong_type(shape));
        };
        let text = |entry: &Spanned<DeValue>| entry.get_ref().as_str().map(str::to_owned);
        let entries: Option<Vec<String>> = entries.iter().map(text).collect();
        let entries = entries.ok_or_else(|| self.wrong_type(shape))?;
        Hosts::new(entries).map_err(|wrong| {
            let what = format!("hosts 里的 {} 不是主机", clip(&wrong));
            let advice = "请只写主机名或地址，可带端口，例如 \"10.1.2.3:8080\"，不写 http:// 和路径";
            self.value_error(WRONG_VALUE, what, advice)
        })
    }

    /// A setting of a device. No error here shows the value, which may be a secret.
    pub(super) fn setting(self) -> Result<Setting, Error> {
        let value = match self.value.get_ref() {
            DeValue::String(text) => {
                if starts_like_a_path(self.raw()) && escapes(self.raw()).any(|c| c != '\\') {
                    let what = format!("设置 {} 的双引号里有 \\，读出来已不是所写的路径", self.name());
                    return Err(self.key_error(WRONG_VALUE, what, BACKSLASH));
                }
                Value::Text(text.to_string())
            }
            DeValue::Boolean(value) => Value::Boolean(*value),
            DeValue::Integer(integer) => {
                let number = i64::from_str_radix(integer.as_str(), integer.radix()).map_err(|_| {
                    let what = format!("设置 {} 的整数太大", self.name());
                    self.key_error(WRONG_VALUE, what, "如果是编号，请加引号写成字符串")
                })?;
                Value::Integer(number)
            }
            other => {
                let what = format!("设置 {} 不能是{}", self.name(), type_name(other));
                let advice = "设备的设置只能是字符串、整数或 true/false，小数和日期请加引号";
                return Err(self.key_error(WRONG_TYPE, what, advice));
            }
        };
        Ok(Setting {
            value,
            line: self.line(),
        })
    }

    /// The value as it stands in the file.
    fn raw(self) -> &'a str {
        let Range { start, end } = self.value.span();
        self.source.text.get(start..end).unwrap_or_default()
    }

    fn value_error(self, code: &'static str, what: String, advice: impl Into<String>) -> Error {
        self.source.error(code, self.value.span(), what, advice)
    }

    fn wrong_type(self, advice: &str) -> Error {
        let what = format!(
            "{} 的值是{}，类型不对",
            self.name(),
            type_name(self.value.get_ref())
        );
        self.value_error(WRONG_TYPE, what, advice)
    }

    fn wrong_value(self, verdict: &str, advice: impl Into<String>) -> Error {
        let what = format!("{} 的值 {} {verdict}", self.name(), clip(self.raw()));
        self.value_error(WRONG_VALUE, what, advice)
    }
}

/// The escapes of a string in plain double quotes: the characters behind its backslashes.
fn escapes(raw: &str) -> impl Iterator<Item = char> {
    let body = if raw.starts_with('"') && !raw.starts_with("\"\"\"") {
        raw
    } else {
        ""
    };
    let mut chars = body.chars();
    std::iter::from_fn(move || chars.find(|c| *c == '\\').and_then(|_| chars.next()))
}

/// `"C:\…` with a single backslash.
fn starts_like_a_path(raw: &str) -> bool {
    let mut chars = raw.chars().skip(1);
    chars.next().is_some_and(|drive| drive.is_ascii_alphabetic())
        && chars.next() == Some(':')
        && chars.next() == Some('\\')
}

/// A value short enough for one line of an error.
fn clip(raw: &str) -> String {
    const LONGEST: usize = 40;
    let line = raw.lines().next().unwrap_or_default();
    let mut clipped: String = line.chars().take(LONGEST).collect();
    if clipped.len() < raw.len() {
        clipped.push('…');
    }
    clipped
}

fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "字符串",
        DeValue::Integer(_) => "整数",
        DeValue::Float(_) => "小数",
        DeValue::Boolean(_) => "开关（true/false）",
        DeValue::Datetime(_) => "日期",
        DeValue::Array(_) => "数组",
        DeValue::Table(_) => "表",
    }
}
