//! What a device's method gave: the fields that a mapping picks from.

use super::failure::Failure;
use mlua::{Table, Value};
use serde_json::Value as Json;
use std::borrow::Cow;

/// A method's result.
pub(super) enum Record {
    /// Named texts.
    Fields(Vec<(String, String)>),
    /// A JSON answer, whole under one name and by path.
    Json {
        whole: String,
        text: String,
        parsed: Json,
    },
}

impl Record {
    /// The field that a mapping names; `None` where the record has none of that name.
    pub(super) fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        match self {
            Record::Fields(fields) => {
                let field = fields.iter().find(|(known, _)| known == name);
                field.map(|(_, value)| Cow::Borrowed(value.as_str()))
            }
            Record::Json { whole, text, .. } if whole == name => Some(Cow::Borrowed(text)),
            Record::Json { parsed, .. } => json_text(parsed, name),
        }
    }

    /// The fields of the table that a Lua method returned.
    pub(super) fn of_table(table: &Table) -> Result<Record, Failure> {
        let mut fields = Vec::new();
        for pair in table.pairs::<String, Value>() {
            let (name, value) = pair.map_err(|_| Failure::new("设备方法返回的表，键应为字段名"))?;
            match value.to_string() {
                Ok(text) if !value.is_table() => fields.push((name, text)),
                _ => return Err(Failure::new(format!("设备方法返回的{name}应为文本或数字"))),
            }
        }
        Ok(Record::Fields(fields))
    }
}

/// The text at a dotted path. Vendors put JSON into strings inside JSON: a path leads into those too.
pub(super) fn json_text<'a>(json: &'a Json, path: &str) -> Option<Cow<'a, str>> {
    let (first, rest) = path
        .split_once('.')
        .map_or((path, None), |(first, rest)| (first, Some(rest)));
    let value = json.get(first)?;
    match (value, rest) {
        // Some vendors write nothing as the word.
        (Json::String(text), None) if text != "null" => Some(Cow::Borrowed(text)),
        (Json::String(_) | Json::Null, None) => Some(Cow::Borrowed("")),
        (value, None) => Some(Cow::Owned(value.to_string())),
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

    #[test]
    fn a_path_leads_through_objects_and_through_json_inside_strings() {
        let json: Json = serde_json::from_str(
            r#"{"code":0,"data":"{\"idNo\":\"X1\"}","o":{"n":null,"w":"null","b":[1]}}"#,
        )
        .expect("valid JSON");
        assert_eq!(json_text(&json, "code").as_deref(), Some("0"));
        assert_eq!(json_text(&json, "data.idNo").as_deref(), Some("X1"));
        assert_eq!(json_text(&json, "o.n").as_deref(), Some(""));
        assert_eq!(json_text(&json, "o.w").as_deref(), Some(""));
        assert_eq!(json_text(&json, "o.b").as_deref(), Some("[1]"));
        assert_eq!(json_text(&json, "data.name"), None);
        assert_eq!(json_text(&json, "code.x"), None);
    }
}
