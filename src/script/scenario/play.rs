//! One scenario while it is played: what it wants, what it expects, and what came instead.

use super::{Counter, Files, Held, House, Mismatch, Returned, Room, Shown, Wanted};
use crate::message::{DEFAULT_SIGN, Request, Response};
use crate::script::api;
use crate::script::coverage;
use crate::script::sandbox::apart;
use crate::script::stage::Stage;
use mlua::{AnyUserData, Error, Lua, Result, Value};
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

/// Frames that are searched for the scenario's own line.
const FRAMES: usize = 32;
/// Mismatches that one scenario tells of.
const MOST: usize = 20;

/// One scenario under way.
pub(in crate::script) struct Play {
    house: Rc<dyn House>,
    /// The scenario's file, as Lua knows it.
    file: String,
    files: Option<Files>,
    stage: Arc<Stage>,
    wanted: RefCell<Wanted>,
    sign: RefCell<String>,
    counter: OnceCell<Box<dyn Counter>>,
    /// When its time is over.
    until: Instant,
    /// What was read last out of an answer: an expectation that is given the same value is about it.
    read: RefCell<Option<(Subject, Value)>>,
    mismatches: RefCell<Vec<Mismatch>>,
    held: RefCell<Vec<Held>>,
    notes: RefCell<Vec<String>>,
}

/// What an expectation is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::script) struct Subject {
    /// What people call it.
    pub(in crate::script) name: String,
    /// Whether it is wording of the response: `msg`, a field, or the whole message.
    pub(in crate::script) wording: bool,
    /// What may explain its value.
    pub(in crate::script) notes: Vec<String>,
}

/// What a call came to.
pub(in crate::script) struct Answered {
    pub(in crate::script) code: i32,
    /// The message, without the NUL that ends it.
    pub(in crate::script) bytes: Vec<u8>,
    /// It, read; or why it cannot be.
    pub(in crate::script) response: std::result::Result<Response<'static>, String>,
    /// The virtual time that the call took, in seconds.
    pub(in crate::script) elapsed: f64,
    /// What the call's devices came to, for whoever wonders at its answer.
    pub(in crate::script) notes: Vec<String>,
    request: Option<Request>,
}

impl Play {
    pub(super) fn new(house: Rc<dyn House>, file: &str, files: Option<Files>, until: Instant) -> Play {
        Play {
            house,
            file: format!("@{file}"),
            files,
            stage: Arc::default(),
            wanted: RefCell::default(),
            sign: RefCell::new(DEFAULT_SIGN.to_owned()),
            counter: OnceCell::new(),
            until,
            read: RefCell::default(),
            mismatches: RefCell::default(),
            held: RefCell::default(),
            notes: RefCell::default(),
        }
    }

    /// `t`, which the scenario is given.
    pub(super) fn stand(self: Rc<Play>, lua: &Lua) -> Result<AnyUserData> {
        api::scenario_stand(lua, self)
    }

    pub(in crate::script) fn stage(&self) -> &Arc<Stage> {
        &self.stage
    }

    pub(in crate::script) fn files(&self) -> Option<&Files> {
        self.files.as_ref()
    }

    pub(super) fn mismatches(&self) -> Vec<Mismatch> {
        self.mismatches.borrow().clone()
    }

    pub(super) fn held(&self) -> Vec<Held> {
        self.held.borrow().clone()
    }

    pub(super) fn notes(&self) -> Vec<String> {
        self.notes.borrow().clone()
    }

    pub(in crate::script) fn note(&self, text: String) {
        self.notes.borrow_mut().push(text);
    }

    /// Changes what is wanted of the desk, as long as nothing was called.
    pub(in crate::script) fn want(&self, change: impl FnOnce(&mut Wanted)) -> Result<()> {
        let mut wanted = self.wanted.borrow().clone();
        change(&mut wanted);
        if self.counter.get().is_some() && wanted != *self.wanted.borrow() {
            return Err(Error::runtime("要写在第一次t:call或t:send之前"));
        }
        *self.wanted.borrow_mut() = wanted;
        Ok(())
    }

    pub(in crate::script) fn sign(&self) -> String {
        self.sign.borrow().clone()
    }

    pub(in crate::script) fn set_sign(&self, sign: String) {
        *self.sign.borrow_mut() = sign;
    }

    fn counter(&self) -> std::result::Result<&dyn Counter, String> {
        if let Some(counter) = self.counter.get() {
            return Ok(counter.as_ref());
        }
        let counter = self.house.open(&self.wanted.borrow(), &self.stage)?;
        Ok(self.counter.get_or_init(|| counter).as_ref())
    }

    /// Makes a call.
    pub(in crate::script) fn call(&self, request: &[u8], room: Room) -> Result<Answered> {
        if Instant::now() >= self.until {
            return Err(Error::runtime("场景运行太久，已终止；请检查是否有死循环"));
        }
        let counter = self.counter().map_err(Error::runtime)?;
        self.stage.check(counter.generation());
        self.raise_mistake()?;
        let (before, asked) = (self.stage.clock(), self.stage.contacts().len());
        let Returned { code, buffer } = apart(|| counter.call(request, room)).map_err(Error::runtime)?;
        self.raise_mistake()?;
        let bytes = if code == 0 {
            until_nul(&buffer).to_vec()
        } else {
            Vec::new()
        };
        let response = match code {
            0 => Response::decode(&bytes).map_err(|error| format!("返回报文读不出来：{error}")),
            code => Err(format!("MPS_Call返回{code}，没有返回报文")),
        };
        let contacts = self.stage.contacts();
        let contacts = contacts.get(asked..).unwrap_or_default();
        let mut notes = Vec::new();
        if !contacts.is_empty() {
            let asked: Vec<String> = contacts.iter().map(|contact| contact.describe()).collect();
            notes.push(format!("这次调用先后问了：\n{}", asked.join("\n")));
        }
        let near = contacts.iter().filter_map(|contact| contact.near.as_ref());
        notes.extend(near.map(|near| format!("由模拟脚本应答，因为没有写它怎样应答；最接近的是{near}")));
        let request = Request::decode(request).ok();
        if let (Some(request), Ok(response)) = (&request, &response) {
            coverage::answered(counter.generation(), request, response);
        }
        Ok(Answered {
            code,
            bytes,
            response,
            elapsed: (self.stage.clock() - before).as_secs_f64(),
            notes,
            request,
        })
    }

    /// Where a field of an answer comes from.
    pub(in crate::script) fn whence(&self, answered: &Answered, field: &str) -> Option<String> {
        let request = answered.request.as_ref()?;
        let generation = self.counter.get()?.generation();
        generation.whence(&request.header.funid, &request.body, field)
    }

    /// Remembers what was read out of an answer.
    pub(in crate::script) fn has_read(&self, subject: Subject, value: Value) {
        *self.read.borrow_mut() = Some((subject, value));
    }

    /// What a value that is expected something of is.
    pub(in crate::script) fn subject(&self, value: &Value) -> Subject {
        let read = self.read.take();
        let read = read.filter(|(_, known)| known == value);
        read.map(|(subject, _)| subject).unwrap_or_else(|| Subject {
            name: "值".to_owned(),
            ..Subject::default()
        })
    }

    /// Tells of something that was expected and did not come.
    pub(in crate::script) fn missed(
        &self,
        lua: &Lua,
        subject: &Subject,
        relation: &'static str,
        (expected, actual): (Shown, Shown),
    ) {
        let mut mismatches = self.mismatches.borrow_mut();
        if mismatches.len() < MOST {
            let (line, own) = self.place(lua);
            mismatches.push(Mismatch {
                line,
                wording: own && subject.wording,
                subject: subject.name.clone(),
                relation,
                expected,
                actual,
                notes: subject.notes.clone(),
            });
        }
    }

    /// Remembers a text that was expected and came.
    pub(in crate::script) fn came(&self, lua: &Lua, text: &str) {
        let (line, _) = self.place(lua);
        let mut held = self.held.borrow_mut();
        if !held.iter().any(|held| held.line == line && held.text == text) {
            let text = text.to_owned();
            held.push(Held { line, text });
        }
    }

    /// The line of the scenario's file that is running, and whether it itself runs, not a function that it called in another file.
    fn place(&self, lua: &Lua) -> (usize, bool) {
        let mut own = true;
        for level in 1..FRAMES {
            let frame = lua.inspect_stack(level, |debug| {
                let is_file = debug.source().source.as_deref() == Some(self.file.as_str());
                debug.current_line().map(|line| (line, is_file))
            });
            match frame {
                None => break,
                Some(Some((line, true))) => return (line, own),
                Some(Some(_)) => own = false,
                // The host's own functions have no lines.
                Some(None) => {}
            }
        }
        (0, false)
    }

    /// Ends the scenario at a mistake that its stage found in it.
    fn raise_mistake(&self) -> Result<()> {
        match self.stage.mistakes().into_iter().next() {
            None => Ok(()),
            Some(mistake) if mistake.line == 0 => Err(Error::runtime(mistake.what)),
            Some(mistake) => Err(Error::runtime(format!(
                "第{}行写的应答不能用：{}",
                mistake.line, mistake.what
            ))),
        }
    }

    /// Tells of mistakes that nobody was told of.
    pub(super) fn tell_mistakes(&self) {
        for mistake in self.stage.mistakes() {
            self.note(mistake.what);
        }
    }
}

/// The line of the scenario that is running.
pub(in crate::script) fn line(lua: &Lua) -> usize {
    let line = |level| lua.inspect_stack(level, |debug| debug.current_line()).flatten();
    // The host's own functions have no lines.
    (1..8).find_map(line).unwrap_or_default()
}

/// The message in a buffer, without the NUL that ends it.
fn until_nul(buffer: &[u8]) -> &[u8] {
    let width = match buffer {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [b'<', 0, ..] | [0, b'<', ..] => 2,
        _ => 1,
    };
    let units = buffer
        .chunks(width)
        .take_while(|unit| unit.iter().any(|byte| *byte != 0))
        .count();
    buffer.get(..units * width).unwrap_or(buffer)
}
