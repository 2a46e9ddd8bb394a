//! An entry as a line of JSON, masked.

use super::entry::{Entry, Event, Exchanged, LONGEST, MOST_NOTICES, Told, beginning};
use super::form::{Form, Object, key};
use crate::clock::Stamps;
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
    form: Form,
    /// The call that the form was made for, with its exchanges: most come again, with other times.
    known: Option<Told>,
    exchanges: Vec<Exchanged>,
}

impl Formatter {
    /// Appends one entry's line; `exchanges` are those that waited beside it.
    pub(super) fn entry(&mut self, out: &mut Vec<u8>, entry: &Entry, exchanges: &[Exchanged]) {
        match entry {
            Entry::Told(told) => {
                if !self.knows(told, exchanges) {
                    self.learn(told, exchanges);
                }
                self.fill(out, told, exchanges);
            }
            Entry::Call(call) => {
                self.known = None;
                let told = Told::of(&call.answer, call.fits);
                let exchanges: Vec<Exchanged> = Exchanged::of(&call.answer).collect();
                let msg = message(&told, &call.answer, call.fits);
                write_call(&mut self.form, &told, &msg, &exchanges, Some(&call.answer));
                self.fill(out, &told, &exchanges);
            }
            Entry::Event(at, event) => {
                self.known = None;
                let took = write_event(&mut self.form, event);
                self.form.fill(out, &mut self.stamps, *at, took.into_iter());
            }
        }
    }

    /// Appends the line that says how many are missing.
    pub(super) fn lost(&mut self, out: &mut Vec<u8>, at: SystemTime, lines: u64) {
        self.known = None;
        begin(&mut self.form, "lost").number(key!("lines"), lines).end();
        self.form.fill(out, &mut self.stamps, at, std::iter::empty());
    }

    fn knows(&self, told: &Told, exchanges: &[Exchanged]) -> bool {
        let known = self.known.as_ref();
        known.is_some_and(|known| known.is_like(told))
            && exchanges.len() == self.exchanges.len()
            && exchanges
                .iter()
                .zip(&self.exchanges)
                .all(|(one, other)| one.is_like(other))
    }

    fn learn(&mut self, told: &Told, exchanges: &[Exchanged]) {
        let msg = match &told.msg {
            Cow::Borrowed(msg) => Cow::Borrowed(*msg),
            Cow::Owned(msg) => mask::text(msg),
        };
        write_call(&mut self.form, told, &msg, exchanges, None);
        // What was put into a message is not kept, not even here: it is not masked.
        self.known = matches!(told.msg, Cow::Borrowed(_)).then(|| told.clone());
        self.exchanges.clear();
        self.exchanges.extend_from_slice(exchanges);
    }

    fn fill(&mut self, out: &mut Vec<u8>, told: &Told, exchanges: &[Exchanged]) {
        let stages = told.stages;
        let times = [
            stages.whole(),
            stages.decode,
            stages.serve,
            stages.device,
            stages.encode,
        ];
        let times = times.into_iter().chain(exchanges.iter().map(|one| one.took));
        let over = told.over.by_the_clock();
        self.form.fill(out, &mut self.stamps, over, times);
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

/// Makes the form of the line of a call that is over, with the answer where there are notices to tell.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Charset, Header};

    fn told() -> Told {
        let mut told = Told::of(&Answer::failure(Charset::Gbk, Header::default(), ""), true);
        told.funid = "1101".into();
        told.by = Some((7, Some("3501".into())));
        (told.result, told.error, told.msg) = ("0".into(), None, "操作成功".into());
        told
    }

    fn exchange() -> Exchanged {
        Exchanged {
            device: "社会保障卡".into(),
            call: Some("iReadCardBas".into()),
            ..Exchanged::default()
        }
    }

    /// Each differs from the first by one thing.
    fn calls() -> Vec<(Told, Vec<Exchanged>)> {
        let with_told = |change: fn(&mut Told)| {
            let mut told = told();
            change(&mut told);
            (told, vec![exchange()])
        };
        let with_exchange = |change: fn(&mut Exchanged)| {
            let mut exchange = exchange();
            change(&mut exchange);
            (told(), vec![exchange])
        };
        vec![
            with_told(|_| {}),
            with_told(|told| told.stages.decode = Duration::from_micros(12_345)),
            with_told(|told| told.funid = "1102".into()),
            with_told(|told| told.by = None),
            with_told(|told| told.by = Some((8, Some("3501".into())))),
            with_told(|told| told.by = Some((7, None))),
            with_told(|told| told.result = "-1".into()),
            with_told(|told| told.error = Some("E021")),
            with_told(|told| told.msg = "缺少参数".into()),
            with_told(|told| told.msg = "缺少参数".to_owned().into()),
            with_exchange(|exchange| exchange.took = Duration::from_micros(1)),
            with_exchange(|exchange| exchange.device = "电子凭证".into()),
            with_exchange(|exchange| exchange.call = None),
            with_exchange(|exchange| exchange.code = Code::Integer(-1)),
            with_exchange(|exchange| exchange.code = Code::Failed("E021")),
            with_exchange(|exchange| exchange.simulated = true),
            (told(), vec![]),
            (told(), vec![exchange(), exchange()]),
        ]
    }

    #[test]
    fn a_line_is_the_same_whatever_was_written_before_it() {
        let calls = calls();
        let line = |formatter: &mut Formatter, (told, exchanges): &(Told, Vec<Exchanged>)| {
            let mut line = Vec::new();
            formatter.entry(&mut line, &Entry::Told(told.clone()), exchanges);
            line
        };
        let alone = |call| line(&mut Formatter::default(), call);
        let mut formatter = Formatter::default();
        for one in &calls {
            for other in &calls {
                assert_eq!(line(&mut formatter, one), alone(one));
                assert_eq!(line(&mut formatter, other), alone(other));
            }
        }
        let mut event = Vec::new();
        let started = Entry::Event(SystemTime::now(), Event::Started);
        formatter.entry(&mut event, &started, &[]);
        assert_eq!(line(&mut formatter, &calls[0]), alone(&calls[0]));
    }

    #[test]
    fn what_was_put_into_a_message_is_not_kept() {
        let mut formatter = Formatter::default();
        let mut called = told();
        called.msg = "身份证号码350102199003070013有误".to_owned().into();
        let mut line = Vec::new();
        formatter.entry(&mut line, &Entry::Told(called), &[]);
        let line = String::from_utf8(line).expect("a text");
        assert!(formatter.known.is_none() && !line.contains("0307"), "{line}");
    }
}
