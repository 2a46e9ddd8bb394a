//! One text out of a vendor's JSON, without making values of the rest. All of it is looked at: JSON that is cut off is none.

mod scan;

use super::record::{as_text, steps};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value as Json;
use std::fmt;

/// The text at a dotted path, as [`json_text`](super::record::json_text) gives it of the values; the error is text that is no JSON.
pub(super) fn text_at(text: &str, path: &str) -> serde_json::Result<Option<String>> {
    match scan::text_at(text, path) {
        Some(found) => Ok(found.map(str::to_owned)),
        None => read(text, path),
    }
}

/// The same by serde_json, which reads any JSON and knows what is wrong with what is none.
fn read(text: &str, path: &str) -> serde_json::Result<Option<String>> {
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
        Ok(text_at(text, self.0).ok().flatten())
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

#[cfg(test)]
mod tests {
    use super::{read, scan};
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    fn assert_same(text: &str) {
        for path in ["code", "a", "b.c", "", "code.x"] {
            let Some(found) = scan::text_at(text, path) else {
                continue;
            };
            let known = read(text, path).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(found, known.as_deref(), "{text}: {path}");
        }
    }

    #[test]
    fn a_code_is_seen_at_a_glance() {
        for (text, code) in [
            (r#"{"code":0,"message":"成功"}"#, Some("0")),
            (
                " {\n\t\"data\" : {\"code\":1,\"x\":[1.5e-3,true,null,\"\\u4e2d\\n\",[],{}]}, \"code\" : \"0000\" }\r\n",
                Some("0000"),
            ),
            (r#"{"code":1,"code":null}"#, Some("")),
            (r#"{"code":"null"}"#, Some("")),
            (r#"{"code":false}"#, Some("false")),
            (r#"{"data":{"code":1}}"#, None),
            ("{}", None),
        ] {
            assert_eq!(scan::text_at(text, "code"), Some(code), "{text}");
            assert_same(text);
        }
    }

    #[test]
    fn what_is_no_json_is_never_taken_for_some() {
        let whole = r#"{"code":0,"a":{"b":[1,-0.5E+7,"x\"\u00e9"]},"c":true,"d":null}"#;
        assert!(scan::text_at(whole, "code").is_some());
        for (at, _) in whole.char_indices() {
            for other in [
                "", ",", ":", "\"", "\\", "{", "}", "[", "]", "0", "-", ".", "e", "t", " ", "\n", "\u{1}",
                "中",
            ] {
                let (before, behind) = whole.split_at(at);
                assert_same(&format!("{before}{other}{behind}"));
                assert_same(&format!("{before}{other}{}", behind.get(1..).unwrap_or_default()));
            }
            assert_same(&whole[..at]);
        }
        assert_eq!(scan::text_at(&"[".repeat(100_000), "code"), None);
        assert_eq!(scan::text_at(&"{\"a\":".repeat(100_000), "code"), None);
    }

    proptest! {
        #[test]
        fn what_is_seen_is_what_is_read(parts in vec(select(vec![
            "{", "}", "[", "]", ",", ":", "\"code\":", "\"a\":", "\"b\":{\"c\":1}", "0", "01", "-", "1.5", "1.", "2e5", "true", "nul", "null",
            "\"\"", "\"x\"", "\"\\n\"", "\"\\u12\"", " ", "\"",
        ]), 0..12)) {
            let inside = parts.concat();
            assert_same(&inside);
            assert_same(&format!("{{\"code\":{inside}}}"));
            assert_same(&format!("{{\"a\":1,{inside}}}"));
        }
    }
}
