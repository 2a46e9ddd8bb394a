//! What starts and calls run through of the library, for release/build.sh to put next to each other: the system maps a library's pages
//! sixteen at a time, so that what is scattered is resident with all its neighbours.

use super::contenders::Contenders;
use super::{desks, training};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// What the processes do one after the other, see [`child`](super::child): the first of them check the scripts, the last find them
/// checked; what only those in between run through, which live longer, comes last.
const PASSES: [&str; 3] = ["calls", "training", "calls"];

/// Symbols by where they begin in the file.
type Symbols = BTreeMap<u64, String>;

/// Writes release/linux-x64.order: the symbols, in the order of the file within each pass.
pub fn write(contenders: &Contenders) {
    let folder = contenders.ours.parent().and_then(Path::parent);
    let map = folder.expect("a folder of a folder").join("linux-x64.map");
    let symbols = symbols(&fs::read_to_string(map).expect("release/build.sh leaves a map"));
    let output = contenders.folder.path().join("callgrind");
    let mut order: Vec<&str> = Vec::new();
    let mut known = BTreeSet::new();
    for pass in PASSES {
        let mut touched = BTreeSet::new();
        for command in training::commands(contenders, pass, training::CALLS) {
            let offsets = run_through(&command, &output);
            let symbol = |offset| symbols.range(..=offset).next_back();
            touched.extend(offsets.into_iter().filter_map(symbol));
        }
        touched.retain(|(start, _)| known.insert(**start));
        order.extend(touched.into_iter().map(|(_, name)| name.as_str()));
    }
    let file = desks::project("release/linux-x64.order");
    fs::write(file, order.join("\n") + "\n").expect("the project can be written");
}

/// Which instructions of the library a process runs through, by their places in the file.
fn run_through(command: &Command, output: &Path) -> BTreeSet<u64> {
    let library = command.get_args().nth(1).expect("the child's library");
    let status = Command::new("valgrind")
        .args(["-q", "--tool=callgrind", "--dump-instr=yes", "--dump-line=no"])
        .arg(format!("--callgrind-out-file={}", output.display()))
        .arg(command.get_program())
        .args(command.get_args())
        .envs(
            command
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .stdout(Stdio::null())
        .status();
    assert!(status.is_ok_and(|status| status.success()));
    let told = fs::read_to_string(output).expect("callgrind writes text");
    places(&told, library.to_str().expect("a plain path"))
}

/// The addresses that callgrind tells of in one file. Files are named once and numbered; an address may be told as a difference from
/// the one before.
fn places(told: &str, library: &str) -> BTreeSet<u64> {
    let (mut places, mut names, mut ours, mut last) = (BTreeSet::new(), HashMap::new(), false, 0_u64);
    for line in told.lines() {
        if let Some(object) = line.strip_prefix("ob=").or(line.strip_prefix("cob=")) {
            let (number, name) = object.split_once(' ').unwrap_or((object, ""));
            let name = match name {
                "" => names.get(number).copied().unwrap_or_default(),
                name => *names.entry(number).or_insert(name),
            };
            if line.starts_with("ob=") {
                ours = name == library;
            }
            continue;
        }
        let number = |text: &str| match text.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16).ok(),
            None => text.parse().ok(),
        };
        let word = line.split(' ').next().unwrap_or_default();
        let address = match word.chars().next() {
            Some('+') => number(&word[1..]).map(|more| last + more),
            Some('-') => number(&word[1..]).map(|less| last - less),
            Some('*') => Some(last),
            Some('0'..='9') => number(word),
            _ => None,
        };
        let Some(address) = address else { continue };
        last = address;
        places.extend(ours.then_some(address));
    }
    places
}

/// What a linker's map lists below sections of object files, which stand below those of the library.
fn symbols(map: &str) -> Symbols {
    const INDENTED: &str = "                ";
    let symbol = |line: &str| {
        let (numbers, name) = line.split_at_checked(line.find(INDENTED)?)?;
        let address = numbers.split_whitespace().next()?;
        Some((u64::from_str_radix(address, 16).ok()?, name.trim().to_owned()))
    };
    map.lines().filter_map(symbol).collect()
}
