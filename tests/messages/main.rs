//! The message floor through its public face; the vectors are the specification's sample messages, byte for byte.

mod accepting;
mod charsets;
mod properties;
mod refusing;
mod writing;

use encoding_rs::GBK;
use mps_client::message::{Rejected, Request};

/// The specification's request, as GBK.
const REQUEST: &[u8] = include_bytes!("../vectors/request-credential.xml");

/// GBK bytes of a text that code page 936 can write.
fn gbk(text: &str) -> Vec<u8> {
    let (bytes, _, unmappable) = GBK.encode(text);
    assert!(!unmappable, "not GBK: {text}");
    bytes.into_owned()
}

fn utf16le(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A request with a valid header and this body, without a declaration.
fn request(body: &str) -> String {
    format!("<request><Header><funid>N04.00.00.01</funid><sign/></Header><Body>{body}</Body></request>")
}

fn accept(bytes: &[u8]) -> Request {
    Request::decode(bytes).unwrap_or_else(|rejected| panic!("{rejected:?}"))
}

fn reject(bytes: &[u8]) -> Rejected {
    match Request::decode(bytes) {
        Ok(request) => panic!("accepted: {request:?}"),
        Err(rejected) => rejected,
    }
}

/// The fields of an accepted request as name and value.
fn fields(request: &Request) -> Vec<(&str, &str)> {
    request
        .body
        .iter()
        .map(|field| (field.name.as_ref(), &*field.value))
        .collect()
}
