//! Regions that differ in library, delimiter, field names and rule for success, each a tree of scripts (tests/regions) over the
//! base, served by a C fake of its vendor's library (tests/vendors) and by its simulation.

mod desk;

use desk::{Desk, request};
use mps_client::engine::{Engine, Overrides};
use mps_client::message::Response;
use std::path::Path;

/// A desk of a region with its vendor's library; `settings` are its device's.
fn at(region: &str, (source, library): (&str, &str), settings: &str) -> Desk {
    let desk = Desk::new(&format!(
        "region = \"{region}\"\n[device.card]\nfolder = 'vendor'\n{settings}"
    ));
    desk.install(source, library);
    let from = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/regions")
        .join(region);
    for folder in ["devices", "funids", "simulated"] {
        let Ok(files) = std::fs::read_dir(from.join(folder)) else {
            continue;
        };
        for file in files {
            let file = file.expect("a folder can be read").path();
            let name = file.file_name().and_then(|name| name.to_str()).expect("a name");
            let text = std::fs::read_to_string(&file).expect("a script can be read");
            desk.write(&format!("scripts/regions/{region}/{folder}/{name}"), &text);
        }
    }
    desk
}

fn call(desk: &Desk, overrides: Overrides) -> Response<'static> {
    let answer = Engine::open(desk.home(), overrides).answer(&request("03"));
    Response::decode(&answer.bytes).expect("a well-formed response")
}

/// The fields of a success by their names.
#[track_caller]
fn fields<'r>(response: &'r Response) -> Vec<(&'r str, &'r str)> {
    assert_eq!(response.result, "0", "{}", response.msg);
    response
        .body
        .iter()
        .map(|field| (field.name.as_ref(), &*field.value))
        .collect()
}

#[track_caller]
fn fails(desk: &Desk, expected: &str) {
    let response = call(desk, Overrides::default());
    assert_eq!(response.result, "-1");
    assert!(response.msg.contains(expected), "{}", response.msg);
}

/// The region's simulation serves the same fields as its library.
#[track_caller]
fn simulated(desk: &Desk, library: &Response) {
    let simulate = Overrides {
        simulate: Some(true),
        ..Overrides::default()
    };
    let response = call(desk, simulate);
    let names = |response| {
        fields(response)
            .into_iter()
            .map(|(name, _)| name.to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&response), names(library));
}

const GUANGZHOU: (&str, &str) = ("sscard_gz.c", "libSSCardGZ.so");

#[test]
fn guangzhou_passes_capacities_and_looks_at_the_text_alone() {
    let desk = at("440100", GUANGZHOU, "url = 'http://gz.example/'");
    let response = call(&desk, Overrides::default());
    let basinfo = "440600|XXXXXXXX|XXXXXX|XXXX|张三 |3B6D|3.00|20210118|20310118|000000000000|SN|";
    assert_eq!(
        fields(&response),
        [
            ("mdtrt_cert_type", "02"),
            ("idcard_no", "XXXXXXXX"),
            ("card_no", "XXXXXX"),
            ("name", "张三"),
            ("card_code", "XXXX"),
            ("hcard_basinfo", basinfo),
            ("hcard_chkinfo", "WFhYWA=="),
        ]
    );
    simulated(&desk, &response);
    let elsewhere = call(
        &at("440100", GUANGZHOU, "url = 'http://gz.example/other'"),
        Overrides::default(),
    );
    assert_eq!(fields(&elsewhere).first(), Some(&("mdtrt_cert_type", "03")));
    fails(
        &at("440100", GUANGZHOU, "url = 'http://gz.example/empty'"),
        "未读到社会保障卡，请重新插卡后再试",
    );
    fails(
        &at("440100", GUANGZHOU, "url = 'http://gz.example/down'"),
        "接口Init失败[-1]",
    );
    fails(
        &at("440100", GUANGZHOU, ""),
        "[device.card]中填写url（社保卡服务地址）",
    );
}

const JIANGSU: (&str, &str) = ("heasec.c", "libHeaSecReadInfo.so");

#[test]
fn jiangsu_begins_with_json_and_puts_reasons_where_the_card_stands() {
    let settings = "ip = '10.0.0.1'\norg_id = 'H320'\naccess_key = 'XXXX'";
    let desk = at("320000", JIANGSU, settings);
    let response = call(&desk, Overrides::default());
    assert_eq!(
        fields(&response),
        [
            ("idcard_no", "XXXXXXXX"),
            ("card_no", "XXXXXX"),
            ("name", "李四"),
            ("card_code", "XXXX"),
            ("card_ends", "2031-01-18"),
        ]
    );
    simulated(&desk, &response);
    fails(
        &at("320000", JIANGSU, &settings.replace("H320", "H999")),
        "接口Init失败[1]:初始化参数不正确",
    );
    fails(
        &at("320000", JIANGSU, &settings.replace("10.0.0.1", "10.0.0.9")),
        "接口ReadCardBas失败[-1]:请先初始化",
    );
}

const LISHUI: (&str, &str) = ("lscp.c", "libLSCP.so");

#[test]
fn lishui_wraps_bars_in_carets() {
    let desk = at("331100", LISHUI, "");
    let response = call(&desk, Overrides::default());
    let card = [
        ("idcard_no", "XXXXXXXX"),
        ("card_no", "XXXXXX"),
        ("name", "王五"),
        ("card_code", "XXXX"),
    ];
    assert_eq!(fields(&response), card);
    simulated(&desk, &response);
    let engine = Engine::open(desk.home(), Overrides::default());
    for _ in 0..3 {
        let again = Response::decode(&engine.answer(&request("03")).bytes).expect("well-formed");
        assert_eq!(
            fields(&again),
            card,
            "a method that is a function gives its device back"
        );
    }
    fails(
        &at("331100", LISHUI, "operator = 'NOCARD'"),
        "接口cpinterface失败[-2]:无卡，请插入社会保障卡",
    );
    fails(
        &at("331100", LISHUI, "operator = 'LOCKED'"),
        "读卡失败[8005]:卡已锁定",
    );
}

const ZHUHAI: (&str, &str) = ("common_interface.c", "libCommonInterface.so");

#[test]
fn zhuhai_opens_a_handle_and_asks_for_reasons() {
    let desk = at("440400", ZHUHAI, "");
    let response = call(&desk, Overrides::default());
    assert_eq!(
        fields(&response),
        [
            ("idcard_no", "XXXXXXXX"),
            ("card_no", "XXXXXX"),
            ("name", "赵六"),
            ("card_code", "XXXX"),
            ("ssc_kind", "3"),
        ]
    );
    simulated(&desk, &response);
    fails(&at("440400", ZHUHAI, "port = 'NONE'"), "打开读卡器失败:通讯超时");
    let desk = at("440400", ZHUHAI, "port = 'EMPTY'");
    let engine = Engine::open(desk.home(), Overrides::default());
    for _ in 0..2 {
        let msg = Response::decode(&engine.answer(&request("03")).bytes)
            .expect("well-formed")
            .msg;
        assert_eq!(msg, "读卡失败:证件类型不符", "the reader was closed again");
    }
}
