//! Why a call failed, as the caller is told.

use super::Error;
use crate::device;
use std::fmt;

/// A failure with the message for the caller; `mps.fail` raises one from Lua.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// 提示信息.
    pub(super) msg: String,
    /// 结果, where it is to be other than `-1`.
    pub(super) code: Option<String>,
}

impl Failure {
    pub(super) fn new(msg: impl Into<String>) -> Failure {
        Failure {
            msg: msg.into(),
            code: None,
        }
    }

    /// What a Lua call failed with: the script's own `mps.fail`, or a mistake in it.
    pub(super) fn of_lua(error: &mlua::Error, file: &str) -> Failure {
        let raised = error.chain().find_map(|cause| cause.downcast_ref::<Failure>());
        raised.cloned().unwrap_or_else(|| Error::lua(error, file).into())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::new(error.to_string())
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
