//! Recordings: calls that are kept without a patient's data, and played again without a device.
#![cfg(target_os = "linux")]

mod desk;

use desk::{Desk, eventually, request};
use mps_client::engine::{Engine, Overrides, record};
use serde_json::Value as Json;
use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::time::Duration;
use std::{env, fs, thread};

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
    let requests: Vec<Vec<u8>> = types.iter().map(|cert_type| request(cert_type)).collect();
    send(desk, &requests);
}

/// Hands requests over as they are; the results that came of them.
fn send(desk: &Desk, requests: &[Vec<u8>]) -> Vec<String> {
    let engine = Engine::open(desk.home(), Overrides::default()).journaled();
    let result = |request: &Vec<u8>| {
        let answer = engine.answer(request);
        let result = answer.result.to_string();
        engine.tell(&answer, true);
        result
    };
    let results = requests.iter().map(result).collect();
    engine.flush(Duration::from_secs(20));
    results
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

#[test]
fn a_recording_plays_against_a_kept_generation() {
    let desk = desk("record = true\n");
    let keep = || {
        let engine = Engine::open(desk.home(), Overrides::default());
        engine.keep().expect("it can be kept");
    };
    keep();
    call(&desk, &["03"]);
    let funid = include_str!("../scripts/funids/N04.00.00.01.lua")
        .replace("from = \"cardnum\"", "from = \"cardCode\"");
    desk.write("scripts/funids/N04.00.00.01.lua", &funid);
    keep();
    let id = &ids(&desk)[0];
    for (generation, status, told) in [
        ("1", 1, "有 1 处不同\n  body.card_no"),
        ("2", 0, "回放 1 条，1 条相同"),
        ("3", 2, "没有保留这一代"),
    ] {
        let (code, text) = mps(&desk, &["replay", id, "--generation", generation]);
        assert_eq!(
            (code, text.contains(told)),
            (status, true),
            "{generation}: {text}"
        );
    }
}

/// A program that is killed with the test.
struct Caller(Child);

impl Drop for Caller {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts it; files may have `most` bytes.
fn calling(desk: &Desk, program: &Path, most: Option<u32>) -> Caller {
    let library = env::current_exe()
        .expect("a path")
        .with_file_name("libmps_client.so");
    let most = most.map(|most| most.to_string());
    let caller = Command::new(program)
        .arg(library)
        .args(most)
        .env("MPS_HOME", desk.home())
        .spawn();
    Caller(caller.expect("it can be started"))
}

/// Checks that every recording is whole, and tells how many there are.
#[track_caller]
fn whole(desk: &Desk) -> usize {
    let files = files(desk);
    let mut count = 0;
    for file in &files {
        let name = file.file_name().expect("a name").to_string_lossy();
        if !name.starts_with('.') {
            let json: Json =
                serde_json::from_slice(&fs::read(file).expect("it can be read")).expect("it is whole");
            assert!(
                json["response"]["fields"].is_array() && json["exchanges"].is_array(),
                "{json}"
            );
            count += 1;
        }
    }
    let listed = mps(desk, &["record", "list", "--json"]).1;
    let listed: Json = serde_json::from_str(&listed).expect("JSON");
    assert_eq!(listed.as_array().map(Vec::len), Some(count));
    count
}

#[test]
fn callers_that_are_killed_leave_whole_recordings() {
    const SIGKILL: i32 = 9;
    let desk = desk("record = true\n");
    let program = desk.compile("tests/recordings/endless.c", &[]);
    for round in 0..6 {
        let known = ids(&desk);
        let mut callers = [calling(&desk, &program, None), calling(&desk, &program, None)];
        eventually("a recording", || {
            ids(&desk).iter().filter(|id| !known.contains(id)).count() > 3
        });
        // At another moment each time.
        thread::sleep(Duration::from_micros(700 * round));
        for caller in &mut callers {
            caller.0.kill().expect("it runs");
        }
        for caller in &mut callers {
            assert_eq!(caller.0.wait().expect("it was killed").signal(), Some(SIGKILL));
        }
        assert!((1..=200).contains(&whole(&desk)));
    }
}

#[test]
fn what_cannot_be_written_to_its_end_is_no_recording_and_no_failed_call() {
    let desk = desk("record = true\n[journal]\non = false\n");
    call(&desk, &["03"]);
    let program = desk.compile("tests/recordings/endless.c", &[]);
    // It gives up where a call fails.
    let mut caller = calling(&desk, &program, Some(16_384));
    eventually("the failure is told", || {
        mps(&desk, &["status"]).1.contains("E011")
    });
    assert!(caller.0.try_wait().expect("a child").is_none());
    drop(caller);
    assert_eq!(whole(&desk), 1);
}

#[test]
fn what_a_killed_process_had_begun_is_not_shown_and_goes_in_time() {
    let desk = desk("record = true\n");
    let [old, new] = [".99-0.tmp", ".99-1.tmp"].map(|name| {
        desk.write(&format!("recordings/{name}"), "{\"request\":{\"fun");
        desk.home().join("recordings").join(name)
    });
    let file = fs::File::options()
        .write(true)
        .open(&old)
        .expect("it can be opened");
    let hours = std::time::SystemTime::now() - Duration::from_secs(7200);
    file.set_modified(hours).expect("times can be set");
    call(&desk, &["03"]);
    assert_eq!(whole(&desk), 1);
    assert_eq!((old.exists(), new.exists()), (false, true));
}

#[test]
fn links_in_the_folder_are_neither_followed_nor_removed() {
    let desk = desk("record = true\n");
    let victims = ["victim", "other"].map(|name| desk.home().join(name));
    for victim in &victims {
        fs::write(victim, "{\"request\":{},\"kept\":true}").expect("it can be written");
    }
    let folder = record::folder(desk.home());
    fs::create_dir_all(&folder).expect("a folder");
    // The names that this process writes under first, and older recordings than any.
    let mut links: Vec<PathBuf> = (0..3000)
        .map(|number| folder.join(format!(".{}-{number}.tmp", std::process::id())))
        .collect();
    links.extend((0..210).map(|number| folder.join(format!("00000000000{number:03}-1-1.json"))));
    for (number, link) in links.iter().enumerate() {
        symlink(&victims[number % 2], link).expect("a link can be made");
    }
    let outside = desk.home().join("outside");
    fs::create_dir(&outside).expect("a folder");
    fs::write(outside.join("00000000000001-1-1.json"), "{}").expect("it can be written");
    symlink(&outside, folder.join("00000000000999-1-1.json")).expect("a link can be made");
    call(&desk, &["03", "01"]);
    for victim in &victims {
        let text = fs::read_to_string(victim).expect("it is there");
        assert_eq!(text, "{\"request\":{},\"kept\":true}");
    }
    assert!(outside.join("00000000000001-1-1.json").exists());
    for link in &links {
        assert!(fs::symlink_metadata(link).expect("it is there").is_symlink());
    }
    assert_eq!(record::list(&folder).len(), 2);
    let (_, listed) = mps(&desk, &["record", "list", "--json"]);
    assert!(!listed.contains("00000000000"), "{listed}");
}

/// A desk whose region takes only requests that are signed.
fn signed_desk() -> Desk {
    let desk = desk("record = true\nregion = '350200'\n");
    desk.write(
        "scripts/regions/350200/protocol.lua",
        "local function sum(text)\n  return mps.crypto.md5(text):sub(1, 16)\nend\nreturn mps.protocol {\n  \
         verify = function(request)\n    if request.sign == sum(request.text) then return true end\n    \
         return false, '签名不符'\n  end,\n  sign = function(response) return sum(response.text) end,\n}\n",
    );
    desk
}

/// A request with a name in it, and a signature.
fn signed(right: bool) -> Vec<u8> {
    let body = "<mdtrt_cert_type>03</mdtrt_cert_type><psn_name>欧阳某某</psn_name>";
    let sign = match right {
        true => md5_of(body),
        false => "0123456789abcdef".to_owned(),
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><request><Header><funid>N04.00.00.01</funid><sign>{sign}</sign></Header>\
         <Body>{body}</Body></request>"
    )
    .into_bytes()
}

/// The beginning of a text's MD5, by the system's own tool.
fn md5_of(text: &str) -> String {
    let output = Command::new("sh")
        .args(["-c", "printf %s \"$0\" | md5sum", text])
        .output()
        .expect("a shell");
    String::from_utf8(output.stdout).expect("text")[..16].to_owned()
}

#[test]
fn a_recorded_signature_counts_as_it_was_taken() {
    let desk = signed_desk();
    assert_eq!(send(&desk, &[signed(true), signed(false)]), ["0", "-1"]);
    let (status, text) = mps(&desk, &["replay"]);
    assert_eq!(
        (status, text.contains("回放 2 条，2 条相同")),
        (0, true),
        "{text}"
    );
    let (_, lua) = mps(&desk, &["record", "to-scenario", &ids(&desk)[0]]);
    assert!(lua.contains("校验签名"), "{lua}");
    // A region that no longer verifies serves what it refused, whose devices were not asked then.
    fs::remove_file(desk.home().join("scripts/regions/350200/protocol.lua")).expect("it is there");
    let [good, refused] = <[String; 2]>::try_from(ids(&desk)).expect("two recordings");
    assert_eq!(mps(&desk, &["replay", &good]).0, 0);
    let (status, text) = mps(&desk, &["replay", &refused]);
    assert_eq!(
        (
            status,
            text.contains("录制时  签名不符\n    现在    场景没有写card")
        ),
        (1, true),
        "{text}"
    );
}

#[test]
fn requests_that_cannot_be_read_leave_their_skeletons() {
    let gbk = |text: &str| -> Vec<u8> {
        // The name in GBK, the rest as it is.
        let name: &[u8] = &[0xC5, 0xB7, 0xD1, 0xF4, 0xC4, 0xB3, 0xC4, 0xB3];
        let pieces: Vec<&[u8]> = text.split(NAME).map(str::as_bytes).collect();
        pieces.join(name)
    };
    let head =
        "<request><Header><funid>N04.00.00.01</funid></Header><Body><mdtrt_cert_type>03</mdtrt_cert_type>";
    let cut = format!("{head}<idcard_no>{ID}</idcard_no><psn_name>{NAME}");
    let wide: Vec<u8> = format!("{head}<a>{ID}")
        .bytes()
        .flat_map(|byte| [0, 0, byte])
        .collect();
    let requests = [
        gbk(&cut),
        gbk(&format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>{cut}</psn_name></Body></request>"
        )),
        gbk(&format!("{head}<{NAME}>{ID}</x></Body></request>")),
        gbk(&format!("{head}<a>{NAME}&{ID}</a></Body></request>")),
        wide,
        [cut.as_bytes(), &b"x".repeat(10_000)].concat(),
    ];
    let desk = desk("record = true\nrequest_limit = 4096\n[journal]\non = false\n");
    let results = send(&desk, &requests);
    assert!(results.iter().all(|result| result == "-1"));
    let left = left(&desk);
    let forbidden: [&[u8]; 8] = [
        ID.as_bytes(),
        b"11010119",
        b"19000101",
        NAME.as_bytes(),
        "欧阳".as_bytes(),
        &[0xC5, 0xB7, 0xD1, 0xF4],
        br"\u6b27",
        b"1\\u00001",
    ];
    for forbidden in forbidden {
        let found = left.windows(forbidden.len()).any(|window| window == forbidden);
        assert!(!found, "{}", String::from_utf8_lossy(forbidden));
    }
    let ids = ids(&desk);
    let shown: Vec<Json> = ids
        .iter()
        .map(|id| serde_json::from_str(&mps(&desk, &["record", "show", id]).1).expect("JSON"))
        .collect();
    let codes: Vec<_> = shown
        .iter()
        .filter_map(|json| json["unread"]["code"].as_str())
        .collect();
    assert_eq!(codes, ["M008", "M002", "M009", "M012", "M003", "E001"]);
    let first = &shown[0];
    let skeleton = first["unread"]["skeleton"].as_str().expect("a skeleton");
    assert!(
        skeleton
            .starts_with("<request><Header><funid>a99.99.99.99</funid></Header><Body><mdtrt_cert_type>99<"),
        "{skeleton}"
    );
    assert!(skeleton.ends_with("<aaa_name>********"), "{skeleton}");
    assert_eq!(first["unread"]["bytes"], requests[0].len());
    let column = head.len() + "<idcard_no></idcard_no>".len() + ID.len() + 1;
    assert_eq!(
        first["response"]["msg"],
        format!("M008 请求报文第1行第{column}列")
    );
    let (status, text) = mps(&desk, &["record", "list"]);
    assert_eq!((status, text.contains("M002 请求报文偏移")), (0, true), "{text}");
    let (status, text) = mps(&desk, &["replay"]);
    assert_eq!(
        (status, text.contains("没有回放: 请求当时就读不出来（M008）")),
        (0, true),
        "{text}"
    );
    assert_eq!(mps(&desk, &["record", "to-scenario", &ids[0]]).0, 2);
}
