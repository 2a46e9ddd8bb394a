//! Callers on Windows, under Wine, against the 32-bit and the 64-bit DLL of the release.

use crate::desk::wine::Wine;
use crate::linux::compile_csharp;
use crate::support::{
    KINDS, assert_message, desk, dist, in_utf8, printed, program, project, read, sample_request,
    sample_response, tool,
};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use std::{fs, thread};

#[derive(Clone, Copy)]
pub struct Bitness {
    pub platform: &'static str,
    pub gcc: &'static str,
    fpc: &'static str,
}

pub const BITNESSES: [Bitness; 2] = [
    Bitness {
        platform: "windows-x86",
        gcc: "i686-w64-mingw32-gcc",
        fpc: "fpc/fpc32",
    },
    Bitness {
        platform: "windows-x64",
        gcc: "x86_64-w64-mingw32-gcc",
        fpc: "fpc/fpc64",
    },
];

/// A desk with a Windows on it.
pub struct Windows {
    pub wine: Wine,
    pub dist: PathBuf,
    pub desk: PathBuf,
}

impl Windows {
    /// `None` if something is missing.
    pub fn new(platform: &str, test: &str) -> Option<Windows> {
        let (wine, dist) = (tool("wine/bin/wine")?, dist(platform)?);
        let wine = Wine::lend(wine);
        let desk = desk(&dist, &format!("{platform}-{test}"));
        Some(Windows { wine, dist, desk })
    }

    /// A command that runs a Windows program on the desk.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = self.wine.command(program.as_ref());
        command.current_dir(&self.desk);
        command
    }

    /// Compiles a C program of the project onto the desk.
    pub fn compile(&self, gcc: &Path, source: &str) -> PathBuf {
        let executable = self.desk.join("call.exe");
        printed(
            Command::new(gcc)
                .args(["-std=gnu99", "-O1", "-Wall", "-Werror", "-static-libgcc", "-I"])
                .arg(project("release"))
                .arg(project(source))
                .arg("-o")
                .arg(&executable)
                .arg("-L")
                .arg(&self.dist)
                .arg("-lmps_client"),
        );
        executable
    }

    fn assert_example_answers(&self, command: impl Fn() -> Command, expected: impl Fn(Vec<u8>) -> Vec<u8>) {
        for (kind, name) in KINDS {
            assert_message(&printed(command().arg(kind)), &expected(sample_response(name)));
        }
    }
}

#[test]
fn c() {
    for bitness in BITNESSES {
        let (Some(windows), Some(gcc)) = (Windows::new(bitness.platform, "c"), program(bitness.gcc)) else {
            return;
        };
        let executable = windows.compile(&gcc, "examples/c/call.c");
        windows.assert_example_answers(|| windows.command(&executable), |gbk| gbk);
    }
}

#[test]
fn c_as_the_specification_has_it() {
    for bitness in BITNESSES {
        let (Some(windows), Some(gcc)) = (Windows::new(bitness.platform, "c-spec"), program(bitness.gcc))
        else {
            return;
        };
        let executable = windows.compile(&gcc, "tests/callers/spec/call.c");
        for (_, name) in KINDS {
            let response = printed(windows.command(&executable).arg(sample_request(name)));
            assert_message(&response, &sample_response(name));
        }
    }
}

#[test]
fn pascal() {
    for bitness in BITNESSES {
        let (Some(windows), Some(fpc)) = (Windows::new(bitness.platform, "pascal"), tool(bitness.fpc)) else {
            return;
        };
        let executable = windows.desk.join("call.exe");
        printed(
            Command::new(fpc)
                .arg(project("examples/pascal/call.pas"))
                .arg(format!("-o{}", executable.display()))
                .arg(format!("-FU{}", windows.desk.display())),
        );
        windows.assert_example_answers(|| windows.command(&executable), |gbk| gbk);
    }
}

/// What tells .NET which of its versions a program wants.
const RUNTIME_CONFIG: &str =
    r#"{"runtimeOptions": {"framework": {"name": "Microsoft.NETCore.App", "version": "2.1.0"}}}"#;

/// A 32-bit desk with a C# program and the .NET to run it.
fn csharp_desk(test: &str, source: &str) -> Option<(Windows, PathBuf, PathBuf)> {
    let (windows, mcs) = (Windows::new("windows-x86", test)?, program("mcs")?);
    let dotnet = tool("dotnet/dotnet.exe")?;
    let executable = windows.desk.join("Call.exe");
    compile_csharp(source, &mcs, &executable);
    fs::write(windows.desk.join("Call.runtimeconfig.json"), RUNTIME_CONFIG)
        .expect("target/tmp can be written");
    Some((windows, dotnet, executable))
}

#[test]
fn csharp() {
    let Some((windows, dotnet, executable)) = csharp_desk("csharp", "examples/csharp/Call.cs") else {
        return;
    };
    let command = || {
        let mut command = windows.command(&dotnet);
        command.arg(&executable);
        command
    };
    // Shown on a console whose code page is GBK; declared as it came.
    let shown = |gbk: Vec<u8>| {
        let text = String::from_utf8(in_utf8(&gbk)).expect("UTF-8");
        encoding_rs::GBK.encode(&text).0.into_owned()
    };
    windows.assert_example_answers(command, shown);
}

#[test]
fn csharp_as_the_specification_has_it() {
    let Some((windows, dotnet, executable)) = csharp_desk("csharp-spec", "tests/callers/spec/Call.cs") else {
        return;
    };
    for (_, name) in KINDS {
        let response = windows.desk.join("response.xml");
        printed(
            windows
                .command(&dotnet)
                .arg(&executable)
                .arg(sample_request(name))
                .arg(&response),
        );
        assert_message(&read(&response), &sample_response(name));
    }
}

/// The programs of `tests/callers` look at the boundary from outside; what each looks at stands at its top.
#[test]
fn the_boundary() {
    let programs = fs::read_dir(project("tests/callers")).expect("tests/callers is there");
    let mut programs: Vec<String> = programs
        .map(|entry| {
            entry
                .expect("tests/callers can be read")
                .file_name()
                .into_string()
                .expect("ASCII")
        })
        .filter_map(|name| name.strip_suffix(".c").map(str::to_owned))
        .collect();
    programs.sort();
    assert!(!programs.is_empty());
    for bitness in BITNESSES {
        for name in &programs {
            let (Some(windows), Some(gcc)) = (Windows::new(bitness.platform, name), program(bitness.gcc))
            else {
                return;
            };
            let executable = windows.compile(&gcc, &format!("tests/callers/{name}.c"));
            let said = printed(windows.command(&executable).arg("mps_client.dll"));
            assert_eq!(String::from_utf8_lossy(&said), "passed\n", "{name}");
        }
    }
}

/// Saving scripts while a caller loads, calls and unloads, over and over.
#[test]
fn unloading_while_scripts_are_saved() {
    for bitness in BITNESSES {
        let (Some(windows), Some(gcc)) = (Windows::new(bitness.platform, "saving"), program(bitness.gcc))
        else {
            return;
        };
        let executable = windows.compile(&gcc, "tests/callers/unload.c");
        let folder = windows.desk.join("scripts/funids");
        fs::create_dir_all(&folder).expect("target/tmp can be written");
        let script = read(&project("scripts/funids/N04.00.00.01.lua"));
        let (saved, ended) = (folder.join("N04.00.00.01.lua"), AtomicBool::new(false));
        thread::scope(|scope| {
            scope.spawn(|| {
                for round in 0u32.. {
                    if ended.load(Ordering::Relaxed) {
                        break;
                    }
                    // As editors save: a new file takes the old one's place.
                    let new = folder.join("new");
                    let comment = format!("\n-- {round}\n");
                    fs::write(&new, [&script[..], comment.as_bytes()].concat())
                        .expect("the desk can be written");
                    fs::rename(&new, &saved).expect("the desk can be written");
                    thread::sleep(Duration::from_millis(1));
                }
            });
            let called = std::panic::catch_unwind(|| {
                printed(windows.command(&executable).args(["mps_client.dll", "1000"]))
            });
            ended.store(true, Ordering::Relaxed);
            called.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        });
    }
}
