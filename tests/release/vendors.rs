//! Vendors' libraries on Windows: the fakes of `tests/vendors` as real `__stdcall` DLLs, called by the release.

#[path = "../shapes/table.rs"]
pub mod table;

use crate::support::{build_dll, printed, program, project, read, run, sample_request};
use crate::windows::{BITNESSES, Windows};
use std::fs;
use std::path::Path;
use std::process::Command;
use table::{DEVICE, FUNID, Fake, SHAPES, Shape};

/// A desk with both vendors' DLLs; `port` and `address` choose what they do.
fn desk(windows: &Windows, gcc: &std::path::Path, port: &str, address: &str) {
    for (source, library) in [("ssc_card.c", "SSCard.dll"), ("nation_ec.c", "NationECCode.dll")] {
        build_dll(gcc, source, &windows.desk.join("vendor").join(library));
    }
    let config = format!(
        "[device.credential]\nfolder = 'vendor'\nurl = '{address}'\norg_id = 'H350XXXXXX'\n\
         [device.card]\nfolder = 'vendor'\nport = '{port}'\ntimeout = 1\n"
    );
    fs::write(windows.desk.join("mps.toml"), config).expect("the desk can be written");
}

fn response(windows: &Windows, name: &str) -> Vec<u8> {
    let send = &mut windows.command(windows.dist.join("mps.exe"));
    let finished = run(send
        .args(["send", "--raw", "--library", "mps_client.dll"])
        .arg(sample_request(name)));
    assert!(!finished.stdout.is_empty(), "{}", finished.shown());
    finished.stdout
}

#[test]
fn the_specifications_samples_come_out_of_vendors_libraries() {
    for bitness in BITNESSES {
        let (Some(windows), Some(gcc)) = (Windows::new(bitness.platform, "vendors"), program(bitness.gcc))
        else {
            return;
        };
        for (port, address, ending) in [
            ("USB1", "https://ec.example/ok", "ok"),
            ("UNPLUGGED", "https://ec.example/expired", "failed"),
        ] {
            desk(&windows, &gcc, port, address);
            for name in ["card", "credential"] {
                let expected = read(&project(&format!("tests/vectors/response-{name}-{ending}.xml")));
                let response = response(&windows, name);
                assert_eq!(response, expected, "{}", encoding_rs::GBK.decode(&response).0);
            }
        }
    }
}

#[test]
fn a_vendors_library_that_misbehaves_costs_a_message() {
    for bitness in BITNESSES {
        let (Some(windows), Some(gcc)) = (Windows::new(bitness.platform, "faults"), program(bitness.gcc))
        else {
            return;
        };
        for (port, expected) in [
            ("OVERRUN", "超出声明的4096字节"),
            ("HANG", "SSC_ReadCard超时"),
            ("REENTER", "设备忙"),
            ("NOCARD", "接口SSC_ReadCard 失败:无卡"),
        ] {
            desk(&windows, &gcc, port, "");
            let response = response(&windows, "card");
            let text = encoding_rs::GBK.decode(&response).0.into_owned();
            assert!(text.contains(expected), "{port}: {text}");
        }
    }
}

/// Builds a fake as its vendor ships it.
pub fn build(gcc: &Path, fake: &Fake, folder: &Path) {
    let mut command = Command::new(gcc);
    command
        .args(["-shared", "-Wall", "-Werror", "-fexec-charset=GBK", "-o"])
        .arg(folder.join(format!("{}.dll", fake.stem)))
        .arg(project("tests/vendors").join(fake.source));
    match fake.windows {
        table::Windows::Decorated => {}
        table::Windows::Plain => {
            command.arg("-Wl,--kill-at");
        }
        table::Windows::Defined(definitions) => {
            command
                .arg("-Wl,--kill-at")
                .arg(project("tests/vendors").join(definitions));
        }
        table::Windows::Against(stem) => {
            command
                .arg("-Wl,--kill-at")
                .arg(folder.join(format!("{stem}.dll")));
        }
    }
    printed(&mut command);
}

/// A desk with a shape's libraries and scripts.
pub fn shape_desk(windows: &Windows, gcc: &Path, shape: &Shape) {
    let write = |path: &str, text: &str| {
        let path = windows.desk.join(path);
        fs::create_dir_all(path.parent().expect("below the desk")).expect("the desk can be written");
        fs::write(path, text).expect("the desk can be written");
    };
    let script = read(&project("tests/shapes").join(format!("{}.lua", shape.script)));
    write(
        &format!("scripts/devices/{DEVICE}.lua"),
        &String::from_utf8(script).expect("UTF-8"),
    );
    write(&format!("scripts/funids/{FUNID}.lua"), &shape.funid());
    write(
        "mps.toml",
        &format!("[device.{DEVICE}]\nfolder = 'vendor'\ntimeout = 10\n"),
    );
    let folder = windows.desk.join("vendor");
    fs::create_dir_all(&folder).expect("the desk can be written");
    shape.libraries.iter().for_each(|fake| build(gcc, fake, &folder));
}

#[test]
fn every_shape_of_function_is_declared_and_called() {
    for bitness in BITNESSES {
        for shape in SHAPES {
            let test = format!("shape-{}", shape.script);
            let (Some(windows), Some(gcc)) = (Windows::new(bitness.platform, &test), program(bitness.gcc))
            else {
                return;
            };
            shape_desk(&windows, &gcc, shape);
            for (number, (method, expected)) in shape.cases.iter().enumerate() {
                let request = windows.desk.join("request.xml");
                fs::write(&request, table::request(number)).expect("the desk can be written");
                let send = &mut windows.command(windows.dist.join("mps.exe"));
                let finished =
                    run(send.args(["send", "--raw", "--library", "mps_client.dll", "request.xml"]));
                let response = String::from_utf8_lossy(&finished.stdout);
                let about = format!(
                    "{} {}.{method}: {}",
                    bitness.platform,
                    shape.script,
                    finished.shown()
                );
                match expected {
                    Err(part) => assert!(response.contains(part), "{about}"),
                    Ok(fields) => {
                        for (index, (_, value)) in fields.iter().enumerate() {
                            let element = match value.is_empty() {
                                true => format!("<f{index}/>"),
                                false => format!("<f{index}>{value}</f{index}>"),
                            };
                            assert!(response.contains(&element), "{about}");
                        }
                        assert!(response.contains("<end>-</end>"), "{about}");
                    }
                }
            }
        }
    }
}
