//! What a device's method gave: the fields that a mapping picks from.

use super::failure::Failure;
use mlua::{Table, Value};
use serde_json::Value as Json;
use std::borrow::Cow;
use std::ops::Range;

/// A method's result, by names that a plan holds or the result itself.
pub(super) enum Record<'p> {
    /// Named texts.
    Fields(Vec<(Cow<'p, str>, String)>),
    /// Pieces of a text: the first has the first name.
    Pieces {
        names: &'p [String],
        text: String,
        pieces: Vec<Range<usize>>,
    },
    /// A JSON answer, whole under one name and by path.
    Json {
        whole: &'p str,
        text: String,
        /// `None` where nothing but the whole is asked for.
        parsed: Option<Json>,
    },
}

impl Record<'_> {
    /// The field that a mapping names; `None` where the record has none of that name.
    pub(super) fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        match self {
            Record::Fields(fields) => {
                let field = fields.iter().find(|(known, _)| known == name);
                field.map(|(_, value)| Cow::Borrowed(value.as_str()))
            }
            Record::Pieces { names, text, pieces } => {
                let at = names.iter().position(|known| known == name)?;
                text.get(pieces.get(at)?.clone()).map(Cow::Borrowed)
            }
            Record::Json { whole, text, .. } if *whole == name => Some(Cow::Borrowed(text)),
            Record::Json { parsed, .. } => json_text(parsed.as_ref()?, name),
        }
    }

    /// The fields of the table that a Lua method returned.
    pub(super) fn of_table(table: &Table) -> Result<Record<'static>, Failure> {
        let mut fields = Vec::new();
        for pair in table.pairs::<String, Value>() {
            let (name, value) = pair.map_err(|_| Failure::new("设备方法返回的表，键应为字段名"))?;
            match value.to_string() {
                Ok(text) if !value.is_table() => fields.push((Cow::Owned(name), text)),
                _ => return Err(Failure::new(format!("设备方法返回的{name}应为文本或数字"))),
            }
        }
        Ok(Record::Fields(fields))
    }
}

/// The first step of a path, and what is left of it.
pub(super) fn steps(path: &str) -> (&str, Option<&str>) {
    path.split_once('.')
        .map_or((path, None), |(first, rest)| (first, Some(rest)))
}

/// A value as a field has it.
pub(super) fn as_text(value: &Json) -> Cow<'_, str> {
    match value {
        // Some vendors write nothing as the word.
        Json::String(text) if text != "null" => Cow::Borrowed(text),
        Json::String(_) | Json::Null => Cow::Borrowed(""),
        value => Cow::Owned(value.to_string()),
    }
}

/// The text at a dotted path. Vendors put JSON into strings inside JSON: a path leads into those too.
pub(super) fn json_text<'a>(json: &'a Json, path: &str) -> Option<Cow<'a, str>> {
    let (first, rest) = steps(path);
    let value = json.get(first)?;
    match (value, rest) {
        (value, None) => Some(as_text(value)),
        (Json::String(inner), Some(rest)) => {
            let inner: Json = serde_json::from_str(inner).ok()?;
            json_text(&inner, rest).map(|text| Cow::Owned(text.into_owned()))
        }
        (value, Some(rest)) => json_text(value, rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::json_pick;

    #[test]
    fn a_path_leads_through_objects_and_through_json_inside_strings() {
        let text = r#"{"code":0,"data":"{\"idNo\":\"X1\"}","o":{"n":null,"w":"null","b":[1],"f":1.50,"i":-1,"g":1e400},"l":[{"a":1}],"b":true,"t":"x"}"#;
        let json: Json = serde_json::from_str(text).expect("valid JSON");
        let paths = "code code.x data.idNo o.n o.w o.b o.f o.f.x o.i.x o.g.x o data data.name l.a l b.x b t t.x nothing o.nothing";
        for path in paths.split(' ') {
            let picked = json_pick::text_at(text, path).expect("valid JSON");
            assert_eq!(picked.as_deref(), json_text(&json, path).as_deref(), "{path}");
        }
        assert!(
            json_pick::text_at("{\"code\":0,\"data\":", "code").is_err(),
            "cut off"
        );
        assert_eq!(json_text(&json, "code").as_deref(), Some("0"));
        assert_eq!(json_text(&json, "data.idNo").as_deref(), Some("X1"));
        assert_eq!(json_text(&json, "o.n").as_deref(), Some(""));
        assert_eq!(json_text(&json, "o.w").as_deref(), Some(""));
        assert_eq!(json_text(&json, "o.b").as_deref(), Some("[1]"));
        assert_eq!(json_text(&json, "data.name"), None);
        assert_eq!(json_text(&json, "code.x"), None);
    }
}
