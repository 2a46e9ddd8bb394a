//! Reading the home folder's files as they are now.

use super::Problem;
use super::config::Config;
use super::state::{Home, Scripts, Source};
use crate::script::Tree;
use std::time::Instant;

/// The files as they are now.
pub(super) struct Reading {
    /// When it was begun to read them.
    pub(super) begun: Instant,
    pub(super) config: Result<Config, Problem>,
    pub(super) scripts: Result<Scripts, Problem>,
    /// What is wrong though there are scripts.
    pub(super) note: Option<String>,
}

impl Home {
    /// Reads them; what is `known` of the scripts already is shared.
    pub(super) fn read(&self, known: Option<&Tree>) -> Reading {
        let begun = Instant::now();
        let config = Config::load(&self.config_file()).map_err(Problem::Config);
        let (scripts, note) = match self.control.frozen() {
            Some(fingerprint) => self.read_frozen(&fingerprint, known),
            None => (self.read_disk(known), None),
        };
        Reading {
            begun,
            config,
            scripts,
            note,
        }
    }

    /// The scripts that are frozen; where they are lost, what is saved, and a note of it.
    fn read_frozen(
        &self,
        fingerprint: &str,
        known: Option<&Tree>,
    ) -> (Result<Scripts, Problem>, Option<String>) {
        match self.control.load(fingerprint) {
            Some(tree) => {
                let source = Source::Frozen;
                (Ok(Scripts { tree, source }), None)
            }
            None => {
                let note = format!(
                    "冻结的那一代（{fingerprint}）在state文件夹里找不到或已损坏，改用scripts文件夹里的脚本；\
                     请重新执行mps freeze，或执行mps unfreeze"
                );
                (self.read_disk(known), Some(note))
            }
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
