//! Failure messages with places for what the device said.

use super::exchange::ShortText;
use std::fmt::Write as _;

/// A message with `${name}` in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Value(Name),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    Function,
    Code,
    Error,
    Advice,
}

/// What a failure message can name.
pub(super) const NAMES: [&str; 4] = ["function", "code", "error", "advice"];

/// What a device said of a failure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The function that failed.
    pub(super) function: String,
    /// Its return code, or the code in its answer.
    pub(super) code: String,
    /// Its own text, or the error table's.
    pub(super) error: String,
    /// What to do, from the error table.
    pub(super) advice: String,
    /// Whether `error` is the device's own words, which may name a patient.
    pub(super) own: bool,
}

impl Refusal {
    /// The same without the device's own words.
    pub(super) fn without_words(&self) -> Refusal {
        let error = match self.own {
            true => OWN_WORDS.to_owned(),
            false => self.error.clone(),
        };
        let is_code = ShortText::of(&self.code).is_some();
        Refusal {
            error,
            code: if is_code { self.code.clone() } else { String::new() },
            ..self.clone()
        }
    }
}

/// What stands for a device's own words where they are not to be kept.
const OWN_WORDS: &str = "（设备的说明不记）";

impl Template {
    /// Reads a template; the error is the unknown name.
    pub(super) fn parse(text: &str) -> Result<Template, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((literal, after)) = rest.split_once("${") {
            let Some((name, after)) = after.split_once('}') else {
                break;
            };
            pieces.push(Piece::Literal(literal.to_owned()));
            pieces.push(Piece::Value(match name {
                "function" => Name::Function,
                "code" => Name::Code,
                "error" => Name::Error,
                "advice" => Name::Advice,
                unknown => return Err(unknown.to_owned()),
            }));
            rest = after;
        }
        pieces.push(Piece::Literal(rest.to_owned()));
        Ok(Template(pieces))
    }

    pub(super) fn fill(&self, refusal: &Refusal) -> String {
        self.0.iter().fold(String::new(), |mut message, piece| {
            message.push_str(match piece {
                Piece::Literal(text) => text,
                Piece::Value(Name::Function) => &refusal.function,
                Piece::Value(Name::Code) => &refusal.code,
                Piece::Value(Name::Error) => &refusal.error,
                Piece::Value(Name::Advice) => &refusal.advice,
            });
            message
        })
    }
}

/// What is said where a device's script declares no `failure`.
pub(super) fn plain(refusal: &Refusal) -> String {
    let Refusal {
        function,
        code,
        error,
        advice,
        ..
    } = refusal;
    let mut message = format!("接口{function}失败[{code}]:{error}");
    if !advice.is_empty() {
        // A String takes everything.
        let _ = write!(message, "，{advice}");
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_that_name_nothing_stay() {
        let template = Template::parse("解析错误[code=${code},msg=${error}]{SERVER}").expect("known names");
        let refusal = Refusal {
            code: "40004".into(),
            error: "已过期".into(),
            ..Refusal::default()
        };
        assert_eq!(template.fill(&refusal), "解析错误[code=40004,msg=已过期]{SERVER}");
    }

    #[test]
    fn an_unknown_name_is_told() {
        assert_eq!(Template::parse("${cod}"), Err("cod".to_owned()));
    }
}
