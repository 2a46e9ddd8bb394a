//! Loading the library and the first call, each in a process of its own, by a program in C: what a library brings along counts too.

use super::contenders::{Contender, Contenders, HARDCODED, REQUESTS, put};
use super::table::{self, median, ratio};
use mps_client::engine::{Engine, Overrides};
use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

const ROUNDS: usize = 40;

pub fn measure(contenders: &Contenders) {
    println!("\n## 加载动态库和第一次调用（各自的进程，{ROUNDS}轮交错，取中位数）");
    let (first, again) = (
        contenders.folder.twenty("first"),
        contenders.folder.twenty("again"),
    );
    // Where nothing can be kept, each start is the first.
    fs::write(first.join("state"), "").expect("the desk can be written");
    have_checked(&again);
    let ours = |name, home: &Path| Contender {
        name,
        library: put(&contenders.ours, home),
        function: "MPS_Call",
    };
    let hardcoded = contenders.named(HARDCODED).expect("it is always measured");
    let again = ours("声明，20个功能编号，检查过的脚本", &again);
    let first = ours("声明，20个功能编号，新的脚本", &first);
    let all = [hardcoded, &again, &first];
    let medians = medians(contenders, &all, ROUNDS);
    let rows = all.iter().zip(medians.iter().copied());
    let rows: Vec<_> = rows
        .map(|(contender, time)| {
            let (name, ratio) = (contender.name.to_owned(), ratio(time, medians.first().copied()));
            vec![name, format!("{:.0}", time / 1000.0), ratio]
        })
        .collect();
    table::print(&["加载和第一次调用", "µs", "÷硬编码"], &rows);
}

/// Has the scripts of a home checked, as a program does that runs for a moment.
fn have_checked(home: &Path) {
    let _engine = Engine::open(home, Overrides::default()).watch();
    while !home.join("state/checked").exists() {
        sleep(Duration::from_millis(10));
    }
}

/// Nanoseconds of loading and the first call of each, in turns.
pub fn medians(contenders: &Contenders, some: &[&Contender], rounds: usize) -> Vec<f64> {
    let mut times: Vec<Vec<f64>> = some.iter().map(|_| Vec::new()).collect();
    for _ in 0..rounds {
        for (contender, times) in some.iter().zip(&mut times) {
            times.extend(contenders.legacy(contender, REQUESTS[0].1, &["start"]));
        }
    }
    times.into_iter().map(median).collect()
}
