//! The sandbox: the one place that makes Lua VMs, and the one way into them.
//!
//! What stops which script stands in docs/脚本限制.md. Time is asked by a hook at every call and every few instructions, by the
//! functions that replace the library's own where these can work long without either, and by the allocator at the brink. Once a limit is hit, nothing
//! in the VM catches it, and the VM is thrown away.

mod budget;
mod meter;
mod pattern;
mod raw;
mod require;
mod shared;

pub use budget::Budget;
pub(super) use budget::{apart, waiting};

use super::error::Mistake;
use super::tree::Source;
use super::{Error, api, coverage, layer, raise, script_file};
use meter::{Limit, Meter};
use mlua::{Function, Lua, LuaOptions, StdLib, Table};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// What scripts may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The time that scripts may run in one call, not counting devices.
    pub time: Duration,
    /// Bytes that one VM may hold.
    pub memory: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            time: Duration::from_secs(1),
            memory: 16 << 20,
        }
    }
}

/// A script ran longer than it may.
const OVERDUE: &str = "S020";
/// A script held more than it may.
const GREEDY: &str = "S021";

/// Base functions that reach files, other chunks or the collector.
const TAKEN_AWAY: [&str; 6] = ["load", "loadfile", "dofile", "collectgarbage", "print", "warn"];

/// Makes a global that is not in every VM.
type Global = fn(&Lua) -> mlua::Result<mlua::AnyUserData>;

/// A VM with the `mps` module and plain Lua without io, os, package, debug and bytecode, under limits.
pub(super) struct Sandbox {
    lua: Lua,
    // Lua's allocator refers to it.
    meter: Box<Meter>,
}

impl Sandbox {
    pub(super) fn new(limits: Limits, sources: &Arc<BTreeMap<String, Source>>) -> Result<Sandbox, Error> {
        Sandbox::make(limits, Arc::clone(sources), &[], coverage::is_on())
            .map_err(|error| Error::lua(&error, ""))
    }

    /// A sandbox for a scenario's file, which sees `scenario` besides.
    pub(super) fn for_scenarios(
        limits: Limits,
        sources: &Arc<BTreeMap<String, Source>>,
    ) -> Result<Sandbox, Error> {
        let own: &[(&str, Global)] = &[("scenario", api::scenario_global)];
        Sandbox::make(limits, Arc::clone(sources), own, false).map_err(|error| Error::lua(&error, ""))
    }

    fn make(
        limits: Limits,
        sources: Arc<BTreeMap<String, Source>>,
        own: &[(&str, Global)],
        covered: bool,
    ) -> mlua::Result<Sandbox> {
        let lua = bare()?;
        furnish(&lua, sources, own)?;
        lua.gc_restart();
        let meter = Box::new(Meter::new(limits));
        // Last, because everything that is made under limits costs more.
        raw::install(&lua, &meter, covered)?;
        Ok(Sandbox { lua, meter })
    }

    /// Enters the VM: everything that may run a script's code is done by `body`. The error is a limit that was hit; the file and the function
    /// are named in it where it is not known better.
    pub(super) fn enter<T>(
        &self,
        file: &str,
        function: Option<&Function>,
        body: impl FnOnce(&Lua) -> mlua::Result<T>,
    ) -> Result<mlua::Result<T>, Error> {
        let armed = self.meter.arm();
        let result = body(&self.lua);
        drop(armed);
        if result.as_ref().is_err_and(is_memory) {
            self.meter.trip(Limit::Memory);
        }
        match self.meter.tripped() {
            Some(limit) => Err(self.error(limit, file, function)),
            None => Ok(result),
        }
    }

    /// Compiles and runs a script, and gives what it returns.
    pub(super) fn run(&self, source: &Source) -> Result<mlua::Value, Error> {
        script_file::check_not_blank(source)?;
        let result = self.enter(&source.name, None, |lua| execute(lua, source))?;
        result.map_err(|error| Error::of_chunk(&error, source))
    }

    /// What Lua's compiler makes of a script; nothing of it is run.
    pub(super) fn compiled(&self, source: &Source) -> Result<Vec<u8>, Error> {
        let result = self.enter(&source.name, None, |lua| {
            raw::load(lua, &source.name, &source.text)
        })?;
        let function = result.map_err(|error| Error::of_chunk(&error, source))?;
        Ok(function.dump(false))
    }

    /// Whether the script that was run last took over the declaration of the layer below.
    pub(super) fn extended(&self) -> bool {
        layer::extended(&self.lua)
    }

    pub(super) fn limits(&self) -> Limits {
        self.meter.limits()
    }

    /// Whether the next call should get another VM.
    pub(super) fn is_worn(&self) -> bool {
        self.meter.is_worn()
    }

    fn error(&self, limit: Limit, file: &str, function: Option<&Function>) -> Error {
        let begin = || {
            let info = function?.info();
            let file = info.source?.strip_prefix('@')?.to_owned();
            Some((file, info.line_defined?))
        };
        let place = self.meter.place().or_else(begin);
        let (file, line) = place.unwrap_or_else(|| (file.to_owned(), 0));
        let (code, mistake) = match limit {
            Limit::Time => {
                let seconds = self.meter.limits().time.as_secs_f64();
                let what = format!("运行超过{seconds}秒，已终止");
                (OVERDUE, Mistake::new(what, "请检查是否有死循环"))
            }
            Limit::Memory => {
                let megabytes = self.meter.limits().memory >> 20;
                let kilobytes = self.meter.longest_text() >> 10;
                let what = format!("占用内存超过{megabytes}MB（单个文本{kilobytes}KB），已终止");
                (
                    GREEDY,
                    Mistake::new(what, "请检查是否有无穷递归、越来越大的表或文本"),
                )
            }
        };
        Error::new(code, file, line, mistake)
    }
}

/// Plain Lua without io, os, package, debug and bytecode.
fn bare() -> mlua::Result<Lua> {
    let libraries = StdLib::TABLE | StdLib::STRING | StdLib::MATH | StdLib::UTF8 | StdLib::COROUTINE;
    let lua = Lua::new_with(libraries, LuaOptions::new())?;
    // Nothing that is made here becomes garbage.
    lua.gc_stop();
    let globals = lua.globals();
    for name in TAKEN_AWAY {
        globals.raw_remove(name)?;
    }
    globals.raw_get::<Table>("string")?.raw_remove("dump")?;
    // Before there is a hook: it runs a little Lua of the host's own.
    raise::install(&lua)?;
    raw::replace(&lua)?;
    Ok(lua)
}

/// Adds what is ours, and closes the globals.
fn furnish(lua: &Lua, sources: Arc<BTreeMap<String, Source>>, own: &[(&str, Global)]) -> mlua::Result<()> {
    let globals = lua.globals();
    for (name, global) in own {
        globals.raw_set(*name, global(lua)?)?;
    }
    globals.raw_set("mps", api::module(lua, shared::front)?)?;
    globals.raw_set("require", require::function(lua, sources)?)?;
    shared::seal(lua, &api::strict_globals(lua)?)
}

/// Runs a script for another one that runs; its error has told its own place.
pub(super) fn run_inside(lua: &Lua, source: &Source) -> mlua::Result<mlua::Value> {
    execute(lua, source).map_err(|error| match is_memory(&error) {
        true => error,
        false => mlua::Error::external(Error::of_chunk(&error, source)),
    })
}

fn execute(lua: &Lua, source: &Source) -> mlua::Result<mlua::Value> {
    let script = raw::load(lua, &source.name, &source.text)?;
    layer::running(lua, source, || script.call(()))
}

fn is_memory(error: &mlua::Error) -> bool {
    let mut chain = error.chain();
    chain.any(|cause| matches!(cause.downcast_ref(), Some(mlua::Error::MemoryError(_))))
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        raw::remove(&self.lua, &self.meter);
    }
}

#[cfg(test)]
mod tests;
