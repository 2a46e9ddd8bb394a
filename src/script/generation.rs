//! A generation: one checked state of the scripts, shared by every call that began under it.

use super::declared::{Declared, type_name, unknown};
use super::error::{Errors, Mistake};
use super::failure::Failure;
use super::function::FunctionPath;
use super::funid::{FieldSource, FunidPlan, Way, Ways};
use super::library::LibraryPlan;
use super::method::{CallPlan, MethodPlan};
use super::placement::{self, DEVICES, FUNIDS, SIMULATIONS};
use super::simulation::SimulationPlan;
use super::source_map::SourceMap;
use super::tree::{Source, Tree};
use super::vm::{self, Vm};
use super::{Desk, Error, api};
use mlua::{Function, Lua, Value};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

static NEXT: AtomicU64 = AtomicU64::new(1);

/// Plans made of one tree of scripts for one region.
pub struct Generation {
    number: u64,
    region: Option<String>,
    sources: Arc<BTreeMap<String, Source>>,
    pub(super) funids: BTreeMap<String, FunidPlan>,
    devices: BTreeMap<String, Arc<LibraryPlan>>,
    simulations: BTreeMap<String, Arc<SimulationPlan>>,
}

impl Generation {
    /// Runs every script of the region once, checks what it declares, and makes the plans; or tells the first mistake of each file.
    pub fn build(tree: &Tree, region: Option<&str>) -> Result<Arc<Generation>, Errors> {
        let sources = tree.for_region(region);
        let mut errors: Vec<Error> = tree
            .paths()
            .filter_map(|path| placement::check_path(path).err())
            .collect();
        let stray = |(within, source): (&String, &Source)| placement::check_stray(within, source).err();
        errors.extend(sources.iter().filter_map(stray));
        let lua = vm::new_lua().map_err(|error| Error::lua(&error, ""))?;
        let mut reader = Reader {
            lua,
            sources: &sources,
            errors,
        };
        let devices = reader.devices();
        let simulations = reader.simulations(&devices);
        let funids = reader.funids(&devices);
        let in_region = |error: Error| placed(error, &sources).for_region(region);
        if let Some(errors) = Errors::of(reader.errors.into_iter().map(in_region)) {
            return Err(errors);
        }
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Ok(Arc::new(Generation {
            number,
            region: region.map(str::to_owned),
            sources: Arc::new(sources),
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
            let plan =
                plan.ok_or_else(|| (name.clone(), None, unknown("设备脚本", name, &known).to_string()))?;
            let known: Vec<&str> = plan.settings.keys().map(String::as_str).collect();
            if let Some(wrong) = device
                .settings
                .keys()
                .find(|key| !plan.settings.contains_key(*key))
            {
                let text = unknown(&format!("设备{name}"), wrong, &known).to_string();
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

    /// A failure of a script with all that is known of it: the line, the region, the function id that was called.
    pub(super) fn explained(&self, failure: Failure, funid: &str) -> Failure {
        let Some(error) = failure.error else {
            return failure;
        };
        let error = match self.sources.get(error.file()) {
            Some(source) => error.in_file(&source.name),
            None => error,
        };
        let error = placed(error, &self.sources)
            .for_region(self.region.as_deref())
            .for_funid(funid);
        Failure {
            code: failure.code,
            ..error.into()
        }
    }

    /// A declaration's function in this thread's VM.
    pub(super) fn function(&self, path: &FunctionPath) -> Result<(Rc<Vm>, Function), Error> {
        let vm = Vm::current(self.number)?;
        let function = vm.function(path, &self.sources)?;
        Ok((vm, function))
    }
}

/// A script's error with the line that it names, whichever script that is.
fn placed(error: Error, sources: &BTreeMap<String, Source>) -> Error {
    match sources.values().find(|source| error.is_in(source)) {
        Some(source) => error.placed(source),
        None => error,
    }
}

/// Runs scripts and reads what they declare; goes on behind mistakes, so that all files are heard.
struct Reader<'a> {
    lua: Lua,
    sources: &'a BTreeMap<String, Source>,
    errors: Vec<Error>,
}

type Devices = BTreeMap<String, Arc<LibraryPlan>>;

impl<'a> Reader<'a> {
    fn devices(&mut self) -> Devices {
        self.plans(DEVICES, |declared, _| {
            Ok(Some(Arc::new(LibraryPlan::read(declared)?)))
        })
    }

    fn simulations(&mut self, devices: &Devices) -> BTreeMap<String, Arc<SimulationPlan>> {
        let sources = self.sources;
        self.plans(SIMULATIONS, |declared, name| {
            let device = device(sources, devices, name).map_err(|mistake| declared.refuse_whole(mistake))?;
            let plan = device.map(|device| SimulationPlan::read(declared, device));
            Ok(plan.transpose()?.map(Arc::new))
        })
    }

    fn funids(&mut self, devices: &Devices) -> BTreeMap<String, FunidPlan> {
        let sources = self.sources;
        self.plans(FUNIDS, |declared, name| {
            let plan = FunidPlan::read(declared).and_then(|plan| {
                check_calls(&plan, declared, sources, devices)?;
                Ok(plan)
            });
            plan.map(Some).map_err(|error| error.for_funid(name))
        })
    }

    /// The plans of one folder by their files' names; a plan that cannot be made for another file's fault is `None`.
    fn plans<T>(
        &mut self,
        (folder, kind): (&str, &str),
        read: impl Fn(&Declared, &str) -> Result<Option<T>, Error>,
    ) -> BTreeMap<String, T> {
        let mut plans = BTreeMap::new();
        for (path, source) in self.sources {
            let within = path.strip_prefix(folder).and_then(|file| file.strip_prefix('/'));
            let name = within.and_then(|file| file.strip_suffix(".lua"));
            let Some(name) = name.filter(|name| !name.contains('/')) else {
                continue;
            };
            let declared = declaration(&self.lua, path, source, kind);
            match declared.and_then(|declared| read(&declared, name)) {
                Ok(plan) => plans.extend(plan.map(|plan| (name.to_owned(), plan))),
                Err(error) => self.errors.push(error),
            }
        }
        plans
    }
}

/// Runs a script, which must return a declaration of this kind.
fn declaration<'a>(lua: &Lua, path: &'a str, source: &'a Source, kind: &str) -> Result<Declared<'a>, Error> {
    let value = vm::run(lua, source)?;
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

/// The device of this name; `None` where its script is refused for itself.
fn device<'d>(
    sources: &BTreeMap<String, Source>,
    devices: &'d Devices,
    name: &str,
) -> Result<Option<&'d LibraryPlan>, Mistake> {
    match devices.get(name) {
        Some(device) => Ok(Some(device)),
        None if sources.contains_key(&format!("{}/{name}.lua", DEVICES.0)) => Ok(None),
        None => {
            let known: Vec<&str> = devices.keys().map(String::as_str).collect();
            Err(unknown("devices/", name, &known))
        }
    }
}

/// Every way's device and method must exist, and give what the response picks.
fn check_calls(
    plan: &FunidPlan,
    declared: &Declared,
    sources: &BTreeMap<String, Source>,
    devices: &Devices,
) -> Result<(), Error> {
    let check = |way: &Way, declared: &Declared| {
        let device = device(sources, devices, &way.device);
        match device.map_err(|mistake| declared.refuse_value("call", mistake))? {
            Some(device) => check_call(way, plan, declared, device),
            None => Ok(()),
        }
    };
    match &plan.ways {
        Ways::One(way) => check(way, declared),
        Ways::By(_, ways) => ways
            .iter()
            .try_for_each(|(value, way)| check(way, &declared.required_table(value.as_str())?)),
    }
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
