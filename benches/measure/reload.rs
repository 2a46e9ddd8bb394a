//! Reloading, and what calls notice of it. The built library tells by its journal how long it took; what calls notice is measured
//! through the Rust library: whoever has a built one reload waits for its watcher.

use super::contenders::{Caller, Contender, Contenders, HARDCODED, REQUESTS, put};
use super::table::{self, median, ratio};
use super::{child, desks, memory};
use mps_client::engine::{Engine, Overrides};
use mps_client::script::Generation;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const RELOADS: usize = 100;
const MANY: &str = "1000";

pub fn measure(contenders: &Contenders) {
    println!("\n## 重新加载20个功能编号（{RELOADS}次，取中位数）");
    let hardcoded = hardcoded_call(contenders);
    let mut rows = Vec::new();
    for (name, changed, script) in [
        ("改1个，声明", 1, desks::FUNID),
        ("改20个，声明", usize::MAX, desks::FUNID),
        ("改20个，各带一个函数", usize::MAX, &desks::mapped()),
    ] {
        let home = contenders.folder.twenty(&format!("built{}", rows.len()));
        let built = built(contenders, &home, changed, script);
        let home = contenders.folder.twenty(&format!("reload{}", rows.len()));
        let (reload, wait) = reloads(&home, changed, script);
        rows.push(vec![
            name.to_owned(),
            format!("{:.0}", built / 1000.0),
            ratio(built, Some(hardcoded)),
            format!("{:.0}", reload / 1000.0),
            ratio(reload, Some(hardcoded)),
            format!("{:.1}", wait / 1000.0),
            ratio(wait, Some(hardcoded)),
        ]);
    }
    let head = [
        "重新加载",
        "动态库自己，没有调用时，µs",
        "÷硬编码一次调用",
        "一刻不停地调用时，µs",
        "÷硬编码一次调用",
        "调用因此多等，µs",
        "÷硬编码一次调用",
    ];
    table::print(&head, &rows);
    let ours = contenders
        .named(super::contenders::DECLARED)
        .expect("it is always measured");
    let numbers = child::numbers(child::command(ours, &["reloads", "卡", MANY]));
    if let [first, last, alive] = numbers[..] {
        println!(
            "\n重新加载{MANY}次之后：常驻内存增加{:.0} KiB，留下{alive}代脚本。",
            last - first
        );
    }
}

/// Nanoseconds of a hard-coded call.
fn hardcoded_call(contenders: &Contenders) -> f64 {
    let hardcoded = contenders.named(HARDCODED).expect("it is always measured");
    let mut caller = Caller::new(hardcoded, REQUESTS[0].1).checked();
    let time = |_| {
        let begun = Instant::now();
        (0..100).for_each(|_| caller.call());
        begun.elapsed().as_nanos() as f64 / 100.0
    };
    median((0..RELOADS).map(time).collect())
}

/// Nanoseconds of a reload of the built library, which looks at its files by itself.
fn built(contenders: &Contenders, home: &Path, changed: usize, script: &str) -> f64 {
    let ours = Contender {
        name: "重新加载",
        library: put(&contenders.ours, home),
        function: "MPS_Call",
    };
    let _caller = Caller::new(&ours, REQUESTS[0].1).checked();
    let known = taken_up(home, 0).len();
    for edition in 1..=RELOADS {
        save_edition(home, changed, script, edition);
        taken_up(home, known + edition);
    }
    median(taken_up(home, 0).split_off(known))
}

/// How many nanoseconds each generation took that the journal of a home tells of, when it tells of so many.
fn taken_up(home: &Path, many: usize) -> Vec<f64> {
    loop {
        let files = fs::read_dir(home.join("journal")).into_iter().flatten();
        let texts = files.filter_map(|file| fs::read_to_string(file.ok()?.path()).ok());
        let lines: Vec<Value> = texts
            .flat_map(|text| text.lines().map(serde_json::from_str).collect::<Vec<_>>())
            .filter_map(Result::ok)
            .collect();
        let generations = lines.iter().filter(|line| line["kind"] == "generation");
        let taken: Vec<f64> = generations
            .filter_map(|line| Some(line["ms"].as_f64()? * 1e6))
            .collect();
        if taken.len() >= many.max(1) {
            return taken;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

fn save_edition(home: &Path, changed: usize, script: &str, edition: usize) {
    let mut scripts = desks::twenty_of(script, edition);
    scripts.truncate(changed);
    desks::save(home, &scripts);
}

/// Nanoseconds of a reload, and how much longer the longest call under way is than the longest while nothing happens.
fn reloads(home: &Path, changed: usize, script: &str) -> (f64, f64) {
    let engine = Engine::open(home, Overrides::default());
    let (longest, ended) = (AtomicU64::new(0), AtomicBool::new(false));
    let (mut times, mut quiet, mut during) = (Vec::new(), Vec::new(), Vec::new());
    thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                let begun = Instant::now();
                engine.answer(REQUESTS[0].1);
                let time = begun.elapsed().as_nanos();
                longest.fetch_max(u64::try_from(time).unwrap_or(u64::MAX), Ordering::Relaxed);
            }
        });
        let mut window = Duration::from_millis(2);
        for edition in 1..=RELOADS {
            save_edition(home, changed, script, edition);
            thread::sleep(Duration::from_millis(2));
            longest.store(0, Ordering::Relaxed);
            thread::sleep(window);
            quiet.push(longest.swap(0, Ordering::Relaxed) as f64);
            let begun = Instant::now();
            engine.reload();
            window = begun.elapsed();
            times.push(window.as_nanos() as f64);
            during.push(longest.load(Ordering::Relaxed) as f64);
        }
        ended.store(true, Ordering::Relaxed);
    });
    (median(times), (median(during) - median(quiet)).max(0.0))
}

/// Reloads again and again; prints the resident memory after the first tenth and at the end, and the generations left.
pub fn child(home: &Path, reloads: u32) {
    let engine = Engine::open(home, Overrides::default());
    for reload in 0..reloads {
        let scripts = desks::twenty_of(&desks::mapped(), reload as usize);
        desks::save(home, &scripts);
        engine.reload();
        engine.answer(REQUESTS[0].1);
        if reload == reloads / 10 {
            print!("{} ", memory::resident());
        }
    }
    println!("{} {}", memory::resident(), Generation::alive());
}
