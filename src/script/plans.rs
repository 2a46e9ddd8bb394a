//! The plans of a generation: every file run once, its declaration read, and held against the others.

use super::declared::{Declared, unknown};
use super::funid::{FieldSource, FunidPlan};
use super::library::LibraryPlan;
use super::protocol::{PROTOCOL, ProtocolPlan};
use super::sandbox::{Budget, Limits, Sandbox};
use super::simulation::SimulationPlan;
use super::tree::Source;
use super::{Error, api};
use mlua::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the scripts of a region declare.
pub(super) struct Plans {
    pub(super) funids: BTreeMap<String, FunidPlan>,
    pub(super) devices: BTreeMap<String, Arc<LibraryPlan>>,
    pub(super) simulations: BTreeMap<String, Arc<SimulationPlan>>,
    pub(super) protocol: Option<ProtocolPlan>,
}

/// The plans of one folder by their files' names; `None` for a file with a mistake.
type Folder<T> = BTreeMap<String, Option<T>>;

impl Plans {
    /// Reads the declarations of all files; what is wrong is told of every one.
    pub(super) fn build(
        sources: &Arc<BTreeMap<String, Source>>,
        limits: Limits,
    ) -> Result<Plans, Vec<Error>> {
        let mut builder = Builder {
            sandbox: Sandbox::new(limits, sources).map_err(|error| vec![error])?,
            sources,
            errors: Vec::new(),
        };
        let devices = builder.folder("devices/", "library", |_, declared| {
            LibraryPlan::read(declared).map(Arc::new).map(Some)
        });
        let simulations = builder.folder("simulated/", "simulation", |name, declared| {
            let simulation = |device: &Arc<LibraryPlan>| SimulationPlan::read(declared, device).map(Arc::new);
            match devices.get(name) {
                None => Err(declared.refuse_whole(unknown("devices/", name, &names(&devices)))),
                Some(device) => device.as_ref().map(simulation).transpose(),
            }
        });
        let funids = builder.folder("funids/", "funid", |_, declared| {
            let plan = FunidPlan::read(declared)?;
            check_calls(&plan, declared, &devices)?;
            Ok(Some(plan))
        });
        let protocol = sources.get(PROTOCOL).and_then(|source| {
            let read = |declared: &Declared| ProtocolPlan::read(declared).map(Some);
            builder.file(PROTOCOL, source, "protocol", read)
        });
        match builder.errors {
            errors if errors.is_empty() => Ok(Plans {
                funids: good(funids),
                devices: good(devices),
                simulations: good(simulations),
                protocol,
            }),
            errors => Err(errors),
        }
    }
}

struct Builder<'a> {
    sandbox: Sandbox,
    sources: &'a Arc<BTreeMap<String, Source>>,
    errors: Vec<Error>,
}

impl Builder<'_> {
    /// Reads the files of one folder, each by its name; a plan that another file's mistake prevents is `None` too.
    fn folder<T>(
        &mut self,
        folder: &str,
        kind: &str,
        mut read: impl FnMut(&str, &Declared) -> Result<Option<T>, Error>,
    ) -> Folder<T> {
        let mut plans = BTreeMap::new();
        for (path, source) in self.sources.iter() {
            let within = path
                .strip_prefix(folder)
                .and_then(|file| file.strip_suffix(".lua"));
            if let Some(name) = within.filter(|name| !name.contains('/')) {
                let plan = self.file(path, source, kind, |declared| read(name, declared));
                plans.insert(name.to_owned(), plan);
            }
        }
        plans
    }

    fn file<T>(
        &mut self,
        path: &str,
        source: &Source,
        kind: &str,
        mut read: impl FnMut(&Declared) -> Result<Option<T>, Error>,
    ) -> Option<T> {
        let plan = self
            .fresh_sandbox()
            .and_then(|sandbox| declaration(sandbox, path, source, kind, &mut read));
        plan.unwrap_or_else(|error| {
            self.errors.push(error);
            None
        })
    }

    /// The sandbox, another one where a file has hit a limit in it.
    fn fresh_sandbox(&mut self) -> Result<&Sandbox, Error> {
        if self.sandbox.is_worn() {
            self.sandbox = Sandbox::new(self.sandbox.limits(), self.sources)?;
        }
        Ok(&self.sandbox)
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
    match sandbox.run(source)? {
        Value::Table(table) if api::declared_kind(&table).as_deref() == Some(kind) => {
            Ok(Declared::root(table, path, source))
        }
        _ => Err(Error::declaration(
            &source.name,
            0,
            format!("应以return mps.{kind} {{ … }}返回声明"),
        )),
    }
}

fn names<T>(folder: &Folder<T>) -> Vec<&str> {
    folder.keys().map(String::as_str).collect()
}

fn good<T>(folder: Folder<T>) -> BTreeMap<String, T> {
    let good = folder.into_iter();
    good.filter_map(|(name, plan)| Some((name, plan?))).collect()
}

/// Every way's device and method must exist, and give what the response picks.
fn check_calls(
    plan: &FunidPlan,
    declared: &Declared,
    devices: &Folder<Arc<LibraryPlan>>,
) -> Result<(), Error> {
    for (_, way) in plan.ways() {
        let device = devices.get(&way.device);
        let Some(device) = device
            .ok_or_else(|| declared.refuse("call", unknown("devices/", &way.device, &names(devices))))?
        else {
            continue;
        };
        let known: Vec<&str> = device.methods.keys().map(String::as_str).collect();
        let what = format!("设备{}", way.device);
        let method = device.methods.get(&way.method);
        let method = method.ok_or_else(|| declared.refuse("call", unknown(&what, &way.method, &known)))?;
        for field in &way.response {
            let FieldSource::From(from) = &field.source else {
                continue;
            };
            let what = format!("{}.{}的结果", way.device, way.method);
            method
                .gives(from)
                .map_err(|known| declared.refuse(from, unknown(&what, from, &known)))?;
        }
    }
    Ok(())
}
