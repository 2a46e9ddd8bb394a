//! Foreign libraries and readers. Knows no Lua and no XML.

pub mod inside;
