//! The ready declarations on Windows: the shipped scripts and fakes of their libraries as real `__stdcall` DLLs, called by the release.

#[path = "../ready/table.rs"]
mod table;

use crate::support::{printed, program, project, run};
use crate::windows::{BITNESSES, Bitness, Windows};
use mps_client::message::Response;
use std::fs;
use std::process::Command;
use table::{CARD, CASES, CHALLENGE, FUNID, READY, Ready, SSCARD, VOUCHED, asked, server, without_psam};

/// A desk with every ready library.
fn desk(bitness: &Bitness, test: &str) -> Option<Windows> {
    let (windows, gcc) = (Windows::new(bitness.platform, test)?, program(bitness.gcc)?);
    for ready in READY {
        fs::create_dir_all(windows.desk.join("vendor")).expect("the desk can be written");
        printed(
            Command::new(&gcc)
                .args([
                    "-shared",
                    "-Wall",
                    "-Werror",
                    "-Wl,--kill-at",
                    "-fexec-charset=GBK",
                    "-o",
                ])
                .arg(windows.desk.join("vendor").join(ready.dll))
                .arg(project("tests/vendors").join(ready.source)),
        );
    }
    let folder = windows.desk.join("scripts/funids");
    fs::create_dir_all(folder).expect("the desk can be written");
    fs::write(windows.desk.join("request.xml"), asked()).expect("the desk can be written");
    Some(windows)
}

fn call(windows: &Windows, ready: &Ready, config: &str, method: &str, fields: &str) -> Response {
    let write = |path: &str, text: &str| {
        fs::write(windows.desk.join(path), text).expect("the desk can be written");
    };
    write("mps.toml", config);
    write(
        &format!("scripts/funids/{FUNID}.lua"),
        &ready.funid(method, fields),
    );
    let send = &mut windows.command(windows.dist.join("mps.exe"));
    let finished = run(send.args(["send", "--raw", "--library", "mps_client.dll", "request.xml"]));
    let shown = String::from_utf8_lossy(&finished.stderr);
    Response::decode(&finished.stdout).unwrap_or_else(|error| panic!("{error:?}: {shown}"))
}

#[track_caller]
fn assert_gives(response: &Response, expected: &str) {
    assert_eq!(response.result, "0", "{}", response.msg);
    let values = response.body.iter().map(|field| field.value.as_str());
    let values: Vec<&str> = values.filter(|value| *value != "-").collect();
    assert_eq!(values.join("|"), expected);
}

fn serve_every_case(bitness: &Bitness) {
    let Some(windows) = desk(bitness, "ready") else {
        return;
    };
    for case in CASES {
        let config = case.ready.section(case.settings);
        let response = call(&windows, &case.ready, &config, case.method, case.fields);
        match case.expected {
            Ok(values) => assert_gives(&response, values),
            Err(part) => assert!(response.msg.contains(part), "{} has no {part}", response.msg),
        }
    }
}

#[test]
fn every_ready_declaration_is_served_in_32_bits() {
    serve_every_case(&BITNESSES[0]);
}

#[test]
fn every_ready_declaration_is_served_in_64_bits() {
    serve_every_case(&BITNESSES[1]);
}

#[test]
fn the_regions_server_vouches_for_a_card() {
    for bitness in &BITNESSES {
        let Some(windows) = desk(bitness, "ready-server") else {
            return;
        };
        let (answer, card) = VOUCHED;
        let (address, serving) = server("200 OK", answer);
        let (settings, besides) = without_psam(address);
        let config = SSCARD.section(&settings) + &besides;
        assert_gives(&call(&windows, &SSCARD, &config, "read_card", CARD), card);
        let asked = serving.join().expect("a request came");
        assert!(asked.ends_with(CHALLENGE), "{asked}");
    }
}
