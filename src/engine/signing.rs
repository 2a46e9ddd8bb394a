//! A region's signatures, around the serving of a request. Where a region declares none, nothing here costs anything.

use super::answer::{Answer, Why};
use crate::message::{DEFAULT_SIGN, Header, Request, Response, body_text};
use crate::script::{Generation, Served, SignedRequest};
use smol_str::SmolStr;

/// What came of a request's signature: the error is what the caller is told instead of being served.
pub(super) type Verified = Result<(), Served<'static>>;

/// Has the region verify a request; `None` where it does not verify. A request that is played again has another body and another
/// signature than when it was `verified`, which counts then.
pub(super) fn verify(
    generation: &Generation,
    bytes: &[u8],
    request: &Request,
    verified: Option<&Verified>,
) -> Option<Verified> {
    if !generation.verifies() {
        return None;
    }
    if verified.is_some() {
        return verified.cloned();
    }
    let signed = SignedRequest {
        funid: &request.header.funid,
        sign: &request.header.sign,
        text: &body_text(bytes),
        fields: &request.body,
    };
    Some(generation.verify(&signed))
}

/// Writes a response with the region's signature, or with the request's where the region declares none.
pub(super) fn sign(generation: &Generation, response: Response, why: Why) -> Box<Answer> {
    if !generation.signs() {
        return Answer::new(response).of(why);
    }
    // What is signed is the text as the caller will read it, so it is written first; a response that cannot be written
    // becomes the failure that says so.
    let unsigned = Answer::new(response);
    let written = match Response::decode(&unsigned.bytes) {
        Ok(written) => written,
        Err(error) => return Answer::failure(unsigned.charset, unsigned.header, &error.to_string()),
    };
    match generation.sign(&written, &body_text(&unsigned.bytes)) {
        Err(refused) => {
            let failure = Answer::failure(written.charset, without_sign(written.header), &refused.msg);
            failure.of(Why {
                error: refused.error,
                words: refused.words,
            })
        }
        Ok(None) => unsigned.of(why),
        Ok(Some(sign)) => {
            let header = Header {
                sign: sign.into(),
                ..written.header.clone()
            };
            let mut signed = Answer::new(Response {
                header,
                ..written.clone()
            });
            // A failure that replaces this answer in a short buffer is another text.
            signed.header = without_sign(written.header);
            signed.of(why)
        }
    }
}

fn without_sign(header: Header) -> Header {
    Header {
        sign: SmolStr::new_static(DEFAULT_SIGN),
        ..header
    }
}
