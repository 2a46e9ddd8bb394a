//! Scripts that mean harm, or loop by mistake: each is refused in time through the library's real `MPS_Call`, and the next call works.
//!
//! `--nocapture` prints how long each took; `MPS_HOSTILE_LIBRARY` names another library than this build's, `MPS_HOSTILE_ONLY` a part of
//! the scripts' names.
#![cfg(target_os = "linux")]

mod desk;
#[path = "hostile/suite.rs"]
mod suite;

use desk::Desk;
use desk::process::run;
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

fn library() -> PathBuf {
    let program = env::current_exe().expect("the test program has a path");
    env::var_os("MPS_HOSTILE_LIBRARY")
        .map_or_else(|| program.with_file_name("libmps_client.so"), PathBuf::from)
}

fn compile(desk: &Desk) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let caller = desk.home().join("hostile");
    let compiled = Command::new("cc")
        .args(["-std=gnu99", "-O1", "-Wall", "-Wextra", "-Werror", "-I"])
        .arg(root.join("release"))
        .arg(root.join("tests/hostile/caller.c"))
        .arg("-o")
        .arg(&caller)
        .args(["-ldl", "-lpthread"])
        .status();
    assert!(compiled.expect("a C compiler").success());
    caller
}

#[test]
fn every_hostile_script_is_answered_in_time_and_the_next_call_works() {
    let tools = Desk::new("");
    let caller = compile(&tools);
    suite::assert_refused(&|home, funids| {
        let mut command = Command::new(&caller);
        command.arg(library()).args(funids).env("MPS_HOME", home);
        String::from_utf8_lossy(&run(&mut command).stdout).into_owned()
    });
}
