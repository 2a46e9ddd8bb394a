//! What Lua and mlua say when something fails, in Chinese: where, what, and what to do.

mod runtime;
mod syntax;

pub(super) use syntax::syntax;

use super::error::{Mistake, RUNTIME, SYNTAX};
use crate::mask;
use mlua::Error;

/// An error of Lua's, understood.
pub(super) struct Diagnosis {
    pub(super) code: &'static str,
    /// The file that Lua names.
    pub(super) file: Option<String>,
    /// From 1; 0 where Lua names none.
    pub(super) line: usize,
    pub(super) mistake: Mistake,
    /// The name concerned, for a caret.
    pub(super) word: Option<String>,
}

/// Reads an error of a call.
pub(super) fn of(error: &Error) -> Diagnosis {
    let (cause, traceback) = root(error);
    let words = match cause {
        Error::SyntaxError { message, .. } | Error::RuntimeError(message) | Error::MemoryError(message) => {
            message.clone()
        }
        other => other.to_string(),
    };
    // mlua's own handler puts the frames behind the message.
    let (message, frames) = words.split_once("\nstack traceback:").unwrap_or((&words, ""));
    let message = message.lines().next().unwrap_or_default();
    let (place, message) = match placed(message) {
        Some((file, line, rest)) => (Some((file, line)), rest),
        // An error of a host function knows its place only by who called it: the first frame that is a script's.
        None => {
            let mut frames = frames.lines().chain(traceback.lines());
            let caller = frames.find_map(|frame| placed(frame.trim()));
            (caller.map(|(file, line, _)| (file, line)), message)
        }
    };
    let (mistake, word) = explain(cause, message);
    Diagnosis {
        code: if matches!(cause, Error::SyntaxError { .. }) {
            SYNTAX
        } else {
            RUNTIME
        },
        file: place.map(|(file, _)| file.to_owned()),
        line: place.map_or(0, |(_, line)| line),
        mistake,
        word,
    }
}

/// The error below the callbacks that passed it on, and the frames at the innermost of them.
fn root(error: &Error) -> (&Error, &str) {
    match error {
        Error::CallbackError { traceback, cause } => match root(cause) {
            (cause, "") => (cause, traceback),
            inner => inner,
        },
        Error::WithContext { cause, .. } => root(cause),
        other => (other, ""),
    }
}

fn explain(cause: &Error, message: &str) -> (Mistake, Option<String>) {
    match cause {
        Error::BadArgument { pos, cause, .. } => {
            let mistake = match &**cause {
                Error::FromLuaConversionError { from, to, .. } => runtime::argument(*pos, to, from),
                other => Mistake::new(format!("第{pos}个参数不正确（{other}）"), ""),
            };
            (mistake, Some("mps.".to_owned()))
        }
        Error::FromLuaConversionError { from, to, .. } => {
            let (wanted, given) = (runtime::kind(to), runtime::kind(from));
            (
                Mistake::new(
                    format!("函数应返回{wanted}，实为{given}"),
                    "请检查函数的每条路径都有return",
                ),
                None,
            )
        }
        Error::MemoryError(_) => runtime::explain("not enough memory"),
        _ => {
            let (mistake, word) = runtime::explain(message);
            let masked = Mistake::new(mask::text(&mistake.what).into_owned(), mistake.advice);
            (masked, word)
        }
    }
}

/// Takes Lua's `file:line: text` apart.
fn placed(message: &str) -> Option<(&str, usize, &str)> {
    let (file, rest) = message.split_once(".lua:")?;
    let (line, text) = rest.split_once(':')?;
    // A path in a script's own words is no place.
    if file.contains(char::is_whitespace) {
        return None;
    }
    Some((
        &message[..file.len() + ".lua".len()],
        line.parse().ok()?,
        text.trim_start(),
    ))
}
