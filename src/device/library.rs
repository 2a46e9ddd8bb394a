//! A vendor's library: loaded once, by its full path, in this process or in a helper process.

use super::exclusive::{Exclusive, Lock};
use super::foreground::Watch;
use super::helper::{Helper, Question, Use};
use super::loaded::{CameBack, Loaded};
use super::memory::CallMemory;
use super::patience::{MANY_LOOKS, NO_LOOK};
use super::worker::{Done, Worker};
use super::{Argument, Error, Function, Machine, Outcome, Returned};
use crate::clock::Moment;
use arc_swap::{ArcSwap, Guard};
use std::cell::{OnceCell, RefCell};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Every library that this process uses.
pub struct Libraries {
    /// The folder that the helper programs stand in.
    programs: PathBuf,
    /// One for each path. They are few, and compared as they are spelt: every call looks here, and so nobody takes turns.
    loaded: ArcSwap<Known>,
    /// A thread that waits for a library, and its process: a forked child has none.
    spare: Mutex<Option<(u32, Worker)>>,
}

type Known = Vec<Arc<Library>>;

/// What a device asks for when its library is opened.
#[derive(Clone, Copy, Debug)]
pub struct Opening<'a> {
    /// The folder that its files stand in, by its full path.
    pub folder: &'a Path,
    /// The library's file there.
    pub file: &'a str,
    /// What it needs there and does not find by itself: loaded before it.
    pub preload: &'a [String],
    /// Where it is to run; one of the other bitness runs in a helper process anyhow.
    pub runs: Runs,
    /// How long loading may take, where it has a time limit.
    pub limit: Duration,
}

/// Where a library's functions run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runs {
    /// On one thread of its own in this process: each call has a time limit.
    OnItsThread,
    /// On whichever thread calls, without a time limit: what does not come back keeps that thread.
    OnCallersThread,
    /// In a process of its own, which a time limit ends.
    InHelper,
}

impl Libraries {
    /// No library yet; helper programs stand in `programs`.
    pub fn new(programs: PathBuf) -> Libraries {
        Libraries {
            programs,
            loaded: ArcSwap::default(),
            spare: Mutex::default(),
        }
    }

    /// Starts a thread for the next library that lives on one: whoever calls it first need not wait for that.
    pub fn prepare(&self) {
        // Without it the caller starts one, and hears why not.
        let worker = Worker::start().ok();
        *self.spare() = worker.map(|worker| (process::id(), worker));
    }

    /// A thread for a library.
    fn worker(&self) -> Result<Worker, Error> {
        let spare = self.spare().take();
        match spare {
            Some((process, worker)) if process == process::id() => Ok(worker),
            other => {
                // Its locks are as they were in the other process.
                std::mem::forget(other);
                Worker::start()
            }
        }
    }

    fn spare(&self) -> MutexGuard<'_, Option<(u32, Worker)>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the device for one opening, use and closing; its library is loaded if it is not yet. Others wait, for at most `wait` from
    /// `now`. With `foreground`, windows that it opens meanwhile are brought to the front.
    pub(crate) fn session(
        &self,
        opening: Opening<'_>,
        now: Moment,
        wait: Duration,
        foreground: bool,
    ) -> Result<Session, Error> {
        let loaded = self.loaded.load();
        match find(&loaded, opening) {
            Some(at) => Session::begin(loaded, at, now, wait, foreground),
            None => {
                let loaded = Guard::from_inner(Arc::new(vec![self.load(opening)?]));
                Session::begin(loaded, 0, Moment::now(), wait, foreground)
            }
        }
    }

    fn load(&self, opening: Opening<'_>) -> Result<Arc<Library>, Error> {
        // A vendor's start-up code may take its time, and other devices go on meanwhile.
        let library = Arc::new(Library::load(opening, self)?);
        let mut earlier = None;
        self.loaded.rcu(|loaded| {
            earlier = find(loaded, opening).map(|at| Arc::clone(&loaded[at]));
            let others = loaded.iter().filter(|other| other.path != library.path);
            match earlier {
                Some(_) => Vec::clone(loaded),
                None => others.chain([&library]).map(Arc::clone).collect(),
            }
        });
        Ok(earlier.unwrap_or(library))
    }
}

/// Which library serves an opening: mostly one that was opened by the same words, and no path has to be made to find it.
fn find(loaded: &[Arc<Library>], opening: Opening<'_>) -> Option<usize> {
    let spelt = |library: &Arc<Library>| library.runs == opening.runs && library.is_spelt(opening);
    loaded.iter().position(spelt).or_else(|| {
        let (path, _) = opening.paths();
        let is_there = |library: &Arc<Library>| {
            library.runs == opening.runs && library.path.as_os_str() == path.as_os_str()
        };
        loaded.iter().position(is_there)
    })
}

/// A vendor's library, wherever it runs.
pub struct Library {
    path: PathBuf,
    /// The same as it was first asked for.
    folder: PathBuf,
    file: String,
    place: Place,
    runs: Runs,
    exclusive: Exclusive,
    lock: Lock,
}

enum Place {
    /// In this process, on a thread of its own, which knows it.
    Here(Worker),
    /// In this process, on the thread that calls.
    Caller(Loaded),
    /// In a process of its own.
    Helper(Helper),
}

impl Library {
    fn load(opening: Opening<'_>, libraries: &Libraries) -> Result<Library, Error> {
        let Opening { folder, file, .. } = opening;
        let (path, preload) = opening.paths();
        if let Some(missing) = preload.iter().chain([&path]).find(|file| !file.is_file()) {
            return Err(Error::NoFile(missing.clone()));
        }
        // What is no library at all is the system's to refuse, in its own words.
        let machine = Machine::of(&path).unwrap_or(Machine::OURS);
        let other = machine.bits != Machine::OURS.bits
            && Machine {
                bits: Machine::OURS.bits,
                ..machine
            } == Machine::OURS;
        let runs = if other { Runs::InHelper } else { opening.runs };
        let place = match runs {
            Runs::InHelper => Place::Helper(Helper::new(&libraries.programs, &path, &preload, machine.bits)),
            Runs::OnItsThread => Place::here(libraries.worker()?, path.clone(), preload, opening.limit)?,
            Runs::OnCallersThread => Place::Caller(Loaded::load(&path, &preload)?),
        };
        Ok(Library {
            folder: folder.to_owned(),
            file: file.to_owned(),
            place,
            runs: opening.runs,
            exclusive: Exclusive::new(match runs {
                Runs::OnCallersThread => MANY_LOOKS,
                Runs::OnItsThread | Runs::InHelper => NO_LOOK,
            }),
            lock: Lock::of(&path),
            path,
        })
    }

    fn is_spelt(&self, opening: Opening<'_>) -> bool {
        self.file == opening.file && self.folder.as_os_str() == opening.folder.as_os_str()
    }

    fn take(&self, now: Moment, wait: Duration) -> Result<(), Error> {
        if !self.exclusive.take(wait) {
            return Err(Error::Busy(wait));
        }
        if !self.lock.take(now, wait) {
            self.exclusive.give_back();
            return Err(Error::BusyElsewhere(wait));
        }
        Ok(())
    }

    fn give_back(&self) {
        // Other programs first, so that a thread of this one that waits finds the device free there.
        self.lock.give_back();
        self.exclusive.give_back();
    }
}

impl Opening<'_> {
    /// The library's file, and those that are loaded before it.
    fn paths(&self) -> (PathBuf, Vec<PathBuf>) {
        let preload = self.preload.iter().map(|file| self.folder.join(file));
        (self.folder.join(self.file), preload.collect())
    }
}

impl Place {
    fn here(worker: Worker, path: PathBuf, preload: Vec<PathBuf>, limit: Duration) -> Result<Place, Error> {
        let load = move || {
            let loaded = Loaded::load(&path, &preload)?;
            LOADED.with(|room| room.set(loaded)).map_err(|_| no_library())
        };
        worker.run("DllMain", limit, load)?;
        Ok(Place::Here(worker))
    }
}

/// The right to call a library's functions, until it is dropped.
pub struct Session {
    /// The libraries that were loaded when it began, and which of them it is of. Nobody counts who uses one: calls on several
    /// threads would take turns at counting.
    loaded: Guard<Arc<Known>>,
    at: usize,
    /// What it has done with the helper process, where there is one.
    helper: RefCell<Use>,
    foreground: bool,
    /// Windows has the lock given back by the thread that took it.
    _thread: PhantomData<*const ()>,
}

/// Functions that are called one after another, by their numbers.
pub trait Calls: Send + Sync + 'static {
    /// The function.
    fn function(&self, number: usize) -> &Arc<Function>;
    /// Whether its call succeeded, so that the next one follows: by what it returned, and by the outcome where that does not tell.
    fn succeeded(
        &self,
        number: usize,
        returned: &Returned,
        outcome: impl FnOnce() -> Option<Outcome>,
    ) -> bool;
}

impl Session {
    /// Takes the library that stands at that place.
    fn begin(
        loaded: Guard<Arc<Known>>,
        at: usize,
        now: Moment,
        wait: Duration,
        foreground: bool,
    ) -> Result<Session, Error> {
        loaded[at].take(now, wait)?;
        Ok(Session {
            loaded,
            at,
            helper: RefCell::default(),
            foreground,
            _thread: PhantomData,
        })
    }

    fn library(&self) -> &Library {
        &self.loaded[self.at]
    }

    /// Whether each call is a hand-over to a thread of the library's own, so that several are better made in one.
    pub fn hands_over(&self) -> bool {
        matches!(self.library().place, Place::Here(_))
    }

    /// Calls one function where the library runs and waits for it no longer than `limit`, where there is one.
    pub fn call(
        &self,
        function: &Arc<Function>,
        arguments: Vec<Argument>,
        limit: Duration,
    ) -> Result<Outcome, Error> {
        match &self.library().place {
            Place::Here(worker) => {
                let _watch = self.watch();
                let back = worker.run(&function.name, limit, task(function, arguments)?)?;
                back.read(function)
            }
            Place::Caller(loaded) => {
                let _watch = self.watch();
                loaded.call(function, arguments)
            }
            Place::Helper(helper) => {
                let question = Question {
                    function,
                    arguments,
                    limit,
                    foreground: self.foreground,
                };
                helper.call(&mut self.helper.borrow_mut(), question)
            }
        }
    }

    /// Makes calls one after another in one hand-over, each with its arguments, and waits for each no longer than `limit`. None is
    /// made after one that failed, or that did not succeed: what comes back ends with it. None is made where none is handed over, and
    /// where arguments are refused: that is told when their own call is made.
    pub fn call_all<C: Calls>(
        &self,
        calls: &Arc<C>,
        arguments: Vec<Vec<Argument>>,
        limit: Duration,
    ) -> Vec<Done<Outcome>> {
        let Place::Here(worker) = &self.library().place else {
            return Vec::new();
        };
        let _watch = self.watch();
        let count = arguments.len();
        let mut memories = Vec::with_capacity(count);
        for (number, arguments) in arguments.into_iter().enumerate() {
            match CallMemory::lay_out(calls.function(number), arguments) {
                Ok(memory) => memories.push(memory),
                Err(_) => return Vec::new(),
            }
        }
        // Nothing else is counted by both threads: who counts takes the memory around the count away from the other one.
        let (shared, mut memories) = (Arc::clone(calls), memories.into_iter());
        let task = move |number| {
            let function = shared.function(number);
            let memory = memories.next().ok_or_else(no_library);
            let result = memory.and_then(|memory| call_here(function, memory));
            let succeeded = number + 1 < count
                && result
                    .as_ref()
                    .is_ok_and(|back| shared.succeeded(number, back.returned(), || back.look(function).ok()));
            (result, succeeded)
        };
        let done = worker.run_all(|number| &calls.function(number).name, limit, count, task);
        let read = |(number, Done { result, took })| {
            let result = result.and_then(|back: CameBack| back.read(calls.function(number)));
            Done { result, took }
        };
        done.into_iter().enumerate().map(read).collect()
    }

    /// Makes the closing call of a reader. Where a function before it is overdue, the error says so, and the reader is closed
    /// when that one comes back.
    pub fn close(
        &self,
        function: &Arc<Function>,
        arguments: Vec<Argument>,
        limit: Duration,
    ) -> Result<Outcome, Error> {
        let closed = self.call(function, arguments.clone(), limit);
        if let (Err(Error::StillRunning(_)), Place::Here(worker)) = (&closed, &self.library().place) {
            worker.leave(task(function, arguments)?);
        }
        closed
    }

    fn watch(&self) -> Option<Watch> {
        self.foreground.then(|| Watch::start(std::process::id()))
    }
}

thread_local! {
    /// The library that this thread is for.
    static LOADED: OnceCell<Loaded> = const { OnceCell::new() };
}

/// A call for the library's thread.
fn task(
    function: &Arc<Function>,
    arguments: Vec<Argument>,
) -> Result<impl FnOnce() -> Result<CameBack, Error> + Send + use<>, Error> {
    let memory = CallMemory::lay_out(function, arguments)?;
    let function = Arc::clone(function);
    Ok(move || call_here(&function, memory))
}

/// Calls one function on the library's thread.
fn call_here(function: &Function, memory: CallMemory) -> Result<CameBack, Error> {
    LOADED.with(|loaded| loaded.get().ok_or_else(no_library)?.call_with(function, memory))
}

/// Each thread is for one library, which it loads first.
fn no_library() -> Error {
    Error::NoWorker("线程没有加载动态库".to_owned())
}

impl Drop for Session {
    fn drop(&mut self) {
        self.library().give_back();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_is_ready_is_used_once_and_only_by_its_own_process() {
        let libraries = Libraries::new(PathBuf::new());
        libraries.prepare();
        assert!(libraries.spare().is_some());
        let does = |worker: &Worker| worker.run("f", Duration::from_secs(60), || Ok(1)) == Ok(1);
        for _ in 0..2 {
            assert!(libraries.worker().is_ok_and(|worker| does(&worker)));
            assert!(libraries.spare().is_none());
        }
        let (over, waits) = std::sync::mpsc::channel::<()>();
        libraries.prepare();
        let ready = libraries
            .spare()
            .take()
            .map(|(_, worker)| worker)
            .expect("a thread");
        // As in a forked child: whoever waits for it waits for ever.
        ready.leave(move || {
            let _ = waits.recv();
            Ok(())
        });
        *libraries.spare() = Some((process::id() ^ 1, ready));
        assert!(libraries.worker().is_ok_and(|worker| does(&worker)));
        drop(over);
    }
}
