//! Any text as mps.toml.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mps_client::engine::config::Config;

fuzz_target!(|text: &str| {
    if let Err(error) = Config::parse(text) {
        assert!(!error.to_string().is_empty());
    }
});
