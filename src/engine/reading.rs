//! Reading the home folder's files as they are now.

use super::Problem;
use super::config::Config;
use super::state::{Home, Scripts, Source};
use crate::script::Tree;

/// The files as they are now.
pub(super) struct Reading {
    pub(super) config: Result<Config, Problem>,
    pub(super) scripts: Result<Scripts, Problem>,
    /// What is wrong though there are scripts.
    pub(super) note: Option<String>,
}

impl Home {
    /// Reads them; what is `known` of the scripts already is shared.
    pub(super) fn read(&self, known: Option<&Tree>) -> Reading {
        let config = Config::load(&self.config_file()).map_err(Problem::Config);
        let Some(fingerprint) = self.control.frozen() else {
            return Reading {
                config,
                scripts: self.read_disk(known),
                note: None,
            };
        };
        match self.control.load(&fingerprint) {
            Some(tree) => Reading {
                config,
                scripts: Ok(Scripts {
                    tree,
                    source: Source::Frozen,
                }),
                note: None,
            },
            None => Reading {
                config,
                scripts: self.read_disk(known),
                note: Some(format!(
                    "冻结的那一代（{fingerprint}）在state文件夹里找不到或已损坏，改用scripts文件夹里的脚本；\
                     请重新执行mps freeze，或执行mps unfreeze"
                )),
            },
        }
    }

    fn read_disk(&self, known: Option<&Tree>) -> Result<Scripts, Problem> {
        let source = Source::Disk;
        let tree = Tree::read_knowing(&self.scripts(), known).map_err(Problem::Scripts)?;
        Ok(Scripts { tree, source })
    }

    /// Whether other scripts are saved than the frozen ones.
    pub(super) fn is_pending(&self, reading: &Reading) -> bool {
        match &reading.scripts {
            Ok(Scripts {
                tree,
                source: Source::Frozen,
            }) => Tree::read_knowing(&self.scripts(), Some(tree)).is_ok_and(|saved| saved != *tree),
            _ => false,
        }
    }
}
