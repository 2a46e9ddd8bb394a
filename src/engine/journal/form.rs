//! A line of JSON without its times: nothing else differs from one call to the next of its kind.

use crate::clock::Stamps;
use crate::digits;
use crate::quoted;
use std::time::{Duration, SystemTime};

/// What every line begins with.
const BEGIN: &str = "{\"time\":\"";

/// A member's key, with what stands around it.
macro_rules! key {
    ($name:literal) => {
        concat!(",\"", $name, "\":")
    };
}
pub(super) use key;

/// A line, and where times belong in it.
#[derive(Default)]
pub(super) struct Form {
    text: String,
    /// Behind what of the text each time is to stand.
    times: Vec<usize>,
}

impl Form {
    /// Begins anew, in the room that there is.
    pub(super) fn begin(&mut self) -> Object<'_> {
        self.text.clear();
        self.times.clear();
        let end = "}\n";
        self.text.push('"');
        Object {
            form: self,
            first: false,
            end,
        }
    }

    /// Members that will stand behind others.
    pub(super) fn members(write: impl FnOnce(&mut Object<'_>)) -> String {
        let mut form = Form::default();
        let (first, end) = (false, "");
        write(&mut Object {
            form: &mut form,
            first,
            end,
        });
        form.text
    }

    /// Appends the line of a moment, with the times in their order.
    pub(super) fn fill(
        &self,
        out: &mut Vec<u8>,
        stamps: &mut Stamps,
        at: SystemTime,
        times: impl Iterator<Item = Duration>,
    ) {
        out.extend(BEGIN.as_bytes());
        stamps.push(out, at);
        let text = self.text.as_bytes();
        let mut written = 0;
        for (&place, time) in self.times.iter().zip(times) {
            out.extend(&text[written..place]);
            push_millis(out, time);
            written = place;
        }
        out.extend(&text[written..]);
    }
}

/// Milliseconds, to the microsecond.
fn push_millis(out: &mut Vec<u8>, time: Duration) {
    // Nothing lasts for so many million years.
    let whole = time.as_secs().saturating_mul(1000);
    digits::push_thousandths(
        out,
        whole.saturating_add(time.subsec_millis().into()),
        time.subsec_micros() % 1000,
    );
}

/// One JSON object, its keys in the order that people read them. Each key is one constant that is put in where it is written, since
/// keys are half of a line.
pub(super) struct Object<'a> {
    form: &'a mut Form,
    first: bool,
    /// What follows it.
    end: &'static str,
}

impl Object<'_> {
    pub(super) fn end(&mut self) {
        self.push(self.end);
    }

    fn push(&mut self, text: &str) {
        self.form.text.push_str(text);
    }

    /// Members that are written already, with a comma before them.
    pub(super) fn raw(&mut self, members: &str) -> &mut Self {
        let first = std::mem::take(&mut self.first);
        self.push(&members[usize::from(first)..]);
        self
    }

    pub(super) fn text(&mut self, key: &str, value: &str) -> &mut Self {
        self.raw(key);
        quoted::push(&mut self.form.text, value);
        self
    }

    pub(super) fn optional(&mut self, key: &str, value: Option<&str>) -> &mut Self {
        if let Some(value) = value {
            self.text(key, value);
        }
        self
    }

    pub(super) fn number(&mut self, key: &str, value: u64) -> &mut Self {
        self.raw(key);
        digits::push(&mut self.form.text, value, 1);
        self
    }

    pub(super) fn integer(&mut self, key: &str, value: i64) -> &mut Self {
        if value < 0 {
            self.raw(key);
            self.push("-");
            digits::push(&mut self.form.text, value.unsigned_abs(), 1);
            return self;
        }
        self.number(key, value.unsigned_abs())
    }

    pub(super) fn flag(&mut self, key: &str, value: bool) -> &mut Self {
        self.raw(key).push(if value { "true" } else { "false" });
        self
    }

    /// A time, which the form is filled with.
    pub(super) fn time(&mut self, key: &str) -> &mut Self {
        self.raw(key);
        self.form.times.push(self.form.text.len());
        self
    }

    pub(super) fn object(&mut self, key: &str) -> Object<'_> {
        self.raw(key);
        self.open()
    }

    fn open(&mut self) -> Object<'_> {
        self.push("{");
        let (first, end) = (true, "}");
        Object {
            form: self.form,
            first,
            end,
        }
    }

    pub(super) fn list<T>(
        &mut self,
        key: &str,
        items: impl Iterator<Item = T>,
        mut item: impl FnMut(&mut Object<'_>, T),
    ) {
        self.raw(key);
        self.push("[");
        for (index, value) in items.enumerate() {
            if index > 0 {
                self.push(",");
            }
            let mut object = self.open();
            item(&mut object, value);
            object.end();
        }
        self.push("]");
    }
}
