//! Home folders with stub vendors' libraries.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const CONFIG: &str = "[device.credential]\nfolder = 'vendor'\nurl = 'https://ec.example/ok'\norg_id = 'H350XXXXXX'\n\
                      operator_name = '测试员'\n[device.card]\nfolder = 'vendor'\nport = 'USB1'\n";
pub const FUNID: &str = include_str!("../../scripts/funids/N04.00.00.01.lua");
const FUNIDS: usize = 20;

/// Scripts by their paths.
pub type Scripts = Vec<(String, String)>;

/// What our library is measured with.
pub struct Variant {
    pub name: &'static str,
    pub config: String,
    pub scripts: Scripts,
}

/// The configuration with this line for each of the devices.
pub fn config_with(line: &str) -> String {
    CONFIG.replace("folder =", &format!("{line}folder ="))
}

pub fn variants() -> Vec<Variant> {
    let variant = |(name, config, scripts)| Variant {
        name,
        config,
        scripts,
    };
    let on_caller_thread = || config_with("on_caller_thread = true\n");
    let simulated = || format!("simulate = true\n{CONFIG}");
    let with_function = || vec![("funids/N04.00.00.01.lua".to_owned(), mapped())];
    let variants = [
        (super::contenders::DECLARED, CONFIG.to_owned(), Vec::new()),
        ("带一个函数", CONFIG.to_owned(), with_function()),
        ("声明，调用方的线程", on_caller_thread(), Vec::new()),
        ("带一个函数，调用方的线程", on_caller_thread(), with_function()),
        ("模拟设备", simulated(), Vec::new()),
        ("模拟设备，带一个函数", simulated(), with_function()),
    ];
    variants.into_iter().map(variant).collect()
}

/// The shipped function id with one Lua function in each of its ways.
pub fn mapped() -> String {
    let map = "map = function(value) return value end,";
    FUNID
        .replace("from = \"cardnum\",", &format!("from = \"cardnum\", {map}"))
        .replace("from = \"json\",", &format!("from = \"json\", {map}"))
}

/// Twenty function ids of the same script, the sample's first among them; `edition` makes them differ.
pub fn twenty_of(script: &str, edition: usize) -> Scripts {
    let script = |number| {
        let path = format!("funids/N04.00.00.{number:02}.lua");
        (path, format!("{script}-- {edition}\n"))
    };
    (1..=FUNIDS).map(script).collect()
}

/// Every script that is shipped: what stands beside the library in a hospital.
pub fn shipped() -> Scripts {
    let mut scripts = Scripts::new();
    let root = project("scripts");
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the project can be read") {
            let path = entry.expect("the project can be read").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let below = path.strip_prefix(&root).expect("it was found there");
            let text = fs::read_to_string(&path).expect("scripts are UTF-8");
            scripts.push((below.to_str().expect("a plain name").to_owned(), text));
        }
    }
    scripts
}

/// A path within the project.
pub fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Cargo's folder.
pub fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| project("target"), PathBuf::from)
}

/// A temporary folder, gone with its owner.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Folder {
        let folder = env::temp_dir().join(format!("mps-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder can be made");
        Folder(folder)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A home folder.
    pub fn desk(&self, name: &str, config: &str, scripts: &Scripts) -> PathBuf {
        let home = self.0.join(name);
        write(&home.join("mps.toml"), config);
        save(&home, scripts);
        install_vendors(&home);
        home
    }

    /// A home folder with twenty function ids and nothing special.
    pub fn twenty(&self, name: &str) -> PathBuf {
        self.desk(name, CONFIG, &twenty_of(FUNID, 0))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub fn save(home: &Path, scripts: &Scripts) {
    for (path, text) in scripts {
        write(&home.join("scripts").join(path), text);
    }
}

fn write(path: &Path, text: &str) {
    let folder = path.parent().expect("a file in a folder");
    fs::create_dir_all(folder).expect("a folder can be made");
    fs::write(path, text).expect("a file can be written");
}

/// The stubs; the hand-made libraries find them by the environment.
pub fn install_vendors(home: &Path) {
    let folder = home.join("vendor");
    fs::create_dir_all(&folder).expect("a folder can be made");
    for (source, library) in [
        ("ssc_card.c", "libSSCard.so"),
        ("nation_ec.c", "libNationECCode.so"),
    ] {
        let compiler = Command::new("cc")
            .args([
                "-O2",
                "-shared",
                "-fPIC",
                "-fexec-charset=GBK",
                "-fvisibility=hidden",
                "-o",
            ])
            .arg(folder.join(library))
            .arg(project("tests/vendors").join(source))
            .arg("-ldl")
            .status();
        assert!(compiler.is_ok_and(|status| status.success()), "{source}");
    }
}
