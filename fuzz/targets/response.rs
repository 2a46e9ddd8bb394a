//! Any response: what can be written is read back as it was.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mps_client::message::{Charset, Header, Layout, Response, ResponseField};

fuzz_target!(|data: (u8, &str)| {
    let (choice, text) = data;
    let mut texts = text.split('\u{1}').map(str::to_owned);
    let mut next = || texts.next().unwrap_or_default();
    let response = Response {
        charset: Charset::ALL[usize::from(choice) % Charset::ALL.len()],
        header: Header {
            funid: next().into(),
            sign: next().into(),
        },
        result: next().into(),
        msg: next().into(),
        body: fields(next, choice),
    };
    let Ok(bytes) = response.encode() else { return };
    let read = Response::decode(&bytes).expect("what we write can be read");
    assert_eq!(read.body, response.body);
    assert_eq!(read.charset, response.charset);
});

fn fields(mut next: impl FnMut() -> String, choice: u8) -> Vec<ResponseField<'static>> {
    let mut fields = Vec::new();
    loop {
        let (name, value) = (next(), next());
        if name.is_empty() {
            return fields;
        }
        let block = choice >> (3 + fields.len() % 5) & 1 == 1;
        let layout = if block { Layout::Block } else { Layout::Inline };
        fields.push(ResponseField {
            name: name.into(),
            value: value.into(),
            layout,
        });
    }
}
