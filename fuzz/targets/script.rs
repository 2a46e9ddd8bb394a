//! Any text as a script: the loader refuses it, telling why, or makes a generation of it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mps_client::script::{Generation, Limits, Tree};
use std::collections::BTreeMap;
use std::time::Duration;

const FILES: [&str; 4] = [
    "funids/FUZZ.lua",
    "devices/fuzz.lua",
    "protocol.lua",
    "regions/350200/funids/FUZZ.lua",
];

const LIMITS: Limits = Limits {
    time: Duration::from_millis(50),
    memory: 4 << 20,
};

fuzz_target!(|data: (u8, &str)| {
    let (choice, text) = data;
    let file = FILES[usize::from(choice) % FILES.len()];
    let files = BTreeMap::from([(file.to_owned(), text.to_owned())]);
    // What is wrong is told in full: excerpts, carets and all.
    if let Err(errors) = Generation::build(&Tree::of_files(files), Some("350200"), LIMITS) {
        assert!(!errors.to_string().is_empty());
    }
});
