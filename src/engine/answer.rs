//! A response message, ready for the caller's buffer.

use crate::message::{Charset, Header, Response};
use crate::script::Notice;

/// A response message, ready for the caller's buffer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The message in the request's charset, without the NUL that ends it in a caller's buffer.
    pub bytes: Vec<u8>,
    /// Its charset.
    pub charset: Charset,
    /// Its header.
    pub header: Header,
    /// What the scripts noted while it was made.
    pub notices: Vec<Notice>,
}

impl Answer {
    /// Writes a response; one that cannot be written becomes a failure that says why.
    pub(super) fn new(response: Response) -> Answer {
        match response.encode() {
            Ok(bytes) => Answer {
                bytes,
                charset: response.charset,
                header: response.header,
                notices: Vec::new(),
            },
            Err(error) => Answer::failure(response.charset, response.header, &error.to_string()),
        }
    }

    pub(super) fn failure(charset: Charset, header: Header, msg: &str) -> Answer {
        let bytes = failure_message(charset, &header, msg);
        Answer {
            bytes,
            charset,
            header,
            notices: Vec::new(),
        }
    }

    /// A short, well-formed failure message that names both sizes, for a buffer of `capacity` bytes that this answer does not fit
    /// with its NUL; `None` where not even that message fits.
    pub fn shortened(&self, capacity: usize) -> Option<Vec<u8>> {
        let needed = self.bytes.len() + self.charset.unit();
        let advice = format!("返回报文需要{needed}字节，resp只有{capacity}字节，请加大resp缓冲区后重试");
        let sizes = format!("resp需{needed}字节,只有{capacity}");
        let messages = [advice, sizes]
            .into_iter()
            .map(|msg| failure_message(self.charset, &self.header, &msg));
        messages
            .into_iter()
            .find(|message| message.len() + self.charset.unit() <= capacity)
    }
}

fn failure_message(charset: Charset, header: &Header, msg: &str) -> Vec<u8> {
    let (result, msg) = ("-1".to_owned(), msg.to_owned());
    let response = Response {
        charset,
        header: header.clone(),
        result,
        msg,
        body: Vec::new(),
    };
    // Only body fields can make a response unwritable, and there are none.
    response.encode().unwrap_or_default()
}
