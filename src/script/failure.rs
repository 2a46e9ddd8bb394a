//! Why a call failed, as the caller is told.

use super::Error;
use super::words::Words;
use crate::device;
use mlua::Function;
use std::fmt;

/// A failure with the message for the caller; `mps.fail` raises one from Lua.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// 提示信息.
    pub(super) msg: String,
    /// 结果, where it is to be other than `-1`.
    pub(super) code: Option<String>,
    /// The script's mistake, where it is one.
    pub(super) error: Option<Error>,
    /// Whose words `msg` is made of.
    pub(super) words: Words,
}

impl Failure {
    pub(super) fn new(msg: impl Into<String>) -> Failure {
        Failure {
            msg: msg.into(),
            code: None,
            error: None,
            words: Words::Own,
        }
    }

    /// In a script's own words.
    pub(super) fn said(msg: impl Into<String>) -> Failure {
        Failure {
            words: Words::Script,
            ..Failure::new(msg)
        }
    }

    /// Notes what the script was working on, where the failure is a mistake of it.
    pub(super) fn about(mut self, about: impl FnOnce() -> String) -> Failure {
        self.error = self.error.map(|error| error.about(about()));
        self
    }

    /// What a call of a declared function failed with: the script's own `mps.fail`, or a mistake in it.
    pub(super) fn of_lua(error: &mlua::Error, function: &Function) -> Failure {
        let raised = error.chain().find_map(|cause| cause.downcast_ref::<Failure>());
        raised
            .cloned()
            .unwrap_or_else(|| Error::of_call(error, function).into())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure {
            msg: error.sentence(),
            code: None,
            error: Some(error),
            words: Words::Own,
        }
    }
}

impl From<device::Error> for Failure {
    fn from(error: device::Error) -> Failure {
        Failure::new(error.to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.msg)
    }
}

impl std::error::Error for Failure {}
