//! `mps test --coverage`: the lines of Lua that ran, and the fields that were seen.

mod desk;

use desk::Desk;
use desk::command::{json, mps};
use serde_json::Value as Json;

#[track_caller]
fn says(said: &str, expected: &[&str]) {
    for expected in expected {
        assert!(said.contains(expected), "{expected:?} in\n{said}");
    }
}

/// What a desk's scenarios cover, as JSON and as LCOV.
fn covers(desk: &Desk) -> (Json, String) {
    let file = desk.home().join("coverage.info");
    let path = file.display().to_string();
    let (status, json) = json(desk, &["test", "--coverage", "--coverage-lcov", &path]);
    assert_eq!(status, 0, "{json}");
    let lcov = std::fs::read_to_string(file).expect("it was written");
    (json["coverage"].clone(), lcov)
}

/// A desk with a region that reads the card by functions of its own, and a scenario at it.
fn covered_desk() -> Desk {
    let desk = Desk::new("");
    desk.write(
        "scripts/regions/350200/funids/N04.00.00.01.lua",
        "local names = require 'names'\nlocal f = mps.base()\nf['03'].response.name.map = function(name)\n  \
         if name == '' then\n    return names.nobody()\n  end\n  return names.short(name)\nend\nreturn f\n",
    );
    desk.write(
        "scripts/regions/350200/lib/names.lua",
        "local names = {}\nfunction names.short(name)\n  return (name:gsub(' ', ''))\nend\nfunction names.nobody()\n  \
         return '无名'\nend\nreturn names\n",
    );
    desk.write(
        "scripts/regions/350500/lib/never.lua",
        "local t = {}\nt.a = 1\nreturn t\n",
    );
    desk.write(
        "tests/scenarios/a.lua",
        "scenario('一', function(t)\n  t:region('350200')\n  t:device('card'):answers { name = '张 三', id = 'A1' }\n  \
         local r = t:call('N04.00.00.01', { mdtrt_cert_type = '03' })\n  t:expect(r.body.name):is('张三')\n  \
         t:device('card'):fails(-2)\n  t:expect(t:call('N04.00.00.01', { mdtrt_cert_type = '03' }).result):is('-1')\nend)",
    );
    desk
}

#[test]
fn coverage_tells_the_lines_that_ran_of_those_that_can() {
    let (json, lcov) = covers(&covered_desk());
    let lines = |file: &str| -> Vec<(u64, bool)> {
        let files = json["files"].as_array().expect("a list");
        let found = files
            .iter()
            .find(|found| found["file"] == file)
            .expect("the file");
        let lines = found["lines"].as_array().expect("a list").iter();
        let line = |line: &Json| (line[0].as_u64().unwrap_or(0), line[1].as_u64() > Some(0));
        lines.map(line).collect()
    };
    let (ran, not) = (|line| (line, true), |line| (line, false));
    assert_eq!(
        lines("regions/350200/lib/names.lua"),
        [ran(1), ran(2), ran(3), ran(4), ran(5), not(6), ran(7), ran(8)]
    );
    assert_eq!(
        lines("regions/350200/funids/N04.00.00.01.lua"),
        [ran(1), ran(2), ran(3), ran(4), not(5), ran(7), ran(8), ran(9)]
    );
    // A file that nothing loads counts too; those that stand in for devices and callers do not.
    assert_eq!(lines("regions/350500/lib/never.lua"), [not(1), not(2), not(3)]);
    assert!(lines("funids/N04.00.00.01.lua").iter().all(|(_, ran)| *ran));
    assert!(!json["files"].to_string().contains("simulated/"), "{json}");
    let (_, names) = lcov
        .split_once("scripts/regions/350200/lib/names.lua\n")
        .expect("the file");
    let (names, _) = names.split_once("end_of_record").expect("its end");
    assert!(
        names.contains("DA:6,0\n") && names.ends_with("LF:8\nLH:7\n"),
        "{names}"
    );
}

#[test]
fn coverage_tells_the_fields_that_were_seen_in_each_region() {
    let desk = covered_desk();
    let (json, lcov) = covers(&desk);
    let way = |region: Option<&str>, value: &str| {
        let ways = json["ways"].as_array().expect("a list").iter();
        let mut found = ways.filter(|way| way["region"].as_str() == region && way["value"] == value);
        found.next().expect("the way").clone()
    };
    let card = way(Some("350200"), "03");
    assert_eq!(
        (card["calls"].as_u64(), card["good"].as_u64()),
        (Some(2), Some(1))
    );
    let seen: Vec<_> = card["fields"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|field| {
            (
                field["name"].as_str(),
                field["filled"].as_u64(),
                field["empty"].as_u64(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            (Some("idcard_no"), Some(1), Some(0)),
            (Some("card_no"), Some(0), Some(1)),
            (Some("name"), Some(1), Some(0)),
            (Some("card_code"), Some(0), Some(1)),
        ]
    );
    for (region, value) in [(Some("350200"), "01"), (None, "03"), (Some("350500"), "03")] {
        assert_eq!(
            way(region, value)["calls"].as_u64(),
            Some(0),
            "{region:?} {value}"
        );
    }
    // The field that the region changed is its file's branch, the others are the base's; one that nobody called is no zero.
    let of = |file: &str| {
        let (_, rest) = lcov.split_once(file).expect("the file");
        let (own, _) = rest.split_once("end_of_record").expect("its end");
        own.to_owned()
    };
    let own = of("scripts/regions/350200/funids/N04.00.00.01.lua\n");
    assert!(
        own.contains(",350200,0,1\n") && own.contains("BRF:1\nBRH:1\n"),
        "{own}"
    );
    let base = of("scripts/funids/N04.00.00.01.lua\n");
    assert!(
        base.contains(",350200,0,1\n") && base.contains(",350200,0,0\n"),
        "{base}"
    );
    assert!(
        base.contains(",0,0,-\n") && base.contains(",350500,0,-\n"),
        "{base}"
    );
    let (_, said, _) = mps(&desk, &["test", "--coverage"]);
    says(
        &said,
        &[
            "regions/350200/lib/names.lua",
            "7/8",
            "没有运行第6行",
            "地区350200\n",
            "调用2次，成功1次；只见过空的：card_no、card_code",
            "没有调用过",
        ],
    );
}

#[test]
fn coverage_of_a_region_that_cannot_be_used_says_why() {
    let desk = covered_desk();
    desk.write(
        "scripts/regions/350600/funids/N04.00.00.01.lua",
        "return mps.funid {\n",
    );
    let (status, said, _) = mps(&desk, &["test", "--coverage", "--tap"]);
    assert_eq!(status, 0, "{said}");
    says(
        &said,
        &[
            "ok 1 - ",
            "#   地区350600  不能用：",
            "350600/funids/N04.00.00.01.lua",
            "读不出来：",
        ],
    );
    assert!(
        said.lines().all(|line| ["TAP", "1..", "ok", "#"]
            .iter()
            .any(|begin| line.starts_with(begin))),
        "{said}"
    );
}
