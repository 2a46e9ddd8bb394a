//! Social-security cards by PC/SC: a real service, a virtual reader, and cards whose files are data here.
#![cfg(target_os = "linux")]

#[path = "pcsc/card.rs"]
mod card;
mod desk;
#[path = "pcsc/service.rs"]
mod service;

use card::{Addressing, Card, ID, Record};
use desk::{Desk, handbook, request};
use mps_client::device::Fault;
use mps_client::engine::{Engine, Overrides};
use mps_client::message::Response;
use service::{Service, inside};
use std::process::Command;

/// The base's function with its device changed, as the handbook shows it.
const FUNCTION: &str = "scripts/regions/350200/funids/N04.00.00.01.lua";

fn desk() -> Desk {
    let desk = Desk::new("region = \"350200\"\n[device.pcsc]\nwait = 2\n");
    desk.write(FUNCTION, handbook(FUNCTION));
    desk
}

fn answer(desk: &Desk) -> Response<'static> {
    let answer = Engine::open(desk.home(), Overrides::default()).answer(&request("03"));
    Response::decode(&answer.bytes).expect("a well-formed response")
}

/// The values of the specification's fields.
fn fields<'r>(response: &'r Response) -> Vec<&'r str> {
    assert_eq!(response.result, "0", "{}", response.msg);
    response.body.iter().map(|field| &*field.value).collect()
}

const CODE: &str = "350200D1560000050000000000000001";

#[test]
fn a_card_of_the_first_generation_is_read_through_the_library() {
    inside(
        "a_card_of_the_first_generation_is_read_through_the_library",
        || {
            let _service = Service::start();
            let _card = card::first().insert();
            let desk = desk();
            desk.write("request.xml", std::str::from_utf8(&request("03")).expect("ASCII"));
            let library = std::env::current_exe()
                .expect("a path")
                .with_file_name("libmps_client.so");
            let sent = Command::new(env!("CARGO_BIN_EXE_mps"))
                .args(["send", "--raw", "--library"])
                .arg(library)
                .arg(desk.home().join("request.xml"))
                .env("MPS_HOME", desk.home())
                .output()
                .expect("the command can be started");
            let response = Response::decode(&sent.stdout).expect("a well-formed response");
            assert_eq!(fields(&response), [ID, "X0000001X", "张某某", CODE]);
        },
    );
}

#[test]
fn generations_and_their_ways_to_be_addressed() {
    inside("generations_and_their_ways_to_be_addressed", || {
        let _service = Service::start();
        let desk = desk();
        let long = "阿卜杜热合曼·买买提伊明";
        let addressed = |addressing| Card {
            addressing,
            ..card::second("张某某")
        };
        for (card, name) in [
            (card::second("张某某"), "张某某"),
            // More than fits: the name goes on in its own item, cut within a character.
            (
                card::second(&format!("A{long}{long}")),
                &*format!("A{long}{long}"),
            ),
            (addressed(Addressing::NumberOldSelect), "张某某"),
            (addressed(Addressing::ShortFile), "张某某"),
            (addressed(Addressing::Tag), "张某某"),
            (card::contactless(), "张某某"),
            // A column that ends within a character, and nothing that continues it.
            (card::cut(), "A张张张张张张张张张张张张张张\u{FFFD}"),
        ] {
            let card = card.insert();
            let response = answer(&desk);
            assert_eq!(response.result, "0", "{} {:#?}", response.msg, card.log());
            assert_eq!(fields(&response), [ID, "X0000001X", name, CODE]);
        }
    });
}

fn refused(desk: &Desk) -> String {
    let response = answer(desk);
    assert_eq!(response.result, "-1", "{response:?}");
    response.msg.into_owned()
}

#[track_caller]
fn assert_told(msg: &str, expected: &str) {
    assert!(msg.contains(expected), "{msg}");
}

#[test]
fn what_stands_at_the_desk_is_told_with_advice() {
    inside("what_stands_at_the_desk_is_told_with_advice", || {
        let (desk, other) = (desk(), desk());
        other.write("mps.toml", "region = '350200'\n[device.pcsc]\nreader = 'acs'\n");
        assert_told(
            &refused(&desk),
            "智能卡服务不可用（代码8010001D），请启动系统服务",
        );
        let without = Service::without_readers();
        assert_told(
            &refused(&desk),
            "没有找到读卡器（代码8010002E），请检查读卡器的连接和驱动",
        );
        drop(without);
        let _service = Service::start();
        assert_told(
            &refused(&desk),
            "没有检测到卡（等待了2秒），请插入或放好社会保障卡后重试",
        );
        let named = refused(&other);
        assert_told(
            &named,
            "没有找到设置中指定的读卡器（现有：Virtual PCD 00 00、Virtual PCD 00 01）",
        );
        let examined = |desk: &Desk| {
            let doctor = Command::new(env!("CARGO_BIN_EXE_mps"))
                .args(["doctor", "--home"])
                .arg(desk.home())
                .output();
            String::from_utf8(doctor.expect("the command can be started").stdout).expect("UTF-8")
        };
        assert_told(
            &examined(&other),
            "E023 没有找到设置中指定的读卡器（现有：Virtual PCD 00 00、",
        );
        assert_told(&examined(&desk), "正确  读卡器Virtual PCD 00 00：没有卡");
        let mute = Card {
            atr: vec![0xFF, 0xFF],
            ..card::first()
        };
        let mute = mute.insert();
        assert_told(&refused(&desk), "卡没有应答");
        drop(mute);
        // The second reader has never a card; the first gets its card while it is waited for.
        let patient = Desk::new("region = \"350200\"\n[device.pcsc]\nreader = 'virtual pcd'\nwait = 20\n");
        patient.write(FUNCTION, handbook(FUNCTION));
        std::thread::scope(|scope| {
            let answered = scope.spawn(|| answer(&patient));
            std::thread::sleep(std::time::Duration::from_millis(1500));
            let _card = card::first().insert();
            let response = answered.join().expect("no panic");
            assert_eq!(fields(&response), [ID, "X0000001X", "张某某", CODE]);
        });
    });
}

#[test]
fn a_card_that_another_program_reads_is_waited_for() {
    inside("a_card_that_another_program_reads_is_waited_for", || {
        let _service = Service::start();
        let slow = Card {
            thinks: std::time::Duration::from_millis(250),
            ..card::first()
        };
        let _card = slow.insert();
        let (impatient, patient) = (desk(), desk());
        patient.write("mps.toml", "region = '350200'\n[device.pcsc]\nwait = 25\n");
        impatient.write("mps.toml", "region = '350200'\n[device.pcsc]\nwait = 0\n");
        // Each engine has its own readers, as each program has.
        std::thread::scope(|scope| {
            let first = scope.spawn(|| answer(&patient));
            std::thread::sleep(std::time::Duration::from_millis(2500));
            let second = scope.spawn(|| answer(&patient));
            assert_told(
                &refused(&impatient),
                "读卡器正被另一个程序使用（代码8010000B），请等它用完",
            );
            for answered in [first, second] {
                let response = answered.join().expect("no panic");
                assert_eq!(fields(&response), [ID, "X0000001X", "张某某", CODE]);
            }
        });
    });
}

#[test]
fn a_card_that_never_answers_costs_the_time_limit() {
    inside("a_card_that_never_answers_costs_the_time_limit", || {
        let _service = Service::start();
        let desk = desk();
        desk.write(
            "mps.toml",
            "region = '350200'\n[device.pcsc]\nwait = 5\ntimeout = 6\n",
        );
        let engine = Engine::open(desk.home(), Overrides::default());
        let call = || Response::decode(&engine.answer(&request("03")).bytes).expect("well-formed");
        let hangs = Card {
            thinks: std::time::Duration::from_secs(12),
            ..card::first()
        };
        let card = hangs.insert();
        let response = call();
        assert_told(&response.msg, "connect超时：6秒内没有返回");
        assert_told(&call().msg, "设备忙：之前超时的connect仍未返回");
        drop(card);
        let _card = card::first().insert();
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
        let response = loop {
            let response = call();
            if response.result == "0" || std::time::Instant::now() > deadline {
                break response;
            }
            std::thread::sleep(std::time::Duration::from_millis(200));
        };
        assert_eq!(fields(&response), [ID, "X0000001X", "张某某", CODE]);
    });
}

/// What a region adds where its cards hold more, or hold it elsewhere.
const OWN_METHOD: &str = r#"
local device = mps.base()
device.methods.own = function(lib)
  local file = lib.transmit("00 A4 02 00 02 EF 05")
  local record = lib.transmit("00B2030400")
  local unknown = lib.transmit("80 50 00 00 00")
  local version = lib.read_item("EF05", "03")
  local missing = lib.read_item("EF06", "7F")
  local wrong = lib.transmit("00A4")
  return {
    atr = lib.opened.atr, sw = file.sw, record = record.data, unknown = unknown.sw,
    version = version.text, hex = version.hex,
    missing = missing.code .. missing.error, wrong = wrong.code .. wrong.error,
  }
end
return device
"#;
const OWN_FUNID: &str = r#"return mps.funid { title = "本地区的读法", call = "pcsc.own", response = {
  { "atr", from = "atr", title = "复位信息" }, { "sw", from = "sw", title = "状态字" },
  { "record", from = "record", title = "记录" }, { "unknown", from = "unknown", title = "不支持的命令" },
  { "version", from = "version", title = "版本" }, { "hex", from = "hex", title = "版本" },
  { "missing", from = "missing", title = "没有的" }, { "wrong", from = "wrong", title = "写错的" },
} }"#;

#[test]
fn a_region_sends_commands_of_its_own() {
    inside("a_region_sends_commands_of_its_own", || {
        let _service = Service::start();
        let _card = card::second("张某某").insert();
        let desk = desk();
        desk.write("scripts/site/devices/pcsc.lua", OWN_METHOD);
        desk.write("scripts/site/funids/OWN.lua", OWN_FUNID);
        let request = request("03");
        let request = std::str::from_utf8(&request)
            .expect("ASCII")
            .replace("N04.00.00.01", "OWN");
        let answer = Engine::open(desk.home(), Overrides::default()).answer(request.as_bytes());
        let response = Response::decode(&answer.bytes).expect("a well-formed response");
        assert_eq!(
            fields(&response),
            [
                "3B6800005353434152443031",
                "9000",
                "0304322E3030",
                "6D00",
                "2.00",
                "322E3030",
                "D042卡上的数据不完整（文件EF06中没有完整的标签7F）",
                "D043命令应有4到261个字节",
            ]
        );
    });
}

#[test]
fn the_handbooks_method_asks_for_another_application() {
    inside("the_handbooks_method_asks_for_another_application", || {
        let _service = Service::start();
        let card = card::first().insert();
        let desk = desk();
        let path = "scripts/regions/350200/devices/pcsc.lua";
        desk.write(path, handbook(path));
        let own = "local f = mps.base()\nf['03'].call = 'pcsc.read_bank_card'\nfor _, field in ipairs(f['03'].response) do field.from = 'track' end\nreturn f";
        desk.write(FUNCTION, own);
        assert_told(&refused(&desk), "这张卡没有银行账户");
        assert!(
            card.log()
                .iter()
                .any(|exchange| exchange.contains("A0, 00, 00, 03, 33")),
            "{:?}",
            card.log()
        );
    });
}

#[test]
fn the_handbook_has_every_code() {
    let handbook = include_str!("../docs/设备手册.md");
    for (code, text, advice) in Fault::table() {
        let row = format!("| {code} | {text} | {advice} |");
        assert!(handbook.contains(&row), "{row}");
    }
}

#[test]
fn a_simulated_card_needs_no_reader() {
    let desk = desk();
    desk.write("mps.toml", "region = '350200'\nsimulate = true\n");
    let response = answer(&desk);
    assert_eq!(
        fields(&response),
        [
            "XXXXXXXXXXXXXXXXXX",
            "DGXXXXXXX",
            "XXX",
            "350200D156000005XXXXXXXXXXXXXXXX"
        ]
    );
    // A stand-in may fail as a reader does, with its text and advice.
    desk.write(
        "scripts/site/simulated/pcsc.lua",
        "local s = mps.base()\ns.functions.connect = { returns = 'D034' }\nreturn s",
    );
    assert_told(&refused(&desk), "读社会保障卡失败：卡没有应答，请检查卡是否插反");
}

#[test]
fn a_declaration_that_cannot_be_right_is_refused() {
    let library = |keys: &str| format!("return mps.library {{ title = '卡', methods = {{}}, {keys} }}");
    for (keys, expected) in [
        ("builtin = 'psc'", "是否应为“pcsc”？"),
        (
            "builtin = 'serial', file = { linux = 'a.so' }",
            "内置设备serial不用写file",
        ),
        ("builtin = 'pcsc', functions = {}", "内置设备pcsc不用写functions"),
        (
            "builtin = 'pcsc', open = { 'conect', '', 1, '' }",
            "是否应为“connect”？",
        ),
        (
            "builtin = 'pcsc', open = { 'connect' }",
            "connect需要3个输入参数，实际写了0个",
        ),
        ("timeout = 1", "缺少functions"),
    ] {
        let desk = Desk::new("");
        desk.write("scripts/site/devices/own.lua", &library(keys));
        let checked = Command::new(env!("CARGO_BIN_EXE_mps"))
            .arg("check")
            .env("MPS_HOME", desk.home())
            .output()
            .expect("the command can be started");
        let shown = [checked.stdout, checked.stderr].concat();
        assert_told(&String::from_utf8_lossy(&shown), expected);
    }
}

#[test]
fn what_a_card_refuses_is_told_with_advice() {
    inside("what_a_card_refuses_is_told_with_advice", || {
        let _service = Service::start();
        let desk = desk();
        let with_holder = |holder: Vec<Record>| {
            let mut card = card::second("张某某");
            card.files.insert(6, holder);
            card
        };
        let selecting = |selected| Card {
            selected,
            ..card::first()
        };
        let id = || card::item(0x08, ID.as_bytes());
        let cases = [
            (
                card::third(),
                "读社会保障卡失败：此卡要经PSAM认证才能读取（读不到社会保障号码，规范版本3.00），请改用带PSAM卡的读卡器和厂商的驱动",
            ),
            (
                with_holder(vec![Record::Refused(0x6983)]),
                "卡已被锁定（读不到社会保障号码，状态字6983：密码或密钥已锁定），请持卡人到发卡机构",
            ),
            (selecting(0x6283), "卡已被锁定（状态字6283"),
            (selecting(0x6A82), "不是社会保障卡（状态字6A82）"),
            (
                with_holder(vec![Record::Refused(0x6F00)]),
                "卡拒绝了命令（读不到社会保障号码，状态字6F00：卡内部出错）",
            ),
            // Cut within a value, and lengths that are nonsense.
            (
                with_holder(vec![Record::Bytes(vec![0x08, 18, b'X', b'X'])]),
                "卡上的数据不完整（读不到社会保障号码）",
            ),
            (
                with_holder(vec![id(), Record::Bytes(vec![0x09, 0xFF, 0xD5])]),
                "卡上的数据不完整（读不到姓名）",
            ),
            (
                with_holder(vec![id(), card::item(0x09, &[b' '; 30])]),
                "卡上的数据不完整（读不到姓名）",
            ),
            (
                with_holder(vec![Record::Bytes(Vec::new()); 40]),
                "卡上的数据不完整（读不到社会保障号码）",
            ),
            (
                Card {
                    files: [].into(),
                    ..card::first()
                },
                "读不到社会保障号码",
            ),
            (
                Card {
                    application: card::gbk("1PAY.SYS.DDF01"),
                    ..card::first()
                },
                "不是社会保障卡（状态字6A82）",
            ),
        ];
        for (card, expected) in cases {
            let card = card.insert();
            let response = answer(&desk);
            assert_eq!(response.result, "-1", "{expected}");
            assert!(
                response.msg.contains(expected),
                "{}\n{expected}\n{:#?}",
                response.msg,
                card.log()
            );
            assert!(
                !response.msg.contains(ID) && !response.msg.contains("张"),
                "{}",
                response.msg
            );
        }
    });
}

#[test]
fn a_card_that_is_pulled_between_two_commands_costs_a_message() {
    inside(
        "a_card_that_is_pulled_between_two_commands_costs_a_message",
        || {
            let _service = Service::start();
            let desk = desk();
            let engine = Engine::open(desk.home(), Overrides::default());
            let whole = card::short().insert();
            let response = Response::decode(&engine.answer(&request("03")).bytes).expect("well-formed");
            assert_eq!(response.result, "0", "{}", response.msg);
            let commands = whole.commands();
            drop(whole);
            assert!(commands > 15, "{commands}");
            for after in 1..commands {
                let _card = Card {
                    pulled_after: Some(after),
                    ..card::short()
                }
                .insert();
                let response = Response::decode(&engine.answer(&request("03")).bytes).expect("well-formed");
                assert_eq!(response.result, "-1");
                let told = |expected| response.msg.contains(expected);
                // One that is pulled while it is being looked for is waited for.
                let waited = after == 1 && told("没有检测到卡（等待了2秒）");
                assert!(
                    waited || told("读卡途中卡被取走"),
                    "after {after}: {}",
                    response.msg
                );
            }
            let _card = card::first().insert();
            let response = Response::decode(&engine.answer(&request("03")).bytes).expect("well-formed");
            assert_eq!(fields(&response), [ID, "X0000001X", "张某某", CODE]);
        },
    );
}
