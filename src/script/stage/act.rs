//! What a device does in a scenario.

use crate::device::{Argument, Error};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// The key of an answer that is one text.
pub(in crate::script) const WHOLE: &str = "";

/// One thing that a device does.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::script) enum Act {
    /// It answers: outs and `returns` by name, and the rest as the declared method would read it; a single text under [`WHOLE`].
    Answer(BTreeMap<String, Given>),
    /// It fails with a code, and says why.
    Fail(Given, Option<String>),
    /// It never comes back.
    Hang,
    /// It writes so many bytes too many.
    Overrun(usize),
    /// It does not export the function.
    NoFunction,
    /// Another call is using it.
    Busy,
    /// Its file is missing.
    NoFile,
    /// Its file cannot be loaded, with the system's reason.
    NotLoaded(String),
}

/// A value that a scenario gives.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::script) enum Given {
    /// An integer or a text; bytes where a Lua string is no UTF-8.
    Plain(Argument),
    /// Whatever else JSON has.
    Json(Json),
}

impl Act {
    /// Whether it happens when the device is taken, before any function is called.
    pub(super) fn is_at_taking(&self) -> bool {
        matches!(self, Act::Busy | Act::NoFile | Act::NotLoaded(_))
    }

    /// The error of an act that happens when the device is taken.
    pub(super) fn refusal(&self, library: &Path, wait: Duration) -> Option<Error> {
        match self {
            Act::Busy => Some(Error::Busy(wait)),
            Act::NoFile => Some(Error::NoFile(library.to_owned())),
            Act::NotLoaded(reason) => Some(Error::NotLoaded(library.to_owned(), reason.clone(), usize::BITS)),
            _ => None,
        }
    }

    pub(super) fn to_json(&self) -> Json {
        match self {
            Act::Answer(values) => {
                let values: Map<String, Json> = values
                    .iter()
                    .map(|(name, given)| (name.clone(), given.to_json()))
                    .collect();
                json!({ "answer": values })
            }
            Act::Fail(code, error) => json!({ "fail": code.to_json(), "error": error }),
            Act::Hang => json!("hang"),
            Act::Overrun(by) => json!({ "overrun": by }),
            Act::NoFunction => json!("no_function"),
            Act::Busy => json!("busy"),
            Act::NoFile => json!("no_file"),
            Act::NotLoaded(reason) => json!({ "not_loaded": reason }),
        }
    }

    pub(super) fn of_json(json: &Json) -> Option<Act> {
        if let Some(name) = json.as_str() {
            return Some(match name {
                "hang" => Act::Hang,
                "no_function" => Act::NoFunction,
                "busy" => Act::Busy,
                "no_file" => Act::NoFile,
                _ => return None,
            });
        }
        if let Some(values) = json.get("answer") {
            let value = |(name, given): (&String, &Json)| Some((name.clone(), Given::of_json(given)?));
            return Some(Act::Answer(
                values.as_object()?.iter().map(value).collect::<Option<_>>()?,
            ));
        }
        if let Some(code) = json.get("fail") {
            let error = json.get("error").and_then(Json::as_str).map(str::to_owned);
            return Some(Act::Fail(Given::of_json(code)?, error));
        }
        if let Some(by) = json.get("overrun") {
            return Some(Act::Overrun(usize::try_from(by.as_u64()?).ok()?));
        }
        Some(Act::NotLoaded(json.get("not_loaded")?.as_str()?.to_owned()))
    }
}

impl Given {
    pub(super) fn to_json(&self) -> Json {
        match self {
            Given::Plain(argument) => argument_to_json(argument),
            Given::Json(json) => json!({ "json": json }),
        }
    }

    pub(super) fn of_json(json: &Json) -> Option<Given> {
        match json.get("json") {
            Some(json) => Some(Given::Json(json.clone())),
            None => argument_of_json(json).map(Given::Plain),
        }
    }

    /// A value out of JSON that a scenario wrote as a table.
    pub(in crate::script) fn of_plain_json(json: &Json) -> Given {
        match json {
            Json::String(text) => Given::Plain(Argument::Text(text.clone())),
            Json::Number(number) if number.as_i64().is_some() => {
                Given::Plain(Argument::Integer(number.as_i64().unwrap_or_default()))
            }
            other => Given::Json(other.clone()),
        }
    }

    /// The value as a part of a JSON text.
    pub(super) fn into_json(self) -> Json {
        match self {
            Given::Plain(Argument::Integer(number)) => number.into(),
            Given::Plain(Argument::Text(text)) => text.into(),
            Given::Plain(Argument::Bytes(bytes)) => String::from_utf8_lossy(&bytes).into_owned().into(),
            Given::Json(json) => json,
        }
    }

    /// The value as an out or an input of a function: what is no text and no integer is JSON text there.
    pub(super) fn into_argument(self) -> Argument {
        match self {
            Given::Plain(argument) => argument,
            Given::Json(json) => Argument::Text(json.to_string()),
        }
    }
}

pub(super) fn argument_to_json(argument: &Argument) -> Json {
    match argument {
        Argument::Integer(number) => json!(number),
        Argument::Text(text) => json!(text),
        Argument::Bytes(bytes) => json!({ "bytes": bytes }),
    }
}

pub(super) fn argument_of_json(json: &Json) -> Option<Argument> {
    match json {
        Json::Number(number) => number.as_i64().map(Argument::Integer),
        Json::String(text) => Some(Argument::Text(text.clone())),
        json => {
            let byte = |byte: &Json| u8::try_from(byte.as_u64()?).ok();
            let bytes = json.get("bytes")?.as_array()?.iter().map(byte);
            bytes.collect::<Option<_>>().map(Argument::Bytes)
        }
    }
}
