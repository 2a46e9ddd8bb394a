//! The plans of a generation: every file run once, its declaration read, and held against the others; but for what is known to
//! be right.

mod build;
mod check;

use super::declared::{Declared, type_name};
use super::error::Mistake;
use super::funid::FunidPlan;
use super::generation::Generation;
use super::library::LibraryPlan;
use super::placement::{DEVICES, FUNIDS, SIMULATIONS};
use super::protocol::ProtocolPlan;
use super::sandbox::{Budget, Limits, Sandbox, apart};
use super::simulation::SimulationPlan;
use super::source_map::SourceMap;
use super::tree::Source;
use super::vm::Vm;
use super::{Error, api};
use mlua::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// What of the scripts is known to be right and need not be read again.
#[derive(Clone, Copy)]
pub enum Known<'a> {
    /// Nothing.
    Nothing,
    /// These very files passed an earlier check: each is read when it is first needed.
    Files,
    /// What this generation has read of the same files.
    Of(&'a Generation),
}

/// What the scripts of a region declare.
pub(super) struct Plans {
    generation: u64,
    sources: Arc<BTreeMap<String, Source>>,
    limits: Limits,
    funids: Folder<FunidPlan>,
    devices: Folder<LibraryPlan>,
    simulations: Folder<SimulationPlan>,
    pub(super) protocol: Option<ProtocolPlan>,
}

/// The plans of one folder by their files' names.
type Folder<T> = BTreeMap<String, Lazy<T>>;

/// The plan of a file, there once the file was read.
type Lazy<T> = OnceLock<Arc<T>>;

/// A plan; `None` where there is no such file, an error where it turns out wrong.
pub(super) type Found<'a, T> = Option<Result<&'a Arc<T>, Error>>;

impl Plans {
    /// The function ids.
    pub(super) fn funids(&self) -> impl Iterator<Item = &str> {
        self.funids.keys().map(String::as_str)
    }

    /// The devices.
    pub(super) fn devices(&self) -> impl Iterator<Item = &str> {
        self.devices.keys().map(String::as_str)
    }

    /// What a function id declares.
    pub(super) fn funid(&self, name: &str) -> Found<'_, FunidPlan> {
        let read = |declared: &Declared| FunidPlan::read(declared);
        self.find(&self.funids, FUNIDS, name, read)
            .map(|found| found.map_err(|error| error.for_funid(name)))
    }

    /// What a device declares.
    pub(super) fn device(&self, name: &str) -> Found<'_, LibraryPlan> {
        self.find(&self.devices, DEVICES, name, LibraryPlan::read)
    }

    /// What stands in for a device; there is none for what is no device.
    pub(super) fn simulation(&self, name: &str) -> Found<'_, SimulationPlan> {
        let device = match self.device(name)? {
            Ok(device) => device,
            Err(error) => return Some(Err(error)),
        };
        let read = |declared: &Declared| SimulationPlan::read(declared, device);
        self.find(&self.simulations, SIMULATIONS, name, read)
    }

    fn find<'a, T>(
        &self,
        plans: &'a Folder<T>,
        (folder, kind): (&str, &str),
        name: &str,
        mut read: impl FnMut(&Declared) -> Result<T, Error>,
    ) -> Found<'a, T> {
        let plan = plans.get(name)?;
        if let Some(plan) = plan.get() {
            return Some(Ok(plan));
        }
        let path = format!("{folder}/{name}.lua");
        let source = self.sources.get(&path)?;
        let vm = Vm::current(self.generation, self.limits, &self.sources);
        // With a time of its own, as when it was checked: the call that needs it has its whole time left.
        let read = vm.and_then(|vm| apart(|| declaration(&vm.sandbox, &path, source, kind, &mut read)));
        Some(read.map(|read| plan.get_or_init(|| Arc::new(read))))
    }
}

/// Runs a file and reads what it declares. What a layer's file only took over from below is told of the file below.
fn declaration<T>(
    sandbox: &Sandbox,
    path: &str,
    source: &Source,
    kind: &str,
    read: &mut dyn FnMut(&Declared) -> Result<T, Error>,
) -> Result<T, Error> {
    let declared = declared(sandbox, path, source, kind)?;
    let below = source.below.as_deref().filter(|_| sandbox.extended());
    read(&declared).map_err(|error| {
        let inherited = below.and_then(|below| declaration(sandbox, path, below, kind, read).err());
        let inherited = inherited.filter(|inherited| inherited.says_the_same(&error));
        inherited.unwrap_or(error)
    })
}

/// Runs a file, whose path within a layer is `path`, and checks that it declares what its folder holds.
pub(super) fn declared<'a>(
    sandbox: &Sandbox,
    path: &'a str,
    source: &'a Source,
    kind: &str,
) -> Result<Declared<'a>, Error> {
    let _budget = Budget::begin(sandbox.limits().time);
    let value = sandbox.run(source)?;
    let returned = match &value {
        Value::Table(table) => match api::declared_kind(table) {
            Some(declared) if declared == kind => return Ok(Declared::root(table.clone(), path, source)),
            Some(other) => format!("脚本返回的是mps.{other}的声明"),
            None => "脚本返回的是普通的表".to_owned(),
        },
        Value::Nil => "脚本没有返回声明".to_owned(),
        other => format!("脚本返回的是{}，不是声明", type_name(other)),
    };
    let mistake = Mistake::new(returned, format!("应以return mps.{kind} {{ … }}返回声明"));
    let error = Error::declaration(&source.name, 0, mistake);
    Err(match SourceMap::of(&source.text).declaration() {
        Some(call) => error.spotted(source, call),
        None => error,
    })
}
