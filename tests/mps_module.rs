//! What scripts reach with the `mps` module, on the shapes that vendors really send, through whole calls.

mod desk;

use desk::Desk;
use mps_client::engine::{Answer, Engine, Overrides};
use mps_client::message::Response;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

const REQUEST: &[u8] = b"<request><Header><funid>T01</funid></Header><Body/></request>";

/// A desk whose function id T01 answers with what `body` returns, as field `out`. A real library stands behind its device.
fn probe(config: &str, body: &str) -> Desk {
    let desk = Desk::new(&format!("{config}\n[device.probe]\nfolder = 'vendor'\n"));
    desk.install_vendors();
    desk.write(
        "scripts/funids/T01.lua",
        "return mps.funid { title = '试', call = 'probe.try', response = { { 'out', from = 'out', title = '结果' } } }",
    );
    desk.write(
        "scripts/devices/probe.lua",
        &format!(
            "return mps.library {{ title = '试', file = {{ linux = 'libSSCard.so' }}, functions = {{}}, methods = {{\n\
             try = function()\nlocal function try()\n{body}\nend\nreturn {{ out = try() or '无' }} end }} }}"
        ),
    );
    desk.write(
        "scripts/simulated/probe.lua",
        "return mps.simulation { title = '试', functions = {} }",
    );
    desk
}

fn answered(desk: &Desk) -> Box<Answer> {
    Engine::open(desk.home(), Overrides::default()).answer(REQUEST)
}

/// What the call gives: the field, or the message of a failure.
fn outcome(desk: &Desk) -> String {
    let response = Response::decode(&answered(desk).bytes).expect("a well-formed response");
    match response.result.as_ref() {
        "0" => response
            .body
            .into_iter()
            .map(|field| String::from(field.value))
            .collect(),
        _ => response.msg.into_owned(),
    }
}

fn gives(body: &str) -> String {
    outcome(&probe("simulate = true", body))
}

#[track_caller]
fn all_give(cases: &[(&str, &str)]) {
    for (body, expected) in cases {
        assert_eq!(gives(body), *expected, "{body}");
    }
}

#[track_caller]
fn all_refuse(cases: &[(&str, &str)]) {
    for (body, expected) in cases {
        let said = gives(body);
        assert!(said.contains(expected), "{body}: {said}");
        assert!(said.contains("devices/probe.lua第"), "the place is named: {said}");
    }
}

#[test]
fn delimiters_of_the_field_are_taken_apart() {
    // 38号文 with its closing bar, colons, and pipes within carets.
    all_give(&[
        (
            r#"local c = mps.text.split("350200|XXXXXXXX|DGXXXXXX|XXXX|张三|3B6D|3.00|20210118|20310118|0000|SN|", "|",
               { "area", "id", "no", "code", "name", "", "", "", "ends" })
               return c.name .. c.no .. c.ends .. tostring(c[""])"#,
            "张三DGXXXXXX20310118nil",
        ),
        (
            r#"local c = mps.text.split("XXXX:1:3.00:H350:20210118:20310118:DGXXXXXX:XXXXXXXX:李四::1", ":") return c[9] .. #c"#,
            "李四11",
        ),
        (
            r#"local s = mps.text.split("2001^1001^0000^^^^350200|XXXXXXXX|DGXXXXXX|^", "^")
               return mps.text.split(s[7], "|", { "area", "id" }).id"#,
            "XXXXXXXX",
        ),
        (
            r#"local c = mps.text.split("a|b", "|", { "x", "y", "z" }, { short = true }) return c.y .. tostring(c.z)"#,
            "bnil",
        ),
    ]);
    all_refuse(&[
        (
            r#"return mps.text.split("a|b", "|", { "x", "y", "z" }).x"#,
            "mps.text.split：切出2段，少于names要的3段，数据不完整",
        ),
        (r#"return mps.text.split("a", "").x"#, "分隔符delimiter不能为空"),
        (
            r#"return mps.text.split(("|"):rep(20000), "|")[1]"#,
            "超过10000段",
        ),
    ]);
}

#[test]
fn fixed_columns_are_cut_by_byte_and_a_cut_character_is_reported() {
    let layout = r#"{ { "no", 12 }, { "name", 20 }, { "id", 10 }, { "born", 7 }, { "sex", 1 }, { "issued", 7 }, { "", 15 } }"#;
    // Taiwan's 72 bytes of Big5: a name padded with blanks, and one whose last character the field cuts in two.
    let record = |name: &str| {
        format!(
            r#"local t = "000000000000" .. {name} .. "A123456789" .. "0870101" .. "M" .. "1090202" .. ("0"):rep(15)
               local c, cut = mps.text.columns(t, {layout}, "Big5")
               return c.name .. "/" .. c.id .. "/" .. c.born .. "/" .. c.sex .. "/" .. table.concat(cut, ",")"#
        )
    };
    assert_eq!(
        gives(&record(r#""王小明" .. (" "):rep(14)"#)),
        "王小明/A123456789/0870101/M/"
    );
    let cut = record(r#"mps.text.encode("王小明歐陽司馬諸葛", "Big5"):sub(1, 18) .. "x\xA4""#);
    assert_eq!(
        gives(&cut),
        "王小明歐陽司馬諸葛x\u{FFFD}/A123456789/0870101/M/name"
    );
    all_give(&[
        (
            r#"local c = mps.text.columns("张三\0\0\0\0男", { { "name", 8 }, { "sex", 2 } }) return c.name .. c.sex"#,
            "张三男",
        ),
        (
            r#"local c, cut = mps.text.columns("张三丰男", { { "name", 5 }, { "sex", 2 } }, "GBK", { short = true }) return cut[1] .. #cut"#,
            "name1",
        ),
        (
            r#"return mps.text.columns("王𬱖 1", { { "name", 8 }, { "sex", 2 } }, "UTF-16LE").sex"#,
            "1",
        ),
        (
            r#"return mps.text.columns("𬱖A", { { "name", 4 }, { "x", 1 } }).x"#,
            "A",
        ),
    ]);
    all_refuse(&[
        (
            r#"return mps.text.columns("abc", { { "a", 4 } }).a"#,
            "数据只有3字节，各列共要4字节",
        ),
        (
            r#"return mps.text.columns("abc", { { "a", "x" } }).a"#,
            "columns第1项应写作",
        ),
        (
            r#"return mps.text.columns("abc", { "a" }).a"#,
            "columns第1项应写作",
        ),
        (
            r#"return mps.text.columns("abc", { { "a", -1 } }).a"#,
            "columns第1项应写作",
        ),
        (
            r#"return mps.text.columns("abc", {}, "GBL").a"#,
            "不认识字符集GBL",
        ),
    ]);
}

#[test]
fn widths_are_gbk_bytes_and_no_character_is_cut() {
    all_give(&[
        (r#"return mps.text.width("张a𬱖")"#, "7"),
        (
            r#"return mps.text.cut("张三丰", 4) .. mps.text.cut("张三", 9) .. mps.text.cut("张", -1)"#,
            "张三张三",
        ),
        (
            r#"return mps.text.pad("张三", 6) .. "|" .. mps.text.pad("张三丰", 4)"#,
            "张三  |张三丰",
        ),
        (r#"return mps.text.narrow("ＤＧ　０１：·张")"#, "DG 01:·张"),
        (
            "return mps.text.normalize('\\u{E863}\\u{E81E}\\u{E7C7}\\u{E78D}\\u{E000}张')",
            "䶮\u{9FB4}\u{1E3F}\u{FE10}\u{E000}张",
        ),
        ("return mps.text.trim('\\u{3000}张三\\0\\0 ')", "张三"),
    ]);
    all_refuse(&[
        (r#"return mps.text.pad("a", 100000)"#, "超过上限65536"),
        (
            r#"return mps.text.pad("a", 10, "张")"#,
            "fill应为一个字节宽的字符",
        ),
        (r#"return mps.text.encode("a䶮", "Big5")"#, "Big5没有第2个字"),
    ]);
}

#[test]
fn json_is_read_as_vendors_send_it() {
    all_give(&[
        (
            r#"return mps.json.get('{"code":0}', "code") .. mps.json.get('{"code":"0"}', "code")"#,
            "00",
        ),
        (
            r#"return mps.json.get('{"data":{"idNo":"XXXX"}}', "data.idNo")"#,
            "XXXX",
        ),
        (
            r#"return mps.json.get('{"data":"{\\"idNo\\":\\"XXXX\\"}"}', "data.idNo")"#,
            "XXXX",
        ),
        (
            r#"return mps.json.get('{"data":"null"}', "data") or "没有""#,
            "没有",
        ),
        (
            r#"return mps.json.get('{"data":null}', "data.idNo") or "没有""#,
            "没有",
        ),
        (
            r#"return mps.json.get('{"data":"不是JSON"}', "data.idNo") or "没有""#,
            "没有",
        ),
        (
            r#"return mps.json.get('{"list":[{"a":true}]}', "list.1.a")"#,
            "true",
        ),
        (
            r#"return mps.json.get('{"no":123456789012345678901}', "no")"#,
            "123456789012345678901",
        ),
        ("return mps.json.decode('\\u{FEFF} {\"a\":1}\\n\\0\\0').a", "1"),
        (
            r#"local t = mps.json.decode('{"a":[],"b":{},"c":null,"d":[1,null,3]}') return mps.json.encode(t)"#,
            r#"{"a":[],"b":{},"d":[1,null,3]}"#,
        ),
        (
            r#"return mps.json.encode({ b = 1, a = { "x", true }, c = 1.5, d = "张\n" })"#,
            r#"{"a":["x",true],"b":1,"c":1.5,"d":"张\n"}"#,
        ),
    ]);
    all_refuse(&[
        (r#"return mps.json.decode('{"a":')"#, "JSON不完整（第1行第5列）"),
        (r#"return mps.json.decode('{a:1}')"#, "JSON写法不对（第1行第2列）"),
        (r#"return mps.json.decode(("["):rep(100000))"#, "JSON写法不对"),
        (
            r#"local t = {} t.t = t return mps.json.encode(t)"#,
            "层次超过64层",
        ),
        (r#"return mps.json.encode({ 1, a = 2 })"#, "不能既有序号又有名称"),
        (
            r#"return mps.json.encode({ f = print_ or function() end })"#,
            "没有名为“print_”",
        ),
        (r#"return mps.json.encode({ f = mps.fail })"#, "JSON不能写函数"),
        (r#"return mps.json.encode({ f = 1 / 0 })"#, "无穷大"),
        (r#"return mps.json.encode({ f = "\xFF" })"#, "不是UTF-8"),
    ]);
}

#[test]
fn identity_numbers_are_checked_without_being_repeated() {
    all_give(
        &[
            (r#"return tostring(mps.id.check("ID18"))"#, "true"),
            (
                r#"return mps.id.birthday("ID18") .. mps.id.sex("ID18")"#,
                "1998-01-011",
            ),
            (r#"return mps.id.upgrade("990000980101001")"#, "ID18"),
            (
                r#"return select(2, mps.id.check("99000019980230001X"))"#,
                "身份证号中的出生日期不存在",
            ),
            (
                r#"return select(2, mps.id.check("BAD18"))"#,
                "身份证号的校验码不对，可能有一位输错",
            ),
            (
                r#"return select(2, mps.id.check("XXXXXXXX"))"#,
                "身份证号应为15位或18位",
            ),
            (
                r#"return select(2, mps.id.check("张三张三张三"))"#,
                "身份证号应为数字，只有末位可以是X，首位不是0",
            ),
            (r#"return mps.id.sex("") or "没有""#, "没有"),
        ]
        .map(|(body, expected)| {
            (
                body.replace("ID18", ID18).replace("BAD18", BAD18),
                expected.replace("ID18", ID18),
            )
        })
        .each_ref()
        .map(|(body, expected)| (body.as_str(), expected.as_str())),
    );
}

/// A number of a division that does not exist, with the right check digit, and one with a wrong digit.
const ID18: &str = "990000199801010015";
const BAD18: &str = "990000199801100015";

#[test]
fn dates_come_in_many_ways() {
    for written in [
        "19980203",
        "1998-02-03",
        "1998.02.03",
        "1998/2/3",
        "1998年2月3日",
        "19980203093000",
        "1998-02-03 09:30:00",
        "1998-02-03T09:30:00",
        " 1998.2.3 ",
    ] {
        assert_eq!(
            gives(&format!("return mps.date.parse('{written}')")),
            "1998-02-03",
            "{written}"
        );
    }
    for written in [
        "",
        "长期",
        "19980230",
        "1998-13-01",
        "980203",
        "1998-2",
        "0870203",
        "1998-02-031",
        "00000000",
    ] {
        assert_eq!(
            gives(&format!("return mps.date.parse('{written}')")),
            "无",
            "{written}"
        );
    }
    all_give(&[
        (r#"return mps.date.parse("0870203", "yyymmdd")"#, "1998-02-03"),
        (
            r#"return mps.date.parse("03.02.1998", "dd.mm.yyyy")"#,
            "1998-02-03",
        ),
        (
            r#"return mps.date.parse("0870203张", "yyymmdd") or "没有""#,
            "没有",
        ),
        (
            r#"return mps.date.format("1998-02-03", "yyymmdd yyyy.mm.dd m/d")"#,
            "0870203 1998.02.03 2/3",
        ),
        (
            r#"return mps.date.format("1998-02-03 09:30:05", "yyyymmddHHMMSS")"#,
            "19980203093005",
        ),
        (
            r#"return #mps.date.format(mps.date.now(), "yyyymmddHHMMSS")"#,
            "14",
        ),
    ]);
    all_refuse(&[
        (
            r#"return mps.date.format("1998.02.03", "yyyy")"#,
            "date应为\"1998-01-01\"",
        ),
        (r#"return mps.date.format("1898-02-03", "yyy")"#, "民国元年以前"),
    ]);
}

#[test]
fn bytes_and_digests() {
    all_give(&[
        (
            r#"return mps.bcd.decode(mps.hex.decode("3B6D00") and mps.hex.decode("19 98 0F"))"#,
            "19980",
        ),
        (r#"return mps.hex.encode(mps.bcd.encode("123"))"#, "123F"),
        (
            r#"return mps.crypto.md5(mps.text.encode("张三", "GBK"))"#,
            "894152fff4f97e8fb2b8f304c5c56ebb",
        ),
        (
            r#"return mps.crypto.hmac_sm3("key", "abc")"#,
            "28e63256e7c5a087b1f073265dc53092163f7b82729735d06f28f10af9d52393",
        ),
        (
            r#"return mps.base64.encode(mps.hex.decode(mps.crypto.md5("")))"#,
            "1B2M2Y8AsgTpgAmY7PhCfg==",
        ),
    ]);
    all_refuse(&[
        (r#"return mps.hex.decode("3B6")"#, "位数应为偶数"),
        (r#"return mps.hex.decode("3G")"#, "不是十六进制"),
        (r#"return mps.bcd.decode("\x1A")"#, "不是BCD码"),
        (r#"return mps.bcd.encode("1a")"#, "只能含数字0到9"),
        (r#"return mps.base64.decode("YWJ")"#, "不是完整的Base64"),
    ]);
}

#[test]
fn notices_reach_the_answer_with_their_place_and_without_data() {
    let body = "mps.log.info('卡号DG12345678已读', { name = '张三', code = -2201, area = '350200' })\nmps.log.warn('二')";
    let answer = answered(&probe("simulate = true", body));
    let notices: Vec<String> = answer.notices.iter().map(ToString::to_string).collect();
    assert_eq!(
        notices,
        [
            "脚本提示 devices/probe.lua第4行：卡号D********8已读 area=\"350200\" code=-2201 name=张*",
            "脚本警告 devices/probe.lua第5行：二"
        ]
    );
    let many = answered(&probe(
        "simulate = true",
        "for _ = 1, 1000 do mps.log.info(('a '):rep(999)) end",
    ));
    assert_eq!(many.notices.len(), 100);
    assert!(many.notices.iter().all(|notice| notice.text.len() <= 500));
}

/// A server on this machine that answers one connection with `answer`, and gives what it was asked.
fn server(answer: Vec<u8>) -> (String, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let host = listener.local_addr().expect("a port").to_string();
    let asked = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        stream
            .set_read_timeout(Some(Duration::from_millis(300)))
            .expect("a time limit");
        let (mut asked, mut buffer) = (Vec::new(), [0; 4096]);
        while let Ok(count) = stream.read(&mut buffer) {
            asked.extend_from_slice(buffer.get(..count).unwrap_or_default());
            if count == 0 || asked.ends_with(b"END") || asked.starts_with(b"GET") {
                break;
            }
        }
        let _ = stream.write_all(&answer);
        String::from_utf8_lossy(&asked).into_owned()
    });
    (host, asked)
}

fn http(status: &str, kind: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nLocation: http://127.0.0.1:1/\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

#[test]
fn a_listed_server_is_asked_and_its_charset_read() {
    let gbk = encoding_rs::GBK.encode("张三").0.into_owned();
    for (kind, body) in [
        ("text/plain; charset=GBK", gbk.as_slice()),
        ("text/plain", &gbk),
        ("application/json", "张三".as_bytes()),
        ("text/plain; charset=\"utf-8\"", "\u{FEFF}张三".as_bytes()),
    ] {
        let (host, asked) = server(http("200 OK", kind, body));
        let desk = probe(
            &format!("[http]\nhosts = [\"{host}\"]"),
            &format!(
                "local a = mps.http.post {{ url = 'http://{host}/hsm?a=1', body = '{{\"a\":\"李四\"}}END', \
                 headers = {{ [\"X-Key\"] = 'k' }}, timeout = 20 }}\nreturn a.status .. a.body"
            ),
        );
        assert_eq!(outcome(&desk), "200张三", "{kind}");
        let asked = asked.join().expect("asked").to_lowercase();
        assert!(asked.starts_with("post /hsm?a=1 http/1.1"), "{asked}");
        assert!(
            asked.contains("x-key: k") && asked.contains("{\"a\":\"李四\"}"),
            "{asked}"
        );
        assert!(
            asked.contains("content-type: application/json; charset=utf-8"),
            "{asked}"
        );
    }
}

#[test]
fn a_redirection_or_an_error_is_an_answer_and_is_not_followed() {
    for status in ["302 Found", "500 Oops"] {
        let (host, asked) = server(http(status, "text/plain", b"no"));
        let body = format!(
            "local a = mps.http.get {{ url = 'http://{host}/', timeout = 20 }}\nreturn tostring(a.ok) .. a.error .. a.body"
        );
        let code = status.split(' ').next().expect("a number");
        assert_eq!(
            outcome(&probe(&format!("[http]\nhosts = [\"{host}\"]"), &body)),
            format!("false服务器回答状态码{code}no")
        );
        asked.join().expect("asked");
    }
}

#[test]
fn a_server_that_does_not_answer_is_told_and_what_was_not_answered_cannot_be_read() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let host = listener.local_addr().expect("a port").to_string();
    let config = format!("[http]\nhosts = [\"{host}\"]\n[time_limits]\nhttp_call = 0.2");
    let ask = |then: &str| format!("local a = mps.http.get {{ url = 'http://{host}/' }}\nreturn {then}");
    let late = outcome(&probe(&config, &ask("tostring(a.ok) .. a.error")));
    assert_eq!(
        late,
        format!("false访问{host}失败，超时：0.2秒内没有答完，请检查网络")
    );
    assert_eq!(
        outcome(&probe(&config, &ask("a.body"))),
        format!("访问{host}失败，超时：0.2秒内没有答完，请检查网络")
    );
    drop(listener);
    assert!(outcome(&probe(&config, &ask("a.error"))).contains("拒绝连接"));
    let (garbage, _) = server(b"SSH-2.0-x\r\n".to_vec());
    let body = format!("return mps.http.get {{ url = 'http://{garbage}/', timeout = 20 }}.error");
    assert!(outcome(&probe(&format!("[http]\nhosts = [\"{garbage}\"]"), &body)).contains("回答的不是HTTP"));
}

#[test]
fn an_answer_over_the_limit_is_cut_off() {
    let endless = http("200 OK", "text/plain", &vec![b'a'; 5 << 20]);
    let (host, _) = server(endless);
    let body = format!("return mps.http.get {{ url = 'http://{host}/', timeout = 20 }}.error");
    let said = outcome(&probe(&format!("[http]\nhosts = [\"{host}\"]"), &body));
    assert!(said.contains("回答超过上限4194304字节"), "{said}");
}

#[test]
fn no_other_server_is_reached() {
    for (config, url, expected) in [
        (
            "",
            "http://10.1.2.3/",
            "不允许访问10.1.2.3，请在mps.toml的[http]中把它写进hosts",
        ),
        (
            "[http]\nhosts = ['10.1.2.3:8080']",
            "http://10.1.2.3/",
            "不允许访问10.1.2.3，",
        ),
        (
            "[http]\nhosts = ['10.1.2.3']",
            "http://10.1.2.3:8080/",
            "不允许访问10.1.2.3:8080，",
        ),
        (
            "[http]\nhosts = ['10.1.2.3']",
            "http://10.1.2.3@evil.example/",
            "不能写用户名和密码",
        ),
        (
            "[http]\nhosts = ['10.1.2.3']",
            "https://10.1.2.3/",
            "暂不支持https",
        ),
        (
            "[http]\nhosts = ['10.1.2.3']",
            "file:///etc/passwd",
            "不是完整的网址",
        ),
        ("[http]\nhosts = ['10.1.2.3']", "/hsm", "应以http://开头"),
        (
            "simulate = true\n[http]\nhosts = ['10.1.2.3']",
            "http://10.1.2.3/",
            "正在使用模拟设备，不访问服务器",
        ),
    ] {
        let said = outcome(&probe(
            config,
            &format!("return mps.http.get {{ url = '{url}' }}.error"),
        ));
        assert!(said.contains(expected), "{config} {url}: {said}");
    }
    let desk = probe(
        "[http]\nhosts = ['10.1.2.3']",
        "return mps.http.get { url = 'http://10.1.2.3/' }.error",
    );
    desk.append("simulate = true\n");
    assert!(
        outcome(&desk).contains("正在使用模拟设备"),
        "one simulated device is enough"
    );
    let desk = probe("", "");
    desk.write(
        "scripts/devices/probe.lua",
        "mps.http.get { url = 'http://10.1.2.3/' }",
    );
    assert!(outcome(&desk).contains("不能在加载脚本时使用"));
}
