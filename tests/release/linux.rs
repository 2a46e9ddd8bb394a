//! Callers on Linux, each in its own language, against the shared object of the release.

use crate::support::{
    KINDS, assert_message, desk, dist, in_utf8, needed, printed, program, project, read, sample_request,
    sample_response,
};
use std::env::consts::ARCH;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A desk for Linux callers, unless something is missing.
fn linux_desk(name: &str) -> Option<PathBuf> {
    dist("linux-x64").map(|dist| desk(&dist, name))
}

/// Runs an example with either argument, in UTF-8; its library stands in the working folder.
fn assert_example_answers(command: impl Fn() -> Command, expected: impl Fn(&[u8]) -> Vec<u8>) {
    for (kind, name) in KINDS {
        let mut command = command();
        command.arg(kind).env("LC_ALL", "C.UTF-8");
        assert_message(&printed(&mut command), &expected(&sample_response(name)));
    }
}

fn as_gbk(message: &[u8]) -> Vec<u8> {
    message.to_vec()
}

/// The GBK message as a program shows it that knows its text: decoded, and still declared as it came.
fn decoded(message: &[u8]) -> Vec<u8> {
    encoding_rs::GBK.decode(message).0.into_owned().into_bytes()
}

#[test]
fn c() {
    let (Some(desk), Some(cc)) = (linux_desk("linux-c"), program("cc")) else {
        return;
    };
    printed(
        Command::new(cc)
            .args(["-Wall", "-Wextra", "-Werror", "-I"])
            .arg(project("release"))
            .arg(project("examples/c/call.c"))
            .arg("-o")
            .arg(desk.join("call"))
            .arg("-L")
            .arg(&desk)
            .args(["-lmps_client", "-Wl,-rpath,$ORIGIN"]),
    );
    assert_example_answers(|| Command::new(desk.join("call")), as_gbk);
}

#[test]
fn python() {
    let (Some(desk), Some(python)) = (linux_desk("linux-python"), program("python3")) else {
        return;
    };
    fs::copy(project("examples/python/call.py"), desk.join("call.py")).expect("target/tmp can be written");
    let command = || {
        let mut command = Command::new(&python);
        command.arg(desk.join("call.py"));
        command
    };
    assert_example_answers(command, decoded);
}

#[test]
fn java() {
    let (Some(desk), Some(java)) = (linux_desk("linux-java"), program("java")) else {
        return;
    };
    let Some(jna) = needed("/usr/share/java/jna.jar".into(), "tests/setup/all.sh") else {
        return;
    };
    // Where Debian keeps JNA's native half.
    let native = format!("/usr/lib/{ARCH}-linux-gnu/jni");
    let command = || {
        let mut command = Command::new(&java);
        command
            .arg("-cp")
            .arg(&jna)
            .arg(format!("-Djna.boot.library.path={native}"))
            .arg(format!("-Djna.library.path={}", desk.display()))
            .arg(project("examples/java/Call.java"));
        command
    };
    assert_example_answers(command, decoded);
}

/// Compiles a C# program with Mono; what comes out runs under Mono and under .NET.
pub fn compile_csharp(source: &str, mcs: &Path, executable: &Path) {
    printed(
        Command::new(mcs)
            .arg("-r:System.Core")
            .arg(format!("-out:{}", executable.display()))
            .arg(project(source)),
    );
}

#[test]
fn csharp() {
    let (Some(desk), Some(mcs), Some(mono)) = (linux_desk("linux-csharp"), program("mcs"), program("mono"))
    else {
        return;
    };
    let executable = desk.join("Call.exe");
    compile_csharp("examples/csharp/Call.cs", &mcs, &executable);
    let command = || {
        let mut command = Command::new(&mono);
        command.arg(&executable);
        command
    };
    assert_example_answers(command, in_utf8);
}

#[test]
fn csharp_as_the_specification_has_it() {
    let (Some(desk), Some(mcs), Some(mono)) =
        (linux_desk("linux-csharp-spec"), program("mcs"), program("mono"))
    else {
        return;
    };
    let executable = desk.join("Call.exe");
    compile_csharp("tests/callers/spec/Call.cs", &mcs, &executable);
    for (_, name) in KINDS {
        // Mono's "Ansi" is UTF-8 on Linux.
        let (request, response) = (desk.join("request.xml"), desk.join("response.xml"));
        fs::write(&request, in_utf8(&read(&sample_request(name)))).expect("target/tmp can be written");
        printed(Command::new(&mono).arg(&executable).arg(&request).arg(&response));
        assert_message(&read(&response), &in_utf8(&sample_response(name)));
    }
}
