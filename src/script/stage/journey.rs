//! What was asked of a scenario's devices, for what it expects of them.

use super::act::{argument_of_json, argument_to_json};
use super::{duration, seconds, server};
use crate::device::{Argument, Error, HttpAnswer, HttpError, HttpRequest, Outcome, Returned};
use crate::script::backend::Lost;
use serde_json::{Value as Json, json};
use std::time::Duration;

/// Characters of one value in a list.
const LONGEST: usize = 60;

/// One question to a device or a server.
#[derive(Clone, Debug, PartialEq)]
pub struct Contact {
    /// The device; for a server, its address.
    pub device: String,
    /// The function, or the method of HTTP; empty where the device could not be taken.
    pub function: String,
    /// The inputs; for a server, the body.
    pub inputs: Vec<Argument>,
    /// The return code or the status, where it came back.
    pub code: Option<String>,
    /// Why it did not come back.
    pub missed: Option<Missed>,
    /// Whether its simulation answered.
    pub simulated: bool,
    /// The stub that came nearest to standing for it, and why it does not.
    pub near: Option<String>,
    /// The virtual time that it took.
    pub took: Duration,
}

/// Why a question brought nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missed {
    /// Our own code, where it is an error of a device.
    pub code: String,
    /// What is said of it.
    pub text: String,
}

impl Contact {
    pub(super) fn asked(device: &str, function: &str, inputs: &[Argument]) -> Contact {
        Contact {
            device: device.to_owned(),
            function: function.to_owned(),
            inputs: inputs.to_vec(),
            code: None,
            missed: None,
            simulated: false,
            near: None,
            took: Duration::ZERO,
        }
    }

    pub(super) fn refused(device: &str, error: &Error) -> Contact {
        Contact {
            missed: Some(Missed::of(error)),
            ..Contact::asked(device, "", &[])
        }
    }

    pub(super) fn server(
        request: &HttpRequest,
        answer: &Result<Result<HttpAnswer, HttpError>, server::Unstubbed>,
        took: Duration,
    ) -> Contact {
        let body = match std::str::from_utf8(&request.body) {
            Ok(text) => Argument::Text(text.to_owned()),
            Err(_) => Argument::Bytes(request.body.clone()),
        };
        let (code, missed) = match answer {
            Ok(Ok(answer)) => (Some(answer.status.to_string()), None),
            Ok(Err(error)) => (None, Some((error.code().to_owned(), error.to_string()))),
            Err(server::Unstubbed(what)) => (None, Some((String::new(), what.clone()))),
        };
        Contact {
            code,
            missed: missed.map(|(code, text)| Missed { code, text }),
            took,
            ..Contact::asked(&request.url, request.method, &[body])
        }
    }

    pub(super) fn note(&mut self, result: &Result<Outcome, Lost>, took: Duration) {
        self.took = took;
        match result {
            Ok(outcome) => {
                self.code = Some(match &outcome.returned {
                    Returned::Nothing => String::new(),
                    Returned::Integer(value) => value.to_string(),
                    Returned::Text(text) => text.clone(),
                });
            }
            Err(Lost::Device(error)) => self.missed = Some(Missed::of(error)),
            Err(Lost::Simulation(failure)) => {
                self.missed = Some(Missed {
                    code: String::new(),
                    text: failure.msg.clone(),
                });
            }
        }
    }

    /// Whether it was put to this device, or to this address, which may end in `*`.
    pub(in crate::script) fn is_of(&self, asked: &str) -> bool {
        match asked.strip_suffix('*') {
            Some(start) => self.device.starts_with(start),
            None => self.device == asked,
        }
    }

    /// The question and what came of it, in one line.
    pub fn describe(&self) -> String {
        let asked = match self.function.as_str() {
            "" => self.device.clone(),
            function => format!("{}:{function}（{}）", self.device, listed(&self.inputs)),
        };
        let came = match (&self.code, &self.missed) {
            (_, Some(missed)) => missed.text.clone(),
            (Some(code), None) => format!("返回{code}"),
            (None, None) => String::new(),
        };
        let simulated = if self.simulated {
            "，模拟脚本应答"
        } else {
            ""
        };
        format!("{asked} → {came}{simulated}")
    }

    pub(super) fn to_json(&self) -> Json {
        json!({
            "device": self.device,
            "function": self.function,
            "inputs": self.inputs.iter().map(argument_to_json).collect::<Vec<_>>(),
            "code": self.code,
            "missed": self.missed.as_ref().map(|missed| [&missed.code, &missed.text]),
            "simulated": self.simulated,
            "near": self.near,
            "took": seconds(self.took),
        })
    }

    pub(super) fn of_json(json: &Json) -> Option<Contact> {
        let text = |json: &Json, key: &str| json.get(key).and_then(Json::as_str).map(str::to_owned);
        let inputs = json.get("inputs")?.as_array()?.iter().map(argument_of_json);
        let missed = json
            .get("missed")
            .and_then(Json::as_array)
            .and_then(|missed| match missed.as_slice() {
                [code, text] => Some(Missed {
                    code: code.as_str()?.to_owned(),
                    text: text.as_str()?.to_owned(),
                }),
                _ => None,
            });
        Some(Contact {
            device: text(json, "device")?,
            function: text(json, "function")?,
            inputs: inputs.collect::<Option<_>>()?,
            code: text(json, "code"),
            missed,
            simulated: json.get("simulated")?.as_bool()?,
            near: text(json, "near"),
            took: duration(json.get("took")?)?,
        })
    }
}

impl Missed {
    fn of(error: &Error) -> Missed {
        Missed {
            code: error.code().to_owned(),
            text: error.to_string(),
        }
    }
}

/// Inputs in one line.
pub(in crate::script) fn listed(arguments: &[Argument]) -> String {
    let shown: Vec<String> = arguments.iter().map(shown).collect();
    shown.join("，")
}

/// A value as people read it.
pub(in crate::script) fn shown(argument: &Argument) -> String {
    let text = match argument {
        Argument::Integer(number) => number.to_string(),
        Argument::Text(text) => text.clone(),
        Argument::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
    };
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

/// A Lua string as an input: bytes where it is no UTF-8.
pub(in crate::script) fn as_argument(bytes: &[u8]) -> Argument {
    match std::str::from_utf8(bytes) {
        Ok(text) => Argument::Text(text.to_owned()),
        Err(_) => Argument::Bytes(bytes.to_vec()),
    }
}
