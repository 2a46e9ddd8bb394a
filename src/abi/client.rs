//! The library seen from outside: what `mps send` calls, as any other program would.

use libloading::Library;
use std::ffi::{c_char, c_int};
use std::path::Path;

type Call = unsafe extern "system" fn(*const c_char, *mut c_char) -> c_int;
type CallN = unsafe extern "system" fn(*const c_char, c_int, *mut c_char, c_int) -> c_int;

/// A loaded library with the calling specification's exports.
pub struct Client {
    library: Library,
}

/// What a call gave back.
pub struct Returned {
    /// 0: the buffer holds a response message.
    pub code: i32,
    /// The whole buffer.
    pub buffer: Vec<u8>,
}

impl Client {
    /// Loads the library; `path` is a full one, so that no search path decides which library it is.
    pub fn open(path: &Path) -> Result<Client, libloading::Error> {
        // SAFETY: loading runs the library's own initialisation; ours does nothing then, and another was named by the user.
        let library = unsafe { Library::new(path) }?;
        Ok(Client { library })
    }

    /// `MPS_Call` with a buffer of `capacity` zeros, a number that the function is not told.
    pub fn call(&self, request: &[u8], capacity: usize) -> Result<Returned, libloading::Error> {
        // SAFETY: the specification gives the function of this name this type.
        let call = unsafe { self.library.get::<Call>(b"MPS_Call\0") }?;
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

/// The request as a C string, whether its characters have 8 or 16 bits.
fn terminated(request: &[u8]) -> Vec<u8> {
    [request, &[0, 0]].concat()
}
