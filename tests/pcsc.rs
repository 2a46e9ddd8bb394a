//! Social-security cards by PC/SC: a real service, a virtual reader, and cards whose files are data here.
#![cfg(target_os = "linux")]

#[path = "pcsc/card.rs"]
mod card;
mod desk;
#[path = "pcsc/service.rs"]
mod service;

use card::{Addressing, Card, ID, Record};
use desk::{Desk, request};
use mps_client::engine::{Engine, Overrides};
use mps_client::message::Response;
use service::{Service, inside};
use std::process::Command;

/// The base's function with its device changed, as the handbook shows it.
const OVERRIDE: &str = include_str!("pcsc/N04.00.00.01.lua");

fn desk() -> Desk {
    let desk = Desk::new("region = \"350200\"\n[device.pcsc]\nwait = 2\n");
    desk.write("scripts/regions/350200/funids/N04.00.00.01.lua", OVERRIDE);
    desk
}

fn answer(desk: &Desk) -> Response {
    let answer = Engine::open(desk.home(), Overrides::default()).answer(&request("03"));
    Response::decode(&answer.bytes).expect("a well-formed response")
}

/// The values of the specification's fields.
fn fields(response: &Response) -> Vec<&str> {
    assert_eq!(response.result, "0", "{}", response.msg);
    response.body.iter().map(|field| field.value.as_str()).collect()
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
        ] {
            let card = card.insert();
            let response = answer(&desk);
            assert_eq!(response.result, "0", "{} {:#?}", response.msg, card.log());
            assert_eq!(fields(&response), [ID, "X0000001X", name, CODE]);
        }
    });
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
