//! The `mps` module that scripts see.

use super::failure::Failure;
use super::layer;
use mlua::{Error, Lua, Result, Table, Value};

/// What a script can declare; [`declared_kind`] tells which of them a table is.
pub(super) const KINDS: [&str; 4] = ["funid", "library", "protocol", "simulation"];

/// Makes the module's table.
pub(super) fn module(lua: &Lua) -> Result<Table> {
    let mps = lua.create_table()?;
    for kind in KINDS {
        let mark = lua.create_table_from([("kind", kind)])?;
        let declare = lua.create_function(move |_, declaration: Value| match declaration {
            Value::Table(table) => {
                table.set_metatable(Some(mark.clone()))?;
                Ok(table)
            }
            other => Err(Error::runtime(format!(
                "mps.{kind}需要一个表，实为{}",
                other.type_name()
            ))),
        })?;
        mps.raw_set(kind, declare)?;
    }
    mps.raw_set("base", lua.create_function(layer::base)?)?;
    mps.raw_set("fail", lua.create_function(fail)?)?;
    let text = lua.create_table()?;
    text.raw_set("trim", lua.create_function(trim)?)?;
    text.raw_set("split", lua.create_function(split)?)?;
    mps.raw_set("text", text)?;
    Ok(mps)
}

/// Which of [`KINDS`] a table was declared as.
pub(super) fn declared_kind(table: &Table) -> Option<String> {
    table.metatable()?.raw_get("kind").ok()
}

/// A misspelt name must fail where it stands, not three lines later.
pub(super) fn strict_globals(lua: &Lua) -> Result<Table> {
    let strict = lua.create_table()?;
    let read = lua.create_function(|_, (_, name): (Value, Value)| -> Result<Value> {
        Err(Error::runtime(format!(
            "没有名为“{}”的变量或函数，请检查拼写",
            name.to_string()?
        )))
    })?;
    let written = lua.create_function(|_, (_, name, _): (Value, Value, Value)| -> Result<()> {
        Err(Error::runtime(format!(
            "全局变量“{}”不能赋值，请在前面加上local",
            name.to_string()?
        )))
    })?;
    strict.raw_set("__index", read)?;
    strict.raw_set("__newindex", written)?;
    Ok(strict)
}

/// The metatable of a table whose fields are all there: reading another one is a mistake.
pub(super) fn strict_fields(lua: &Lua, what: &'static str) -> Result<Table> {
    let read = lua.create_function(move |_, (_, name): (Value, Value)| -> Result<Value> {
        Err(Error::runtime(format!("没有名为“{}”的{what}", name.to_string()?)))
    })?;
    lua.create_table_from([("__index", read)])
}

fn fail(_: &Lua, (msg, options): (String, Option<Table>)) -> Result<()> {
    let code = match options {
        Some(options) => options.get("code")?,
        None => None,
    };
    Err(Error::external(Failure {
        code,
        ..Failure::new(msg)
    }))
}

fn trim(lua: &Lua, text: mlua::LuaString) -> Result<mlua::LuaString> {
    // The ideographic space and NUL pad names as often as the ASCII one.
    let text = text
        .to_str()?
        .trim_matches(|c: char| c.is_whitespace() || c == '\0')
        .to_owned();
    lua.create_string(text)
}

/// `mps.text.split(text, delimiter, names)`: the pieces by name, or by position where no names are given.
fn split(lua: &Lua, (text, delimiter, names): (String, String, Option<Vec<String>>)) -> Result<Table> {
    if delimiter.is_empty() {
        return Err(Error::runtime("mps.text.split的分隔符不能为空"));
    }
    let pieces = text.split(&delimiter);
    match names {
        Some(names) => lua.create_table_from(names.into_iter().zip(pieces)),
        None => lua.create_sequence_from(pieces),
    }
}
