//! The Lua world: what scripts declare, and the plans that are made of it.
//!
//! A [`Tree`] of script files, read once, becomes a [`Generation`]: every file is run and its declaration is turned into
//! a plan that Rust executes. A call enters a Lua VM only where a declaration holds a function.

mod api;
mod backend;
mod call;
mod coverage;
mod declared;
mod desk;
mod diagnosis;
mod error;
mod exchange;
mod explain;
mod failure;
mod function;
mod functions;
mod funid;
mod generation;
mod handle;
mod held;
mod json_pick;
mod layer;
mod lexer;
mod library;
mod method;
mod needs;
mod placement;
mod plans;
mod probe;
mod protocol;
mod raise;
mod record;
mod sandbox;
mod scenario;
mod script_file;
mod serve;
mod signature;
mod simulation;
mod source_map;
mod stage;
mod template;
mod tree;
mod vm;
mod words;

pub use api::{annotations, reference, scenario_reference};
pub use backend::SECRET;
pub(crate) use call::noting;
pub use call::{Noted, Notice};
pub use coverage::{Coverage, FieldCoverage, FileCoverage, Seen, WayCoverage};
pub use desk::{Desk, DeskDevice};
pub use error::{Error, Errors};
pub use exchange::{Asked, Code, Content, Detail, Exchange, HTTP, ShortText};
pub use explain::{ExplainedField, ExplainedWay, Explanation, LayerFile, Place, Removed, Replaced};
pub use generation::Generation;
pub use needs::{NeededFunction, Needs};
pub use plans::Known;
pub use probe::{ProbeEnding, Probed};
pub use protocol::SignedRequest;
pub use sandbox::{Budget, Limits};
pub use scenario::{
    Change, Counter, Entry, Files, Fill, Held, House, IS, Left, Mismatch, Playbook, Returned, Rewriting,
    Room, Shown, Verdict, Wanted,
};
pub use serve::Served;
pub use stage::{Contact, Missed, Stage};
pub use tree::{FileStamp, Tree, file_stamp};
pub use words::{Vocabulary, Words};
