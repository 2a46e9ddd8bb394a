//! What is told of one mistake: in a tree that is refused, or in a call that fails.

use crate::desk::sample::FUNID;
pub use crate::desk::sample::PLACE as FUNID_FILE;
use crate::desk::{Desk, request};
use mps_client::device::Libraries;
use mps_client::engine::{Engine, Overrides};
use mps_client::message::{Field, Response};
use mps_client::script::{self, Generation, Limits, Tree};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

pub const CARD: &str = include_str!("../../scripts/devices/card.lua");
pub const SIMULATED: &str = include_str!("../../scripts/simulated/card.lua");
pub const CARD_FILE: &str = "scripts/devices/card.lua";
pub const SIMULATED_FILE: &str = "scripts/simulated/card.lua";

/// A shipped script with one mistake in it.
pub fn changed(script: &str, from: &str, to: &str) -> String {
    assert!(
        script.contains(from),
        "the shipped script has changed: mend this test"
    );
    script.replacen(from, to, 1)
}

pub fn answered(engine: &Engine) -> Response<'static> {
    Response::decode(&engine.answer(&request("03")).bytes).expect("a well-formed response")
}

/// What is told of a tree that is refused when it is built.
pub fn refused(files: &[(&str, &[u8])]) -> String {
    let desk = Desk::new("simulate = true\nregion = \"350203\"");
    for (path, bytes) in files {
        desk.write(path, "");
        std::fs::write(desk.home().join(path), bytes).expect("writable");
    }
    let engine = Engine::open(desk.home(), Overrides::default());
    let problem = engine.problem().expect("the mistake is seen");
    let response = answered(&engine);
    assert_eq!(response.result, "-1");
    assert_eq!(response.msg, problem.sentence());
    told(&response.msg, &problem.to_string())
}

/// The same for one text file.
pub fn refused_text(path: &str, text: &str) -> String {
    refused(&[(path, text.as_bytes())])
}

/// The same for a funid file with one change.
pub fn funid(from: &str, to: &str) -> String {
    refused_text(FUNID_FILE, &changed(FUNID, from, to))
}

/// The same for the card's script with one change.
pub fn card(from: &str, to: &str) -> String {
    refused_text(CARD_FILE, &changed(CARD, from, to))
}

/// What is told of a mistake that shows when a call runs it: `code` is the body of a `map` function.
pub fn failed(code: &str) -> String {
    let map = format!("from = \"cardnum\",\n        map = function(value)\n{code}\n        end, ");
    failed_call(FUNID_FILE, &changed(FUNID, "from = \"cardnum\", ", &map))
}

pub fn failed_call(path: &str, text: &str) -> String {
    failed_files(&[(path, text)])
}

pub fn failed_files(files: &[(&str, &str)]) -> String {
    let desk = Desk::new("simulate = true\nregion = \"350203\"");
    for (path, text) in files {
        desk.write(path, text);
    }
    let response = answered(&Engine::open(desk.home(), Overrides::default()));
    assert_eq!(response.result, "-1");
    let error = error_of(&desk).expect("a mistake of the script");
    assert_eq!(response.msg, error.sentence());
    told(&response.msg, &error.to_string())
}

fn error_of(desk: &Desk) -> Option<script::Error> {
    let tree = Tree::read(&desk.home().join("scripts")).expect("readable scripts");
    let generation = Generation::build(&tree, Some("350203"), Limits::default()).expect("accepted scripts");
    let body = [Field {
        name: "mdtrt_cert_type".into(),
        value: "03".into(),
        nested: false,
    }];
    let place = script::Desk {
        simulate: true,
        device_timeout: Duration::from_secs(5),
        device_wait: Duration::from_secs(5),
        http_hosts: Default::default(),
        http_timeout: Duration::from_secs(5),
        devices: Default::default(),
        stage: None,
        libraries: Arc::new(Libraries::new(Default::default())),
        builtins: Arc::default(),
    };
    generation.serve("N04.00.00.01", &body, &place, |served| served.error)
}

fn told(sentence: &str, full: &str) -> String {
    let mut told = String::new();
    writeln!(told, "{sentence}\n----\n{full}").expect("a String takes everything");
    told
}

/// Each mistake with its name; one snapshot file for each test.
pub fn snapshot(name: &str, cases: &[(&str, String)]) {
    let mut all = String::new();
    for (case, told) in cases {
        write!(all, "==== {case}\n{told}\n").expect("a String takes everything");
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, all));
}
