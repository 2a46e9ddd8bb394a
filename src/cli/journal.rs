//! What `mps trace` and `mps stats` have in common: where the journal is, and how its lines are read.

use super::Misuse;
use crate::engine;
use serde_json::Value as Json;
use std::io;
use std::path::{Path, PathBuf};

/// The journal's folder.
pub(super) fn folder(home: &Path) -> Result<PathBuf, Misuse> {
    let settings = engine::journal_settings(home);
    settings
        .map(|settings| settings.folder)
        .ok_or_else(|| Misuse::new("mps.toml 的 [journal] 写了 on = false，没有日志可看"))
}

pub(super) fn unreadable(folder: &Path, error: &io::Error) -> Misuse {
    let number = error
        .raw_os_error()
        .map_or_else(String::new, |number| format!("（系统错误 {number}）"));
    Misuse::new(format!(
        "日志读不出来{number}: {}\n请给当前用户读这个文件夹的权限",
        folder.display()
    ))
}

/// One line of the journal.
#[derive(Clone, Copy)]
pub(super) struct Line<'a>(pub(super) &'a Json);

impl<'a> Line<'a> {
    pub(super) fn text(self, key: &str) -> Option<&'a str> {
        self.0.get(key)?.as_str()
    }

    pub(super) fn number(self, key: &str) -> u64 {
        self.0.get(key).and_then(Json::as_u64).unwrap_or_default()
    }

    pub(super) fn millis(self, key: &str) -> f64 {
        self.0.get(key).and_then(Json::as_f64).unwrap_or_default()
    }

    pub(super) fn flag(self, key: &str) -> bool {
        self.0.get(key).and_then(Json::as_bool).unwrap_or_default()
    }

    pub(super) fn list(self, key: &str) -> impl Iterator<Item = &'a Json> {
        self.0.get(key).and_then(Json::as_array).into_iter().flatten()
    }

    pub(super) fn is_call(self) -> bool {
        self.text("kind") == Some("call")
    }

    /// Whether it tells of something that did not go well.
    pub(super) fn has_failed(self) -> bool {
        match self.text("kind") {
            Some("call") => self.text("result") != Some("0"),
            Some("refused" | "lost") => true,
            _ => false,
        }
    }
}

/// `card.SSC_Open`; the device alone where it could not be taken.
pub(super) fn device_call(exchange: Line<'_>) -> String {
    let device = exchange.text("device").unwrap_or_default();
    match exchange.text("call") {
        Some(call) => format!("{device}.{call}"),
        None => device.to_owned(),
    }
}
