//! Values of scenarios, as they are compared and shown.

use mlua::Value;

/// Signs of a value in one sentence.
const BRIEF: usize = 80;
/// Tables inside tables that are shown.
const DEEPEST: usize = 8;

/// A value as people are shown it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// A text.
    Text(String),
    /// Bytes that are no UTF-8.
    Bytes(Vec<u8>),
    /// Anything else, in words.
    Words(String),
}

impl Shown {
    /// The value in a few words.
    pub fn brief(&self) -> String {
        match self {
            Shown::Text(text) => format!("“{}”", clip(text)),
            Shown::Bytes(bytes) => format!("{}字节", bytes.len()),
            Shown::Words(words) => clip(words),
        }
    }
}

fn clip(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(BRIEF)
        .collect();
    let cut = line.len() < text.len();
    if cut { line + "…" } else { line }
}

/// A Lua value, the same for the same content.
pub(in crate::script) fn show(value: &Value) -> Shown {
    match value {
        Value::String(text) => match text.to_str() {
            Ok(text) => Shown::Text(text.to_owned()),
            Err(_) => Shown::Bytes(text.as_bytes().to_vec()),
        },
        other => Shown::Words(words(other, 0)),
    }
}

fn words(value: &Value, depth: usize) -> String {
    match value {
        Value::Nil => "空（nil）".to_owned(),
        Value::Boolean(value) => value.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => match text.to_str() {
            Ok(text) => format!("{:?}", &*text),
            Err(_) => text.display().to_string(),
        },
        Value::Table(table) if depth < DEEPEST => {
            let mut entries = Vec::new();
            for (key, value) in table.pairs::<Value, Value>().flatten() {
                let key = match &key {
                    // Positions stand in their order, names behind them.
                    Value::Integer(number) => (format!("{number:020}"), format!("[{number}]")),
                    Value::String(name) => (format!("~{}", name.to_string_lossy()), name.to_string_lossy()),
                    other => (String::new(), words(other, depth + 1)),
                };
                let indent = "  ".repeat(depth + 1);
                entries.push((key.0, format!("{indent}{} = {}", key.1, words(&value, depth + 1))));
            }
            entries.sort();
            let lines: Vec<String> = entries.into_iter().map(|(_, line)| line).collect();
            match lines.is_empty() {
                true => "{}".to_owned(),
                false => format!("{{\n{}\n{}}}", lines.join("\n"), "  ".repeat(depth)),
            }
        }
        other => super::super::declared::type_name(other).to_owned(),
    }
}
