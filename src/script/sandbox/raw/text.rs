//! The functions of `string` that search by patterns, and `string.rep`.

use super::super::pattern::{Capture, Fault, Matcher, find_plain, is_plain};
use super::{meter, original, stop};
use mlua::ffi::{self, lua_State, luaL_Buffer};
use std::ffi::{c_char, c_int};
use std::mem::MaybeUninit;
use std::slice;

/// `string.find(text, pattern [, init [, plain]])`.
pub(super) unsafe extern "C-unwind" fn find(state: *mut lua_State) -> c_int {
    // SAFETY: called by Lua; only plain data lives here.
    unsafe { search(state, true) }
}

/// `string.match(text, pattern [, init])`.
pub(super) unsafe extern "C-unwind" fn matched(state: *mut lua_State) -> c_int {
    // SAFETY: called by Lua; only plain data lives here.
    unsafe { search(state, false) }
}

unsafe fn search(state: *mut lua_State, find: bool) -> c_int {
    // SAFETY: called by the two functions above; the texts stay on the stack.
    unsafe {
        let subject = argument(state, 1);
        let pattern = argument(state, 2);
        let Some(start) = start(state, subject.len()) else {
            ffi::lua_pushnil(state);
            return 1;
        };
        let watch = meter(state);
        if find && (ffi::lua_toboolean(state, 4) != 0 || is_plain(pattern)) {
            return match sound(state, find_plain(subject, pattern, start, watch)) {
                Some(at) => {
                    push_position(state, at + 1);
                    push_position(state, at + pattern.len());
                    2
                }
                None => {
                    ffi::lua_pushnil(state);
                    1
                }
            };
        }
        let (pattern, anchored) = unanchored(pattern);
        let mut matcher = Matcher::new(subject, pattern, watch);
        let last = if anchored { start } else { subject.len() };
        for at in start..=last {
            let Some(end) = sound(state, matcher.at(at)) else {
                continue;
            };
            if !find {
                return push_captures(state, subject, &matcher, Some((at, end)));
            }
            push_position(state, at + 1);
            push_position(state, end);
            return 2 + push_captures(state, subject, &matcher, None);
        }
        ffi::lua_pushnil(state);
        1
    }
}

/// `string.gmatch(text, pattern [, init])`.
pub(super) unsafe extern "C-unwind" fn gmatch(state: *mut lua_State) -> c_int {
    // SAFETY: called by Lua; only plain data lives here.
    unsafe {
        let subject = argument(state, 1);
        argument(state, 2);
        let start = start(state, subject.len()).unwrap_or(subject.len() + 1);
        ffi::lua_settop(state, 2);
        push_position(state, start);
        // Where the last match ended; none has yet.
        ffi::lua_pushinteger(state, -1);
        ffi::lua_pushcclosure(state, next_match, 4);
    }
    1
}

/// The iterator of [`gmatch`]: its upvalues are text, pattern, position and the end of the last match.
unsafe extern "C-unwind" fn next_match(state: *mut lua_State) -> c_int {
    // SAFETY: called by Lua; the texts are upvalues, which stay.
    unsafe {
        let upvalue = |index| ffi::lua_upvalueindex(index);
        let subject = argument(state, upvalue(1));
        let pattern = argument(state, upvalue(2));
        let start = usize::try_from(ffi::lua_tointeger(state, upvalue(3))).unwrap_or(usize::MAX);
        let last_end = usize::try_from(ffi::lua_tointeger(state, upvalue(4))).ok();
        let watch = meter(state);
        let mut matcher = Matcher::new(subject, pattern, watch);
        for at in start..=subject.len() {
            let end = sound(state, matcher.at(at));
            let Some(end) = end.filter(|end| Some(*end) != last_end) else {
                continue;
            };
            for index in [3, 4] {
                push_position(state, end);
                ffi::lua_replace(state, upvalue(index));
            }
            return push_captures(state, subject, &matcher, Some((at, end)));
        }
    }
    0
}

/// `string.gsub(text, pattern, replacement [, most])`.
pub(super) unsafe extern "C-unwind" fn gsub(state: *mut lua_State) -> c_int {
    // SAFETY: called by Lua; only plain data lives here, and the texts stay on the stack.
    unsafe {
        let subject = argument(state, 1);
        let pattern = argument(state, 2);
        let kind = ffi::lua_type(state, 3);
        if !matches!(
            kind,
            ffi::LUA_TNUMBER | ffi::LUA_TSTRING | ffi::LUA_TTABLE | ffi::LUA_TFUNCTION
        ) {
            return ffi::luaL_argerror(state, 3, c"string/function/table expected".as_ptr());
        }
        let everything = i64::try_from(subject.len()).unwrap_or(i64::MAX).saturating_add(1);
        let most = ffi::luaL_optinteger(state, 4, everything);
        let (pattern, anchored) = unanchored(pattern);
        let watch = meter(state);
        let mut matcher = Matcher::new(subject, pattern, watch);
        let mut buffer = MaybeUninit::<luaL_Buffer>::uninit();
        let buffer = buffer.as_mut_ptr();
        ffi::luaL_buffinit(state, buffer);
        let (mut at, mut last_end, mut count, mut changed) = (0, None, 0_i64, false);
        while count < most {
            let end = sound(state, matcher.at(at));
            if let Some(end) = end.filter(|end| Some(*end) != last_end) {
                count += 1;
                changed |= add_replacement(state, buffer, subject, &matcher, (at, end), kind);
                (at, last_end) = (end, Some(end));
            } else if let Some(byte) = subject.get(at..at + 1) {
                add(buffer, byte);
                at += 1;
            } else {
                break;
            }
            if anchored {
                break;
            }
        }
        if changed {
            add(buffer, subject.get(at..).unwrap_or_default());
            ffi::luaL_pushresult(buffer);
        } else {
            ffi::lua_pushvalue(state, 1);
        }
        ffi::lua_pushinteger(state, count);
        2
    }
}

/// Adds what replaces a match; whether that is something else than the match.
unsafe fn add_replacement(
    state: *mut lua_State,
    buffer: *mut luaL_Buffer,
    subject: &[u8],
    matcher: &Matcher<'_>,
    (at, end): (usize, usize),
    kind: c_int,
) -> bool {
    // SAFETY: as for `gsub`; the value to be added is the topmost, as the buffer wants it.
    unsafe {
        match kind {
            ffi::LUA_TFUNCTION => {
                ffi::lua_pushvalue(state, 3);
                let arguments = push_captures(state, subject, matcher, Some((at, end)));
                if meter(state).is_deep() {
                    ffi::luaL_error(state, c"C stack overflow".as_ptr());
                }
                ffi::lua_callk(state, arguments, 1, 0, None);
            }
            ffi::LUA_TTABLE => {
                push_capture(state, subject, sound(state, matcher.capture(0, at, end)));
                ffi::lua_gettable(state, 3);
            }
            _ => {
                add_template(state, buffer, subject, matcher, (at, end));
                return true;
            }
        }
        if ffi::lua_toboolean(state, -1) == 0 {
            ffi::lua_settop(state, -2);
            add(buffer, subject.get(at..end).unwrap_or_default());
            return false;
        }
        if ffi::lua_isstring(state, -1) == 0 {
            let name = ffi::lua_typename(state, ffi::lua_type(state, -1));
            ffi::luaL_error(state, c"invalid replacement value (a %s)".as_ptr(), name);
        }
        ffi::luaL_addvalue(buffer);
        true
    }
}

/// Adds the replacement text with its `%0` to `%9`.
unsafe fn add_template(
    state: *mut lua_State,
    buffer: *mut luaL_Buffer,
    subject: &[u8],
    matcher: &Matcher<'_>,
    (at, end): (usize, usize),
) {
    // SAFETY: as for `gsub`; the third argument stays on the stack.
    unsafe {
        let mut template = argument(state, 3);
        while let Some(escape) = template.iter().position(|&byte| byte == b'%') {
            let (plain, rest) = template.split_at(escape);
            add(buffer, plain);
            match rest.get(1) {
                Some(b'%') => add(buffer, b"%"),
                Some(b'0') => add(buffer, subject.get(at..end).unwrap_or_default()),
                Some(digit @ b'1'..=b'9') => {
                    let index = usize::from(digit - b'1');
                    match sound(state, matcher.capture(index, at, end)) {
                        Capture::Part(start, end) => {
                            add(buffer, subject.get(start..end).unwrap_or_default());
                        }
                        position => {
                            push_capture(state, subject, position);
                            ffi::luaL_addvalue(buffer);
                        }
                    }
                }
                _ => {
                    let text = c"invalid use of '%c' in replacement string";
                    ffi::luaL_error(state, text.as_ptr(), c_int::from(b'%'));
                }
            }
            template = rest.get(2..).unwrap_or_default();
        }
        add(buffer, template);
    }
}

/// `string.rep(text, count [, separator])`: of nothing at all there is nothing to repeat.
pub(super) unsafe extern "C-unwind" fn rep(state: *mut lua_State) -> c_int {
    // SAFETY: called by Lua; the library's function takes over where the result is of a size that is allowed.
    unsafe {
        let text = argument(state, 1).len();
        let count = ffi::luaL_checkinteger(state, 2);
        let separator = if ffi::lua_isnoneornil(state, 3) != 0 {
            0
        } else {
            argument(state, 3).len()
        };
        let each = text.saturating_add(separator);
        if each == 0 {
            ffi::lua_pushlstring(state, c"".as_ptr(), 0);
            return 1;
        }
        let size = each.saturating_mul(usize::try_from(count).unwrap_or(0));
        if size > meter(state).longest_text().saturating_add(separator) {
            return ffi::luaL_error(state, c"resulting string too large".as_ptr());
        }
        original(state)
    }
}

/// A text argument or upvalue; numbers are texts too.
unsafe fn argument<'a>(state: *mut lua_State, index: c_int) -> &'a [u8] {
    let mut length = 0;
    // SAFETY: what is not a text raises an error; a text does not move while it is referred to.
    unsafe {
        let start = ffi::luaL_checklstring(state, index, &raw mut length);
        slice::from_raw_parts(start.cast(), length)
    }
}

/// Where the third argument says to begin, from 0; `None` behind the end.
unsafe fn start(state: *mut lua_State, length: usize) -> Option<usize> {
    // SAFETY: called by functions that Lua called.
    let init = unsafe { ffi::luaL_optinteger(state, 3, 1) };
    // Positions may be larger than addresses.
    let distance = usize::try_from(init.unsigned_abs()).unwrap_or(usize::MAX);
    let start = if init < 0 {
        length.saturating_sub(distance)
    } else {
        distance.saturating_sub(1)
    };
    (start <= length).then_some(start)
}

fn unanchored(pattern: &[u8]) -> (&[u8], bool) {
    match pattern.strip_prefix(b"^") {
        Some(rest) => (rest, true),
        None => (pattern, false),
    }
}

/// The result, or the error that it is.
unsafe fn sound<T>(state: *mut lua_State, result: Result<T, Fault>) -> T {
    // SAFETY: called by functions that Lua called, with plain data alone.
    unsafe {
        match result {
            Ok(result) => result,
            Err(Fault::Stopped) => stop(state),
            Err(Fault::NoCapture(number)) => {
                let number = c_int::try_from(number).unwrap_or(0);
                ffi::luaL_error(state, c"invalid capture index %%%d".as_ptr(), number);
                stop(state)
            }
            Err(Fault::Malformed(text)) => {
                ffi::luaL_where(state, 1);
                ffi::lua_pushlstring(state, text.as_ptr().cast(), text.len());
                ffi::lua_concat(state, 2);
                ffi::lua_error(state)
            }
        }
    }
}

unsafe fn push_position(state: *mut lua_State, position: usize) {
    // SAFETY: callers push no more than there is room for.
    unsafe { ffi::lua_pushinteger(state, i64::try_from(position).unwrap_or(i64::MAX)) }
}

/// Pushes every capture; `whole` stands in where the pattern has none.
unsafe fn push_captures(
    state: *mut lua_State,
    subject: &[u8],
    matcher: &Matcher<'_>,
    whole: Option<(usize, usize)>,
) -> c_int {
    let count = match (matcher.captures(), whole) {
        (0, Some(_)) => 1,
        (count, _) => count,
    };
    let (at, end) = whole.unwrap_or_default();
    // A pattern has at most 32 captures.
    let pushed = c_int::try_from(count).unwrap_or(0);
    // SAFETY: called by functions that Lua called; there is room for the captures.
    unsafe {
        ffi::luaL_checkstack(state, pushed, c"too many captures".as_ptr());
        for index in 0..count {
            push_capture(state, subject, sound(state, matcher.capture(index, at, end)));
        }
    }
    pushed
}

unsafe fn push_capture(state: *mut lua_State, subject: &[u8], capture: Capture) {
    // SAFETY: as for the callers.
    unsafe {
        match capture {
            Capture::Position(position) => push_position(state, position),
            Capture::Part(start, end) => {
                let part = subject.get(start..end).unwrap_or_default();
                ffi::lua_pushlstring(state, part.as_ptr().cast::<c_char>(), part.len());
            }
        }
    }
}

unsafe fn add(buffer: *mut luaL_Buffer, bytes: &[u8]) {
    // SAFETY: the buffer is the topmost thing on the stack, as all of `gsub` keeps it.
    unsafe { ffi::luaL_addlstring(buffer, bytes.as_ptr().cast(), bytes.len()) }
}
