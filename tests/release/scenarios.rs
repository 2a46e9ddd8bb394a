//! The product's own scenarios through the release's DLLs: `mps.exe test --library`.

use crate::desk::product;
use crate::support::{dist, project, read, run};
use crate::windows::{BITNESSES, Windows};
use serde_json::Value as Json;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Exit status, what it told programs, and what it complained of.
fn played(command: &mut Command, library: &Path) -> (Option<i32>, String, String) {
    let finished = run(command.arg("--library").arg(library).arg("--json"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&finished.stdout), text(&finished.stderr));
    (finished.status.code(), stdout, stderr)
}

fn test(windows: &Windows, program: &Path) -> Command {
    let mut command = windows.command(program);
    command.args(["test", "--home", "."]);
    command
}

/// How many were played, which must all have passed.
#[track_caller]
fn passed(command: &mut Command, library: &Path) -> u64 {
    let (status, said, complaint) = played(command, library);
    let json: Json = serde_json::from_str(&said).unwrap_or_else(|_| panic!("no JSON: {said}{complaint}"));
    let failed: Vec<&Json> = json["scenarios"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|scenario| scenario["ok"] != true)
        .collect();
    assert!(
        status == Some(0) && json["ok"] == true,
        "{failed:#?} {}",
        json["unusable"]
    );
    assert!(
        json["library"]
            .as_str()
            .is_some_and(|path| path.ends_with("mps_client.dll"))
    );
    json["total"].as_u64().expect("a number")
}

#[test]
fn the_products_own_scenarios_hold_against_the_dlls() {
    for bitness in BITNESSES {
        let Some(windows) = Windows::new(bitness.platform, "scenarios") else {
            return;
        };
        product::furnish(&windows.desk);
        let (program, library) = (windows.dist.join("mps.exe"), windows.dist.join("mps_client.dll"));
        let files = fs::read_dir(product::scenarios()).expect("tests/scenarios is there");
        let mut total = passed(&mut test(&windows, &program), &library);
        for file in files {
            let file = file.expect("tests/scenarios can be read").path();
            total += passed(test(&windows, &program).arg(file), &library);
        }
        assert!(total > 100, "{total}");
    }
}

/// A DLL of the other bitness is called by that bitness's own command beside this one; where there is none, that is told.
#[test]
fn a_dll_of_the_other_bitness_is_called_by_the_program_beside() {
    for (bitness, other) in BITNESSES.iter().zip(BITNESSES.iter().rev()) {
        let (Some(windows), Some(dist)) = (Windows::new(bitness.platform, "crosswise"), dist(other.platform))
        else {
            return;
        };
        let scenarios = windows.desk.join("tests/scenarios");
        fs::create_dir_all(&scenarios).expect("the desk can be written");
        let card = project("tests/scenarios/card.lua");
        fs::write(scenarios.join("card.lua"), read(&card)).expect("the desk can be written");
        let library = dist.join("mps_client.dll");
        let total = passed(&mut test(&windows, &windows.dist.join("mps.exe")), &library);
        assert!(total > 10, "{total}");

        let alone = windows.desk.join("mps.exe");
        fs::copy(windows.dist.join("mps.exe"), &alone).expect("the desk can be written");
        let (status, _, said) = played(&mut test(&windows, &alone), &library);
        assert_eq!(status, Some(2), "{said}");
        assert!(
            said.contains("位Windows的") && said.contains("旁边又没有 mps-host-x"),
            "{said}"
        );
    }
}
