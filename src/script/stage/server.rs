//! The servers of a scenario: what `mps.http` is answered.

use super::{duration, seconds};
use crate::device::{HttpAnswer, HttpError, HttpFault, HttpRequest};
use crate::suggest::nearest;
use serde_json::{Value as Json, json};
use std::time::Duration;

/// What a scenario wrote for a server.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::script) struct ServerStub {
    /// The address; one that ends in `*` stands for all that begin with it.
    pub(in crate::script) url: String,
    /// What it does, one after the other; the last again and again.
    pub(in crate::script) acts: Vec<ServerAct>,
    pub(in crate::script) delay: Duration,
    pub(in crate::script) line: usize,
    pub(in crate::script) played: usize,
}

/// One thing that a server does.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::script) enum ServerAct {
    Answer {
        status: u16,
        content_type: String,
        body: Vec<u8>,
    },
    Fault(HttpFault),
}

/// That nothing was written for an address, and what comes nearest.
pub(super) struct Unstubbed(pub(super) String);

/// What a server does with a request, and the time that it takes.
pub(super) fn play(
    stubs: &mut [ServerStub],
    request: &HttpRequest,
) -> (Result<Result<HttpAnswer, HttpError>, Unstubbed>, Duration) {
    // What was written later counts.
    let known: Vec<String> = stubs
        .iter()
        .map(|stub| format!("第{}行的{}", stub.line, stub.url))
        .collect();
    let Some(stub) = stubs.iter_mut().rev().find(|stub| stub.fits(&request.url)) else {
        let mut what = format!("场景没有写{}怎样应答", request.url);
        if let Some(near) =
            nearest(&request.url, known.iter().map(String::as_str)).or(known.last().map(String::as_str))
        {
            what.push_str(&format!("；最接近的是{near}"));
        }
        return (Err(Unstubbed(what)), Duration::ZERO);
    };
    let act = stub.acts.get(stub.played).or(stub.acts.last()).cloned();
    stub.played += 1;
    let late = stub.delay >= request.timeout;
    let fault = |fault, took| {
        (
            Ok(Err(HttpError::fault(&request.url, request.timeout, fault))),
            took,
        )
    };
    match act {
        Some(ServerAct::Fault(HttpFault::Timeout)) => fault(HttpFault::Timeout, request.timeout),
        _ if late => fault(HttpFault::Timeout, request.timeout),
        Some(ServerAct::Fault(what)) => fault(what, stub.delay),
        Some(ServerAct::Answer {
            status,
            content_type,
            body,
        }) => {
            let answer = HttpAnswer {
                status,
                content_type,
                body,
            };
            (Ok(Ok(answer)), stub.delay)
        }
        None => fault(HttpFault::Broken, stub.delay),
    }
}

impl ServerStub {
    fn fits(&self, url: &str) -> bool {
        match self.url.strip_suffix('*') {
            Some(start) => url.starts_with(start),
            None => url == self.url,
        }
    }

    pub(super) fn to_json(&self) -> Json {
        let act = |act: &ServerAct| match act {
            ServerAct::Answer {
                status,
                content_type,
                body,
            } => json!({ "status": status, "content_type": content_type, "body": body }),
            ServerAct::Fault(fault) => json!(fault.name()),
        };
        json!({
            "url": self.url,
            "acts": self.acts.iter().map(act).collect::<Vec<_>>(),
            "delay": seconds(self.delay),
            "line": self.line,
            "played": self.played,
        })
    }

    pub(super) fn of_json(json: &Json) -> Option<ServerStub> {
        let number = |json: &Json, key: &str| json.get(key)?.as_u64();
        let act = |json: &Json| match json.as_str() {
            Some(name) => HttpFault::named(name).map(ServerAct::Fault),
            None => {
                let bytes = json.get("body")?.as_array()?.iter();
                let body = bytes.map(|byte| u8::try_from(byte.as_u64()?).ok());
                Some(ServerAct::Answer {
                    status: u16::try_from(number(json, "status")?).ok()?,
                    content_type: json.get("content_type")?.as_str()?.to_owned(),
                    body: body.collect::<Option<_>>()?,
                })
            }
        };
        let acts = json.get("acts")?.as_array()?.iter().map(act);
        Some(ServerStub {
            url: json.get("url")?.as_str()?.to_owned(),
            acts: acts.collect::<Option<_>>()?,
            delay: duration(json.get("delay")?)?,
            line: usize::try_from(number(json, "line")?).ok()?,
            played: usize::try_from(number(json, "played")?).ok()?,
        })
    }
}
