//! A device in use: its declared functions, called in the vendor's library or in a simulation.

mod ahead;

use super::call;
use super::desk::{Desk, DeskDevice};
use super::error::RUNTIME;
use super::exchange::{Asked, Code, Content, Exchange};
use super::failure::Failure;
use super::function::FunctionPath;
use super::functions::FunctionPlan;
use super::generation::Generation;
use super::held::{Held, not_taken};
use super::library::LibraryPlan;
use super::method::{CallPlan, Input, JsonInput, KeptText};
use super::sandbox::waiting;
use super::simulation::{SimulatedFunction, SimulationPlan, outcome_of};
use super::stage::{Cue, Stage};
use super::template::Refusal;
use crate::clock::Moment;
use crate::device::{self, Argument, Function, Kind, Outcome, Returned, Value};
use crate::quoted;
use ahead::Ahead;
pub(super) use ahead::Course;
use mlua::Table;
use smol_str::SmolStr;
use std::borrow::Cow;
use std::cell::{Cell, OnceCell};
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

/// The request's declared fields: they are few, and a call looks at them once.
#[derive(Default)]
pub(super) struct Request<'r>(Vec<(&'r str, &'r str)>);

impl<'r> Request<'r> {
    /// Without fields; so many will be added.
    pub(super) fn with_room(fields: usize) -> Request<'r> {
        Request(Vec::with_capacity(fields))
    }

    /// Adds a field, whose name has not been there.
    pub(super) fn add(&mut self, name: &'r str, value: &'r str) {
        self.0.push((name, value));
    }

    /// The value of a declared field.
    pub(super) fn get(&self, name: &str) -> Option<&'r str> {
        let found = self.0.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| *value)
    }

    /// Names and values.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&'r str, &'r str)> {
        self.0.iter().copied()
    }
}

/// What a call brought back, judged by the function's rule for success. A refusal is seldom, and large.
pub(super) type Judged = Result<Outcome, Box<(Outcome, Refusal)>>;

/// A device between its opening and its closing.
pub(super) struct DeviceUse<'c> {
    pub(super) plan: Lent<'c, LibraryPlan>,
    generation: Lent<'c, Generation>,
    name: SmolStr,
    configured: Lent<'c, DeskDevice>,
    /// What its opening brought back.
    opened: OnceCell<Outcome>,
    /// Calls that were made before they are asked for, in order.
    ahead: Ahead,
    /// Whether nothing that takes time stands between two questions, no script: one begins when the one before it is over.
    in_a_row: bool,
    /// When the last question was over, where they follow in a row. To look at the clock takes longer than what lies between.
    over: Cell<Option<Moment>>,
    backend: Backend,
}

/// What many share, for as long as the call needs it. Mostly nobody has to count that: calls on several threads would take turns.
pub(super) enum Lent<'c, T> {
    Borrowed(&'c Arc<T>),
    Kept(Arc<T>),
}

impl<T> Lent<'_, T> {
    fn shared(&self) -> &Arc<T> {
        match self {
            Lent::Borrowed(shared) => shared,
            Lent::Kept(shared) => shared,
        }
    }

    fn kept(&self) -> Lent<'static, T> {
        Lent::Kept(Arc::clone(self.shared()))
    }
}

impl<T> Deref for Lent<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.shared()
    }
}

enum Backend {
    Real { held: Held, timeout: Duration },
    Simulation(Arc<SimulationPlan>),
    Stage(Staged),
}

/// A device of a scenario, with its simulation for what the scenario does not say.
struct Staged {
    stage: Arc<Stage>,
    simulation: Option<Arc<SimulationPlan>>,
    /// Where the library would be.
    library: PathBuf,
    timeout: Duration,
}

/// A device that mps.toml says nothing of.
static UNCONFIGURED: LazyLock<Arc<DeskDevice>> = LazyLock::new(Arc::default);

impl<'c> DeviceUse<'c> {
    /// Takes the device of this name, which the generation declares so: the vendor's library, loaded if it is not yet, or its simulation.
    /// `method` is the one that it is for, where that is known. Now is `begun`.
    pub(super) fn take(
        generation: &'c Arc<Generation>,
        name: &SmolStr,
        plan: &'c Arc<LibraryPlan>,
        method: Option<&str>,
        desk: &'c Desk,
        begun: Moment,
    ) -> Result<DeviceUse<'c>, Failure> {
        let configured = desk.devices.get(name.as_str()).unwrap_or(&UNCONFIGURED);
        let timeout = configured.timeout.or(plan.timeout).unwrap_or(desk.device_timeout);
        let backend = if let Some(stage) = &desk.stage {
            let library = staged_path(name, plan, configured);
            stage.take(name, &library, desk.device_wait)?;
            Backend::Stage(Staged {
                stage: Arc::clone(stage),
                simulation: generation.simulation(name)?,
                library,
                timeout,
            })
        } else if configured.simulate.unwrap_or(desk.simulate) {
            let simulation = generation.simulation(name)?;
            Backend::Simulation(simulation.ok_or_else(|| {
                Failure::new(format!(
                    "设备{name}没有模拟脚本，请在scripts/simulated/中添加{name}.lua"
                ))
            })?)
        } else {
            let aside = method.is_some_and(|method| plan.is_aside(method));
            let held = Held::take(name, plan, desk, configured, timeout, aside, begun)?;
            let held = held.inspect_err(|error| not_taken(name, error, Moment::now().since(begun)))?;
            check_settings(name, plan, configured)?;
            Backend::Real { held, timeout }
        };
        Ok(DeviceUse {
            plan: Lent::Borrowed(plan),
            generation: Lent::Borrowed(generation),
            name: name.clone(),
            configured: Lent::Borrowed(configured),
            opened: OnceCell::new(),
            ahead: Ahead::default(),
            in_a_row: false,
            over: Cell::new(None),
            backend,
        })
    }

    /// From now on questions follow one another at once.
    pub(super) fn ask_in_a_row(&mut self) {
        self.in_a_row = true;
    }

    /// The same for as long as somebody keeps it.
    pub(super) fn kept(self) -> DeviceUse<'static> {
        DeviceUse {
            plan: self.plan.kept(),
            generation: self.generation.kept(),
            configured: self.configured.kept(),
            name: self.name,
            opened: self.opened,
            ahead: self.ahead,
            in_a_row: self.in_a_row,
            over: self.over,
            backend: self.backend,
        }
    }

    /// When a question begins.
    fn begin(&self) -> Moment {
        self.over.get().unwrap_or_else(Moment::now)
    }

    /// How long the question took that began then and is over.
    fn took(&self, begun: Moment, over: Moment) -> Duration {
        if self.in_a_row {
            self.over.set(Some(over));
        }
        over.since(begun)
    }

    /// Opens the device, has it read, and closes it again, also when the middle fails.
    pub(super) fn around<T>(
        &self,
        request: &Request,
        read: impl FnOnce() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let record = match self.open(request) {
            // A reader that refused to open is not open; one that is late may open yet, and is closed then.
            Ok(Err(refusal)) => return Err(self.plan.failure(&refusal)),
            Err(failure) => Err(failure),
            Ok(Ok(())) => read(),
        };
        // What was read is read: a device that closes badly is told of by its next opening.
        let _ = self.close(request);
        record
    }

    /// Whether no vendor's library is behind it.
    pub(super) fn is_simulated(&self) -> bool {
        matches!(self.backend, Backend::Simulation(_) | Backend::Stage(_))
    }

    /// Whether another call may have the device open.
    fn is_aside(&self) -> bool {
        let Backend::Real { held, .. } = &self.backend else {
            return false;
        };
        matches!(held, Held::Aside(_))
    }

    /// The declared settings with their values.
    pub(super) fn settings(&self) -> impl Iterator<Item = (&str, &Argument)> {
        let settings = self.plan.settings.keys();
        settings.map(|name| (name.as_str(), self.setting(name)))
    }

    /// The value of a declared setting; an empty text where nothing gives one.
    fn setting(&self, name: &str) -> &Argument {
        static NONE: Argument = Argument::Text(String::new());
        static HIDDEN: LazyLock<Argument> = LazyLock::new(|| Argument::Text(SECRET.to_owned()));
        let declared = self.plan.settings.get(name);
        if declared.is_some_and(|setting| setting.secret) && matches!(self.backend, Backend::Stage(_)) {
            return &HIDDEN;
        }
        let value = self.configured.settings.get(name);
        value.or_else(|| declared?.default.as_ref()).unwrap_or(&NONE)
    }

    /// Opens the device where its script says how; the second kind of success is a device that refused.
    pub(super) fn open(&self, request: &Request) -> Result<Result<(), Refusal>, Failure> {
        let Some(open) = self.plan.open.as_ref().filter(|_| !self.is_aside()) else {
            return Ok(Ok(()));
        };
        Ok(match self.call_declared(open, request)? {
            Ok(outcome) => {
                // The only opening of this use.
                let _ = self.opened.set(outcome);
                Ok(())
            }
            Err(refused) => Err(refused.1),
        })
    }

    /// What the opening brought back, where there was one.
    pub(super) fn opened(&self) -> Option<(&FunctionPlan, &Outcome)> {
        Some((&self.plan.open.as_ref()?.function, self.opened.get()?))
    }

    /// Makes a declared call, unless it was made ahead; a return value that means failure is the second kind of success here.
    pub(super) fn call_declared(&self, call: &CallPlan, request: &Request) -> Result<Judged, Failure> {
        let outcome = match self.made_ahead(call) {
            Some(made) => self.keep_made(call, made),
            None => self.outcome(&call.function, self.inputs(call, request)?),
        };
        self.judged(&call.function, outcome?)
    }

    /// Makes the library's closing call, now or when an overdue function comes back.
    pub(super) fn close(&self, request: &Request) -> Result<(), Failure> {
        let Some(close) = self.plan.close.as_ref().filter(|_| !self.is_aside()) else {
            return Ok(());
        };
        if let Some(made) = self.made_ahead(close) {
            return self.keep_made(close, made).map(drop);
        }
        match &self.backend {
            Backend::Simulation(_) | Backend::Stage(_) => self.call_declared(close, request).map(drop),
            Backend::Real { held, timeout } => {
                let function = &close.function;
                let (arguments, passed) = prepared(function, self.inputs(close, request)?);
                let (closed, took) = self.ask_device(held, function, arguments, *timeout, Held::close);
                self.keep(function, passed, closed, took).map(drop)
            }
        }
    }

    /// Calls a function and judges what came of it.
    pub(super) fn call(&self, function: &FunctionPlan, arguments: Vec<Argument>) -> Result<Judged, Failure> {
        let outcome = self.outcome(function, arguments)?;
        self.judged(function, outcome)
    }

    fn judged(&self, function: &FunctionPlan, mut outcome: Outcome) -> Result<Judged, Failure> {
        let refusal = self.plan.refusal(function, &outcome, |explains, code| {
            self.explanation(explains, code)
        });
        match (refusal, outcome.impossible.take()) {
            (Some(refusal), _) => Ok(Err(Box::new((outcome, refusal)))),
            (None, Some(impossible)) => Err(impossible.into()),
            (None, None) => Ok(Ok(outcome)),
        }
    }

    fn outcome(&self, function: &FunctionPlan, arguments: Vec<Argument>) -> Result<Outcome, Failure> {
        let (arguments, passed) = prepared(function, arguments);
        let (brought, took) = match &self.backend {
            Backend::Real { held, timeout } => {
                self.ask_device(held, function, arguments, *timeout, Held::call)
            }
            Backend::Simulation(simulation) => {
                let begun = self.begin();
                let outcome = self.simulated(simulation, function, arguments);
                (outcome.map_err(Lost::Simulation), self.took(begun, Moment::now()))
            }
            Backend::Stage(staged) => {
                let cue = Cue {
                    device: &self.name,
                    plan: &self.plan,
                    function,
                    library: &staged.library,
                    limit: staged.timeout,
                };
                let simulate = |arguments| {
                    let simulation = staged.simulation.as_ref()?;
                    let known = simulation.functions.contains_key(&function.native.name);
                    known.then(|| self.simulated(simulation, function, arguments))
                };
                staged.stage.call(&cue, arguments, simulate)
            }
        };
        self.keep(function, passed, brought, took)
    }

    /// Asks the device itself.
    fn ask_device(
        &self,
        held: &Held,
        function: &FunctionPlan,
        arguments: Vec<Argument>,
        limit: Duration,
        way: Way,
    ) -> (Result<Outcome, Lost>, Duration) {
        let begun = self.begin();
        let (outcome, over) = waiting(begun, || way(held, &function.native, arguments, limit));
        let outcome = FunctionPlan::with_returned(outcome);
        (outcome.map_err(Lost::Device), self.took(begun, over))
    }

    /// Keeps what is wanted of a question to the device.
    fn keep(
        &self,
        function: &FunctionPlan,
        passed: Option<Vec<Argument>>,
        brought: Result<Outcome, Lost>,
        took: Duration,
    ) -> Result<Outcome, Failure> {
        let code = match &brought {
            Ok(outcome) => Code::of(function, outcome),
            Err(lost) => Code::Failed(lost.code()),
        };
        let content = passed.map(|passed| {
            let outs = function.native.outs().map(|(name, _)| name.into_owned());
            Box::new(Content::Function {
                passed,
                outs: outs.collect(),
                brought: match &brought {
                    Ok(outcome) => Ok(outcome.clone()),
                    Err(Lost::Device(error)) => Err(Some(error.clone())),
                    Err(Lost::Simulation(_)) => Err(None),
                },
            })
        });
        call::exchanged(|| Exchange {
            device: self.name.clone(),
            asked: Asked::Function(function.name.clone()),
            code,
            simulated: self.is_simulated(),
            took,
            content,
        });
        brought.map_err(Failure::from)
    }

    /// What the library itself says of a code. A function that cannot tell costs nothing: the tables of errors are left.
    fn explanation(&self, explains: &FunctionPlan, code: &str) -> Option<String> {
        let mut arguments = Vec::new();
        if explains.native.inputs().next().is_some() {
            arguments.push(Argument::Integer(code.parse().ok()?));
        }
        FunctionPlan::explanation(self.outcome(explains, arguments).ok()?)
    }

    fn simulated(
        &self,
        simulation: &SimulationPlan,
        function: &FunctionPlan,
        arguments: Vec<Argument>,
    ) -> Result<Outcome, Failure> {
        let name = &function.native.name;
        match simulation.functions.get(name) {
            None => Err(Failure::new(format!("模拟设备{}没有函数{name}", self.name))),
            Some(SimulatedFunction::Outcome(outcome)) => Ok(outcome.clone()),
            Some(SimulatedFunction::Function(path)) => {
                let table = self.run_simulation(path, arguments)?;
                outcome_of(function, &table).map_err(|wrong| Failure::new(format!("模拟函数{name}：{wrong}")))
            }
        }
    }

    fn run_simulation(&self, path: &FunctionPath, arguments: Vec<Argument>) -> Result<Table, Failure> {
        let (vm, function) = self.generation.function(path)?;
        let result = vm.sandbox.enter(&path.file, Some(&function), |lua| {
            let arguments = arguments.into_iter().map(|argument| match argument {
                Argument::Integer(number) => Ok(mlua::Value::Integer(number)),
                Argument::Text(text) => lua.create_string(text).map(mlua::Value::String),
                Argument::Bytes(bytes) => lua.create_string(bytes).map(mlua::Value::String),
            });
            function.call(arguments.collect::<mlua::Result<mlua::MultiValue>>()?)
        })?;
        result.map_err(|error| Failure::of_lua(&error, &function))
    }

    fn inputs(&self, call: &CallPlan, request: &Request) -> Result<Vec<Argument>, Failure> {
        call.inputs
            .iter()
            .map(|input| Ok(self.input(input, request)?.into_owned()))
            .collect()
    }

    fn input<'a>(&'a self, input: &'a Input, request: &Request) -> Result<Cow<'a, Argument>, Failure> {
        Ok(match input {
            Input::Literal(argument) => Cow::Borrowed(argument),
            Input::Setting(name) => Cow::Borrowed(self.setting(name)),
            Input::Request(field) => {
                Cow::Owned(Argument::Text(request.get(field).unwrap_or_default().to_owned()))
            }
            Input::Opened(out) => Cow::Owned(self.opened_value(*out)?),
            Input::Json(json, kept) => Cow::Owned(Argument::Text(self.json(json, kept, request)?)),
        })
    }

    fn opened_value(&self, out: Option<usize>) -> Result<Argument, Failure> {
        let value = self.opened.get().and_then(|outcome| match out {
            None => match &outcome.returned {
                Returned::Integer(value) => Some(Argument::Integer(*value)),
                Returned::Text(text) => Some(Argument::Text(text.clone())),
                Returned::Nothing => None,
            },
            Some(at) => Some(match outcome.outs.get(at)?.clone() {
                Value::Integer(value) => Argument::Integer(value),
                Value::Text(text) => Argument::Text(text),
                Value::Bytes(bytes) => Argument::Bytes(bytes),
            }),
        });
        value.ok_or_else(|| Failure::new(format!("设备{}还没有打开", self.name)))
    }

    fn json(&self, json: &JsonInput, kept: &KeptText, request: &Request) -> Result<String, Failure> {
        let write = || {
            let mut text = String::with_capacity(256);
            self.write_json(json, request, &mut text).map(|()| text)
        };
        // A scenario shows what it is given without its secrets.
        match self.backend {
            Backend::Real { .. } | Backend::Simulation(_) if json.is_settled() => {
                kept.of(self.configured.shared(), write)
            }
            _ => write(),
        }
    }

    fn write_json(&self, json: &JsonInput, request: &Request, out: &mut String) -> Result<(), Failure> {
        match json {
            JsonInput::Object(members) => {
                out.push('{');
                for (index, (name, value)) in members.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    quoted::push(out, name);
                    out.push(':');
                    self.write_json(value, request, out)?;
                }
                out.push('}');
            }
            JsonInput::Value(input) => match &*self.input(input, request)? {
                Argument::Integer(number) => out.push_str(&number.to_string()),
                Argument::Text(text) => quoted::push(out, text),
                Argument::Bytes(bytes) => quoted::push(out, &String::from_utf8_lossy(bytes)),
            },
        }
        Ok(())
    }
}

/// How a device is asked: by [`Held::call`], or by [`Held::close`].
type Way = fn(&Held, &Arc<Function>, Vec<Argument>, Duration) -> Result<Outcome, device::Error>;

/// Why a question brought nothing.
pub(super) enum Lost {
    /// An error of the device.
    Device(device::Error),
    /// A mistake of what stands in for it.
    Simulation(Failure),
}

impl Lost {
    fn code(&self) -> &'static str {
        match self {
            Lost::Device(error) => error.code(),
            Lost::Simulation(_) => RUNTIME,
        }
    }
}

impl From<Lost> for Failure {
    fn from(lost: Lost) -> Failure {
        match lost {
            Lost::Device(error) => error.into(),
            Lost::Simulation(failure) => failure,
        }
    }
}

/// What is passed to a function, and the same once more where that is to be kept.
fn prepared(function: &FunctionPlan, arguments: Vec<Argument>) -> (Vec<Argument>, Option<Vec<Argument>>) {
    let arguments = fitted(function, arguments);
    let passed = call::wants_content().then(|| arguments.clone());
    (arguments, passed)
}

/// A number in mps.toml may serve a string parameter; the other way round is a mistake that the device floor names.
fn fitted(function: &FunctionPlan, arguments: Vec<Argument>) -> Vec<Argument> {
    let parameters = function
        .native
        .inputs()
        .map(|parameter| Some(&parameter.kind))
        .chain(std::iter::repeat(None));
    let fit = |(argument, kind): (Argument, Option<&Kind>)| match (argument, kind) {
        (Argument::Integer(number), Some(Kind::Text { .. } | Kind::Bytes(_))) => {
            Argument::Text(number.to_string())
        }
        (argument, _) => argument,
    };
    arguments.into_iter().zip(parameters).map(fit).collect()
}

/// Where a library would be that a scenario stands in for.
fn staged_path(name: &str, plan: &LibraryPlan, configured: &DeskDevice) -> PathBuf {
    let file = configured.file.as_ref().or(plan.file.as_ref());
    let file = file.map_or(name, String::as_str);
    let folder = configured.folder.as_ref();
    folder.map_or_else(|| PathBuf::from(file), |folder| folder.join(file))
}

/// What a scenario has in the place of a secret: its results show what devices are given.
pub const SECRET: &str = "******";

/// Whether every setting has a value that needs one. A simulated device needs none of them.
fn check_settings(name: &str, plan: &LibraryPlan, configured: &DeskDevice) -> Result<(), Failure> {
    for (key, setting) in plan.settings.iter().filter(|(_, setting)| setting.required) {
        if setting.default.is_none() && !configured.settings.contains_key(key) {
            let title = &setting.title;
            return Err(Failure::new(format!(
                "设备{name}缺少设置：请在mps.toml的[device.{name}]中填写{key}（{title}）"
            )));
        }
    }
    Ok(())
}
