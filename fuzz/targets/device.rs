//! Declared functions against a library that writes what the fuzzer says, through the whole of a call.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mps_client::engine::{Engine, Overrides};
use mps_client::message::Response;
use std::ffi::{CString, c_int, c_void};
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

struct Fake {
    engine: Engine,
    say: unsafe extern "C" fn(*const u8, c_int),
}

unsafe extern "C" {
    fn dlopen(path: *const i8, flags: c_int) -> *mut c_void;
    fn dlsym(library: *mut c_void, name: *const i8) -> *mut c_void;
}

fuzz_target!(|data: &[u8]| {
    let Some((&way, said)) = data.split_first() else {
        return;
    };
    static FAKE: OnceLock<Fake> = OnceLock::new();
    let fake = FAKE.get_or_init(fake);
    // SAFETY: the fake keeps a copy.
    unsafe { (fake.say)(said.as_ptr(), said.len() as c_int) };
    let way = char::from(b'a' + way % 8);
    let request =
        format!("<request><Header><funid>FUZZ</funid></Header><Body><way>{way}</way></Body></request>");
    let answer = fake.engine.answer(request.as_bytes());
    Response::decode(&answer.bytes).expect("a well-formed response");
});

fn fake() -> Fake {
    let home = mps_client_fuzz::folder("[device.fuzz]\nfolder = '.'\non_caller_thread = true\n");
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("device");
    for (from, to) in [
        ("device.lua", "scripts/devices/fuzz.lua"),
        ("funid.lua", "scripts/funids/FUZZ.lua"),
    ] {
        let to = home.join(to);
        std::fs::create_dir_all(to.parent().expect("a folder")).expect("a folder can be made");
        std::fs::copy(scripts.join(from), to).expect("a script can be copied");
    }
    let library = home.join("libfuzz.so");
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(&library)
        .arg(scripts.join("vendor.c"))
        .status();
    assert!(built.is_ok_and(|status| status.success()));
    let path = CString::new(library.to_str().expect("a plain path")).expect("a plain path");
    // SAFETY: our own library, with a function of this type.
    let say = unsafe {
        let library = dlopen(path.as_ptr(), 2);
        let say = dlsym(library, c"say".as_ptr());
        assert!(!say.is_null());
        std::mem::transmute::<*mut c_void, unsafe extern "C" fn(*const u8, c_int)>(say)
    };
    let engine = Engine::open(&home, Overrides::default());
    assert_eq!(engine.problem().map(|problem| problem.to_string()), None);
    Fake { engine, say }
}
