//! `mps.json`: JSON as vendors really send it.

use super::check::{Arguments, LARGEST};
use super::list::{Example, Function, Parameter, Returned, Type};
use crate::script::declared::type_name;
use mlua::{IntoLuaMulti, Lua, MultiValue, Result, Table, Value};
use serde_json::{Map, Number, Value as Json};
use std::collections::BTreeMap;

/// Tables within tables that are still data and no loop.
const DEEPEST: usize = 64;
/// What marks a table that was read as a list, so that an empty one is written as one again.
const LIST: &str = "mps.json.list";

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "mps.json.decode",
        meaning: "JSON文字变成Lua的值：对象和列表是表，null是nil；开头的BOM、首尾的空白和NUL不算错。\
                  超过19位的整数保留为文本，一位不少。",
        parameters: &[Parameter::needed("text", Type::Text, "JSON文字")],
        results: &[Returned::new("any", "value", "Lua的值")],
        example: Example::new(
            r#"mps.json.decode('{"code":0,"data":{"idNo":"XXXX"},"extra":null}')"#,
            r#"{ code = 0, data = { idNo = "XXXX" } }"#,
        ),
        call: decode,
    },
    Function {
        name: "mps.json.get",
        meaning: "按路径取JSON里的一项，数字和true/false也给文本，所以code写成0还是\"0\"都能与\"0\"比较；\
                  路上遇到的JSON文本（例如\"data\":\"{…}\"）自动再解析一次；没有这一项、null和\"null\"都给nil。",
        parameters: &[
            Parameter::needed(
                "json",
                Type::Either(&[Type::Text, Type::Table("table")]),
                "JSON文字，或mps.json.decode的结果",
            ),
            Parameter::needed(
                "path",
                Type::Text,
                "路径，例如\"data.idNo\"；列表用序号，例如\"list.1.name\"",
            ),
        ],
        results: &[Returned::new("string|table|nil", "value", "文本；对象和列表给表")],
        example: Example::new(
            r#"mps.json.get('{"code":0,"data":"{\\"idNo\\":\\"XXXX\\"}"}', "data.idNo")"#,
            "\"XXXX\"",
        ),
        call: get,
    },
    Function {
        name: "mps.json.encode",
        meaning: "Lua的值变成JSON文字，键按字母排序，同样的值总是同样的文字。",
        parameters: &[Parameter::needed(
            "value",
            Type::Any,
            "表、文本、数字、true/false；键为1、2、3…的表写成列表，其他的写成对象",
        )],
        results: &[Returned::new("string", "text", "JSON文字")],
        example: Example::new(
            r#"mps.json.encode({ orgId = "H350", ids = { 1, 2 } })"#,
            r#"'{"ids":[1,2],"orgId":"H350"}'"#,
        ),
        call: encode,
    },
];

fn decode(lua: &Lua, arguments: &Arguments) -> Result<MultiValue> {
    let json = parse(&arguments.text(0)?).map_err(|wrong| arguments.error(wrong))?;
    to_lua(lua, json)?.into_lua_multi(lua)
}

fn parse(text: &str) -> std::result::Result<Json, String> {
    let text = text.trim_start_matches('\u{FEFF}');
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    serde_json::from_str(text).map_err(|wrong| {
        let (line, column) = (wrong.line(), wrong.column());
        let what = if wrong.is_eof() {
            "不完整"
        } else {
            "写法不对"
        };
        format!("JSON{what}（第{line}行第{column}列）")
    })
}

fn get(lua: &Lua, arguments: &Arguments) -> Result<MultiValue> {
    let path = arguments.text(1)?;
    let mut value = match arguments.value(0) {
        Value::String(_) => to_lua(
            lua,
            parse(&arguments.text(0)?).map_err(|wrong| arguments.error(wrong))?,
        )?,
        value => value.clone(),
    };
    for step in path.split('.') {
        if let Value::String(text) = &value {
            value = inner(lua, &text.to_string_lossy())?;
        }
        value = match &value {
            Value::Table(table) => member(table, step)?,
            _ => return Ok(MultiValue::new()),
        };
    }
    let value = match value {
        Value::Integer(_) | Value::Number(_) | Value::Boolean(_) => {
            Value::String(lua.create_string(value.to_string()?)?)
        }
        Value::String(text) if text == "null" => Value::Nil,
        other => other,
    };
    value.into_lua_multi(lua)
}

/// A string on the way to a member: JSON once more, or the end of the way.
fn inner(lua: &Lua, text: &str) -> Result<Value> {
    match parse(text) {
        Ok(json) => to_lua(lua, json),
        Err(_) => Ok(Value::Nil),
    }
}

fn member(table: &Table, step: &str) -> Result<Value> {
    match step.parse::<i64>() {
        Ok(index) if table.raw_len() > 0 => table.raw_get(index),
        _ => table.raw_get(step),
    }
}

fn encode(lua: &Lua, arguments: &Arguments) -> Result<MultiValue> {
    let mut room = LARGEST;
    let json = to_json(lua, arguments.value(0), 0, &mut room).map_err(|wrong| arguments.error(wrong))?;
    json.to_string().into_lua_multi(lua)
}

pub(super) fn to_lua(lua: &Lua, json: Json) -> Result<Value> {
    Ok(match json {
        Json::Null => Value::Nil,
        Json::Bool(value) => Value::Boolean(value),
        Json::String(text) => Value::String(lua.create_string(text)?),
        Json::Number(number) => number_to_lua(lua, &number)?,
        Json::Array(items) => {
            let list = lua.create_table()?;
            for (index, item) in items.into_iter().enumerate() {
                list.raw_set(index + 1, to_lua(lua, item)?)?;
            }
            list.set_metatable(Some(list_mark(lua)?))?;
            Value::Table(list)
        }
        Json::Object(members) => {
            let object = lua.create_table()?;
            for (name, value) in members {
                object.raw_set(name, to_lua(lua, value)?)?;
            }
            Value::Table(object)
        }
    })
}

/// An integer too long for Lua's own stays as it is written: it is a card's number.
fn number_to_lua(lua: &Lua, number: &Number) -> Result<Value> {
    let text = number.to_string();
    if let Some(integer) = number.as_i64() {
        return Ok(Value::Integer(integer));
    }
    match number.as_f64() {
        Some(float) if text.contains(['.', 'e', 'E']) => Ok(Value::Number(float)),
        _ => lua.create_string(text).map(Value::String),
    }
}

fn list_mark(lua: &Lua) -> Result<Table> {
    if let Ok(mark) = lua.named_registry_value(LIST) {
        return Ok(mark);
    }
    let mark = lua.create_table()?;
    lua.set_named_registry_value(LIST, &mark)?;
    Ok(mark)
}

/// A value as JSON; the error says why it is none.
pub(super) fn value(lua: &Lua, value: &Value) -> std::result::Result<Json, String> {
    let mut room = LARGEST;
    to_json(lua, value, 0, &mut room)
}

/// `room` is what the text may still grow by, so that no table can fill the memory.
fn to_json(lua: &Lua, value: &Value, depth: usize, room: &mut usize) -> std::result::Result<Json, String> {
    let size = value.as_string().map_or(1, |text| text.as_bytes().len() + 2);
    *room = room
        .checked_sub(size)
        .ok_or_else(|| format!("JSON超过上限{LARGEST}字节"))?;
    let number = |number: f64| Number::from_f64(number).ok_or("JSON不能写无穷大或非数字");
    match value {
        Value::Nil => Ok(Json::Null),
        Value::Boolean(value) => Ok(Json::Bool(*value)),
        Value::Integer(integer) => Ok(Json::Number((*integer).into())),
        Value::Number(float) => Ok(Json::Number(number(*float)?)),
        Value::String(text) => match text.to_str() {
            Ok(text) => Ok(Json::String(text.to_owned())),
            Err(_) => Err("有文本不是UTF-8，写不成JSON".to_owned()),
        },
        Value::Table(_) if depth == DEEPEST => Err(format!("表的层次超过{DEEPEST}层，是否有表包含了自己？")),
        Value::Table(table) => table_to_json(lua, table, depth + 1, room),
        other => Err(format!("JSON不能写{}", type_name(other))),
    }
}

fn table_to_json(
    lua: &Lua,
    table: &Table,
    depth: usize,
    room: &mut usize,
) -> std::result::Result<Json, String> {
    let mut members = Map::new();
    let mut items = BTreeMap::new();
    for pair in table.pairs::<Value, Value>() {
        let (key, value) = pair.map_err(|error| error.to_string())?;
        let json = to_json(lua, &value, depth, room)?;
        match &key {
            Value::Integer(index) => {
                items.insert(*index, json);
            }
            Value::String(name) => {
                let name = name.to_str().map_err(|_| "对象的键不是UTF-8")?;
                members.insert(name.to_owned(), json);
            }
            other => return Err(format!("JSON的键不能是{}", type_name(other))),
        }
    }
    match (items.is_empty(), members.is_empty()) {
        (true, true) if table.metatable() == list_mark(lua).ok() => Ok(Json::Array(Vec::new())),
        (true, _) => Ok(Json::Object(members)),
        (false, true) => list(items).map(Json::Array),
        (false, false) => Err("一个表里不能既有序号又有名称，写不成JSON".to_owned()),
    }
}

/// The items in order; a position left out was null.
fn list(items: BTreeMap<i64, Json>) -> std::result::Result<Vec<Json>, String> {
    let mut list = Vec::with_capacity(items.len());
    let most = items.len() as i64 * 2 + 8;
    for (index, item) in items {
        if index < 1 || index > most {
            return Err(format!("列表的序号{index}不从1开始，或前面缺得太多"));
        }
        while (list.len() as i64) < index - 1 {
            list.push(Json::Null);
        }
        list.push(item);
    }
    Ok(list)
}
