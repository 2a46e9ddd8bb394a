//! Raw requests through `MPS_CallN`, as a caller makes them: any bytes, any room.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::ffi::{c_char, c_int};
use std::sync::Once;

// What is linked is the library itself.
use mps_client as _;

unsafe extern "system" {
    fn MPS_CallN(req: *const c_char, req_len: c_int, resp: *mut c_char, resp_capacity: c_int) -> c_int;
}

/// Room for any answer; the second number is one for which some answers are too long.
const ROOMS: [usize; 4] = [8192, 300, 64, 3];

fuzz_target!(|data: &[u8]| {
    let Some((&choice, request)) = data.split_first() else {
        return;
    };
    static HOME: Once = Once::new();
    HOME.call_once(mps_client_fuzz::home);
    // To the byte, on the heap: the sanitizer sees one too many.
    let request = request.to_vec();
    let mut response = vec![0xA5; ROOMS[usize::from(choice) % ROOMS.len()]];
    let (length, room) = (request.len() as c_int, response.len() as c_int);
    // SAFETY: both lengths are those of the memory.
    let code = unsafe {
        MPS_CallN(
            request.as_ptr().cast(),
            length,
            response.as_mut_ptr().cast(),
            room,
        )
    };
    assert!(code == 0 || code == -3, "{code}");
    assert!(response.contains(&0), "not ended");
    assert!(
        code == -3
            || response.starts_with(b"<")
            || response.starts_with(&[0xFE, 0xFF])
            || response[1] == b'<'
    );
});
