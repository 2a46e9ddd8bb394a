//! What the files of the release export and import: nothing that Windows 7 lacks, nothing that callers should not see.

use crate::support::{dist, project, read};
use object::pe::{ImageNtHeaders32, ImageNtHeaders64};
use object::read::elf::{ElfFile64, FileHeader};
use object::read::pe::{ImageNtHeaders, ImageOptionalHeader, Import, PeFile};
use object::{NameOrOrdinal, Object, ObjectSymbol};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const FUNCTIONS: [&str; 3] = ["MPS_Call", "MPS_CallN", "MPS_Version"];

/// `dll function` for all that was looked up and found in Windows 7.
fn windows_7() -> BTreeSet<String> {
    let list = fs::read_to_string(project("tests/release/windows7.txt")).expect("the list is there");
    let mut functions = BTreeSet::new();
    for line in list.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split_whitespace();
        let Some(dll) = words.next() else { continue };
        functions.extend(words.map(|function| format!("{dll} {function}")));
    }
    functions
}

struct Seen {
    exports: Vec<String>,
    imports: BTreeSet<String>,
    /// The oldest Windows that the file says it runs on.
    windows: [(u16, u16); 2],
}

fn look<Pe: ImageNtHeaders>(path: &Path) -> Seen {
    let data = read(path);
    let file = PeFile::<Pe>::parse(&*data).expect("a PE file of this bitness");
    let exports = file
        .exports()
        .expect("exports")
        .map(|export| match export.expect("an export").name() {
            NameOrOrdinal::Name(name) => text(name),
            NameOrOrdinal::Ordinal(ordinal) => format!("#{ordinal}"),
        })
        .collect();
    let mut imports = BTreeSet::new();
    let table = file.import_table().expect("imports").expect("imports");
    let mut dlls = table.descriptors().expect("imports");
    while let Some(dll) = dlls.next().expect("imports") {
        let name = text(table.name(dll.name.get(object::LittleEndian)).expect("a name")).to_lowercase();
        let mut functions = table
            .thunks(dll.original_first_thunk.get(object::LittleEndian))
            .expect("imports");
        while let Some(function) = functions.next::<Pe>().expect("imports") {
            imports.insert(match table.import::<Pe>(function).expect("an import") {
                Import::Ordinal(ordinal) => format!("{name} #{ordinal}"),
                Import::Name(_, function) => format!("{name} {}", text(function)),
            });
        }
    }
    let header = file.nt_headers().optional_header();
    let windows = [
        (
            header.major_operating_system_version(),
            header.minor_operating_system_version(),
        ),
        (header.major_subsystem_version(), header.minor_subsystem_version()),
    ];
    Seen {
        exports,
        imports,
        windows,
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("ASCII")
}

fn assert_runs_on_windows_7<Pe: ImageNtHeaders>(platform: &str) {
    let Some(dist) = dist(platform) else { return };
    for (name, exports) in [("mps_client.dll", &FUNCTIONS[..]), ("mps.exe", &[])] {
        let seen = look::<Pe>(&dist.join(name));
        assert_eq!(seen.exports, exports, "exports of {name}, {platform}");
        assert!(
            seen.windows.iter().all(|&version| version <= (6, 1)),
            "{name}: {:?}",
            seen.windows
        );
        let unknown: Vec<_> = seen.imports.difference(&windows_7()).cloned().collect();
        assert!(
            unknown.is_empty(),
            "{name}, {platform}, imports {unknown:?}: if Windows 7 has them, add them to tests/release/windows7.txt",
        );
    }
}

/// Each platform's helper for the other bitness is the other's own command.
#[test]
fn helpers_for_the_other_bitness_are_of_it() {
    for (platform, helper, machine) in [
        (
            "windows-x86",
            "mps-host-x64.exe",
            object::pe::IMAGE_FILE_MACHINE_AMD64,
        ),
        (
            "windows-x64",
            "mps-host-x86.exe",
            object::pe::IMAGE_FILE_MACHINE_I386,
        ),
    ] {
        let Some(dist) = dist(platform) else { continue };
        let data = read(&dist.join(helper));
        let header = object::pe::ImageDosHeader::parse(&*data).expect("a PE file");
        let at = header.nt_headers_offset() as usize + 4;
        assert_eq!(data[at..at + 2], machine.0.to_le_bytes(), "{platform}/{helper}");
    }
}

#[test]
fn windows_x86_runs_on_windows_7() {
    assert_runs_on_windows_7::<ImageNtHeaders32>("windows-x86");
}

#[test]
fn windows_x64_runs_on_windows_7() {
    assert_runs_on_windows_7::<ImageNtHeaders64>("windows-x64");
}

#[test]
fn linux_exports_three_functions() {
    let Some(dist) = dist("linux-x64") else { return };
    let data = read(&dist.join("libmps_client.so"));
    let file = ElfFile64::<object::Endianness>::parse(&*data).expect("a 64-bit ELF file");
    assert_eq!(
        file.elf_header().e_machine(object::Endianness::Little),
        object::elf::EM_X86_64
    );
    let mut exports: Vec<_> = file
        .dynamic_symbols()
        .filter(|symbol| symbol.is_definition())
        .map(|symbol| symbol.name().expect("a name").to_owned())
        .collect();
    exports.sort();
    assert_eq!(exports, FUNCTIONS);
}

/// Every other library would have to be found, mapped and bound each time a program starts.
#[test]
fn linux_needs_c_alone() {
    let Some(dist) = dist("linux-x64") else { return };
    let data = read(&dist.join("libmps_client.so"));
    let file = ElfFile64::<object::Endianness>::parse(&*data).expect("a 64-bit ELF file");
    let needed = file.elf_dynamic_table().expect("a table");
    let needed: Vec<_> = needed
        .iter()
        .filter(|entry| entry.tag == object::elf::DT_NEEDED)
        .map(|entry| text(needed.string(entry).expect("a name")))
        .collect();
    assert_eq!(needed, ["libc.so.6", "ld-linux-x86-64.so.2"]);
}

/// What has fallen behind the code is ignored by the compiler and the linker, function by function.
#[test]
fn the_profile_and_the_layout_know_the_library() {
    let Some(dist) = dist("linux-x64") else { return };
    let map = text(&read(&dist.with_extension("map")));
    let there: BTreeSet<&str> = map
        .lines()
        .filter_map(|line| line.split_whitespace().last())
        .collect();
    let order = text(&read(&project("release/linux-x64.order")));
    let gone = order.lines().filter(|symbol| !there.contains(symbol)).count();
    let all = order.lines().count();
    assert!(
        gone < all / 3,
        "of {all} symbols that starts and calls run through {gone} are gone: release/profile.sh takes another profile"
    );
    let (mut all, mut apart) = (0, 0);
    for line in map.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, _, size, _, section] = words[..] else {
            continue;
        };
        let size = u64::from_str_radix(size, 16).unwrap_or_default();
        let is_one_of = |names: &[&str]| names.iter().any(|name| section.contains(&format!(":({name}")));
        all += if is_one_of(&[".text"]) { size } else { 0 };
        apart += if is_one_of(&[".text.unlikely.", ".text.split."]) {
            size
        } else {
            0
        };
    }
    assert!(
        apart > all / 3,
        "of {all} bytes of code {apart} are known not to run: release/profile.sh takes another profile"
    );
}

#[test]
fn every_file_is_there() {
    let all = [
        "mps_client.h",
        "mps.toml",
        "LICENSES.txt",
        "scripts/funids/N04.00.00.01.lua",
        "scripts/library/mps.lua",
        "scripts/.luarc.json",
    ];
    let windows = [
        "mps_client.dll",
        "mps.exe",
        "mps_client.lib",
        "libmps_client.dll.a",
        "mps_client.def",
    ];
    let linux = ["libmps_client.so", "mps"];
    for (platform, own, helper) in [
        ("linux-x64", &linux[..], "mps"),
        ("windows-x86", &windows, "mps-host-x64.exe"),
        ("windows-x64", &windows, "mps-host-x86.exe"),
    ] {
        let Some(dist) = dist(platform) else { continue };
        for file in all.iter().chain(own).chain([&helper]) {
            let size = fs::metadata(dist.join(file)).map_or(0, |metadata| metadata.len());
            assert_ne!(size, 0, "{platform}/{file} is missing or empty");
        }
    }
}

/// The editor of Windows 7 shows lines that end in LF alone as one line.
#[test]
fn what_people_edit_has_their_systems_line_ends() {
    for (platform, own) in [("linux-x64", false), ("windows-x86", true), ("windows-x64", true)] {
        let Some(dist) = dist(platform) else { continue };
        for file in ["mps.toml", "scripts/funids/N04.00.00.01.lua"] {
            let text = text(&read(&dist.join(file)));
            let carriage_returns = text.matches("\r\n").count();
            let expected = if own { text.matches('\n').count() } else { 0 };
            assert_eq!(carriage_returns, expected, "{platform}/{file}");
        }
    }
}

#[test]
fn lua_and_the_linked_crates_are_given_their_notices() {
    for platform in ["linux-x64", "windows-x86", "windows-x64"] {
        let Some(dist) = dist(platform) else { continue };
        let notices = text(&read(&dist.join("LICENSES.txt")));
        for part in ["Lua.org, PUC-Rio", "encoding_rs ", "serde_json "] {
            assert!(notices.contains(part), "{platform}: {part:?}");
        }
    }
}
