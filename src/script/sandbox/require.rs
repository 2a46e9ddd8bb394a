//! `require`: shared code in the scripts tree, never anything else.

use super::super::tree::Source;
use super::run_inside;
use crate::suggest::nearest;
use mlua::{Error, Function, Lua, Result, Table, Value};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The folder of every layer that shared code stands in.
const FOLDER: &str = "lib/";

/// Makes `require(name)`: what `lib/<name>.lua` returns, run once in each VM. The topmost layer's file is taken.
pub(super) fn function(lua: &Lua, sources: Arc<BTreeMap<String, Source>>) -> Result<Function> {
    let loaded = lua.create_table()?;
    let running = RefCell::new(Vec::<String>::new());
    lua.create_function(move |lua, name: Value| require(lua, &name, &sources, &loaded, &running))
}

fn require(
    lua: &Lua,
    name: &Value,
    sources: &BTreeMap<String, Source>,
    loaded: &Table,
    running: &RefCell<Vec<String>>,
) -> Result<Value> {
    let path = path_of(name)?;
    let known: Value = loaded.raw_get(path.as_str())?;
    if !known.is_nil() {
        return Ok(known);
    }
    let source = sources.get(&path).ok_or_else(|| missing(&path, sources))?;
    if running.borrow().contains(&path) {
        let ring = [running.borrow().as_slice(), &[path]].concat().join(" → ");
        return Err(Error::runtime(format!("require成了环：{ring}")));
    }
    running.borrow_mut().push(path.clone());
    let result = run_inside(lua, source);
    running.borrow_mut().pop();
    let value = match result? {
        Value::Nil => Value::Boolean(true),
        value => value,
    };
    loaded.raw_set(path, &value)?;
    Ok(value)
}

/// `text/pinyin` or `text.pinyin` as `lib/text/pinyin.lua`. Names are looked up, not opened, so that nothing leads out of the tree; what
/// tries to is told so.
fn path_of(name: &Value) -> Result<String> {
    let wrong = |why: &str| {
        Error::runtime(format!(
            "require的参数{why}，应为scripts/lib中的文件名（不带.lua），例如require \"text/pinyin\""
        ))
    };
    let Value::String(name) = name else {
        return Err(wrong(&format!("是{}", name.type_name())));
    };
    let name = name.to_str().map_err(|_| wrong("不是UTF-8文本"))?;
    let pieces: Vec<&str> = if name.contains('/') {
        name.split('/').collect()
    } else {
        name.split('.').collect()
    };
    let is_name = |piece: &&str| {
        let mut characters = piece.chars();
        !piece.is_empty() && characters.all(|c| c.is_alphanumeric() || "_-".contains(c))
    };
    if !pieces.iter().all(is_name) {
        return Err(wrong(&format!("“{}”不是脚本名", &*name)));
    }
    Ok(format!("{FOLDER}{}.lua", pieces.join("/")))
}

fn missing(path: &str, sources: &BTreeMap<String, Source>) -> Error {
    let known = sources.keys().map(String::as_str);
    let near = nearest(path, known.filter(|known| known.starts_with(FOLDER)));
    let near = near.map_or_else(String::new, |near| format!("，是否应为{near}？"));
    Error::runtime(format!("没有scripts/{path}{near}"))
}
