//! The C boundary: the only place that touches callers' pointers. What callers may rely on stands in `release/mps_client.h`.
//!
//! One call: the request's end is found ([`request`]), the shared engine answers it, the answer is written if it fits
//! ([`capacity`]). Around that stand the floating-point state ([`float`]) and the one function that catches panics.

mod capacity;
pub mod client;
pub mod exports;
mod float;
mod host;
mod memory;
mod module;
mod request;
mod status;

pub use status::Status;
