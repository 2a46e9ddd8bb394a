//! Memory: Lua's own allocator, with a count and a limit.

use super::super::meter::Meter;
use mlua::ffi::{self, LUA_TSTRING, lua_Alloc, lua_State};
use std::ffi::c_void;
use std::ptr;

/// What the allocator is given each time.
struct Counted {
    meter: *const Meter,
    inner: lua_Alloc,
    inner_data: *mut c_void,
}

/// Counts from now on; what is held already is counted too.
///
/// # Safety
/// The meter stays where it is until [`remove`].
pub(super) unsafe fn install(state: *mut lua_State, meter: &Meter) {
    let mut inner_data = ptr::null_mut();
    // SAFETY: the state is a live one, and the new allocator hands on to the old.
    unsafe {
        let kilobytes = ffi::lua_gc(state, ffi::LUA_GCCOUNT);
        meter.took(usize::try_from(kilobytes).unwrap_or(0) << 10);
        let inner = ffi::lua_getallocf(state, &raw mut inner_data);
        let counted = Box::new(Counted {
            meter,
            inner,
            inner_data,
        });
        ffi::lua_setallocf(state, allocate, Box::into_raw(counted).cast());
    }
}

/// Puts the state's own allocator back.
///
/// # Safety
/// [`install`] was called on this VM with this meter.
pub(super) unsafe fn remove(state: *mut lua_State, meter: &Meter) {
    let mut data = ptr::null_mut();
    // SAFETY: what `install` gave the state is taken back, once.
    unsafe {
        ffi::lua_getallocf(state, &raw mut data);
        let counted = Box::from_raw(data.cast::<Counted>());
        debug_assert!(ptr::eq(counted.meter, meter));
        ffi::lua_setallocf(state, counted.inner, counted.inner_data);
    }
}

/// # Safety
/// `data` is what [`install`] gave a state.
pub(super) unsafe fn meter<'a>(data: *mut c_void) -> &'a Meter {
    // SAFETY: by contract.
    unsafe { &*(*data.cast::<Counted>()).meter }
}

/// `osize` is a block's size, or, of a block to be made, the kind of its object.
unsafe extern "C" fn allocate(
    data: *mut c_void,
    block: *mut c_void,
    osize: usize,
    nsize: usize,
) -> *mut c_void {
    // SAFETY: Lua hands on what `install` gave it, and keeps the rules of an allocator towards both.
    unsafe {
        let counted = &*data.cast::<Counted>();
        let meter = &*counted.meter;
        let before = if block.is_null() { 0 } else { osize };
        let is_text = block.is_null() && osize == LUA_TSTRING as usize;
        if nsize > before && !meter.grants(nsize - before, is_text) {
            return ptr::null_mut();
        }
        let made = (counted.inner)(counted.inner_data, block, osize, nsize);
        if made.is_null() && nsize > 0 {
            return made;
        }
        if nsize > before {
            meter.took(nsize - before);
        } else {
            meter.gave_back(before - nsize);
        }
        made
    }
}
