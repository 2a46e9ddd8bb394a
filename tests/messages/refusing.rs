//! Requests that are refused: each with its code, its place, and what to do; never with a patient's data.

use mps_client::message::{Charset, DEFAULT_SIGN, Header};

use super::{REQUEST, gbk, reject, request, utf16le};

/// Asserts the code, and that the text holds all of `parts`.
#[track_caller]
fn assert_refused(message: &[u8], code: &str, parts: &[&str]) {
    let error = reject(message).error;
    assert_eq!(error.code(), code, "{error}");
    for part in parts {
        assert!(error.to_string().contains(part), "{part} is not in: {error}");
    }
}

#[test]
fn structure() {
    let cases: &[(&str, &str, &[&str])] = &[
        ("", "M003", &["请求报文是空的"]),
        (" \r\n ", "M003", &[]),
        ("报文：<request/>", "M004", &["第1行第1列", "去掉"]),
        ("\n &amp;<request/>", "M004", &["第2行第2列"]),
        ("</request>", "M004", &["第1行第1列"]),
        ("<?xml version='1.0'?><!-- -->", "M005", &["request"]),
        (
            "\n<Response/>",
            "M006",
            &["第2行第1列", "Response", "应为request"],
        ),
        ("<request><Header><fun", "M007", &["第1行第18列", "截断"]),
        ("<request><Header a=\"1>", "M007", &["第1行第10列"]),
        ("<request><!-- ", "M007", &["第1行第10列"]),
        ("<request><![CDATA[", "M007", &[]),
        ("<?xml version='1.0'>", "M007", &["第1行第1列"]),
        ("<request><", "M007", &["第1行第10列"]),
        ("<request><!", "M007", &["第1行第10列"]),
        (
            "<request>\n    <Header>\n        <sign>00",
            "M008",
            &["第3行第9列：元素sign没有结束标记", "请检查"],
        ),
        ("<request>", "M008", &["元素request"]),
        (
            "<request><Header></Body></request>",
            "M009",
            &["第1行第18列", "Header的结束标记", "第1行第10列"],
        ),
        ("<request><Header></header></request>", "M009", &["大小写"]),
        ("<request><1/></request>", "M010", &["第1行第10列", "小于号"]),
        ("<request><></></request>", "M010", &[]),
        ("<request><!x></request>", "M010", &[]),
        ("<request><![x]]></request>", "M010", &[]),
        ("<!DOCTYPE request><request/>", "M011", &["DOCTYPE", "第1行第1列"]),
        ("<!DOCTYPE request [<!ENTITY a 'b'>]><request/>", "M011", &[]),
        ("<!DOCTYPE><request/>", "M011", &[]),
        ("<!doctype", "M011", &[]),
        ("<request/>", "M017", &["funid", "N04.00.00.01"]),
        (
            "<request><Header><funid> </funid></Header></request>",
            "M017",
            &[],
        ),
        ("<request><Body><funid>N04</funid></Body></request>", "M017", &[]),
    ];
    for (message, code, parts) in cases {
        assert_refused(&gbk(message), code, parts);
        assert_refused(&utf16le(&format!("\u{FEFF}{message}")), code, parts);
    }
}

#[test]
fn references_and_characters() {
    let cases: &[(&str, &str, &[&str])] = &[
        ("&nbsp;", "M012", &["元素name", "amp"]),
        ("&;", "M012", &[]),
        ("a & b", "M012", &["第1行第75列"]),
        ("&a&amp;", "M012", &[]),
        ("&#;", "M012", &[]),
        ("&#+65;", "M012", &[]),
        ("&#xZ;", "M012", &[]),
        ("&#1A;", "M012", &[]),
        ("&#0;", "M013", &["U+0000", "第1行第73列"]),
        ("&#x1F;", "M013", &["U+001F"]),
        ("&#xD800;", "M013", &["U+D800"]),
        ("&#xFFFE;", "M013", &[]),
        ("&#x110000;", "M013", &[]),
        ("汉\u{1}字", "M013", &["U+0001", "第1行第74列", "控制字符"]),
        ("<!-- \u{B} -->", "M013", &["U+000B"]),
        ("\u{8}</mismatched>", "M013", &["U+0008"]),
    ];
    for (value, code, parts) in cases {
        assert_refused(&gbk(&request(&format!("<name>{value}</name>"))), code, parts);
    }
    assert_refused(
        request("<a>，\u{FFFF}</a>")
            .replace("<req", "\u{FEFF}<req")
            .as_bytes(),
        "M013",
        &["U+FFFF"],
    );
}

#[test]
fn excess_and_repetition() {
    let deep = request(&"<a>".repeat(31));
    assert_refused(deep.as_bytes(), "M014", &["元素a", "32层", "第1行第157列"]);
    assert_refused(request(&"<a/>".repeat(4092)).as_bytes(), "M015", &["4096个"]);
    let valid = request("");
    for (once, twice, name) in [
        ("<sign/>", "<sign/><Sign/>", "Sign"),
        ("<sign/>", "<funid/>", "funid"),
        ("<Body>", "<Body/><Body>", "Body"),
        ("<Body>", "<header/><Body>", "header"),
    ] {
        assert_refused(valid.replace(once, twice).as_bytes(), "M016", &[name, "重复"]);
    }
}

#[test]
fn wrong_header_values_are_told_and_echoed() {
    let with = |funid: &str, sign: &str| {
        format!("<request><Header><sign>{sign}</sign><funid> {funid} </funid></Header></request>")
    };
    for funid in ["N04 00", "N04/00", "功能", "../x", "a\nb"] {
        let rejected = reject(&gbk(&with(funid, "0123456789abcdef")));
        assert_eq!(
            (rejected.error.code(), rejected.header.funid.as_str()),
            ("M018", funid)
        );
        assert_eq!(rejected.header.sign, "0123456789abcdef");
    }
    for sign in [
        "0",
        "000000000000000A",
        "00000000000000000",
        "00000000-0000000",
        "签名",
    ] {
        let rejected = reject(&gbk(&with("N04", sign)));
        assert_eq!(
            (rejected.error.code(), rejected.header.sign.as_str()),
            ("M019", sign)
        );
        assert_eq!(rejected.header.funid, "N04");
    }
    let (long, just_fits) = ("x".repeat(65), "签".repeat(64));
    let rejected = reject(with(&long, &long).as_bytes());
    assert_eq!(
        (rejected.error.code(), rejected.header),
        ("M018", Header::default())
    );
    assert!(
        rejected
            .error
            .to_string()
            .contains(&format!("“{}…”", "x".repeat(40)))
    );
    assert_eq!(reject(&gbk(&with("N04", &just_fits))).header.sign, just_fits);
    let unwritable = reject(with("N\u{1}", "s\u{1}").as_bytes());
    assert_eq!(
        (unwritable.error.code(), unwritable.header),
        ("M013", Header::default())
    );
}

#[test]
fn the_header_survives_a_broken_body() {
    let expected = Header {
        funid: "N04.00.00.01".into(),
        sign: "abcdefghijklmnop".into(),
    };
    let valid = request("").replace("<sign/>", "<sign>abcdefghijklmnop</sign>");
    let whole = gbk(&format!("<?xml version='1.0' encoding='GBK'?>{valid}"));
    let at = whole.len() - "</Body></request>".len();
    let broken: [(&[u8], &str); 6] = [
        (b"<a>", "M009"),
        (b"<a", "M007"),
        (b"&x;", "M012"),
        (b"<a>\xFF</a>", "M002"),
        (b"\x02", "M013"),
        (b"\0", "M008"),
    ];
    for (insert, code) in broken {
        let mut message = whole.clone();
        message.splice(at..at, insert.iter().copied());
        if insert == b"<a" {
            message.truncate(at + insert.len());
        }
        let rejected = reject(&message);
        assert_eq!(
            (rejected.error.code(), rejected.header),
            (code, expected.clone()),
            "{insert:?}"
        );
        assert_eq!(rejected.charset, Charset::Gbk);
    }
}

#[test]
fn an_unknown_charset_is_named_and_answered_in_gbk() {
    for label in ["big5", "ISO-8859-1", "中文", "gbkk", "utf-32"] {
        let declaration = format!("<?xml version=\"1.0\" encoding=\"{label}\" ?>");
        let message = String::from_utf8_lossy(REQUEST)
            .replace("<?xml version=\"1.0\" encoding=\"GBK\" ?>", &declaration);
        let rejected = reject(&gbk(&message));
        assert_eq!((rejected.error.code(), rejected.charset), ("M001", Charset::Gbk));
        assert!(
            rejected.error.to_string().contains(&format!("“{label}”")),
            "{}",
            rejected.error
        );
        assert_eq!(rejected.header.funid, "N04.00.00.01");
    }
}

#[test]
fn invalid_bytes_are_told_by_their_offset_in_the_whole_request() {
    let insert = |prefix: &[u8], before: &str, bad: &[u8], charset: Charset, offset: usize| {
        let message = [prefix, before.as_bytes(), bad, b"</a></Body></request>"].concat();
        let rejected = reject(&message);
        assert_eq!((rejected.error.code(), rejected.charset), ("M002", charset));
        let place = format!("偏移{offset}字节");
        assert!(
            rejected.error.to_string().contains(&place),
            "{place}: {}",
            rejected.error
        );
        assert_eq!(rejected.header.funid, "N04.00.00.01");
        assert_eq!(rejected.header.sign, DEFAULT_SIGN);
    };
    let valid = request("<a>x");
    let before = valid
        .strip_suffix("</Body></request>")
        .expect("the end of a request");
    let at = before.len();
    for bad in [
        b"\xFF".as_slice(),
        b"\x81\x20",
        b"\x81\x30\x81\x20",
        b"\x81\x30\x20",
        b"\xFD\x30\x81\x30",
        b"\x81",
    ] {
        insert(b"", before, bad, Charset::Gbk, at);
    }
    for bad in [b"\xFF".as_slice(), b"\xE4\xB8", b"\xC0\x80", b"\xED\xA0\x80"] {
        insert(b"\xEF\xBB\xBF", before, bad, Charset::Utf8, at + 3);
    }
    for (bad, mark) in [(0xD800_u16, true), (0xDC00, true), (0xDC00, false)] {
        let mut units: Vec<u16> = before.encode_utf16().collect();
        units.push(bad);
        units.extend("</a></Body></request>".encode_utf16());
        let (prefix, charset): (&[u8], _) = if mark {
            (b"\xFE\xFF", Charset::Utf16Be)
        } else {
            (b"", Charset::Utf16Le)
        };
        let bytes = |unit: u16| {
            if mark {
                unit.to_be_bytes()
            } else {
                unit.to_le_bytes()
            }
        };
        let message = [prefix, &units.into_iter().flat_map(bytes).collect::<Vec<u8>>()].concat();
        let rejected = reject(&message);
        assert_eq!((rejected.error.code(), rejected.charset), ("M002", charset));
        let place = format!("偏移{}字节", prefix.len() + 2 * at);
        assert!(
            rejected.error.to_string().contains(&place),
            "{place}: {}",
            rejected.error
        );
    }
}

#[test]
fn what_is_wrong_before_an_invalid_byte_comes_first() {
    assert_refused(b"<request><a></b>\xFF</request>", "M009", &[]);
    assert_refused(b"<!DOCTYPE \xFF", "M011", &[]);
    assert_refused(b"<request>\x01\xFF</request>", "M013", &[]);
    assert_refused(b"<request>&\xFF;</request>", "M002", &[]);
}

#[test]
fn a_request_cut_at_any_byte_is_refused_and_says_so() {
    for length in 0..REQUEST.len() {
        let code = reject(&REQUEST[..length]).error.code();
        assert!(
            ["M003", "M005", "M007", "M008"].contains(&code),
            "{length}: {code}"
        );
    }
}

#[test]
fn patients_data_never_stands_in_an_error() {
    let secret = "张三350203";
    for body in [
        format!("<a>{secret}"),
        format!("<a>{secret}</b>"),
        format!("<a>{secret}&{secret};</a>"),
        format!("<a>&{secret}</a>"),
        format!("<a>1<{secret}=</a>"),
        format!("<a>1</{secret}></a>"),
        format!("<a>{secret}\u{1}</a>"),
        format!("<a b='{secret}></a>"),
        format!("<a><![CDATA[{secret}</a>"),
    ] {
        let error = reject(&gbk(&request(&body))).error;
        assert!(!error.to_string().contains(secret), "{error}");
    }
}
