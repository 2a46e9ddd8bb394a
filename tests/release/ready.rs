//! The ready declarations on Windows: the shipped scripts and fakes of their libraries as real `__stdcall` DLLs, called by the release.

#[path = "../ready/table.rs"]
mod table;

use crate::support::{build_dll, printed, program, project, read, run};
use crate::windows::{BITNESSES, Bitness, Windows};
use mps_client::message::Response;
use std::fs;
use table::{
    CARD, CASES, CHALLENGE, EVERY, FUNID, READY, SSCARD, VOUCHED, asked, device_of, every_case, server,
    without_psam,
};

/// A desk with every ready library.
fn desk(bitness: &Bitness, test: &str) -> Option<Windows> {
    let (windows, gcc) = (Windows::new(bitness.platform, test)?, program(bitness.gcc)?);
    for ready in READY {
        build_dll(&gcc, ready.source, &windows.desk.join("vendor").join(ready.dll));
    }
    Some(windows)
}

fn write(windows: &Windows, path: &str, text: &[u8]) {
    let path = windows.desk.join(path);
    fs::create_dir_all(path.parent().expect("below the desk")).expect("the desk can be written");
    fs::write(path, text).expect("the desk can be written");
}

/// The answers to every case, by one caller: a Windows program takes long to start.
fn answers(windows: &Windows, bitness: &Bitness) -> Option<Vec<Response<'static>>> {
    let gcc = program(bitness.gcc)?;
    let mut config = String::new();
    for (number, case) in CASES.iter().enumerate() {
        let device = device_of(number);
        config += &case.ready.section_of(&device, case.settings);
        let script = read(&project(&format!("scripts/devices/{}.lua", case.ready.device)));
        write(windows, &format!("scripts/devices/{device}.lua"), &script);
    }
    write(windows, "mps.toml", config.as_bytes());
    write(
        windows,
        &format!("scripts/funids/{EVERY}.lua"),
        every_case().as_bytes(),
    );
    let caller = windows.compile(&gcc, "tests/ready/caller.c");
    let count = CASES.len().to_string();
    let printed = printed(windows.command(&caller).args(["mps_client.dll", &count]));
    let printed = String::from_utf8(printed).expect("UTF-8");
    let answers = printed.split("== ").skip(1).map(|answer| {
        let (_, message) = answer.split_once('\n').expect("its number's line");
        let message = message.trim_end().trim_end_matches("passed");
        Response::decode(message.trim_end().as_bytes()).unwrap_or_else(|error| panic!("{error:?}: {answer}"))
    });
    Some(answers.collect())
}

#[track_caller]
fn assert_gives(response: &Response, expected: &str) {
    assert_eq!(response.result, "0", "{}", response.msg);
    let values = response.body.iter().map(|field| &*field.value);
    let values: Vec<&str> = values.filter(|value| *value != "-").collect();
    assert_eq!(values.join("|"), expected);
}

#[test]
fn every_ready_declaration_is_served() {
    for bitness in &BITNESSES {
        let Some(windows) = desk(bitness, "ready") else {
            return;
        };
        let Some(answers) = answers(&windows, bitness) else {
            return;
        };
        assert_eq!(answers.len(), CASES.len());
        for (case, answer) in CASES.iter().zip(&answers) {
            match case.expected {
                Ok(values) => assert_gives(answer, values),
                Err(part) => assert!(answer.msg.contains(part), "{} has no {part}", answer.msg),
            }
        }
    }
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
        write(&windows, "mps.toml", config.as_bytes());
        let function = SSCARD.funid("read_card", CARD);
        write(
            &windows,
            &format!("scripts/funids/{FUNID}.lua"),
            function.as_bytes(),
        );
        write(&windows, "request.xml", asked().as_bytes());
        let send = &mut windows.command(windows.dist.join("mps.exe"));
        let finished = run(send.args(["send", "--raw", "--library", "mps_client.dll", "request.xml"]));
        let shown = String::from_utf8_lossy(&finished.stderr);
        let answer = Response::decode(&finished.stdout).unwrap_or_else(|error| panic!("{error:?}: {shown}"));
        assert_gives(&answer, card);
        let asked = serving.join().expect("a request came");
        assert!(asked.ends_with(CHALLENGE), "{asked}");
    }
}
