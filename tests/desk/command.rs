//! The built `mps` command at a desk.

use super::Desk;
use serde_json::Value as Json;
use std::process::{Command, Output};

/// Exit status, and what it printed and complained of.
pub fn mps(desk: &Desk, arguments: &[&str]) -> (i32, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(env!("CARGO_BIN_EXE_mps"))
        .args(arguments)
        .env("MPS_HOME", desk.home())
        .output()
        .expect("the command runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (status.code().expect("no signal"), text(stdout), text(stderr))
}

/// Exit status, and what it tells programs.
pub fn json(desk: &Desk, arguments: &[&str]) -> (i32, Json) {
    let (code, stdout, stderr) = mps(desk, &[arguments, &["--json"]].concat());
    assert_eq!(stderr, "", "{arguments:?}");
    (code, serde_json::from_str(&stdout).expect("JSON"))
}
