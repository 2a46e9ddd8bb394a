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
use list::{Function, GROUPS, Group, MODULE};
use mlua::{Error, Lua, MultiValue, Result, Table, Value};

/// What a script can declare; [`declared_kind`] tells which of them a table is.
pub(super) const KINDS: [&str; 4] = ["funid", "library", "protocol", "simulation"];

/// Shows a table that scripts share, under the name that they know it by, so that none of them can change it.
pub(super) type Shown = fn(&Lua, &Table, &str) -> Result<Table>;

/// Makes the module's table. What it holds is made when a script first reads it: few use more than a handful of its functions, and
/// every VM has a module.
pub(super) fn module(lua: &Lua, shown: Shown) -> Result<Table> {
    let mps = lua.create_table()?;
    mps.set_metatable(Some(on_reading(lua, MODULE, shown)?))?;
    Ok(mps)
}

/// Makes what is still missing in a table of the module, for whoever goes through it. `path` is what scripts call the table.
pub(super) fn complete(table: &Table, path: &str) -> Result<()> {
    let group = GROUPS.iter().find(|group| group.path() == path);
    for name in group.into_iter().flat_map(members) {
        table.get::<Value>(name)?;
    }
    Ok(())
}

/// The names in a group's table.
fn members(group: &Group) -> impl Iterator<Item = &'static str> {
    let functions = group.functions.iter().map(Function::short_name);
    functions.chain(groups_in(group).map(|inner| inner.name))
}

/// The groups in a group's table: the module holds all the others.
fn groups_in(group: &Group) -> impl Iterator<Item = &'static Group> {
    let others = GROUPS.iter().filter(|inner| !inner.name.is_empty());
    others.filter(|_| group.name.is_empty())
}

/// The metatable of a table of functions: reading one makes it, and reading one that it has not is a mistake.
fn on_reading(lua: &Lua, group: &'static Group, shown: Shown) -> Result<Table> {
    let read = lua.create_function(move |lua, (table, name): (Table, Value)| {
        let name = name.to_string()?;
        let function = group
            .functions
            .iter()
            .find(|function| function.short_name() == name);
        let inner = groups_in(group).find(|inner| inner.name == name);
        let made = match (function, inner) {
            (Some(function), _) => Value::Function(checked(lua, function)?),
            (None, Some(inner)) => Value::Table(functions_of(lua, inner, shown)?),
            (None, None) => return Err(unknown(group, &name)),
        };
        table.raw_set(name, &made)?;
        Ok(made)
    })?;
    lua.create_table_from([("__index", read)])
}

fn functions_of(lua: &Lua, group: &'static Group, shown: Shown) -> Result<Table> {
    let table = lua.create_table()?;
    table.set_metatable(Some(on_reading(lua, group, shown)?))?;
    shown(lua, &table, &group.path())
}

fn unknown(group: &Group, name: &str) -> Error {
    let wrong = format!("{}.{name}", group.path());
    let known: Vec<String> = members(group)
        .map(|name| format!("{}.{name}", group.path()))
        .collect();
    let advice = match nearest(&wrong, known.iter().map(String::as_str)) {
        Some(near) => format!("是否应为{near}？"),
        None => "脚本手册列出了全部函数".to_owned(),
    };
    Error::runtime(format!("没有{wrong}，{advice}"))
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
