//! What holds for every message.

use mps_client::message::{
    Charset, DEFAULT_SIGN, Field, Header, Layout, Rejected, Request, Response, ResponseField,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::{REQUEST, gbk, request};

/// Text of characters that XML allows, rich in those that reading and writing treat specially.
fn value() -> impl Strategy<Value = String> {
    let special = select(vec![
        "&",
        "<",
        ">",
        "]",
        "]]>",
        "\r",
        "\n",
        "\r\n",
        "\t",
        " ",
        "\n        ",
        "&#10;",
        "&amp;",
        "<![CDATA[",
        "<!--",
        "</a>",
        "中",
        "“",
        "䶮",
        "𬱖",
        "\u{E000}",
        "\u{FEFF}",
        "\u{FFFD}",
        "\u{85}",
        "\u{2028}",
        "€",
        "\"",
        "'",
    ]);
    let any = "[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]";
    vec(
        prop_oneof![
            special.prop_map(str::to_owned),
            any,
            "[ -~]{1,40}",
            "[一-龥]{1,20}"
        ],
        0..8,
    )
    .prop_map(|parts| parts.concat())
}

/// Names that every charset can write.
fn name() -> impl Strategy<Value = String> {
    "[a-zA-Z_一-龥][a-zA-Z0-9_.一-龥-]{0,12}"
}

fn charset() -> impl Strategy<Value = Charset> {
    select(Charset::ALL.to_vec())
}

/// What must hold of anything at all that a caller passes.
fn assert_answered(bytes: &[u8]) {
    let answer = match Request::decode(bytes) {
        Ok(Request { charset, header, .. }) => Response {
            charset,
            header,
            result: "0".into(),
            msg: "".into(),
            body: Vec::new(),
        },
        Err(Rejected {
            charset,
            header,
            error,
        }) => {
            let msg = error.to_string();
            assert!(error.code().starts_with('M') && !msg.is_empty());
            Response {
                charset,
                header,
                result: "-1".into(),
                msg: msg.into(),
                body: Vec::new(),
            }
        }
    };
    let written = answer.encode().expect("a header can always be written");
    let read = Response::decode(&written).expect("what is written can be read");
    assert_eq!(read, answer);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_response_that_can_be_written_reads_back(
        charset in charset(),
        msg in value(),
        body in vec((name(), value(), select(vec![Layout::Inline, Layout::Block])), 0..5),
    ) {
        let body = body.into_iter().map(|(name, value, layout)| ResponseField { name: name.into(), value: value.into(), layout }).collect();
        let header = Header { funid: "N04".into(), sign: DEFAULT_SIGN.into() };
        let response = Response { charset, header, result: "-1".into(), msg: msg.into(), body };
        let bytes = response.encode().expect("it can be written");
        prop_assert_eq!(Response::decode(&bytes), Ok(response));
    }

    #[test]
    fn a_request_that_can_be_written_reads_back(charset in charset(), body in vec((name(), value()), 0..5)) {
        let body = body.into_iter().map(|(name, value)| Field { name: name.into(), value: value.into(), nested: false }).collect();
        let header = Header { funid: "N04".into(), sign: DEFAULT_SIGN.into() };
        let request = Request { charset, header, body };
        let bytes = request.encode().expect("it can be written");
        prop_assert_eq!(Request::decode(&bytes), Ok(request));
    }

    #[test]
    fn any_name_and_value_is_written_and_read_or_refused(charset in charset(), name: String, value: String) {
        let field = ResponseField { name: name.into(), value: value.into(), layout: Layout::Block };
        let header = Header::default();
        let response = Response { charset, header, result: "".into(), msg: "".into(), body: vec![field] };
        if let Ok(bytes) = response.encode() {
            prop_assert_eq!(Response::decode(&bytes), Ok(response));
        }
    }

    #[test]
    fn any_bytes_are_answered(bytes: Vec<u8>) {
        assert_answered(&bytes);
    }

    #[test]
    fn any_markup_is_answered(parts in vec(select(vec![
        "<request>", "</request>", "<Header>", "</Header>", "<Body>", "</Body>", "<funid>", "</funid>", "N04", "<sign/>",
        "<a", "<", ">", "/>", "</", "&", ";", "&#", "&#x", "lt", "<!", "<!-", "--", "->", "-->", "<![CDATA[", "]]>", "<?",
        "?>", "<??>", "<?xml ", "encoding=", "\"", "'", "=", "<!D", "<!DOCTYPE", "[", "]", " ", "\n", "9", "汉", "”",
    ]), 0..24)) {
        assert_answered(parts.concat().as_bytes());
        assert_answered(&gbk(&parts.concat()));
        assert_answered(&super::utf16le(&format!("\u{FEFF}{}", parts.concat())));
    }

    #[test]
    fn any_mutation_of_a_message_is_answered(
        charset in charset(),
        changes in vec((any::<Index>(), any::<u8>(), 0..4_u8), 1..6),
    ) {
        let body = "<姓名>张三 &amp; <![CDATA[<]]></姓名><!-- c --><?p i?><b x='1'>\r\n&#20013;</b><c><d/></c>";
        let valid = Request::decode(&gbk(&request(body))).expect("it is valid");
        let written = Request { charset, ..valid }.encode().expect("it can be written");
        for message in [written, gbk(&request(body)), REQUEST.to_vec()] {
            let mut mutated = message;
            for (index, byte, change) in &changes {
                let at = index.index(mutated.len());
                match change {
                    0 => mutated[at] = *byte,
                    1 => mutated.insert(at, *byte),
                    2 if mutated.len() > 1 => drop(mutated.remove(at)),
                    _ => mutated.truncate(at.max(1)),
                }
            }
            assert_answered(&mutated);
        }
    }
}
