//! Responses, against the specification's samples.

use mps_client::message::{Charset, DEFAULT_SIGN, Header, Layout, Response, ResponseField};

use super::gbk;

fn field<'n>(name: &'n str, value: &'n str, layout: Layout) -> ResponseField<'n> {
    ResponseField {
        name: name.into(),
        value: value.into(),
        layout,
    }
}

fn response<'n>(result: &str, msg: &str, body: Vec<ResponseField<'n>>) -> Response<'n> {
    let header = Header {
        funid: "N04.00.00.01".into(),
        sign: DEFAULT_SIGN.into(),
    };
    Response {
        charset: Charset::Gbk,
        header,
        result: result.to_owned().into(),
        msg: msg.to_owned().into(),
        body,
    }
}

/// What is written for a response with this one field, from its tag to the end of its line.
fn written(name: &str, value: &str, layout: Layout) -> String {
    let bytes = response("0", "", vec![field(name, value, layout)])
        .encode()
        .expect("it can be written");
    let text = Charset::Gbk.decode(&bytes).expect("it is GBK").into_owned();
    let (begin, end) = (
        text.find("<Body>\n").expect("a body"),
        text.rfind("\n    </Body>").expect("its end"),
    );
    text[begin + "<Body>\n".len()..end]
        .trim_start_matches(' ')
        .to_owned()
}

/// Asserts that the response is written as the vector stands, and that the vector reads back to it.
fn assert_sample(expected: &Response, vector: &[u8]) {
    let bytes = expected.encode().expect("it can be written");
    assert_eq!(String::from_utf8_lossy(&bytes), String::from_utf8_lossy(vector));
    assert_eq!(bytes, vector);
    assert_eq!(Response::decode(vector).as_ref(), Ok(expected));
}

#[test]
fn the_specifications_card_responses() {
    fn card(values: [&str; 4]) -> Vec<ResponseField<'_>> {
        let names = ["idcard_no", "card_no", "name", "card_code"];
        let named = names.iter().zip(values);
        named
            .map(|(name, value)| field(name, value, Layout::Inline))
            .collect()
    }
    assert_sample(
        &response(
            "0",
            "操作成功",
            card(["XXXXXXXX", "DGXXXXXX", "XXX", "XXXXXXXXXXXXXXXXXXXX"]),
        ),
        include_bytes!("../vectors/response-card-ok.xml"),
    );
    assert_sample(
        &response("-1", "接口SSC_Open 失败:设备未打开！", card([""; 4])),
        include_bytes!("../vectors/response-card-failed.xml"),
    );
}

#[test]
fn the_specifications_credential_responses() {
    let vector = include_bytes!("../vectors/response-credential-ok.xml");
    let whole = Charset::Gbk.decode(vector).expect("it is GBK").into_owned();
    let begin = whole.find("<out_put>\n").expect("the block") + "<out_put>\n".len();
    let end = whole.find("\n        </out_put>").expect("the end of the block");
    assert_sample(
        &response(
            "0",
            "操作成功",
            vec![field("out_put", &whole[begin..end], Layout::Block)],
        ),
        vector,
    );
    let msg = "电子凭证解析错误[code=40004,msg=结算支付码已过期，请重新获取[8ac6008e81d81271018381d21f2b4097]]{SERVER}";
    assert_sample(
        &response("-1", msg, vec![field("out_put", "", Layout::Block)]),
        include_bytes!("../vectors/response-credential-failed.xml"),
    );
}

#[test]
fn an_empty_message_is_laid_out_like_a_full_one() {
    let empty = Response {
        header: Header::default(),
        ..response("", "", Vec::new())
    };
    let text = "<?xml version=\"1.0\" encoding=\"GBK\" ?>\n<response>\n    <Header>\n        <funid></funid>\n        \
        <sign>0000000000000000</sign>\n        <result></result>\n        <msg></msg>\n    </Header>\n    <Body>\n    \
        </Body>\n</response>";
    assert_eq!(empty.encode().expect("it can be written"), text.as_bytes());
}

#[test]
fn every_charset_carries_its_label_and_no_byte_order_mark() {
    for charset in Charset::ALL {
        let bytes = Response {
            charset,
            ..response("0", "好", Vec::new())
        }
        .encode()
        .expect("it can be written");
        let text = charset.decode(&bytes).expect("it is in its charset");
        let declaration = format!("<?xml version=\"1.0\" encoding=\"{}\" ?>\n", charset.label());
        assert!(
            text.starts_with(&declaration) && text.contains("<msg>好</msg>"),
            "{text}"
        );
    }
    let labels = Charset::ALL.map(Charset::label);
    assert_eq!(labels, ["GBK", "GB2312", "GB18030", "UTF-8", "UTF-16", "UTF-16"]);
    assert_eq!(Charset::ALL.map(Charset::unit), [1, 1, 1, 1, 2, 2]);
}

#[test]
fn only_what_xml_needs_is_escaped() {
    assert_eq!(
        written("a", r#"{"k":'<&>'}"#, Layout::Inline),
        r#"<a>{"k":'&lt;&amp;>'}</a>"#
    );
    assert_eq!(
        written("a", "> ]> ]]> ]]]>>", Layout::Inline),
        "<a>> ]> ]]&gt; ]]]&gt;></a>"
    );
    assert_eq!(written("a", "1\r\n2\t\n", Layout::Inline), "<a>1&#13;\n2\t\n</a>");
    assert_eq!(written("a", "&lt;", Layout::Block), "<a>\n&amp;lt;\n        </a>");
}

#[test]
fn layouts() {
    assert_eq!(written("a", "", Layout::Inline), "<a/>");
    assert_eq!(written("a", "", Layout::Block), "<a></a>");
    assert_eq!(written("a", " ", Layout::Inline), "<a> </a>");
    assert_eq!(written("a", "x", Layout::Block), "<a>\nx\n        </a>");
    // Inline text that looks like a block is told apart by its first character.
    assert_eq!(
        written("a", "\nx\n        ", Layout::Inline),
        "<a>&#10;x\n        </a>"
    );
    for value in [
        "",
        "x",
        "\n",
        "\n\n",
        "\n        ",
        "\nx\n        ",
        "\n\n        ",
        "\n \n        ",
        "\r\n",
        "        ",
    ] {
        for layout in [Layout::Inline, Layout::Block] {
            let sent = response(
                "0",
                "",
                vec![field("a", value, layout), field("b", value, layout)],
            );
            let bytes = sent.encode().expect("it can be written");
            assert_eq!(Response::decode(&bytes), Ok(sent), "{value:?} {layout:?}");
        }
    }
}

#[test]
fn fields_that_cannot_be_written_are_named_without_their_values() {
    let long = "长".repeat(41);
    let cases = [
        ("", "v", "M021", "“”"),
        ("1a", "v", "M021", "“1a”"),
        ("a b", "v", "M021", "“a b”"),
        ("a>", "v", "M021", "“a>”"),
        (&format!("{long} "), "v", "M021", "…”"),
        ("䶮", "v", "M022", "“䶮”"),
        ("name𬱖", "v", "M022", "GBK"),
        ("name", "张三\u{0}", "M023", "U+0000"),
        ("name", "张三\u{FFFE}", "M023", "“name”"),
    ];
    for (name, value, code, part) in cases {
        let error = response("0", "", vec![field(name, value, Layout::Inline)])
            .encode()
            .expect_err(name);
        assert_eq!(error.code(), code);
        assert!(
            error.to_string().contains(part) && !error.to_string().contains("张三"),
            "{error}"
        );
    }
    let rare = Response {
        charset: Charset::Gb18030,
        ..response("0", "", vec![field("䶮𬱖", "v", Layout::Inline)])
    };
    assert_eq!(
        Response::decode(&rare.encode().expect("GB18030 has them")),
        Ok(rare)
    );
}

#[test]
fn a_failure_can_always_be_told() {
    let mut failure = response("\u{1}", "坏\u{0}字\u{FFFF}]]>", Vec::new());
    failure.header = Header {
        funid: "<\u{2}>".into(),
        sign: "&\u{FFFE}".into(),
    };
    let read = Response::decode(&failure.encode().expect("it can be written")).expect("it can be read");
    assert_eq!(
        (read.header.funid.as_str(), read.header.sign.as_str()),
        ("<\u{FFFD}>", "&\u{FFFD}")
    );
    assert_eq!(
        (read.result.as_ref(), read.msg.as_ref()),
        ("\u{FFFD}", "坏\u{FFFD}字\u{FFFD}]]>")
    );
}

#[test]
fn reading_what_is_no_response_fails() {
    for (message, code) in [
        ("<response><Header><msg>好</msg></Header></response>", "M020"),
        ("<request></request>", "M006"),
        ("<response><Header>", "M008"),
    ] {
        let error = Response::decode(&gbk(message)).expect_err(message);
        assert_eq!(error.code(), code);
        assert!(error.to_string().starts_with("返回报文"), "{error}");
    }
}
