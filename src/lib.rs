//! The scripting host for hospital insurance devices: one function, `MPS_Call`, answered by Lua scripts.
//!
//! The floors, lowest first; a lower floor never imports a higher one:
//! [`message`] (XML and charsets), [`device`] (vendor libraries), [`script`] (the Lua world),
//! [`engine`] (one call from bytes to bytes), and the two faces `abi` (the C boundary) and [`cli`] (`mps`).
#![deny(missing_docs)]

mod abi;
pub mod cli;
mod clock;
pub mod device;
mod digits;
pub mod engine;
mod excerpt;
mod mask;
pub mod message;
mod quoted;
pub mod script;
mod suggest;
