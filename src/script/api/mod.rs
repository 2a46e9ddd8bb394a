//! The `mps` module that scripts see.

mod annotations;
mod check;
mod columns;
mod crypto;
mod dates;
mod declare;
mod encode;
mod http;
mod identity;
mod json;
mod list;
mod log;
mod manual;
pub(super) mod records;
mod scenario;
mod text;

pub use annotations::annotations;
pub use manual::{reference, scenario_reference};
pub(super) use scenario::{global as scenario_global, stand as scenario_stand};

use crate::suggest::nearest;
use check::Arguments;
use list::{Function, GROUPS, Group};
use mlua::{Error, Lua, MultiValue, Result, Table, Value};

/// What a script can declare; [`declared_kind`] tells which of them a table is.
pub(super) const KINDS: [&str; 4] = ["funid", "library", "protocol", "simulation"];

/// Makes the module's table.
pub(super) fn module(lua: &Lua) -> Result<Table> {
    let mps = lua.create_table()?;
    for group in GROUPS {
        let table = match group.name {
            "" => mps.clone(),
            name => {
                let table = lua.create_table()?;
                table.set_metatable(Some(strict_functions(lua, group)?))?;
                mps.raw_set(name, &table)?;
                table
            }
        };
        for function in group.functions {
            let name = function.name.rsplit('.').next().unwrap_or(function.name);
            table.raw_set(name, checked(lua, function)?)?;
        }
    }
    let whole = GROUPS.iter().filter(|group| group.name.is_empty());
    for group in whole {
        mps.set_metatable(Some(strict_functions(lua, group)?))?;
    }
    Ok(mps)
}

/// The metatable of a table of functions: reading one that it has not is a mistake.
fn strict_functions(lua: &Lua, group: &'static Group) -> Result<Table> {
    let read = lua.create_function(move |_, (_, name): (Value, Value)| -> Result<Value> {
        let table = match group.name {
            "" => "mps".to_owned(),
            name => format!("mps.{name}"),
        };
        let wrong = format!("{table}.{}", name.to_string()?);
        let functions = group.functions.iter().map(|function| function.name);
        // The module itself holds the groups, too.
        let groups = GROUPS
            .iter()
            .filter(|_| group.name.is_empty())
            .map(|group| group.name);
        let groups: Vec<String> = groups
            .filter(|name| !name.is_empty())
            .map(|name| format!("mps.{name}"))
            .collect();
        let known = functions.chain(groups.iter().map(String::as_str));
        let advice = match nearest(&wrong, known) {
            Some(near) => format!("是否应为{near}？"),
            None => "脚本手册列出了全部函数".to_owned(),
        };
        Err(Error::runtime(format!("没有{wrong}，{advice}")))
    })?;
    lua.create_table_from([("__index", read)])
}

/// The function, behind the checks that the list says.
fn checked(lua: &Lua, function: &'static Function) -> Result<mlua::Function> {
    lua.create_function(move |lua, given: MultiValue| (function.call)(lua, &Arguments::new(function, given)?))
}

/// Which of [`KINDS`] a table was declared as.
pub(super) fn declared_kind(table: &Table) -> Option<String> {
    table.metatable()?.raw_get("kind").ok()
}

/// A misspelt name must fail where it stands, not three lines later.
pub(super) fn strict_globals(lua: &Lua) -> Result<Table> {
    let strict = lua.create_table()?;
    let read = lua.create_function(|_, (globals, name): (Table, Value)| -> Result<Value> {
        let name = name.to_string()?;
        let known: Vec<String> = globals
            .pairs::<String, Value>()
            .filter_map(|pair| Some(pair.ok()?.0))
            .collect();
        let advice = match nearest(&name, known.iter().map(String::as_str)) {
            Some(near) => format!("是否应为“{near}”？"),
            None => "请检查拼写".to_owned(),
        };
        Err(Error::runtime(format!("没有名为“{name}”的变量或函数，{advice}")))
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

#[cfg(test)]
mod tests;
