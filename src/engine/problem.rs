//! Why the engine cannot answer.

use super::config;
use crate::script::Errors;
use std::fmt;

/// What is wrong with the home folder; `Display` shows all of it, for people who mend it.
#[derive(Clone, Debug)]
pub enum Problem {
    /// mps.toml cannot be used.
    Config(config::Error),
    /// The scripts cannot be used.
    Scripts(Errors),
    /// mps.toml and the scripts do not fit together.
    Desk(String),
    /// The scenarios that stand in the scripts' own tree fail.
    Gate(String),
    /// The files are not there as they were.
    Files(String),
}

impl Problem {
    /// A stable code: the letter of the floor that found it, and three digits.
    pub fn code(&self) -> &'static str {
        match self {
            Problem::Config(error) => error.code(),
            Problem::Scripts(errors) => errors.iter().next().map_or("S001", |error| error.code()),
            Problem::Desk(_) => "E002",
            Problem::Files(_) => "E003",
            Problem::Gate(_) => "E004",
        }
    }

    /// Its code and its sentence.
    pub(super) fn why(&self) -> (&'static str, String) {
        (self.code(), self.sentence())
    }

    /// It in one sentence, for a response's `<msg>`.
    pub fn sentence(&self) -> String {
        match self {
            Problem::Config(error) => error.sentence(),
            Problem::Scripts(errors) => errors.sentence(),
            Problem::Desk(sentence) | Problem::Files(sentence) => sentence.clone(),
            // The count, and the first of them.
            Problem::Gate(text) => text.lines().take(2).collect::<Vec<_>>().join("："),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Config(error) => error.fmt(f),
            Problem::Scripts(errors) => errors.fmt(f),
            Problem::Desk(text) | Problem::Files(text) | Problem::Gate(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Problem {}
