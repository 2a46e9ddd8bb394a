//! A vendor's library in this process: loaded by its full path, and called on the thread that asks.

use super::ffi::{self, Address};
use super::memory::{self, CallMemory};
use super::{Argument, Convention, Error, Export, Function, Outcome, Returned};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

#[cfg(unix)]
use libloading::os::unix as system;
#[cfg(windows)]
use libloading::os::windows as system;

/// Functions of one library whose addresses are remembered: more than any vendor's has.
const MOST_KNOWN: usize = 64;

/// A call that came back. What it wrote is still to be read, by whoever wanted it: the thread that called need not touch it.
pub(super) struct CameBack {
    memory: CallMemory,
    register: u64,
    returned: Returned,
}

impl CameBack {
    /// What the function returned.
    pub(super) fn returned(&self) -> &Returned {
        &self.returned
    }

    /// All that it brought, for who only looks at it.
    pub(super) fn look(&self, function: &Function) -> Result<Outcome, Error> {
        self.memory
            .read_back(function, self.register, self.returned.clone())
    }

    /// All that it brought.
    pub(super) fn read(self, function: &Function) -> Result<Outcome, Error> {
        self.memory.read_back(function, self.register, self.returned)
    }
}

/// A loaded library. It is never unloaded: vendors' libraries leave threads and hooks behind.
pub(super) struct Loaded {
    path: PathBuf,
    handle: usize,
    /// Of the functions that were called, in that order. They are few, and compared as they are spelt.
    addresses: Box<[OnceLock<(Export, Address)>]>,
}

impl Loaded {
    /// Loads a library after what it needs and does not find by itself.
    pub(super) fn load(path: &Path, preload: &[PathBuf]) -> Result<Loaded, Error> {
        preload
            .iter()
            .try_for_each(|file| load_file(file, Symbols::ForAll).map(drop))?;
        Ok(Loaded {
            path: path.to_owned(),
            handle: load_file(path, Symbols::Own)?,
            addresses: (0..MOST_KNOWN).map(|_| OnceLock::new()).collect(),
        })
    }

    /// Calls one function, on this thread.
    pub(super) fn call(&self, function: &Function, arguments: Vec<Argument>) -> Result<Outcome, Error> {
        let memory = CallMemory::lay_out(function, arguments)?;
        self.call_with(function, memory)?.read(function)
    }

    /// Calls one function with what was laid out for it.
    pub(super) fn call_with(&self, function: &Function, memory: CallMemory) -> Result<CameBack, Error> {
        let address = self.address(function)?;
        let free = self.address_of_free(function)?;
        // What fits where the declaration was read may not fit here: with 32 bits an integer of 64 takes two words.
        if function.words() > Function::MOST_WORDS {
            let (name, last) = (function.name.clone(), function.parameters.last());
            let last = last.map(|parameter| parameter.name.clone()).unwrap_or_default();
            return Err(Error::Argument(
                name,
                last,
                "放不下：参数过多，最多18个机器字".into(),
            ));
        }
        // SAFETY: the address is the declared export of this library; that the declaration is the vendor's
        // own signature is the engineer's word, and `memory` lives until the function has come back.
        let register = unsafe { ffi::call(address, function.convention, memory.words()) };
        let returned = memory::returned(function, register);
        if let (Some(free), Returned::Text(_)) = (free, &returned) {
            give_back(free, function.convention, register);
        }
        Ok(CameBack {
            memory,
            register,
            returned,
        })
    }

    fn address(&self, function: &Function) -> Result<Address, Error> {
        let mut known = self.addresses.iter().map_while(OnceLock::get);
        if let Some((_, address)) = known.find(|(export, _)| *export == function.export) {
            return Ok(*address);
        }
        let found = match &function.export {
            Export::Name(name) => find(self.handle, name, function.words()),
            Export::Ordinal(number) => find_ordinal(self.handle, *number),
        };
        let address = found.ok_or_else(|| Error::NoFunction(self.path.clone(), shown(&function.export)))?;
        // Where there is no room, it is asked for again and again.
        let mut known = (function.export.clone(), address);
        for room in &self.addresses {
            match room.set(known) {
                Ok(()) => break,
                Err(mine) => known = mine,
            }
        }
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

/// Gives a returned string back to the library.
fn give_back(free: Address, convention: Convention, register: u64) {
    // SAFETY: the declaration says that this export takes one string that the library returned, once; nothing
    // of ours points at it any more.
    unsafe { ffi::call(free, convention, &[register as usize]) };
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
        Err(error) => Err(Error::NotLoaded(path.to_owned(), reason(&error), usize::BITS)),
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
    // SAFETY: only the address is taken; its signature is `Loaded::call`'s to vouch for.
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
