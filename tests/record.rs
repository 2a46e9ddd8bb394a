//! Recordings: calls that are kept without a patient's data, and played again without a device.
#![cfg(target_os = "linux")]

mod desk;

use desk::{Desk, request};
use mps_client::engine::{Engine, Overrides};
use serde_json::Value as Json;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;
use std::{env, fs};

const ID: &str = "11010119000101000X";
const NAME: &str = "欧阳某某";
const TOKEN: &str = "350000ec7ed79i1c4n0a83";

/// A desk whose simulated devices read one invented patient, in many writings.
fn desk(config: &str) -> Desk {
    let desk = Desk::new(&format!("simulate = true\n{config}"));
    desk.write(
        "scripts/simulated/card.lua",
        r#"return mps.simulation { title = "测试", functions = {
          SSC_Open = { returns = 0 }, SSC_Close = { returns = 0 },
          SSC_ReadCard = { returns = 0, info = "350200|11010119000101000X|DG1234567|0123456789ABCDEF0123|欧阳某某|" } } }"#,
    );
    desk.write(
        "scripts/simulated/credential.lua",
        r#"return mps.simulation { title = "测试", functions = {
          NationEcTrans = { returns = "0000", answer = '{"code":0,"message":"成功","data":{"userName":"欧阳某某","idNo":"11010119000101000X","name":"\\u6b27\\u9633\\u67d0\\u67d0","hex":"E6ACA7E998B3E69F90E69F90","url":"%E6%AC%A7%E9%98%B3%E6%9F%90%E6%9F%90","gbk":"%C5%B7%D1%F4","b64":"5qyn6Ziz5p+Q5p+Q","split":"1101 0119 0001 0100 0X","birth":"1900-01-01","ecToken":"350000ec7ed79i1c4n0a83"}}' } } }"#,
    );
    desk
}

fn call(desk: &Desk, types: &[&str]) {
    let engine = Engine::open(desk.home(), Overrides::default()).journaled();
    for cert_type in types {
        let answer = engine.answer(&request(cert_type));
        engine.tell(answer, true);
    }
    engine.flush(Duration::from_secs(20));
}

fn mps(desk: &Desk, arguments: &[&str]) -> (i32, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(env!("CARGO_BIN_EXE_mps"))
        .args(arguments)
        .env("MPS_HOME", desk.home())
        .output()
        .expect("the command runs");
    let text = String::from_utf8(stdout).expect("UTF-8") + &String::from_utf8_lossy(&stderr);
    (status.code().expect("no signal"), text)
}

fn files(desk: &Desk) -> Vec<PathBuf> {
    let entries = fs::read_dir(desk.home().join("recordings")).into_iter().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

fn ids(desk: &Desk) -> Vec<String> {
    let id = |file: PathBuf| file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    files(desk).into_iter().filter_map(id).collect()
}

/// Everything that is left on the disk, the scripts aside.
fn left(desk: &Desk) -> Vec<u8> {
    let folders = ["recordings", "journal", "state"].map(|folder| desk.home().join(folder));
    let mut left = Vec::new();
    for folder in folders {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            left.extend(fs::read(entry.path()).unwrap_or_default());
        }
    }
    left
}

#[test]
fn no_patients_data_is_left_in_any_writing() {
    let desk = desk("record = true\n");
    call(&desk, &["03", "01"]);
    assert_eq!(files(&desk).len(), 2);
    let left = left(&desk);
    let gbk = [0xC5, 0xB7, 0xD1, 0xF4, 0xC4, 0xB3, 0xC4, 0xB3];
    let forbidden: [&[u8]; 17] = [
        ID.as_bytes(),
        b"11010119000101",
        b"19000101",
        NAME.as_bytes(),
        "欧阳".as_bytes(),
        &gbk,
        b"C5B7D1F4",
        b"%C5%B7",
        b"E6ACA7",
        b"%E6%AC%A7",
        br"\u6b27",
        b"5qyn6Ziz",
        b"1101 0119",
        b"0001 0100",
        b"1900-01-01",
        TOKEN.as_bytes(),
        b"DG1234567",
    ];
    for forbidden in forbidden {
        let found = left
            .windows(forbidden.len())
            .any(|window| window.eq_ignore_ascii_case(forbidden));
        assert!(!found, "{}", String::from_utf8_lossy(forbidden));
    }
}

#[test]
fn a_recording_plays_again_the_same_without_a_device() {
    let desk = desk("record = true\n");
    call(&desk, &["03", "01", "99"]);
    fs::remove_file(desk.home().join("scripts/simulated/card.lua")).expect("it is there");
    let (status, text) = mps(&desk, &["replay"]);
    assert_eq!(
        (status, text.contains("回放 3 条，3 条相同")),
        (0, true),
        "{text}"
    );
}

#[test]
fn a_changed_script_shows_where_it_differs() {
    let desk = desk("record = true\n");
    call(&desk, &["03"]);
    let funid = include_str!("../scripts/funids/N04.00.00.01.lua")
        .replace("from = \"cardnum\"", "from = \"cardCode\"");
    desk.write("scripts/funids/N04.00.00.01.lua", &funid);
    let (status, text) = mps(&desk, &["replay", &ids(&desk)[0], "--json"]);
    let json: Json = serde_json::from_str(&text).expect("JSON");
    let differences = json[0]["differences"].as_array().expect("a list");
    assert_eq!((status, differences.len()), (1, 1), "{json}");
    assert_eq!(differences[0]["path"], "body.card_no");
    assert!(mps(&desk, &["replay", &ids(&desk)[0]]).1.contains("有 1 处不同"));
}

#[test]
fn a_recording_becomes_a_scenario_that_passes() {
    let desk = desk("record = true\n");
    call(&desk, &["03", "01"]);
    for id in ids(&desk) {
        let (status, lua) = mps(&desk, &["record", "to-scenario", &id]);
        assert_eq!(status, 0, "{lua}");
        desk.write(&format!("tests/scenarios/{id}.lua"), &lua);
    }
    let (status, text) = mps(
        &desk,
        &["test", &desk.home().join("tests/scenarios").to_string_lossy()],
    );
    assert_eq!(status, 0, "{text}");
}

#[test]
fn faults_are_recorded_and_played_too() {
    let desk = Desk::new("record = true\n[device.card]\nfolder = 'nowhere'\n");
    call(&desk, &["03"]);
    let (_, shown) = mps(&desk, &["record", "show", &ids(&desk)[0]]);
    assert!(shown.contains("\"D001\""), "{shown}");
    let (status, text) = mps(&desk, &["replay"]);
    assert_eq!(status, 0, "{text}");
}

#[test]
fn it_is_turned_on_and_off_and_bounded() {
    let desk = desk("");
    call(&desk, &["03"]);
    assert!(files(&desk).is_empty());
    assert_eq!(mps(&desk, &["record", "list"]).0, 1);
    assert_eq!(mps(&desk, &["record", "on"]).0, 0);
    call(&desk, &["03"]);
    assert_eq!(files(&desk).len(), 1);
    for number in 0..250 {
        desk.write(
            &format!("recordings/00000000000{number:03}-1-1.json"),
            "{\"request\":{}}",
        );
    }
    call(&desk, &["01"]);
    assert_eq!(files(&desk).len(), 200);
    assert!(mps(&desk, &["record", "list"]).1.contains("N04.00.00.01"));
    assert_eq!(mps(&desk, &["record", "off"]).0, 0);
    let before = ids(&desk);
    call(&desk, &["03"]);
    assert_eq!(ids(&desk), before);
    for wrong in [
        ["record", "show", "../mps"],
        ["record", "show", "1-1-1"],
        ["record", "play", "1"],
    ] {
        assert_eq!(mps(&desk, &wrong).0, 2, "{wrong:?}");
    }
}
