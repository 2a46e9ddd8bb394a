//! What goes on between a call and its devices: each function that was asked, and what came back.

use super::functions::FunctionPlan;
use crate::device::{Argument, Error, HttpAnswer, HttpError, HttpRequest, Outcome};
use smol_str::SmolStr;
use std::fmt;
use std::time::Duration;

/// Exchanges that one call keeps: a script may ask in a loop.
pub(super) const MOST: usize = 256;

/// The device's name where `mps.http` asked a server.
pub const HTTP: &str = "http";

/// How much is kept of each exchange.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// Who was asked, the return code, and how long it took: nothing that was passed or brought back.
    #[default]
    Codes,
    /// All of it, patients' data included: for scenarios, and for a recording, which masks it.
    Whole,
}

/// One question to a device.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The device's name, or [`HTTP`].
    pub device: SmolStr,
    /// Who was asked.
    pub asked: Asked,
    /// The return code.
    pub code: Code,
    /// Whether a simulation answered.
    pub simulated: bool,
    /// How long it took.
    pub took: Duration,
    /// What was passed and brought back, where [`Detail::Whole`] was wanted.
    pub content: Option<Box<Content>>,
}

/// Who was asked.
#[derive(Clone, Debug)]
pub enum Asked {
    /// The device itself, which could not be taken: its library does not load, or another call is using it.
    Device,
    /// A declared function, by its name. Nobody counts who uses it: calls on several threads would take turns at counting.
    Function(SmolStr),
    /// A server.
    Server {
        /// `GET` or `POST`.
        method: &'static str,
        /// Its name and port; the rest of an address may hold patients' data.
        host: String,
    },
}

/// What was passed and brought back. `Debug` leaves it out: it holds patients' data.
#[derive(Clone)]
pub enum Content {
    /// A function's.
    Function {
        /// The inputs.
        passed: Vec<Argument>,
        /// The names of what it brings back.
        outs: Vec<String>,
        /// A returned text is the last of the outs too; `Err(None)`: the simulating script failed.
        brought: Result<Outcome, Option<Error>>,
    },
    /// A server's.
    Server {
        /// What was sent.
        request: HttpRequest,
        /// What came back.
        answer: Result<HttpAnswer, HttpError>,
    },
}

/// What a question came to, free of what a device read: fit for a journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Code {
    /// It came back, and there is no code to tell.
    #[default]
    Nothing,
    /// The return value.
    Integer(i64),
    /// The same as a short text.
    Text(ShortText),
    /// It did not come back as it should; our own code of the error.
    Failed(&'static str),
}

/// At most eight letters and digits: a code such as `0000`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShortText {
    bytes: [u8; 8],
    length: u8,
}

impl Exchange {
    /// What was asked, by name; the device's own where it could not be taken.
    pub fn name(&self) -> String {
        match &self.asked {
            Asked::Device => self.device.to_string(),
            Asked::Function(name) => name.to_string(),
            Asked::Server { method, host } => format!("{method} {host}"),
        }
    }
}

impl Code {
    /// The code of a function that came back. Only a value that the declaration judges is surely a code; another one is told
    /// where it is too short to be a patient's number.
    pub(super) fn of(function: &FunctionPlan, outcome: &Outcome) -> Code {
        const SHORT: u64 = 10_000_000;
        match function.status(outcome) {
            (Some(code), true) => Code::Integer(code),
            (Some(code), false) if code.unsigned_abs() < SHORT => Code::Integer(code),
            (Some(_), false) => Code::Nothing,
            (None, _) => {
                let text = function.status_text(outcome).and_then(ShortText::of);
                text.map_or(Code::Nothing, Code::Text)
            }
        }
    }
}

impl ShortText {
    /// The text, where it is one.
    pub fn of(text: &str) -> Option<ShortText> {
        let is_code = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let mut bytes = [0; 8];
        bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        let length = u8::try_from(text.len()).ok()?;
        (length > 0 && text.bytes().all(is_code)).then_some(ShortText { bytes, length })
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..usize::from(self.length)).unwrap_or_default();
        // Only ASCII goes in.
        std::str::from_utf8(bytes).unwrap_or_default()
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Content::Function { .. } => "Function(…)",
            Content::Server { .. } => "Server(…)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::ShortText;

    #[test]
    fn only_what_looks_like_a_code_is_a_short_text() {
        for text in ["0000", "-2201", "EC_0001"] {
            assert_eq!(ShortText::of(text).as_ref().map(ShortText::as_str), Some(text));
        }
        for text in ["", "张三", "123456789", "a b", "{\"a\":1}"] {
            assert_eq!(ShortText::of(text), None, "{text}");
        }
    }
}
