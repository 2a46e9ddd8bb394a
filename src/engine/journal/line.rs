//! An entry as a line of JSON, masked.

use super::entry::{Call, Entry, Event};
use crate::clock;
use crate::digits;
use crate::engine::{Answer, RESP_TOO_SMALL};
use crate::mask;
use crate::quoted;
use crate::script::{Asked, Code, Exchange, Notice, Words};
use std::ffi::OsStr;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Signs of a function id that a line tells; the caller may have sent anything.
const LONGEST_FUNID: usize = 64;

/// Writes the lines of one process.
pub(super) struct Formatter {
    /// What every line tells of it.
    process: String,
}

impl Default for Formatter {
    fn default() -> Formatter {
        let program = std::env::current_exe().ok();
        let name = program.as_deref().and_then(Path::file_name);
        let name = name.map(OsStr::to_string_lossy).unwrap_or_default();
        let mut process = String::new();
        let mut members = Object::members(&mut process);
        members.number("process", std::process::id().into());
        members.text("program", &name);
        Formatter { process }
    }
}

impl Formatter {
    /// Appends one entry's line.
    pub(super) fn entry(&self, out: &mut String, entry: &Entry) {
        match entry {
            Entry::Call(call) => self.call(out, call),
            Entry::Event(at, event) => self.event(out, *at, event),
        }
    }

    /// Appends the line that says how many are missing.
    pub(super) fn lost(&self, out: &mut String, at: SystemTime, lines: u64) {
        self.begin(out, at, "lost").number("lines", lines).end();
    }

    fn begin<'a>(&self, out: &'a mut String, at: SystemTime, kind: &str) -> Object<'a> {
        let mut object = Object::begin(out);
        object.text("time", &clock::stamp(at)).text("kind", kind);
        object.raw(&self.process);
        object
    }

    fn event(&self, out: &mut String, at: SystemTime, event: &Event) {
        match event {
            Event::Started => {
                let mut line = self.begin(out, at, "start");
                line.text("version", env!("CARGO_PKG_VERSION"))
                    .number("bits", usize::BITS.into());
                line.end();
            }
            Event::Generation {
                number,
                fingerprint,
                region,
            } => {
                let mut line = self.begin(out, at, "generation");
                line.number("generation", *number).text("scripts", fingerprint);
                line.optional("region", region.as_deref()).end();
            }
            Event::Refused(code, why) => {
                let mut line = self.begin(out, at, "refused");
                line.text("error", code).text("msg", &mask::text(why)).end();
            }
        }
    }

    fn call(&self, out: &mut String, call: &Call) {
        let answer = &call.answer;
        let mut line = self.begin(out, call.at, "call");
        let funid = answer.header.funid.as_str();
        let funid = match funid.char_indices().nth(LONGEST_FUNID) {
            Some((end, _)) => &funid[..end],
            None => funid,
        };
        line.text("funid", &mask::text(funid));
        if let Some(by) = &answer.by {
            line.optional("region", by.region.as_deref());
            line.number("generation", by.generation);
        }
        match call.fits {
            true => {
                line.text("result", &code_or_ends(&answer.result));
                line.optional("error", answer.error.or_else(|| lost_device(answer)))
                    .text("msg", &message(answer));
            }
            false => {
                line.text("result", "-1").text("error", RESP_TOO_SMALL);
                line.text("msg", "resp缓冲区放不下返回报文");
            }
        }
        line.millis("ms", answer.stages.whole());
        let stages = answer.stages;
        let mut times = line.object("stages");
        times
            .millis("decode", stages.decode)
            .millis("serve", stages.serve);
        times
            .millis("device", stages.device)
            .millis("encode", stages.encode);
        times.end();
        if !answer.exchanges.is_empty() {
            line.list("devices", &answer.exchanges, exchanged);
        }
        if !answer.notices.is_empty() {
            line.list("notices", &answer.notices, |object, notice| {
                noticed(object, notice, answer)
            });
        }
        line.end();
    }
}

/// The code of the device's error that the call failed of.
fn lost_device(answer: &Answer) -> Option<&'static str> {
    let failed = |exchange: &Exchange| match exchange.code {
        Code::Failed(code) => Some(code),
        _ => None,
    };
    let lost = answer.exchanges.iter().find_map(failed);
    lost.filter(|_| answer.result != "0")
}

/// What may be written down of a message.
fn message(answer: &Answer) -> String {
    match (&answer.words, &answer.by) {
        (Words::Own, _) => mask::text(&answer.msg),
        (Words::Instead(text), _) => mask::text(text),
        (Words::Script, Some(by)) => by.vocabulary.keep(&answer.msg),
        (Words::Script, None) => String::new(),
    }
}

fn exchanged(object: &mut Object<'_>, exchange: &Exchange) {
    object.text("device", &exchange.device);
    match &exchange.asked {
        Asked::Device => {}
        Asked::Function(function) => {
            object.text("call", &function.name);
        }
        Asked::Server { method, host } => {
            object.text("call", &mask::text(&format!("{method} {host}")));
        }
    }
    match &exchange.code {
        Code::Nothing => {}
        Code::Integer(code) => {
            object.integer("code", *code);
        }
        Code::Text(code) => {
            object.text("code", &mask::numbers(code.as_str()));
        }
        Code::Failed(code) => {
            object.text("error", code);
        }
    }
    if exchange.simulated {
        object.flag("simulated", true);
    }
    object.millis("ms", exchange.took);
}

fn noticed(object: &mut Object<'_>, notice: &Notice, answer: &Answer) {
    let text = answer
        .by
        .as_ref()
        .map_or_else(String::new, |by| by.vocabulary.keep(&notice.text));
    object
        .flag("warning", notice.warning)
        .text("place", &notice.place);
    object.text("text", &format!("{text}{}", notice.fields));
}

/// 结果 is a script's to choose.
fn code_or_ends(result: &str) -> String {
    match crate::script::ShortText::of(result) {
        Some(code) => mask::numbers(code.as_str()),
        None => mask::value(result),
    }
}

/// One JSON object, its keys in the order that people read them.
struct Object<'a> {
    out: &'a mut String,
    first: bool,
    /// What follows it.
    end: &'static str,
}

impl Object<'_> {
    /// A line of its own.
    fn begin(out: &mut String) -> Object<'_> {
        Object::open(out, "}\n")
    }

    fn open<'a>(out: &'a mut String, end: &'static str) -> Object<'a> {
        out.push('{');
        let mut object = Object::members(out);
        object.end = end;
        object
    }

    /// Members that will stand in a line's object.
    fn members(out: &mut String) -> Object<'_> {
        Object {
            out,
            first: true,
            end: "",
        }
    }

    fn end(&mut self) {
        self.out.push_str(self.end);
    }

    fn next(&mut self) {
        if !std::mem::take(&mut self.first) {
            self.out.push(',');
        }
    }

    /// Members that are written already.
    fn raw(&mut self, members: &str) {
        self.next();
        self.out.push_str(members);
    }

    fn key(&mut self, key: &str) {
        self.next();
        self.out.push('"');
        self.out.push_str(key);
        self.out.push_str("\":");
    }

    fn text(&mut self, key: &str, value: &str) -> &mut Self {
        self.key(key);
        quoted::push(self.out, value);
        self
    }

    fn optional(&mut self, key: &str, value: Option<&str>) -> &mut Self {
        if let Some(value) = value {
            self.text(key, value);
        }
        self
    }

    fn number(&mut self, key: &str, value: u64) -> &mut Self {
        self.key(key);
        digits::push(self.out, value, 1);
        self
    }

    fn integer(&mut self, key: &str, value: i64) -> &mut Self {
        self.key(key);
        if value < 0 {
            self.out.push('-');
        }
        digits::push(self.out, value.unsigned_abs(), 1);
        self
    }

    fn flag(&mut self, key: &str, value: bool) -> &mut Self {
        self.key(key);
        self.out.push_str(if value { "true" } else { "false" });
        self
    }

    /// Milliseconds, to the microsecond.
    fn millis(&mut self, key: &str, time: Duration) -> &mut Self {
        // Nothing lasts for so many thousand years.
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.number(key, micros / 1000);
        self.out.push('.');
        digits::push(self.out, micros % 1000, 3);
        self
    }

    fn object(&mut self, key: &str) -> Object<'_> {
        self.key(key);
        Object::open(self.out, "}")
    }

    fn list<T>(&mut self, key: &str, items: &[T], mut item: impl FnMut(&mut Object<'_>, &T)) {
        self.key(key);
        self.out.push('[');
        for (index, value) in items.iter().enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            let mut object = Object::open(self.out, "}");
            item(&mut object, value);
            object.end();
        }
        self.out.push(']');
    }
}
