//! The Lua world: what scripts declare, and the plans that are made of it.
