//! A vendor's library: loaded once, by its full path, for as long as the process lives.

use super::exclusive::Exclusive;
use super::ffi::{self, Address};
use super::memory::CallMemory;
use super::worker::Worker;
use super::{Argument, Convention, Error, Export, Function, Outcome, Returned};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

#[cfg(unix)]
use libloading::os::unix as system;
#[cfg(windows)]
use libloading::os::windows as system;

/// Every library that this process has loaded.
#[derive(Default)]
pub struct Libraries {
    by_path: Mutex<HashMap<PathBuf, Arc<Library>>>,
}

impl Libraries {
    /// The library at `path`, loaded within `limit` if it is not yet. What it needs and does not find by itself is loaded
    /// before it.
    pub fn open(&self, path: &Path, preload: &[PathBuf], limit: Duration) -> Result<Arc<Library>, Error> {
        let loaded = || self.by_path.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(library) = loaded().get(path) {
            return Ok(Arc::clone(library));
        }
        // Not under the lock: a vendor's start-up code may take its time, and other devices go on meanwhile.
        let library = Arc::new(Library::load(path, preload, limit)?);
        Ok(Arc::clone(loaded().entry(path.to_owned()).or_insert(library)))
    }
}

/// A loaded library with its thread. It is never unloaded: vendors' libraries leave threads and hooks behind.
pub struct Library {
    path: PathBuf,
    handle: usize,
    addresses: Mutex<HashMap<Export, Address>>,
    worker: Worker,
    exclusive: Exclusive,
}

impl Library {
    fn load(path: &Path, preload: &[PathBuf], limit: Duration) -> Result<Library, Error> {
        let files = preload.iter().map(PathBuf::as_path).chain([path]);
        if let Some(missing) = files.into_iter().find(|file| !file.is_file()) {
            return Err(Error::NoFile(missing.to_owned()));
        }
        let worker = Worker::start()?;
        let (file, before) = (path.to_owned(), preload.to_vec());
        let handle = worker.run("DllMain", limit, move || {
            before
                .iter()
                .try_for_each(|file| load_file(file, Symbols::ForAll).map(drop))?;
            load_file(&file, Symbols::Own)
        })?;
        Ok(Library {
            path: path.to_owned(),
            handle,
            addresses: Mutex::default(),
            worker,
            exclusive: Exclusive::default(),
        })
    }

    /// Takes the device for one opening, use and closing; others wait, for at most `wait`.
    pub fn session(self: &Arc<Self>, wait: Duration) -> Result<Session, Error> {
        match self.exclusive.take(wait) {
            true => Ok(Session {
                library: Arc::clone(self),
            }),
            false => Err(Error::Busy(wait)),
        }
    }

    fn address(&self, function: &Function) -> Result<Address, Error> {
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&address) = addresses.get(&function.export) {
            return Ok(address);
        }
        let found = match &function.export {
            Export::Name(name) => find(self.handle, name, function.words()),
            Export::Ordinal(number) => find_ordinal(self.handle, *number),
        };
        let address = found.ok_or_else(|| Error::NoFunction(self.path.clone(), shown(&function.export)))?;
        addresses.insert(function.export.clone(), address);
        Ok(address)
    }

    /// The function that takes a returned string back.
    fn address_of_free(&self, function: &Function) -> Result<Option<Address>, Error> {
        let Some(name) = function.free() else {
            return Ok(None);
        };
        let missing = || Error::NoFunction(self.path.clone(), name.to_owned());
        find(self.handle, name, 1).map(Some).ok_or_else(missing)
    }
}

/// The right to call a library's functions, until it is dropped.
pub struct Session {
    library: Arc<Library>,
}

impl Session {
    /// Calls one function on the library's thread and waits for it no longer than `limit`.
    pub fn call(
        &self,
        function: &Arc<Function>,
        arguments: Vec<Argument>,
        limit: Duration,
    ) -> Result<Outcome, Error> {
        self.library
            .worker
            .run(&function.name, limit, self.task(function, arguments)?)
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
        if let Err(Error::StillRunning(_)) = closed {
            self.library.worker.leave(self.task(function, arguments)?)?;
        }
        closed
    }

    fn task(
        &self,
        function: &Arc<Function>,
        arguments: Vec<Argument>,
    ) -> Result<impl FnOnce() -> Result<Outcome, Error> + Send + 'static, Error> {
        let address = self.library.address(function)?;
        let free = self.library.address_of_free(function)?;
        let function = Arc::clone(function);
        Ok(move || {
            let memory = CallMemory::lay_out(&function, arguments)?;
            // SAFETY: the address is the declared export of this library; that the declaration is the vendor's
            // own signature is the engineer's word, and `memory` lives until the function has come back.
            let register = unsafe { ffi::call(address, function.convention, memory.words()) };
            let outcome = memory.read_back(&function, register)?;
            if let (Some(free), Returned::Text(_)) = (free, &outcome.returned) {
                give_back(free, function.convention, register);
            }
            Ok(outcome)
        })
    }
}

/// Gives a returned string back to the library.
fn give_back(free: Address, convention: Convention, register: u64) {
    // SAFETY: the declaration says that this export takes one string that the library returned, once; nothing
    // of ours points at it any more.
    unsafe { ffi::call(free, convention, &[register as usize]) };
}

impl Drop for Session {
    fn drop(&mut self) {
        self.library.exclusive.give_back();
    }
}

/// Who may use a library's symbols.
#[derive(Clone, Copy)]
enum Symbols {
    /// Callers by address alone.
    Own,
    /// Libraries that are loaded later too. On Windows a loaded module is found by its name in any case.
    ForAll,
}

#[cfg(windows)]
fn load_file(path: &Path, _: Symbols) -> Result<usize, Error> {
    // Windows looks beside the library only where the path is spelt its own way, with backslashes.
    let path = &std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    // SAFETY: loading runs the vendor's own start-up code; the engineer who configured the path trusts it.
    // By its full path and with its own folder searched for what it depends on, never the current directory.
    let library = unsafe { system::Library::load_with_flags(path, system::LOAD_WITH_ALTERED_SEARCH_PATH) };
    loaded(path, library)
}

#[cfg(unix)]
fn load_file(path: &Path, symbols: Symbols) -> Result<usize, Error> {
    let visibility = match symbols {
        Symbols::Own => system::RTLD_LOCAL,
        Symbols::ForAll => system::RTLD_GLOBAL,
    };
    // SAFETY: loading runs the vendor's own start-up code; the engineer who configured the path trusts it.
    let library = unsafe { system::Library::open(Some(path), system::RTLD_NOW | visibility) };
    loaded(path, library)
}

fn loaded(path: &Path, library: Result<system::Library, libloading::Error>) -> Result<usize, Error> {
    match library {
        Ok(library) => Ok(library.into_raw() as usize),
        Err(error) => Err(Error::NotLoaded(path.to_owned(), reason(&error))),
    }
}

/// The system's own words, which name the missing file or the wrong format.
fn reason(error: &libloading::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

/// An export in messages.
fn shown(export: &Export) -> String {
    match export {
        Export::Name(name) => name.clone(),
        Export::Ordinal(number) => format!("#{number}"),
    }
}

/// The export of this name, or of one that a 32-bit compiler makes of it.
fn find(handle: usize, name: &str, words: usize) -> Option<Address> {
    exported(handle, name).or_else(|| {
        let [_, decorated @ ..] = Export::spellings(name, words);
        decorated.iter().find_map(|name| exported(handle, name))
    })
}

fn exported(handle: usize, name: &str) -> Option<Address> {
    let library = borrowed(handle);
    // SAFETY: only the address is taken; its signature is `Session::task`'s to vouch for.
    let symbol = unsafe { library.get::<*mut std::ffi::c_void>(name) }.ok()?;
    address_at(symbol.as_raw_ptr() as usize)
}

#[cfg(windows)]
fn find_ordinal(handle: usize, number: u16) -> Option<Address> {
    let library = borrowed(handle);
    // SAFETY: as in `exported`.
    let symbol = unsafe { library.get_ordinal::<*mut std::ffi::c_void>(number) }.ok()?;
    address_at(symbol.as_raw_ptr() as usize)
}

/// Other systems' libraries have no numbers.
#[cfg(unix)]
fn find_ordinal(_: usize, _: u16) -> Option<Address> {
    None
}

fn address_at(address: usize) -> Option<Address> {
    (address != 0).then_some(Address(address))
}

/// The library behind a handle, not to be unloaded.
fn borrowed(handle: usize) -> std::mem::ManuallyDrop<system::Library> {
    // SAFETY: the handle came from `into_raw` and its library is never unloaded.
    std::mem::ManuallyDrop::new(unsafe { system::Library::from_raw(handle as _) })
}
