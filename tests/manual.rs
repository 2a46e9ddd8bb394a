//! The manual's exercise works as it is written.

mod desk;

use desk::{Desk, request};
use mps_client::engine::{Engine, Overrides};
use mps_client::message::Response;

const MANUAL: &str = include_str!("../docs/脚本手册.md");

/// The Lua files of the manual: blocks whose first line names a path.
fn files() -> Vec<(&'static str, &'static str)> {
    let blocks = MANUAL
        .split("```lua\n")
        .skip(1)
        .filter_map(|rest| rest.split_once("```"));
    let file = |(block, _): (&'static str, &'static str)| {
        let path = block.lines().next()?.strip_prefix("-- ")?;
        path.starts_with("scripts/").then_some((path, block))
    };
    blocks.filter_map(file).collect()
}

fn answer(desk: &Desk) -> Response<'static> {
    let overrides = Overrides {
        simulate: Some(true),
        region: Some("350200".to_owned()),
        ..Overrides::default()
    };
    Response::decode(&Engine::open(desk.home(), overrides).answer(&request("03")).bytes)
        .expect("a well-formed response")
}

#[test]
fn the_exercise_ends_with_the_right_answer() {
    let desk = Desk::new("");
    let files = files();
    assert_eq!(files.len(), 3);
    for (path, text) in &files {
        desk.write(path, text);
    }
    let response = answer(&desk);
    assert_eq!(response.result, "0", "{}", response.msg);
    let fields: Vec<(&str, &str)> = response
        .body
        .iter()
        .map(|field| (field.name.as_ref(), &*field.value))
        .collect();
    assert_eq!(
        fields,
        [
            ("idcard_no", "XXXXXXXX"),
            ("card_no", "DGXXXXXX"),
            ("name", "XXX"),
            ("card_code", "XXXX")
        ]
    );
}

#[test]
fn the_method_of_the_manual_is_lua_that_runs() {
    let desk = Desk::new("");
    for (path, text) in files() {
        desk.write(path, text);
    }
    let method = MANUAL
        .split("```lua\nmethods = {")
        .nth(1)
        .and_then(|rest| rest.split_once("```"));
    let (method, _) = method.expect("the method");
    let (path, library) = *files()
        .iter()
        .find(|(path, _)| path.contains("devices"))
        .expect("the device");
    let (head, _) = library.split_once("  methods = {").expect("its methods");
    desk.write(path, &format!("{head}methods = {{{method}}}"));
    assert_eq!(answer(&desk).result, "0");
    let simulated =
        "return mps.simulation { title = '模拟', functions = { iReadCardBas = { returns = -2201 } } }";
    desk.write("scripts/regions/350200/simulated/card.lua", simulated);
    assert!(
        answer(&desk).msg.contains("正在使用模拟设备"),
        "{}",
        answer(&desk).msg
    );
}
