//! An entry as a line of JSON, masked.

use super::entry::{Entry, Event, Exchanged, LONGEST, MOST_NOTICES, Told, beginning};
use crate::clock::Stamps;
use crate::digits;
use crate::engine::{Answer, By};
use crate::mask;
use crate::quoted;
use crate::script::{Code, Notice, Words};
use std::borrow::Cow;
use std::ffi::OsStr;
use std::path::Path;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

/// A member's key, with what stands around it.
macro_rules! key {
    ($name:literal) => {
        concat!(",\"", $name, "\":")
    };
}

/// What every line tells of the process.
static PROCESS: OnceLock<String> = OnceLock::new();

fn process() -> String {
    let program = std::env::current_exe().ok();
    let name = program.as_deref().and_then(Path::file_name);
    let name = name.map(OsStr::to_string_lossy).unwrap_or_default();
    let mut process = String::new();
    let mut members = Object::members(&mut process);
    members.number(key!("process"), std::process::id().into());
    members.text(key!("program"), &name);
    process
}

/// Writes lines, one after another.
#[derive(Default)]
pub(super) struct Formatter {
    stamps: Stamps,
}

impl Formatter {
    /// Appends one entry's line; `exchanges` are those that waited beside it.
    pub(super) fn entry(&mut self, out: &mut String, entry: &Entry, exchanges: &[Exchanged]) {
        match entry {
            Entry::Told(told) => {
                let msg = match &told.msg {
                    Cow::Borrowed(msg) => Cow::Borrowed(*msg),
                    Cow::Owned(msg) => mask::text(msg),
                };
                self.call(out, told, &msg, exchanges, None);
            }
            Entry::Call(call) => {
                let told = Told::of(&call.answer, call.fits);
                let exchanges: Vec<Exchanged> = Exchanged::of(&call.answer).collect();
                let msg = message(&told, &call.answer, call.fits);
                self.call(out, &told, &msg, &exchanges, Some(&call.answer));
            }
            Entry::Event(at, event) => self.event(out, *at, event),
        }
    }

    /// Appends the line that says how many are missing.
    pub(super) fn lost(&mut self, out: &mut String, at: SystemTime, lines: u64) {
        self.begin(out, at, "lost").number(key!("lines"), lines).end();
    }

    fn begin<'a>(&mut self, out: &'a mut String, at: SystemTime, kind: &str) -> Object<'a> {
        let mut object = Object::begin(out);
        object
            .stamp(key!("time"), &mut self.stamps, at)
            .text(key!("kind"), kind);
        object.raw(PROCESS.get_or_init(process));
        object
    }

    fn event(&mut self, out: &mut String, at: SystemTime, event: &Event) {
        match event {
            Event::Started => {
                let mut line = self.begin(out, at, "start");
                line.text(key!("version"), env!("CARGO_PKG_VERSION"))
                    .number(key!("bits"), usize::BITS.into());
                line.end();
            }
            Event::Generation {
                number,
                fingerprint,
                region,
                took,
            } => {
                let mut line = self.begin(out, at, "generation");
                line.number(key!("generation"), *number)
                    .text(key!("scripts"), fingerprint);
                line.optional(key!("region"), region.as_deref())
                    .millis(key!("ms"), *took)
                    .end();
            }
            Event::Refused(code, why) => {
                let mut line = self.begin(out, at, "refused");
                line.text(key!("error"), code)
                    .text(key!("msg"), &mask::text(why))
                    .end();
            }
        }
    }

    /// Appends the line of a call that is over, with the answer where there are notices to tell.
    fn call(
        &mut self,
        out: &mut String,
        told: &Told,
        msg: &str,
        exchanges: &[Exchanged],
        answer: Option<&Answer>,
    ) {
        let mut line = self.begin(out, told.over.by_the_clock(), "call");
        line.text(key!("funid"), &mask::text(&told.funid));
        if let Some((generation, region)) = &told.by {
            line.optional(key!("region"), region.as_deref());
            line.number(key!("generation"), *generation);
        }
        line.text(key!("result"), &code_or_ends(&told.result));
        line.optional(key!("error"), told.error).text(key!("msg"), msg);
        line.millis(key!("ms"), told.stages.whole());
        let stages = told.stages;
        let mut times = line.object(key!("stages"));
        times
            .millis(key!("decode"), stages.decode)
            .millis(key!("serve"), stages.serve);
        times
            .millis(key!("device"), stages.device)
            .millis(key!("encode"), stages.encode);
        times.end();
        if !exchanges.is_empty() {
            line.list(key!("devices"), exchanges.iter(), exchanged);
        }
        if let Some(answer) = answer.filter(|answer| !answer.notices.is_empty()) {
            let told = answer.notices.iter().take(MOST_NOTICES);
            line.list(key!("notices"), told, |object, notice| {
                noticed(object, notice, answer)
            });
        }
        line.end();
    }
}

/// Whether it takes long to find out what may be written down of an answer: what scripts say is looked up in all of them.
pub(super) fn takes_long(answer: &Answer) -> bool {
    answer.words == Words::Script || !answer.notices.is_empty()
}

/// What may be written down of a message.
fn message<'a>(told: &'a Told, answer: &'a Answer, fits: bool) -> Cow<'a, str> {
    match (&answer.words, &answer.by, &told.msg) {
        (Words::Script, Some(by), _) if fits => in_its_words(by, beginning(&answer.msg, LONGEST)).into(),
        (_, _, Cow::Borrowed(msg)) => Cow::Borrowed(msg),
        (_, _, Cow::Owned(msg)) => mask::text(msg),
    }
}

/// What stands in the scripts that answered, and nothing else of a text.
fn in_its_words(by: &By, text: &str) -> String {
    let vocabulary = by.vocabulary.as_ref();
    vocabulary.map_or_else(String::new, |words| words.keep(text))
}

fn exchanged(object: &mut Object<'_>, exchange: &Exchanged) {
    object.text(key!("device"), &exchange.device);
    object.optional(key!("call"), exchange.call.as_deref());
    match &exchange.code {
        Code::Nothing => {}
        Code::Integer(code) => {
            object.integer(key!("code"), *code);
        }
        Code::Text(code) => {
            object.text(key!("code"), &mask::numbers(code.as_str()));
        }
        Code::Failed(code) => {
            object.text(key!("error"), code);
        }
    }
    if exchange.simulated {
        object.flag(key!("simulated"), true);
    }
    object.millis(key!("ms"), exchange.took);
}

fn noticed(object: &mut Object<'_>, notice: &Notice, answer: &Answer) {
    let text = answer
        .by
        .as_ref()
        .map_or_else(String::new, |by| in_its_words(by, &notice.text));
    object
        .flag(key!("warning"), notice.warning)
        .text(key!("place"), &notice.place);
    object.text(key!("text"), &format!("{text}{}", notice.fields));
}

/// 结果 is a script's to choose.
fn code_or_ends(result: &str) -> Cow<'_, str> {
    match crate::script::ShortText::of(result) {
        Some(_) => mask::numbers(result),
        None => mask::value(result).into(),
    }
}

/// One JSON object, its keys in the order that people read them. Each key is one constant that is put in where it is written, since
/// keys are half of a line.
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
        let first = true;
        Object { out, first, end }
    }

    /// Members that will stand behind others.
    fn members(out: &mut String) -> Object<'_> {
        let (first, end) = (false, "");
        Object { out, first, end }
    }

    fn end(&mut self) {
        self.out.push_str(self.end);
    }

    /// Members that are written already, with a comma before them.
    fn raw(&mut self, members: &str) {
        let first = std::mem::take(&mut self.first);
        self.out.push_str(&members[usize::from(first)..]);
    }

    fn text(&mut self, key: &str, value: &str) -> &mut Self {
        self.raw(key);
        quoted::push(self.out, value);
        self
    }

    fn optional(&mut self, key: &str, value: Option<&str>) -> &mut Self {
        if let Some(value) = value {
            self.text(key, value);
        }
        self
    }

    fn stamp(&mut self, key: &str, stamps: &mut Stamps, at: SystemTime) -> &mut Self {
        self.raw(key);
        self.out.push('"');
        stamps.push(self.out, at);
        self.out.push('"');
        self
    }

    fn number(&mut self, key: &str, value: u64) -> &mut Self {
        self.raw(key);
        digits::push(self.out, value, 1);
        self
    }

    fn integer(&mut self, key: &str, value: i64) -> &mut Self {
        self.raw(key);
        if value < 0 {
            self.out.push('-');
        }
        digits::push(self.out, value.unsigned_abs(), 1);
        self
    }

    fn flag(&mut self, key: &str, value: bool) -> &mut Self {
        self.raw(key);
        self.out.push_str(if value { "true" } else { "false" });
        self
    }

    /// Milliseconds, to the microsecond.
    fn millis(&mut self, key: &str, time: Duration) -> &mut Self {
        // Nothing lasts for so many million years.
        let whole = time.as_secs().saturating_mul(1000);
        self.number(key, whole.saturating_add(time.subsec_millis().into()));
        self.out.push('.');
        digits::push_three(self.out, time.subsec_micros());
        self
    }

    fn object(&mut self, key: &str) -> Object<'_> {
        self.raw(key);
        Object::open(self.out, "}")
    }

    fn list<T>(
        &mut self,
        key: &str,
        items: impl Iterator<Item = T>,
        mut item: impl FnMut(&mut Object<'_>, T),
    ) {
        self.raw(key);
        self.out.push('[');
        for (index, value) in items.enumerate() {
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
