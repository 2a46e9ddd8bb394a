//! `error` that can raise tables: uncaught, they are told by their fields instead of by their address.

use crate::mask;
use mlua::{Function, Lua, Result, Table, Value};

/// Fields of one table that a message tells of.
const MOST_FIELDS: usize = 8;
/// Signs of one field's value that a message tells of.
const LONGEST_FIELD: usize = 80;

/// Stands in for Lua's own `error`. A table without a metatable gets one that makes it a text where nobody catches it.
const STAND_IN: &str = r#"
local raise, type, getmetatable, setmetatable, told = ...
return function(value, level)
  if type(value) == "table" and getmetatable(value) == nil then setmetatable(value, told) end
  level = level or 1
  if level ~= 0 then level = level + 1 end
  raise(value, level)
end"#;

/// Replaces the global `error`.
pub(super) fn install(lua: &Lua) -> Result<()> {
    let globals = lua.globals();
    let told = lua.create_table_from([("__tostring", lua.create_function(tell)?)])?;
    let own = |name: &str| globals.raw_get::<Function>(name);
    let stand_in: Function = lua.load(STAND_IN).set_name("=error").call((
        own("error")?,
        own("type")?,
        own("getmetatable")?,
        own("setmetatable")?,
        told,
    ))?;
    globals.raw_set("error", stand_in)
}

/// A raised table by its fields; values are masked like any that came from a device.
fn tell(_: &Lua, raised: Table) -> Result<String> {
    let mut fields = Vec::new();
    for pair in raised.pairs::<Value, Value>().take(MOST_FIELDS) {
        let (key, value) = pair?;
        let value = match &value {
            Value::Table(_) => "表".to_owned(),
            Value::Function(_) => "函数".to_owned(),
            value => mask::text(&value.to_string()?).into_owned(),
        };
        let value: String = value
            .chars()
            .filter(|c| !c.is_control())
            .take(LONGEST_FIELD)
            .collect();
        fields.push(match &key {
            Value::Integer(_) => value,
            key => format!("{}={value}", key.to_string()?),
        });
    }
    fields.sort();
    Ok(match fields.is_empty() {
        true => "脚本用error抛出了空表".to_owned(),
        false => format!("脚本用error抛出：{}", fields.join("，")),
    })
}
