//! What all scripts of a VM share cannot be changed by one of them: libraries, globals, the metatable of texts.

use super::api;
use mlua::{Error, FromLua, Function, IntoLuaMulti, Lua, LuaString, MultiValue, Result, Table, Value};

/// In a metatable that a script cannot reach: what the script gave to `setmetatable`.
const GIVEN: &str = "\0given";
/// In a metatable that a script cannot reach: what messages call the table.
const PATH: &str = "\0path";
/// Metamethods that would run, or undo, what the host cannot oversee: a finalizer runs with hooks switched off, closing goes on after an
/// error, and weak keys make collections long.
const REFUSED: [&str; 3] = ["__gc", "__close", "__mode"];

/// Makes the globals, and every library in them, read-only for scripts. Nothing is added after that.
pub(super) fn seal(lua: &Lua, strict: &Table) -> Result<()> {
    let globals = lua.globals();
    let raw_set = lua.create_function(raw_set)?;
    globals.raw_set("rawset", raw_set)?;
    globals.raw_set("setmetatable", lua.create_function(set_metatable)?)?;
    globals.raw_set("getmetatable", lua.create_function(get_metatable)?)?;
    let strings: Table = globals.get("string")?;
    if let Some(texts) = lua.type_metatable::<LuaString>() {
        texts.raw_set("__index", strings)?;
        texts.raw_set("__metatable", false)?;
    }
    globals.raw_remove("_G")?;
    let fronts = Fronts {
        refuse: lua.create_function(refuse)?,
        pairs: lua.create_function(pairs)?,
    };
    for (name, library) in tables_in(&globals)? {
        globals.raw_set(&*name, fronts.of(lua, &library, &name)?)?;
    }
    let front = fronts.of(lua, &globals, "")?;
    globals.raw_set("_G", &front)?;
    globals.set_metatable(Some(
        lua.create_table_from([("__index", strict.raw_get::<Function>("__index")?)])?,
    ))?;
    lua.set_globals(front)
}

/// The tables in a table by their names.
fn tables_in(table: &Table) -> Result<Vec<(String, Table)>> {
    let mut tables = Vec::new();
    table.for_each(|name: Value, value: Value| {
        if let (Value::String(name), Value::Table(inner)) = (name, value) {
            tables.push((name.to_string_lossy(), inner));
        }
        Ok(())
    })?;
    Ok(tables)
}

/// Makes tables that show other ones and let nobody write: what all of them share.
struct Fronts {
    refuse: Function,
    pairs: Function,
}

impl Fronts {
    fn of(&self, lua: &Lua, table: &Table, path: &str) -> Result<Table> {
        let metatable = lua.create_table()?;
        metatable.raw_set("__index", table)?;
        metatable.raw_set("__metatable", false)?;
        metatable.raw_set("__newindex", &self.refuse)?;
        metatable.raw_set("__pairs", &self.pairs)?;
        metatable.raw_set(PATH, path)?;
        let front = lua.create_table()?;
        front.set_metatable(Some(metatable))?;
        Ok(front)
    }
}

/// Shows a table that is made only after the globals were sealed.
pub(super) fn front(lua: &Lua, table: &Table, path: &str) -> Result<Table> {
    let globals = lua.globals();
    let fronts = Fronts {
        refuse: behind(&globals, "__newindex")?,
        pairs: behind(&globals, "__pairs")?,
    };
    fronts.of(lua, table, path)
}

/// What a front's metatable, which no script can reach, holds under a name.
fn behind<T: FromLua>(front: &Table, name: &str) -> Result<T> {
    let metatable = front
        .metatable()
        .ok_or_else(|| Error::runtime("没有可显示的表"))?;
    metatable.raw_get(name)
}

fn refuse(_: &Lua, (front, name, _): (Table, Value, Value)) -> Result<()> {
    let (path, name): (String, _) = (behind(&front, PATH)?, name.to_string()?);
    Err(Error::runtime(match path.is_empty() {
        true => format!("全局变量“{name}”不能赋值，请在前面加上local"),
        false => format!("{path}是公用的，不能给{path}.{name}赋值，请另起一个local变量"),
    }))
}

/// A copy to go through, so that nobody gets hold of the table itself.
fn pairs(lua: &Lua, front: Table) -> Result<MultiValue> {
    let copy = lua.create_table()?;
    let table: Table = behind(&front, "__index")?;
    api::complete(&table, &behind::<String>(&front, PATH)?)?;
    table.for_each(|name: Value, value: Value| copy.raw_set(name, value))?;
    let next: Function = lua.globals().get("next")?;
    (next, copy).into_lua_multi(lua)
}

/// `rawset`, for tables of the script's own.
fn raw_set(_: &Lua, (table, key, value): (Table, Value, Value)) -> Result<Table> {
    if is_protected(&table)? {
        return Err(Error::runtime("rawset不能改公用的表"));
    }
    table.raw_set(key, value)?;
    Ok(table)
}

/// `setmetatable`: the table gets a copy, so that nothing can be slipped in afterwards.
fn set_metatable(lua: &Lua, (table, given): (Table, Option<Table>)) -> Result<Table> {
    if is_protected(&table)? {
        return Err(Error::runtime("setmetatable不能用于公用的或受保护的表"));
    }
    let Some(given) = given else {
        table.set_metatable(None)?;
        return Ok(table);
    };
    let copy = lua.create_table()?;
    for pair in given.pairs::<Value, Value>() {
        let (key, value) = pair?;
        if let Value::String(name) = &key
            && let Some(refused) = REFUSED.iter().find(|refused| name == **refused)
        {
            return Err(Error::runtime(format!("setmetatable不接受{refused}，请删去它")));
        }
        copy.raw_set(key, value)?;
    }
    copy.raw_set(GIVEN, given)?;
    table.set_metatable(Some(copy))?;
    Ok(table)
}

/// `getmetatable`: what the script itself gave, never a table of the host's.
fn get_metatable(_: &Lua, value: Value) -> Result<Value> {
    let Value::Table(table) = value else {
        return Ok(Value::Boolean(false));
    };
    let Some(metatable) = table.metatable() else {
        return Ok(Value::Nil);
    };
    match metatable.raw_get("__metatable")? {
        Value::Nil => Ok(metatable
            .raw_get::<Option<Table>>(GIVEN)?
            .map_or(Value::Boolean(false), Value::Table)),
        shown => Ok(shown),
    }
}

/// Whether a table's metatable is not the script's to change.
fn is_protected(table: &Table) -> Result<bool> {
    let Some(metatable) = table.metatable() else {
        return Ok(false);
    };
    Ok(!metatable.contains_key(GIVEN)? || !metatable.raw_get::<Value>("__metatable")?.is_nil())
}
