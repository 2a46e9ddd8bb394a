//! `mps.log`: notices to people, free of patients' data.

use super::check::Arguments;
use super::list::{Example, Function, Parameter, Type};
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
        "要记的值：短的编码和数字照写，其他的只记长度",
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
    let mut text: String = masked(&arguments.text(0)?).chars().take(LONGEST).collect();
    if let Some(fields) = arguments.table(1) {
        let mut written = Vec::new();
        for pair in fields.pairs::<Value, Value>().take(MOST_FIELDS) {
            let (name, value) = pair?;
            let name = name.as_string().map(|name| masked(&name.to_string_lossy()));
            written.push(format!(" {}={}", name.unwrap_or_default(), shape(&value)));
        }
        written.sort();
        text.extend(written);
    }
    let place = |level| {
        lua.inspect_stack(level, |debug| {
            let source = debug.source().short_src.map(|name| name.into_owned());
            Some((source?, debug.current_line()?))
        })
    };
    // The function itself stands at 0, its caller at 1.
    let place = place(1).flatten();
    let place = place.map_or_else(String::new, |(file, line)| format!("{file}第{line}行"));
    call::current(|call| call.note(Notice { warning, place, text }));
    Ok(MultiValue::new())
}

/// A text without what may be a number of somebody, a token or a key: long runs of letters and digits.
fn masked(text: &str) -> String {
    let mut masked = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_run = first.is_ascii_alphanumeric();
        let end = rest
            .find(|c: char| c.is_ascii_alphanumeric() != is_run)
            .unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        let digits = run.bytes().filter(u8::is_ascii_digit).count();
        if is_run && (digits > 6 || digits > 3 && run.len() > 6 || run.len() > 20) {
            masked.push_str(&format!("***({}字)", run.len()));
        } else {
            masked.extend(run.chars().map(|c| if c.is_control() { ' ' } else { c }));
        }
        rest = after;
    }
    masked
}

/// What may be told of a value: a short code as it is, of everything else how long it is.
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
            format!("***({}字)", text.chars().count())
        }
        other => type_name(other).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn numbers_and_tokens_are_masked_and_names_of_functions_are_not() {
        assert_eq!(masked("卡号99000019980101001X无效"), "卡号***(18字)无效");
        assert_eq!(masked("sbkh=DG1234567"), "sbkh=***(9字)");
        assert_eq!(
            masked("iReadCardBas_HSM_Step1返回-2201，地区350200"),
            "iReadCardBas_HSM_Step1返回-2201，地区350200"
        );
        assert_eq!(masked("TaXUJtOFNLtgRmwxpfrtkdQQ=="), "***(24字)==");
        assert_eq!(masked("a\r\nb"), "a  b");
    }
}
