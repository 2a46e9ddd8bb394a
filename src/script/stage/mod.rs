//! The stage: the desk of a scenario, where every device and every server does what the scenario wrote, in virtual time.

mod act;
mod journey;
mod perform;
mod server;
mod stub;

pub(super) use act::WHOLE;
pub(super) use act::{Act, Given};
pub(super) use journey::as_argument;
pub use journey::{Contact, Missed};
pub(super) use perform::OVERRUN;
pub(super) use server::ServerAct;
pub(super) use server::ServerStub;
use stub::Turn;
pub(super) use stub::{Input, Stub};

use super::backend::Lost;
use super::declared::unknown;
use super::failure::Failure;
use super::functions::FunctionPlan;
use super::generation::Generation;
use super::library::LibraryPlan;
use crate::device::{Argument, Error, HttpAnswer, HttpError, HttpRequest, Outcome};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What stands in for the devices of a scenario. Its clock is virtual: only what a stub takes makes time pass.
#[derive(Default)]
pub struct Stage {
    scene: Mutex<Scene>,
}

/// Everything that a stage knows; it travels to another process and back as JSON.
#[derive(Clone, Default)]
struct Scene {
    /// Whether a device without a stub is a mistake instead of being simulated.
    strict: bool,
    stubs: Vec<Stub>,
    servers: Vec<ServerStub>,
    /// The function of a device that has not come back, and when it does; never where there is no time.
    overdue: BTreeMap<String, (String, Option<Duration>)>,
    clock: Duration,
    contacts: Vec<Contact>,
    /// Mistakes of the scenario itself.
    mistakes: Vec<Mistaken>,
}

/// Something in a scenario that cannot be played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistaken {
    /// The stub's line in the scenario; 0 where no stub is meant.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}

/// A device's function that is being called.
pub(super) struct Cue<'a> {
    pub(super) device: &'a str,
    pub(super) plan: &'a LibraryPlan,
    pub(super) function: &'a FunctionPlan,
    pub(super) library: &'a Path,
    pub(super) limit: Duration,
}

impl Stage {
    fn scene(&self) -> MutexGuard<'_, Scene> {
        // What it holds is whole at every moment.
        self.scene.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn be_strict(&self) {
        self.scene().strict = true;
    }

    /// Adds a stub, and tells its number.
    pub(super) fn add(&self, stub: Stub) -> usize {
        let mut scene = self.scene();
        scene.stubs.push(stub);
        scene.stubs.len() - 1
    }

    /// Changes a stub that was added.
    pub(super) fn change(&self, number: usize, change: impl FnOnce(&mut Stub)) {
        if let Some(stub) = self.scene().stubs.get_mut(number) {
            change(stub);
        }
    }

    pub(super) fn add_server(&self, stub: ServerStub) -> usize {
        let mut scene = self.scene();
        scene.servers.push(stub);
        scene.servers.len() - 1
    }

    pub(super) fn change_server(&self, number: usize, change: impl FnOnce(&mut ServerStub)) {
        if let Some(stub) = self.scene().servers.get_mut(number) {
            change(stub);
        }
    }

    /// Lets virtual time pass.
    pub(super) fn pass(&self, time: Duration) {
        self.scene().clock += time;
    }

    /// Lets an overdue function of a device come back, and forgets what was written for it.
    pub(super) fn recover(&self, device: &str) {
        let mut scene = self.scene();
        scene.overdue.remove(device);
        // Numbers of stubs stay as they are.
        for stub in scene.stubs.iter_mut().filter(|stub| stub.device == device) {
            stub.retire();
        }
    }

    /// The virtual time since the scenario began.
    pub fn clock(&self) -> Duration {
        self.scene().clock
    }

    /// Every question to a device or a server so far.
    pub fn contacts(&self) -> Vec<Contact> {
        self.scene().contacts.clone()
    }

    /// The scenario's mistakes that came out since this was asked last.
    pub(super) fn mistakes(&self) -> Vec<Mistaken> {
        std::mem::take(&mut self.scene().mistakes)
    }

    /// Holds the stubs against what the scripts declare: whatever names nothing is a mistake.
    pub(super) fn check(&self, generation: &Generation) {
        let mut scene = self.scene();
        let mut mistakes = Vec::new();
        for stub in &scene.stubs {
            let what = match generation.declared_device(&stub.device) {
                None => {
                    let known: Vec<&str> = generation.devices().collect();
                    Some(unknown("设备脚本", &stub.device, &known).to_string())
                }
                Some(Err(error)) => Some(error.sentence()),
                Some(Ok(plan)) => {
                    let named = [&stub.function, &stub.after].into_iter().flatten();
                    let known: Vec<&str> = plan.functions.keys().map(String::as_str).collect();
                    let mut missing = named.filter(|name| !plan.functions.contains_key(*name));
                    missing.next().map(|name| {
                        unknown(&format!("设备{}的functions", stub.device), name, &known).to_string()
                    })
                }
            };
            if let Some(what) = what {
                let line = stub.line;
                mistakes.push(Mistaken { line, what });
            }
        }
        scene.mistakes.append(&mut mistakes);
    }

    /// Takes a device: a library that cannot be loaded, and one that another call is using, fail here.
    pub(super) fn take(&self, device: &str, library: &Path, wait: Duration) -> Result<(), Error> {
        let mut scene = self.scene();
        let Some(act) = scene.next_act(device, None, &[]) else {
            return Ok(());
        };
        if matches!(act, Act::Busy) {
            scene.clock += wait;
        }
        let error = act.refusal(library, wait);
        if let Some(error) = &error {
            scene.contacts.push(Contact::refused(device, error));
        }
        error.map_or(Ok(()), Err)
    }

    /// Calls a function; `simulate` is its simulation, where it has one.
    pub(super) fn call(
        &self,
        cue: &Cue,
        arguments: Vec<Argument>,
        simulate: impl FnOnce(Vec<Argument>) -> Option<Result<Outcome, Failure>>,
    ) -> (Result<Outcome, Lost>, Duration) {
        let mut contact = Contact::asked(cue.device, &cue.function.native.name, &arguments);
        let played = self.scene().begin(cue, &arguments);
        let (result, took) = match played {
            Begun::Ends(result, took) => (result, took),
            Begun::Unstubbed(near) => {
                (contact.simulated, contact.near) = (true, near);
                let outcome = simulate(arguments.clone()).unwrap_or_else(|| self.succeed(cue, arguments));
                (outcome.map_err(Lost::Simulation), Duration::ZERO)
            }
            Begun::Acts(turn) => (self.act(cue, arguments, &turn), turn.delay),
        };
        contact.note(&result, took);
        self.scene().contacts.push(contact);
        (result, took)
    }

    /// Asks a server.
    pub(super) fn ask(&self, request: &HttpRequest) -> (Result<HttpAnswer, HttpError>, Duration) {
        let mut scene = self.scene();
        let (answer, took) = server::play(&mut scene.servers, request);
        scene.clock += took;
        let contact = Contact::server(request, &answer, took);
        scene.contacts.push(contact);
        let answer = match answer {
            Ok(answer) => answer,
            Err(server::Unstubbed(what)) => {
                scene.mistakes.push(Mistaken {
                    line: 0,
                    what: what.clone(),
                });
                Err(HttpError::unstaged(what))
            }
        };
        (answer, took)
    }

    /// What a function does that has neither a stub nor a simulation: it succeeds, and writes nothing.
    fn succeed(&self, cue: &Cue, arguments: Vec<Argument>) -> Result<Outcome, Failure> {
        let turn = Turn {
            act: Act::Answer(BTreeMap::new()),
            line: 0,
            delay: Duration::ZERO,
            cut: None,
            charset: None,
        };
        match self.act(cue, arguments, &turn) {
            Ok(outcome) => Ok(outcome),
            Err(Lost::Simulation(failure)) => Err(failure),
            Err(Lost::Device(error)) => Err(error.into()),
        }
    }

    fn act(&self, cue: &Cue, arguments: Vec<Argument>, turn: &Turn) -> Result<Outcome, Lost> {
        let line = turn.line;
        match perform::perform(cue, arguments, turn) {
            Ok(Ok(outcome)) => FunctionPlan::with_returned(Ok(outcome)),
            Ok(Err(error)) => Err(Lost::Device(error)),
            Err(what) => {
                let failure = Failure::new(format!("场景第{line}行写的应答不能用：{what}"));
                self.scene().mistakes.push(Mistaken { line, what });
                Err(Lost::Simulation(failure))
            }
        }
    }

    /// All of it, for another process.
    pub fn to_json(&self) -> Json {
        let scene = self.scene();
        let overdue = scene.overdue.iter().map(|(device, (function, until))| {
            json!({ "device": device, "function": function, "until": until.map(seconds) })
        });
        json!({
            "strict": scene.strict,
            "stubs": scene.stubs.iter().map(Stub::to_json).collect::<Vec<_>>(),
            "servers": scene.servers.iter().map(ServerStub::to_json).collect::<Vec<_>>(),
            "overdue": overdue.collect::<Vec<_>>(),
            "clock": seconds(scene.clock),
            "contacts": scene.contacts.iter().map(Contact::to_json).collect::<Vec<_>>(),
            "mistakes": scene.mistakes.iter()
                .map(|mistaken| json!({ "line": mistaken.line, "what": mistaken.what }))
                .collect::<Vec<_>>(),
        })
    }

    /// Takes over what another process made of it; `None` where that cannot be read.
    pub fn take_over(&self, json: &Json) -> Option<()> {
        let list = |key: &str| json.get(key)?.as_array();
        let overdue = |entry: &Json| {
            let text = |key: &str| Some(entry.get(key)?.as_str()?.to_owned());
            let until = entry.get("until").and_then(duration);
            Some((text("device")?, (text("function")?, until)))
        };
        let mistake = |entry: &Json| {
            Some(Mistaken {
                line: usize::try_from(entry.get("line")?.as_u64()?).ok()?,
                what: entry.get("what")?.as_str()?.to_owned(),
            })
        };
        let scene = Scene {
            strict: json.get("strict")?.as_bool()?,
            stubs: list("stubs")?.iter().map(Stub::of_json).collect::<Option<_>>()?,
            servers: list("servers")?
                .iter()
                .map(ServerStub::of_json)
                .collect::<Option<_>>()?,
            overdue: list("overdue")?.iter().map(overdue).collect::<Option<_>>()?,
            clock: duration(json.get("clock")?)?,
            contacts: list("contacts")?
                .iter()
                .map(Contact::of_json)
                .collect::<Option<_>>()?,
            mistakes: list("mistakes")?.iter().map(mistake).collect::<Option<_>>()?,
        };
        *self.scene() = scene;
        Some(())
    }
}

/// How a call begins.
enum Begun {
    /// It ends at once, or by its time limit.
    Ends(Result<Outcome, Lost>, Duration),
    /// A stub acts.
    Acts(Turn),
    /// Nothing was written for it; with what comes nearest, where something was written for its device.
    Unstubbed(Option<String>),
}

impl Scene {
    fn begin(&mut self, cue: &Cue, arguments: &[Argument]) -> Begun {
        let name = &cue.function.native.name;
        if let Some((function, until)) = self.overdue.get(cue.device) {
            if until.is_none_or(|until| until > self.clock) {
                let still = Error::StillRunning(function.clone());
                return Begun::Ends(Err(Lost::Device(still)), Duration::ZERO);
            }
            self.overdue.remove(cue.device);
        }
        let Some(number) = self.find(cue.device, Some(cue), arguments) else {
            if !self.strict {
                return Begun::Unstubbed(self.nearest(cue.device, name, arguments, |stub| stub.is_for(cue)));
            }
            let near = self.nearest(cue.device, name, arguments, |_| true);
            let asked = journey::listed(arguments);
            let mut what = format!("场景没有写{}的{name}（{asked}）怎样应答", cue.device);
            if let Some(near) = near {
                what.push_str(&format!("；最接近的是{near}"));
            }
            let failure = Failure::new(what.clone());
            self.mistakes.push(Mistaken { line: 0, what });
            return Begun::Ends(Err(Lost::Simulation(failure)), Duration::ZERO);
        };
        let Some(turn) = self.stubs.get_mut(number).and_then(Stub::play) else {
            return Begun::Unstubbed(None);
        };
        let endless = matches!(turn.act, Act::Hang);
        if !endless && turn.delay < cue.limit {
            self.clock += turn.delay;
            return Begun::Acts(turn);
        }
        let until = (!endless).then_some(self.clock + turn.delay);
        self.overdue.insert(cue.device.to_owned(), (name.clone(), until));
        self.clock += cue.limit;
        let late = Error::TimedOut(name.clone(), cue.limit);
        Begun::Ends(Err(Lost::Device(late)), cue.limit)
    }

    /// The stub for a call, or, without a cue, for the taking of a device.
    fn find(&self, device: &str, cue: Option<&Cue>, arguments: &[Argument]) -> Option<usize> {
        let fits = |(_, stub): &(usize, &Stub)| {
            stub.fits(device, cue, arguments) && stub.has_begun(self.contacts.as_slice())
        };
        let fitting = self.stubs.iter().enumerate().filter(fits);
        fitting
            .max_by_key(|(number, stub)| stub.rank(*number))
            .map(|(number, _)| number)
    }

    fn next_act(&mut self, device: &str, cue: Option<&Cue>, arguments: &[Argument]) -> Option<Act> {
        let number = self.find(device, cue, arguments)?;
        self.stubs.get_mut(number)?.play().map(|turn| turn.act)
    }

    /// The stub of the device that comes nearest to standing for a call, and why it does not.
    fn nearest(
        &self,
        device: &str,
        function: &str,
        arguments: &[Argument],
        counts: impl Fn(&Stub) -> bool,
    ) -> Option<String> {
        let of_device = self
            .stubs
            .iter()
            .filter(|stub| stub.device == device && counts(stub));
        let near = of_device.max_by_key(|stub| stub.nearness(function, arguments))?;
        Some(near.describe(function, arguments))
    }
}

fn seconds(time: Duration) -> f64 {
    time.as_secs_f64()
}

fn duration(json: &Json) -> Option<Duration> {
    Duration::try_from_secs_f64(json.as_f64()?).ok()
}
