//! Libraries in a process of their own: `mps host`, started by its full path, one for each library.
//!
//! What a vendor's library does to its process, it does to the helper: its crash is an error message, its hang is ended at the time
//! limit, and the next call starts a new helper. What may have reached the vendor is never done twice: a helper says that it takes a
//! question up before it does, and only where it is gone without that, another one is started and asked instead. That goes for the
//! first question of a session; later, a new helper would know nothing of the reader that the old one had opened.

mod aide;
mod frame;
mod process;
mod server;
#[cfg_attr(windows, path = "windows.rs")]
#[cfg_attr(unix, path = "unix.rs")]
mod system;
mod wire;

pub use aide::{Aide, attend};
pub use server::serve;
pub use system::{crash_quietly, leave_signals};

use super::foreground::{self, Watch};
use super::{Argument, Error, Function, Machine, Outcome};
use process::{Ended, Process};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use wire::{Ask, Told, Wire};

/// What both sides must be of.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What the loading of a library is called where a function is named.
const LOADING: &str = "DllMain";

/// A library that runs in a helper process.
pub(super) struct Helper {
    library: PathBuf,
    preload: Vec<PathBuf>,
    program: PathBuf,
    bits: u32,
    running: Mutex<Option<Arc<Process>>>,
}

/// A function to call there.
pub(super) struct Question<'a> {
    /// Its declaration.
    pub(super) function: &'a Arc<Function>,
    /// What it is given.
    pub(super) arguments: Vec<Argument>,
    /// How long it may take.
    pub(super) limit: Duration,
    /// Whether its windows are brought to the front.
    pub(super) foreground: bool,
}

/// What a session has to do with the process.
#[derive(Default)]
pub(super) enum Use {
    /// Nothing yet.
    #[default]
    Fresh,
    /// It has called functions there: the reader may be open.
    With(Arc<Process>),
    /// The process has ended, and whatever was open with it.
    Lost,
}

/// The file of the program that runs libraries of so many bits, in the folder of the `mps` command.
pub fn program_file(bits: u32) -> String {
    let extension = std::env::consts::EXE_SUFFIX;
    match (bits == Machine::OURS.bits, bits) {
        (true, _) => format!("mps{extension}"),
        (false, 32) => format!("mps-host-x86{extension}"),
        (false, _) => format!("mps-host-x64{extension}"),
    }
}

impl Helper {
    /// For a library of so many bits, with the helper programs in `programs`. No process is started before it is needed.
    pub(super) fn new(programs: &Path, library: &Path, preload: &[PathBuf], bits: u32) -> Helper {
        Helper {
            library: library.to_owned(),
            preload: preload.to_vec(),
            program: programs.join(program_file(bits)),
            bits,
            running: Mutex::default(),
        }
    }

    /// Calls one function there.
    pub(super) fn call(&self, session: &mut Use, question: Question<'_>) -> Result<Outcome, Error> {
        let Question { function, limit, .. } = question;
        let ask = |process: &Process, message| {
            foreground::allow(process.number());
            let _watch = question.foreground.then(|| Watch::start(process.number()));
            process.ask(message, limit)
        };
        let message = Ask::Call(Arc::clone(function), question.arguments).message();
        let (process, answer) = match session {
            Use::Lost => return Err(self.gone(&function.name, "已在本次调用中结束".to_owned())),
            Use::With(process) => (Arc::clone(process), ask(process, message)),
            Use::Fresh => {
                let process = self.process(limit)?;
                match ask(&process, message.clone()) {
                    Err(Ended::Before(_)) => {
                        self.forget();
                        let process = self.process(limit)?;
                        let answer = ask(&process, message);
                        (process, answer)
                    }
                    answer => (process, answer),
                }
            }
        };
        let told = match answer {
            Ok(answer) => Told::of_message(&answer),
            Err(ended) => {
                self.forget();
                *session = Use::Lost;
                return Err(self.failed(&function.name, limit, ended));
            }
        };
        match told {
            Some(Told::Outcome(outcome)) => {
                *session = Use::With(process);
                Ok(outcome)
            }
            Some(Told::Failed(error)) => {
                *session = Use::With(process);
                Err(error)
            }
            Some(Told::Ready(_) | Told::Loaded) | None => {
                self.forget();
                *session = Use::Lost;
                Err(self.failed(&function.name, limit, Ended::Over(NONSENSE.to_owned())))
            }
        }
    }

    /// The process with the library in it, started where there is none.
    fn process(&self, limit: Duration) -> Result<Arc<Process>, Error> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        match &*running {
            Some(process) => Ok(Arc::clone(process)),
            None => {
                let process = Arc::new(self.start(limit)?);
                *running = Some(Arc::clone(&process));
                Ok(process)
            }
        }
    }

    fn forget(&self) {
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn start(&self, limit: Duration) -> Result<Process, Error> {
        let program = &self.program;
        if !program.is_file() {
            return Err(Error::NoHelper(self.library.clone(), self.bits, program.clone()));
        }
        let not_helped = |reason: String| Error::NotHelped(program.clone(), reason);
        let process = Process::start(program, "host").map_err(|error| not_helped(error.to_string()))?;
        let asked = Instant::now();
        let greeting = process
            .greeting(limit)
            .map_err(|ended| not_helped(ended.to_string()))?;
        match Told::of_message(&greeting) {
            Some(Told::Ready(version)) if version == VERSION => {}
            Some(Told::Ready(version)) => {
                return Err(not_helped(format!("它是{version}版，与本程序的{VERSION}版不同")));
            }
            _ => return Err(not_helped(NONSENSE.to_owned())),
        }
        let load = Ask::Load(self.library.clone(), self.preload.clone());
        let left = limit.saturating_sub(asked.elapsed());
        let loaded = process.ask(load.message(), left);
        match loaded.map(|answer| Told::of_message(&answer)) {
            Ok(Some(Told::Loaded)) => Ok(process),
            Ok(Some(Told::Failed(error))) => Err(error),
            Ok(_) => Err(not_helped(NONSENSE.to_owned())),
            Err(ended) => Err(self.failed(LOADING, limit, ended)),
        }
    }

    fn failed(&self, function: &str, limit: Duration, ended: Ended) -> Error {
        let function = function.to_owned();
        match ended {
            Ended::Before(death) => self.gone(&function, death),
            Ended::Over(death) => Error::Died(self.library.clone(), function, death),
            Ended::TimedOut => Error::Stopped(self.library.clone(), function, limit),
        }
    }

    fn gone(&self, function: &str, death: String) -> Error {
        Error::Gone(self.library.clone(), function.to_owned(), death)
    }
}

const NONSENSE: &str = "答非所问";

/// How a process ended that may still run, or that found the pipe closed.
const HUNG_UP: &str = "断开了与本程序的联系";
