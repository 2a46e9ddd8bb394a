//! Requests answered by the engine: the specification's samples with simulated devices and with real vendor libraries
//! (C fakes), and what is wrong told in Chinese.

mod desk;

use desk::{Desk, request};
use mps_client::engine::{Engine, Overrides};
use mps_client::message::Response;

fn vector(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn open(desk: &Desk) -> Engine {
    Engine::open(desk.home(), Overrides::default())
}

fn answer(desk: &Desk, request: &[u8]) -> Response<'static> {
    let answer = open(desk).answer(request);
    Response::decode(&answer.bytes).expect("a well-formed response")
}

fn msg(desk: &Desk, cert_type: &str) -> String {
    let response = answer(desk, &request(cert_type));
    assert_eq!(response.result, "-1");
    response.msg.into_owned()
}

fn field(response: &Response, name: &str) -> String {
    let field = response.body.iter().find(|field| *field.name == *name);
    field
        .unwrap_or_else(|| panic!("no {name} in {response:?}"))
        .value
        .to_string()
}

#[test]
fn the_simulated_devices_give_the_specifications_samples_byte_for_byte() {
    let desk = Desk::new("simulate = true");
    let engine = open(&desk);
    for (request, response) in [
        ("request-card.xml", "response-card-ok.xml"),
        ("request-credential.xml", "response-credential-ok.xml"),
    ] {
        let answer = engine.answer(&vector(request));
        assert_eq!(
            answer.bytes,
            vector(response),
            "{}",
            String::from_utf8_lossy(&answer.bytes)
        );
    }
}

#[test]
fn vendors_libraries_give_the_specifications_samples_byte_for_byte() {
    for (port, address, card, credential) in [
        (
            "USB1",
            "https://ec.example/ok",
            "response-card-ok.xml",
            "response-credential-ok.xml",
        ),
        (
            "UNPLUGGED",
            "https://ec.example/expired",
            "response-card-failed.xml",
            "response-credential-failed.xml",
        ),
    ] {
        let desk = Desk::with_vendors(port, address);
        let engine = open(&desk);
        for (request, response) in [("request-card.xml", card), ("request-credential.xml", credential)] {
            let answer = engine.answer(&vector(request));
            assert_eq!(
                answer.bytes,
                vector(response),
                "{}",
                String::from_utf8_lossy(&answer.bytes)
            );
        }
    }
}

#[test]
fn a_device_that_is_not_configured_names_the_missing_setting() {
    let desk = Desk::new("");
    assert!(
        msg(&desk, "03").contains("[device.card]中填写folder"),
        "{}",
        msg(&desk, "03")
    );
    let desk = Desk::new("[device.credential]\nfolder = 'vendor'");
    desk.install_vendors();
    assert!(
        msg(&desk, "01").contains("[device.credential]中填写org_id"),
        "{}",
        msg(&desk, "01")
    );
}

#[test]
fn a_library_that_is_not_there_or_is_none_names_its_path() {
    let desk = Desk::new("[device.card]\nfolder = 'nowhere'");
    assert!(msg(&desk, "03").contains("nowhere"), "{}", msg(&desk, "03"));
    let desk = Desk::new("[device.card]\nfolder = 'vendor'\nfile = 'text.so'");
    desk.write("vendor/text.so", "not a library");
    assert!(
        msg(&desk, "03").contains("text.so加载失败"),
        "{}",
        msg(&desk, "03")
    );
}

#[test]
fn a_function_that_the_library_lacks_is_named() {
    let desk = Desk::with_vendors("USB1", "");
    let card = include_str!("../scripts/devices/card.lua").replace("SSC_Open", "SSC_OpenReader");
    desk.write("scripts/devices/card.lua", &card);
    let simulated = include_str!("../scripts/simulated/card.lua").replace("SSC_Open", "SSC_OpenReader");
    desk.write("scripts/simulated/card.lua", &simulated);
    assert!(
        msg(&desk, "03").contains("没有导出函数SSC_OpenReader"),
        "{}",
        msg(&desk, "03")
    );
}

#[test]
fn the_devices_own_words_become_the_message() {
    for (port, expected) in [
        ("NOCARD", "接口SSC_ReadCard 失败:无卡"),
        ("SILENT", "接口SSC_Open 失败:读写器连接失败"),
        ("SHORT", "返回数据不完整"),
    ] {
        let desk = Desk::with_vendors(port, "");
        assert!(
            msg(&desk, "03").contains(expected),
            "{port}: {}",
            msg(&desk, "03")
        );
    }
    for (address, expected) in [
        (
            "https://ec.example/refused",
            "电子凭证解析错误[code=9999,msg=网络不通]{SERVER}",
        ),
        ("https://ec.example/cut", "返回的不是完整的JSON"),
        ("https://ec.example/silent", "电子凭证解析错误[code=,msg="),
    ] {
        let desk = Desk::with_vendors("USB1", address);
        assert!(
            msg(&desk, "01").contains(expected),
            "{address}: {}",
            msg(&desk, "01")
        );
    }
}

#[test]
fn a_failed_call_still_has_its_fields() {
    let desk = Desk::with_vendors("NOCARD", "");
    let response = answer(&desk, &request("03"));
    let names: Vec<&str> = response.body.iter().map(|field| field.name.as_ref()).collect();
    assert_eq!(names, ["idcard_no", "card_no", "name", "card_code"]);
    assert!(response.body.iter().all(|field| field.value.is_empty()));
}

#[test]
fn an_overrun_is_caught_and_named() {
    let desk = Desk::with_vendors("OVERRUN", "");
    let msg = msg(&desk, "03");
    assert!(
        msg.contains("SSC_ReadCard写入info至少5000字节，超出声明的4096字节"),
        "{msg}"
    );
}

#[test]
fn nobody_has_a_device_between_the_opening_and_the_closing_of_another_whatever_it_answers() {
    for thread in ["", "on_caller_thread = true\n"] {
        for (port, expected) in [
            ("USB1", ""),
            ("NOCARD", "无卡"),
            ("SHORT", "不完整"),
            ("SILENT", "连接失败"),
        ] {
            let desk = Desk::with_vendors(port, "");
            desk.append(thread);
            let engine = open(&desk);
            let call = || {
                let answer = engine.answer(&request("03"));
                assert!(answer.msg.contains(expected), "{port} {thread}: {}", answer.msg);
                assert_eq!(
                    answer.result == "0",
                    port == "USB1",
                    "{port} {thread}: {}",
                    answer.msg
                );
            };
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| (0..50).for_each(|_| call()));
                }
            });
        }
    }
}

#[test]
fn an_opening_that_overruns_fails_the_call_and_the_device_is_closed_all_the_same() {
    for thread in ["", "on_caller_thread = true\n"] {
        let desk = Desk::with_vendors("OPENOVER", "");
        desk.append(thread);
        let engine = open(&desk);
        // What stays open refuses the second opening.
        for _ in 0..2 {
            let response = Response::decode(&engine.answer(&request("03")).bytes).expect("well-formed");
            let expected = "SSC_Open写入error至少5000字节，超出声明的1024字节";
            assert!(response.msg.contains(expected), "{thread}: {}", response.msg);
            assert_eq!(response.result, "-1");
        }
    }
}

#[test]
fn a_function_that_hangs_costs_its_time_limit_and_then_says_so_until_it_is_back() {
    let desk = Desk::with_vendors("HANG", "");
    desk.append("timeout = 0.2\n");
    let engine = open(&desk);
    let call = || {
        Response::decode(&engine.answer(&request("03")).bytes)
            .expect("well-formed")
            .msg
    };
    assert!(call().contains("SSC_ReadCard超时：0.2秒"), "{}", call());
    assert!(call().contains("仍未返回"), "{}", call());
    // The fake comes back by itself; the device must then serve again.
    for _ in 0..100 {
        if call().contains("SSC_ReadCard超时") {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("the device did not come back: {}", call());
}

#[test]
fn an_exclusive_device_makes_others_wait_and_then_fail() {
    let desk = Desk::with_vendors("HANG", "");
    desk.append("timeout = 20\n");
    desk.prepend("[time_limits]\ndevice_wait = 0.2\n");
    let engine = open(&desk);
    let call = || Response::decode(&engine.answer(&request("03")).bytes).expect("well-formed");
    std::thread::scope(|threads| {
        let calls: Vec<_> = (0..2).map(|_| threads.spawn(call)).collect();
        let answers: Vec<Response> = calls
            .into_iter()
            .map(|call| call.join().expect("no panic"))
            .collect();
        let served = answers.iter().filter(|answer| answer.result == "0").count();
        let busy = answers
            .iter()
            .filter(|answer| answer.msg.contains("设备忙：另一个调用正在使用设备"))
            .count();
        assert_eq!((served, busy), (1, 1), "{answers:?}");
    });
}

#[test]
fn rare_names_survive_and_a_name_cut_in_a_character_does_not_cost_the_card() {
    let desk = Desk::with_vendors("RARE", "");
    let bytes = open(&desk).answer(&request("03")).bytes;
    let written = encoding_rs::GBK.decode(&bytes).0.into_owned();
    assert!(written.contains("<name>&#19886;喆韡</name>"), "{written}");
    assert_eq!(field(&answer(&desk, &request("03")), "name"), "䶮喆韡");
    let desk = Desk::with_vendors("CUT", "");
    let name = field(&answer(&desk, &request("03")), "name");
    assert!(name.starts_with('张'), "{name}");
}

#[test]
fn the_vendors_json_goes_through_as_it_is_and_the_request_holds_the_settings() {
    let desk = Desk::with_vendors("USB1", "https://ec.example/echo");
    let bytes = open(&desk).answer(&request("01")).bytes;
    let written = encoding_rs::GBK.decode(&bytes).0.into_owned();
    assert!(written.contains(r#""note":"a&lt;b&amp;c]]&gt;""#), "{written}");
    let json = field(&Response::decode(&bytes).expect("well-formed"), "out_put");
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["data"]["transType"], "ec.query");
    assert_eq!(json["data"]["data"]["orgId"], "H350XXXXXX");
    assert_eq!(json["data"]["data"]["operatorName"], "测试员");
}

#[test]
fn what_is_wrong_with_a_request_is_said() {
    let desk = Desk::new("simulate = true");
    let body = |body: &str| {
        format!("<request><Header><funid>N04.00.00.01</funid></Header><Body>{body}</Body></request>")
    };
    for (request, expected) in [
        (
            body(""),
            "缺少必填参数mdtrt_cert_type（就诊凭证类型），应为01:电子医保凭证、03:社会保障卡",
        ),
        (
            body("<mdtrt_cert_type>02</mdtrt_cert_type>"),
            "参数mdtrt_cert_type（就诊凭证类型）的取值不正确",
        ),
        (
            body("<mdtrt_cert_type>03</mdtrt_cert_type><mdtrt_cert_type>01</mdtrt_cert_type>"),
            "出现了多次",
        ),
        (
            body("<mdtrt_cert_type><a>03</a></mdtrt_cert_type>"),
            "不能含有子元素",
        ),
        (
            body("").replace("N04.00.00.01", "N04.00.00.02"),
            "没有功能编号N04.00.00.02",
        ),
        (body("").replace("</Header>", "<sign>XYZ</sign></Header>"), "sign"),
        ("<request>".to_owned(), "请求报文"),
        (String::new(), "请求报文"),
    ] {
        let (request, _, _) = encoding_rs::GBK.encode(&request);
        let response = answer(&desk, &request);
        assert_eq!(response.result, "-1");
        assert!(response.msg.contains(expected), "{}", response.msg);
    }
}

#[test]
fn the_header_is_repeated_even_when_it_is_what_is_wrong() {
    let desk = Desk::new("simulate = true");
    let request = "<request><Header><sign>BAD</sign><funid>N99</funid></Header></request>";
    let response = answer(&desk, request.as_bytes());
    assert_eq!(
        (response.header.funid.as_str(), response.header.sign.as_str()),
        ("N99", "BAD")
    );
}

#[test]
fn a_request_over_the_limit_is_refused_with_both_sizes() {
    let desk = Desk::new("simulate = true\nrequest_limit = 1024");
    let mut request = request("03");
    request.resize(1025, b' ');
    let response = answer(&desk, &request);
    assert!(
        response.msg.contains("1025字节，超过上限1024字节"),
        "{}",
        response.msg
    );
    assert_eq!(response.header.funid, "N04.00.00.01");
}

#[test]
fn a_mistake_in_the_configuration_is_the_answer() {
    let desk = Desk::new("simulate = true\nregoin = \"350200\"");
    let msg = msg(&desk, "03");
    assert!(msg.contains("第2行") && msg.contains("region"), "{msg}");
    let desk = Desk::new("simulate = true\n[device.card]\nprot = \"USB1\"");
    let msg = self::msg(&desk, "03");
    assert!(msg.contains("第3行") && msg.contains("port"), "{msg}");
    let desk = Desk::new("simulate = true\n[device.crad]\n");
    let msg = self::msg(&desk, "03");
    assert!(msg.contains("第2行") && msg.contains("card"), "{msg}");
}

#[test]
fn a_buffer_that_is_too_small_gets_both_sizes_or_nothing() {
    let desk = Desk::new("simulate = true");
    let answer = open(&desk).answer(&vector("request-credential.xml"));
    let needed = answer.bytes.len() + 1;
    for capacity in 0..needed {
        let Some(short) = answer.shortened(capacity) else {
            continue;
        };
        assert!(short.len() < capacity);
        let response = Response::decode(&short).expect("well-formed");
        assert_eq!(response.result, "-1");
        assert_eq!(response.header.funid, "N04.00.00.01");
        assert!(response.msg.contains(&needed.to_string()), "{}", response.msg);
        assert!(response.msg.contains(&capacity.to_string()), "{}", response.msg);
    }
    assert!(
        answer.shortened(512).is_some(),
        "even the smallest buffers in the field are told"
    );
}
