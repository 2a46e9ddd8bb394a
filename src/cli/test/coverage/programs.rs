//! Coverage as JSON; see the help of `mps test`.

use super::Covered;
use crate::script::{FileCoverage, WayCoverage};
use serde_json::{Value as Json, json};

pub(in super::super) fn object(covered: &Covered) -> Json {
    let files: Vec<Json> = covered.files.iter().map(file).collect();
    let ways: Vec<Json> = covered.ways().map(|(region, one)| way(region, one)).collect();
    let unusable = covered.regions.iter().filter_map(|region| {
        let why = region.ways.as_ref().err()?;
        Some(json!({ "region": region.code, "error": why }))
    });
    json!({ "files": files, "ways": ways, "unusable": unusable.collect::<Vec<_>>() })
}

fn file(file: &FileCoverage) -> Json {
    match &file.lines {
        Ok(lines) => {
            let lines = lines.iter().map(|(line, times)| json!([line, times]));
            json!({ "file": file.file, "lines": lines.collect::<Vec<_>>() })
        }
        Err(error) => json!({ "file": file.file, "error": error.sentence() }),
    }
}

fn way(region: Option<&str>, way: &WayCoverage) -> Json {
    let fields = way.fields.iter().map(|field| {
        json!({
            "name": field.name,
            "file": field.place.file,
            "line": field.place.line,
            "filled": field.seen.filled,
            "empty": field.seen.empty,
        })
    });
    json!({
        "region": region,
        "funid": way.funid,
        "by": way.by.as_ref().map(|(field, ..)| field),
        "value": way.by.as_ref().map(|(_, value, _)| value),
        "calls": way.calls,
        "good": way.good,
        "fields": fields.collect::<Vec<_>>(),
    })
}
