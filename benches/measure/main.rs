//! What a call costs, beside a hard-coded library of the same crates, a hand-written one in C++, and the floor.
//!
//! `benches/run [PART…]`, all parts where none is named: calls, helper, instructions, threads, start, reload, memory, size.
//! `training` and `layout` measure nothing: they make the calls that release/profile.sh counts, and write down what calls touch.
//! Measures `target/dist/linux-x64/libmps_client.so` as `release/build.sh linux-x64` builds it, or the library that MPS_LIBRARY names.
//! Times are medians of interleaved rounds: on a machine that does other things too only their ratios mean something.

mod calls;
mod child;
mod contenders;
mod desks;
mod helper;
mod instructions;
mod layout;
mod memory;
mod reload;
mod size;
mod start;
mod table;
mod threads;
mod training;

use contenders::Contenders;
use std::env;

type Part = (&'static str, fn(&Contenders));

fn main() {
    // Cargo adds --bench.
    let mut words: Vec<String> = env::args().skip(1).filter(|word| word != "--bench").collect();
    if words.first().is_some_and(|word| word == "--child") {
        words.remove(0);
        return child::run(&words);
    }
    let parts: [Part; 8] = [
        ("calls", calls::measure),
        ("helper", helper::measure),
        ("instructions", instructions::measure),
        ("threads", threads::measure),
        ("start", start::measure),
        ("reload", reload::measure),
        ("memory", memory::measure),
        ("size", size::measure),
    ];
    let contenders = Contenders::build();
    match words.first().map(String::as_str) {
        Some("training") => return training::run(&contenders),
        Some("layout") => return layout::write(&contenders),
        _ => {}
    }
    for (name, measure) in parts {
        if words.is_empty() || words.iter().any(|word| word == name) {
            measure(&contenders);
        }
    }
}
