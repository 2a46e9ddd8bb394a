//! The hook: asks the clock at every call and every few instructions, and past the limit at every one.

use super::super::meter::Limit;
use super::meter;
use crate::script::coverage;
use mlua::ffi::{
    self, LUA_HOOKCOUNT, LUA_HOOKLINE, LUA_MASKCALL, LUA_MASKCOUNT, LUA_MASKLINE, lua_Debug, lua_State,
};
use std::ffi::{c_char, c_int};

/// Instructions between two looks at the clock.
const STRIDE: c_int = 8;
/// Frames that are searched for a line.
const FRAMES: c_int = 16;

/// `covered`: the lines that run are noted.
///
/// # Safety
/// The VM is under a meter until [`remove`]. Coroutines inherit the hook.
pub(super) unsafe fn install(state: *mut lua_State, covered: bool) {
    let mask = LUA_MASKCALL | LUA_MASKCOUNT;
    // SAFETY: a hook may be set at any time.
    unsafe {
        match covered {
            false => ffi::lua_sethook(state, Some(hook), mask, STRIDE),
            true => ffi::lua_sethook(state, Some(covering_hook), mask | LUA_MASKLINE, STRIDE),
        }
    }
}

/// # Safety
/// `state` is live.
pub(super) unsafe fn remove(state: *mut lua_State) {
    // SAFETY: as in `install`.
    unsafe { ffi::lua_sethook(state, None, 0, 0) }
}

unsafe extern "C-unwind" fn hook(state: *mut lua_State, ar: *mut lua_Debug) {
    // SAFETY: Lua calls with a live state and record; nothing with a destructor lives when an error is raised.
    unsafe {
        let meter = meter(state);
        if (*ar).event == LUA_HOOKCOUNT && !meter.is_armed() {
            // A way into Lua that nobody armed. The host's own small steps are calls, not instructions.
            meter.trip(Limit::Time);
        }
        if meter.must_stop() {
            meter.stopped_at(|| place(state, ar));
            // No `pcall` may run even one instruction more.
            every_instruction(state);
            ffi::lua_pushlightuserdata(state, std::ptr::null_mut());
            ffi::lua_error(state);
        }
        if meter.has_long_texts() && ffi::lua_gethookcount(state) != 1 {
            // One of them may compare or join the longest texts.
            every_instruction(state);
        }
        if meter.is_deep() {
            ffi::luaL_error(state, c"C stack overflow".as_ptr());
        }
    }
}

unsafe extern "C-unwind" fn covering_hook(state: *mut lua_State, ar: *mut lua_Debug) {
    // SAFETY: as in `hook`; noting a line raises no error of Lua's.
    unsafe {
        if (*ar).event != LUA_HOOKLINE {
            return hook(state, ar);
        }
        if ffi::lua_getinfo(state, c"S".as_ptr(), ar) != 0
            && let Some(file) = bytes((*ar).source, (*ar).srclen).strip_prefix(b"@")
            && let Ok(line) = usize::try_from((*ar).currentline)
        {
            coverage::ran(file, line);
        }
    }
}

unsafe fn every_instruction(state: *mut lua_State) {
    // SAFETY: a hook may be set at any time.
    unsafe { ffi::lua_sethook(state, ffi::lua_gethook(state), ffi::lua_gethookmask(state), 1) }
}

/// The file and line that run, or that called what runs.
unsafe fn place(state: *mut lua_State, ar: *mut lua_Debug) -> Option<(String, usize)> {
    (0..FRAMES).find_map(|level| {
        // SAFETY: the record is Lua's own, filled before it is read.
        unsafe {
            if ffi::lua_getstack(state, level, ar) == 0
                || ffi::lua_getinfo(state, c"Sl".as_ptr(), ar) == 0
                || (*ar).currentline <= 0
            {
                return None;
            }
            let source = bytes((*ar).source, (*ar).srclen);
            let file = String::from_utf8_lossy(source.strip_prefix(b"@")?).into_owned();
            Some((file, usize::try_from((*ar).currentline).unwrap_or(0)))
        }
    })
}

unsafe fn bytes<'a>(start: *const c_char, length: usize) -> &'a [u8] {
    if start.is_null() {
        return &[];
    }
    // SAFETY: Lua gives a text's start and length.
    unsafe { std::slice::from_raw_parts(start.cast(), length) }
}
