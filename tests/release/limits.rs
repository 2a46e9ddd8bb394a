//! The hostile scripts against the DLLs of the release.

use crate::hostile::assert_refused;
use crate::support::{program, run};
use crate::windows::{BITNESSES, Bitness, Windows};

fn assert_limits_hold(bitness: &Bitness) {
    let (Some(windows), Some(gcc)) = (Windows::new(bitness.platform, "limits"), program(bitness.gcc)) else {
        return;
    };
    let executable = windows.compile(&gcc, "tests/hostile/caller.c");
    assert_refused(&|home, funids| {
        let mut command = windows.command(&executable);
        command.arg("mps_client.dll").args(funids).env("MPS_HOME", home);
        String::from_utf8_lossy(&run(&mut command).stdout).into_owned()
    });
}

#[test]
fn limits_hold_in_32_bits() {
    assert_limits_hold(&BITNESSES[0]);
}

#[test]
fn limits_hold_in_64_bits() {
    assert_limits_hold(&BITNESSES[1]);
}
