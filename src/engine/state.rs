//! What the home folder says: the configuration, and the generation of scripts that answers.

use super::Overrides;
use super::config::{Config, DeviceConfig, Value};
use crate::device::{Argument, Libraries};
use crate::script::{Desk, DeskDevice, Generation, Tree};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// The folder that configuration and scripts are read from, and what goes on while they change.
pub(super) struct Home {
    folder: PathBuf,
    overrides: Overrides,
    libraries: Arc<Libraries>,
}

/// One state of the home folder.
pub(super) struct State {
    pub(super) config: Config,
    /// What answers, or the sentence that says why nothing can.
    pub(super) ready: Result<Ready, String>,
    // What it was made of: the same again is no change.
    tree: Option<Tree>,
}

/// All that a call needs.
pub(super) struct Ready {
    pub(super) generation: Arc<Generation>,
    pub(super) desk: Desk,
}

/// Tells whether the home folder may have changed.
#[derive(PartialEq, Eq)]
pub(super) struct Stamp {
    config: Option<(u64, Option<SystemTime>)>,
    scripts: Vec<(String, u64, Option<SystemTime>)>,
}

impl Home {
    pub(super) fn new(folder: &Path, overrides: Overrides) -> Home {
        // Vendors' libraries load by their full path.
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        Home {
            folder,
            overrides,
            libraries: Arc::default(),
        }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn scripts(&self) -> PathBuf {
        self.folder.join("scripts")
    }

    fn config_file(&self) -> PathBuf {
        self.folder.join("mps.toml")
    }

    pub(super) fn stamp(&self) -> Stamp {
        let config = std::fs::metadata(self.config_file()).ok();
        Stamp {
            config: config.map(|known| (known.len(), known.modified().ok())),
            scripts: Tree::stamp(&self.scripts()),
        }
    }

    /// Reads everything anew.
    pub(super) fn load(&self) -> State {
        let config = match Config::load(&self.config_file()) {
            Ok(config) => config,
            Err(error) => {
                return State {
                    config: Config::default(),
                    ready: Err(error.sentence()),
                    tree: None,
                };
            }
        };
        match Tree::read(&self.scripts()) {
            Ok(tree) => State {
                ready: self.build(&config, &tree),
                config,
                tree: Some(tree),
            },
            Err(error) => State {
                config,
                ready: Err(error.to_string()),
                tree: None,
            },
        }
    }

    fn build(&self, config: &Config, tree: &Tree) -> Result<Ready, String> {
        let region = self.overrides.region.as_ref().or(config.region.as_ref());
        let generation = Generation::build(tree, region.map(String::as_str), config.scripts)
            .map_err(|error| error.to_string())?;
        let desk = self.desk(config);
        generation.check_desk(&desk).map_err(|(device, setting, text)| {
            let device = config.devices.get(&device);
            let setting = device
                .zip(setting)
                .and_then(|(device, name)| device.settings.get(&name));
            let line = setting
                .map(|setting| setting.line)
                .or(device.map(|device| device.line));
            format!("mps.toml 第{}行：{text}", line.unwrap_or_default())
        })?;
        Ok(Ready { generation, desk })
    }

    fn desk(&self, config: &Config) -> Desk {
        let device = |(name, device): (&String, &DeviceConfig)| (name.clone(), self.desk_device(device));
        Desk {
            simulate: self.overrides.simulate.unwrap_or(config.simulate),
            device_timeout: config.device_timeout,
            device_wait: config.device_wait,
            devices: config.devices.iter().map(device).collect(),
            libraries: Arc::clone(&self.libraries),
        }
    }

    fn desk_device(&self, config: &DeviceConfig) -> DeskDevice {
        let folder = config.folder.as_ref().map(|folder| self.folder.join(folder));
        let settings = config.settings.iter().map(|(name, setting)| {
            let value = match &setting.value {
                Value::Text(text) => Argument::Text(text.clone()),
                Value::Integer(number) => Argument::Integer(*number),
                Value::Boolean(value) => Argument::Integer((*value).into()),
            };
            (name.clone(), value)
        });
        DeskDevice {
            // Windows resolves dependent libraries only beside a path in its own spelling.
            folder: folder.map(|folder| std::path::absolute(&folder).unwrap_or(folder)),
            file: config.file.clone(),
            timeout: config.timeout,
            simulate: config.simulate,
            settings: settings.collect(),
        }
    }
}

impl State {
    /// Whether this state was made of the same files as `other`.
    pub(super) fn same_as(&self, other: &State) -> bool {
        self.tree.is_some() && self.tree == other.tree && self.config == other.config
    }
}
