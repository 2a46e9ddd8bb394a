//! The C boundary, called as callers call it: by C programs that load the library. What each program looks at stands at its top.
#![cfg(target_os = "linux")]

mod desk;

use desk::Desk;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// mps.toml of a desk whose devices are simulated.
const SIMULATED: &str = "simulate = true\n";
/// The same under Valgrind, which is so slow that on a busy machine a script's time is soon over.
const UNHURRIED: &str = "simulate = true\n[time_limits]\nscript = 60\n";

/// The library of this very build: cargo builds it beside the test program.
fn library() -> PathBuf {
    let program = env::current_exe().expect("the test program has a path");
    let library = program.with_file_name("libmps_client.so");
    assert!(library.exists(), "{} is missing", library.display());
    library
}

/// Runs a command, which must succeed; returns what it printed.
fn run(command: &mut Command) -> Vec<u8> {
    let output = command
        .output()
        .expect("cc is installed, and what it makes can be started");
    let (stdout, stderr) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{}\n{stdout}{stderr}", output.status);
    output.stdout
}

/// A program that loads the library itself.
fn compile_caller(program: &str, desk: &Desk) -> PathBuf {
    desk.compile(&format!("tests/callers/{program}.c"), &[])
}

/// Runs a caller, whose last word must be that all was well.
fn passes(caller: &mut Command) {
    assert_eq!(String::from_utf8_lossy(&run(caller)), "passed\n");
}

fn run_caller(program: &str) {
    let desk = Desk::new(SIMULATED);
    let mut caller = Command::new(compile_caller(program, &desk));
    passes(caller.arg(library()).env("MPS_HOME", desk.home()));
}

#[test]
fn walls() {
    run_caller("walls");
}

#[test]
fn spaces() {
    run_caller("spaces");
}

#[test]
fn floats() {
    run_caller("floats");
}

#[test]
fn edges() {
    run_caller("edges");
}

#[test]
fn threads() {
    run_caller("threads");
}

#[test]
fn utf16() {
    run_caller("utf16");
}

#[test]
fn unload() {
    run_caller("unload");
}

/// Built with the address sanitizer, whose allocator then serves the library too: it sees what is freed twice or touched afterwards,
/// and what the C library's functions are given.
#[test]
fn the_address_sanitizer_has_nothing_to_say() {
    for program in ["edges", "walls", "utf16", "threads", "unload"] {
        let desk = Desk::new(SIMULATED);
        let source = format!("tests/callers/{program}.c");
        let mut caller = Command::new(desk.compile(&source, &["-fsanitize=address"]));
        caller.arg(library()).env("MPS_HOME", desk.home());
        // What lives as long as the process is no leak; the endurance run looks for those.
        passes(caller.env("ASAN_OPTIONS", "detect_leaks=0"));
    }
}

/// Not `walls`, whose thousands of mappings take Valgrind minutes.
#[test]
fn valgrind_has_nothing_to_say() {
    if Command::new("valgrind").arg("--version").output().is_err() {
        assert!(
            env::var_os("MPS_TEST_ALL").is_none(),
            "valgrind is missing: run tests/setup/packages.sh"
        );
        eprintln!("not tested here: valgrind is missing");
        return;
    }
    for program in ["edges", "utf16"] {
        let desk = Desk::new(UNHURRIED);
        let mut valgrind = Command::new("valgrind");
        valgrind
            .args(["--quiet", "--error-exitcode=9"])
            .arg(compile_caller(program, &desk))
            .arg(library());
        passes(valgrind.env("MPS_HOME", desk.home()));
    }
}

#[test]
fn home_is_beside_the_library() {
    let desk = Desk::new(SIMULATED);
    let program = compile_caller("home", &desk);
    fs::copy(library(), desk.home().join("libmps_client.so")).expect("the desk can be written");
    for mps_home in [None, Some("")] {
        let mut command = Command::new(&program);
        command
            .arg("./libmps_client.so")
            .current_dir(desk.home())
            .env_remove("MPS_HOME");
        passes(command.envs(mps_home.map(|empty| ("MPS_HOME", empty))));
    }
}

/// The vendor's library calls MPS_Call from its own function, and what it is told becomes the patient's name.
#[test]
fn a_call_from_inside_a_call_is_told_that_the_device_is_busy() {
    let desk = Desk::with_vendors("REENTER", "");
    let library = library();
    let folder = library.parent().expect("a file stands in a folder");
    let search = format!("-L{}", folder.display());
    let program = desk.compile("examples/c/call.c", &[&search, "-lmps_client"]);
    // Cargo's own search path may hold the library of an older build.
    let mut command = Command::new(program);
    command
        .arg("03")
        .env("LD_LIBRARY_PATH", folder)
        .env("MPS_LIBRARY", &library)
        .env("MPS_HOME", desk.home());
    let printed = run(&mut command);
    let (response, _, _) = encoding_rs::GBK.decode(&printed);
    assert!(response.contains("<name>设备忙"), "{response}");
    assert!(response.contains("<result>0</result>"), "{response}");
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
