//! Readers that need no vendor: what they offer looks to scripts like the declared functions of a library.

mod clock;
mod fault;

pub(in crate::device) use clock::Clock;
pub use fault::Fault;
pub(in crate::device) use fault::Kind;

use super::exclusive::Exclusive;
use super::patience::NO_LOOK;
use super::pcsc::{self, Pcsc};
use super::scanner;
use super::text::Charset;
use super::worker::Worker;
use super::{
    Argument, Convention, Error, Export, Function, Integer, Length, Outcome, Parameter, Returned, Returns,
    Value,
};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// One function that a built-in reader offers.
pub(in crate::device) struct Offer {
    pub(in crate::device) name: &'static str,
    pub(in crate::device) inputs: &'static [Input],
    /// What it brings back, all of it text; what went wrong stands behind these.
    pub(in crate::device) outs: &'static [&'static str],
}

/// An input of an offered function.
pub(in crate::device) enum Input {
    Text(&'static str),
    Integer(&'static str),
}

/// A kind of built-in reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Builtin {
    /// Social-security cards by PC/SC.
    Pcsc,
    /// A scanner on a serial port.
    Serial,
}

impl Builtin {
    /// Every name that [`Builtin::named`] knows.
    pub const NAMES: [&str; 2] = ["pcsc", "serial"];
    /// What an offered function returns where it did what it should; otherwise the code of a [`Fault`].
    pub const DONE: &str = "0";
    /// The out that says what went wrong.
    pub const ERROR: &str = "error";

    /// The reader that a script names.
    pub fn named(name: &str) -> Option<Builtin> {
        match name {
            "pcsc" => Some(Builtin::Pcsc),
            "serial" => Some(Builtin::Serial),
            _ => None,
        }
    }

    /// The functions that it offers. Each returns a text.
    pub fn functions(self) -> Vec<Function> {
        let offers = self.offers().iter().chain([&CANCEL]);
        offers.map(Offer::function).collect()
    }

    /// Whether a function is for another call's sake, and so does not wait for its turn.
    pub fn is_aside(function: &str) -> bool {
        function == CANCEL.name
    }

    /// The setting of the shipped scripts that says which of a desk's readers or ports is meant.
    pub fn place(self) -> &'static str {
        match self {
            Builtin::Pcsc => "reader",
            Builtin::Serial => "port",
        }
    }

    /// What of it stands at this desk, one sentence each; found within `limit`. The one that is `meant` must be there, where it is
    /// not empty. Nothing is read.
    pub fn look(self, meant: String, limit: Duration) -> Result<Vec<String>, Fault> {
        let look = move || match self {
            Builtin::Pcsc => pcsc::there(&meant),
            Builtin::Serial => scanner::there(&meant),
        };
        let looked = Worker::start().and_then(|worker| worker.run("look", limit, move || Ok(look())));
        // A driver that hangs leaves its thread behind.
        looked.unwrap_or_else(|error| Err(Kind::Late.with(error)))
    }

    fn offers(self) -> &'static [Offer] {
        match self {
            Builtin::Pcsc => pcsc::OFFERS,
            Builtin::Serial => scanner::OFFERS,
        }
    }

    fn reader(self) -> BuiltinReader {
        match self {
            Builtin::Pcsc => BuiltinReader::Pcsc(Pcsc::default()),
            Builtin::Serial => BuiltinReader::Serial,
        }
    }
}

/// Ends what another call is waiting for at the same device: a card, a code.
const CANCEL: Offer = Offer {
    name: "cancel",
    inputs: &[],
    outs: &[],
};

/// No text is longer: the longest answer of a card in hexadecimal. Scenarios are held to it.
const LONGEST: usize = 1 << 18;

/// The charset of what never was bytes.
const CHARSET: Charset = Charset::Narrow(encoding_rs::UTF_8);

impl Offer {
    fn function(&self) -> Function {
        let input = |input: &Input| match *input {
            Input::Text(name) => parameter(
                name,
                super::Kind::Text {
                    charset: CHARSET,
                    nullable: false,
                },
            ),
            Input::Integer(name) => parameter(name, super::Kind::Integer(Integer::INT)),
        };
        let out = |name: &&str| {
            let kind = super::Kind::Out {
                size: LONGEST,
                charset: CHARSET,
                length: Length::Nul,
            };
            parameter(name, kind)
        };
        let inputs = self.inputs.iter().map(input);
        let outs = self.outs.iter().chain([&Builtin::ERROR]).map(out);
        Function {
            name: self.name.to_owned(),
            export: Export::Name(self.name.to_owned()),
            convention: Convention::Cdecl,
            parameters: inputs.chain(outs).collect(),
            returns: Returns::Text {
                charset: CHARSET,
                free: None,
            },
        }
    }
}

fn parameter(name: &str, kind: super::Kind) -> Parameter {
    Parameter {
        name: name.to_owned(),
        kind,
    }
}

/// What a reader keeps between two calls of one use.
enum BuiltinReader {
    Pcsc(Pcsc),
    /// The port is open during a scan alone.
    Serial,
}

impl BuiltinReader {
    fn call(&mut self, name: &str, inputs: &[Argument], clock: &Clock) -> Result<Vec<Value>, Fault> {
        match self {
            BuiltinReader::Pcsc(pcsc) => pcsc.call(name, inputs, clock),
            BuiltinReader::Serial => scanner::call(name, inputs, clock),
        }
    }

    fn reset(&mut self) {
        match self {
            BuiltinReader::Pcsc(pcsc) => pcsc.reset(),
            BuiltinReader::Serial => {}
        }
    }
}

/// The built-in readers that this process uses, by their devices' names.
#[derive(Default)]
pub struct Builtins {
    stations: Mutex<HashMap<(Builtin, String), Arc<Station>>>,
}

impl Builtins {
    /// Takes a device's reader for one opening, use and closing; others wait, for at most `wait`.
    pub fn take(&self, builtin: Builtin, device: &str, wait: Duration) -> Result<BuiltinSession, Error> {
        let station = self.station(builtin, device)?;
        match station.exclusive.take(wait) {
            true => {
                station.cancelled.store(false, Ordering::Relaxed);
                Ok(BuiltinSession { station })
            }
            false => Err(Error::Busy(wait)),
        }
    }

    /// The reader whatever another call does with it: for [`Builtin::is_aside`].
    pub fn beside(&self, builtin: Builtin, device: &str) -> Result<BuiltinAside, Error> {
        Ok(BuiltinAside(self.station(builtin, device)?))
    }

    fn station(&self, builtin: Builtin, device: &str) -> Result<Arc<Station>, Error> {
        let mut stations = self.stations.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (builtin, device.to_owned());
        if let Some(station) = stations.get(&key) {
            return Ok(Arc::clone(station));
        }
        let station = Arc::new(Station {
            worker: Worker::start()?,
            exclusive: Exclusive::new(NO_LOOK),
            cancelled: Arc::default(),
            reader: Arc::new(Mutex::new(builtin.reader())),
        });
        Ok(Arc::clone(stations.entry(key).or_insert(station)))
    }
}

/// A reader with its thread.
struct Station {
    worker: Worker,
    exclusive: Exclusive,
    cancelled: Arc<AtomicBool>,
    reader: Arc<Mutex<BuiltinReader>>,
}

/// A reader that another call may be using.
pub struct BuiltinAside(Arc<Station>);

impl BuiltinAside {
    /// Ends what the other call is waiting for; one that comes later waits as ever.
    pub fn cancel(&self) -> Outcome {
        self.0.cancelled.store(true, Ordering::Relaxed);
        outcome(Ok(Vec::new()), 1)
    }
}

/// The right to call a built-in reader's functions, until it is dropped.
pub struct BuiltinSession {
    station: Arc<Station>,
}

impl BuiltinSession {
    /// Calls one offered function on the reader's thread and waits for it no longer than `limit`. What goes wrong at the reader is
    /// no error here but an outcome, with the code returned.
    pub fn call(
        &self,
        function: &Function,
        inputs: Vec<Argument>,
        limit: Duration,
    ) -> Result<Outcome, Error> {
        let task = self.task(function, inputs, limit)?;
        self.station.worker.run(&function.name, limit, task)
    }

    /// Makes the closing call. Where a function before it is overdue, it is made when that one comes back.
    pub fn close(
        &self,
        function: &Function,
        inputs: Vec<Argument>,
        limit: Duration,
    ) -> Result<Outcome, Error> {
        let closed = self.call(function, inputs.clone(), limit);
        if let Err(Error::StillRunning(_)) = closed {
            self.station.worker.leave(self.task(function, inputs, limit)?);
        }
        closed
    }

    fn task(
        &self,
        function: &Function,
        inputs: Vec<Argument>,
        limit: Duration,
    ) -> Result<impl FnOnce() -> Result<Outcome, Error> + Send + 'static, Error> {
        check(function, &inputs)?;
        let outs = function.outs().count();
        let name = function.name.clone();
        let reader = Arc::clone(&self.station.reader);
        // The reader's own words for a limit come before the worker's.
        let until = Instant::now() + limit.mul_f32(0.95);
        let clock = Clock::new(until, Arc::clone(&self.station.cancelled));
        Ok(move || {
            let mut reader = reader.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(outcome(reader.call(&name, &inputs, &clock), outs))
        })
    }
}

impl Drop for BuiltinSession {
    fn drop(&mut self) {
        let reader = Arc::clone(&self.station.reader);
        // A script that closes nothing keeps no card. A thread that is gone keeps none either.
        self.station.worker.leave(move || {
            reader.lock().unwrap_or_else(PoisonError::into_inner).reset();
            Ok(())
        });
        self.station.exclusive.give_back();
    }
}

/// Whether the inputs are of the declared kinds.
fn check(function: &Function, inputs: &[Argument]) -> Result<(), Error> {
    let mut given = inputs.iter();
    for parameter in function.inputs() {
        let wrong = match (&parameter.kind, given.next()) {
            (_, None) => "没有给出",
            (super::Kind::Integer(_), Some(Argument::Integer(_))) => continue,
            (super::Kind::Integer(_), Some(_)) => "应为整数",
            (_, Some(Argument::Text(_))) => continue,
            (_, Some(_)) => "应为文本",
        };
        let (function, parameter) = (function.name.clone(), parameter.name.clone());
        return Err(Error::Argument(function, parameter, wrong.into()));
    }
    Ok(())
}

fn outcome(result: Result<Vec<Value>, Fault>, outs: usize) -> Outcome {
    let nothing = || Value::Text(String::new());
    let (code, values, error) = match result {
        Ok(values) => (Builtin::DONE, values, nothing()),
        Err(fault) => (fault.code(), Vec::new(), Value::Text(fault.to_string())),
    };
    let filled = values.into_iter().chain(std::iter::repeat_with(nothing));
    Outcome {
        returned: Returned::Text(code.to_owned()),
        outs: filled.take(outs.saturating_sub(1)).chain([error]).collect(),
        impossible: None,
    }
}
