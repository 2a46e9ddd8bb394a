//! What an answer tells of the devices that were asked: with real vendor libraries (C fakes) and simulated ones.

mod desk;

use desk::{Desk, request};
use mps_client::device::{Argument, Returned, Value};
use mps_client::engine::{Answer, Engine, Overrides};
use mps_client::script::{Code, Content, Detail, Exchange};

fn answer(desk: &Desk, cert_type: &str, detail: Detail) -> Box<Answer> {
    let overrides = Overrides {
        detail,
        ..Overrides::default()
    };
    Engine::open(desk.home(), overrides).answer(&request(cert_type))
}

fn names(answer: &Answer) -> Vec<(String, String, Code)> {
    let name = |exchange: &Exchange| (exchange.device.to_string(), exchange.name(), exchange.code);
    answer.exchanges.iter().map(name).collect()
}

fn card(function: &str, code: Code) -> (String, String, Code) {
    ("card".to_owned(), function.to_owned(), code)
}

#[test]
fn each_function_is_told_with_its_code_and_nothing_that_it_read() {
    let desk = Desk::with_vendors("USB1", "https://ec.example/ok");
    let read = answer(&desk, "03", Detail::Codes);
    let functions = ["SSC_Open", "SSC_ReadCard", "SSC_Close"];
    assert_eq!(
        names(&read),
        functions.map(|function| card(function, Code::Integer(0)))
    );
    assert!(
        read.exchanges
            .iter()
            .all(|exchange| exchange.content.is_none() && !exchange.simulated)
    );

    let queried = answer(&desk, "01", Detail::Codes);
    let codes: Vec<_> = queried.exchanges.iter().map(|exchange| exchange.code).collect();
    assert!(
        matches!(codes[..], [Code::Text(code)] if code.as_str() == "0000"),
        "{codes:?}"
    );

    let none = answer(&Desk::with_vendors("NOCARD", ""), "03", Detail::Codes);
    assert_eq!(none.result, "-1");
    assert_eq!(names(&none)[1], card("SSC_ReadCard", Code::Integer(-2)));
}

#[test]
fn a_device_that_could_not_be_taken_is_told_too() {
    let desk = Desk::new("[device.card]\nfolder = 'nowhere'");
    assert_eq!(
        names(&answer(&desk, "03", Detail::Codes)),
        [card("card", Code::Failed("D001"))]
    );
}

#[test]
fn everything_is_kept_where_it_is_wanted() {
    let desk = Desk::with_vendors("USB1", "");
    let read = answer(&desk, "03", Detail::Whole);
    let contents: Vec<&Content> = read
        .exchanges
        .iter()
        .filter_map(|exchange| exchange.content.as_deref())
        .collect();
    let [
        Content::Function { passed, .. },
        Content::Function { brought, .. },
        _,
    ] = contents[..]
    else {
        panic!("{contents:?}");
    };
    assert_eq!(*passed, [Argument::Text("USB1".to_owned())]);
    let outcome = brought.as_ref().expect("a card");
    assert_eq!(outcome.returned, Returned::Integer(0));
    let info = outcome.outs.first().and_then(Value::text).expect("text");
    assert_eq!(info.split('|').count(), 6);
    assert!(
        !format!("{read:?}").contains(info),
        "debugging output leaves it out"
    );
}

#[test]
fn simulated_devices_are_marked_and_times_are_taken() {
    let answer = answer(&Desk::new("simulate = true"), "03", Detail::Codes);
    assert!(
        answer.exchanges.iter().all(|exchange| exchange.simulated) && answer.exchanges.len() == 3,
        "{answer:?}"
    );
    assert!(!answer.stages.decode.is_zero() && !answer.stages.serve.is_zero());
    assert_eq!((answer.by.is_some(), answer.error), (true, None));
}

#[test]
fn a_mistake_is_told_by_its_code() {
    let desk = Desk::new("simulate = true");
    let engine = Engine::open(desk.home(), Overrides::default());
    assert_eq!(engine.answer(b"<nonsense").error, Some("M007"));
    desk.write("mps.toml", "nonsense");
    let engine = Engine::open(desk.home(), Overrides::default());
    assert_eq!(engine.answer(&request("03")).error, Some("C003"));
}
