//! A response message, ready for the caller's buffer.

use super::stages::Stages;
use crate::clock::Moment;
use crate::message::{Charset, Header, Request, Response};
use crate::script::{self, Exchange, Notice, Vocabulary, Words};
use smol_str::SmolStr;
use std::borrow::Cow;
use std::time::SystemTime;

/// What answered a call.
#[derive(Clone, Debug)]
pub struct By {
    /// The generation's number.
    pub generation: u64,
    /// The region whose scripts it has.
    pub region: Option<SmolStr>,
    /// The words of its scripts, where there is something to find them in.
    pub vocabulary: Option<Vocabulary>,
}

/// What a failure's message tells of.
pub(super) struct Why {
    /// The script's mistake, where it is one.
    pub(super) error: Option<script::Error>,
    /// Whose words it is told in.
    pub(super) words: Words,
}

/// A request of which everything is kept.
#[derive(Clone, Debug)]
pub(super) enum Kept {
    /// It could be read. Whether its signature held, where the region verifies it.
    Read(Request, Option<bool>),
    /// It could not: its beginning, its bytes, and what would have answered.
    Unread(Vec<u8>, usize, Option<By>),
}

/// A response message, ready for the caller's buffer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The message in the request's charset, without the NUL that ends it in a caller's buffer.
    pub bytes: Vec<u8>,
    /// Its charset.
    pub charset: Charset,
    /// Its header.
    pub header: Header,
    /// Its `<result>`.
    pub result: Cow<'static, str>,
    /// Its `<msg>`.
    pub msg: Cow<'static, str>,
    /// The stable code of the mistake that it tells of, where it is one of ours or of a script; a device's own code stands
    /// in the exchanges.
    pub error: Option<&'static str>,
    /// Whose words `msg` is made of.
    pub words: Words,
    /// What answered; `None` where nothing could.
    pub by: Option<By>,
    /// What the scripts noted while it was made.
    pub notices: Vec<Notice>,
    /// Which devices were asked, in order.
    pub exchanges: Vec<Exchange>,
    /// Where its time went.
    pub stages: Stages,
    /// When it was made, where the call went through.
    pub(super) over: Option<Moment>,
    /// The request, where everything is kept of the call.
    pub(super) kept: Option<Box<Kept>>,
}

impl Answer {
    /// Writes a response; one that cannot be written becomes a failure that says why.
    pub(super) fn new(response: Response) -> Box<Answer> {
        match response.encode() {
            Ok(bytes) => Answer::written(bytes, response),
            Err(error) => {
                let failure = Answer::failure(response.charset, response.header, &error.to_string());
                failure.because(error.code())
            }
        }
    }

    pub(super) fn failure(charset: Charset, header: Header, msg: &str) -> Box<Answer> {
        let response = failure_response(charset, header, msg);
        Answer::written(encoded(&response), response)
    }

    fn written(bytes: Vec<u8>, response: Response) -> Box<Answer> {
        Box::new(Answer {
            bytes,
            charset: response.charset,
            header: response.header,
            result: response.result,
            msg: response.msg,
            error: None,
            words: Words::Own,
            by: None,
            notices: Vec::new(),
            exchanges: Vec::new(),
            stages: Stages::default(),
            over: None,
            kept: None,
        })
    }

    /// When the call was over, by the clock.
    pub(super) fn time(&self) -> SystemTime {
        self.over.map_or_else(SystemTime::now, |over| over.by_the_clock())
    }

    /// Names the mistake that the answer tells of.
    pub(super) fn because(mut self: Box<Self>, code: &'static str) -> Box<Answer> {
        self.error = Some(code);
        self
    }

    /// Says what the answer's `msg` tells of.
    pub(super) fn of(mut self: Box<Self>, why: Why) -> Box<Answer> {
        match why.error {
            None => {
                self.words = why.words;
                self
            }
            // What a script raised may be anything.
            Some(error) => {
                let line = error.line().unwrap_or_default();
                let place = format!("脚本{}第{line}行出错", error.file());
                self.words = Words::Instead(place);
                self.because(error.code())
            }
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
            .map(|msg| encoded(&failure_response(self.charset, self.header.clone(), &msg)));
        messages
            .into_iter()
            .find(|message| message.len() + self.charset.unit() <= capacity)
    }
}

fn failure_response(charset: Charset, header: Header, msg: &str) -> Response<'static> {
    let (result, msg) = ("-1".into(), msg.to_owned().into());
    Response {
        charset,
        header,
        result,
        msg,
        body: Vec::new(),
    }
}

fn encoded(failure: &Response) -> Vec<u8> {
    // Only body fields can make a response unwritable, and there are none.
    failure.encode().unwrap_or_default()
}
