//! What scripts need of a desk: which devices are used, and what a device's declaration says of its library.

use super::generation::Generation;
use super::{Desk, held};
use crate::device::{Builtin, Export};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

/// What a device's script declares, as far as it can be held against files without loading them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needs {
    /// What the script calls the device.
    pub title: String,
    /// The reader of our own that it is; such a one has no library.
    pub builtin: Option<Builtin>,
    /// The library's functions.
    pub functions: Vec<NeededFunction>,
    /// The functions that take returned texts back.
    pub frees: Vec<String>,
    /// The longest time that one of its calls may take.
    pub timeout: Duration,
}

/// A function that a library has to export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeededFunction {
    /// Its name in the script.
    pub name: String,
    /// What it is exported as.
    pub export: Export,
    /// Machine words of its arguments.
    pub words: usize,
}

impl Generation {
    /// The devices that its function ids ask.
    pub fn used_devices(&self) -> BTreeSet<&str> {
        let plans = self.funids().filter_map(|name| self.funid(name)?.ok());
        let ways = plans.flat_map(|plan| plan.ways());
        ways.map(|(_, way)| &*way.device).collect()
    }

    /// What a device's script declares; `None` where there is no such script.
    pub fn needs(&self, device: &str, desk: &Desk) -> Option<Needs> {
        let plan = self.declared_device(device)?.ok()?;
        let functions = plan.functions.values().map(|function| NeededFunction {
            name: function.native.name.clone(),
            export: function.native.export.clone(),
            words: function.native.words(),
        });
        let frees = plan
            .functions
            .values()
            .filter_map(|function| function.native.free());
        let configured = desk.devices.get(device).and_then(|device| device.timeout);
        Some(Needs {
            title: plan.title.clone(),
            builtin: plan.builtin,
            functions: functions.collect(),
            frees: frees.map(str::to_owned).collect(),
            timeout: configured.or(plan.timeout).unwrap_or(desk.device_timeout),
        })
    }

    /// The file of a device's library and those that are loaded before it; the error says what is not configured.
    pub fn library_files(&self, device: &str, desk: &Desk) -> Result<(PathBuf, Vec<PathBuf>), String> {
        let plan = self.device(device).map_err(|failure| failure.msg)?;
        let configured = desk.devices.get(device).cloned().unwrap_or_default();
        held::library_paths(device, plan, &configured).map_err(|failure| failure.msg)
    }
}
