//! The time of a call.

use super::contenders::{Caller, Contender, Contenders, FLOOR, HANDWRITTEN, HARDCODED, REQUESTS};
use super::table::{self, median, ratio};
use std::time::Instant;

pub const ROUNDS: usize = 200;
/// Calls in one turn of a round: about a millisecond.
const BATCH: u32 = 100;

/// Nanoseconds of one call.
pub struct Time {
    /// By the clock.
    pub wall: f64,
    /// Of all of this process's threads' processors.
    pub processor: f64,
}

pub fn measure(contenders: &Contenders) {
    println!("\n## 一次调用的时间（{ROUNDS}轮交错，每轮每方{BATCH}次，取中位数）");
    let all: Vec<&Contender> = contenders.all.iter().collect();
    let times = REQUESTS.map(|(_, request)| rounds(&all, request, BATCH));
    for (what, pick) in [
        ("时钟", wall as fn(&Time) -> f64),
        ("全部线程的处理器时间", processor),
    ] {
        print(what, contenders, &times, pick);
    }
}

fn wall(time: &Time) -> f64 {
    time.wall
}

fn processor(time: &Time) -> f64 {
    time.processor
}

fn print(what: &str, contenders: &Contenders, times: &[Vec<Time>; 2], pick: fn(&Time) -> f64) {
    let of = |times: &[Time], name: &str| {
        let at = contenders
            .all
            .iter()
            .position(|contender| contender.name == name)?;
        times.get(at).map(pick)
    };
    let row = |(at, name): (usize, &str)| {
        let mut row = vec![name.to_owned()];
        for times in times {
            let own = pick(&times[at]);
            row.push(format!("{own:.0}"));
            row.extend([FLOOR, HARDCODED, HANDWRITTEN].map(|other| ratio(own, of(times, other))));
        }
        row
    };
    let names = contenders.all.iter().map(|contender| contender.name);
    let rows: Vec<_> = names.enumerate().map(row).collect();
    let heading = format!("{what}，ns");
    let head = [
        heading.as_str(),
        "卡",
        "÷下限",
        "÷硬编码",
        "÷C++",
        "凭证",
        "÷下限",
        "÷硬编码",
        "÷C++",
    ];
    table::print(&head, &rows);
}

/// The time of each contender's calls, so many in one turn of a round.
pub fn rounds(contenders: &[&Contender], request: &[u8], batch: u32) -> Vec<Time> {
    let mut callers: Vec<Caller> = contenders
        .iter()
        .map(|contender| Caller::new(contender, request).checked())
        .collect();
    let mut times: Vec<[Vec<f64>; 2]> = callers.iter().map(|_| Default::default()).collect();
    // The first round warms up.
    for round in 0..=ROUNDS {
        for (caller, [walls, processors]) in callers.iter_mut().zip(&mut times) {
            let (begun, used) = (Instant::now(), processor_time());
            for _ in 0..batch {
                caller.call();
            }
            if round > 0 {
                walls.push(begun.elapsed().as_nanos() as f64 / f64::from(batch));
                processors.push((processor_time() - used) / f64::from(batch));
            }
        }
    }
    let time = |[walls, processors]: [Vec<f64>; 2]| Time {
        wall: median(walls),
        processor: median(processors),
    };
    times.into_iter().map(time).collect()
}

/// Nanoseconds that this process has used.
pub fn processor_time() -> f64 {
    // SAFETY: fills a structure of its own.
    let time = unsafe {
        let mut time = std::mem::zeroed();
        libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time);
        time
    };
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}
