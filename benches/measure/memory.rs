//! Resident memory.

use super::contenders::{Caller, Contenders, DECLARED, HANDWRITTEN, HARDCODED};
use super::{child, table};

const CALLS: u32 = 1_000_000;
/// After so many calls everything has been made once.
const WARM: u32 = 1000;

pub fn measure(contenders: &Contenders) {
    println!("\n## 常驻内存（各自的进程）");
    let names = [HARDCODED, HANDWRITTEN, DECLARED, "带一个函数"];
    let mut rows = Vec::new();
    for contender in names.iter().filter_map(|name| contenders.named(name)) {
        let words = ["memory", "卡", &CALLS.to_string()];
        let numbers = child::numbers(child::command(contender, &words));
        if let [before, once, warm, last] = numbers[..] {
            let name = contender.name.to_owned();
            rows.push(vec![
                name,
                format!("{:.0}", once - before),
                format!("{:.0}", last - warm),
            ]);
        }
    }
    let growth = format!("{CALLS}次后又增加，KiB");
    table::print(&["常驻内存", "一次调用后比加载前多，KiB", &growth], &rows);
}

pub fn child(caller: impl FnOnce() -> Caller, calls: u32) {
    // Printing and reading take memory of their own the first time.
    resident();
    print!("{} ", resident());
    let mut caller = caller().checked();
    print!("{} ", resident());
    (0..WARM).for_each(|_| caller.call());
    print!("{} ", resident());
    (0..calls).for_each(|_| caller.call());
    println!("{}", resident());
}

/// KiB of this process in memory.
pub fn resident() -> u64 {
    // Unlike `status`, exact.
    let map = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap_or_default();
    let line = map.lines().find_map(|line| line.strip_prefix("Rss:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or(0)
}
