//! The C boundary, called as callers call it: by C programs that load the library. What each program looks at stands at its top.
#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// The library of this very build: cargo builds it beside the test program.
fn library() -> PathBuf {
    let program = env::current_exe().expect("the test program has a path");
    let library = program.with_file_name("libmps_client.so");
    assert!(library.exists(), "{} is missing", library.display());
    library
}

/// A folder for one test, empty but for an mps.toml under which devices are simulated.
fn home(test: &str) -> PathBuf {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("abi").join(test);
    let _ = fs::remove_dir_all(&home);
    fs::create_dir_all(&home).expect("target/tmp can be written");
    fs::write(home.join("mps.toml"), "simulate = true\n").expect("target/tmp can be written");
    home
}

/// Compiles a program of `tests/callers` into a folder.
fn compile(program: &str, folder: &Path) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let executable = folder.join(program);
    let output = Command::new("cc")
        .args(["-std=gnu99", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-I"])
        .arg(root.join("release"))
        .arg("-o")
        .arg(&executable)
        .arg(root.join("tests/callers").join(program).with_extension("c"))
        .args(["-ldl", "-lpthread"])
        .output()
        .expect("a C compiler is installed as cc");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    executable
}

/// Runs a command, which must succeed.
fn run(command: &mut Command) {
    let output = command.output().expect("the program can be started");
    let (stdout, stderr) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{}\n{stdout}{stderr}", output.status);
}

fn run_program(program: &str) {
    let home = home(program);
    run(Command::new(compile(program, &home))
        .arg(library())
        .env("MPS_HOME", &home));
}

#[test]
fn walls() {
    run_program("walls");
}

#[test]
fn spaces() {
    run_program("spaces");
}

#[test]
fn floats() {
    run_program("floats");
}

#[test]
fn edges() {
    run_program("edges");
}

#[test]
fn threads() {
    run_program("threads");
}

#[test]
fn utf16() {
    run_program("utf16");
}

#[test]
fn unload() {
    run_program("unload");
}

#[test]
fn home_is_beside_the_library() {
    let home = home("home");
    let program = compile("home", &home);
    fs::copy(library(), home.join("libmps_client.so")).expect("target/tmp can be written");
    let relative = "./libmps_client.so";
    for mps_home in [None, Some("")] {
        let mut command = Command::new(&program);
        command.arg(relative).current_dir(&home).env_remove("MPS_HOME");
        run(command.envs(mps_home.map(|empty| ("MPS_HOME", empty))));
    }
}

#[test]
fn the_header_suits_old_c_and_cpp() {
    let header = Path::new(env!("CARGO_MANIFEST_DIR")).join("release/mps_client.h");
    for language in [["-xc", "-std=c89"], ["-xc++", "-std=c++98"]] {
        let mut command = Command::new("cc");
        run(command
            .args(language)
            .args(["-pedantic", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"])
            .arg(&header));
    }
}
