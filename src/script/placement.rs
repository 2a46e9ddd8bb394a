//! Where script files belong: a file in the wrong folder, or with the wrong name, would silently never be found.

use super::error::{Error, MISPLACED, Mistake};
use super::protocol::PROTOCOL;
use super::source_map::SourceMap;
use super::tree::Source;
use crate::suggest::nearest;

/// The folder of devices, and what its files declare.
pub(super) const DEVICES: (&str, &str) = ("devices", "library");
/// The folder of simulated devices.
pub(super) const SIMULATIONS: (&str, &str) = ("simulated", "simulation");
/// The folder of function ids.
pub(super) const FUNIDS: (&str, &str) = ("funids", "funid");
/// The folder of scenarios; its files declare nothing that they return.
const SCENARIOS: (&str, &str) = ("scenarios", "scenario");
/// The folders of a layer.
const FOLDERS: [(&str, &str); 4] = [DEVICES, SIMULATIONS, FUNIDS, SCENARIOS];
/// The folders of layers.
const LAYERS: [&str; 2] = ["regions", "site"];

/// Checks where a file stands by its path below `scripts/`, layer included.
pub(super) fn check_path(path: &str) -> Result<(), Error> {
    let refuse =
        |what: String, advice: String| Err(Error::new(MISPLACED, path, 0, Mistake::new(what, advice)));
    let within = match path.split_once('/') {
        Some(("regions", rest)) => {
            let Some((code, within)) = rest.split_once('/') else {
                return refuse(
                    "脚本直接放在了regions/下".to_owned(),
                    "应放在regions/行政区划代码/下，例如regions/350200/funids/".to_owned(),
                );
            };
            if code.len() != 6 || !code.bytes().all(|byte| byte.is_ascii_digit()) || code.starts_with('0') {
                return refuse(
                    format!("文件夹regions/{code}的名称不是行政区划代码"),
                    "应为6位数字，例如regions/350200".to_owned(),
                );
            }
            within
        }
        Some(("site", within)) => within,
        _ => path,
    };
    let Some((folder, name)) = within.split_once('/') else {
        return Ok(());
    };
    let known = FOLDERS.iter().map(|(folder, _)| *folder);
    if !known.clone().any(|known| known == folder) {
        let layers = LAYERS.into_iter().filter(|_| within.len() == path.len());
        return match nearest(folder, known.chain(layers)) {
            Some(near) => refuse(format!("没有名为{folder}/的文件夹"), format!("是否应为{near}/？")),
            None => Ok(()),
        };
    }
    check_name(path, folder, name)
}

/// A file's name is the funid that callers send, or the device's name in mps.toml.
fn check_name(path: &str, folder: &str, name: &str) -> Result<(), Error> {
    let name = name.strip_suffix(".lua").unwrap_or(name);
    let (allowed, what): (fn(char) -> bool, _) = match folder {
        "funids" => (
            |c| c.is_ascii_alphanumeric() || ".-_".contains(c),
            "功能编号只能用半角字母、数字、.、-和_，例如N04.00.00.01.lua",
        ),
        "scenarios" => (
            |c| c.is_alphanumeric() || "-_.".contains(c),
            "场景文件的名称只能用字母、汉字、数字、-、_和.，例如card.lua",
        ),
        _ => (
            |c| c.is_alphanumeric() || "-_".contains(c),
            "设备名只能用字母、数字、-和_，例如card.lua",
        ),
    };
    match name.chars().find(|c| !allowed(*c)) {
        None => Ok(()),
        Some('/') => {
            let mistake = Mistake::new(
                format!("脚本放在了{folder}/下面的文件夹里"),
                format!("请直接放在{folder}/下"),
            );
            Err(Error::new(MISPLACED, path, 0, mistake))
        }
        Some(wrong) => {
            let wrong = if wrong == ' ' {
                "空格".to_owned()
            } else {
                format!("“{wrong}”")
            };
            let mistake = Mistake::new(
                format!("文件名里不能有{wrong}"),
                format!("{what}；副本请移出scripts/"),
            );
            Err(Error::new(MISPLACED, path, 0, mistake))
        }
    }
}

/// Checks that a file outside the folders above declares nothing; `within` is its path within its layer.
pub(super) fn check_stray(within: &str, source: &Source) -> Result<(), Error> {
    let folder = within.split_once('/').map(|(folder, _)| folder);
    let known = FOLDERS.iter().any(|(known, _)| Some(*known) == folder);
    if known || within == PROTOCOL || SourceMap::of(&source.text).declaration().is_none() {
        return Ok(());
    }
    let mistake = Mistake::new(
        "这个文件声明了功能或设备，却不在funids/、devices/、simulated/下",
        "请移到相应的文件夹",
    );
    Err(Error::new(MISPLACED, &source.name, 0, mistake))
}
