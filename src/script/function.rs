//! Functions that declarations hold, found again by where they stand.

use std::fmt;

/// One step into a declaration's table.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Step {
    /// A named key.
    Name(String),
    /// A position, from 1.
    Index(i64),
}

impl From<&str> for Step {
    fn from(name: &str) -> Step {
        Step::Name(name.to_owned())
    }
}

impl From<i64> for Step {
    fn from(index: i64) -> Step {
        Step::Index(index)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Name(name) => f.write_str(name),
            Step::Index(index) => write!(f, "第{index}项"),
        }
    }
}

/// A function in a declaration: plans are shared by all threads while a VM belongs to one, so a plan
/// holds the way to the function and each thread's VM finds its own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct FunctionPath {
    /// The file, by its path within a layer.
    pub(super) file: String,
    /// The steps from the table that the file returns.
    pub(super) steps: Vec<Step>,
}
