//! `mps host`: the helper process, which the library starts for itself.

use super::arguments::Host;
use super::{Misuse, Outcome};
use crate::device::serve_helper;

pub(super) fn run(arguments: Host) -> Result<Outcome, Misuse> {
    match serve_helper(&arguments.pipe) {
        Ok(never) => match never {},
        Err(_) => Err(Misuse::new(
            "mps host 由动态库自己启动，不用手工执行；--pipe 所指的不是管道",
        )),
    }
}
