//! A scenario that is played by another process: its stage lies in a file, is taken up before a call and written back behind it.
//!
//! The file is named by an environment variable, and counts only at a desk whose own mps.toml says `simulate = true`: where real
//! devices answer, nothing that lies around in an environment may put an invented patient in their place.

use super::{Answer, Engine};
use crate::script::Stage;
use serde_json::Value as Json;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The stage cannot be taken up, or not be written back.
const UNPLAYED: &str = "E007";

/// In the file once a library has played with it: that library's version.
const PLAYED_BY: &str = "played_by";

/// The stage that a file holds.
pub(super) struct StageFile {
    path: PathBuf,
    pub(super) stage: Arc<Stage>,
    /// One call at a time: each begins with what the last one left.
    turn: Mutex<()>,
}

impl StageFile {
    pub(super) fn at(path: PathBuf) -> StageFile {
        StageFile {
            path,
            stage: Arc::default(),
            turn: Mutex::default(),
        }
    }

    /// Serves one call with what the file says, and writes into it what came of that.
    fn play(&self, serve: impl FnOnce() -> Box<Answer>) -> Result<Box<Answer>, String> {
        // The file is read anew whatever a call has left.
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let wrong = |what: String| format!("场景文件{}{what}", self.path.display());
        let bytes = fs::read(&self.path).map_err(|error| wrong(format!("读不出来：{error}")))?;
        let json = serde_json::from_slice(&bytes).ok();
        json.and_then(|json: Json| self.stage.take_over(&json))
            .ok_or_else(|| wrong("看不懂，请用与动态库同一版本的mps test".to_owned()))?;
        let answer = serve();
        let mut json = self.stage.to_json();
        if let Some(object) = json.as_object_mut() {
            object.insert(PLAYED_BY.to_owned(), env!("CARGO_PKG_VERSION").into());
        }
        fs::write(&self.path, json.to_string()).map_err(|error| wrong(format!("写不进去：{error}")))?;
        Ok(answer)
    }
}

impl Engine {
    /// Serves a call; at the stage of [`Overrides::stage`](super::Overrides::stage) where that counts.
    pub fn at_stage(&self, request: &[u8], serve: impl FnOnce() -> Box<Answer>) -> Box<Answer> {
        let Some(file) = self.home.stage_file().filter(|_| self.is_staged()) else {
            return serve();
        };
        let played = file.play(serve);
        played.unwrap_or_else(|wrong| self.refuse(request, UNPLAYED, &wrong))
    }

    /// Whether a scenario's stage stands in for the devices now.
    fn is_staged(&self) -> bool {
        let state = self.state.load();
        state.ready.as_ref().is_ok_and(|ready| ready.desk.stage.is_some())
    }
}

/// The program's side: writes a stage for a library that is about to be called.
pub fn hand_over(stage: &Stage, path: &Path) -> Result<(), String> {
    let written = fs::write(path, stage.to_json().to_string());
    written.map_err(|error| format!("写不进去: {}（{error}）", path.display()))
}

/// Takes over what the library that was called has made of the stage; `None` where it has not played with it.
pub fn take_back(stage: &Stage, path: &Path) -> Option<()> {
    let json: Json = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    json.get(PLAYED_BY)?;
    stage.take_over(&json)
}
