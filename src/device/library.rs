//! A vendor's library: loaded once, by its full path, for as long as the process lives.

use super::exclusive::Exclusive;
use super::ffi::{self, Address};
use super::memory::CallMemory;
use super::worker::Worker;
use super::{Argument, Error, Function, Outcome};
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
    /// The library at `path`, loaded within `limit` if it is not yet.
    pub fn open(&self, path: &Path, limit: Duration) -> Result<Arc<Library>, Error> {
        let loaded = || self.by_path.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(library) = loaded().get(path) {
            return Ok(Arc::clone(library));
        }
        // Not under the lock: a vendor's start-up code may take its time, and other devices go on meanwhile.
        let library = Arc::new(Library::load(path, limit)?);
        Ok(Arc::clone(loaded().entry(path.to_owned()).or_insert(library)))
    }
}

/// A loaded library with its thread. It is never unloaded: vendors' libraries leave threads and hooks behind.
pub struct Library {
    path: PathBuf,
    handle: usize,
    addresses: Mutex<HashMap<String, Address>>,
    worker: Worker,
    exclusive: Exclusive,
}

impl Library {
    fn load(path: &Path, limit: Duration) -> Result<Library, Error> {
        if !path.is_file() {
            return Err(Error::NoFile(path.to_owned()));
        }
        let worker = Worker::start()?;
        let file = path.to_owned();
        let handle = worker.run("DllMain", limit, move || load_file(&file))?;
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

    fn address(&self, name: &str) -> Result<Address, Error> {
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&address) = addresses.get(name) {
            return Ok(address);
        }
        let address =
            find(self.handle, name).ok_or_else(|| Error::NoFunction(self.path.clone(), name.to_owned()))?;
        addresses.insert(name.to_owned(), address);
        Ok(address)
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

    /// Makes the closing call of a reader. Where a function before it is overdue, the reader is closed when that one comes back.
    pub fn close(
        &self,
        function: &Arc<Function>,
        arguments: Vec<Argument>,
        limit: Duration,
    ) -> Result<(), Error> {
        match self.call(function, arguments.clone(), limit) {
            Err(Error::StillRunning(_)) => self.library.worker.leave(self.task(function, arguments)?),
            closed => closed.map(drop),
        }
    }

    fn task(
        &self,
        function: &Arc<Function>,
        arguments: Vec<Argument>,
    ) -> Result<impl FnOnce() -> Result<Outcome, Error> + Send + 'static, Error> {
        let address = self.library.address(&function.name)?;
        let function = Arc::clone(function);
        Ok(move || {
            let memory = CallMemory::lay_out(&function, arguments)?;
            // SAFETY: the address is an export of this library by the declared name; that the declaration is the vendor's
            // own signature is the engineer's word, and `memory` lives until the function has come back.
            let register = unsafe { ffi::call(address, function.convention, memory.words()) };
            memory.read_back(&function, register)
        })
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.library.exclusive.give_back();
    }
}

fn load_file(path: &Path) -> Result<usize, Error> {
    let refused = |error: libloading::Error| Error::NotLoaded(path.to_owned(), reason(&error));
    // SAFETY: loading runs the vendor's own start-up code; the engineer who configured the path trusts it.
    // By its full path and with its own folder searched for what it depends on, never the current directory.
    #[cfg(windows)]
    let library = unsafe { system::Library::load_with_flags(path, system::LOAD_WITH_ALTERED_SEARCH_PATH) };
    // SAFETY: as above.
    #[cfg(unix)]
    let library = unsafe { system::Library::open(Some(path), system::RTLD_NOW | system::RTLD_LOCAL) };
    Ok(library.map_err(refused)?.into_raw() as usize)
}

/// The system's own words, which name the missing file or the wrong format.
fn reason(error: &libloading::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

fn find(handle: usize, name: &str) -> Option<Address> {
    // SAFETY: the handle came from `into_raw` and its library is never unloaded.
    let library = std::mem::ManuallyDrop::new(unsafe { system::Library::from_raw(handle as _) });
    // SAFETY: only the address is taken; its signature is `Session::call`'s to vouch for.
    let symbol = unsafe { library.get::<*mut std::ffi::c_void>(name) }.ok()?;
    Some(Address(symbol.as_raw_ptr() as usize)).filter(|address| address.0 != 0)
}
