//! Vendors' windows that open behind the program that called.

#[cfg_attr(windows, path = "windows.rs")]
#[cfg_attr(unix, path = "unix.rs")]
mod system;

pub(super) use system::{Watch, allow};
