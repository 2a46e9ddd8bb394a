//! A generation: one checked state of the scripts, shared by every call that began under it.

use super::declared::{Declared, unknown};
use super::failure::Failure;
use super::function::FunctionPath;
use super::funid::{FieldSource, FunidPlan, Way, Ways};
use super::library::LibraryPlan;
use super::sandbox::{Budget, Limits, Sandbox};
use super::simulation::SimulationPlan;
use super::tree::{Source, Tree};
use super::vm::Vm;
use super::{Desk, Error, api};
use mlua::{Function, Value};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

static NEXT: AtomicU64 = AtomicU64::new(1);

/// Plans made of one tree of scripts for one region.
pub struct Generation {
    number: u64,
    limits: Limits,
    sources: Arc<BTreeMap<String, Source>>,
    pub(super) funids: BTreeMap<String, FunidPlan>,
    devices: BTreeMap<String, Arc<LibraryPlan>>,
    simulations: BTreeMap<String, Arc<SimulationPlan>>,
}

impl Generation {
    /// Runs every script of the region once, checks what it declares, and makes the plans.
    ///
    /// `limits` hold for each file now, and for each call later.
    pub fn build(tree: &Tree, region: Option<&str>, limits: Limits) -> Result<Arc<Generation>, Error> {
        let sources = Arc::new(tree.for_region(region));
        let sandbox = Sandbox::new(limits, Arc::clone(&sources)).map_err(|error| Error::lua(&error, ""))?;
        let mut devices = BTreeMap::new();
        for (name, declared) in declarations(&sandbox, &sources, "devices/", "library")? {
            devices.insert(name, Arc::new(LibraryPlan::read(&declared)?));
        }
        let mut simulations = BTreeMap::new();
        for (name, declared) in declarations(&sandbox, &sources, "simulated/", "simulation")? {
            let known: Vec<&str> = devices.keys().map(String::as_str).collect();
            let device = devices.get(&name);
            let device = device.ok_or_else(|| declared.refuse_whole(unknown("devices/", &name, &known)))?;
            simulations.insert(name, Arc::new(SimulationPlan::read(&declared, device)?));
        }
        let mut funids = BTreeMap::new();
        for (name, declared) in declarations(&sandbox, &sources, "funids/", "funid")? {
            let plan = FunidPlan::read(&declared)?;
            check_calls(&plan, &declared, &devices)?;
            funids.insert(name, plan);
        }
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Ok(Arc::new(Generation {
            number,
            limits,
            sources,
            funids,
            devices,
            simulations,
        }))
    }

    /// Holds the desk's devices and settings against what the scripts declare.
    /// The error names the device, the setting where it is one, and what is wrong.
    pub fn check_desk(&self, desk: &Desk) -> Result<(), (String, Option<String>, String)> {
        for (name, device) in &desk.devices {
            let known: Vec<&str> = self.devices.keys().map(String::as_str).collect();
            let plan = self.devices.get(name);
            let plan = plan.ok_or_else(|| (name.clone(), None, unknown("设备脚本", name, &known)))?;
            let known: Vec<&str> = plan.settings.keys().map(String::as_str).collect();
            if let Some(wrong) = device
                .settings
                .keys()
                .find(|key| !plan.settings.contains_key(*key))
            {
                let text = unknown(&format!("设备{name}"), wrong, &known);
                return Err((name.clone(), Some(wrong.clone()), text));
            }
        }
        Ok(())
    }

    pub(super) fn device(&self, name: &str) -> Result<&Arc<LibraryPlan>, Failure> {
        self.devices
            .get(name)
            .ok_or_else(|| Failure::new(format!("没有名为{name}的设备")))
    }

    pub(super) fn simulation(&self, name: &str) -> Option<&Arc<SimulationPlan>> {
        self.simulations.get(name)
    }

    /// What one call's scripts may use, from now on.
    pub(super) fn budget(&self) -> Budget {
        Budget::begin(self.limits.time)
    }

    /// A declaration's function in this thread's VM.
    pub(super) fn function(&self, path: &FunctionPath) -> Result<(Rc<Vm>, Function), Error> {
        let vm = Vm::current(self.number, self.limits, &self.sources)?;
        let function = vm.function(path)?;
        Ok((vm, function))
    }
}

/// The declarations of one folder by their files' names, each checked to be of the folder's kind.
fn declarations<'a>(
    sandbox: &Sandbox,
    sources: &'a BTreeMap<String, Source>,
    folder: &str,
    kind: &str,
) -> Result<Vec<(String, Declared<'a>)>, Error> {
    let mut declarations = Vec::new();
    for (path, source) in sources {
        let within = path
            .strip_prefix(folder)
            .and_then(|file| file.strip_suffix(".lua"));
        let Some(name) = within.filter(|name| !name.contains('/')) else {
            continue;
        };
        let _budget = Budget::begin(sandbox.limits().time);
        let wrong = || Error::declaration(&source.name, 0, format!("应以return mps.{kind} {{ … }}返回声明"));
        let Value::Table(table) = sandbox.run(source)? else {
            return Err(wrong());
        };
        if api::declared_kind(&table).as_deref() != Some(kind) {
            return Err(wrong());
        }
        declarations.push((name.to_owned(), Declared::root(table, path, source)));
    }
    Ok(declarations)
}

/// Every way's device and method must exist, and give what the response picks.
fn check_calls(
    plan: &FunidPlan,
    declared: &Declared,
    devices: &BTreeMap<String, Arc<LibraryPlan>>,
) -> Result<(), Error> {
    let ways: Vec<&Way> = match &plan.ways {
        Ways::One(way) => vec![way],
        Ways::By(_, ways) => ways.values().collect(),
    };
    for way in ways {
        let known: Vec<&str> = devices.keys().map(String::as_str).collect();
        let device = devices.get(&way.device);
        let device =
            device.ok_or_else(|| declared.refuse("call", unknown("devices/", &way.device, &known)))?;
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
