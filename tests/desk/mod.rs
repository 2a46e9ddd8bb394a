//! A desk for tests: a home folder of its own, and vendors' libraries built from tests/vendors.
#![allow(dead_code, reason = "each test binary uses its own part")]

pub mod command;
#[cfg(target_os = "linux")]
pub mod process;
pub mod product;
pub mod sample;
#[cfg(target_os = "linux")]
pub mod wine;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A home folder that is gone when the test is.
pub struct Desk {
    home: PathBuf,
}

impl Desk {
    pub fn new(config: &str) -> Desk {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let home = std::env::temp_dir().join(format!("mps-desk-{}-{number}", std::process::id()));
        let desk = Desk { home };
        desk.write("mps.toml", config);
        desk
    }

    /// A desk with both vendors' libraries, whose behaviour `port` and `address` choose.
    pub fn with_vendors(port: &str, address: &str) -> Desk {
        let desk = Desk::new(&format!(
            "[device.credential]\nfolder = 'vendor'\nurl = '{address}'\norg_id = 'H350XXXXXX'\noperator_name = '测试员'\n\
             [device.card]\nfolder = 'vendor'\nport = '{port}'\n"
        ));
        desk.install_vendors();
        desk
    }

    pub fn home(&self) -> &Path {
        &self.home
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.home.join(path);
        std::fs::create_dir_all(path.parent().expect("below home")).expect("a folder can be made");
        std::fs::write(path, text).expect("a file can be written");
    }

    pub fn append(&self, text: &str) {
        self.write("mps.toml", &(self.config() + text));
    }

    pub fn prepend(&self, text: &str) {
        self.write("mps.toml", &(text.to_owned() + &self.config()));
    }

    pub fn install_vendors(&self) {
        let folder = self.home.join("vendor");
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        for built in vendors() {
            let name = built.file_name().expect("a library has a name");
            std::fs::copy(built, folder.join(name)).expect("a library can be copied");
        }
    }

    /// Puts one more C fake of tests/vendors into the vendors' folder, built once by each test process.
    pub fn install(&self, source: &str, library: &str) {
        static BUILT: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fakes-{}", std::process::id()));
        let built = folder.join(source).join(library);
        let mut all = BUILT.lock().expect("no build fails without its test");
        if all.insert(built.clone()) {
            build(source, &built);
        }
        drop(all);
        let vendor = self.home.join("vendor");
        std::fs::create_dir_all(&vendor).expect("a folder can be made");
        std::fs::copy(built, vendor.join(library)).expect("a library can be copied");
    }

    /// Compiles a program in C of the project, which loads the library or is linked with what `libraries` name, into the home folder.
    pub fn compile(&self, source: &str, libraries: &[&str]) -> PathBuf {
        let (root, program) = (Path::new(env!("CARGO_MANIFEST_DIR")), self.home.join("caller"));
        let compiler = Command::new("cc")
            .args(["-std=gnu99", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-I"])
            .arg(root.join("release"))
            .arg("-o")
            .arg(&program)
            .arg(root.join(source))
            .args(libraries)
            .args(["-ldl", "-lpthread"])
            .status();
        assert!(compiler.expect("a C compiler").success(), "{source}");
        program
    }

    fn config(&self) -> String {
        std::fs::read_to_string(self.home.join("mps.toml")).expect("written before")
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.home);
    }
}

/// Waits until something holds.
#[track_caller]
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    until_some(what, || holds().then_some(()));
}

/// Waits until there is something.
#[track_caller]
pub fn until_some<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let patience = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(Instant::now() < patience, "never: {what}");
        sleep(Duration::from_millis(10));
    }
}

/// The specification's request for a kind of certificate.
pub fn request(cert_type: &str) -> Vec<u8> {
    format!(
        "<?xml version=\"1.0\" encoding=\"GBK\" ?>\n<request>\n    <Header>\n        <funid>N04.00.00.01</funid>\n        \
         <sign>0000000000000000</sign>\n    </Header>\n    <Body>\n        <mdtrt_cert_type>{cert_type}</mdtrt_cert_type>\n    \
         </Body>\n</request>"
    )
    .into_bytes()
}

/// The script that the devices' handbook shows under this path.
pub fn handbook(path: &str) -> &'static str {
    let blocks = include_str!("../../docs/设备手册.md").split("```lua\n").skip(1);
    let scripts = blocks.filter_map(|rest| Some(rest.split_once("```")?.0));
    let mut shown = scripts.filter(|script| script.starts_with(&format!("-- {path}\n")));
    shown
        .next()
        .unwrap_or_else(|| panic!("the handbook does not show {path}"))
}

/// The C fakes of the base scripts' libraries, built once by each test process.
fn vendors() -> &'static [PathBuf; 2] {
    static BUILT: OnceLock<[PathBuf; 2]> = OnceLock::new();
    BUILT.get_or_init(|| {
        [
            ("ssc_card.c", "libSSCard.so"),
            ("nation_ec.c", "libNationECCode.so"),
        ]
        .map(|(source, library)| {
            let folder =
                Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("vendors-{}", std::process::id()));
            build(source, &folder.join(library))
        })
    })
}

/// Builds one C fake of tests/vendors.
fn build(source: &str, library: &Path) -> PathBuf {
    std::fs::create_dir_all(library.parent().expect("a file in a folder")).expect("a folder can be made");
    let compiler = Command::new("cc")
        .args([
            "-shared",
            "-fPIC",
            "-Wall",
            "-Werror",
            "-fexec-charset=GBK",
            "-fvisibility=hidden",
            "-o",
        ])
        .arg(library)
        .arg(format!("{}/tests/vendors/{source}", env!("CARGO_MANIFEST_DIR")))
        .arg("-ldl")
        .status();
    assert!(compiler.expect("a C compiler").success(), "{source}");
    library.to_owned()
}
