//! Which lines of the scripts ran, and which declared response fields were seen: kept while `mps test --coverage` plays.
//!
//! Otherwise it costs nothing: a VM that is made while it is off has no hook for lines, and nobody but a scenario's call asks.

mod bytecode;

use super::explain::Place;
use super::generation::Generation;
use super::sandbox::{Budget, Limits, Sandbox};
use super::tree::{Source, Tree};
use super::{Error, ExplainedField, ExplainedWay};
use crate::message::{Request, Response};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What the result of a call that succeeded is.
const GOOD: &str = "0";
/// The folders whose files answer calls. Simulations and scenarios stand in for devices and callers.
const FOLDERS: [&str; 3] = ["funids/", "devices/", "lib/"];

static ON: AtomicBool = AtomicBool::new(false);
static KEPT: Mutex<Coverage> = Mutex::new(Coverage {
    lines: BTreeMap::new(),
    ways: BTreeMap::new(),
});

/// What ran and what was seen.
#[derive(Debug, Default)]
pub struct Coverage {
    /// How often each line ran, by file.
    lines: BTreeMap<Vec<u8>, BTreeMap<usize, u64>>,
    ways: BTreeMap<Way, Answers>,
}

/// One way to serve a function id in a region.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Way {
    region: Option<String>,
    funid: String,
    /// The value of the request field that chooses.
    chosen: Option<String>,
}

#[derive(Debug, Default)]
struct Answers {
    calls: u64,
    good: u64,
    fields: BTreeMap<String, Seen>,
}

/// How often a field was in a successful response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// With a value.
    pub filled: u64,
    /// Without one.
    pub empty: u64,
}

/// One script.
#[derive(Debug)]
pub struct FileCoverage {
    /// Its path below `scripts/`.
    pub file: String,
    /// How often each line ran that can run; or why the file cannot be read.
    pub lines: Result<BTreeMap<usize, u64>, Error>,
}

/// One way to serve a function id.
#[derive(Debug)]
pub struct WayCoverage {
    /// The function id.
    pub funid: String,
    /// The request field that chooses, its value and the value's title; `None` for the only way.
    pub by: Option<(String, String, String)>,
    /// The calls that went this way.
    pub calls: u64,
    /// Those of them that succeeded.
    pub good: u64,
    /// The response fields that it declares, in their order.
    pub fields: Vec<FieldCoverage>,
}

/// One declared response field.
#[derive(Debug)]
pub struct FieldCoverage {
    /// Its name.
    pub name: String,
    /// The line that declares it.
    pub place: Place,
    /// How often it was seen.
    pub seen: Seen,
}

impl Coverage {
    /// From now on VMs note their lines, and scenarios their answers; what was noted before is forgotten.
    pub fn begin() {
        *kept() = Coverage::default();
        ON.store(true, Ordering::Relaxed);
    }

    /// Ends that, and gives what was noted.
    pub fn end() -> Coverage {
        ON.store(false, Ordering::Relaxed);
        std::mem::take(&mut *kept())
    }

    /// The regions that were called in; `None` is the base.
    pub fn regions(&self) -> BTreeSet<Option<String>> {
        self.ways.keys().map(|way| way.region.clone()).collect()
    }

    /// The scripts that answer calls, whether anything of them ran or not.
    pub fn files(&self, tree: &Tree) -> Result<Vec<FileCoverage>, Error> {
        let sandbox = Sandbox::new(Limits::default(), &Arc::default())?;
        let answering = tree.files().filter(|(path, _)| answers_calls(path));
        let of = |(path, text): (&str, &str)| {
            let source = Source {
                name: path.to_owned(),
                text: text.into(),
                below: None,
            };
            let _budget = Budget::begin(sandbox.limits().time);
            let ran = self.lines.get(path.as_bytes());
            let count = |line: usize| {
                (
                    line,
                    ran.and_then(|ran| ran.get(&line)).copied().unwrap_or_default(),
                )
            };
            let lines = sandbox.compiled(&source).map(|bytecode| {
                let lines = bytecode::lines(&bytecode).unwrap_or_default();
                lines.into_iter().map(count).collect()
            });
            FileCoverage {
                file: source.name,
                lines,
            }
        };
        Ok(answering.map(of).collect())
    }

    /// Every way that a region's scripts declare.
    pub fn ways(&self, generation: &Generation) -> Vec<WayCoverage> {
        let explained = generation
            .funids()
            .filter_map(|funid| generation.explain(funid).ok());
        let ways = explained.flat_map(|explained| {
            let funid = explained.funid;
            explained.ways.into_iter().map(move |way| (funid.clone(), way))
        });
        let of = |(funid, way): (String, ExplainedWay)| {
            let key = Way {
                region: generation.region().map(str::to_owned),
                funid,
                chosen: way.by.as_ref().map(|(_, value, _)| value.clone()),
            };
            let none = Answers::default();
            let answers = self.ways.get(&key).unwrap_or(&none);
            let field = |field: ExplainedField| FieldCoverage {
                seen: answers.fields.get(&field.name).copied().unwrap_or_default(),
                name: field.name,
                place: field.place,
            };
            WayCoverage {
                funid: key.funid,
                by: way.by,
                calls: answers.calls,
                good: answers.good,
                fields: way.fields.into_iter().map(field).collect(),
            }
        };
        ways.map(of).collect()
    }
}

fn answers_calls(path: &str) -> bool {
    let within = match path.strip_prefix("regions/") {
        Some(rest) => rest.split_once('/').map_or(rest, |(_, within)| within),
        None => path.strip_prefix("site/").unwrap_or(path),
    };
    within == super::protocol::PROTOCOL || FOLDERS.iter().any(|folder| within.starts_with(folder))
}

/// Whether VMs that are made now note their lines.
pub(super) fn is_on() -> bool {
    ON.load(Ordering::Relaxed)
}

/// A line of a file ran.
pub(super) fn ran(file: &[u8], line: usize) {
    let mut kept = kept();
    match kept.lines.get_mut(file) {
        Some(lines) => *lines.entry(line).or_default() += 1,
        None => drop(kept.lines.insert(file.to_vec(), BTreeMap::from([(line, 1)]))),
    }
}

/// A call was answered.
pub(super) fn answered(generation: &Generation, request: &Request, response: &Response) {
    if !is_on() {
        return;
    }
    let funid = &request.header.funid;
    let Some(chosen) = generation.way_of(funid, &request.body) else {
        return;
    };
    let way = Way {
        region: generation.region().map(str::to_owned),
        funid: funid.to_string(),
        chosen: chosen.map(str::to_owned),
    };
    let mut kept = kept();
    let answers = kept.ways.entry(way).or_default();
    answers.calls += 1;
    if response.result != GOOD {
        return;
    }
    answers.good += 1;
    for field in &response.body {
        let seen = answers.fields.entry(field.name.to_string()).or_default();
        match field.value.trim().is_empty() {
            true => seen.empty += 1,
            false => seen.filled += 1,
        }
    }
}

fn kept() -> std::sync::MutexGuard<'static, Coverage> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}
