//! The journal: a line for each call of the built library, whatever the disk does, and no patient's data in it; what `mps trace`
//! and `mps stats` make of it.
#![cfg(target_os = "linux")]

mod desk;

use desk::{Desk, request};
use mps_client::engine::{Engine, Overrides};
use serde_json::Value as Json;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use std::{env, fs};

const SIMULATED: &str = "simulate = true\n";

/// The library of this very build: cargo builds it beside the test program.
fn library() -> PathBuf {
    let program = env::current_exe().expect("the test program has a path");
    program.with_file_name("libmps_client.so")
}

/// A C program that calls the library, in the desk's home.
fn caller(desk: &Desk, calls: u32, pause: u32) -> Command {
    let program = match desk.home().join("caller") {
        compiled if compiled.exists() => compiled,
        _ => desk.compile("tests/callers/calls.c", &[]),
    };
    let mut command = Command::new(program);
    command
        .arg(library())
        .args([calls.to_string(), pause.to_string()]);
    command.env("MPS_HOME", desk.home());
    command
}

fn passes(mut caller: Command) {
    let output = caller.output().expect("it can be started");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "passed\n", "{output:?}");
}

/// The journal's files in order.
fn files(desk: &Desk) -> Vec<PathBuf> {
    files_in(&desk.home().join("journal"))
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

fn text(desk: &Desk) -> String {
    let text = |file: &PathBuf| fs::read_to_string(file).expect("UTF-8");
    files(desk).iter().map(text).collect()
}

/// Every line; each must be whole.
fn lines(desk: &Desk) -> Vec<Json> {
    let text = text(desk);
    let line = |line: &str| serde_json::from_str(line).unwrap_or_else(|_| panic!("no line: {line}"));
    text.lines().map(line).collect()
}

fn of_kind<'a>(lines: &'a [Json], kind: &str) -> Vec<&'a Json> {
    lines.iter().filter(|line| line["kind"] == kind).collect()
}

fn mps(desk: &Desk, arguments: &[&str]) -> (i32, String) {
    let Output { status, stdout, .. } = Command::new(env!("CARGO_BIN_EXE_mps"))
        .args(arguments)
        .env("MPS_HOME", desk.home())
        .output()
        .expect("the command runs");
    (
        status.code().expect("no signal"),
        String::from_utf8(stdout).expect("UTF-8"),
    )
}

fn json(desk: &Desk, arguments: &[&str]) -> Json {
    serde_json::from_str(&mps(desk, arguments).1).expect("JSON")
}

fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let patience = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < patience, "never: {what}");
        sleep(Duration::from_millis(10));
    }
}

/// Answers requests in this process, and lets the journal catch up.
fn call(desk: &Desk, requests: &[Vec<u8>]) -> Engine {
    let engine = Engine::open(desk.home(), Overrides::default()).journaled();
    for request in requests {
        let answer = engine.answer(request);
        engine.tell(&answer, true);
    }
    engine.flush(Duration::from_secs(20));
    engine
}

#[test]
fn a_program_that_ends_at_once_leaves_a_line_for_each_call() {
    let desk = Desk::with_vendors("USB1", "");
    desk.prepend("region = \"350203\"\n");
    passes(caller(&desk, 3, 0));
    let lines = lines(&desk);
    let kinds: Vec<&str> = lines.iter().filter_map(|line| line["kind"].as_str()).collect();
    assert_eq!(kinds, ["start", "generation", "call", "call", "call"]);
    let call = &lines[4];
    for (key, value) in [
        ("program", Json::from("caller")),
        ("funid", "N04.00.00.01".into()),
        ("region", "350203".into()),
        ("generation", 1.into()),
        ("result", "0".into()),
        ("msg", "操作成功".into()),
    ] {
        assert_eq!(call[key], value, "{call}");
    }
    let functions: Vec<(&Json, &Json)> = call["devices"]
        .as_array()
        .expect("devices")
        .iter()
        .map(|exchange| (&exchange["call"], &exchange["code"]))
        .collect();
    let expected = ["SSC_Open", "SSC_ReadCard", "SSC_Close"].map(Json::from);
    assert_eq!(
        functions,
        expected
            .each_ref()
            .map(|name| (name, &Json::Null))
            .map(|(name, _)| (name, &lines[4]["devices"][0]["code"]))
    );
    assert_eq!(call["devices"][0]["code"], 0);
    let stages: f64 = ["decode", "serve", "device", "encode"]
        .iter()
        .map(|stage| call["stages"][stage].as_f64().expect("a time"))
        .sum();
    assert!(
        stages > 0.0 && (stages - call["ms"].as_f64().expect("a time")).abs() < 0.01,
        "{call}"
    );
    assert!(call["time"].as_str().is_some_and(|time| time.ends_with("+08:00")));
}

#[test]
fn a_failure_is_told_by_its_code_and_a_short_buffer_too() {
    let desk = Desk::new("[device.card]\nfolder = 'nowhere'\n");
    drop(call(&desk, &[request("03"), request("99"), b"<cut".to_vec()]));
    let lines = lines(&desk);
    let calls = of_kind(&lines, "call");
    assert_eq!(calls[0]["error"], "D001");
    assert_eq!(calls[0]["devices"][0]["error"], "D001");
    assert!(
        calls[1]["msg"]
            .as_str()
            .is_some_and(|msg| msg.contains("mdtrt_cert_type")),
        "{}",
        calls[1]
    );
    assert_eq!(
        (&calls[2]["error"], &calls[2]["result"]),
        (&"M007".into(), &"-1".into())
    );

    let desk = Desk::new("simulate = true\nresponse_capacity = 600\n");
    let (file, request) = (desk.home().join("request.xml"), request("01"));
    fs::write(&file, request).expect("the desk can be written");
    let library = library();
    mps(
        &desk,
        &[
            "send",
            &file.to_string_lossy(),
            "--library",
            &library.to_string_lossy(),
        ],
    );
    let lines = self::lines(&desk);
    assert_eq!(of_kind(&lines, "call")[0]["error"], "E006");
}

/// A desk whose simulated card and whose script let slip what they can.
fn indiscreet() -> Desk {
    let desk = Desk::new(SIMULATED);
    desk.write(
        "scripts/funids/N04.00.00.01.lua",
        r#"return mps.funid { title = "测试",
          request = { { "mdtrt_cert_type", title = "凭证", required = true,
            values = { ["01"] = "一", ["02"] = "二", ["03"] = "三" } } },
          by = "mdtrt_cert_type",
          ["03"] = { call = "card.read_card", response = { { "name", from = "name", title = "姓名",
            map = function(name)
              mps.log.warn("患者" .. name .. "的名字太长", { name = name, ["说明"] = "350200190001010000" })
              mps.fail("姓名太长：" .. name .. "，" .. name:gsub(".", function(c) return string.format("%02X", c:byte()) end))
            end } } },
          ["01"] = { call = "card.complain", response = {} },
          ["02"] = { call = "card.burst", response = {} } }"#,
    );
    let card = include_str!("../scripts/devices/card.lua").replace(
        "methods = {",
        r#"methods = {
          complain = { "SSC_Complain" },
          burst = function(lib) error("读到" .. lib.SSC_ReadCard().info) end,"#,
    );
    let card = card.replace(
        "functions = {",
        r#"functions = { SSC_Complain = { "out[99] why", returns = "long", ok = 0, error = "why" },"#,
    );
    desk.write("scripts/devices/card.lua", &card);
    desk.write(
        "scripts/simulated/card.lua",
        r#"return mps.simulation { title = "测试", functions = {
          SSC_Open = { returns = 0 }, SSC_Close = { returns = 0 },
          SSC_ReadCard = { returns = 0, info = "350200|11010119000101000X|DG1234567|0123456789ABCDEF0123|欧阳某某|" },
          SSC_Complain = { returns = -7, why = "欧阳某某的卡DG1234567已挂失" } } }"#,
    );
    desk
}

/// What must not be found, in whatever form.
fn assert_discreet(text: &str) {
    let name = "欧阳某某";
    let gbk = [0xC5, 0xB7, 0xD1, 0xF4, 0xC4, 0xB3, 0xC4, 0xB3];
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02X}")).collect::<String>();
    let url = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|byte| format!("%{byte:02X}"))
            .collect::<String>()
    };
    let forbidden = [
        "11010119000101000X".to_owned(),
        "11010119000101".to_owned(),
        "DG1234567".to_owned(),
        "0123456789ABCDEF".to_owned(),
        name.to_owned(),
        "某某".to_owned(),
        hex(name.as_bytes()),
        hex(&gbk),
        url(name.as_bytes()),
        "5qyn6Ziz5p+Q5p+Q".to_owned(),
    ];
    for forbidden in forbidden {
        assert!(
            !text.to_uppercase().contains(&forbidden.to_uppercase()),
            "{forbidden} in {text}"
        );
    }
}

#[test]
fn nothing_that_a_script_or_a_device_lets_slip_is_written_down() {
    let desk = indiscreet();
    drop(call(&desk, &["03", "01", "02"].map(request)));
    let lines = lines(&desk);
    let calls = of_kind(&lines, "call");
    let msg = |at: usize| calls[at]["msg"].as_str().expect("a message");
    assert!(
        msg(0).starts_with("姓名太长：****，") && msg(0).ends_with("*"),
        "{}",
        msg(0)
    );
    assert_eq!(msg(1), "接口SSC_Complain 失败:（设备的说明不记）");
    assert_eq!(calls[1]["devices"][1]["code"], -7);
    assert_eq!(calls[2]["error"], "S004");
    assert!(msg(2).contains("devices/card.lua第"), "{}", msg(2));
    let notice = calls[0]["notices"][0]["text"].as_str().expect("a notice");
    assert!(notice.contains("的名字太长"), "{notice}");
    assert_discreet(&text(&desk));
    assert_discreet(&mps(&desk, &["trace", "--last", "20"]).1);
    assert_discreet(&mps(&desk, &["stats"]).1);
}

#[test]
fn what_becomes_of_saved_scripts_is_told() {
    let desk = Desk::new(SIMULATED);
    let engine = Engine::open(desk.home(), Overrides::default()).journaled();
    desk.write("scripts/funids/N04.00.00.01.lua", "return mps.funid {");
    engine.reload();
    engine.reload();
    desk.write(
        "scripts/funids/N05.lua",
        "return mps.funid { title = '新', request = {}, call = 'card.read_card', response = {} }",
    );
    fs::remove_file(desk.home().join("scripts/funids/N04.00.00.01.lua")).expect("it is there");
    engine.reload();
    engine.flush(Duration::from_secs(20));
    let lines = lines(&desk);
    let kinds: Vec<&str> = lines.iter().filter_map(|line| line["kind"].as_str()).collect();
    assert_eq!(kinds, ["start", "generation", "refused", "generation"]);
    assert_eq!(lines[2]["error"], "S002");
    assert!(lines[3]["generation"].as_u64() > lines[1]["generation"].as_u64());
    let took = |line: &Json| line["ms"].as_f64();
    assert!(
        took(&lines[1]) > Some(0.0) && took(&lines[3]) > Some(0.0),
        "{lines:?}"
    );
}

#[test]
fn processes_that_write_at_once_keep_their_lines_apart() {
    let desk = Desk::new(SIMULATED);
    let callers: Vec<Child> = (0..6)
        .map(|_| {
            caller(&desk, 200, 0)
                .stdout(Stdio::piped())
                .spawn()
                .expect("it can be started")
        })
        .collect();
    for caller in callers {
        let output = caller.wait_with_output().expect("it ends");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "passed\n");
    }
    let lines = lines(&desk);
    let lost: u64 = of_kind(&lines, "lost")
        .iter()
        .filter_map(|line| line["lines"].as_u64())
        .sum();
    assert_eq!(of_kind(&lines, "call").len() as u64 + lost, 6 * 200);
}

#[test]
fn a_process_that_is_killed_leaves_what_it_wrote() {
    let desk = Desk::new(SIMULATED);
    let mut running = caller(&desk, 1_000_000, 1)
        .stdout(Stdio::null())
        .spawn()
        .expect("it can be started");
    eventually("lines", || text(&desk).lines().count() > 50);
    running.kill().expect("it runs");
    running.wait().expect("it ends");
    let before = lines(&desk).len();
    passes(caller(&desk, 1, 0));
    assert_eq!(lines(&desk).len(), before + 3);
}

#[test]
fn a_folder_that_cannot_be_written_costs_nothing_but_lines() {
    let desk = Desk::new(SIMULATED);
    desk.write("journal", "in the folder's place");
    passes(caller(&desk, 50, 0));
    let mut running = caller(&desk, 1_000_000, 1)
        .stdout(Stdio::null())
        .spawn()
        .expect("it can be started");
    eventually("a status", || {
        let status = json(&desk, &["status", "--json"]);
        status["engines"][0]["journal"]
            .as_str()
            .is_some_and(|why| why.starts_with("E010"))
    });
    fs::remove_file(desk.home().join("journal")).expect("it is there");
    eventually("a line that tells of the lost ones", || {
        let lost = text(&desk).lines().next().map(|line| line.contains("\"lost\""));
        lost == Some(true)
    });
    eventually("a better status", || {
        json(&desk, &["status", "--json"])["engines"][0]["journal"].is_null()
    });
    running.kill().expect("it runs");
    running.wait().expect("it ends");
}

#[test]
fn a_full_disk_costs_nothing_but_lines() {
    let desk = Desk::new("simulate = true\n[journal]\nfolder = 'small/journal'\n");
    let small = desk.home().join("small");
    fs::create_dir(&small).expect("a folder can be made");
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=16k", "tmpfs"])
        .arg(&small)
        .status();
    if !mounted.is_ok_and(|status| status.success()) {
        assert!(
            env::var_os("MPS_TEST_ALL").is_none(),
            "no small disk can be mounted"
        );
        println!("passed over: no small disk can be mounted here");
        return;
    }
    passes(caller(&desk, 300, 0));
    let mut running = caller(&desk, 1_000_000, 1)
        .stdout(Stdio::null())
        .spawn()
        .expect("it can be started");
    eventually("a status", || {
        let status = json(&desk, &["status", "--json"]);
        status["engines"][0]["journal"]
            .as_str()
            .is_some_and(|why| why.contains("磁盘已满"))
    });
    for file in files_in(&small.join("journal")) {
        fs::write(file, "").expect("it can be emptied");
    }
    let told = || {
        let files = files_in(&small.join("journal"));
        files
            .iter()
            .any(|file| fs::read_to_string(file).is_ok_and(|text| text.contains("\"kind\":\"lost\"")))
    };
    eventually("a line that tells of the lost ones", told);
    running.kill().expect("it runs");
    running.wait().expect("it ends");
    let unmounted = Command::new("umount").arg(&small).status();
    assert!(unmounted.is_ok_and(|status| status.success()));
}

#[test]
fn a_limit_on_the_size_of_files_does_not_end_the_program() {
    let desk = Desk::new(SIMULATED);
    drop(caller(&desk, 1, 0));
    // Blocks of 512 bytes.
    let command = format!(
        "ulimit -f 8; exec {} {} 200",
        desk.home().join("caller").display(),
        library().display()
    );
    let mut shell = Command::new("sh");
    shell.args(["-c", &command]).env("MPS_HOME", desk.home());
    passes(shell);
}

#[test]
fn no_link_leads_the_lines_elsewhere() {
    let desk = Desk::new(SIMULATED);
    drop(call(&desk, &[request("03")]));
    let file = files(&desk).remove(0);
    let victim = desk.home().join("victim");
    fs::write(&victim, "mine\n").expect("the desk can be written");
    fs::remove_file(&file).expect("it is there");
    std::os::unix::fs::symlink(&victim, &file).expect("a link can be made");
    drop(call(&desk, &[request("03")]));
    assert_eq!(fs::read_to_string(&victim).expect("it is there"), "mine\n");
}

#[test]
fn old_days_and_bytes_beyond_the_limit_are_let_go() {
    let desk = Desk::new("simulate = true\n[journal]\ndays = 3\nbytes = 65536\n");
    for day in 1..=5 {
        desk.write(&format!("journal/2020-01-0{day}.jsonl"), "{\"time\":\"2020\"}\n");
    }
    desk.write("journal/notes.txt", "not the journal's");
    drop(call(&desk, &[request("03")]));
    let names = || -> Vec<String> {
        let name = |file: PathBuf| file.file_name().map(|name| name.to_string_lossy().into_owned());
        files(&desk).into_iter().filter_map(name).collect()
    };
    let kept = names();
    assert_eq!(kept.len(), 4, "{kept:?}");
    assert_eq!(kept[..2], ["2020-01-04.jsonl", "2020-01-05.jsonl"]);
    assert!(kept.contains(&"notes.txt".to_owned()));

    // A busy machine may write the lines of one program at once, into one file; the next program finds that one full.
    for _ in 0..2 {
        passes(caller(&desk, 600, 0));
    }
    let kept = names();
    let days = || kept.iter().filter(|name| name.ends_with(".jsonl"));
    // The tenth file of a day comes after the second.
    let newest = days().max_by_key(|name| (name.len(), *name)).expect("a journal");
    assert!(
        newest.len() > "2026-01-31.jsonl".len(),
        "several files of one day: {kept:?}"
    );
    let size =
        |name: &String| fs::metadata(desk.home().join("journal").join(name)).map_or(0, |known| known.len());
    let older: u64 = days().filter(|name| *name != newest).map(size).sum();
    assert!(older <= 65536, "{older} bytes beside the newest: {kept:?}");
    assert!(!kept.contains(&"2020-01-05.jsonl".to_owned()));
}

#[test]
fn it_can_be_turned_off_and_moved() {
    let desk = Desk::new("simulate = true\n[journal]\non = false\n");
    passes(caller(&desk, 2, 0));
    assert!(files(&desk).is_empty());
    assert_eq!(mps(&desk, &["stats"]).0, 2);

    let desk = Desk::new("simulate = true\n[journal]\nfolder = 'logs/mps'\n");
    passes(caller(&desk, 2, 0));
    assert_eq!(files_in(&desk.home().join("logs/mps")).len(), 1);
    assert_eq!(json(&desk, &["stats", "--json"])["calls"]["calls"], 2);
}

#[test]
fn a_day_is_summed() {
    let desk = Desk::with_vendors("NOCARD", "https://ec.example/ok");
    drop(call(&desk, &["03", "03", "01", "99"].map(request)));
    let (status, stats) = mps(&desk, &["stats", "--json"]);
    let stats: Json = serde_json::from_str(&stats).expect("JSON");
    assert_eq!(
        (status, &stats["calls"]["calls"], &stats["calls"]["failed"]),
        (0, &4.into(), &3.into())
    );
    assert_eq!(stats["causes"][0]["count"], 2, "{stats}");
    assert_eq!(stats["devices"]["card.SSC_ReadCard"]["calls"], 2);
    let (_, readable) = mps(&desk, &["stats"]);
    assert!(readable.contains("调用 4 次，成功 1，失败 3"), "{readable}");
    assert_eq!(mps(&desk, &["stats", "--day", "2001-02-03"]).0, 1);
    assert_eq!(mps(&desk, &["stats", "--day", "昨天"]).0, 2);
}

#[test]
fn a_trace_shows_what_is_asked_for() {
    let desk = Desk::with_vendors("NOCARD", "https://ec.example/ok");
    drop(call(&desk, &["03", "01"].map(request)));
    let shown = |arguments: &[&str]| mps(&desk, &[&["trace", "--last", "9"], arguments].concat()).1;
    assert_eq!(shown(&["--json"]).lines().count(), 4);
    assert_eq!(shown(&["--json", "--failed"]).lines().count(), 1);
    assert_eq!(shown(&["--json", "--funid", "N99"]), "");
    assert_eq!(shown(&["--json", "--slow", "100000"]), "");
    let all = shown(&[]);
    let started = all
        .lines()
        .find(|line| line.contains("代脚本生效"))
        .expect("a line");
    let millis = started
        .split_once("读入用了 ")
        .and_then(|(_, rest)| rest.strip_suffix(" 毫秒"));
    assert!(
        millis.is_some_and(|millis| millis.parse::<f64>().is_ok()),
        "{started}"
    );
    let failed = shown(&["--failed"]);
    assert!(
        failed.contains("失败 -1") && failed.contains("card.SSC_ReadCard") && failed.contains("返回 -2"),
        "{failed}"
    );
}

#[test]
fn a_trace_follows_running_programs() {
    let desk = Desk::new(SIMULATED);
    let output = desk.home().join("trace.txt");
    let mut trace = Command::new(env!("CARGO_BIN_EXE_mps"))
        .args(["trace", "--json", "--funid", "N04.00.00.01"])
        .env("MPS_HOME", desk.home())
        .stdout(fs::File::create(&output).expect("the desk can be written"))
        .spawn()
        .expect("the command runs");
    let mut calls = 0;
    eventually("a line", || {
        passes(caller(&desk, 1, 0));
        calls += 1;
        fs::read_to_string(&output).is_ok_and(|text| text.lines().count() > 1)
    });
    trace.kill().expect("it runs");
    trace.wait().expect("it ends");
    let text = fs::read_to_string(&output).expect("UTF-8");
    assert!(text.lines().count() <= calls);
    assert!(
        text.lines().all(|line| line.contains("\"kind\":\"call\"")),
        "{text}"
    );
}
