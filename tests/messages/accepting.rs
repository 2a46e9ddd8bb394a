//! Requests as people send them.

use mps_client::message::{Charset, DEFAULT_SIGN, Request};

use super::{REQUEST, accept, fields, gbk, request, utf16le};

fn assert_sample(bytes: &[u8], charset: Charset) {
    let request = accept(bytes);
    assert_eq!(request.charset, charset);
    assert_eq!(request.header.funid, "N04.00.00.01");
    assert_eq!(request.header.sign, DEFAULT_SIGN);
    assert_eq!(fields(&request), [("mdtrt_cert_type", "01")]);
}

fn sample() -> &'static str {
    std::str::from_utf8(REQUEST).expect("the sample is ASCII")
}

#[test]
fn the_specifications_requests() {
    assert_sample(REQUEST, Charset::Gbk);
    let card = accept(include_bytes!("../vectors/request-card.xml"));
    assert_eq!(fields(&card), [("mdtrt_cert_type", "03")]);
}

#[test]
fn declarations_as_people_write_them() {
    let cases = [
        ("", Charset::Gbk),
        (r#"<?xml version="1.0"?>"#, Charset::Gbk),
        (r#"<?xml version="1.0" encoding="" ?>"#, Charset::Gbk),
        (r#"<?xml version="1.0" encoding="gbk"?>"#, Charset::Gbk),
        ("<?xml version='1.0' encoding='GBK'?>", Charset::Gbk),
        ("<?xml version=1.0 encoding=gbk?>", Charset::Gbk),
        ("<?xml version=1.0 encoding = cp936 ?>", Charset::Gbk),
        (
            r#"<?xml version="1.0" encoding = "936" standalone="yes"?>"#,
            Charset::Gbk,
        ),
        (r#"<?xml version="1.0" ENCODING="Gb2312"?>"#, Charset::Gb2312),
        (r#"<?xml version="1.0" encoding="GB18030"?>"#, Charset::Gb18030),
        (r#"<?xml version="1.0" encoding="utf-8"?>"#, Charset::Utf8),
        (r#"<?xml version="1.0" encoding="UTF8"?>"#, Charset::Utf8),
        // What .NET's StringWriter declares, converted to eight bits afterwards.
        (r#"<?xml version="1.0" encoding="utf-16"?>"#, Charset::Gbk),
        // Pasted out of the specification.
        ("<?xml version=”1.0” encoding=”gbk”?>", Charset::Gbk),
        ("<?xml version=“1.0” encoding=“GB2312”?>", Charset::Gb2312),
        ("<?xml version=‘1.0’ encoding=‘utf-8’?>", Charset::Utf8),
    ];
    let body = &sample()[sample().find("<request>").expect("a root")..];
    for (declaration, charset) in cases {
        for blanks in ["", " \t\r\n"] {
            let message = format!("{blanks}{declaration}{body}");
            assert_sample(&gbk(&message), charset);
            assert_sample(message.as_bytes(), charset);
        }
    }
}

#[test]
fn byte_order_marks_and_wide_characters_outrank_the_declaration() {
    let message = sample();
    let with_mark = |mark: &[u8], text: Vec<u8>| [mark, text.as_slice()].concat();
    assert_sample(
        &with_mark(b"\xEF\xBB\xBF", message.as_bytes().to_vec()),
        Charset::Utf8,
    );
    assert_sample(&with_mark(b"\xFF\xFE", utf16le(message)), Charset::Utf16Le);
    let big: Vec<u8> = message.encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert_sample(&with_mark(b"\xFE\xFF", big.clone()), Charset::Utf16Be);
    assert_sample(&big, Charset::Utf16Be);
    assert_sample(&[b"\0 \0\t\0\r\0\n", big.as_slice()].concat(), Charset::Utf16Be);
    assert_sample(&utf16le(message), Charset::Utf16Le);
    assert_sample(&utf16le(&format!(" \t\r\n{message}")), Charset::Utf16Le);
}

#[test]
fn what_follows_the_message_is_ignored() {
    let tails: [&[u8]; 7] = [
        b"   ",
        b"\r\n",
        b"\0",
        b"\0\xFF\xFF<",
        b"\xFF\x81",
        b"garbage <a> & \x01",
        b"<request>",
    ];
    for tail in tails {
        assert_sample(&[REQUEST, tail].concat(), Charset::Gbk);
    }
    assert_sample(
        &[utf16le(sample()).as_slice(), b"\0\0\0\xD8x"].concat(),
        Charset::Utf16Le,
    );
    assert_sample(
        &[utf16le(sample()).as_slice(), b"\0\xDC\0"].concat(),
        Charset::Utf16Le,
    );
}

#[test]
fn every_freedom_of_xml_but_doctype() {
    let message = "<!-- 读卡 --><?pi data?>\r\n<REQUEST version='1>0'>\r\n<!-- a & b <c> -->\
        <body a=\"1\"><mdtrt_cert_type\tx='y' ><![CDATA[0]]>1</mdtrt_cert_type ></body>\
        <Extra><funid>no</funid></Extra>\
        <HEADER><SIGN/><Version>2</Version><FunId>\r\n N04.00.<!-- -->00.0&#49; </FunId></HEADER></REQUEST>";
    assert_sample(&gbk(message), Charset::Gbk);
    let bare = accept(b"<request><Header><funid>a_B-9.</funid></Header></request>");
    assert_eq!(
        (bare.header.funid.as_str(), bare.header.sign.as_str()),
        ("a_B-9.", DEFAULT_SIGN)
    );
    assert!(bare.body.is_empty());
    let signed = request("").replace("<sign/>", "<sign> 0a1b2c3d4e5f6z7y </sign>");
    assert_eq!(accept(signed.as_bytes()).header.sign, "0a1b2c3d4e5f6z7y");
}

#[test]
fn values_are_kept_as_written() {
    let cases = [
        ("  x\t ", "  x\t "),
        ("a\r\nb\rc\nd", "a\nb\nc\nd"),
        ("a&#13;&#10;b&#x0d;", "a\r\nb\r"),
        ("\r<![CDATA[\r\n]]>", "\n\n"),
        ("&lt;&gt;&amp;&quot;&apos;&#20013;&#x20000;", "<>&\"'中\u{20000}"),
        ("<![CDATA[<a> & ]] >]]>", "<a> & ]] >"),
        ("1<!-- two -->3<?four?>5", "135"),
        ("ＡＢ，“参数值”", "ＡＢ，“参数值”"),
        (r#"{"a": "b>c"}"#, r#"{"a": "b>c"}"#),
    ];
    for (written, read) in cases {
        let decoded = accept(&gbk(&request(&format!("<参数1>{written}</参数1>"))));
        assert_eq!(fields(&decoded), [("参数1", read)], "{written:?}");
    }
}

#[test]
fn fields_keep_their_order_and_their_repetitions() {
    let decoded = accept(request("<b>1</b><a/><b>2</b>stray &amp; text<a> <c>deep</c>x<d/></a>").as_bytes());
    assert_eq!(fields(&decoded), [("b", "1"), ("a", ""), ("b", "2"), ("a", " x")]);
    assert_eq!(
        decoded.body.iter().map(|field| field.nested).collect::<Vec<_>>(),
        [false, false, false, true]
    );
}

#[test]
fn gbk_input_may_use_four_byte_codes() {
    // 𬱖 and 䶮, as a caller's GB18030 library writes them whatever it declares; 80 is the euro sign of Windows.
    let value = b"\x99\x33\xC3\x36\xFE\x9F\x80";
    let (before, after) = (request("<name>"), "</name></Body></request>");
    let before = before
        .strip_suffix("</Body></request>")
        .expect("the end of a request")
        .as_bytes();
    let decoded = accept(&[before, value, after.as_bytes()].concat());
    assert_eq!(fields(&decoded), [("name", "𬱖䶮€")]);
}

#[test]
fn limits_are_reached_before_they_are_passed() {
    // Root, Body and thirty more.
    let nested = request(&format!("{}{}", "<a>".repeat(30), "</a>".repeat(30)));
    assert!(accept(nested.as_bytes()).body[0].nested);
    // Root, Header, funid, sign and Body are five of the 4,096.
    assert_eq!(accept(request(&"<a/>".repeat(4091)).as_bytes()).body.len(), 4091);
    let longest = request("").replace("N04.00.00.01", &"x".repeat(64));
    assert_eq!(accept(longest.as_bytes()).header.funid.len(), 64);
}

#[test]
fn the_sample_is_written_as_it_stands() {
    let request = accept(REQUEST);
    assert_eq!(request.encode().expect("it can be written"), REQUEST);
    let wide = Request {
        charset: Charset::Utf16Le,
        ..request
    };
    let text = sample().replace("GBK", "UTF-16");
    assert_eq!(wide.encode().expect("it can be written"), utf16le(&text));
}
