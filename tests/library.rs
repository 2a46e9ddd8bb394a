//! `mps test --library`: scenarios that call a built library in a process of its own.
#![cfg(unix)]

mod desk;

use desk::{Desk, eventually, product, request};
use mps_client::engine::control::Control;
use mps_client::engine::{Engine, Layer, Overrides, Theatre};
use mps_client::script::{Stage, Wanted};
use serde_json::{Value as Json, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

/// The library of this very build: cargo builds it beside the test program, and puts it beside the command only when asked to.
fn library() -> PathBuf {
    let program = std::env::current_exe().expect("the test program has a path");
    program.with_file_name("libmps_client.so")
}

fn test(desk: &Desk, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mps"));
    command.arg("test").args(arguments).arg("--home").arg(desk.home());
    command
}

/// Runs the command, which leaves nothing behind.
fn run(command: &mut Command) -> (Option<i32>, String) {
    let command = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = command.spawn().expect("the command runs");
    let made = std::env::temp_dir().join(format!("mps-test-{}-0", child.id()));
    let Output {
        status,
        stdout,
        stderr,
    } = child.wait_with_output().expect("the command runs");
    assert!(!made.exists(), "{}", made.display());
    let said = String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr);
    (status.code(), said)
}

/// Plays in process, or against a library; without what differs from run to run.
fn results(desk: &Desk, paths: &[&str], library: Option<&Path>) -> Json {
    let mut command = test(desk, paths);
    command.arg("--json");
    if let Some(library) = library {
        command.arg("--library").arg(library);
    }
    let (_, said) = run(&mut command);
    let mut json: Json = serde_json::from_str(&said).unwrap_or_else(|_| panic!("no JSON: {said}"));
    let played_by = json["library"].take();
    assert_eq!(
        played_by,
        json!(library.map(|library| library.display().to_string()))
    );
    json["seconds"].take();
    let scenarios = json["scenarios"].as_array_mut().expect("a list");
    scenarios
        .iter_mut()
        .for_each(|scenario| drop(scenario["seconds"].take()));
    json
}

#[test]
fn the_products_own_scenarios_hold_against_the_built_library() {
    let desk = Desk::new("");
    product::furnish(desk.home());
    let scenarios = product::scenarios().display().to_string();
    for paths in [&[scenarios.as_str()][..], &[]] {
        let outside = results(&desk, paths, Some(&library()));
        assert_eq!(outside["ok"], true, "{outside:#}");
        assert_eq!(outside, results(&desk, paths, None));
    }
}

/// Of everything that crosses the boundary something, and of each way to fail one.
const EVERYTHING: &str = r#"
local card = { mdtrt_cert_type = '03' }
scenario('依次', function(t)
  t:device('card'):on('SSC_ReadCard'):answers({ name = '甲' }, { name = '乙' }):takes(2)
  t:expect(t:call('N04.00.00.01', card).body.name):is('甲')
  t:expect(t:call('N04.00.00.01', card).body.name):is('乙')
  t:expect(t.elapsed):is(5)
end)
scenario('挂起又恢复', function(t)
  t:device('card'):hangs()
  t:expect(t:call('N04.00.00.01', card).msg):contains('超时')
  t:expect(t:call('N04.00.00.01', card).msg):contains('还没有返回')
  t:device('card'):recovers()
  t:expect(t:call('N04.00.00.01', card).result):is('-1')
end)
scenario.each('故障${1}', { { 'crashes' }, { 'overruns' }, { 'is_busy' }, { 'lacks_file' }, { 'has_wrong_bitness' } }, function(t, row)
  local device = t:device('card')
  device[row[1]](device)
  t:expect(t:call('N04.00.00.01', card).msg):is('故意不符')
end)
scenario('字节', function(t)
  t:device('card'):on('SSC_ReadCard'):answers { info = mps.hex.decode('B0A1FF') }
  t:expect(t:send('\xff\xfe不是报文').msg):is('故意不符')
  t:expect(t:call('N04.00.00.01', card).bytes):is('故意不符')
end)
scenario('缓冲区', function(t)
  t:expect(t:call('N04.00.00.01', card, { buffer = 'spaces', capacity = 300 }).msg):is('故意不符')
  t:expect(t:call('N04.00.00.01', card, { buffer = 'wide_spaces', charset = 'UTF-16', capacity = 401 }).text):is('故意不符')
  t:expect(t:call('N04.00.00.01', card, { buffer = 'spaces', capacity = 30 }).code):is(7)
end)
scenario('太长', function(t)
  t:config('request_limit = 1024')
  t:expect(t:send('<' .. ('x'):rep(5000)).msg):is('故意不符')
end)
scenario('写到外面', function(t) t:call('N04.00.00.01', card, { capacity = 100 }) end)
scenario('没写的严格', function(t) t:strict() t:call('N04.00.00.01', card) end)
scenario('写错的函数', function(t) t:device('card'):on('SSC_Opn'):hangs() t:call('N04.00.00.01', card) end)
scenario('写错的应答', function(t) t:device('card'):answers { nmae = 1 } t:call('N04.00.00.01', card) end)
scenario('设置', function(t)
  t:config [[device.card.port = 'C:\a"b']]
  t:config [[device.card.folder = 'vendor']]
  t:device('card'):on('SSC_Open', { 'C:\\a"b' }):lacks_function()
  t:expect(t:call('N04.00.00.01', card).msg):is('故意不符')
  t:expect(t:device('card')):was_called('SSC_Close')
end)
scenario('地区的服务器', function(t)
  t:region('991002')
  t:config [[device.heasec.access_key = 'AK-9981']]
  local r = t:call('N04.00.00.01', card)
  t:expect(r.body.name):is('故意不符')
  t:expect(t:device('heasec')):was_called('Init', {})
end)
scenario('设置不对', function(t) t:config('regoin = 1') t:call('N1') end)
scenario('没有地区', function(t) t:region('abc') t:call('N1') end)
"#;

#[test]
fn what_a_scenario_sees_is_the_same_from_outside_and_in_process() {
    let desk = Desk::new("region = '350200'\n");
    product::furnish(desk.home());
    desk.write("tests/scenarios/a.lua", EVERYTHING);
    desk.write(
        "scripts/site/devices/card.lua",
        "local d = mps.base()\nd.errors[-2] = { '没有卡' }\nreturn d",
    );
    let path = desk.home().join("tests/scenarios/a.lua").display().to_string();
    let inside = results(&desk, &[&path], None);
    assert_eq!(results(&desk, &[&path], Some(&library())), inside);
    assert_eq!(inside["total"], 18, "{inside:#}");
    let shown = inside.to_string();
    for seen in [
        "超出声明",
        "设备忙",
        "MPS_Call写到了resp之外",
        "是否应为“SSC_Open”",
        "******",
    ] {
        assert!(shown.contains(seen), "{seen} in {inside:#}");
    }
}

#[test]
fn a_file_that_is_no_fitting_library_is_told_before_anything_is_played() {
    let desk = Desk::new("");
    desk.write(
        "tests/scenarios/a.lua",
        "scenario('一', function(t) t:call('N1') end)",
    );
    desk.write("text.so", "return mps.library {}");
    desk.install("ssc_card.c", "libSSCard.so");
    // No more than its header: 32 bits, Intel.
    let mut header = b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x03\0\x01\0\0\0".to_vec();
    header.resize(52, 0);
    fs::write(desk.home().join("other.so"), header).expect("the desk can be written");
    let mut broken = fs::read(library()).expect("it is built");
    broken.truncate(256 << 10);
    fs::write(desk.home().join("broken.so"), broken).expect("the desk can be written");
    for (file, expected) in [
        ("absent.so", "找不到动态库"),
        ("vendor", "找不到动态库"),
        ("text.so", "不是能用的动态库"),
        ("other.so", "动态库是32位Linux的，本程序是64位Linux的"),
        ("vendor/libSSCard.so", "动态库里没有 MPS_Call"),
        ("broken.so", "动态库"),
    ] {
        let mut command = test(&desk, &[]);
        let (status, said) = run(command.arg("--library").arg(desk.home().join(file)));
        assert_eq!(status, Some(2), "{file}: {said}");
        assert!(said.contains(expected) && said.contains(file), "{file}: {said}");
    }
}

#[test]
fn a_library_that_dies_or_hangs_costs_its_scenario_alone() {
    let desk = Desk::new("");
    desk.install("impostor.c", "libimpostor.so");
    desk.write(
        "tests/scenarios/a.lua",
        "local function read(t) return t:call('N04.00.00.01', { mdtrt_cert_type = '03' }) end\n\
         scenario('中止', function(t) t:expect(read(t).result):is('0') t:call('ABORT') end)\n\
         scenario('退出', function(t) t:call('EXIT') end)\n\
         scenario('挂起', function(t) t:call('HANG') end)\n\
         scenario('自己应答', function(t) t:expect(t:call('OWN').msg):is('own') end)\n\
         scenario('此后', function(t)\n  t:device('card'):answers { name = '甲' }\n  \
         t:expect(read(t).body.name):is('甲')\nend)\n\
         scenario('不再', function(t)\n  pcall(t.call, t, 'ABORT')\n  t:expect(read(t).result):is('0')\nend)",
    );
    let mut command = test(&desk, &["-v", "--jobs", "2"]);
    command
        .arg("--library")
        .arg(desk.home().join("vendor/libimpostor.so"))
        .env("MPS_REAL", library());
    let (status, said) = run(&mut command);
    assert_eq!(status, Some(1), "{said}");
    for expected in [
        "MPS_Call没有返回：崩溃：中止（SIGABRT）",
        "MPS_Call没有返回：自己结束了进程（退出码7）",
        "MPS_Call没有返回：等了20秒，已结束它的进程",
        "这个动态库没有按场景应答：它与本程序不是同一个版本，或不是mps_client；提示信息是：own",
        "通过  此后",
        "不符  不再",
        "6个场景，1个通过，5个不符",
        "libimpostor.so",
    ] {
        assert!(said.contains(expected), "{expected} in\n{said}");
    }
}

/// A stage whose card reader says 甲, as a file.
fn stage(desk: &Desk) -> PathBuf {
    let file = desk.home().join("stage.json");
    let stub = json!({
        "device": "card", "function": "SSC_ReadCard", "inputs": null, "after": null, "acts": [{ "answer": { "name": "甲" } }],
        "times": null, "delay": 0.0, "cut": null, "charset": null, "line": 1, "played": 0,
    });
    let stage = json!({
        "strict": false, "stubs": [stub], "servers": [], "overdue": [], "clock": 0.0, "contacts": [], "mistakes": [],
    });
    fs::write(&file, stage.to_string()).expect("the desk can be written");
    file
}

/// Calls the library with the stage's file in the environment.
fn send(desk: &Desk, stage: &Path) -> String {
    desk.write("request.xml", &String::from_utf8(request("03")).expect("ASCII"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_mps"));
    command
        .arg("send")
        .arg(desk.home().join("request.xml"))
        .arg("--library")
        .arg(library())
        .env("MPS_HOME", desk.home())
        .env("MPS_STAGE", stage);
    run(&mut command).1
}

#[test]
fn a_stage_in_the_environment_counts_only_where_every_device_is_simulated() {
    let desk = Desk::with_vendors("USB1", "https://ec.example/ok");
    let file = stage(&desk);
    let before = fs::read(&file).expect("written");
    let said = send(&desk, &file);
    assert!(
        said.contains("操作成功") && !said.contains('甲'),
        "the vendor's library: {said}"
    );
    assert_eq!(fs::read(&file).expect("written"), before, "nobody has touched it");

    desk.prepend("simulate = true\n");
    let said = send(&desk, &file);
    assert!(said.contains('甲'), "{said}");
    let played: Json = serde_json::from_slice(&fs::read(&file).expect("written")).expect("JSON");
    assert_eq!(played["stubs"][0]["played"], 1);
    assert_eq!(played["contacts"][1]["function"], "SSC_ReadCard");

    fs::write(&file, "{}").expect("the desk can be written");
    let said = send(&desk, &file);
    assert!(said.contains("stage.json看不懂") && said.contains("-1"), "{said}");
    fs::remove_file(&file).expect("it is there");
    assert!(send(&desk, &file).contains("stage.json读不出来"));
}

#[test]
fn the_status_says_that_a_stage_stands_in_for_the_devices() {
    for (config, staged) in [("simulate = true", true), ("", false)] {
        let desk = Desk::new(config);
        let overrides = Overrides {
            stage: Some(stage(&desk)),
            ..Overrides::default()
        };
        let _engine = Engine::open(desk.home(), overrides).watch();
        let control = Control::of(desk.home());
        eventually("a status", || !control.engines().is_empty());
        assert_eq!(control.engines()[0].staged, staged);
        let (_, said, _) = desk::command::mps(&desk, &["status"]);
        assert_eq!(said.contains("MPS_STAGE"), staged, "{said}");
    }
}

#[test]
fn a_home_made_for_a_library_holds_no_secret() {
    let desk = Desk::new("[device.heasec]\nfolder = 'vendor'\naccess_key = 'AK-9981'\nip = '10.1.2.3'\n");
    let theatre = Theatre::open(desk.home(), None).expect("a desk");
    let (stage, wanted, layer) = (Arc::new(Stage::default()), Wanted::default(), Layer::Desk);
    let staged = theatre.engine(&layer, &wanted, &stage).expect("an engine");
    let folder = desk.home().join("made");
    theatre
        .furnish(&folder, &layer, &wanted, &staged.generation)
        .expect("the desk can be written");
    let config = fs::read_to_string(folder.join("mps.toml")).expect("written");
    assert!(
        config.contains("******") && !config.contains("AK-9981"),
        "{config}"
    );
    let vendor = desk.home().join("vendor").display().to_string();
    assert!(
        config.contains("10.1.2.3") && config.contains(&vendor),
        "{config}"
    );
}

#[test]
fn the_calling_process_is_not_for_people() {
    let mps = || Command::new(env!("CARGO_BIN_EXE_mps"));
    let (status, said) = run(mps().args(["caller", "--pipe", "0"]));
    assert_eq!(status, Some(2), "{said}");
    assert!(said.contains("不用手工执行"), "{said}");
    let (status, said) = run(mps().arg("--help"));
    assert!(status == Some(0) && !said.contains("caller"), "{said}");
}
