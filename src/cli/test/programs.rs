//! Results as JSON; see the help of `mps test`.

use super::{Played, Scenario};
use crate::script::{Mismatch, Shown};
use serde_json::{Value as Json, json};
use std::fmt::Write as _;

pub(super) fn report(played: &Played) -> String {
    let scenarios: Vec<Json> = played.scenarios().map(|played| scenario(&played)).collect();
    let failed = played
        .scenarios()
        .filter(|played| !played.verdict.is_good())
        .count();
    let unusable = played.unusable();
    let unusable = unusable.map(|(file, error)| json!({ "file": file, "error": error }));
    let object = json!({
        "ok": played.is_good(),
        "total": scenarios.len(),
        "failed": failed,
        "seconds": played.took.as_secs_f64(),
        "seed": played.seed,
        "library": played.library.as_ref().map(|library| library.display().to_string()),
        "scenarios": scenarios,
        "unusable": unusable.collect::<Vec<_>>(),
        "coverage": played.covered.as_ref().map(super::coverage::object),
    });
    format!("{object:#}\n")
}

fn scenario(played: &Scenario) -> Json {
    let verdict = played.verdict;
    json!({
        "name": played.entry.name,
        "file": played.file.name,
        "line": played.entry.line,
        "ok": verdict.is_good(),
        "seconds": verdict.took.as_secs_f64(),
        "elapsed": verdict.elapsed.as_secs_f64(),
        "failures": verdict.mismatches.iter().map(mismatch).collect::<Vec<_>>(),
        "error": verdict.error.as_ref().map(ToString::to_string),
        "notes": verdict.notes,
    })
}

fn mismatch(mismatch: &Mismatch) -> Json {
    json!({
        "line": mismatch.line,
        "subject": mismatch.subject,
        "relation": mismatch.relation,
        "expected": value(&mismatch.expected),
        "actual": value(&mismatch.actual),
        "notes": mismatch.notes,
    })
}

/// Bytes that are no text in hexadecimal.
fn value(shown: &Shown) -> String {
    match shown {
        Shown::Text(text) | Shown::Words(text) => text.clone(),
        Shown::Bytes(bytes) => bytes.iter().fold(String::new(), |mut text, byte| {
            // A String takes everything.
            let _ = write!(text, "{byte:02X}");
            text
        }),
    }
}
