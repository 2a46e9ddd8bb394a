//! The C boundary: the only place that touches callers' pointers.

pub mod client;
