//! The release in `target/dist`, as `release/build.sh` leaves it: its files, and the callers that load them.
//!
//! What a test needs and does not find (the release, Wine, a compiler) makes it say so and pass; with `MPS_TEST_ALL` set, as
//! `tests/run` sets it, it fails.
#![cfg(target_os = "linux")]

mod binaries;
mod control;
#[path = "../desk/mod.rs"]
mod desk;
mod doctor;
#[path = "../hostile/suite.rs"]
mod hostile;
mod isolation;
mod limits;
mod linux;
mod readers;
mod ready;
mod scenarios;
mod support;
mod vendors;
mod windows;
