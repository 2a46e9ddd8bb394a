//! How calls of several threads get on.

use super::contenders::{Caller, Contender, Contenders, REQUESTS};
use super::table::{self, median};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const THREADS: [usize; 3] = [1, 2, 4];
const ROUNDS: usize = 20;
const TURN: Duration = Duration::from_millis(50);

pub fn measure(contenders: &Contenders) {
    println!(
        "\n## 多个线程（{ROUNDS}轮交错，每轮{}毫秒，取中位数）",
        TURN.as_millis()
    );
    for (name, request) in REQUESTS {
        let mut rates: Vec<[Vec<f64>; 3]> = contenders.all.iter().map(|_| Default::default()).collect();
        for _ in 0..ROUNDS {
            for (contender, rates) in contenders.all.iter().zip(&mut rates) {
                for (threads, rates) in THREADS.into_iter().zip(rates) {
                    rates.push(rate(contender, request, threads));
                }
            }
        }
        let row = |(contender, rates): (&Contender, [Vec<f64>; 3])| {
            let rates = rates.map(median);
            let scaled = rates.map(|rate| format!("{:.2}", rate / rates[0]));
            let mut row = vec![contender.name.to_owned(), format!("{:.0}", rates[0] * 1000.0)];
            row.extend(scaled.into_iter().skip(1));
            row
        };
        let rows: Vec<_> = contenders.all.iter().zip(rates).map(row).collect();
        table::print(&[name, "1个线程，次/毫秒", "2个线程，倍", "4个线程，倍"], &rows);
    }
}

/// Calls in a microsecond.
fn rate(contender: &Contender, request: &[u8], threads: usize) -> f64 {
    let (calls, ended, ready) = (
        AtomicU64::new(0),
        AtomicBool::new(false),
        Barrier::new(threads + 1),
    );
    let mut time = TURN;
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut caller = Caller::new(contender, request).checked();
                let mut own = 0;
                ready.wait();
                while !ended.load(Ordering::Relaxed) {
                    caller.call();
                    own += 1;
                }
                calls.fetch_add(own, Ordering::Relaxed);
            });
        }
        ready.wait();
        let begun = Instant::now();
        thread::sleep(TURN);
        ended.store(true, Ordering::Relaxed);
        time = begun.elapsed();
    });
    calls.load(Ordering::Relaxed) as f64 / (time.as_nanos() as f64 / 1000.0)
}
