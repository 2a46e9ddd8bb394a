//! The plans of a generation: every file run once, its declaration read, and held against the others.

use super::declared::{Declared, type_name, unknown};
use super::error::Mistake;
use super::funid::{FieldSource, FunidPlan, Way};
use super::library::LibraryPlan;
use super::method::{CallPlan, MethodPlan};
use super::placement::{DEVICES, FUNIDS, SIMULATIONS};
use super::protocol::{PROTOCOL, ProtocolPlan};
use super::sandbox::{Budget, Limits, Sandbox};
use super::simulation::SimulationPlan;
use super::source_map::SourceMap;
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
    /// Reads the declarations of all files; what is wrong is told of every one in `errors`.
    pub(super) fn build(
        sources: &Arc<BTreeMap<String, Source>>,
        limits: Limits,
        errors: &mut Vec<Error>,
    ) -> Result<Plans, Error> {
        let sandbox = Sandbox::new(limits, sources)?;
        let mut builder = Builder {
            sandbox,
            sources,
            errors,
        };
        let devices = builder.folder(DEVICES, |_, declared| {
            LibraryPlan::read(declared).map(Arc::new).map(Some)
        });
        let simulations = builder.folder(SIMULATIONS, |name, declared| {
            let simulation = |device: &Arc<LibraryPlan>| SimulationPlan::read(declared, device).map(Arc::new);
            match devices.get(name) {
                None => Err(declared.refuse_whole(unknown("devices/", name, &names(&devices)))),
                Some(device) => device.as_ref().map(simulation).transpose(),
            }
        });
        let funids = builder.folder(FUNIDS, |name, declared| {
            let plan = FunidPlan::read(declared).and_then(|plan| {
                check_calls(&plan, declared, &devices)?;
                Ok(Some(plan))
            });
            plan.map_err(|error| error.for_funid(name))
        });
        let protocol = sources.get(PROTOCOL).and_then(|source| {
            let read = |declared: &Declared| ProtocolPlan::read(declared).map(Some);
            builder.file(PROTOCOL, source, "protocol", read)
        });
        Ok(Plans {
            funids: good(funids),
            devices: good(devices),
            simulations: good(simulations),
            protocol,
        })
    }
}

struct Builder<'a> {
    sandbox: Sandbox,
    sources: &'a Arc<BTreeMap<String, Source>>,
    errors: &'a mut Vec<Error>,
}

impl Builder<'_> {
    /// Reads the files of one folder, each by its name; a plan that another file's mistake prevents is `None` too.
    fn folder<T>(
        &mut self,
        (folder, kind): (&str, &str),
        mut read: impl FnMut(&str, &Declared) -> Result<Option<T>, Error>,
    ) -> Folder<T> {
        let mut plans = BTreeMap::new();
        for (path, source) in self.sources.iter() {
            let within = path.strip_prefix(folder).and_then(|file| file.strip_prefix('/'));
            let name = within.and_then(|file| file.strip_suffix(".lua"));
            if let Some(name) = name.filter(|name| !name.contains('/')) {
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
    let value = sandbox.run(source)?;
    let returned = match &value {
        Value::Table(table) => match api::declared_kind(table) {
            Some(declared) if declared == kind => return Declared::root(table.clone(), path, source),
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
    for (value, way) in plan.ways() {
        let written = match value {
            Some(value) => declared.required_table(value)?,
            None => declared.clone(),
        };
        match devices.get(&*way.device) {
            None => {
                let mistake = unknown("devices/", &way.device, &names(devices));
                return Err(written.refuse_value("call", mistake));
            }
            Some(Some(device)) => check_call(way, plan, &written, device)?,
            // Its own mistake is told.
            Some(None) => {}
        }
    }
    Ok(())
}

fn check_call(way: &Way, plan: &FunidPlan, declared: &Declared, device: &LibraryPlan) -> Result<(), Error> {
    let known: Vec<&str> = device.methods.keys().map(String::as_str).collect();
    let method = device.methods.get(&way.method).ok_or_else(|| {
        let what = format!("设备{}", way.device);
        declared.refuse_value("call", unknown(&what, &way.method, &known))
    })?;
    let called = match method {
        MethodPlan::Declared(call, _) => Some(call),
        MethodPlan::Function(_) => None,
    };
    let calls = [device.open.as_ref(), called, device.close.as_ref()];
    let mut fields = calls.into_iter().flatten().flat_map(CallPlan::request_fields);
    let known: Vec<&str> = plan.request.iter().map(|field| field.name.as_str()).collect();
    if let Some(field) = fields.find(|field| !known.contains(field)) {
        let mistake = Mistake::new(
            format!("设备{}要用请求字段“{field}”，request里没有声明它", way.device),
            format!("请在request里加上{{ \"{field}\", title = \"…\" }}"),
        );
        return Err(declared.refuse_value("call", mistake));
    }
    let response = declared.required_table("response")?;
    for (field, index) in way.response.iter().zip(1..) {
        let FieldSource::From(from) = &field.source else {
            continue;
        };
        if let Err(known) = method.gives(from) {
            let what = format!("{}.{}的结果", way.device, way.method);
            let field = response.required_table(index)?;
            return Err(field.refuse_value("from", unknown(&what, from, &known)));
        }
    }
    Ok(())
}
