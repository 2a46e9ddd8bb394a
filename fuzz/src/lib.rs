//! What the fuzz targets share.

use std::path::PathBuf;
use std::{env, fs};

/// Makes a home folder with simulated devices and tells the library of it.
pub fn home() {
    let folder = folder("simulate = true\n");
    // SAFETY: called before any other thread is started.
    unsafe { env::set_var("MPS_HOME", folder) };
}

/// A home folder of this process with this configuration, beside the program.
pub fn folder(config: &str) -> PathBuf {
    let program = env::current_exe().expect("a program has a file");
    let folder = program
        .with_extension("homes")
        .join(std::process::id().to_string());
    fs::create_dir_all(folder.join("scripts")).expect("a folder can be made");
    // Its thread and its files would cost more than the calls.
    let config = format!("{config}[journal]\non = false\n");
    fs::write(folder.join("mps.toml"), config).expect("a file can be written");
    folder
}
