//! A generation: one checked state of the scripts, shared by every call that began under it.

use super::declared::unknown;
use super::error::Errors;
use super::failure::Failure;
use super::function::FunctionPath;
use super::funid::FunidPlan;
use super::library::LibraryPlan;
use super::placement;
use super::plans::{Found, Known, Plans};
use super::sandbox::{Budget, Limits};
use super::simulation::SimulationPlan;
use super::tree::{Source, Tree};
use super::vm::Vm;
use super::words::Vocabulary;
use super::{Desk, Error};
use mlua::Function;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

static NEXT: AtomicU64 = AtomicU64::new(1);
static ALIVE: AtomicUsize = AtomicUsize::new(0);

/// Plans made of one tree of scripts for one region.
pub struct Generation {
    number: u64,
    pub(super) limits: Limits,
    region: Option<String>,
    pub(super) sources: Arc<BTreeMap<String, Source>>,
    pub(super) plans: Plans,
}

impl Generation {
    /// Runs every script of the region once, checks what it declares, and makes the plans. What is wrong is told of every file.
    ///
    /// `limits` hold for each file now, and for each call later.
    pub fn build(tree: &Tree, region: Option<&str>, limits: Limits) -> Result<Arc<Generation>, Errors> {
        Generation::build_knowing(Known::Nothing, tree, region, limits)
    }

    /// The same, but for what is known to be right.
    pub fn build_knowing(
        known: Known,
        tree: &Tree,
        region: Option<&str>,
        limits: Limits,
    ) -> Result<Arc<Generation>, Errors> {
        let sources = Arc::new(tree.for_region(region));
        let mut errors = match known {
            Known::Files => Vec::new(),
            Known::Nothing | Known::Of(_) => misplaced(tree, &sources),
        };
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let plans = Plans::build(number, &sources, limits, known, &mut errors);
        let explained = |error: Error| placed(error, &sources).for_region(region);
        if let Some(errors) = Errors::of(errors.into_iter().map(explained)) {
            return Err(errors);
        }
        ALIVE.fetch_add(1, Ordering::Relaxed);
        Ok(Arc::new(Generation {
            number,
            region: region.map(str::to_owned),
            limits,
            sources,
            plans,
        }))
    }

    /// How many generations this process holds: one that no call uses any more must not stay.
    pub fn alive() -> usize {
        ALIVE.load(Ordering::Relaxed)
    }

    /// Its number among the generations of this process, from 1.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The region that it is of; `None` is the base.
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// Holds the desk's devices and settings against what the scripts declare.
    /// The error names the device, the setting where it is one, and what is wrong.
    pub fn check_desk(&self, desk: &Desk) -> Result<(), (String, Option<String>, String)> {
        for (name, device) in &desk.devices {
            let known: Vec<&str> = self.devices().collect();
            let wrong = |text: String| (name.clone(), None, text);
            let plan = self.plans.device(name);
            let plan = plan.ok_or_else(|| wrong(unknown("设备脚本", name, &known).to_string()))?;
            let plan = plan.map_err(|error| wrong(error.sentence()))?;
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

    /// The function ids that it answers.
    pub fn funids(&self) -> impl Iterator<Item = &str> {
        self.plans.funids()
    }

    /// The devices that it can ask.
    pub fn devices(&self) -> impl Iterator<Item = &str> {
        self.plans.devices()
    }

    /// What the desk's real devices still need before they can be called.
    pub fn lacking(&self, desk: &Desk) -> Vec<String> {
        let devices = desk.devices.keys();
        devices.flat_map(|name| self.lacking_at(name, desk)).collect()
    }

    /// The same of one device, whether the desk configures it or not.
    pub fn lacking_at(&self, name: &str, desk: &Desk) -> Vec<String> {
        let mut lacking = Vec::new();
        let device = desk.devices.get(name).cloned().unwrap_or_default();
        let plan = match self.plans.device(name) {
            None => return lacking,
            Some(Ok(plan)) => plan,
            Some(Err(error)) => return vec![error.sentence()],
        };
        if device.simulate.unwrap_or(desk.simulate) {
            return lacking;
        }
        if device.folder.is_none() && plan.builtin.is_none() {
            lacking.push(format!(
                "mps.toml的[device.{name}]没有填写folder（厂商动态库所在的文件夹）"
            ));
        }
        for (key, setting) in &plan.settings {
            if setting.required && setting.default.is_none() && !device.settings.contains_key(key) {
                lacking.push(format!(
                    "mps.toml的[device.{name}]没有填写{key}（{}）",
                    setting.title
                ));
            }
        }
        lacking
    }

    /// Whether a device declares a setting as a secret.
    pub fn is_secret(&self, device: &str, setting: &str) -> bool {
        match self.plans.device(device) {
            None => false,
            Some(Ok(plan)) => plan.settings.get(setting).is_some_and(|setting| setting.secret),
            // Nobody knows.
            Some(Err(_)) => true,
        }
    }

    /// What a function id declares.
    pub(super) fn funid(&self, name: &str) -> Found<'_, FunidPlan> {
        self.plans.funid(name)
    }

    /// What a device declares.
    pub(super) fn declared_device(&self, name: &str) -> Found<'_, LibraryPlan> {
        self.plans.device(name)
    }

    /// The same for a call, which cannot do without.
    pub(super) fn device(&self, name: &str) -> Result<&Arc<LibraryPlan>, Failure> {
        let missing = || Failure::new(format!("没有名为{name}的设备"));
        Ok(self.plans.device(name).ok_or_else(missing)??)
    }

    /// What stands in for a device, where something does.
    pub(super) fn simulation(&self, name: &str) -> Result<Option<Arc<SimulationPlan>>, Failure> {
        Ok(self.plans.simulation(name).transpose()?.cloned())
    }

    /// A failure of a script with all that is known of it: the line, the region, the function id that was called.
    pub(super) fn explained(&self, failure: Failure, funid: &str) -> Failure {
        let Some(error) = failure.error else {
            return failure;
        };
        let error = placed(error, &self.sources)
            .for_region(self.region.as_deref())
            .for_funid(funid);
        Failure {
            code: failure.code,
            ..error.into()
        }
    }

    /// The words of its scripts.
    pub fn vocabulary(&self) -> Vocabulary {
        Vocabulary(Arc::clone(&self.sources))
    }

    /// What the scripts of one call may use, from now on until it is dropped.
    pub fn budget(&self) -> Budget {
        Budget::begin(self.limits.time)
    }

    /// A declaration's function in this thread's VM.
    pub(super) fn function(&self, path: &FunctionPath) -> Result<(Rc<Vm>, Function), Error> {
        let vm = Vm::current(self.number, self.limits, &self.sources)?;
        let function = vm.function(path)?;
        Ok((vm, function))
    }
}

/// What is wrong with the places of files.
fn misplaced(tree: &Tree, sources: &BTreeMap<String, Source>) -> Vec<Error> {
    let paths = tree.paths().filter_map(|path| placement::check_path(path).err());
    let stray = |(within, source): (&String, &Source)| placement::check_stray(within, source).err();
    paths.chain(sources.iter().filter_map(stray)).collect()
}

/// A script's error with the line that it names, whichever script that is.
fn placed(error: Error, sources: &BTreeMap<String, Source>) -> Error {
    let layers = |source| std::iter::successors(Some(source), |source: &&Source| source.below.as_deref());
    let mut all = sources.values().flat_map(layers);
    match all.find(|source| error.is_in(source)) {
        Some(source) => error.placed(source),
        None => error,
    }
}

impl Drop for Generation {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, Ordering::Relaxed);
    }
}
