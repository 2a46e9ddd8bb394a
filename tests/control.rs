//! `mps status`, `reload`, `freeze`, `unfreeze` and `rollback` against engines that run in another process: this one.

mod desk;

use desk::command::{json, mps};
use desk::sample::{PLACE, SHIPPED, card_no, script, until};
use desk::{Desk, eventually};
use mps_client::engine::{Engine, Overrides};
use serde_json::Value as Json;
use std::fs;

fn desk() -> Desk {
    Desk::new("simulate = true")
}

fn open(desk: &Desk) -> Engine {
    Engine::open(desk.home(), Overrides::default())
}

/// Saves a script, and waits until it answers and is kept.
fn deploy(desk: &Desk, engine: &Engine, card_no: &str) {
    let kept = kept(desk).first().cloned();
    desk.write(PLACE, &script(card_no));
    until(engine, card_no);
    eventually("it is kept", || self::kept(desk).first().cloned() != kept);
}

/// The fingerprints of the kept generations, the newest first.
fn kept(desk: &Desk) -> Vec<String> {
    let control = mps_client::engine::control::Control::of(desk.home());
    let kept = control.kept().into_iter();
    kept.map(|kept| kept.fingerprint).collect()
}

/// Starts an engine, and waits until it can be asked.
fn start(desk: &Desk) -> Engine {
    let control = mps_client::engine::control::Control::of(desk.home());
    let before = control.engines().len();
    let engine = open(desk).watch();
    eventually("a status", || control.engines().len() > before);
    engine
}

/// The end of the host program.
fn stop(desk: &Desk, engine: Engine) {
    drop(engine);
    let control = mps_client::engine::control::Control::of(desk.home());
    eventually("it is gone", || control.engines().is_empty());
}

#[test]
fn a_desk_where_nothing_runs_says_so() {
    let desk = desk();
    for command in ["status", "reload", "unfreeze"] {
        let (code, stdout, stderr) = mps(&desk, &[command]);
        assert_eq!((code, stderr.as_str()), (1, ""), "{command}");
        assert!(stdout.contains("没有正在运行的程序"), "{stdout}");
    }
    assert_eq!(mps(&desk, &["rollback"]).0, 2);
    assert!(!desk.home().join("state").exists());
}

#[test]
fn the_status_tells_what_runs_and_why_the_newer_does_not() {
    let desk = desk();
    desk.write(PLACE, &script("good"));
    let engine = start(&desk);
    let (code, status) = json(&desk, &["status"]);
    let running = &status["engines"][0];
    assert_eq!(code, 0, "{status:#}");
    assert_eq!(running["process"], std::process::id());
    assert_eq!(
        (&running["answered"], &running["frozen"]),
        (&true.into(), &false.into())
    );
    assert_eq!(running["refused"], Json::Null);
    assert_eq!(running["generation"].as_u64(), engine.generation());
    assert_eq!(running["fingerprint"], status["kept"][0]["fingerprint"]);

    desk.write(PLACE, &script("good").replace("title = \"卡号\"", ""));
    eventually("it is refused", || engine.refused().is_some());
    let (code, stdout, _) = mps(&desk, &["status"]);
    assert_eq!(code, 1);
    assert!(
        stdout.contains("N04.00.00.01.lua 第14行第7列：缺少title"),
        "{stdout}"
    );
    assert_eq!(
        json(&desk, &["status"]).1["engines"][0]["generation"],
        running["generation"]
    );
    assert_eq!(card_no(&engine), "good");
}

#[test]
fn reload_reads_again_and_tells_how_it_went() {
    let desk = desk();
    let engine = start(&desk);
    desk.write(PLACE, &script("1"));
    assert_eq!(json(&desk, &["reload"]).0, 0);
    assert_eq!(card_no(&engine), "1");
    desk.write(PLACE, "return");
    let (code, status) = json(&desk, &["reload"]);
    assert_eq!((code, card_no(&engine)), (1, "1".to_owned()));
    assert!(
        status["engines"][0]["refused"]
            .as_str()
            .is_some_and(|why| why.contains("mps.funid")),
        "{status:#}"
    );
}

#[test]
fn a_frozen_desk_stays_whatever_is_saved_also_after_a_restart() {
    let desk = desk();
    desk.write(PLACE, &script("frozen"));
    let engine = start(&desk);
    let generation = engine.generation();
    let (code, status) = json(&desk, &["freeze"]);
    assert_eq!(
        engine.generation(),
        generation,
        "the same scripts are the same generation"
    );
    assert_eq!(
        (code, &status["engines"][0]["frozen"]),
        (0, &true.into()),
        "{status:#}"
    );
    desk.write(PLACE, &script("saved"));
    let (_, status) = json(&desk, &["reload"]);
    assert_eq!(status["engines"][0]["pending"], true);
    assert_eq!(card_no(&engine), "frozen");
    stop(&desk, engine);
    let engine = start(&desk);
    assert_eq!(card_no(&engine), "frozen");
    // The command answers as the host program does.
    let (_, called, _) = mps(&desk, &["call", "N04.00.00.01", "mdtrt_cert_type=03"]);
    assert!(called.contains("card_no    frozen"), "{called}");
    assert_eq!(json(&desk, &["unfreeze"]).0, 0);
    assert_eq!(card_no(&engine), "saved");
}

#[test]
fn freezing_without_a_running_program_freezes_what_would_run() {
    let desk = desk();
    desk.write(PLACE, &script("frozen"));
    assert_eq!(mps(&desk, &["freeze"]).0, 1);
    desk.write(PLACE, &script("saved"));
    assert_eq!(card_no(&open(&desk)), "frozen");

    let broken = self::desk();
    broken.write(PLACE, "return");
    let (code, _, stderr) = mps(&broken, &["freeze"]);
    assert!(code == 2 && stderr.contains("没有能应答的脚本"), "{stderr}");
}

#[test]
fn rollback_goes_back_and_stays_there() {
    let desk = desk();
    let engine = start(&desk);
    eventually("the first is kept", || kept(&desk).len() == 1);
    for name in ["1", "2", "3"] {
        deploy(&desk, &engine, name);
    }
    assert_eq!(json(&desk, &["rollback"]).0, 0);
    assert_eq!(card_no(&engine), "2");
    assert_eq!(json(&desk, &["rollback"]).0, 0);
    assert_eq!(card_no(&engine), "1");
    stop(&desk, engine);
    let engine = start(&desk);
    assert_eq!(card_no(&engine), "1");
    assert_eq!(json(&desk, &["rollback", "4"]).0, 0);
    assert_eq!(card_no(&engine), SHIPPED);
    let (code, _, stderr) = mps(&desk, &["rollback", "5"]);
    assert!(code == 2 && stderr.contains("现在保留了4代"), "{stderr}");
    assert_eq!(json(&desk, &["unfreeze"]).0, 0);
    assert_eq!(card_no(&engine), "3");
}

#[test]
fn five_generations_are_kept_and_the_frozen_one() {
    let desk = desk();
    desk.write(PLACE, &script("first"));
    let engine = start(&desk);
    eventually("the first is kept", || kept(&desk).len() == 1);
    let first = kept(&desk).remove(0);
    for number in 0..6 {
        deploy(&desk, &engine, &number.to_string());
    }
    // The newest is there before the oldest goes.
    let five_are_kept = || eventually("five are kept", || kept(&desk).len() == 5);
    five_are_kept();
    // What comes back is the newest again, and is listed once.
    let second = kept(&desk).remove(1);
    deploy(&desk, &engine, "4");
    assert_eq!(kept(&desk).first(), Some(&second));
    five_are_kept();
    assert!(!kept(&desk).contains(&first));
}

#[test]
fn a_tree_that_is_broken_at_the_start_leaves_the_last_good_one_answering() {
    let desk = desk();
    desk.write(PLACE, &script("good"));
    let engine = start(&desk);
    eventually("it is kept", || kept(&desk).len() == 1);
    stop(&desk, engine);
    desk.write(PLACE, "return mps.funid {");
    let engine = start(&desk);
    assert_eq!(card_no(&engine), "good");
    let (code, status) = json(&desk, &["status"]);
    assert_eq!(code, 1);
    assert!(
        status["engines"][0]["refused"]
            .as_str()
            .is_some_and(|why| why.contains("N04.00.00.01.lua 第1行第18列")),
        "{status:#}"
    );
    let (code, stdout, stderr) = mps(&desk, &["call", "N04.00.00.01", "mdtrt_cert_type=03"]);
    assert!(
        code == 0 && stdout.contains("good") && stderr.contains("N04.00.00.01.lua"),
        "{stdout}{stderr}"
    );
    desk.write(PLACE, &script("mended"));
    until(&engine, "mended");
}

#[test]
fn a_desk_that_is_unfrozen_over_broken_scripts_goes_on_and_says_why() {
    let desk = desk();
    desk.write(PLACE, &script("good"));
    let engine = start(&desk);
    json(&desk, &["freeze"]);
    desk.write(PLACE, "return");
    let (code, status) = json(&desk, &["unfreeze"]);
    let running = &status["engines"][0];
    assert_eq!((code, &running["frozen"]), (1, &false.into()));
    assert!(running["refused"].is_string(), "{status:#}");
    assert_eq!(card_no(&engine), "good");
}

#[test]
fn scripts_that_cannot_be_read_fall_back_once_the_configuration_is_mended() {
    let desk = desk();
    let engine = start(&desk);
    eventually("it is kept", || kept(&desk).len() == 1);
    stop(&desk, engine);
    desk.write("mps.toml", "simulat = true");
    desk.write(PLACE, "\0");
    let engine = open(&desk);
    assert!(card_no(&engine).contains("simulate"));
    desk.write("mps.toml", "simulate = true");
    engine.reload();
    assert_eq!(card_no(&engine), SHIPPED);
    assert!(engine.refused().is_some_and(|why| why.contains("NUL")));
}

#[test]
fn two_programs_on_one_desk_each_answer_for_themselves() {
    let desk = desk();
    let (one, two) = (start(&desk), start(&desk));
    desk.write(PLACE, &script("both"));
    let (code, status) = json(&desk, &["reload"]);
    assert_eq!(
        (code, status["engines"].as_array().map(Vec::len)),
        (0, Some(2)),
        "{status:#}"
    );
    assert_eq!(
        (card_no(&one), card_no(&two)),
        ("both".to_owned(), "both".to_owned())
    );
    assert_eq!(json(&desk, &["freeze"]).0, 0);
    desk.write(PLACE, &script("later"));
    assert_eq!(json(&desk, &["reload"]).0, 0);
    assert_eq!(
        (card_no(&one), card_no(&two)),
        ("both".to_owned(), "both".to_owned())
    );
    drop(one);
    eventually("one is left", || {
        json(&desk, &["status"]).1["engines"]
            .as_array()
            .is_some_and(|left| left.len() == 1)
    });
}

#[test]
fn what_a_killed_program_left_behind_is_no_engine() {
    let desk = desk();
    desk.write("state/engines/99-1.json", r#"{ "process": 99, "generation": 1 }"#);
    desk.write("state/engines/99-1.lock", "");
    desk.write("state/engines/98-1.json", "{ \"proc");
    let (code, status) = json(&desk, &["status"]);
    assert_eq!((code, status["engines"].as_array().map(Vec::len)), (1, Some(0)));
    assert!(!desk.home().join("state/engines/99-1.lock").exists());
}

#[test]
fn a_damaged_state_folder_does_no_harm() {
    let desk = desk();
    desk.write(PLACE, &script("good"));
    desk.write("state/frozen", "0123456789abcdef");
    desk.write(
        "state/generations/000001700000000-0123456789abcdef.json",
        "{\"files\":{\"a.lua\":",
    );
    desk.write("state/generations/strange", "");
    let engine = start(&desk);
    assert_eq!(card_no(&engine), "good");
    assert!(engine.refused().is_some_and(|why| why.contains("冻结的那一代")));
    let (code, _, stderr) = mps(&desk, &["rollback", "2"]);
    assert!(code == 2 && stderr.contains("读不出来"), "{stderr}");
    assert_eq!(json(&desk, &["unfreeze"]).0, 0);
    assert_eq!(engine.refused(), None);
}

#[test]
fn without_a_state_folder_everything_else_works() {
    let desk = desk();
    // A file where the folder would be.
    desk.write("state", "");
    let engine = open(&desk).watch();
    desk.write(PLACE, &script("saved"));
    until(&engine, "saved");
    let (code, stdout, _) = mps(&desk, &["status"]);
    assert!(code == 1 && stdout.contains("state 文件夹可写"), "{stdout}");
    let (code, _, stderr) = mps(&desk, &["freeze"]);
    assert!(code == 2 && stderr.contains("写不进去"), "{stderr}");
}

#[test]
fn the_state_holds_neither_patients_nor_settings() {
    let desk = Desk::new("simulate = true\n[device.credential]\nurl = 'GEHEIMURL'\noperator_id = 'GEHEIMID'");
    let engine = start(&desk);
    assert_eq!(card_no(&engine), SHIPPED);
    eventually("it is kept", || kept(&desk).len() == 1);
    json(&desk, &["freeze"]);
    let mut seen = 0;
    for folder in ["state", "state/engines", "state/generations"] {
        for file in fs::read_dir(desk.home().join(folder)).expect("a folder") {
            let Ok(text) = fs::read_to_string(file.expect("a file").path()) else {
                continue;
            };
            seen += 1;
            // The sample card stands in the simulation's own script.
            assert!(
                !text.contains("GEHEIM") && (folder == "state/generations" || !text.contains(SHIPPED)),
                "{text}"
            );
        }
    }
    assert!(seen >= 4, "{seen} files");
}
