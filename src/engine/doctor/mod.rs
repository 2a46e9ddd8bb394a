//! What is wrong at a desk: configuration, scripts, who may change them, servers, and each device's library, read and not
//! loaded. Nothing here runs a vendor's code, but for [`probe`], which is for a process of its own.

mod desk;
mod exports;
mod finding;
mod library;

pub use finding::{Finding, Weight};

use super::config::Config;
use super::state::{self, Home};
use super::{Overrides, Problem};
use crate::device::{Argument, Machine, crash_quietly};
use crate::script::{Desk, Generation, Needs, ProbeEnding, Probed, Tree};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// All that was found.
#[derive(Clone, Debug)]
pub struct Examined {
    /// The machine of this program.
    pub machine: Machine,
    /// The region whose scripts answer.
    pub region: Option<String>,
    /// How many function ids there are.
    pub funids: usize,
    /// What is wrong with the desk as a whole.
    pub findings: Vec<Finding>,
    /// The devices that are configured, or that a function id of the region uses.
    pub devices: Vec<ExaminedDevice>,
}

/// One device.
#[derive(Clone, Debug)]
pub struct ExaminedDevice {
    /// Its name.
    pub name: String,
    /// What its script calls it.
    pub title: String,
    /// The library's file, where it is configured.
    pub file: Option<PathBuf>,
    /// What is right with it.
    pub good: Vec<String>,
    /// What is wrong with it.
    pub findings: Vec<Finding>,
    /// How long trying it may take; `None` where it cannot or need not be tried.
    pub probe: Option<Duration>,
}

/// Examines a home folder.
pub fn examine(home: &Path) -> Examined {
    let home = Home::new(home, Overrides::default());
    let mut findings = Vec::new();
    let (tree, errors) = Tree::survey(&home.scripts());
    let config = Config::load(&home.config_file()).unwrap_or_else(|error| {
        findings.push(Finding::error(
            "E001",
            error.to_string(),
            "改好以后再执行一次mps doctor",
        ));
        Config::default()
    });
    let unread = errors.iter().map(ToString::to_string);
    let built = Generation::build(&tree, config.region.as_deref(), config.scripts);
    let built = built.map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>());
    let wrong = unread.chain(built.as_ref().err().into_iter().flatten().cloned());
    findings.extend(wrong.map(|error| Finding::error("E002", error, "改好以后用mps check检查")));
    let desk = home.desk(&config);
    let mut devices = Vec::new();
    let mut funids = 0;
    if let Ok(generation) = built {
        funids = generation.funids().count();
        let misfit = state::check_desk(&generation, &desk, &config).err();
        let misfit = misfit.as_ref().map(Problem::sentence);
        findings.extend(misfit.map(|text| Finding::error("E003", text, "设备名和设置名以设备脚本为准")));
        devices = examine_devices(&generation, &desk);
    }
    findings.extend(desk::open_to_all(&home));
    findings.extend(desk::unreachable(&desk.http_hosts));
    Examined {
        machine: Machine::OURS,
        region: config.region,
        funids,
        findings,
        devices,
    }
}

fn examine_devices(generation: &Generation, desk: &Desk) -> Vec<ExaminedDevice> {
    let used = generation.used_devices();
    let configured = desk.devices.keys().map(String::as_str);
    let names: BTreeSet<&str> = used.iter().copied().chain(configured).collect();
    let examined = names.into_iter().filter_map(|name| {
        let needs = generation.needs(name, desk)?;
        let mut device = examine_device(generation, desk, name, &needs);
        if !used.contains(name) {
            device.findings.push(Finding::note(
                "E013",
                "没有功能编号使用这台设备",
                "不再使用时可以从mps.toml中删去",
            ));
        }
        Some(device)
    });
    examined.collect()
}

fn examine_device(generation: &Generation, desk: &Desk, name: &str, needs: &Needs) -> ExaminedDevice {
    let mut device = ExaminedDevice {
        name: name.to_owned(),
        title: needs.title.clone(),
        file: None,
        good: Vec::new(),
        findings: Vec::new(),
        probe: None,
    };
    let own = desk.devices.get(name);
    if own.and_then(|own| own.simulate).unwrap_or(desk.simulate) {
        device.findings.push(Finding::note(
            "E012",
            "这台设备是模拟的，不检查动态库",
            "正式使用前在mps.toml中去掉simulate",
        ));
        return device;
    }
    let lacking = generation.lacking_at(name, desk).into_iter();
    let lacking = lacking.map(|text| Finding::error("E010", text, "按厂商和本机的情况填写"));
    device.findings.extend(lacking);
    if let Some(builtin) = needs.builtin {
        let meant = own.and_then(|own| own.settings.get(builtin.place()));
        let meant = match meant {
            Some(Argument::Text(meant)) => meant.clone(),
            _ => String::new(),
        };
        match builtin.look(meant, needs.timeout) {
            Ok(there) => device.good.extend(there),
            Err(fault) => device
                .findings
                .push(Finding::error("E023", fault.to_string(), fault.advice())),
        }
        // Looking was all that can be tried without a card.
        return device;
    }
    match generation.library_files(name, desk) {
        Ok((file, preload)) => {
            library::examine(&mut device, &file, &preload, needs);
            device.file = Some(file);
        }
        // That the folder is missing is told already.
        Err(_) if !device.findings.is_empty() => {}
        Err(text) => device
            .findings
            .push(Finding::error("E010", text, "填写以后再执行一次mps doctor")),
    }
    let loadable = device
        .findings
        .iter()
        .all(|finding| finding.weight != Weight::Error);
    device.probe = loadable.then_some(needs.timeout);
    device
}

/// Tries one device: its library is loaded, and opened and asked where its script says that this touches no patient's data.
/// The vendor's code runs in this process, which has to be one that nobody misses.
pub fn probe(home: &Path, device: &str) -> Probed {
    crash_quietly();
    let home = Home::new(home, Overrides::default());
    let failed = |text: String| Probed {
        loading: Duration::ZERO,
        ending: ProbeEnding::Failed(text),
    };
    let config = match Config::load(&home.config_file()) {
        Ok(config) => config,
        Err(error) => return failed(error.sentence()),
    };
    let (tree, _) = Tree::survey(&home.scripts());
    match Generation::build(&tree, config.region.as_deref(), config.scripts) {
        Ok(generation) => Arc::clone(&generation).probe(device, &home.desk(&config)),
        Err(errors) => failed(errors.sentence()),
    }
}
