//! The libraries that are measured, each loaded from a home folder of its own.

use super::child;
use super::desks::{self, Folder};
use libloading::Library;
use std::ffi::{CString, c_char, c_int};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// The two sample requests: what they are called and what they hold.
pub const REQUESTS: [(&str, &[u8]); 2] = [
    ("卡", include_bytes!("../../tests/vectors/request-card.xml")),
    (
        "凭证",
        include_bytes!("../../tests/vectors/request-credential.xml"),
    ),
];

/// A library that can be called.
pub struct Contender {
    pub name: &'static str,
    pub library: PathBuf,
    pub function: &'static str,
}

/// All of them.
pub struct Contenders {
    pub all: Vec<Contender>,
    /// The library under test.
    pub ours: PathBuf,
    /// A program in C, as most callers are: it has nothing loaded but C's own library.
    legacy: PathBuf,
    /// Holds their homes.
    pub folder: Folder,
}

pub const FLOOR: &str = "下限";
pub const HARDCODED: &str = "硬编码";
pub const HANDWRITTEN: &str = "C++";
pub const DECLARED: &str = "声明";

impl Contenders {
    /// Builds what is missing, and lays out a home for each.
    pub fn build() -> Contenders {
        let ours = ours();
        let folder = Folder::new("measure");
        let yardstick = |name: &'static str, library: PathBuf, function| Contender {
            name,
            library,
            function,
        };
        let vendors = folder.twenty("yardsticks").join("vendor");
        // SAFETY: no other thread runs yet.
        unsafe { env::set_var("YARDSTICK_VENDORS", vendors) };
        let hardcoded = hardcoded();
        let mut all = vec![
            yardstick(FLOOR, hardcoded.clone(), "Floor_Call"),
            yardstick(HARDCODED, hardcoded, "MPS_Call"),
        ];
        all.extend(handwritten(&folder).map(|library| yardstick(HANDWRITTEN, library, "MPS_Call")));
        for (number, variant) in desks::variants().into_iter().enumerate() {
            let home = folder.desk(&format!("desk{number}"), &variant.config, &variant.scripts);
            all.push(yardstick(variant.name, put(&ours, &home), "MPS_Call"));
        }
        let legacy = legacy(&folder);
        Contenders {
            all,
            ours,
            legacy,
            folder,
        }
    }

    /// The numbers that the program in C prints, which loads a contender and calls it.
    pub fn legacy(&self, contender: &Contender, request: &[u8], words: &[&str]) -> Vec<f64> {
        let file = self.folder.path().join("request.xml");
        fs::write(&file, request).expect("a file can be written");
        let mut command = Command::new(&self.legacy);
        command.arg(&contender.library).arg(file).args(words);
        child::numbers(command)
    }

    pub fn named(&self, name: &str) -> Option<&Contender> {
        self.all.iter().find(|contender| contender.name == name)
    }
}

/// Puts a copy of the library into its home: the system takes another file for another library.
pub fn put(library: &Path, home: &Path) -> PathBuf {
    let copy = home.join("libmps_client.so");
    fs::copy(library, &copy).expect("the library can be copied");
    copy
}

fn ours() -> PathBuf {
    if let Some(library) = env::var_os("MPS_LIBRARY") {
        return library.into();
    }
    run(Command::new("release/build.sh").arg("linux-x64"));
    desks::project("target/dist/linux-x64/libmps_client.so")
}

fn hardcoded() -> PathBuf {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    run(Command::new(cargo).args(["build", "--release", "--locked", "--example", "hardcoded"]));
    desks::target().join("release/examples/libhardcoded.so")
}

fn handwritten(folder: &Folder) -> Option<PathBuf> {
    let library = folder.path().join("libhandwritten.so");
    let built = Command::new("g++")
        .args(["-O2", "-shared", "-fPIC", "-fvisibility=hidden", "-o"])
        .arg(&library)
        .arg(desks::project("benches/yardsticks/handwritten.cpp"))
        .arg("-lpugixml")
        .status();
    let built = built.is_ok_and(|status| status.success());
    if !built {
        eprintln!("not measured here: the C++ library, which needs g++, libpugixml-dev and rapidjson-dev");
    }
    built.then_some(library)
}

fn legacy(folder: &Folder) -> PathBuf {
    let program = folder.path().join("legacy");
    let source = desks::project("benches/callers/linux.c");
    run(Command::new("cc")
        .args(["-O2", "-o"])
        .arg(&program)
        .arg(source)
        .arg("-ldl"));
    program
}

fn run(command: &mut Command) {
    let status = command.current_dir(env!("CARGO_MANIFEST_DIR")).status();
    assert!(status.is_ok_and(|status| status.success()), "{command:?}");
}

type Function = unsafe extern "system" fn(*const c_char, *mut c_char) -> c_int;

/// A loaded library, ready to be called with one request.
pub struct Caller {
    function: Function,
    request: CString,
    response: Vec<u8>,
}

impl Caller {
    pub fn new(contender: &Contender, request: &[u8]) -> Caller {
        Caller::load(&contender.library, contender.function, request)
    }

    pub fn load(library: &Path, function: &str, request: &[u8]) -> Caller {
        // SAFETY: our own libraries; the type is that of their function, and they are never unloaded.
        let function = unsafe {
            let library =
                Library::new(library).unwrap_or_else(|error| panic!("{}: {error}", library.display()));
            let function = *library
                .get::<Function>(function)
                .expect("the function is exported");
            std::mem::forget(library);
            function
        };
        let request = CString::new(request).expect("a request has no NUL");
        Caller {
            function,
            request,
            response: vec![0; 8192],
        }
    }

    /// Calls once.
    pub fn call(&mut self) {
        // SAFETY: the request ends in a NUL, and the buffer is as large as the library is told.
        let code = unsafe { (self.function)(self.request.as_ptr(), self.response.as_mut_ptr().cast()) };
        assert_eq!(code, 0);
    }

    /// Calls once and makes sure that it was served.
    pub fn checked(mut self) -> Caller {
        self.call();
        let served = self
            .response
            .windows(18)
            .any(|part| part == b"<result>0</result>");
        assert!(served, "{}", encoding_rs::GBK.decode(&self.response).0);
        self
    }
}
