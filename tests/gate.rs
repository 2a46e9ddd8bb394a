//! The gate: changed scripts answer once their own scenarios hold.

mod desk;

use desk::{Desk, request};
use mps_client::engine::{Engine, Overrides};
use mps_client::message::Response;
use serde_json::Value as Json;
use std::fs;
use std::time::{Duration, Instant};

/// A scenario of the base: the specification's card.
const CARD: &str = "scenario('读卡', function(t)\n  local r = t:call('N04.00.00.01', { mdtrt_cert_type = '03' })\n  \
                    t:expect(r.body.card_no):is('DGXXXXXX')\nend)";
/// The funid's script with two fields exchanged.
fn exchanged() -> String {
    include_str!("../scripts/funids/N04.00.00.01.lua").replace("from = \"cardnum\"", "from = \"id\"")
}

fn simulating(more: &str) -> Desk {
    let desk = Desk::new(&format!("simulate = true\n{more}"));
    desk.write("scripts/scenarios/card.lua", CARD);
    desk
}

fn open(desk: &Desk) -> Engine {
    Engine::open(desk.home(), Overrides::default())
}

fn card_no(engine: &Engine) -> String {
    let answer = engine.answer(&request("03"));
    let response = Response::decode(&answer.bytes).expect("a well-formed response");
    let field = response.body.into_iter().find(|field| &*field.name == "card_no");
    field.map_or(response.msg.into_owned(), |field| field.value.into())
}

#[track_caller]
fn refuses(engine: &Engine, expected: &[&str]) {
    let refused = engine.refused().expect("what is saved is refused");
    for expected in expected {
        assert!(refused.contains(expected), "{expected:?} in\n{refused}");
    }
    assert_eq!(card_no(engine), "DGXXXXXX", "the old scripts answer");
}

#[test]
fn scripts_whose_scenarios_fail_do_not_answer_until_they_are_mended() {
    let desk = simulating("");
    let engine = open(&desk);
    let before = engine.generation();
    desk.write("scripts/funids/N04.00.00.01.lua", &exchanged());
    engine.reload();
    refuses(
        &engine,
        &[
            "随脚本的场景有1个不符",
            "mps test",
            "scenarios/card.lua:1 场景“读卡” 第3行：返回字段card_no应为“DGXXXXXX”，实为“XXXXXXXX”",
        ],
    );
    assert_eq!(engine.generation(), before);
    desk.write(
        "scripts/funids/N04.00.00.01.lua",
        include_str!("../scripts/funids/N04.00.00.01.lua"),
    );
    desk.write(
        "scripts/devices/card.lua",
        include_str!("../scripts/devices/card.lua"),
    );
    engine.reload();
    assert_eq!(engine.refused(), None);
}

#[test]
fn a_scenario_file_that_cannot_be_used_keeps_the_old_scripts() {
    let desk = simulating("");
    let engine = open(&desk);
    desk.write("scripts/scenarios/card.lua", "scenario('读卡', function(t)\n");
    engine.reload();
    refuses(&engine, &["scenarios/card.lua第1行"]);
    desk.write("scripts/scenarios/card.lua", "local nothing = 1");
    engine.reload();
    refuses(&engine, &["文件里没有场景"]);
}

#[test]
fn the_gate_can_be_turned_off() {
    let desk = simulating("gate = false");
    let engine = open(&desk);
    desk.write("scripts/funids/N04.00.00.01.lua", &exchanged());
    engine.reload();
    assert_eq!(
        (engine.refused(), card_no(&engine)),
        (None, "XXXXXXXX".to_owned())
    );
}

#[test]
fn scenarios_that_take_too_long_are_refused_in_time() {
    let desk = simulating("[time_limits]\ngate = 0.5");
    let engine = open(&desk);
    let endless = "scenario('没完', function(t) while true do t:call('N04.00.00.01', { mdtrt_cert_type = '03' }) end end)";
    desk.write("scripts/scenarios/endless.lua", endless);
    let begun = Instant::now();
    engine.reload();
    assert!(begun.elapsed() < Duration::from_secs(20));
    // Which of them the time ended in is the machine's to say.
    refuses(&engine, &["继续使用原来的脚本"]);
    desk.write(
        "scripts/scenarios/endless.lua",
        "scenario('没完', function() while true do end end)",
    );
    let begun = Instant::now();
    engine.reload();
    assert!(begun.elapsed() < Duration::from_secs(20));
    refuses(&engine, &["继续使用原来的脚本"]);
}

#[test]
fn only_layers_that_the_desk_has_are_tried_each_with_its_own_scripts() {
    let desk = simulating("region = '350203'");
    let engine = open(&desk);
    let red = "scenario('红', function(t) t:expect(1):is(2) end)";
    desk.write("scripts/regions/440100/scenarios/a.lua", red);
    // This hospital's own layer changes what the base's scenario expects, and may.
    desk.write("scripts/site/funids/N04.00.00.01.lua", &exchanged());
    engine.reload();
    assert_eq!(
        (engine.refused(), card_no(&engine)),
        (None, "XXXXXXXX".to_owned())
    );
    desk.write("scripts/regions/350200/scenarios/a.lua", red);
    engine.reload();
    let refused = engine.refused().expect("refused");
    assert!(refused.contains("regions/350200/scenarios/a.lua:1"), "{refused}");
}

#[test]
fn a_regions_scenario_plays_with_that_regions_scripts() {
    let desk = simulating("region = '350203'");
    let engine = open(&desk);
    desk.write("scripts/regions/350200/funids/N04.00.00.01.lua", &exchanged());
    let scenario = CARD.replace("DGXXXXXX", "XXXXXXXX");
    desk.write("scripts/regions/350200/scenarios/card.lua", &scenario);
    engine.reload();
    assert_eq!(
        (engine.refused(), card_no(&engine)),
        (None, "XXXXXXXX".to_owned())
    );
}

#[test]
fn what_was_saved_while_nothing_ran_is_tried_before_it_answers() {
    let desk = simulating("");
    let wait = |what: &dyn Fn() -> bool| {
        let begun = Instant::now();
        while !what() {
            assert!(begun.elapsed() < Duration::from_secs(30), "it never came");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    let start = || Engine::open_tried(desk.home(), Overrides::default()).watch();
    let first = start();
    wait(&|| !first.control().kept().is_empty());
    drop(first);
    desk.write("scripts/funids/N04.00.00.01.lua", &exchanged());
    let second = start().journaled();
    assert_eq!(
        card_no(&second),
        "DGXXXXXX",
        "the kept generation answers at once"
    );
    second.flush(Duration::from_secs(20));
    let journal = fs::read_dir(desk.home().join("journal")).expect("a journal");
    let journal = journal.map(|file| fs::read_to_string(file.expect("a file").path()).expect("UTF-8"));
    let journal: String = journal.collect();
    let generation = journal
        .lines()
        .find(|line| line.contains("\"generation\","))
        .expect("a line");
    let generation: Json = serde_json::from_str(generation).expect("JSON");
    assert!(
        generation["ms"].as_f64() > Some(0.0),
        "how long that took: {generation}"
    );
    wait(&|| second.refused().is_some());
    refuses(&second, &["随脚本的场景有1个不符"]);
    desk.write(
        "scripts/scenarios/card.lua",
        &CARD.replace("DGXXXXXX", "XXXXXXXX"),
    );
    wait(&|| card_no(&second) == "XXXXXXXX");
}
