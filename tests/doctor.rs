//! `mps doctor`: real libraries with real faults, found without loading them; and trying one takes nobody down.

mod desk;

use desk::Desk;
use mps_client::device::{Binary, Format};
use object::{Object, ObjectSymbol};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

fn doctor(desk: &Desk) -> (i32, Json) {
    let output = Command::new(env!("CARGO_BIN_EXE_mps"))
        .args(["doctor", "--json"])
        .env("MPS_HOME", desk.home())
        .output()
        .expect("the command runs");
    let status = output.status.code().expect("no signal");
    let json = serde_json::from_slice(&output.stdout);
    (
        status,
        json.unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr))),
    )
}

fn device<'a>(found: &'a Json, name: &str) -> &'a Json {
    let devices = found["devices"].as_array().expect("a list");
    devices.iter().find(|device| device["name"] == name).expect(name)
}

/// The findings of a device as lines: code, what, advice.
fn lines(about: &Json) -> Vec<String> {
    let findings = about["findings"].as_array().expect("a list").iter();
    let part = |finding: &Json, key: &str| finding[key].as_str().expect("a text").to_owned();
    findings
        .map(|finding| ["code", "what", "advice"].map(|key| part(finding, key)).join(" "))
        .collect()
}

/// A desk whose one library was made by `compiler` from these arguments, declared with `functions` and `more`.
fn faulty(arguments: &[&str], functions: &str, more: &str) -> Desk {
    let desk = Desk::new("[device.tried]\nfolder = 'vendor'\ntimeout = 1\n");
    std::fs::create_dir_all(desk.home().join("vendor")).expect("a folder can be made");
    if !arguments.is_empty() {
        cc(desk.home(), arguments);
    }
    declare(&desk, functions, more);
    desk
}

fn declare(desk: &Desk, functions: &str, more: &str) {
    let script = format!(
        "return mps.library {{ title = \"试验\", file = {{ linux = \"libtried.so\", windows = \"tried.dll\" }},\n\
         functions = {{ {functions} }}, {more} methods = {{ m = function(lib) return {{}} end }} }}"
    );
    desk.write("scripts/devices/tried.lua", &script);
}

fn cc(home: &Path, arguments: &[&str]) {
    let status = Command::new("cc")
        .current_dir(home)
        .args(["-shared", "-fPIC", "-fvisibility=hidden"])
        .args(arguments)
        .status();
    assert!(status.expect("a C compiler").success(), "{arguments:?}");
}

fn vendor_source(name: &str) -> String {
    format!("{}/tests/vendors/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// What is said of the device of [`faulty`].
fn said(desk: &Desk) -> Vec<String> {
    lines(device(&doctor(desk).1, "tried"))
}

#[track_caller]
fn assert_said(desk: &Desk, expected: &[&str]) {
    let said = said(desk);
    // No function id uses it, which is told too.
    let others: Vec<&String> = said.iter().filter(|line| !line.starts_with("E013")).collect();
    assert_eq!(others.len(), expected.len(), "{said:#?}");
    for (line, expected) in others.iter().zip(expected) {
        assert!(line.contains(expected), "{line} has no {expected}");
    }
}

const VERSION: &str = "Version = { returns = \"i32\", ok = \">0\" },";

#[test]
fn a_healthy_desk_is_healthy() {
    let desk = Desk::with_vendors("USB1", "https://ec.example/ok");
    let (status, found) = doctor(&desk);
    assert_eq!((status, &found["ok"]), (0, &Json::Bool(true)), "{found:#}");
    let good = device(&found, "card")["good"].as_array().expect("a list");
    assert_eq!(good.len(), 4, "{good:?}");
    assert!(
        good[3].as_str().is_some_and(|good| good.starts_with("加载用了")),
        "{good:?}"
    );
    let output = Command::new(env!("CARGO_BIN_EXE_mps"))
        .args(["doctor", "--home"])
        .arg(desk.home())
        .output()
        .expect("the command runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(text.ends_with("没有发现问题\n"), "{text}");
}

#[test]
fn what_is_not_configured_is_named() {
    let desk = Desk::new("[device.card]\nport = 'USB1'\n");
    let (status, found) = doctor(&desk);
    assert_eq!(status, 1);
    assert!(lines(device(&found, "card"))[0].contains("E010 mps.toml的[device.card]没有填写folder"));
    // Not configured at all, and used by a function id.
    let credential = lines(device(&found, "credential")).join("\n");
    assert!(
        credential.contains("没有填写url（凭证解码服务地址）"),
        "{credential}"
    );
    desk.append("prot = 3\n");
    let (_, found) = doctor(&desk);
    assert!(lines(&found)[0].starts_with("E003 mps.toml 第3行"), "{found:#}");
    desk.write("mps.toml", "simulat = true");
    assert!(lines(&doctor(&desk).1)[0].starts_with("E001 "));
    desk.write("mps.toml", "simulate = true");
    desk.write("scripts/devices/card.lua", "return mps.libary {}");
    assert!(lines(&doctor(&desk).1)[0].starts_with("E002 "));
}

#[test]
fn a_simulated_device_is_not_looked_at() {
    let (status, found) = doctor(&Desk::new("simulate = true"));
    assert_eq!(status, 0, "{found:#}");
    assert!(lines(device(&found, "card"))[0].starts_with("E012 "));
}

#[test]
fn a_file_that_is_none_is_named() {
    let desk = faulty(&[], VERSION, "");
    assert_said(&desk, &["E011 没有"]);
    desk.write("vendor/libTried.so", "");
    assert_said(
        &desk,
        &["文件夹里有libTried.so；名称不同时，在mps.toml中填写file"],
    );
    desk.write("vendor/libtried.so", "<html>404</html>");
    assert_said(&desk, &["E015"]);
    desk.write("mps.toml", "[device.tried]\nfolder = 'nowhere'\n");
    assert_said(&desk, &["请检查mps.toml中的folder"]);
}

/// The headers of an ELF file for a machine, and nothing behind them.
fn elf(class: u8, machine: u16) -> Vec<u8> {
    let mut header = vec![0; 64];
    header[..6].copy_from_slice(&[0x7F, b'E', b'L', b'F', class, 1]);
    header[16..18].copy_from_slice(&3u16.to_le_bytes());
    header[18..20].copy_from_slice(&machine.to_le_bytes());
    header
}

#[test]
fn another_machine_is_named() {
    let desk = faulty(&[], VERSION, "");
    let file = desk.home().join("vendor/libtried.so");
    let write = |bytes: &[u8]| std::fs::write(&file, bytes).expect("a file can be written");
    write(&elf(1, 3));
    assert_said(&desk, &["是32位，本程序是64位"]);
    assert!(said(&desk)[0].contains("请向厂商要64位的动态库"));
    write(&elf(2, 183));
    assert_said(&desk, &["是64位Linux（ARM）的动态库，本程序是64位Linux"]);
    let mut pe = vec![0; 512];
    pe[..2].copy_from_slice(b"MZ");
    pe[0x3C] = 0x80;
    pe[0x80..0x86].copy_from_slice(b"PE\0\0\x4c\x01");
    pe[0x98..0x9A].copy_from_slice(&0x10Bu16.to_le_bytes());
    write(&pe);
    assert_said(&desk, &["是32位Windows的动态库"]);
}

#[test]
fn a_missing_dependency_is_named() {
    let source = vendor_source("faulty.c");
    let desk = faulty(&[], VERSION, "");
    let sub = |more: &[&str]| {
        let arguments = [
            &[
                "-o",
                "vendor/libsub.so",
                &vendor_source("dcrf32.c"),
                "-Wl,--no-as-needed",
            ],
            more,
        ];
        cc(desk.home(), &arguments.concat());
    };
    let tried = |more: &[&str]| {
        let arguments = [
            "-o",
            "vendor/libtried.so",
            &source,
            "-Wl,--no-as-needed",
            "-Lvendor",
            "-lsub",
        ];
        cc(desk.home(), &[&arguments, more].concat());
    };
    sub(&[]);
    tried(&[]);
    assert_said(&desk, &["E020 libtried.so所依赖的libsub.so在"]);
    // It does not say its own name, so that loading it before would be of no use.
    assert!(said(&desk)[0].contains("/etc/ld.so.conf.d/"));
    sub(&["-Wl,-soname,libsub.so"]);
    assert!(said(&desk)[0].contains("preload = { linux = { \"libsub.so\" } }"));
    declare(&desk, VERSION, "preload = { linux = { \"libsub.so\" } },");
    assert_said(&desk, &[]);
    declare(&desk, VERSION, "");
    tried(&["-Wl,-rpath,$ORIGIN"]);
    assert_said(&desk, &[]);
    // What is found lacks something itself.
    cc(desk.home(), &["-o", "vendor/libgone.so", &source]);
    sub(&["-Lvendor", "-lgone"]);
    std::fs::remove_file(desk.home().join("vendor/libgone.so")).expect("built before");
    assert_said(&desk, &["缺少libsub.so所依赖的libgone.so"]);
    // The loader passes a library of another width over, and so do we.
    std::fs::write(desk.home().join("vendor/libsub.so"), elf(1, 3)).expect("a file can be written");
    assert_said(&desk, &["libtried.so所依赖的libsub.so在"]);
}

#[test]
fn a_symbol_that_nobody_has_is_named() {
    let declared = "Init = { \"str info\", \"out[64] error\", returns = \"long\" },";
    let desk = faulty(
        &["-o", "vendor/libtried.so", &vendor_source("heasec_dc.c")],
        declared,
        "",
    );
    assert_said(
        &desk,
        &["E022 libtried.so要用的符号dc_card_no，没有哪个动态库给出"],
    );
    cc(
        desk.home(),
        &["-o", "vendor/libdcrf32.so", &vendor_source("dcrf32.c")],
    );
    declare(&desk, declared, "preload = { linux = { \"libdcrf32.so\" } },");
    assert_said(&desk, &[]);
}

#[test]
fn a_missing_export_is_named_with_the_nearest() {
    let source = vendor_source("faulty.c");
    let desk = faulty(
        &["-o", "vendor/libtried.so", &source],
        "Vresion = { returns = \"i32\" },",
        "",
    );
    assert_said(
        &desk,
        &["E030 动态库没有导出函数Vresion 最接近的是Version：名称不同时写symbol = \"Version\""],
    );
    declare(&desk, "v = { returns = \"i32\", symbol = \"Version\" },", "");
    assert_said(&desk, &[]);
    declare(&desk, "Version = { returns = \"str\", free = \"Free\" },", "");
    assert_said(&desk, &["E030 动态库没有导出函数Free"]);
}

#[test]
fn what_anyone_may_change_is_named() {
    let desk = Desk::with_vendors("USB1", "https://ec.example/ok");
    desk.write("scripts/site/funids/N04.00.00.01.lua", "return mps.base()");
    let open = |path: &str| {
        let path = desk.home().join(path);
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o777)).expect("its owner may");
    };
    assert_eq!(doctor(&desk).0, 0);
    open("scripts/site/funids");
    let (status, found) = doctor(&desk);
    assert_eq!(status, 1);
    assert!(
        lines(&found)[0].contains("scripts/site/funids，这台电脑的任何用户都可以修改"),
        "{found:#}"
    );
    open("mps.toml");
    assert!(lines(&doctor(&desk).1)[0].contains("mps.toml等2处"));
    open("vendor/libSSCard.so");
    let (_, found) = doctor(&desk);
    assert!(lines(device(&found, "card"))[0].starts_with("E004 "), "{found:#}");
    assert!(lines(device(&found, "credential")).is_empty(), "{found:#}");
}

#[test]
fn a_server_that_cannot_be_reached_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    let desk = Desk::with_vendors("USB1", "");
    desk.append(&format!("[http]\nhosts = ['{address}']\n"));
    assert_eq!(doctor(&desk).0, 0);
    drop(listener);
    let (status, found) = doctor(&desk);
    assert_eq!(status, 1);
    assert!(
        lines(&found)[0].starts_with(&format!("E005 访问{address}失败，拒绝连接")),
        "{found:#}"
    );
}

#[test]
fn trying_a_device_takes_nobody_down() {
    let functions = "Version = { returns = \"i32\", ok = \">0\" }, Crash = { returns = \"i32\" }, \
                     Hang = { returns = \"i32\" }, NoCard = { returns = \"i32\", ok = 0 },";
    let desk = faulty(
        &["-o", "vendor/libtried.so", &vendor_source("faulty.c")],
        functions,
        "",
    );
    for (probe, expected) in [
        ("probe = { \"Crash\" },", &["E041 动态库使进程崩溃"][..]),
        ("probe = { \"Hang\" },", &["E040 Hang超时：1秒内没有返回"]),
        (
            "probe = { \"NoCard\" },",
            &["E044 接口NoCard失败[-2]:无卡，请插卡"],
        ),
        (
            "open = { \"NoCard\" }, probe = true,",
            &["E043 接口NoCard失败[-2]:无卡"],
        ),
        ("probe = { \"Version\" },", &[]),
        ("probe = true,", &[]),
    ] {
        let errors = "errors = { [-2] = { \"无卡\", advice = \"请插卡\" } },";
        declare(&desk, functions, &format!("{errors} {probe}"));
        assert_said(&desk, expected);
        if expected.is_empty() {
            let (status, found) = doctor(&desk);
            let good = device(&found, "tried")["good"].to_string();
            assert!(good.contains("毫秒，试用"), "{good}");
            // The base's own devices are not configured.
            assert_eq!(status, 1);
        }
    }
}

/// Both readings of the same file.
fn assert_read_alike(path: &Path) {
    let bytes = std::fs::read(path).expect("a file");
    let file = object::File::parse(&*bytes).expect("a library");
    let ours = Binary::parse(&bytes).expect("a library");
    assert_eq!(ours.machine.bits == 64, file.is_64(), "{}", path.display());
    let text = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
    let theirs: BTreeSet<String> = match ours.machine.format {
        Format::Elf => {
            let symbols = file.dynamic_symbols();
            let defined = symbols.filter(|symbol| !symbol.is_undefined() && symbol.is_global());
            defined
                .filter_map(|symbol| symbol.name().ok().map(str::to_owned))
                .collect()
        }
        Format::Pe => {
            let exports = file.exports().expect("a table");
            exports
                .map(|export| text(export.expect("an entry").name().name().unwrap_or_default()))
                .collect()
        }
    };
    let exports: BTreeSet<String> = ours.exports.into_iter().collect();
    assert_eq!(exports, theirs, "{}", path.display());
    if ours.machine.format == Format::Pe {
        let imports = file.imports().expect("a table");
        let theirs: BTreeSet<String> = imports
            .map(|import| text(import.expect("an entry").library()))
            .collect();
        assert_eq!(
            ours.needs.into_iter().collect::<BTreeSet<_>>(),
            theirs,
            "{}",
            path.display()
        );
    }
}

#[test]
fn headers_are_read_as_others_read_them() {
    assert_read_alike(&std::env::current_exe().expect("running"));
    let loaded = std::fs::read_to_string("/proc/self/maps").expect("Linux");
    let libraries: BTreeSet<PathBuf> = loaded
        .lines()
        .filter_map(|line| line.split_whitespace().last().filter(|path| path.contains(".so")))
        .map(PathBuf::from)
        .collect();
    assert!(libraries.len() > 1, "{libraries:?}");
    libraries.iter().for_each(|library| assert_read_alike(library));
    for gcc in ["i686-w64-mingw32-gcc", "x86_64-w64-mingw32-gcc"] {
        let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{gcc}.dll"));
        let built = Command::new(gcc)
            .args(["-shared", "-o"])
            .arg(&library)
            .arg(vendor_source("ssse_reader.c"))
            .status();
        match built {
            Ok(status) => assert!(status.success(), "{gcc}"),
            Err(_) => {
                assert!(
                    std::env::var_os("MPS_TEST_ALL").is_none(),
                    "{gcc} is missing: run tests/setup/all.sh"
                );
                eprintln!("not tested here: {gcc} is missing: run tests/setup/all.sh");
                continue;
            }
        }
        assert_read_alike(&library);
    }
}
