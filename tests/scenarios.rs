//! The product's own scenarios (tests/scenarios), and what `mps test` says of those that fail.

mod desk;

use desk::Desk;
use std::path::PathBuf;
use std::process::{Command, Output};

fn project(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

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

#[test]
fn the_products_own_scenarios_hold() {
    let desk = Desk::new("");
    let scenarios = project("tests/scenarios");
    let output = mps(&desk, &[&scenarios.display().to_string()]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
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
