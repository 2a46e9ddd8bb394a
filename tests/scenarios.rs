//! The product's own scenarios (tests/scenarios), and what `mps test` says of those that fail.

mod desk;

use desk::{Desk, product};
use std::process::{Command, Output};

fn mps(desk: &Desk, arguments: &[&str]) -> Output {
    let command = Command::new(env!("CARGO_BIN_EXE_mps"))
        .arg("test")
        .args(arguments)
        .arg("--home")
        .arg(desk.home())
        .output();
    command.expect("the command runs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Plays one file of scenarios at a desk of its own.
#[track_caller]
fn plays(scenarios: &str, status: i32) -> String {
    let desk = Desk::new("");
    desk.write("tests/scenarios/a.lua", scenarios);
    let output = mps(&desk, &["-v"]);
    let said = said(&output);
    assert_eq!(output.status.code(), Some(status), "{said}");
    said
}

#[track_caller]
fn says(said: &str, expected: &[&str]) {
    for expected in expected {
        assert!(said.contains(expected), "{expected:?} in\n{said}");
    }
}

/// A desk for the product's own scenarios.
fn products_desk() -> Desk {
    let desk = Desk::new("");
    product::furnish(desk.home());
    desk
}

#[test]
fn the_products_own_scenarios_hold() {
    let desk = products_desk();
    let scenarios = product::scenarios();
    let output = mps(&desk, &[&scenarios.display().to_string()]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let output = mps(&desk, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    says(&said(&output), &["13个场景，13个通过"]);
}

#[test]
fn a_field_that_is_wrong_is_shown_with_where_it_comes_from() {
    let said = plays(
        "scenario('一', function(t)\n  local r = t:call('N04.00.00.01', { mdtrt_cert_type = '03' })\n  \
         t:expect(r.body.name):is('张三')\n  t:expect(r.body.nam):is('x')\n  t:expect(r.result):is(0)\nend)",
        1,
    );
    says(
        &said,
        &[
            "3 |   t:expect(r.body.name):is('张三')",
            "返回字段name应为\n  期望  张三\n  实际  XXX\n        ^ 第1个字符",
            "name由funids/N04.00.00.01.lua第",
            "card:SSC_ReadCard（） → 返回0，模拟脚本应答",
            "没有字段nam，是否应为name？",
            "实际是文本，期望写的是数字，请加上引号",
            "a.lua:1",
            "1个场景，0个通过，1个不符",
        ],
    );
}

#[test]
fn a_secret_setting_is_not_shown_by_a_scenario_that_fails() {
    let desk = products_desk();
    desk.write(
        "tests/scenarios/a.lua",
        "scenario('一', function(t)\n  t:region('991002')\n  \
         t:config [[device.heasec.access_key = 'AK-9981']]\n  \
         local r = t:call('N04.00.00.01', { mdtrt_cert_type = '03' })\n  t:expect(r.body.name):is('张三')\nend)",
    );
    let output = mps(&desk, &["-k", "一"]);
    let said = said(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    says(&said, &["heasec:Init", "\"ACCESS_KEY\":\"******\""]);
    assert!(!said.contains("AK-9981"), "{said}");
}

#[test]
fn the_handbooks_first_file_plays_as_it_says() {
    let handbook = include_str!("../docs/场景手册.md");
    let (_, rest) = handbook
        .split_once("```lua\n-- tests/scenarios/读卡.lua\n")
        .expect("the first file");
    let (file, rest) = rest.split_once("```").expect("its end");
    let said = plays(file, 0);
    says(&said, &["2个场景，2个通过"]);
    assert!(rest.contains("mps test --home .\n2个场景，2个通过"));
    // And its other examples.
    for example in rest
        .split("```lua\n")
        .skip(1)
        .filter_map(|rest| rest.split_once("```"))
    {
        let (example, _) = example;
        if example.starts_with("scenario") && !example.contains('…') {
            plays(example, 0);
        }
    }
}

#[test]
fn scenarios_do_not_see_each_other_in_any_order() {
    let scenarios = "local count = 0\nfor i = 1, 20 do\n  scenario('第' .. i, function(t)\n    count = count + 1\n    t:expect(count):is(1)\n    \
                     t:device('card'):answers({ name = 'A' .. i }, { name = 'B' })\n    \
                     t:expect(t:call('N04.00.00.01', { mdtrt_cert_type = '03' }).body.name):is('A' .. i)\n  end)\nend";
    let desk = Desk::new("");
    desk.write("tests/scenarios/a.lua", scenarios);
    for arguments in [
        &["--shuffle", "--seed", "7"][..],
        &["--jobs", "1"],
        &["--jobs", "4", "--shuffle"],
    ] {
        let output = mps(&desk, arguments);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    }
    let output = mps(&desk, &["-k", "第1", "-v"]);
    says(&said(&output), &["通过  第10", "11个场景，11个通过"]);
    let output = mps(&desk, &["-k", "没有这样的"]);
    assert_eq!(output.status.code(), Some(2));
    says(&said(&output), &["没有选中任何场景"]);
}

#[test]
fn mistakes_in_a_scenario_are_told_where_they_stand() {
    for (scenarios, expected) in [
        (
            "scenario('一', function(t) t:devise('card') end)",
            "是否应为device？",
        ),
        (
            "scenario('一', function(t) t:device('crad'):hangs() t:call('N1') end)",
            "是否应为“card”",
        ),
        (
            "scenario('一', function(t) t:device('card'):on('SSC_Opn'):hangs() t:call('N1') end)",
            "是否应为“SSC_Open”",
        ),
        (
            "scenario('一', function(t)\n t:device('card'):answers { nmae = 'x' }\n t:call('N04.00.00.01', { mdtrt_cert_type = '03' }) end)",
            "第2行写的应答不能用：SSC_ReadCard的应答没有“nmae”这一项",
        ),
        (
            "scenario('一', function(t)\n t:strict()\n t:device('card'):on('SSC_Open', { 'USB9' }):fails(-1)\n \
             t:call('N04.00.00.01', { mdtrt_cert_type = '03' }) end)",
            "最接近的是第3行的card:SSC_Open（USB9）",
        ),
        (
            "scenario('一', function() end) scenario('一', function() end)",
            "场景“一”第1行已经写过",
        ),
        (
            "scenario('一', function(t) local r = t:call('N1') t:expect(r.nmae):is(1) end)",
            "返回没有“nmae”这一项",
        ),
        (
            "scenario('一', function(t) t:call('N1', {}, { charset = 'EBCDIC' }) end)",
            "charset应为GBK",
        ),
        (
            "scenario('一', function(t) t:region('abc') t:call('N1') end)",
            "t:region应为六位行政区划代码",
        ),
        (
            "scenario('一', function(t) t:config('regoin = 1') t:call('N1') end)",
            "t:config的设置不对",
        ),
        (
            "scenario('一', function(t) t:file('../../../etc/passwd') end)",
            "文件../../../etc/passwd",
        ),
        (
            "scenario('一', function(t) while true do end end)",
            "运行超过10秒",
        ),
        (
            "scenario('一', function(t) io.open('x') end)",
            "没有名为“io”的变量或函数",
        ),
    ] {
        says(&plays(scenarios, 1), &[expected, "a.lua"]);
    }
}

#[test]
fn a_server_that_no_stub_stands_for_is_never_asked() {
    let desk = Desk::new("");
    desk.write(
        "scripts/devices/card.lua",
        "return mps.library { title = 'a', functions = { F = { 'out[9] x' } }, methods = { read_card = function()\n  \
         return { name = mps.http.get({ url = 'http://10.9.9.9/a' }).body, id = '', cardnum = '', cardCode = '' }\nend } }",
    );
    desk.write(
        "scripts/simulated/card.lua",
        "return mps.simulation { title = 'a', functions = {} }",
    );
    desk.write(
        "tests/scenarios/a.lua",
        "scenario('没写', function(t)\n  t:http('http://10.9.9.9/b'):answers { body = 'x' }\n  \
         t:call('N04.00.00.01', { mdtrt_cert_type = '03' })\nend)\n\
         scenario('写了', function(t)\n  t:http('http://10.9.9.9/*'):answers { body = '张三' }\n  \
         t:expect(t:call('N04.00.00.01', { mdtrt_cert_type = '03' }).body.name):is('张三')\nend)",
    );
    let said = said(&mps(&desk, &["-v"]));
    says(
        &said,
        &[
            "不符  没写",
            "场景没有写http://10.9.9.9/a怎样应答；最接近的是第2行的http://10.9.9.9/b",
            "通过  写了",
        ],
    );
}

const ONE_OF_EACH: &str = "scenario('好 # 1', function(t) t:note('记下') end)\nscenario('坏', function(t) t:expect('\\xff'):is('a') end)\n\
                           scenario('错', function(t) error('停') end)";

#[test]
fn programs_read_the_results_too() {
    let desk = Desk::new("");
    desk.write("tests/scenarios/a.lua", ONE_OF_EACH);
    desk.write("tests/scenarios/b.lua", "scenario(");
    let junit = desk.home().join("junit.xml");
    let output = mps(&desk, &["--json", "--junit", &junit.display().to_string()]);
    assert_eq!(output.status.code(), Some(1));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(
        (&json["ok"], &json["total"], &json["failed"]),
        (&false.into(), &3.into(), &2.into())
    );
    assert_eq!(json["scenarios"][0]["notes"][0], "记下");
    assert_eq!(json["scenarios"][1]["failures"][0]["actual"], "FF");
    assert!(
        json["scenarios"][2]["error"]
            .as_str()
            .is_some_and(|error| error.contains("停"))
    );
    assert!(
        json["unusable"][0]["file"]
            .as_str()
            .is_some_and(|file| file.ends_with("b.lua"))
    );
    let junit = std::fs::read_to_string(junit).expect("written");
    says(
        &junit,
        &[
            "tests=\"4\" skipped=\"0\" failures=\"1\" errors=\"2\"",
            "name=\"坏\"",
            "line=\"2\"",
            "<failure",
            "<error",
            "单独运行",
        ],
    );
    let output = mps(&desk, &["--tap"]);
    assert_eq!(output.status.code(), Some(1));
    let tap = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(tap.starts_with("TAP version 14\n1..4\nnot ok 1 - "), "{tap}");
    says(&tap, &["\nok 2 - ", "好 \\# 1\n", "\nnot ok 3 - ", "\n# "]);
}

#[test]
fn a_watched_scenario_plays_again_when_something_is_saved() {
    /// Ends the command also where the test fails.
    struct Ended(std::process::Child);
    impl Drop for Ended {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
    let desk = Desk::new("");
    desk.write(
        "tests/scenarios/a.lua",
        "scenario('一', function(t) t:expect(1):is(1) end)",
    );
    let command = Command::new(env!("CARGO_BIN_EXE_mps"))
        .args(["test", "--watch", "--home"])
        .arg(desk.home())
        .stdout(std::process::Stdio::piped())
        .spawn();
    let mut command = Ended(command.expect("the command runs"));
    let output = command.0.stdout.take().expect("piped");
    let (line, lines) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for text in std::io::BufRead::lines(std::io::BufReader::new(output)).map_while(Result::ok) {
            let _ = line.send(text);
        }
    });
    let until = |expected: &str| {
        let patience = std::time::Duration::from_secs(60);
        while !lines
            .recv_timeout(patience)
            .expect("another line")
            .contains(expected)
        {}
    };
    until("1个场景，1个通过");
    until("等待保存");
    desk.write(
        "tests/scenarios/a.lua",
        "scenario('一', function(t) t:expect(1):is(2) end)",
    );
    until("1个不符");
    until("等待保存");
    desk.write("mps.toml", "response_capacity = 4096");
    until("1个不符");
}

/// Plays with `--update` at a desk of its own; what the file is then, and what was said.
#[track_caller]
fn updates(scenarios: &str, arguments: &[&str], status: i32) -> (String, String) {
    let desk = Desk::new("");
    desk.write("tests/scenarios/a.lua", scenarios);
    let output = mps(&desk, &[&["--update"], arguments].concat());
    let said = said(&output);
    assert_eq!(output.status.code(), Some(status), "{said}");
    let bytes = std::fs::read(desk.home().join("tests/scenarios/a.lua")).expect("the file is there");
    (String::from_utf8(bytes).expect("it is UTF-8"), said)
}

#[test]
fn expected_wording_is_rewritten_after_it_was_shown() {
    let scenarios = "\u{feff}-- 甲\r\nscenario('一', function(t)\r\n  t:device('card'):answers { name = '张\"三', id = 'A1' }\r\n  \
         local r = t:call('N04.00.00.01', { mdtrt_cert_type = '03' })\r\n  \
         t:expect(r.body.name)\r\n    :is(\"李四\") t:expect(r.body.idcard_no):is 'B2'\r\n  \
         t:expect(r.msg):is([[操作\r\n失败]])\r\n  t:expect(r.result):is('0')\r\nend)\r\n";
    let (file, said) = updates(scenarios, &[], 0);
    let expected = scenarios
        .replace("\"李四\"", "\"张\\\"三\"")
        .replace("'B2'", "'A1'")
        .replace("[[操作\r\n失败]]", "[[操作成功]]");
    assert_eq!(file, expected);
    says(
        &said,
        &[
            "期望  李四",
            "返回字段name\n  - \"李四\"\n  + \"张\\\"三\"\n",
            "  - 'B2'\n  + 'A1'\n",
            "改写了3处，0处没有改写",
            "1个场景，1个通过",
        ],
    );
    let shown = said.find("期望  李四").expect("the difference");
    assert!(shown < said.find("改写了3处").expect("what was done"), "{said}");
}

#[test]
fn the_whole_message_can_be_rewritten() {
    let scenarios = "scenario('一', function(t)\n  local r = t:call('N04.00.00.01', { mdtrt_cert_type = '03' })\n  \
                     t:expect(r):is [=[\n]=]\nend)\n";
    let (file, said) = updates(scenarios, &[], 0);
    let (_, rest) = file.split_once(":is [=[\n<?xml").expect("the message");
    assert!(
        rest.contains("<result>0</result>") && rest.contains("]=]\nend)\n"),
        "{file}"
    );
    says(&said, &["改写了1处", "1个场景，1个通过"]);
}

#[test]
fn what_is_computed_shared_or_no_wording_is_left_and_told() {
    let call = "local r = t:call('N04.00.00.01', { mdtrt_cert_type = '03' })";
    for (scenarios, why) in [
        (
            format!(
                "local name = 'x'\nscenario('一', function(t)\n  {call}\n  t:expect(r.body.name):is(name)\nend)"
            ),
            "a.lua:4  返回字段name：期望的值不是在这一行的is里直接写着的文字",
        ),
        (
            format!("scenario('一', function(t)\n  {call}\n  t:expect(r.result):is('-1')\nend)"),
            "a.lua:3  结果：改写的只有msg、返回字段和整份报文",
        ),
        (
            format!("scenario('一', function(t)\n  {call}\n  t:expect(r.msg):contains('失败')\nend)"),
            "提示信息：改写的只有is",
        ),
        (
            format!("scenario('一', function(t)\n  {call}\n  t:expect(r.body.nam):is('x')\nend)"),
            "返回字段nam：期望的和实际的不都是文字",
        ),
        (
            format!(
                "scenario('一', function(t)\n  {call}\n  t:expect(r.body.name):is('x') t:expect(r.msg):is('x')\nend)"
            ),
            "这一行有两处期望同样的文字",
        ),
        (
            format!(
                "scenario.each('${{1}}', {{ {{ '甲' }}, {{ '乙' }} }}, function(t, row)\n  \
                 t:device('card'):answers {{ name = row[1] }}\n  {call}\n  t:expect(r.body.name):is('甲')\nend)"
            ),
            "另一个场景（或另一次）在这里得到的正是期望的",
        ),
        (
            format!(
                "scenario.each('${{1}}', {{ {{ '甲' }}, {{ '乙' }} }}, function(t, row)\n  \
                 t:device('card'):answers {{ name = row[1] }}\n  {call}\n  t:expect(r.body.name):is('丙')\nend)"
            ),
            "几个场景（或几次）在这里得到的不相同",
        ),
    ] {
        let (file, said) = updates(&scenarios, &[], 1);
        assert_eq!(file, scenarios, "{said}");
        says(&said, &[why, "改写了0处，"]);
    }
    let shared = format!(
        "local function check(t)\n  {call}\n  t:expect(r.body.name):is('x')\nend\n\
         scenario('一', function(t) check(t) end)\nscenario('二', function(t) check(t) end)\n"
    );
    let (file, said) = updates(&shared, &["-k", "一"], 1);
    assert_eq!(file, shared);
    says(&said, &["几个场景共用这一行，这次只运行了其中一部分"]);
    let (file, said) = updates(&shared, &[], 0);
    assert_eq!(file, shared.replace("'x'", "'XXX'"));
    says(&said, &["改写了1处"]);
}

#[cfg(unix)]
#[test]
fn a_scenario_behind_a_link_is_rewritten_where_it_lies_and_a_read_only_one_is_not() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let desk = Desk::new("");
    let text = "scenario('一', function(t)\n  local r = t:call('N04.00.00.01', { mdtrt_cert_type = '03' })\n  \
                t:expect(r.body.name):is('x')\nend)\n";
    desk.write("elsewhere/a.lua", text);
    let (real, link) = (
        desk.home().join("elsewhere/a.lua"),
        desk.home().join("tests/scenarios/a.lua"),
    );
    std::fs::create_dir_all(link.parent().expect("a folder")).expect("it can be made");
    symlink(&real, &link).expect("a link can be made");
    let rights = |mode| std::fs::set_permissions(&real, PermissionsExt::from_mode(mode)).expect("rights");
    rights(0o444);
    let output = mps(&desk, &["--update"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    says(&said(&output), &["文件是只读的"]);
    rights(0o640);
    let output = mps(&desk, &["--update"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let known = std::fs::symlink_metadata(&link).expect("the link is there");
    assert!(known.is_symlink());
    let written = std::fs::read_to_string(&real).expect("the file is there");
    assert_eq!(written, text.replace("'x'", "'XXX'"));
    let known = std::fs::metadata(&real).expect("the file is there");
    assert_eq!(known.permissions().mode() & 0o777, 0o640);
}
