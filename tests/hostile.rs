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
use std::path::PathBuf;
use std::process::Command;

fn library() -> PathBuf {
    let program = env::current_exe().expect("the test program has a path");
    env::var_os("MPS_HOSTILE_LIBRARY")
        .map_or_else(|| program.with_file_name("libmps_client.so"), PathBuf::from)
}

#[test]
fn every_hostile_script_is_answered_in_time_and_the_next_call_works() {
    let tools = Desk::new("");
    let caller = tools.compile("tests/hostile/caller.c", &[]);
    suite::assert_refused(&|home, funids| {
        let mut command = Command::new(&caller);
        command.arg(library()).args(funids).env("MPS_HOME", home);
        String::from_utf8_lossy(&run(&mut command).stdout).into_owned()
    });
}
