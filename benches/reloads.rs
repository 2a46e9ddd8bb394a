//! A soak: scripts are saved again and again under four calling threads. Prints the curve and a verdict.
//!
//! `cargo bench --bench reloads -- [reloads]`, a thousand where none is given.

use mps_client::engine::{Engine, Overrides};
use mps_client::script::Generation;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::{env, fs, thread};

const REQUEST: &[u8] = b"<request><Header><funid>N04.00.00.01</funid></Header><Body><mdtrt_cert_type>03</mdtrt_cert_type></Body></request>";
const FUNID: &str = include_str!("../scripts/funids/N04.00.00.01.lua");
const THREADS: usize = 4;

fn main() {
    let reloads = env::args()
        .skip(1)
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(1000u64);
    let home = env::temp_dir().join(format!("mps-soak-{}", std::process::id()));
    save(&home, 0);
    fs::write(home.join("mps.toml"), "simulate = true\n").expect("the home can be written");
    let engine = Engine::open(&home, Overrides::default());
    let (calls, failed, ended) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
    println!("reload   calls      failed  generations  resident KiB");
    let mut resident = Vec::new();
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while !ended.load(Ordering::Relaxed) {
                    let answer = engine.answer(REQUEST);
                    let served = answer.bytes.windows(18).any(|part| part == b"<result>0</result>");
                    calls.fetch_add(1, Ordering::Relaxed);
                    failed.fetch_add(u64::from(!served), Ordering::Relaxed);
                }
            });
        }
        for reload in 1..=reloads {
            save(&home, reload);
            engine.reload();
            if reload % (reloads / 10).max(1) == 0 {
                resident.push(resident_kib());
                let (calls, failed) = (calls.load(Ordering::Relaxed), failed.load(Ordering::Relaxed));
                let (alive, now) = (Generation::alive(), resident_kib());
                println!("{reload:6}   {calls:9}  {failed:6}  {alive:11}  {now:12}");
            }
        }
        ended.store(true, Ordering::Relaxed);
    });
    let failed = failed.load(Ordering::Relaxed);
    let growth = resident
        .last()
        .zip(resident.first())
        .map_or(0, |(last, first)| last - first);
    println!(
        "verdict: {failed} failed calls, {} generations alive, {growth} KiB more than after the first tenth",
        Generation::alive()
    );
    let _ = fs::remove_dir_all(&home);
    assert_eq!(failed, 0, "a reload failed calls");
}

/// Saves the function id with a function in it, so that every thread makes a VM for every generation.
fn save(home: &Path, reload: u64) {
    let folder = home.join("scripts/funids");
    fs::create_dir_all(&folder).expect("the home can be written");
    let map = r#"from = "cardnum", map = function(value) return value:lower() end,"#;
    let script = format!("{}\n-- {reload}\n", FUNID.replace(r#"from = "cardnum","#, map));
    fs::write(folder.join("N04.00.00.01.lua"), script).expect("the home can be written");
}

fn resident_kib() -> i64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or(0)
}
