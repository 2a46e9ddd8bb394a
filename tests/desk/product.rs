//! A desk for the product's own scenarios (tests/scenarios).

use std::fs;
use std::path::{Path, PathBuf};

/// Where they stand.
pub fn scenarios() -> PathBuf {
    project("tests/scenarios")
}

/// Furnishes a home folder with the tests' regions, and with a region for each ready device that only has it read the card.
pub fn furnish(home: &Path) {
    for region in ["320000", "331100", "440100", "440400"] {
        let from = project("tests/regions").join(region);
        for folder in ["devices", "funids", "simulated", "scenarios"] {
            let Ok(files) = fs::read_dir(from.join(folder)) else {
                continue;
            };
            for file in files {
                let file = file.expect("a folder can be read").path();
                let name = file.file_name().and_then(|name| name.to_str()).expect("a name");
                let text = fs::read_to_string(&file).expect("a script can be read");
                write(home, &format!("{region}/{folder}/{name}"), &text);
            }
        }
    }
    for (region, way, call) in [
        ("991001", "03", "sscard_driver.read_card"),
        ("991002", "03", "heasec.read_card"),
        ("991003", "03", "ssse32.read_card"),
        ("991004", "01", "nation_ec.query"),
        ("991005", "03", "pcsc.read_card"),
        ("991006", "01", "scanner.scan"),
    ] {
        let from = match call {
            "scanner.scan" => "f['01'].response.out_put.from = 'text'\n",
            _ => "",
        };
        let script = format!("local f = mps.base()\nf['{way}'].call = '{call}'\n{from}return f");
        write(home, &format!("{region}/funids/N04.00.00.01.lua"), &script);
    }
}

fn write(home: &Path, path: &str, text: &str) {
    let path = home.join("scripts/regions").join(path);
    fs::create_dir_all(path.parent().expect("below home")).expect("a folder can be made");
    fs::write(path, text).expect("a file can be written");
}

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
