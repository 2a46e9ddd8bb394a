//! `r`: what a call came to, read field by field.

use super::super::list::{Key, Record, Type};
use crate::script::scenario::{Answered, Play, Subject};
use crate::suggest::nearest;
use mlua::{Lua, MultiValue, Result, Table, Value};
use std::rc::Rc;

pub(in super::super) static ANSWERED: Record = Record {
    class: "mps.Answered",
    given: true,
    what: "返回",
    meaning: "t:call和t:send的结果。返回报文读不出来时，报文里的各项都是nil。",
    keys: &[
        Key::needed("code", Type::Integer, "MPS_Call的返回值，0表示resp里有返回报文"),
        Key::optional("result", Type::Text, "结果"),
        Key::optional("msg", Type::Text, "提示信息"),
        Key::optional("funid", Type::Text, "功能编号"),
        Key::optional("sign", Type::Text, "签名"),
        Key::optional("charset", Type::Text, "返回报文的编码，例如GBK"),
        Key::needed(
            "body",
            Type::Table("table<string, string?>"),
            "各返回字段，按名称取；没有的是nil",
        ),
        Key::needed("text", Type::Text, "整份返回报文，已变成文字"),
        Key::needed("bytes", Type::Bytes, "整份返回报文的字节"),
        Key::needed("elapsed", Type::Number, "这次调用的虚拟秒数"),
    ],
};

/// In an answer's metatable: the whole message as text.
const TEXT: &str = "text";
/// In the metatable of an answer's body: its fields.
const FIELDS: &str = "fields";
/// In an answer's metatable: what may explain it.
const NOTES: &str = "notes";

/// The answer as a table that remembers what was read of it last.
pub(super) fn answered(lua: &Lua, play: &Rc<Play>, answered: Answered) -> Result<Table> {
    let answered = Rc::new(answered);
    let values = lua.create_table()?;
    values.raw_set("code", answered.code)?;
    values.raw_set("bytes", lua.create_string(&answered.bytes)?)?;
    values.raw_set("elapsed", answered.elapsed)?;
    let text = match &answered.response {
        Ok(response) => response
            .charset
            .decode(&answered.bytes)
            .map(|text| text.into_owned()),
        Err(_) => Ok(String::from_utf8_lossy(&answered.bytes).into_owned()),
    };
    let text = text.unwrap_or_else(|_| String::from_utf8_lossy(&answered.bytes).into_owned());
    values.raw_set(TEXT, text.as_str())?;
    let fields = lua.create_table()?;
    if let Ok(response) = &answered.response {
        values.raw_set("result", &*response.result)?;
        values.raw_set("msg", &*response.msg)?;
        values.raw_set("funid", response.header.funid.as_str())?;
        values.raw_set("sign", response.header.sign.as_str())?;
        values.raw_set("charset", response.charset.label())?;
        for field in &response.body {
            fields.raw_set(&*field.name, &*field.value)?;
        }
    }
    values.raw_set("body", body(lua, play, &answered, fields)?)?;
    let mark = lua.create_table()?;
    mark.raw_set(TEXT, text)?;
    mark.raw_set(NOTES, answered.notes.clone())?;
    let (play, of) = (Rc::clone(play), Rc::clone(&answered));
    let read = move |_: &Lua, (_, name): (Value, Value)| -> Result<Value> {
        let name = name.to_string()?;
        let known = ANSWERED.names();
        if !known.contains(&name.as_str()) {
            let advice = match nearest(&name, known.iter().copied()) {
                Some(near) => format!("是否应为{near}？"),
                None => format!("返回字段写成r.body.{name}；可用的有：{}", known.join("、")),
            };
            return Err(mlua::Error::runtime(format!("返回没有“{name}”这一项，{advice}")));
        }
        let value: Value = values.raw_get(name.as_str())?;
        let title = match name.as_str() {
            "result" => "结果",
            "msg" => "提示信息",
            "code" => "返回值",
            "body" => "报文体",
            "elapsed" => "用时（秒）",
            other => other,
        };
        let mut notes = of.notes.clone();
        notes.extend(of.response.as_ref().err().cloned());
        let subject = Subject {
            wording: matches!(name.as_str(), "msg" | TEXT),
            name: title.to_owned(),
            notes,
        };
        play.has_read(subject, value.clone());
        Ok(value)
    };
    mark.raw_set("__index", lua.create_function(read)?)?;
    refuse_writing(lua, &mark)?;
    let table = lua.create_table()?;
    table.set_metatable(Some(mark))?;
    Ok(table)
}

/// `r.body`: the fields, which are remembered when they are read.
fn body(lua: &Lua, play: &Rc<Play>, answered: &Rc<Answered>, fields: Table) -> Result<Table> {
    let (play, answered) = (Rc::clone(play), Rc::clone(answered));
    let shown = fields.clone();
    let read = move |_: &Lua, (_, name): (Value, Value)| -> Result<Value> {
        let name = name.to_string()?;
        let value: Value = fields.raw_get(name.as_str())?;
        let mut notes: Vec<String> = play.whence(&answered, &name).into_iter().collect();
        if let (true, Ok(response)) = (value.is_nil(), &answered.response) {
            let known: Vec<&str> = response.body.iter().map(|field| &*field.name).collect();
            notes.push(match nearest(&name, known.iter().copied()) {
                Some(near) => format!("返回报文没有字段{name}，是否应为{near}？"),
                None => format!("返回报文没有字段{name}，它有：{}", known.join("、")),
            });
            notes.push(format!("提示信息是：{}", response.msg));
        }
        notes.extend(answered.response.as_ref().err().cloned());
        notes.extend(answered.notes.iter().cloned());
        let subject = Subject {
            name: format!("返回字段{name}"),
            wording: true,
            notes,
        };
        play.has_read(subject, value.clone());
        Ok(value)
    };
    let mark = lua.create_table()?;
    mark.raw_set(FIELDS, &shown)?;
    mark.raw_set("__index", lua.create_function(read)?)?;
    let next: mlua::Function = lua.globals().get("next")?;
    let pairs = move |_: &Lua, _: Value| Ok((next.clone(), shown.clone()));
    mark.raw_set("__pairs", lua.create_function(pairs)?)?;
    refuse_writing(lua, &mark)?;
    let table = lua.create_table()?;
    table.set_metatable(Some(mark))?;
    Ok(table)
}

fn refuse_writing(lua: &Lua, mark: &Table) -> Result<()> {
    let refuse =
        |_: &Lua, _: MultiValue| -> Result<()> { Err(mlua::Error::runtime("返回只能读，不能改")) };
    mark.raw_set("__newindex", lua.create_function(refuse)?)
}

/// The fields themselves, where the value is an answer's body.
pub(super) fn fields(value: &Value) -> Option<Value> {
    let fields: Table = value.as_table()?.metatable()?.raw_get(FIELDS).ok()?;
    Some(Value::Table(fields))
}

/// The whole message, where the value is an answer; with what may explain it.
pub(super) fn whole(value: &Value) -> Option<(Value, Subject)> {
    let mark = value.as_table()?.metatable()?;
    let text: mlua::LuaString = mark.raw_get(TEXT).ok()?;
    let notes = mark.raw_get(NOTES).ok()?;
    let subject = Subject {
        name: "返回报文".to_owned(),
        wording: true,
        notes,
    };
    Some((Value::String(text), subject))
}
