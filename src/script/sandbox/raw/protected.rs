//! What catches errors in Lua, except those of limits.

use super::super::meter::Limit;
use super::{meter, stop};
use mlua::ffi::{self, LUA_ERRMEM, LUA_MULTRET, LUA_OK, LUA_YIELD, lua_KContext, lua_State};
use std::ffi::c_int;

/// `pcall(function, …)`.
pub(super) unsafe extern "C-unwind" fn pcall(state: *mut lua_State) -> c_int {
    // SAFETY: called by Lua; only plain data lives here.
    unsafe {
        ffi::luaL_checkany(state, 1);
        ffi::lua_pushboolean(state, 1);
        ffi::lua_insert(state, 1);
        let arguments = ffi::lua_gettop(state) - 2;
        let status = ffi::lua_pcallk(state, arguments, LUA_MULTRET, 0, 0, Some(caught));
        caught(state, status, 0)
    }
}

/// `xpcall(function, handler, …)`.
pub(super) unsafe extern "C-unwind" fn xpcall(state: *mut lua_State) -> c_int {
    // SAFETY: called by Lua; only plain data lives here.
    unsafe {
        let arguments = ffi::lua_gettop(state) - 2;
        ffi::luaL_checktype(state, 2, ffi::LUA_TFUNCTION);
        ffi::lua_pushvalue(state, 2);
        ffi::lua_pushcclosure(state, handle, 1);
        ffi::lua_replace(state, 2);
        ffi::lua_pushboolean(state, 1);
        ffi::lua_pushvalue(state, 1);
        ffi::lua_rotate(state, 3, 2);
        let status = ffi::lua_pcallk(state, arguments, LUA_MULTRET, 2, 2, Some(caught));
        caught(state, status, 2)
    }
}

/// The end of a protected call whose results stand above `kept` values.
unsafe extern "C-unwind" fn caught(state: *mut lua_State, status: c_int, kept: lua_KContext) -> c_int {
    // SAFETY: called by Lua or by a function above; only plain data lives here.
    unsafe {
        hand_on_limits(state, status);
        if status != LUA_OK && status != LUA_YIELD {
            ffi::lua_pushboolean(state, 0);
            ffi::lua_pushvalue(state, -2);
            return 2;
        }
        ffi::lua_gettop(state) - c_int::try_from(kept).unwrap_or(0)
    }
}

/// The handler of an `xpcall`. Errors of the hook come with hooks switched off: what a script's own handler did then, nothing would stop.
unsafe extern "C-unwind" fn handle(state: *mut lua_State) -> c_int {
    // SAFETY: called by Lua with the error; only plain data lives here.
    unsafe {
        let meter = meter(state);
        if !meter.must_stop() && !meter.is_deep() {
            ffi::lua_pushvalue(state, ffi::lua_upvalueindex(1));
            ffi::lua_insert(state, 1);
            ffi::lua_callk(state, 1, 1, 0, None);
        }
        1
    }
}

/// `coroutine.resume(coroutine, …)`.
pub(super) unsafe extern "C-unwind" fn resume(state: *mut lua_State) -> c_int {
    // SAFETY: called by Lua; only plain data lives here.
    unsafe {
        ffi::luaL_checktype(state, 1, ffi::LUA_TTHREAD);
        let coroutine = ffi::lua_tothread(state, 1);
        let arguments = ffi::lua_gettop(state) - 1;
        if ffi::lua_checkstack(coroutine, arguments) == 0 {
            return refused(state, c"too many arguments to resume");
        }
        ffi::lua_xmove(state, coroutine, arguments);
        let mut results = 0;
        let status = ffi::lua_resume(coroutine, state, arguments, &raw mut results);
        hand_on_limits(state, status);
        if status != LUA_OK && status != LUA_YIELD {
            ffi::lua_pushboolean(state, 0);
            ffi::lua_xmove(coroutine, state, 1);
            return 2;
        }
        if ffi::lua_checkstack(state, results.saturating_add(1)) == 0 {
            ffi::lua_settop(coroutine, -results - 1);
            return refused(state, c"too many results to resume");
        }
        ffi::lua_pushboolean(state, 1);
        ffi::lua_xmove(coroutine, state, results);
        results + 1
    }
}

unsafe fn refused(state: *mut lua_State, text: &'static std::ffi::CStr) -> c_int {
    // SAFETY: a C function has room for two values.
    unsafe {
        ffi::lua_pushboolean(state, 0);
        ffi::lua_pushstring(state, text.as_ptr());
    }
    2
}

/// Goes on raising where a limit was hit: what `pcall` catches would otherwise be tried again.
unsafe fn hand_on_limits(state: *mut lua_State, status: c_int) {
    // SAFETY: as for the callers.
    unsafe {
        let meter = meter(state);
        if status == LUA_ERRMEM {
            meter.trip(Limit::Memory);
        }
        if meter.tripped().is_some() {
            stop(state);
        }
    }
}
