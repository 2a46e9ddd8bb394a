//! `mps.exe doctor` on Windows: DLLs with the faults that vendors' installations have.

use crate::support::{program, project, read, run};
use crate::vendors::{build, shape_desk, table};
use crate::windows::{BITNESSES, Bitness, Windows};
use serde_json::Value as Json;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use table::{DEVICE, SHAPES, Shape};

fn shape(name: &str) -> &'static Shape {
    let mut shapes = SHAPES.iter();
    shapes.find(|shape| shape.script == name).expect("in the table")
}

/// One desk after another, each with the libraries of a shape.
struct Bench {
    bitness: &'static Bitness,
    other: PathBuf,
    windows: Windows,
    shape: &'static Shape,
}

impl Bench {
    /// `None` if something is missing.
    fn new(bitness: &'static Bitness, name: &str, fault: &str) -> Option<Bench> {
        let other = BITNESSES
            .iter()
            .find(|other| other.gcc != bitness.gcc)
            .expect("two of them");
        let windows = Windows::new(bitness.platform, &format!("doctor-{fault}"))?;
        let shape = shape(name);
        shape_desk(&windows, &program(bitness.gcc)?, shape);
        Some(Bench {
            bitness,
            other: program(other.gcc)?,
            windows,
            shape,
        })
    }

    fn library(&self, stem: &str) -> PathBuf {
        self.windows.desk.join("vendor").join(format!("{stem}.dll"))
    }

    /// The same library for the other bitness.
    fn replace(&self, stem: &str) {
        let mut libraries = self.shape.libraries.iter();
        let fake = libraries.find(|fake| fake.stem == stem).expect("of the shape");
        build(&self.other, fake, &self.windows.desk.join("vendor"));
    }

    /// The shape's script with another piece in it.
    fn change(&self, from: &str, to: &str) {
        let path = project("tests/shapes").join(format!("{}.lua", self.shape.script));
        let script = String::from_utf8(read(&path)).expect("UTF-8");
        let changed = script.replace(from, to);
        assert_ne!(script, changed, "{from}");
        let path = self.windows.desk.join(format!("scripts/devices/{DEVICE}.lua"));
        fs::write(path, changed).expect("the desk can be written");
    }

    /// What doctor says.
    fn said(&self) -> Json {
        let doctor = &mut self.windows.command(self.windows.dist.join("mps.exe"));
        let finished = run(doctor.args(["doctor", "--json", "--home", "."]));
        let shown = || String::from_utf8_lossy(&finished.stderr).into_owned();
        // The base's own devices are not configured here.
        assert_eq!(finished.status.code(), Some(1), "{}", shown());
        serde_json::from_slice(&finished.stdout).unwrap_or_else(|_| panic!("{}", shown()))
    }

    #[track_caller]
    fn assert_found(&self, expected: &[&str]) {
        let said = self.said();
        let mut devices = said["devices"].as_array().expect("a list").iter();
        let device = devices
            .find(|device| device["name"] == DEVICE)
            .expect("configured");
        let found = lines(device);
        let about = format!("{}: {device:#}", self.bitness.platform);
        assert_eq!(found.len(), expected.len(), "{about}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.contains(expected), "{about}\nhas no {expected}");
        }
        if expected.is_empty() {
            let good = device["good"].to_string();
            assert!(
                good.contains("所依赖的动态库齐全") && good.contains("加载用了"),
                "{about}"
            );
        }
    }
}

fn lines(about: &Json) -> Vec<String> {
    let findings = about["findings"].as_array().expect("a list").iter();
    let line = |finding: &Json| format!("{} {}", finding["code"].as_str().unwrap_or(""), finding["what"]);
    findings.map(line).collect()
}

#[test]
fn a_healthy_library_is_healthy() {
    for bitness in &BITNESSES {
        for name in ["ssse_reader", "heasec_dc", "wsbdll"] {
            let Some(bench) = Bench::new(bitness, name, name) else {
                return;
            };
            bench.assert_found(&[]);
        }
    }
}

#[test]
fn a_missing_dependency_is_named() {
    for bitness in &BITNESSES {
        let Some(bench) = Bench::new(bitness, "heasec_dc", "dependency") else {
            return;
        };
        bench.replace("dcrf32");
        bench.assert_found(&["E021 \"HeaSecReadInfo.dll所依赖的"]);
        fs::remove_file(bench.library("dcrf32")).expect("built before");
        bench.assert_found(&["E020 \"缺少HeaSecReadInfo.dll所依赖的dcrf32.dll"]);
    }
}

#[test]
fn a_missing_export_is_named() {
    for bitness in &BITNESSES {
        let Some(bench) = Bench::new(bitness, "readcardbase", "export") else {
            return;
        };
        bench.change("ReadCardBase = {", "ReadCardBase = { symbol = \"ReadCrad\",");
        bench.assert_found(&["E030 \"动态库没有导出函数ReadCrad（脚本中的ReadCardBase）"]);
        bench.change("free = \"FreeString\"", "free = \"FreeStr\"");
        bench.assert_found(&["E030 \"动态库没有导出函数FreeStr"]);
    }
}

#[test]
fn arguments_that_do_not_fit_the_exported_name_are_seen() {
    // Only 32-bit compilers write their size into it.
    let Some(bench) = Bench::new(&BITNESSES[0], "ssse_reader", "decorated") else {
        return;
    };
    bench.change(
        "get_error_message = { \"i32 code\",",
        "get_error_message = { symbol = \"icc_reader_open\", \"i32 code\",",
    );
    bench.assert_found(&["E031 \"icc_reader_open导出的名称说它的参数共4字节，脚本声明的是8字节"]);
}

/// Where the helper program of the other bitness is shipped, it runs the library; where not, the difference is named.
#[test]
fn another_bitness_is_served_or_named() {
    for bitness in &BITNESSES {
        let Some(bench) = Bench::new(bitness, "readcardbase", "bitness") else {
            return;
        };
        bench.replace("SSCardDriverGS");
        let helper = match bitness.platform {
            "windows-x86" => "mps-host-x64.exe",
            _ => "mps-host-x86.exe",
        };
        let said = bench.said().to_string();
        let is_shipped = bench.windows.dist.join(helper).exists();
        assert_eq!(!is_shipped, said.contains("E017"), "{}: {said}", bitness.platform);
    }
}

#[test]
fn scripts_that_anyone_may_change_are_named() {
    for bitness in &BITNESSES {
        let Some(bench) = Bench::new(bitness, "readcardbase", "access") else {
            return;
        };
        assert_eq!(lines(&bench.said()), [""; 0]);
        let devices = bench.windows.desk.join("scripts/devices");
        fs::set_permissions(devices, fs::Permissions::from_mode(0o777)).expect("its owner may");
        let found = lines(&bench.said());
        assert!(
            found.len() == 1 && found[0].starts_with("E004 ") && found[0].contains("devices"),
            "{found:?}"
        );
    }
}
