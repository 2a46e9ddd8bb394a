//! Saving as the deployment: whatever way an editor saves, whatever happens to the folder, calls are answered by whole generations.

mod desk;

use desk::sample::{FUNID, PLACE, SHIPPED, card_no, script, until};
use desk::{Desk, eventually, request};
use mps_client::engine::{Engine, Overrides};
use mps_client::message::Response;
use mps_client::script::{Generation, Tree};
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Longer than any look at the files takes; a test that waits for nothing to happen waits this long.
const QUIET: Duration = Duration::from_millis(1500);

/// Generations are counted by process, so that tests which count have it to themselves, without the last one's engine, which may
/// still be looking.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    eventually("the last engine is gone", || Generation::alive() == 0);
    alone
}

fn desk() -> Desk {
    Desk::new("simulate = true")
}

fn watching(desk: &Desk) -> Engine {
    Engine::open(desk.home(), Overrides::default()).watch()
}

fn path(desk: &Desk) -> PathBuf {
    desk.home().join(PLACE)
}

#[test]
fn every_way_of_saving_is_a_deployment() {
    let _alone = alone();
    let desk = desk();
    desk.write(PLACE, &script("0"));
    let engine = watching(&desk);
    let file = path(&desk);
    assert_eq!(card_no(&engine), "0");

    let beside = desk.home().join("scripts/funids/.N04.swp");
    fs::write(&beside, script("rename")).expect("writable");
    fs::rename(&beside, &file).expect("the same file system");
    until(&engine, "rename");

    let backup = desk.home().join("scripts/funids/N04.00.00.01.lua~");
    fs::rename(&file, &backup).expect("the same file system");
    fs::write(&file, script("backup")).expect("writable");
    until(&engine, "backup");

    fs::write(&file, format!("\u{feff}{}", script("mark"))).expect("writable");
    until(&engine, "mark");

    fs::write(&file, script("lines").replace('\n', "\r\n")).expect("writable");
    until(&engine, "lines");
}

#[test]
fn a_file_that_is_gone_for_a_moment_is_not_missed() {
    let _alone = alone();
    let desk = desk();
    desk.write(PLACE, &script("before"));
    let engine = watching(&desk);
    sleep(Duration::from_millis(300));
    let (ended, strange) = (AtomicBool::new(false), Mutex::new(None));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                let seen = card_no(&engine);
                if seen != "before" && seen != "after" {
                    *strange.lock().expect("not poisoned") = Some(seen);
                }
            }
        });
        fs::remove_file(path(&desk)).expect("written before");
        sleep(Duration::from_millis(150));
        desk.write(PLACE, &script("after"));
        until(&engine, "after");
        ended.store(true, Ordering::Relaxed);
    });
    assert_eq!(strange.into_inner().expect("not poisoned"), None);
}

#[test]
fn half_a_file_is_refused_and_its_whole_is_taken() {
    let _alone = alone();
    let desk = desk();
    desk.write(PLACE, &script("before"));
    let engine = watching(&desk);
    let whole = script("after");
    for part in [0, 10, whole.len() / 2, whole.len() - 3] {
        let part = whole.as_bytes().get(..part).expect("within the script");
        fs::write(path(&desk), part).expect("writable");
        eventually("the part is refused", || engine.refused().is_some());
        assert_eq!(card_no(&engine), "before");
        desk.write(PLACE, &script("before"));
        eventually("the old file is no mistake", || engine.refused().is_none());
    }
    desk.write(PLACE, &whole);
    until(&engine, "after");
}

#[test]
fn two_files_at_once_are_one_generation() {
    let _alone = alone();
    let desk = desk();
    let device = include_str!("../scripts/devices/card.lua");
    let engine = watching(&desk);
    sleep(Duration::from_millis(300));
    let before = engine.generation();
    for round in 0..5 {
        // Each of the two alone is a mistake.
        let name = format!("number{round}");
        desk.write("scripts/devices/card.lua", &device.replace("cardnum", &name));
        desk.write(
            PLACE,
            &FUNID
                .replace("cardnum", &name)
                .replace("卡号", &format!("卡号{round}")),
        );
        eventually("the pair is taken", || {
            let explanation = engine.explain("N04.00.00.01").expect("declared");
            let fields = explanation.ways.iter().flat_map(|way| &way.fields);
            fields
                .into_iter()
                .any(|field| field.title == format!("卡号{round}"))
        });
        assert_eq!(engine.refused(), None);
        assert_eq!(card_no(&engine), SHIPPED);
    }
    assert!(engine.generation() > before);
}

#[test]
fn a_folder_that_is_renamed_away_and_back_changes_nothing_meanwhile() {
    let _alone = alone();
    let desk = desk();
    desk.write("scripts/site/funids/N04.00.00.01.lua", &script("own"));
    let engine = watching(&desk);
    sleep(Duration::from_millis(300));
    let (scripts, away) = (desk.home().join("scripts"), desk.home().join("away"));
    for _ in 0..2 {
        fs::rename(&scripts, &away).expect("the same file system");
        eventually("the loss is told", || {
            engine
                .refused()
                .is_some_and(|why| why.contains("scripts文件夹不见了"))
        });
        assert_eq!(card_no(&engine), "own");
        fs::rename(&away, &scripts).expect("the same file system");
        eventually("nothing is lost any more", || engine.refused().is_none());
        assert_eq!(card_no(&engine), "own");
    }
    desk.write("scripts/site/funids/N04.00.00.01.lua", &script("new"));
    until(&engine, "new");
    fs::remove_dir_all(&scripts).expect("written before");
    engine.reload();
    assert_eq!(card_no(&engine), SHIPPED);
}

#[test]
fn folders_that_change_places_are_seen_though_sizes_and_times_are_alike() {
    let _alone = alone();
    let desk = desk();
    desk.write("scripts/funids/N04.00.00.01.lua", &script("a"));
    desk.write("other/N04.00.00.01.lua", &script("b"));
    let home = desk.home();
    let time = fs::metadata(path(&desk))
        .and_then(|known| known.modified())
        .expect("a time");
    let other = fs::File::options()
        .append(true)
        .open(home.join("other/N04.00.00.01.lua"));
    other
        .and_then(|file| file.set_modified(time))
        .expect("a time can be set");
    let engine = watching(&desk);
    sleep(Duration::from_millis(300));
    fs::rename(home.join("scripts/funids"), home.join("first")).expect("the same file system");
    fs::rename(home.join("other"), home.join("scripts/funids")).expect("the same file system");
    until(&engine, "b");
}

#[cfg(unix)]
#[test]
fn a_tree_behind_links_is_read_and_followed() {
    let _alone = alone();
    let desk = desk();
    desk.write("releases/1/funids/N04.00.00.01.lua", &script("first"));
    desk.write("releases/2/funids/N04.00.00.01.lua", &script("second"));
    let home = desk.home();
    let link = |release: &str| {
        let beside = home.join("link");
        std::os::unix::fs::symlink(home.join("releases").join(release), &beside).expect("a link can be made");
        fs::rename(beside, home.join("scripts")).expect("the same file system");
    };
    link("1");
    let engine = watching(&desk);
    assert_eq!(card_no(&engine), "first");
    link("2");
    until(&engine, "second");
    desk.write("releases/2/funids/N04.00.00.01.lua", &script("mended"));
    until(&engine, "mended");
    std::os::unix::fs::symlink(home.join("releases/2"), home.join("releases/2/loop"))
        .expect("a link can be made");
    eventually("a loop is told", || {
        engine.refused().is_some_and(|why| why.contains("循环链接"))
    });
    assert_eq!(card_no(&engine), "mended");
}

#[test]
fn the_same_content_is_no_change() {
    let _alone = alone();
    let desk = desk();
    desk.write(PLACE, &script("same"));
    let engine = watching(&desk);
    sleep(Duration::from_millis(300));
    let before = engine.generation();
    for _ in 0..3 {
        desk.write(PLACE, &script("same"));
        desk.write("mps.toml", "simulate = true");
        desk.write("unrelated.log", "a vendor's");
        sleep(QUIET / 3);
    }
    assert_eq!(engine.generation(), before);
    desk.write(PLACE, &script("other"));
    until(&engine, "other");
}

#[test]
fn a_storm_of_saves_is_a_handful_of_generations() {
    let _alone = alone();
    let desk = desk();
    let engine = watching(&desk);
    sleep(Duration::from_millis(300));
    let before = engine.generation().expect("answering");
    let began = Instant::now();
    for save in 0..1000 {
        desk.write(PLACE, &script(&save.to_string()));
        sleep(Duration::from_micros(500));
    }
    let took = began.elapsed();
    until(&engine, "999");
    // One a look at most, and looks begin only after the last has settled.
    let most = 3 + took.as_millis() as u64 / 60;
    let made = engine.generation().expect("answering") - before;
    assert!(made <= most, "{made} generations in {took:?}");
}

/// A thousand reloads under four callers: none fails, none sees anything but a whole generation, and the generations go.
#[test]
fn a_thousand_reloads_under_callers_fail_no_call_and_leave_nothing_behind() {
    let _alone = alone();
    let desk = desk();
    // A function in it makes every thread keep a VM for the generation.
    let numbered = |number: u64| {
        let map = format!("from = \"cardnum\", map = function(value) return value and \"{number}\" end,");
        FUNID.replace("from = \"cardnum\", ", &map)
    };
    desk.write(PLACE, &numbered(0));
    let engine = Engine::open(desk.home(), Overrides::default());
    let before = Generation::alive();
    let (ended, saved, calls) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
    let mut most = 0;
    std::thread::scope(|scope| {
        let callers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut last = 0;
                    while !ended.load(Ordering::Relaxed) {
                        let seen = card_no(&engine);
                        let number: u64 = seen.parse().map_err(|_| seen)?;
                        // Never one from before, never one that is not yet saved.
                        if number < last || number > saved.load(Ordering::SeqCst) {
                            return Err(format!("{number} after {last}"));
                        }
                        last = number;
                        calls.fetch_add(1, Ordering::Relaxed);
                    }
                    Ok(())
                })
            })
            .collect();
        for number in 1..=1000 {
            desk.write(PLACE, &numbered(number));
            saved.store(number, Ordering::SeqCst);
            engine.reload();
            most = most.max(Generation::alive());
        }
        ended.store(true, Ordering::Relaxed);
        for caller in callers {
            assert_eq!(caller.join().expect("no panic"), Ok(()));
        }
    });
    assert_eq!(card_no(&engine), "1000");
    assert!(calls.load(Ordering::Relaxed) > 1000, "{calls:?} calls");
    // The running one, the one that is being built, and one under each caller.
    assert!(most <= before + 6, "{most} generations at once");
    assert_eq!(Generation::alive(), before);
    drop(engine);
    assert_eq!(Generation::alive(), before - 1);
}

#[test]
fn an_engine_that_is_gone_leaves_no_generation_and_no_file() {
    let _alone = alone();
    let desk = desk();
    let before = Generation::alive();
    let engine = watching(&desk);
    let engines = desk.home().join("state/engines");
    eventually("its status", || {
        fs::read_dir(&engines).is_ok_and(|files| files.count() == 2)
    });
    drop(engine);
    eventually("they go", || {
        Generation::alive() == before && fs::read_dir(&engines).is_ok_and(|files| files.count() == 0)
    });
}

#[test]
fn a_misspelt_setting_is_told_though_the_scripts_were_checked_before() {
    let _alone = alone();
    let desk = desk();
    desk.write(PLACE, &script("right"));
    let checked = desk.home().join("state/checked");
    let engine = watching(&desk);
    eventually("they are known as checked", || checked.exists());
    drop(engine);
    desk.write("mps.toml", "simulate = true\n[device.card]\nporrt = 'USB2'\n");
    let engine = Engine::open(desk.home(), Overrides::default());
    let told = engine.problem().map(|problem| problem.to_string());
    assert!(
        told.as_ref().is_some_and(|told| told.contains("porrt")),
        "{told:?}"
    );
}

#[test]
fn scripts_that_passed_a_check_are_not_checked_again_at_the_next_start() {
    let _alone = alone();
    let desk = desk();
    desk.write(PLACE, &script("right"));
    let (scripts, checked) = (desk.home().join("scripts"), desk.home().join("state/checked"));
    let fingerprint = || {
        Tree::read(&scripts)
            .expect("readable scripts")
            .fingerprint()
            .to_owned()
    };
    let engine = watching(&desk);
    eventually("they are known as checked", || checked.exists());
    drop(engine);
    let told = fs::read_to_string(&checked).expect("readable");
    let right = fingerprint();
    assert!(told.contains(&right), "{told}");

    let msg = |engine: &Engine| {
        let wrong = String::from_utf8(request("03"))
            .expect("ASCII")
            .replace("N04.00.00.01", "WRONG");
        Response::decode(&engine.answer(wrong.as_bytes()).bytes)
            .expect("a well-formed response")
            .msg
    };
    // What was not checked is, and does not answer.
    desk.write("scripts/funids/WRONG.lua", "return mps.funid {}");
    let engine = Engine::open(desk.home(), Overrides::default());
    assert_eq!(card_no(&engine), "right");
    assert!(msg(&engine).contains("没有功能编号WRONG"), "{}", msg(&engine));
    // Told that it was, nobody looks: what is wrong is seen by who calls it, and by no other.
    let told = told.replace(&right, &fingerprint());
    desk.write("state/checked", &told);
    let engine = Engine::open(desk.home(), Overrides::default());
    assert_eq!(card_no(&engine), "right");
    assert!(msg(&engine).contains("title"), "{}", msg(&engine));
    // Another version's word does not count, nor what was checked for another region.
    for other in [told.replacen('.', "_", 1), told.replace(" - ", " 350200 ")] {
        desk.write("state/checked", &other);
        let engine = Engine::open(desk.home(), Overrides::default());
        assert!(msg(&engine).contains("没有功能编号WRONG"), "{}", msg(&engine));
    }
}
