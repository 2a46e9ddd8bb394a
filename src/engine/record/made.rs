//! A call as what is kept of it.

use super::pseudonym::Pseudonyms;
use super::skeleton;
use crate::clock;
use crate::device::{Argument, Error, HttpAnswer, HttpError, HttpRequest, Outcome, Returned, Value};
use crate::engine::answer::{Answer, By, Kept};
use crate::mask;
use crate::message::{DEFAULT_SIGN, Request, Response};
use crate::script::{Asked, Content, Exchange, Vocabulary, Words};
use serde_json::{Map, Value as Json, json};
use std::collections::HashSet;
use std::time::SystemTime;

/// What is kept of a call; `None` where nothing of its request was.
pub(in crate::engine) fn made(at: SystemTime, answer: &Answer) -> Option<Json> {
    match answer.kept.as_deref()? {
        Kept::Read(request, verified) => read(at, answer, request, *verified),
        Kept::Unread(beginning, size, by) => Some(unread(at, answer, (beginning, *size), by.as_ref())),
    }
}

/// What is kept of a call whose request could not be read: what it looked like, and where it went wrong.
fn unread(at: SystemTime, answer: &Answer, (beginning, size): (&[u8], usize), by: Option<&By>) -> Json {
    let words = by.map(words).unwrap_or_default();
    let code = answer.error.unwrap_or_default();
    // The place and what is wrong stand before whatever a message quotes of the request.
    let place = answer.msg.split(['：', '“', '；']).next().unwrap_or_default();
    json!({
        "version": 1,
        "time": clock::stamp(at),
        "process": std::process::id(),
        "region": by.and_then(|by| by.region.as_deref()),
        "generation": by.map(|by| by.generation),
        "request": { "charset": answer.charset.label() },
        "unread": { "code": code, "bytes": size, "skeleton": skeleton::of(beginning, &words) },
        "response": { "result": answer.result, "msg": format!("{code} {}", mask::text(place)), "fields": [] },
        "exchanges": [],
    })
}

fn read(at: SystemTime, answer: &Answer, request: &Request, verified: Option<bool>) -> Option<Json> {
    let by = answer.by.as_ref()?;
    let response = Response::decode(&answer.bytes).ok()?;
    let mut names = Pseudonyms::new(words(by));
    // What devices read comes first: what a response tells are parts of it.
    let exchanges: Vec<Json> = answer
        .exchanges
        .iter()
        .map(|exchange| exchanged(exchange, &mut names))
        .collect();
    let mut value = |text: &str| names.text(text);
    let fields: Vec<Json> = request
        .body
        .iter()
        .map(|field| json!([value(&field.name), value(&field.value)]))
        .collect();
    let body: Vec<Json> = response
        .body
        .iter()
        .map(|field| json!([&*field.name, value(&field.value)]))
        .collect();
    let sign = match request.header.sign.as_str() {
        DEFAULT_SIGN => DEFAULT_SIGN.to_owned(),
        sign => value(sign),
    };
    let msg = match answer.words {
        Words::Own => mask::text(&response.msg).into_owned(),
        _ => names.text(&response.msg),
    };
    Some(json!({
        "version": 1,
        "time": clock::stamp(at),
        "process": std::process::id(),
        "region": by.region.as_deref(),
        "generation": by.generation,
        "request": {
            "charset": request.charset.label(),
            "funid": mask::text(&request.header.funid),
            "sign": sign,
            "verified": verified,
            "fields": fields,
        },
        "response": {
            "result": names.text(&response.result),
            "msg": msg,
            "fields": body,
        },
        "exchanges": exchanges,
    }))
}

/// What stands in the scripts that answered, and so is no patient's.
fn words(by: &By) -> HashSet<String> {
    let vocabulary = by.vocabulary.as_ref();
    vocabulary.map(Vocabulary::words).unwrap_or_default()
}

fn exchanged(exchange: &Exchange, names: &mut Pseudonyms) -> Json {
    let mut made = json!({
        "device": exchange.device.as_str(),
        "simulated": exchange.simulated,
        "ms": exchange.took.as_micros() as f64 / 1000.0,
    });
    match (&exchange.asked, exchange.content.as_deref()) {
        (
            Asked::Function(name),
            Some(Content::Function {
                passed,
                outs,
                brought,
            }),
        ) => {
            made["call"] = name.as_str().into();
            let inputs: Vec<Json> = passed.iter().map(|input| argument(input, names)).collect();
            made["inputs"] = inputs.into();
            match brought {
                Ok(outcome) => {
                    made["answer"] = answered(outcome, outs, names);
                }
                Err(error) => made["error"] = failed(error.as_ref()),
            }
        }
        (
            Asked::Device,
            Some(Content::Function {
                brought: Err(error), ..
            }),
        ) => made["error"] = failed(error.as_ref()),
        (_, Some(Content::Server { request, answer })) => made["server"] = served(request, answer, names),
        _ => {}
    }
    made
}

fn argument(argument: &Argument, names: &mut Pseudonyms) -> Json {
    match argument {
        Argument::Integer(value) => names.integer(*value).into(),
        Argument::Text(text) => names.text(text).into(),
        Argument::Bytes(bytes) => json!({ "bytes": names.bytes(bytes) }),
    }
}

/// The outs by name; a structure's members stand in an object of its name.
fn answered(outcome: &Outcome, names_of_outs: &[String], names: &mut Pseudonyms) -> Json {
    let mut answer = Map::new();
    for (name, out) in names_of_outs.iter().zip(&outcome.outs) {
        let value = match out {
            Value::Integer(value) => names.integer(*value).into(),
            Value::Text(text) => names.text(text).into(),
            Value::Bytes(bytes) => json!({ "bytes": names.bytes(bytes) }),
        };
        match name.split_once('.') {
            None => drop(answer.insert(name.clone(), value)),
            Some((structure, member)) => {
                let members = answer.entry(structure).or_insert_with(|| json!({ "json": {} }));
                members["json"][member] = value;
            }
        }
    }
    match &outcome.returned {
        Returned::Nothing => {}
        Returned::Integer(value) => drop(answer.insert("returns".to_owned(), names.integer(*value).into())),
        Returned::Text(text) => {
            answer.insert("returns".to_owned(), names.text(text).into());
        }
    }
    answer.into()
}

fn failed(error: Option<&Error>) -> Json {
    match error {
        None => json!({ "code": "S004" }),
        Some(Error::Overrun(_, _, size, wrote)) => {
            json!({ "code": "D005", "by": wrote.saturating_sub(*size) })
        }
        Some(error) => json!({ "code": error.code(), "text": mask::text(&error.to_string()) }),
    }
}

fn served(request: &HttpRequest, answer: &Result<HttpAnswer, HttpError>, names: &mut Pseudonyms) -> Json {
    // The host is the desk's, the rest of an address may be anything.
    let (host, path) = match request.url.split_once("//") {
        Some((scheme, rest)) => {
            let at = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            (format!("{scheme}//{}", mask::text(&rest[..at])), &rest[at..])
        }
        None => (String::new(), request.url.as_str()),
    };
    let url = host + &names.text(path);
    let came = match answer {
        Ok(answer) => json!({
            "status": answer.status,
            "content_type": answer.content_type,
            "body": String::from_utf8_lossy(&names.bytes(&answer.body)),
        }),
        Err(error) => json!({ "error": error.code() }),
    };
    let sent = names.bytes(&request.body);
    json!({ "method": request.method, "url": url, "body": String::from_utf8_lossy(&sent), "answer": came })
}
