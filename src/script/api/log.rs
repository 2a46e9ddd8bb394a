//! `mps.log`: notices to people, free of patients' data.

use super::check::Arguments;
use super::list::{Example, Function, Parameter, Type};
use crate::mask;
use crate::script::call::{self, Notice};
use crate::script::declared::type_name;
use mlua::{Lua, MultiValue, Result, Value};

/// Characters that a notice keeps.
const LONGEST: usize = 500;
/// Fields that a notice keeps.
const MOST_FIELDS: usize = 20;

const NOTED: &[Parameter] = &[
    Parameter::needed(
        "text",
        Type::Text,
        "说明；其中的号码和令牌会被遮住，姓名请写在fields里",
    ),
    Parameter::optional(
        "fields",
        Type::Table("table<string, any>"),
        "要记的值：短的编码和数字照写，其他的只露首尾",
    ),
];

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "mps.log.info",
        meaning: "记一条提示，mps call会显示它；患者的姓名、号码、令牌都被遮住。加载脚本时的提示不记。",
        parameters: NOTED,
        results: &[],
        example: Example::shown(r#"mps.log.info("改用服务器鉴权", { code = r.code })"#),
        call: |lua, arguments| note(lua, arguments, false),
    },
    Function {
        name: "mps.log.warn",
        meaning: "记一条警告，其余与mps.log.info相同。",
        parameters: NOTED,
        results: &[],
        example: Example::shown(r#"mps.log.warn("姓名被截断", { name = r.name })"#),
        call: |lua, arguments| note(lua, arguments, true),
    },
];

fn note(lua: &Lua, arguments: &Arguments, warning: bool) -> Result<MultiValue> {
    let text: String = mask::text(&arguments.text(0)?)
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(LONGEST)
        .collect();
    let mut written = Vec::new();
    if let Some(fields) = arguments.table(1) {
        for pair in fields.pairs::<Value, Value>().take(MOST_FIELDS) {
            let (name, value) = pair?;
            let name = name
                .as_string()
                .map(|name| mask::text(&name.to_string_lossy()).into_owned());
            written.push(format!(" {}={}", name.unwrap_or_default(), shape(&value)));
        }
        written.sort();
    }
    let fields = written.concat();
    let place = |level| {
        lua.inspect_stack(level, |debug| {
            let source = debug.source().short_src.map(|name| name.into_owned());
            Some((source?, debug.current_line()?))
        })
    };
    // The function itself stands at 0, its caller at 1.
    let place = place(1).flatten();
    let place = place.map_or_else(String::new, |(file, line)| format!("{file}第{line}行"));
    call::current(|call| {
        call.note(Notice {
            warning,
            place,
            text,
            fields,
        })
    });
    Ok(MultiValue::new())
}

/// What may be told of a value: a short code as it is, of everything else its ends.
fn shape(value: &Value) -> String {
    match value {
        Value::Boolean(value) => value.to_string(),
        Value::Integer(number) if number.unsigned_abs() < 1_000_000 => number.to_string(),
        Value::String(text) => {
            let text = text.to_string_lossy();
            let is_code = text.len() <= 6 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
            if is_code {
                return format!("\"{text}\"");
            }
            mask::value(&text)
        }
        Value::Integer(_) | Value::Number(_) => mask::value(&value.to_string().unwrap_or_default()),
        other => type_name(other).to_owned(),
    }
}
