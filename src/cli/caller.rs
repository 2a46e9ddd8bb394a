//! `mps caller`: the process that loads a library for `mps test --library` and calls it; and what the two say to each other.
//!
//! A message is a line of JSON, and behind it the bytes of a request or of a buffer.

use super::arguments::Caller;
use super::{Misuse, Outcome};
use crate::abi::client::Client;
use crate::device::attend;
use crate::script::{Fill, Returned, Room};
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};

/// The command's name.
pub(super) const COMMAND: &str = "caller";

pub(super) fn run(arguments: Caller) -> Result<Outcome, Misuse> {
    let mut client = None;
    let served = attend(&arguments.pipe, |message| answer(&mut client, &message).message());
    match served {
        Ok(never) => match never {},
        Err(_) => Err(Misuse::new(
            "mps caller 由 mps test --library 自己启动，不用手工执行；--pipe 所指的不是管道",
        )),
    }
}

fn answer(client: &mut Option<Client>, message: &[u8]) -> Answer {
    match (Question::of_message(message), &client) {
        (Some(Question::Load { library, home, stage }), _) => {
            match Client::open_at(&library, &home, &stage) {
                Ok(loaded) => {
                    *client = Some(loaded);
                    Answer::Loaded
                }
                Err(error) => Answer::Wrong(error.to_string()),
            }
        }
        (Some(Question::Call { request, room, most }), Some(client)) => client
            .call_in(&request, room, most)
            .map_or_else(Answer::Wrong, Answer::Returned),
        (Some(Question::Call { .. }), None) | (None, _) => Answer::Wrong("没有加载动态库".to_owned()),
    }
}

/// What the process is asked to do.
#[derive(Debug, PartialEq)]
pub(super) enum Question {
    /// Load a library, which finds its files in a home folder and a scenario's stage in a file.
    Load {
        library: PathBuf,
        home: PathBuf,
        stage: PathBuf,
    },
    /// Call `MPS_Call`; `most` is the `response_capacity` that it knows.
    Call {
        request: Vec<u8>,
        room: Room,
        most: usize,
    },
}

/// What came of it.
#[derive(Debug, PartialEq)]
pub(super) enum Answer {
    Loaded,
    Returned(Returned),
    /// Why not.
    Wrong(String),
}

impl Question {
    pub(super) fn message(&self) -> Vec<u8> {
        match self {
            Question::Load { library, home, stage } => {
                let text = |path: &Path| path.to_string_lossy().into_owned();
                let head = json!({ "library": text(library), "home": text(home), "stage": text(stage) });
                message(&head, &[])
            }
            Question::Call { request, room, most } => {
                let head = json!({ "capacity": room.capacity, "fill": name(room.fill), "most": most });
                message(&head, request)
            }
        }
    }

    fn of_message(message: &[u8]) -> Option<Question> {
        let (head, request) = parts(message)?;
        let path = |key: &str| head.get(key).and_then(Json::as_str).map(PathBuf::from);
        let number = |key: &str| usize::try_from(head.get(key)?.as_u64()?).ok();
        if let Some(library) = path("library") {
            let (home, stage) = (path("home")?, path("stage")?);
            return Some(Question::Load { library, home, stage });
        }
        let fill = head.get("fill")?.as_str()?;
        let fill = FILLS.into_iter().find(|known| name(*known) == fill)?;
        let room = Room {
            capacity: number("capacity")?,
            fill,
        };
        Some(Question::Call {
            request: request.to_vec(),
            room,
            most: number("most")?,
        })
    }
}

impl Answer {
    fn message(&self) -> Vec<u8> {
        match self {
            Answer::Loaded => message(&json!({}), &[]),
            Answer::Returned(returned) => message(&json!({ "code": returned.code }), &returned.buffer),
            Answer::Wrong(wrong) => message(&json!({ "wrong": wrong }), &[]),
        }
    }

    pub(super) fn of_message(message: &[u8]) -> Option<Answer> {
        let (head, buffer) = parts(message)?;
        if let Some(wrong) = head.get("wrong") {
            return Some(Answer::Wrong(wrong.as_str()?.to_owned()));
        }
        let Some(code) = head.get("code") else {
            return Some(Answer::Loaded);
        };
        Some(Answer::Returned(Returned {
            code: i32::try_from(code.as_i64()?).ok()?,
            buffer: buffer.to_vec(),
        }))
    }
}

const FILLS: [Fill; 3] = [Fill::Zeros, Fill::Spaces, Fill::WideSpaces];

fn name(fill: Fill) -> &'static str {
    match fill {
        Fill::Zeros => "zeros",
        Fill::Spaces => "spaces",
        Fill::WideSpaces => "wide_spaces",
    }
}

fn message(head: &Json, bytes: &[u8]) -> Vec<u8> {
    let mut message = head.to_string().into_bytes();
    message.push(b'\n');
    message.extend(bytes);
    message
}

fn parts(message: &[u8]) -> Option<(Json, &[u8])> {
    let end = message.iter().position(|byte| *byte == b'\n')?;
    let (head, bytes) = message.split_at_checked(end)?;
    Some((serde_json::from_slice(head).ok()?, bytes.get(1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_arrives_as_it_was_said() {
        for fill in FILLS {
            let call = Question::Call {
                request: b"<a>\n\0\xff".to_vec(),
                room: Room { capacity: 7, fill },
                most: 8192,
            };
            assert_eq!(Question::of_message(&call.message()), Some(call));
        }
        let load = Question::Load {
            library: "C:\\\n医保\\a.dll".into(),
            home: "h".into(),
            stage: "s".into(),
        };
        assert_eq!(Question::of_message(&load.message()), Some(load));
        let returned = Returned {
            code: -3,
            buffer: vec![b'\n', 0, 255],
        };
        for answer in [
            Answer::Loaded,
            Answer::Returned(returned),
            Answer::Wrong("没有\n它".to_owned()),
        ] {
            assert_eq!(Answer::of_message(&answer.message()), Some(answer));
        }
        for broken in [&b""[..], b"{}", b"\n", b"[]\n", b"{\"code\":\"x\"}\n"] {
            assert_eq!(Question::of_message(broken), None);
        }
    }
}
