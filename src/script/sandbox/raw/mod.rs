//! The script floor's raw entry: what only Lua's C interface can do.
//!
//! Everything here is called by Lua and may be left by its `longjmp`. Therefore no value that has a destructor lives across a call that
//! can raise an error, and nothing here panics: slices are taken with `get`, sums saturate.

mod chunk;
mod hook;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod mathematics;
mod memory;
mod protected;
mod table;
mod text;

pub(super) use chunk::load;

use super::meter::Meter;
use mlua::ffi::{self, lua_CFunction, lua_State};
use mlua::{Function, Lua, Result, Table};
use std::ffi::{c_int, c_void};
use std::ptr;

/// Replaces the library functions that could get round a meter; none of them runs before there is one.
pub(super) fn replace(lua: &Lua) -> Result<()> {
    let function = |function: lua_CFunction| -> Result<Function> {
        // SAFETY: the functions of this module hold to the rules that stand at its top.
        unsafe { lua.create_c_function(function) }
    };
    let globals = lua.globals();
    globals.raw_set("pcall", function(protected::pcall)?)?;
    globals.raw_set("xpcall", function(protected::xpcall)?)?;
    globals
        .get::<Table>("coroutine")?
        .raw_set("resume", function(protected::resume)?)?;
    let table: Table = globals.get("table")?;
    for (name, replacement) in [
        ("insert", table::insert as lua_CFunction),
        ("remove", table::remove),
        ("move", table::shift),
    ] {
        table.raw_set(name, function(replacement)?)?;
    }
    table.raw_set("sort", over(lua, &table, "sort", table::sort)?)?;
    let string: Table = globals.get("string")?;
    for (name, replacement) in [
        ("find", text::find as lua_CFunction),
        ("match", text::matched),
        ("gmatch", text::gmatch),
        ("gsub", text::gsub),
    ] {
        string.raw_set(name, function(replacement)?)?;
    }
    string.raw_set("rep", over(lua, &string, "rep", text::rep)?)
}

/// Puts a VM under a meter: its memory and its hook. `covered`: the lines that run are noted.
pub(super) fn install(lua: &Lua, meter: &Meter, covered: bool) -> Result<()> {
    // From now on mlua takes it that memory may be lacking, and protects what it does itself; the limit that counts is the meter's.
    lua.set_memory_limit(usize::MAX)?;
    // SAFETY: the sandbox keeps the meter where it is until `remove`.
    unsafe {
        lua.exec_raw::<()>((), |state| {
            memory::install(state, meter);
            hook::install(state, covered);
        })
    }
}

/// Ends what [`install`] began; no code runs in the VM after that.
pub(super) fn remove(lua: &Lua, meter: &Meter) {
    meter.retire();
    // SAFETY: a state's own allocator is put back; blocks of both are the same.
    let removed: Result<()> = unsafe {
        lua.exec_raw((), |state| {
            hook::remove(state);
            memory::remove(state, meter);
        })
    };
    // Where it fails, the VM ends with the sandbox's allocator, which is as good.
    drop(removed);
}

/// A function that keeps the library's own as its upvalue.
fn over(lua: &Lua, library: &Table, name: &str, function: lua_CFunction) -> Result<Function> {
    let original: Function = library.raw_get(name)?;
    // SAFETY: the one argument becomes the one upvalue.
    unsafe { lua.exec_raw(original, |state| ffi::lua_pushcclosure(state, function, 1)) }
}

/// The library's function under one of [`over`], called in its place: places in errors stay right.
///
/// # Safety
/// `state` runs a function made by [`over`].
unsafe fn original(state: *mut lua_State) -> c_int {
    // SAFETY: the upvalue is a C function.
    unsafe {
        match ffi::lua_tocfunction(state, ffi::lua_upvalueindex(1)) {
            Some(function) => function(state),
            None => 0,
        }
    }
}

/// The meter of a state's VM.
///
/// # Safety
/// `state` belongs to a VM under a meter, which outlives what is done with the result.
unsafe fn meter<'a>(state: *mut lua_State) -> &'a Meter {
    let mut data: *mut c_void = ptr::null_mut();
    // SAFETY: every coroutine has the allocator of its VM, and `memory::install` gave that one a block that begins with the meter's pointer.
    unsafe {
        ffi::lua_getallocf(state, &raw mut data);
        memory::meter(data)
    }
}

/// Raises the error that no script can catch.
///
/// # Safety
/// `state` runs a C function, and nothing with a destructor lives above it.
unsafe fn stop(state: *mut lua_State) -> ! {
    // SAFETY: as for this function. What is raised does not matter: the meter knows.
    unsafe {
        // In place of the topmost value, if there is one: there may be no room for another.
        if ffi::lua_gettop(state) > 0 {
            ffi::lua_settop(state, -2);
        }
        ffi::lua_pushlightuserdata(state, ptr::null_mut());
        ffi::lua_error(state)
    }
}
