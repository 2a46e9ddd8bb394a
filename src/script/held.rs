//! What stands behind a device that is not simulated: the vendor's library, or a reader of our own.

use super::call;
use super::desk::{Desk, DeskDevice};
use super::exchange::{Asked, Code, Content, Exchange};
use super::failure::Failure;
use super::library::LibraryPlan;
use crate::clock::Moment;
use crate::device::{
    Argument, BuiltinAside, BuiltinSession, Error, Function, Opening, Outcome, Runs, Session,
};
use smol_str::SmolStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// A device that no other call uses meanwhile.
pub(super) enum Held {
    Library(Session),
    Builtin(BuiltinSession),
    /// Only to end what another call is waiting for.
    Aside(BuiltinAside),
}

impl Held {
    /// Takes the device; a library is loaded within `timeout` if it is not yet. `aside`: whatever another call does with it.
    /// The first error is the configuration's.
    pub(super) fn take(
        name: &str,
        plan: &LibraryPlan,
        desk: &Desk,
        configured: &DeskDevice,
        timeout: Duration,
        aside: bool,
        now: Moment,
    ) -> Result<Result<Held, Error>, Failure> {
        if let Some(builtin) = plan.builtin {
            if aside {
                return Ok(desk.builtins.beside(builtin, name).map(Held::Aside));
            }
            let session = desk.builtins.take(builtin, name, desk.device_wait);
            return Ok(session.map(Held::Builtin));
        }
        let (folder, file) = library_file(name, plan, configured)?;
        let opening = Opening {
            folder,
            file,
            preload: &plan.preload,
            runs: runs(plan, configured),
            limit: timeout,
        };
        let foreground = configured.foreground.unwrap_or(plan.foreground);
        let session = desk.libraries.session(opening, now, desk.device_wait, foreground);
        Ok(session.map(Held::Library))
    }

    pub(super) fn call(
        &self,
        function: &Arc<Function>,
        arguments: Vec<Argument>,
        limit: Duration,
    ) -> Result<Outcome, Error> {
        match self {
            Held::Library(session) => session.call(function, arguments, limit),
            Held::Builtin(session) => session.call(function, arguments, limit),
            Held::Aside(aside) => Ok(aside.cancel()),
        }
    }

    pub(super) fn close(
        &self,
        function: &Arc<Function>,
        arguments: Vec<Argument>,
        limit: Duration,
    ) -> Result<Outcome, Error> {
        match self {
            Held::Library(session) => session.close(function, arguments, limit),
            Held::Builtin(session) => session.close(function, arguments, limit),
            Held::Aside(aside) => Ok(aside.cancel()),
        }
    }
}

/// Keeps that a device could not be taken.
pub(super) fn not_taken(name: &SmolStr, error: &Error, took: Duration) {
    let content = call::wants_content().then(|| {
        Box::new(Content::Function {
            passed: Vec::new(),
            outs: Vec::new(),
            brought: Err(Some(error.clone())),
        })
    });
    call::exchanged(|| Exchange {
        device: name.clone(),
        asked: Asked::Device,
        code: Code::Failed(error.code()),
        simulated: false,
        took,
        content,
    });
}

/// Where the library runs: what keeps the caller safe goes before what is quick.
fn runs(plan: &LibraryPlan, configured: &DeskDevice) -> Runs {
    let isolate = configured.isolate.unwrap_or(plan.isolate);
    let on_caller_thread = configured.on_caller_thread.unwrap_or(plan.on_caller_thread);
    match (isolate, on_caller_thread) {
        (true, _) => Runs::InHelper,
        (false, true) => Runs::OnCallersThread,
        (false, false) => Runs::OnItsThread,
    }
}

/// The library's file and those that are loaded before it, all in the configured folder.
pub(super) fn library_paths(
    name: &str,
    plan: &LibraryPlan,
    configured: &DeskDevice,
) -> Result<(PathBuf, Vec<PathBuf>), Failure> {
    let (folder, file) = library_file(name, plan, configured)?;
    let preload = plan.preload.iter().map(|file| folder.join(file)).collect();
    Ok((folder.join(file), preload))
}

/// The configured folder, and the library's file in it.
fn library_file<'a>(
    name: &str,
    plan: &'a LibraryPlan,
    configured: &'a DeskDevice,
) -> Result<(&'a Path, &'a str), Failure> {
    let missing = |key: &str, what: &str| {
        let title = &plan.title;
        Failure::new(format!(
            "设备{name}（{title}）没有配置：请在mps.toml的[device.{name}]中填写{key}（{what}）"
        ))
    };
    let folder = configured
        .folder
        .as_ref()
        .ok_or_else(|| missing("folder", "厂商动态库所在的文件夹"))?;
    let file = configured.file.as_ref().or(plan.file.as_ref());
    let file = file.ok_or_else(|| missing("file", "厂商动态库的文件名"))?;
    Ok((folder, file))
}
