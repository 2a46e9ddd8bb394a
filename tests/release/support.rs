//! What the tests of the release share.

pub use crate::desk::process::{printed, run};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// The two values of mdtrt_cert_type, each with its message in `tests/vectors`.
pub const KINDS: [(&str, &str); 2] = [("01", "credential"), ("03", "card")];

/// A path within the project.
pub fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The path if something is there. Otherwise the test fails if everything has to be tested, and says why it stops if not.
pub fn needed(path: PathBuf, remedy: &str) -> Option<PathBuf> {
    if path.exists() {
        return Some(path);
    }
    let missing = format!("{} is missing: run {remedy}", path.display());
    assert!(env::var_os("MPS_TEST_ALL").is_none(), "{missing}");
    eprintln!("not tested here: {missing}");
    None
}

/// A folder of the release.
pub fn dist(platform: &str) -> Option<PathBuf> {
    needed(
        project("target/dist").join(platform),
        &format!("release/build.sh {platform}"),
    )
}

/// A tool that the set-up puts under `target/tools`.
pub fn tool(path: &str) -> Option<PathBuf> {
    let tools = env::var_os("MPS_TOOLS").map_or_else(|| project("target/tools"), PathBuf::from);
    needed(tools.join(path), "tests/setup/all.sh")
}

/// A program of the system.
pub fn program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file());
    needed(found.unwrap_or_else(|| name.into()), "tests/setup/all.sh")
}

/// What the specification's samples answer to a kind of credential, in GBK.
pub fn sample_response(name: &str) -> Vec<u8> {
    read(&project(&format!("tests/vectors/response-{name}-ok.xml")))
}

/// The request of the specification's samples.
pub fn sample_request(name: &str) -> PathBuf {
    project(&format!("tests/vectors/request-{name}.xml"))
}

/// The same message in UTF-8, declared so.
pub fn in_utf8(gbk: &[u8]) -> Vec<u8> {
    let (text, _, _) = encoding_rs::GBK.decode(gbk);
    text.replacen("GBK", "UTF-8", 1).into_bytes()
}

/// Reads a file that is there.
pub fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// An empty folder for one test.
pub fn empty_folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("release").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("target/tmp can be written");
    folder
}

/// A desk: a folder with a platform's library, and devices that are simulated.
pub fn desk(dist: &Path, name: &str) -> PathBuf {
    let desk = empty_folder(name);
    for library in ["mps_client.dll", "libmps_client.so"] {
        if dist.join(library).exists() {
            fs::copy(dist.join(library), desk.join(library)).expect("target/tmp can be written");
        }
    }
    fs::write(desk.join("mps.toml"), "simulate = true\n").expect("target/tmp can be written");
    desk
}

/// Builds a C fake of `tests/vendors` as a DLL whose names are undecorated.
pub fn build_dll(gcc: &Path, source: &str, dll: &Path) {
    fs::create_dir_all(dll.parent().expect("a file in a folder")).expect("the desk can be written");
    printed(
        Command::new(gcc)
            .args([
                "-shared",
                "-Wall",
                "-Werror",
                "-Wl,--kill-at",
                "-fexec-charset=GBK",
                "-o",
            ])
            .arg(dll)
            .arg(project("tests/vendors").join(source)),
    );
}

/// Holds a message against the expected one, but for white space behind it.
#[track_caller]
pub fn assert_message(message: &[u8], expected: &[u8]) {
    let shown = |bytes: &[u8]| match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::GBK.decode(bytes).0.into_owned(),
    };
    assert_eq!(shown(message.trim_ascii_end()), shown(expected.trim_ascii_end()));
    assert_eq!(
        message.trim_ascii_end(),
        expected.trim_ascii_end(),
        "the bytes differ"
    );
}
