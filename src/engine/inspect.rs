//! What the command asks without making a call: whether everything is right, and where a field comes from.

use super::config::{Config, is_region};
use super::control::Control;
use super::state::{self, Home};
use super::theatre::Theatre;
use super::{Engine, Overrides, journal};
use crate::message::Request;
use crate::script::{Explanation, Generation, Tree};
use std::io;
use std::path::Path;
use std::sync::Arc;

/// Whose scripts are checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The region of mps.toml.
    Configured,
    /// One region.
    Region(String),
    /// The base, and every region that has a folder.
    All,
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// The region whose scripts were checked; `None`: the base, or where the scripts could not be read at all.
    pub region: Option<String>,
    /// How many function ids and devices it has.
    pub funids: usize,
    /// See `funids`.
    pub devices: usize,
    /// What is wrong.
    pub problems: Vec<String>,
    /// What is worth knowing.
    pub notes: Vec<String>,
}

/// Checks configuration and scripts of a home folder; no device is touched.
pub fn check(home: &Path, scope: &Scope) -> Vec<Checked> {
    let home = Home::new(home, Overrides::default());
    let config = Config::load(&home.config_file());
    let mut first = Checked::default();
    let config = config.unwrap_or_else(|error| {
        first.problems.push(error.to_string());
        Config::default()
    });
    let (tree, errors) = Tree::survey(&home.scripts());
    first.problems.extend(errors.iter().map(ToString::to_string));
    let theatre = Theatre::of(
        Arc::new(Home::new(home.folder(), Overrides::default())),
        config.clone(),
        tree.clone(),
    );
    first
        .problems
        .extend(theatre.unusable().iter().map(ToString::to_string));
    let mut checked: Vec<Checked> = regions(scope, &config, &tree)
        .into_iter()
        .map(|region| check_region(&home, &config, &tree, region))
        .collect();
    if let Some(checked) = checked.first_mut() {
        checked.problems.splice(0..0, first.problems);
    }
    checked
}

fn regions(scope: &Scope, config: &Config, tree: &Tree) -> Vec<Option<String>> {
    match scope {
        Scope::Configured => vec![config.region.clone()],
        Scope::Region(code) => vec![Some(code.clone())],
        Scope::All => {
            let codes = tree.regions().into_iter().filter(|name| is_region(name));
            let codes = codes.map(|code| Some(code.to_owned()));
            [None].into_iter().chain(codes).collect()
        }
    }
}

fn check_region(home: &Home, config: &Config, tree: &Tree, region: Option<String>) -> Checked {
    let mut checked = Checked::default();
    match Generation::build(tree, region.as_deref(), config.scripts) {
        Err(errors) => checked.problems = errors.iter().map(ToString::to_string).collect(),
        Ok(generation) => {
            (checked.funids, checked.devices) = (generation.funids().count(), generation.devices().count());
            // The devices of mps.toml stand at this desk, whose region is the one of mps.toml.
            if region == config.region {
                let desk = home.desk(config);
                checked.problems.extend(
                    state::check_desk(&generation, &desk, config)
                        .err()
                        .map(|problem| problem.to_string()),
                );
                checked.problems.extend(generation.lacking(&desk));
            }
        }
    }
    if let Some(code) = region.as_deref().filter(|code| !tree.has_layer_of(code)) {
        checked.notes.push(format!(
            "没有地区{code}的脚本，由基础脚本应答；需要时请执行mps region new {code}"
        ));
    }
    checked.region = region;
    checked
}

/// Where a home folder's journal is kept; `None` where mps.toml turns it off.
pub fn journal_settings(home: &Path) -> Option<journal::Settings> {
    let home = Home::new(home, Overrides::default());
    // A file that cannot be read turns nothing off.
    let config = Config::load(&home.config_file()).unwrap_or_default();
    config.journal.on.then(|| home.journal_settings(&config))
}

impl Engine {
    /// Where everything in a function id comes from; the error says why that cannot be told.
    pub fn explain(&self, funid: &str) -> Result<Explanation, String> {
        let state = self.state.load();
        let ready = state.ready.as_ref().map_err(ToString::to_string)?;
        ready.generation.explain(funid)
    }

    /// The value that chooses the way that a request is served; `None` where there is no choice.
    pub fn chosen(&self, request: &Request) -> Option<String> {
        let state = self.state.load();
        let ready = state.ready.as_ref().ok()?;
        ready.generation.chosen(&request.header.funid, &request.body)
    }

    /// The function ids that are answered.
    pub fn funids(&self) -> Vec<String> {
        let state = self.state.load();
        let ready = state.ready.as_ref();
        ready.map_or_else(
            |_| Vec::new(),
            |ready| ready.generation.funids().map(str::to_owned).collect(),
        )
    }

    /// The region whose scripts answer.
    pub fn region(&self) -> Option<String> {
        let state = self.state.load();
        self.home.region(&state.config).map(str::to_owned)
    }

    /// Keeps the scripts that answer in the state folder, and tells what they are known by; `None` where none do.
    pub fn keep(&self) -> io::Result<Option<String>> {
        let state = self.state.load();
        let Some(scripts) = &state.scripts else {
            return Ok(None);
        };
        self.control().keep(&scripts.tree)?;
        Ok(Some(scripts.tree.fingerprint().to_owned()))
    }

    /// The state folder.
    pub fn control(&self) -> &Control {
        &self.home.control
    }
}
