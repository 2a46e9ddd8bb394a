//! The text of a message's body as it is written: what a signature covers.

use super::source;

/// All that stands between the first `<Body…>` and the last `</Body>` of a message in any charset, character for character;
/// empty where there is no such text.
///
/// A comment or a section may hold these words too: then the text is more than the body, never less.
pub fn body_text(message: &[u8]) -> String {
    let Ok((charset, start)) = source::charset(message, "") else {
        return String::new();
    };
    let bytes = charset.until_nul(message.get(start..).unwrap_or_default());
    let (text, _) = source::decode(charset, bytes);
    between(&text).unwrap_or_default().to_owned()
}

fn between(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("<Body")?;
    let (_, rest) = rest.split_once('>')?;
    Some(rest.rsplit_once("</Body")?.0)
}

#[cfg(test)]
mod tests {
    use super::body_text;

    #[test]
    fn the_text_is_the_bodys_own_in_any_charset() {
        let (gbk, ..) =
            encoding_rs::GBK.encode("<request><Body a=\"1\">\r\n <名>张&amp;三</名></Body></request>");
        assert_eq!(body_text(&gbk), "\r\n <名>张&amp;三</名>");
        let utf16: Vec<u8> = "<request><Body>三</Body></request>"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(body_text(&utf16), "三");
    }

    #[test]
    fn nothing_can_be_hidden_from_it() {
        let text = body_text(b"<request><!--<Body>--><Body><a>1</a></Body><!--</Body>--></request>");
        assert!(text.contains("<a>1</a>"), "{text}");
    }

    #[test]
    fn a_message_without_a_body_has_none() {
        for message in [&b"<request><Body/></request>"[..], b"", b"<Body>", b"\xFF\xFE<"] {
            assert_eq!(body_text(message), "");
        }
    }
}
