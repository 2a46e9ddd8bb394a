//! Foreign libraries and readers. Knows no Lua and no XML.

mod inside;

pub use inside::Inside;
