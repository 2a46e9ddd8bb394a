//! What a device's method gave: the fields that a mapping picks from.

use super::failure::Failure;
use mlua::{Table, Value};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value as Json;
use std::borrow::Cow;
use std::fmt;
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

/// The same in JSON text, without making values of what is not asked for; the error is text that is no JSON.
pub(super) fn json_text_in(text: &str, path: &str) -> serde_json::Result<Option<String>> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let picked = Pick(path).deserialize(&mut reader)?;
    reader.end()?;
    Ok(picked)
}

/// Takes the text at a path out of the JSON that it is given.
struct Pick<'p>(&'p str);

impl<'de> DeserializeSeed<'de> for Pick<'_> {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Pick<'_> {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let (first, rest) = steps(self.0);
        let mut picked = None;
        while let Some(wanted) = object.next_key_seed(Is(first))? {
            match (wanted, rest) {
                (false, _) => drop(object.next_value::<IgnoredAny>()?),
                (true, Some(rest)) => picked = object.next_value_seed(Pick(rest))?,
                (true, None) => picked = Some(as_text(&object.next_value::<Json>()?).into_owned()),
            }
        }
        Ok(picked)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    /// A path leads into JSON inside a string too.
    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(json_text_in(text, self.0).ok().flatten())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

/// Whether a member's name is this.
struct Is<'p>(&'p str);

impl<'de> DeserializeSeed<'de> for Is<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, name: D) -> Result<bool, D::Error> {
        name.deserialize_str(self)
    }
}

impl Visitor<'_> for Is<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<bool, E> {
        Ok(name == self.0)
    }
}

/// The first step of a path, and what is left of it.
fn steps(path: &str) -> (&str, Option<&str>) {
    path.split_once('.')
        .map_or((path, None), |(first, rest)| (first, Some(rest)))
}

/// A value as a field has it.
fn as_text(value: &Json) -> Cow<'_, str> {
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

    #[test]
    fn a_path_leads_through_objects_and_through_json_inside_strings() {
        let text = r#"{"code":0,"data":"{\"idNo\":\"X1\"}","o":{"n":null,"w":"null","b":[1],"f":1.50,"i":-1,"g":1e400},"l":[{"a":1}],"b":true,"t":"x"}"#;
        let json: Json = serde_json::from_str(text).expect("valid JSON");
        let paths = "code code.x data.idNo o.n o.w o.b o.f o.f.x o.i.x o.g.x o data data.name l.a l b.x b t t.x nothing o.nothing";
        for path in paths.split(' ') {
            let picked = json_text_in(text, path).expect("valid JSON");
            assert_eq!(picked.as_deref(), json_text(&json, path).as_deref(), "{path}");
        }
        assert!(json_text_in("{\"code\":0,\"data\":", "code").is_err(), "cut off");
        assert_eq!(json_text(&json, "code").as_deref(), Some("0"));
        assert_eq!(json_text(&json, "data.idNo").as_deref(), Some("X1"));
        assert_eq!(json_text(&json, "o.n").as_deref(), Some(""));
        assert_eq!(json_text(&json, "o.w").as_deref(), Some(""));
        assert_eq!(json_text(&json, "o.b").as_deref(), Some("[1]"));
        assert_eq!(json_text(&json, "data.name"), None);
        assert_eq!(json_text(&json, "code.x"), None);
    }
}
