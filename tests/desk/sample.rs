//! The shipped function id as tests change it: the card's number in an answer tells which script gave it.

use super::request;
use mps_client::engine::Engine;
use mps_client::message::Response;

/// The shipped script.
pub const FUNID: &str = include_str!("../../scripts/funids/N04.00.00.01.lua");
/// Where it stands on a desk.
pub const PLACE: &str = "scripts/funids/N04.00.00.01.lua";
/// The card's number that it answers with simulated devices.
pub const SHIPPED: &str = "DGXXXXXX";

/// The shipped script, but for the card's number.
pub fn script(card_no: &str) -> String {
    FUNID.replace("from = \"cardnum\", ", &format!("value = \"{card_no}\","))
}

/// The card's number in an engine's answer, or why there is none.
pub fn card_no(engine: &Engine) -> String {
    let response = Response::decode(&engine.answer(&request("03")).bytes).expect("a well-formed response");
    let field = response.body.iter().find(|field| &*field.name == "card_no");
    let served = field.filter(|_| response.result == "0");
    served
        .map(|field| field.value.to_string())
        .unwrap_or(response.msg.into_owned())
}

/// Waits until an engine answers with a card's number.
pub fn until(engine: &Engine, expected: &str) {
    super::eventually(expected, || card_no(engine) == expected);
}
