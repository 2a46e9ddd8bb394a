//! A generation: one checked state of the scripts, shared by every call that began under it.

use super::declared::unknown;
use super::failure::Failure;
use super::function::FunctionPath;
use super::library::LibraryPlan;
use super::plans::Plans;
use super::sandbox::{Budget, Limits};
use super::simulation::SimulationPlan;
use super::tree::{Source, Tree};
use super::vm::Vm;
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
    pub(super) sources: Arc<BTreeMap<String, Source>>,
    pub(super) plans: Plans,
}

impl Generation {
    /// Runs every script of the region once, checks what it declares, and makes the plans. What is wrong is told of every file.
    ///
    /// `limits` hold for each file now, and for each call later.
    pub fn build(tree: &Tree, region: Option<&str>, limits: Limits) -> Result<Arc<Generation>, Vec<Error>> {
        let sources = Arc::new(tree.for_region(region));
        let plans = Plans::build(&sources, limits)?;
        ALIVE.fetch_add(1, Ordering::Relaxed);
        Ok(Arc::new(Generation {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
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

    /// Holds the desk's devices and settings against what the scripts declare.
    /// The error names the device, the setting where it is one, and what is wrong.
    pub fn check_desk(&self, desk: &Desk) -> Result<(), (String, Option<String>, String)> {
        for (name, device) in &desk.devices {
            let known: Vec<&str> = self.plans.devices.keys().map(String::as_str).collect();
            let plan = self.plans.devices.get(name);
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

    /// The function ids that it answers.
    pub fn funids(&self) -> impl Iterator<Item = &str> {
        self.plans.funids.keys().map(String::as_str)
    }

    /// The devices that it can ask.
    pub fn devices(&self) -> impl Iterator<Item = &str> {
        self.plans.devices.keys().map(String::as_str)
    }

    /// What the desk's real devices still need before they can be called.
    pub fn lacking(&self, desk: &Desk) -> Vec<String> {
        let mut lacking = Vec::new();
        for (name, device) in &desk.devices {
            let Some(plan) = self.plans.devices.get(name) else {
                continue;
            };
            if device.simulate.unwrap_or(desk.simulate) {
                continue;
            }
            if device.folder.is_none() {
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
        }
        lacking
    }

    pub(super) fn device(&self, name: &str) -> Result<&Arc<LibraryPlan>, Failure> {
        self.plans
            .devices
            .get(name)
            .ok_or_else(|| Failure::new(format!("没有名为{name}的设备")))
    }

    pub(super) fn simulation(&self, name: &str) -> Option<&Arc<SimulationPlan>> {
        self.plans.simulations.get(name)
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

impl Drop for Generation {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, Ordering::Relaxed);
    }
}
