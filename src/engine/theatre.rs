//! Where scenarios are played: the scripts and the configuration of a home folder, and an engine for each scenario.

use super::config::{self, Config, Value};
use super::state::{self, Home, Ready, State};
use super::{Engine, Overrides, Problem};
use crate::script::{Error, Generation, Limits, Playbook, SECRET, Stage, Tree, Wanted};
use arc_swap::ArcSwap;
use smol_str::SmolStr;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// The folder of every layer that scenarios stand in.
const FOLDER: &str = "scenarios/";

/// The layer that a scenario belongs to: it is played with that layer's scripts and those below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layer {
    /// The desk's own tests: all layers of the region of mps.toml.
    Desk,
    /// The base.
    Base,
    /// A region's.
    Region(String),
    /// This hospital's own, on top of the region of mps.toml.
    Site,
}

impl Layer {
    /// Whether a desk of this region has the layer.
    pub(super) fn is_seen_by(&self, region: Option<&str>) -> bool {
        match self {
            Layer::Desk | Layer::Base | Layer::Site => true,
            Layer::Region(code) => Tree::has_layer(region, code),
        }
    }
}

/// What scenarios are played with. Generations are made once and shared: nothing that a scenario does changes them.
pub struct Theatre {
    home: Arc<Home>,
    config: Config,
    tree: Tree,
    below_site: Tree,
    made: Mutex<Vec<Made>>,
}

struct Made {
    site: bool,
    region: Option<String>,
    limits: Limits,
    generation: Arc<Generation>,
}

/// An engine for one scenario, and the scripts that answer.
pub struct Staged {
    /// Answers at the scenario's stage.
    pub engine: Engine,
    /// What it answers with.
    pub generation: Arc<Generation>,
}

/// The scripts of one region.
pub struct Regional {
    /// `None` is the base.
    pub region: Option<String>,
    /// They; or in one sentence what is wrong with them.
    pub generation: Result<Arc<Generation>, String>,
}

impl Theatre {
    /// The files of a home folder as they are saved.
    pub fn open(home: &Path, region: Option<String>) -> Result<Theatre, Problem> {
        let overrides = Overrides {
            region,
            ..Overrides::default()
        };
        let home = Arc::new(Home::new(home, overrides));
        let config = Config::load(&home.config_file()).map_err(Problem::Config)?;
        let tree = Tree::read(&home.scripts()).map_err(Problem::Scripts)?;
        Ok(Theatre::of(home, config, tree))
    }

    /// With a kept generation's scripts, by the number that `mps status` lists it under; `None` where there is none.
    pub fn kept(home: &Path, number: usize) -> Option<Result<Theatre, Problem>> {
        let home = Arc::new(Home::new(home, Overrides::default()));
        let kept = home.control.kept();
        let tree = home
            .control
            .load(&kept.get(number.checked_sub(1)?)?.fingerprint)?;
        let config = Config::load(&home.config_file()).map_err(Problem::Config);
        Some(config.map(|config| Theatre::of(home, config, tree)))
    }

    pub(super) fn of(home: Arc<Home>, config: Config, tree: Tree) -> Theatre {
        Theatre {
            below_site: tree.below_site(),
            home,
            config,
            tree,
            made: Mutex::default(),
        }
    }

    /// The scenarios that stand in the tree: the layer, the file's path below `scripts/`, and its text.
    pub fn scenarios(&self) -> impl Iterator<Item = (Layer, &str, &str)> {
        Theatre::scenarios_of(&self.tree)
    }

    pub(super) fn scenarios_of(tree: &Tree) -> impl Iterator<Item = (Layer, &str, &str)> {
        let layer = |path: &str| {
            if path.starts_with(FOLDER) {
                return Some(Layer::Base);
            }
            let (layer, within) = match path.strip_prefix("regions/") {
                Some(rest) => {
                    let (code, within) = rest.split_once('/')?;
                    (Layer::Region(code.to_owned()), within)
                }
                None => (Layer::Site, path.strip_prefix("site/")?),
            };
            within.starts_with(FOLDER).then_some(layer)
        };
        let files = tree.files();
        files.filter_map(move |(path, text)| Some((layer(path)?, path, text)))
    }

    /// What is wrong with the files of scenarios that stand in the tree; none is played.
    pub(super) fn unusable(&self) -> Vec<Error> {
        let read = |(layer, path, text): (Layer, &str, &str)| {
            let region = self.region(&layer);
            Playbook::read(path, text.as_bytes(), self.tree(&layer), region.as_deref(), None).err()
        };
        self.scenarios().filter_map(read).collect()
    }

    /// The scripts that a layer's scenarios see.
    pub fn tree(&self, layer: &Layer) -> &Tree {
        match layer {
            Layer::Desk | Layer::Site => &self.tree,
            Layer::Base | Layer::Region(_) => &self.below_site,
        }
    }

    /// The region of a layer.
    pub fn region(&self, layer: &Layer) -> Option<String> {
        self.region_at(layer, &self.config)
    }

    fn region_at(&self, layer: &Layer, config: &Config) -> Option<String> {
        match layer {
            Layer::Desk | Layer::Site => self.home.region(config).map(str::to_owned),
            Layer::Base => None,
            Layer::Region(code) => Some(code.clone()),
        }
    }

    /// The configuration and the region that a scenario of a layer wants.
    fn wanted(&self, layer: &Layer, wanted: &Wanted) -> Result<(Config, Option<String>), String> {
        let mut config = self.config.clone();
        for text in &wanted.config {
            let wrong = |error: config::Error| format!("t:config的设置不对：{}", error.sentence());
            config.lay_over(text).map_err(wrong)?;
        }
        let region = match &wanted.region {
            None => self.region_at(layer, &config),
            Some(code) if config::is_region(code) => Some(code.clone()),
            Some(_) => return Err("t:region应为六位行政区划代码，例如350200".to_owned()),
        };
        Ok((config, region))
    }

    /// An engine for a scenario of a layer; the error says what the scenario wants wrongly, or what is wrong with the scripts.
    pub fn engine(&self, layer: &Layer, wanted: &Wanted, stage: &Arc<Stage>) -> Result<Staged, String> {
        let (config, region) = self.wanted(layer, wanted)?;
        let generation = self.generation(layer, region.clone(), config.scripts)?;
        let mut desk = self.home.desk(&config);
        desk.stage = Some(Arc::clone(stage));
        state::check_desk(&generation, &desk, &config).map_err(|problem| problem.sentence())?;
        let ready = Ready {
            generation: Arc::clone(&generation),
            region: region.map(SmolStr::from),
            desk,
        };
        let state = State {
            config,
            ready: Ok(Arc::new(ready)),
            scripts: None,
            since: SystemTime::now(),
            scenarios: 0,
        };
        let engine = Engine {
            home: Arc::clone(&self.home),
            state: Arc::new(ArcSwap::from_pointee(state)),
        };
        Ok(Staged { engine, generation })
    }

    /// The scripts of the base, of every region that has a folder, of this desk's and of `others`; each as far as they can be used.
    pub fn generations(&self, others: BTreeSet<Option<String>>) -> Vec<Regional> {
        let mut regions = others;
        let folders = self.tree.regions().into_iter();
        let codes = folders.filter(|name| config::is_region(name));
        regions.extend(codes.map(|code| Some(code.to_owned())));
        regions.extend([None, self.region(&Layer::Desk)]);
        let of = |region: Option<String>| Regional {
            generation: self.generation(&Layer::Desk, region.clone(), self.config.scripts),
            region,
        };
        regions.into_iter().map(of).collect()
    }

    /// Writes a home folder that has a library of its own process answer as [`Theatre::engine`] does, with its devices on a stage.
    /// No secret of this desk is in it, and nothing in it outlives the scenario.
    pub fn furnish(
        &self,
        folder: &Path,
        layer: &Layer,
        wanted: &Wanted,
        generation: &Generation,
    ) -> Result<(), String> {
        let (mut config, region) = self.wanted(layer, wanted)?;
        config.region = region;
        config.simulate = true;
        (config.gate, config.record, config.journal.on) = (false, false, false);
        for (name, device) in &mut config.devices {
            device.folder = device.folder.take().map(|folder| self.home.folder().join(folder));
            for (key, setting) in &mut device.settings {
                if generation.is_secret(name, key) {
                    setting.value = Value::Text(SECRET.to_owned());
                }
            }
        }
        let written = |path: &Path, text: &str| {
            let folder = path.parent().unwrap_or(path);
            fs::create_dir_all(folder).and_then(|()| fs::write(path, text))
        };
        let put = |path: PathBuf, text: &str| {
            written(&path, text).map_err(|error| format!("写不进去: {}（{error}）", path.display()))
        };
        put(folder.join("mps.toml"), &config.to_toml())?;
        // What is built into this program is built into the library too: its own is what is tried.
        let embedded = Tree::embedded();
        let embedded: BTreeSet<(&str, &str)> = embedded.files().collect();
        let own = self.tree(layer).files().filter(|file| !embedded.contains(file));
        own.into_iter()
            .try_for_each(|(path, text)| put(folder.join("scripts").join(path), text))
    }

    fn generation(
        &self,
        layer: &Layer,
        region: Option<String>,
        limits: Limits,
    ) -> Result<Arc<Generation>, String> {
        let site = matches!(layer, Layer::Desk | Layer::Site);
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let known = made
            .iter()
            .find(|made| made.site == site && made.region == region && made.limits == limits);
        if let Some(known) = known {
            return Ok(Arc::clone(&known.generation));
        }
        let built = Generation::build(self.tree(layer), region.as_deref(), limits);
        let generation = built.map_err(|errors| errors.sentence())?;
        made.push(Made {
            site,
            region,
            limits,
            generation: Arc::clone(&generation),
        });
        Ok(generation)
    }
}
