//! The functions of `table` that may move without end, with the clock in their loops.

use super::{meter, original, stop};
use mlua::ffi::{self, lua_Integer, lua_State};
use std::ffi::c_int;

/// Moves between two looks at the clock.
const STRIDE: u32 = 1024;

/// Copies the field `from` to the field `to`, and looks at the clock now and then.
unsafe fn step(state: *mut lua_State, table: (c_int, c_int), from: i64, to: i64, moves: &mut u32) {
    // SAFETY: the indices are those of the caller's tables.
    unsafe {
        *moves = moves.wrapping_add(1);
        if (*moves).is_multiple_of(STRIDE) && meter(state).must_stop() {
            stop(state);
        }
        ffi::lua_geti(state, table.0, from);
        ffi::lua_seti(state, table.1, to);
    }
}

/// `table.insert(list, [position,] value)`.
pub(super) unsafe extern "C-unwind" fn insert(state: *mut lua_State) -> c_int {
    // SAFETY: called by Lua; only plain data lives here.
    unsafe {
        ffi::luaL_checktype(state, 1, ffi::LUA_TTABLE);
        let end = ffi::luaL_len(state, 1).wrapping_add(1);
        let position = match ffi::lua_gettop(state) {
            2 => end,
            3 => {
                let position = ffi::luaL_checkinteger(state, 2);
                if position.wrapping_sub(1) as u64 >= end as u64 {
                    return ffi::luaL_argerror(state, 2, c"position out of bounds".as_ptr());
                }
                let (mut at, mut moves) = (end, 0);
                while at > position {
                    step(state, (1, 1), at - 1, at, &mut moves);
                    at -= 1;
                }
                position
            }
            _ => return ffi::luaL_error(state, c"wrong number of arguments to 'insert'".as_ptr()),
        };
        ffi::lua_seti(state, 1, position);
        0
    }
}

/// `table.remove(list [, position])`.
pub(super) unsafe extern "C-unwind" fn remove(state: *mut lua_State) -> c_int {
    // SAFETY: called by Lua; only plain data lives here.
    unsafe {
        ffi::luaL_checktype(state, 1, ffi::LUA_TTABLE);
        let size = ffi::luaL_len(state, 1);
        let mut position = ffi::luaL_optinteger(state, 2, size);
        let given = ffi::lua_gettop(state) > 1;
        if given
            && position != size
            && (size as u64).wrapping_add(1).wrapping_sub(position as u64) > size as u64
        {
            return ffi::luaL_argerror(state, 2, c"position out of bounds".as_ptr());
        }
        ffi::lua_geti(state, 1, position);
        let mut moves = 0;
        while position < size {
            step(state, (1, 1), position + 1, position, &mut moves);
            position += 1;
        }
        ffi::lua_pushnil(state);
        ffi::lua_seti(state, 1, position);
        1
    }
}

/// `table.move(from, first, last, to [, into])`.
pub(super) unsafe extern "C-unwind" fn shift(state: *mut lua_State) -> c_int {
    // SAFETY: called by Lua; only plain data lives here.
    unsafe {
        let first = ffi::luaL_checkinteger(state, 2);
        let last = ffi::luaL_checkinteger(state, 3);
        let to = ffi::luaL_checkinteger(state, 4);
        let into = if ffi::lua_isnoneornil(state, 5) == 0 { 5 } else { 1 };
        ffi::luaL_checktype(state, 1, ffi::LUA_TTABLE);
        ffi::luaL_checktype(state, into, ffi::LUA_TTABLE);
        if last >= first {
            if !(first > 0 || last < lua_Integer::MAX + first) {
                return ffi::luaL_argerror(state, 3, c"too many elements to move".as_ptr());
            }
            let count = last - first + 1;
            if to > lua_Integer::MAX - count + 1 {
                return ffi::luaL_argerror(state, 4, c"destination wrap around".as_ptr());
            }
            // Backwards where the destination would overwrite what is still to be moved.
            let apart = into != 1 && ffi::lua_compare(state, 1, into, ffi::LUA_OPEQ) == 0;
            let forwards = to > last || to <= first || apart;
            let mut moves = 0;
            for offset in 0..count {
                let offset = if forwards { offset } else { count - 1 - offset };
                step(state, (1, into), first + offset, to + offset, &mut moves);
            }
        }
        ffi::lua_pushvalue(state, into);
        1
    }
}

/// `table.sort(list [, less])`: with a comparison that is a call, so that the hook sees each.
pub(super) unsafe extern "C-unwind" fn sort(state: *mut lua_State) -> c_int {
    // SAFETY: called by Lua; the library's function takes over with two arguments.
    unsafe {
        if ffi::lua_isnoneornil(state, 2) != 0 {
            ffi::lua_settop(state, 1);
            ffi::lua_pushcclosure(state, less, 0);
        }
        original(state)
    }
}

unsafe extern "C-unwind" fn less(state: *mut lua_State) -> c_int {
    // SAFETY: `sort` calls with two values.
    unsafe {
        let less = ffi::lua_compare(state, 1, 2, ffi::LUA_OPLT);
        ffi::lua_pushboolean(state, less);
    }
    1
}
