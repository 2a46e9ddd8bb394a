//! What people are told of mistakes in scripts: the sentence that the caller's `<msg>` gets, and the full form with its excerpt.
//!
//! One snapshot a mistake: the sentence of the engine's answer, a line of dashes, and the full form.

mod declarations;
#[path = "../desk/mod.rs"]
mod desk;
mod files;
mod layers;
mod running;
mod told;
