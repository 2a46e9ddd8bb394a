//! An entry as a line of JSON, masked.

use super::entry::{Entry, Event, Exchanged, LONGEST, MOST_NOTICES, Told, beginning};
use super::form::{Form, Object, key};
use crate::clock::{Moment, Stamps};
use crate::engine::stages::Stages;
use crate::engine::{Answer, By};
use crate::mask;
use crate::script::{Code, Notice, Words};
use std::borrow::Cow;
use std::ffi::OsStr;
use std::path::Path;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

/// What every line tells of the process.
static PROCESS: OnceLock<String> = OnceLock::new();

fn process() -> String {
    let program = std::env::current_exe().ok();
    let name = program.as_deref().and_then(Path::file_name);
    let name = name.map(OsStr::to_string_lossy).unwrap_or_default();
    Form::members(|members| {
        members.number(key!("process"), std::process::id().into());
        members.text(key!("program"), &name);
    })
}

/// Writes lines, one after another.
#[derive(Default)]
pub(super) struct Formatter {
    stamps: Stamps,
    /// Of the last entry.
    form: Form,
}

impl Formatter {
    /// Appends one entry's line; `exchanges` are those that waited beside it.
    pub(super) fn entry(&mut self, out: &mut Vec<u8>, entry: &Entry, exchanges: &[Exchanged]) {
        match entry {
            Entry::Told(told) => {
                let msg = match &told.msg {
                    Cow::Borrowed(msg) => Cow::Borrowed(*msg),
                    Cow::Owned(msg) => mask::text(msg),
                };
                self.call(out, told, &msg, exchanges, None);
            }
            Entry::Call(call) => {
                let told = Told::of(&call.answer, call.fits).kept();
                let exchanges: Vec<Exchanged> = Exchanged::of(&call.answer).map(Exchanged::kept).collect();
                let msg = message(&told, &call.answer, call.fits);
                self.call(out, &told, &msg, &exchanges, Some(&call.answer));
            }
            Entry::Event(at, event) => {
                let took = write_event(&mut self.form, event);
                self.form.fill(out, &mut self.stamps, *at, took.into_iter());
            }
        }
    }

    /// Appends the line of a call that is like the last entry but for its times: when it was over, its stages, and its exchanges'.
    pub(super) fn again(
        &mut self,
        out: &mut Vec<u8>,
        (over, stages, took): (Moment, Stages, impl Iterator<Item = Duration>),
    ) {
        let whole = stages.whole();
        let stages = [whole, stages.decode, stages.serve, stages.device, stages.encode];
        let times = stages.into_iter().chain(took);
        self.form.fill(out, &mut self.stamps, over.by_the_clock(), times);
    }

    /// Appends the line that says how many are missing.
    pub(super) fn lost(&mut self, out: &mut Vec<u8>, at: SystemTime, lines: u64) {
        // Calls that are like the last entry may be still to come.
        let mut form = Form::default();
        begin(&mut form, "lost").number(key!("lines"), lines).end();
        form.fill(out, &mut self.stamps, at, std::iter::empty());
    }

    /// Appends the line of a call, with the answer where there are notices to tell.
    fn call(
        &mut self,
        out: &mut Vec<u8>,
        told: &Told,
        msg: &str,
        exchanges: &[Exchanged],
        answer: Option<&Answer>,
    ) {
        write_call(&mut self.form, told, msg, exchanges, answer);
        let took = exchanges.iter().map(|exchange| exchange.took);
        self.again(out, (told.over, told.stages, took));
    }
}

fn begin<'a>(form: &'a mut Form, kind: &str) -> Object<'a> {
    let mut line = form.begin();
    line.text(key!("kind"), kind).raw(PROCESS.get_or_init(process));
    line
}

/// Makes the form of an event's line; gives the time that it is filled with.
fn write_event(form: &mut Form, event: &Event) -> Option<Duration> {
    match event {
        Event::Started => {
            begin(form, "start")
                .text(key!("version"), env!("CARGO_PKG_VERSION"))
                .number(key!("bits"), usize::BITS.into())
                .end();
            None
        }
        Event::Generation {
            number,
            fingerprint,
            region,
            took,
        } => {
            begin(form, "generation")
                .number(key!("generation"), *number)
                .text(key!("scripts"), fingerprint)
                .optional(key!("region"), region.as_deref())
                .time(key!("ms"))
                .end();
            Some(*took)
        }
        Event::Refused(code, why) => {
            begin(form, "refused")
                .text(key!("error"), code)
                .text(key!("msg"), &mask::text(why))
                .end();
            None
        }
    }
}

/// Makes the form of the line of a call that is over.
fn write_call(form: &mut Form, told: &Told, msg: &str, exchanges: &[Exchanged], answer: Option<&Answer>) {
    let mut line = begin(form, "call");
    line.text(key!("funid"), &mask::text(&told.funid));
    if let Some((generation, region)) = &told.by {
        line.optional(key!("region"), region.as_deref());
        line.number(key!("generation"), *generation);
    }
    line.text(key!("result"), &code_or_ends(&told.result));
    line.optional(key!("error"), told.error).text(key!("msg"), msg);
    line.time(key!("ms"));
    let mut stages = line.object(key!("stages"));
    stages.time(key!("decode")).time(key!("serve"));
    stages.time(key!("device")).time(key!("encode"));
    stages.end();
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
    object.time(key!("ms"));
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
