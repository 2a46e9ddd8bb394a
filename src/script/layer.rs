//! `mps.base()`: a layer's file takes the declaration of the layer below and says only what differs.

use super::api::records;
use super::declared::unknown;
use super::tree::Source;
use super::{api, sandbox};
use crate::suggest::nearest;
use mlua::{Error, Function, Lua, Result, Table, Value};
use std::sync::Arc;

/// The files that a VM is running, one inside the other; kept with the VM.
#[derive(Default)]
struct Running {
    files: Vec<File>,
    extended: bool,
}

struct File {
    name: String,
    below: Option<Arc<Source>>,
    extended: bool,
}

/// Runs a file with `eval`, so that `mps.base()` knows whose base it is to give.
pub(super) fn running<T>(lua: &Lua, source: &Source, eval: impl FnOnce() -> T) -> T {
    if lua.app_data_ref::<Running>().is_none() {
        lua.set_app_data(Running::default());
    }
    if let Some(mut running) = lua.app_data_mut::<Running>() {
        running.files.push(File {
            name: source.name.clone(),
            below: source.below.clone(),
            extended: false,
        });
    }
    let value = eval();
    if let Some(mut running) = lua.app_data_mut::<Running>() {
        running.extended = running.files.pop().is_some_and(|file| file.extended);
    }
    value
}

/// Whether the file that was run last asked for its base: where it did not, it replaces the file below as a whole.
pub(super) fn extended(lua: &Lua) -> bool {
    lua.app_data_ref::<Running>()
        .is_some_and(|running| running.extended)
}

/// `mps.base()`: what the same file of the layer below returns, a fresh table each time.
pub(super) fn base(lua: &Lua, (): ()) -> Result<Table> {
    let (name, below) = {
        let mut running = lua.app_data_mut::<Running>();
        let file = running.as_mut().and_then(|running| running.files.last_mut());
        let file =
            file.ok_or_else(|| Error::runtime("mps.base()只能在脚本文件的最外层使用，不能在函数里使用"))?;
        file.extended = true;
        (file.name.clone(), file.below.clone())
    };
    let below = below.ok_or_else(|| {
        Error::runtime(format!(
            "下面各层都没有与{name}同名的脚本，mps.base()没有内容可取，请写出完整的声明"
        ))
    })?;
    match sandbox::run_inside(lua, &below)? {
        Value::Table(table) => {
            open(lua, &table)?;
            Ok(table)
        }
        _ => Err(Error::runtime(format!("{}没有返回声明", below.name))),
    }
}

/// Makes the tables of a declaration answer to names, and refuse wrong ones where they are written.
fn open(lua: &Lua, table: &Table) -> Result<()> {
    match api::declared_kind(table).as_deref() {
        Some("funid") => {
            open_way(lua, table)?;
            for way in tables(table)? {
                if way.raw_get::<Value>("call")?.is_string() {
                    open_way(lua, &way)?;
                    way.set_metatable(Some(strict(lua, "处理方式", records::WAY.names())?))?;
                }
            }
            if let Value::Table(request) = table.raw_get("request")? {
                request.set_metatable(Some(named_list(lua, "请求字段")?))?;
            }
            stay_declared(lua, table, "funid", "mps.funid", records::FUNID.names())
        }
        Some("library") => {
            for (part, what) in [
                ("settings", "设置"),
                ("functions", "函数声明"),
                ("methods", "方法"),
            ] {
                if let Value::Table(inner) = table.raw_get(part)? {
                    inner.set_metatable(Some(strict(lua, what, Vec::new())?))?;
                }
            }
            stay_declared(lua, table, "library", "mps.library", records::LIBRARY.names())
        }
        _ => Ok(()),
    }
}

fn open_way(lua: &Lua, way: &Table) -> Result<()> {
    if let Value::Table(response) = way.raw_get("response")? {
        response.set_metatable(Some(named_list(lua, "返回字段")?))?;
    }
    Ok(())
}

/// A strict table that is still known as a declaration of its kind.
fn stay_declared(
    lua: &Lua,
    table: &Table,
    kind: &'static str,
    what: &'static str,
    optional: Vec<&'static str>,
) -> Result<()> {
    let mark = strict(lua, what, optional)?;
    mark.raw_set("kind", kind)?;
    table.set_metatable(Some(mark))
}

fn tables(table: &Table) -> Result<Vec<Table>> {
    let mut tables = Vec::new();
    for pair in table.pairs::<Value, Value>() {
        if let (Value::String(_), Value::Table(inner)) = pair? {
            tables.push(inner);
        }
    }
    Ok(tables)
}

/// The metatable of a table in which reading a name that is not there is a mistake, but for the optional ones.
fn strict(lua: &Lua, what: &'static str, optional: Vec<&'static str>) -> Result<Table> {
    let read = lua.create_function(move |_, (table, name): (Table, Value)| -> Result<Value> {
        let Some(name) = text(&name).filter(|name| !optional.contains(&name.as_str())) else {
            return Ok(Value::Nil);
        };
        let mut known = Vec::new();
        for pair in table.pairs::<Value, Value>() {
            known.extend(text(&pair?.0));
        }
        known.sort();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        Err(Error::runtime(unknown(what, &name, &known)))
    })?;
    lua.create_table_from([("__index", read)])
}

/// The metatable of a list whose entries have names: `list.name` reads, replaces, appends (a table) and removes (`nil`) one.
fn named_list(lua: &Lua, what: &'static str) -> Result<Table> {
    let read = lua.create_function(move |_, (list, key): (Table, Value)| match text(&key) {
        None => Ok(Value::Nil),
        Some(name) => match position(&list, &name)? {
            Some(at) => list.raw_get(at),
            None => Err(missing(what, &list, &name)),
        },
    })?;
    let written = lua.create_function(move |_, (list, key, value): (Table, Value, Value)| {
        let Some(name) = text(&key) else {
            return list.raw_set(key, value);
        };
        match (position(&list, &name)?, value) {
            (Some(at), Value::Nil) => list.raw_remove(at),
            (None, Value::Nil) => Err(missing(what, &list, &name)),
            (at, Value::Table(entry)) => {
                name_entry(what, &name, &entry)?;
                list.raw_set(at.unwrap_or(list.raw_len() + 1), entry)
            }
            (_, other) => Err(Error::runtime(format!(
                "{what}{name}应为表，例如{{ from = \"…\", title = \"…\" }}，或为nil表示删去，实为{}",
                other.type_name()
            ))),
        }
    })?;
    lua.create_table_from([("__index", read), ("__newindex", written)])
}

/// An entry that is put under a name has that name.
fn name_entry(what: &str, name: &str, entry: &Table) -> Result<()> {
    match entry.raw_get::<Value>(1)? {
        Value::Nil => entry.raw_set(1, name),
        Value::String(own) if own.as_bytes() == name.as_bytes() => Ok(()),
        own => Err(Error::runtime(format!(
            "{what}{name}的表里写的名称是“{}”，两处应当一致",
            own.to_string()?
        ))),
    }
}

fn position(list: &Table, name: &str) -> Result<Option<usize>> {
    for at in 1..=list.raw_len() {
        if entry_name(list, at)?.as_deref() == Some(name) {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

fn entry_name(list: &Table, at: usize) -> Result<Option<String>> {
    match list.raw_get::<Value>(at)? {
        Value::Table(entry) => Ok(text(&entry.raw_get::<Value>(1)?)),
        _ => Ok(None),
    }
}

fn missing(what: &str, list: &Table, name: &str) -> Error {
    let names: Vec<String> = (1..=list.raw_len())
        .filter_map(|at| entry_name(list, at).ok().flatten())
        .collect();
    let advice = match nearest(name, names.iter().map(String::as_str)) {
        Some(near) => format!("是否应为“{near}”？"),
        None => format!("现有的有：{}", names.join("、")),
    };
    Error::runtime(format!("下层没有名为“{name}”的{what}，{advice}"))
}

fn text(value: &Value) -> Option<String> {
    value.as_string().map(|text| text.to_string_lossy())
}

/// Where a function was written: what tells one from another across runs of the same file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    /// The file's path below `scripts/`; empty for a function of the `mps` module or of Lua.
    pub(super) file: String,
    /// The line, from 1; 0 where there is no file.
    pub(super) line: usize,
    address: usize,
}

impl Written {
    pub(super) fn of(function: &Function) -> Written {
        let info = function.info();
        let file = info.source.as_deref().and_then(|source| source.strip_prefix('@'));
        match (file, info.line_defined) {
            (Some(file), Some(line)) => Written {
                file: file.to_owned(),
                line,
                address: 0,
            },
            _ => Written {
                file: String::new(),
                line: 0,
                address: function.to_pointer().addr(),
            },
        }
    }
}
