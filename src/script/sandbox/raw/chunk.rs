//! Loading source in small pieces: what the compiler makes of some texts takes it longer than the budget.

use super::super::meter::Limit;
use super::{meter, stop};
use mlua::ffi::{self, lua_State};
use mlua::{Error, Function, Lua, Result, Value};
use std::ffi::{c_char, c_void};
use std::{ptr, slice};

/// Bytes that the compiler gets at a time. Few, because each may be a level deeper on the stack.
const PIECE: usize = 16;

/// What is left to be compiled.
struct Rest {
    at: *const u8,
    length: usize,
}

/// The function of a source text, never of bytecode; `name` is the file's, for messages.
pub(in crate::script::sandbox) fn load(lua: &Lua, name: &str, text: &str) -> Result<Function> {
    let name: Vec<u8> = [b"@", name.as_bytes(), b"\0"].concat();
    let mut rest = Rest {
        at: text.as_ptr(),
        length: text.len(),
    };
    // SAFETY: `rest` and `name` outlive the call and belong to no frame that an error leaves; the text is read within its length.
    let loaded: Value = unsafe {
        lua.exec_raw((), |state| {
            let data = (&raw mut rest).cast();
            let status = ffi::lua_load(state, piece, data, name.as_ptr().cast(), c"t".as_ptr());
            if status == ffi::LUA_ERRMEM {
                meter(state).trip(Limit::Memory);
            }
        })?
    };
    match loaded {
        Value::Function(function) => Ok(function),
        Value::String(message) => Err(Error::SyntaxError {
            message: message.to_string_lossy(),
            incomplete_input: false,
        }),
        _ => Err(Error::runtime("stopped")),
    }
}

unsafe extern "C-unwind" fn piece(
    state: *mut lua_State,
    data: *mut c_void,
    size: *mut usize,
) -> *const c_char {
    // SAFETY: `data` is the `Rest` of `load`, and nothing else refers to it meanwhile.
    unsafe {
        if meter(state).must_stop() {
            // The compiler keeps more on the stack than a C function may.
            ffi::lua_settop(state, 0);
            stop(state);
        }
        if meter(state).is_deep() {
            ffi::lua_settop(state, 0);
            ffi::lua_pushstring(state, c"C stack overflow".as_ptr());
            ffi::lua_error(state);
        }
        let rest = &mut *data.cast::<Rest>();
        if rest.length == 0 {
            *size = 0;
            return ptr::null();
        }
        let whole = slice::from_raw_parts(rest.at, rest.length);
        let (piece, left) = whole.split_at(PIECE.min(whole.len()));
        (rest.at, rest.length) = (left.as_ptr(), left.len());
        *size = piece.len();
        piece.as_ptr().cast()
    }
}
