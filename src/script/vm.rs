//! Lua virtual machines: the one place that makes them, and the one that each thread keeps.

use super::function::{FunctionPath, Step};
use super::tree::Source;
use super::{Error, api, layer, raise, script_file};
use mlua::chunk::ChunkMode;
use mlua::{Function, Lua, LuaOptions, StdLib, Table, Value};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;

/// Bytes that one VM may hold.
const MEMORY: usize = 64 << 20;

/// Base functions that reach files, other chunks or the collector.
const TAKEN_AWAY: [&str; 5] = ["load", "loadfile", "dofile", "collectgarbage", "print"];

/// A VM with the `mps` module and plain Lua without io, os, package, debug and bytecode.
pub(super) fn new_lua() -> mlua::Result<Lua> {
    let libraries = StdLib::TABLE | StdLib::STRING | StdLib::MATH | StdLib::UTF8 | StdLib::COROUTINE;
    let lua = Lua::new_with(libraries, LuaOptions::new())?;
    lua.set_memory_limit(MEMORY)?;
    let globals = lua.globals();
    for name in TAKEN_AWAY {
        globals.raw_remove(name)?;
    }
    globals.get::<Table>("string")?.raw_remove("dump")?;
    raise::install(&lua)?;
    globals.raw_set("mps", api::module(&lua)?)?;
    globals.set_metatable(Some(api::strict_globals(&lua)?))?;
    Ok(lua)
}

/// Runs a script and gives what it returns.
pub(super) fn run(lua: &Lua, source: &Source) -> Result<Value, Error> {
    script_file::check_not_blank(source)?;
    let chunk = lua
        .load(&*source.text)
        .set_name(format!("@{}", source.name))
        .set_mode(ChunkMode::Text);
    // Not `eval`, which would take a lone expression for a script.
    let script = chunk.into_function();
    let run = script.and_then(|script| layer::running(lua, source, || script.call(())));
    run.map_err(|error| Error::of_chunk(&error, source))
}

/// A thread's VM for one generation: files are run when the first of their functions is needed.
pub(super) struct Vm {
    generation: u64,
    pub(super) lua: Lua,
    declarations: RefCell<HashMap<String, Table>>,
    functions: RefCell<HashMap<FunctionPath, Function>>,
}

thread_local! {
    static CURRENT: RefCell<Option<Rc<Vm>>> = const { RefCell::new(None) };
}

impl Vm {
    /// This thread's VM for `generation`, made where there is none; the one of an older generation is dropped.
    pub(super) fn current(generation: u64) -> Result<Rc<Vm>, Error> {
        CURRENT.with(|current| {
            let mut current = current.borrow_mut();
            if let Some(vm) = current.as_ref().filter(|vm| vm.generation == generation) {
                return Ok(Rc::clone(vm));
            }
            let lua = new_lua().map_err(|error| Error::lua(&error, ""))?;
            let (declarations, functions) = Default::default();
            let vm = Rc::new(Vm {
                generation,
                lua,
                declarations,
                functions,
            });
            *current = Some(Rc::clone(&vm));
            Ok(vm)
        })
    }

    /// The function that stands at `path` in the declarations of `sources`.
    pub(super) fn function(
        &self,
        path: &FunctionPath,
        sources: &Arc<BTreeMap<String, Source>>,
    ) -> Result<Function, Error> {
        if let Some(function) = self.functions.borrow().get(path) {
            return Ok(function.clone());
        }
        let gone = || Error::declaration(&path.file, 0, "脚本每次运行返回的声明不同，找不到原来的函数");
        let mut value = Value::Table(self.declaration(&path.file, sources)?);
        for step in &path.steps {
            let table = value.as_table().ok_or_else(gone)?;
            value = match step {
                Step::Name(name) => table.raw_get(name.as_str()),
                Step::Index(index) => table.raw_get(*index),
            }
            .map_err(|error| Error::lua(&error, &path.file))?;
        }
        let Value::Function(function) = value else {
            return Err(gone());
        };
        self.functions.borrow_mut().insert(path.clone(), function.clone());
        Ok(function)
    }

    fn declaration(&self, file: &str, sources: &BTreeMap<String, Source>) -> Result<Table, Error> {
        if let Some(table) = self.declarations.borrow().get(file) {
            return Ok(table.clone());
        }
        let source = sources
            .get(file)
            .ok_or_else(|| Error::unreadable(file, 0, "脚本不存在"))?;
        let Value::Table(table) = run(&self.lua, source)? else {
            return Err(Error::declaration(&source.name, 0, "脚本没有返回声明"));
        };
        self.declarations
            .borrow_mut()
            .insert(file.to_owned(), table.clone());
        Ok(table)
    }
}
