//! Foreign libraries: what a vendor's library exports, how it is called, and what it may cost the caller.
//!
//! A [`Library`] is loaded once by its full path and called on a worker thread of its own, or in a helper process of its own,
//! with a time limit, or on the caller's thread without one; a [`Session`] keeps other calls away between a reader's opening and
//! its closing. Knows no Lua and no XML.

mod access;
mod apartment;
mod binary;
mod builtin;
mod declaration;
mod dependencies;
mod error;
mod exclusive;
mod ffi;
mod foreground;
mod helper;
mod http;
mod inside;
mod layout;
mod library;
mod loaded;
mod memory;
mod patience;
pub mod pcsc;
mod queue;
mod scanner;
mod text;
mod worker;

pub use access::anyone_may_change;
pub use binary::{Binary, Format, Machine, Processor, Unreadable};
pub use builtin::{Builtin, BuiltinAside, BuiltinSession, Builtins, Fault};
pub use declaration::{
    Convention, Export, Function, Initial, Integer, Kind, Length, Measure, OutKind, Parameter, Returns,
};
pub use dependencies::{Lack, lacking};
pub use error::{Error, helper_advice};
pub use helper::{
    Aide, attend, crash_quietly, leave_signals, program_file as helper_file, serve as serve_helper,
};
pub use http::{Hosts, HttpAnswer, HttpError, HttpFault, HttpRequest, reach};
pub use inside::Inside;
pub use layout::{Field, Layout, Member};
pub use library::{Calls, Libraries, Library, Opening, Runs, Session};
pub use memory::{Argument, Outcome, Performance, Returned, Wrong, rehearse};
pub use text::{Charset, Value};
pub use worker::Done;

/// Text as Windows takes it: UTF-16, its NUL behind it.
#[cfg(windows)]
fn system_text(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}
