//! The same call with the vendor's library in a helper process, beside the one on a thread of the caller's own.

use super::contenders::{Contender, Contenders, REQUESTS, put};
use super::desks::{self, Scripts};
use super::table::{self, ratio};
use super::{calls, start};
use std::fs;

/// A call through the helper takes some tenths of a millisecond.
const BATCH: u32 = 10;
const STARTS: usize = 20;

pub fn measure(contenders: &Contenders) {
    let program = contenders.ours.with_file_name("mps");
    if !program.is_file() {
        eprintln!("not measured here: the helper process, which needs mps beside the library");
        return;
    }
    println!(
        "\n## 辅助进程（{}轮交错，每轮每方{BATCH}次；加载和第一次调用{STARTS}轮，取中位数；时钟）",
        calls::ROUNDS
    );
    let both = [("本进程的设备线程", ""), ("辅助进程", "isolate = true\n")].map(|(name, device)| {
        let config = desks::config_with(device);
        let home = contenders.folder.desk(name, &config, &Scripts::new());
        fs::copy(&program, home.join("mps")).expect("the helper program can be copied");
        Contender {
            name,
            library: put(&contenders.ours, &home),
            function: "MPS_Call",
        }
    });
    let both: Vec<&Contender> = both.iter().collect();
    let times = REQUESTS.map(|(_, request)| calls::rounds(&both, request, BATCH));
    let starts = start::medians(contenders, &both, STARTS);
    let row = |(at, contender): (usize, &&Contender)| {
        let mut row = vec![contender.name.to_owned()];
        let measured = times.iter().map(|times| [times[0].wall, times[at].wall]);
        for [here, own] in measured.chain([[starts[0], starts[at]]]) {
            row.extend([format!("{:.0}", own / 1000.0), ratio(own, Some(here))]);
        }
        row
    };
    let rows: Vec<_> = both.iter().enumerate().map(row).collect();
    let head = [
        "动态库在",
        "卡，µs",
        "÷设备线程",
        "凭证，µs",
        "÷设备线程",
        "加载和第一次调用，µs",
        "÷设备线程",
    ];
    table::print(&head, &rows);
}
