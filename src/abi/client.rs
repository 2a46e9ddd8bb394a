//! The library seen from outside: what `mps send` and `mps test` call, as any other program would.

use super::exports;
use crate::engine::Engine;
pub use crate::script::Returned;
use crate::script::Room;
use libloading::{Library, Symbol};
use std::env;
use std::ffi::{c_char, c_int};
use std::path::Path;
use std::sync::Arc;

type Call = unsafe extern "system" fn(*const c_char, *mut c_char) -> c_int;
type CallN = unsafe extern "system" fn(*const c_char, c_int, *mut c_char, c_int) -> c_int;

/// A loaded library with the calling specification's exports.
pub struct Client {
    library: Library,
}

impl Client {
    /// Loads the library; `path` is a full one, so that no search path decides which library it is.
    pub fn open(path: &Path) -> Result<Client, libloading::Error> {
        // SAFETY: loading runs the library's own initialisation; ours does nothing then, and another was named by the user.
        let library = unsafe { Library::new(path) }?;
        Ok(Client { library })
    }

    /// Loads the library, which finds its files in `home` and the stage of a scenario in `stage`. For a process that does nothing else:
    /// what it says of both, it says to every library.
    pub fn open_at(path: &Path, home: &Path, stage: &Path) -> Result<Client, libloading::Error> {
        // SAFETY: nothing but the library reads the environment here, and it is not loaded yet; the one other thread of the process
        // reads from its pipe.
        unsafe {
            env::set_var(exports::HOME, home);
            env::set_var(exports::STAGE, stage);
        }
        let client = Client::open(path)?;
        client.entry()?;
        Ok(client)
    }

    fn entry(&self) -> Result<Symbol<'_, Call>, libloading::Error> {
        // SAFETY: the specification gives the function of this name this type.
        unsafe { self.library.get::<Call>(b"MPS_Call\0") }
    }

    /// `MPS_Call` with the buffer that a scenario's caller has; `most` is the `response_capacity` that the library knows.
    pub fn call_in(&self, request: &[u8], room: Room, most: usize) -> Result<Returned, String> {
        let call = self.entry().map_err(|_| "动态库里没有 MPS_Call".to_owned())?;
        let request = terminated(request);
        in_room(room, most, |buffer| {
            // SAFETY: `request` ends in a NUL of any width, `buffer` is ours alone, and both outlive the call.
            unsafe { call(request.as_ptr().cast(), buffer.as_mut_ptr().cast()) }
        })
    }

    /// `MPS_Call` with a buffer of `capacity` zeros, a number that the function is not told.
    pub fn call(&self, request: &[u8], capacity: usize) -> Result<Returned, libloading::Error> {
        let call = self.entry()?;
        let request = terminated(request);
        let mut buffer = vec![0; capacity];
        // SAFETY: `request` ends in a NUL of any width, `buffer` is ours alone, and both outlive the call.
        let code = unsafe { call(request.as_ptr().cast(), buffer.as_mut_ptr().cast()) };
        Ok(Returned { code, buffer })
    }

    /// `MPS_CallN` with a buffer of `capacity` zeros.
    pub fn call_n(&self, request: &[u8], capacity: u32) -> Result<Returned, libloading::Error> {
        // SAFETY: our header gives the function of this name this type.
        let call = unsafe { self.library.get::<CallN>(b"MPS_CallN\0") }?;
        let mut buffer = vec![0; capacity as usize];
        let request_len = c_int::try_from(request.len()).unwrap_or(c_int::MAX);
        let room = c_int::try_from(buffer.len()).unwrap_or(c_int::MAX);
        // SAFETY: `request` and `buffer` have at least the lengths that are passed, and both outlive the call.
        let code = unsafe {
            call(
                request.as_ptr().cast(),
                request_len,
                buffer.as_mut_ptr().cast(),
                room,
            )
        };
        Ok(Returned { code, buffer })
    }
}

/// This program's own `MPS_Call`, answered by a scenario's engine, with the buffer that a caller has.
pub fn call_staged(engine: Arc<Engine>, request: &[u8], room: Room) -> Result<Returned, String> {
    let most = engine.bounds().response_capacity;
    let request = terminated(request);
    in_room(room, most, |buffer| {
        let call = || {
            // SAFETY: `request` ends in a NUL of any width, `buffer` is ours alone, and both outlive the call.
            unsafe { exports::MPS_Call(request.as_ptr().cast(), buffer.as_mut_ptr().cast()) }
        };
        exports::staged(engine, call)
    })
}

/// Calls with a caller's buffer. The function is told no size: what it may believe is there, is there.
fn in_room(room: Room, most: usize, call: impl FnOnce(&mut [u8]) -> c_int) -> Result<Returned, String> {
    let mut buffer = guarded(room, most);
    let code = call(&mut buffer);
    let beyond = buffer.split_off(room.capacity);
    within(&beyond, room, most)?;
    Ok(Returned { code, buffer })
}

/// What stands behind a caller's buffer.
const BEYOND: u8 = 0xA7;

/// A caller's buffer, and behind it what `MPS_Call` may write into by mistake.
fn guarded(room: Room, most: usize) -> Vec<u8> {
    let mut buffer = room.buffer();
    buffer.resize(room.capacity.max(most) + 16, BEYOND);
    buffer
}

/// Whether nothing was written behind the buffer.
fn within(beyond: &[u8], room: Room, most: usize) -> Result<(), String> {
    if beyond.iter().all(|byte| *byte == BEYOND) {
        return Ok(());
    }
    let capacity = room.capacity;
    Err(format!(
        "MPS_Call写到了resp之外：resp只有{capacity}字节，而mps.toml的response_capacity是{most}；\
         请把它改为调用方真正准备的字节数，或用t:config设置"
    ))
}

/// The request as a C string, whether its characters have 8 or 16 bits.
fn terminated(request: &[u8]) -> Vec<u8> {
    [request, &[0, 0]].concat()
}
