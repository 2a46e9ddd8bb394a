//! What can be wrong with a script.

use std::fmt;

/// Why a script was refused or failed; the text is Chinese, for deployment engineers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    code: &'static str,
    file: String,
    line: usize,
    text: String,
}

impl Error {
    /// A file that cannot be read: missing rights, wrong charset, too large.
    pub(super) fn unreadable(file: impl Into<String>, line: usize, text: impl Into<String>) -> Error {
        Error {
            code: "S001",
            file: file.into(),
            line,
            text: text.into(),
        }
    }

    /// A declaration that does not hold to the contract.
    pub(super) fn declaration(file: impl Into<String>, line: usize, text: impl Into<String>) -> Error {
        Error {
            code: "S003",
            file: file.into(),
            line,
            text: text.into(),
        }
    }

    /// What Lua says of a chunk or a call; `file` is used where Lua names none.
    pub(super) fn lua(error: &mlua::Error, file: &str) -> Error {
        // A file that another one ran, as `mps.base()` does, has told its own place.
        if let Some(inner) = error.chain().find_map(|cause| cause.downcast_ref::<Error>()) {
            return inner.clone();
        }
        let (message, traceback) = match error {
            // An error of a host function knows its place only by who called it.
            mlua::Error::CallbackError { traceback, cause } => (cause.to_string(), traceback.as_str()),
            other => (other.to_string(), ""),
        };
        let code = if matches!(error, mlua::Error::SyntaxError { .. }) {
            "S002"
        } else {
            "S004"
        };
        let text = message.lines().next().unwrap_or_default();
        let text = text
            .trim_start_matches("syntax error: ")
            .trim_start_matches("runtime error: ");
        let place = placed(text).or_else(|| {
            let caller = traceback.lines().find_map(|line| placed(line.trim()))?;
            Some((caller.0, caller.1, text))
        });
        let (file, line, text) = place.unwrap_or((file, 0, text));
        Error {
            code,
            file: file.to_owned(),
            line,
            text: text.to_owned(),
        }
    }

    /// Whether the other error says the same, wherever it stands.
    pub(super) fn says_the_same(&self, other: &Error) -> bool {
        self.text == other.text
    }

    /// A limit that a script ran into.
    pub(super) fn limit(code: &'static str, file: String, line: usize, text: String) -> Error {
        Error {
            code,
            file,
            line,
            text,
        }
    }

    /// A stable code, `S` and three digits.
    pub fn code(&self) -> &'static str {
        self.code
    }
}

/// Takes Lua's `file:line: text` apart.
fn placed(message: &str) -> Option<(&str, usize, &str)> {
    let (file, rest) = message.split_once(".lua:")?;
    let (line, text) = rest.split_once(':')?;
    Some((
        &message[..file.len() + ".lua".len()],
        line.parse().ok()?,
        text.trim_start(),
    ))
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "脚本{}", self.file)?;
        if self.line > 0 {
            write!(f, "第{}行", self.line)?;
        }
        write!(f, "：{}", self.text)
    }
}

impl std::error::Error for Error {}
