//! Resident memory, of processes in C: what a library brings along counts too.

use super::contenders::{Contenders, DECLARED, HANDWRITTEN, HARDCODED, REQUESTS};
use super::table;

const CALLS: u32 = 1_000_000;

pub fn measure(contenders: &Contenders) {
    println!("\n## 常驻内存（各自的进程）");
    let names = [HARDCODED, HANDWRITTEN, DECLARED, "带一个函数"];
    let mut rows = Vec::new();
    for contender in names.iter().filter_map(|name| contenders.named(name)) {
        let words = ["memory", &CALLS.to_string()];
        let numbers = contenders.legacy(contender, REQUESTS[0].1, &words);
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

/// KiB of this process in memory.
pub fn resident() -> u64 {
    // Unlike `status`, exact.
    let map = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap_or_default();
    let line = map.lines().find_map(|line| line.strip_prefix("Rss:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or(0)
}
