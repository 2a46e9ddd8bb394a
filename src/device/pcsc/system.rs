//! The system's smart-card service. Its library is looked for when a card is read and not before: most desks of Linux have
//! none, and there the program must load all the same.

use std::ffi::{c_long, c_ulong, c_void};
use std::sync::OnceLock;

#[cfg(unix)]
use libloading::os::unix::Library;
#[cfg(windows)]
use libloading::os::windows::Library;

/// A number of the service: 32 bits on Windows, the machine word on Linux, and C `long` is both.
type Number = c_ulong;
type Status = c_long;
#[cfg(windows)]
type Handle = usize;
#[cfg(unix)]
type Handle = c_long;
#[cfg(windows)]
type Char = u16;
#[cfg(unix)]
type Char = u8;

/// One code of the service, as its documentation writes it: `0x8010000C`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Code(pub(super) u32);

/// What a reader says of itself; the bits are [`state`]'s.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) state: u32,
    pub(super) atr: Vec<u8>,
}

/// Bits of a reader's state.
pub(super) mod state {
    pub(in crate::device::pcsc) const UNKNOWN: u32 = 0x4;
    pub(in crate::device::pcsc) const UNAVAILABLE: u32 = 0x8;
    pub(in crate::device::pcsc) const PRESENT: u32 = 0x20;
    pub(in crate::device::pcsc) const EXCLUSIVE: u32 = 0x80;
    pub(in crate::device::pcsc) const IN_USE: u32 = 0x100;
    pub(in crate::device::pcsc) const MUTE: u32 = 0x200;
}

const T0: Number = 1;
const T1: Number = 2;
const EXCLUSIVE: Number = 1;
const RESET_CARD: Number = 1;
const NO_SERVICE: Code = Code(0x8010_001D);
const INSUFFICIENT_BUFFER: Code = Code(0x8010_0008);
/// The longest answer of a card with its status word; longer commands do not exist here.
const LONGEST_ANSWER: usize = 65_538;
/// Bytes that a reader's state keeps of the card's answer to reset.
const ATR: usize = if cfg!(windows) { 36 } else { 33 };

#[repr(C)]
struct ReaderState {
    reader: *const Char,
    user_data: *mut c_void,
    current: Number,
    event: Number,
    atr_length: Number,
    atr: [u8; ATR],
}

#[repr(C)]
struct IoRequest {
    protocol: Number,
    length: Number,
}

struct Functions {
    establish: unsafe extern "system" fn(Number, *const c_void, *const c_void, *mut Handle) -> Status,
    release: unsafe extern "system" fn(Handle) -> Status,
    list: unsafe extern "system" fn(Handle, *const Char, *mut Char, *mut Number) -> Status,
    look: unsafe extern "system" fn(Handle, Number, *mut ReaderState, Number) -> Status,
    connect:
        unsafe extern "system" fn(Handle, *const Char, Number, Number, *mut Handle, *mut Number) -> Status,
    disconnect: unsafe extern "system" fn(Handle, Number) -> Status,
    transmit: unsafe extern "system" fn(
        Handle,
        *const IoRequest,
        *const u8,
        Number,
        *mut IoRequest,
        *mut u8,
        *mut Number,
    ) -> Status,
}

impl Functions {
    /// The service's functions; the code where this system has no library for it.
    fn of_system() -> Result<&'static Functions, Code> {
        static FUNCTIONS: OnceLock<Functions> = OnceLock::new();
        if let Some(functions) = FUNCTIONS.get() {
            return Ok(functions);
        }
        // Not kept where it fails: the service may be installed while we run.
        let functions = Functions::load().ok_or(NO_SERVICE)?;
        Ok(FUNCTIONS.get_or_init(|| functions))
    }

    fn load() -> Option<Functions> {
        let library = load_library()?;
        // SAFETY: each name is looked up with its signature in the documentation of PC/SC, which Windows and pcsc-lite share
        // but for the widths above and the names of the functions that take text.
        let functions = unsafe {
            Functions {
                establish: *library.get("SCardEstablishContext").ok()?,
                release: *library.get("SCardReleaseContext").ok()?,
                list: *library.get(wide("SCardListReaders", "SCardListReadersW")).ok()?,
                look: *library
                    .get(wide("SCardGetStatusChange", "SCardGetStatusChangeW"))
                    .ok()?,
                connect: *library.get(wide("SCardConnect", "SCardConnectW")).ok()?,
                disconnect: *library.get("SCardDisconnect").ok()?,
                transmit: *library.get("SCardTransmit").ok()?,
            }
        };
        // Never unloaded: its functions are kept.
        let _ = library.into_raw();
        Some(functions)
    }
}

fn wide(narrow: &'static str, wide: &'static str) -> &'static str {
    if cfg!(windows) { wide } else { narrow }
}

#[cfg(unix)]
fn load_library() -> Option<Library> {
    // SAFETY: loading runs the start-up code of the system's own library.
    unsafe { Library::open(Some("libpcsclite.so.1"), libloading::os::unix::RTLD_NOW) }.ok()
}

#[cfg(windows)]
fn load_library() -> Option<Library> {
    let path = system_folder()?.join("WinSCard.dll");
    // SAFETY: loading runs the start-up code of the system's own library, by its full path.
    unsafe { Library::load_with_flags(path, libloading::os::windows::LOAD_WITH_ALTERED_SEARCH_PATH) }.ok()
}

/// The folder of Windows' own libraries.
#[cfg(windows)]
fn system_folder() -> Option<std::path::PathBuf> {
    use std::os::windows::ffi::OsStringExt;
    let mut path = [0u16; 260];
    // SAFETY: the buffer is passed with its size in elements.
    let length = unsafe {
        windows_sys::Win32::System::SystemInformation::GetSystemDirectoryW(
            path.as_mut_ptr(),
            path.len() as u32,
        )
    };
    // 0 is a failure; more than the buffer is the size that it would have taken.
    let path = path.get(..length as usize).filter(|path| !path.is_empty())?;
    Some(std::ffi::OsString::from_wide(path).into())
}

fn checked(status: Status) -> Result<(), Code> {
    // The low 32 bits are the code on every system.
    match status as u32 {
        0 => Ok(()),
        code => Err(Code(code)),
    }
}

/// A connection to the service.
pub(super) struct Context {
    functions: &'static Functions,
    handle: Handle,
}

impl Context {
    pub(super) fn establish() -> Result<Context, Code> {
        let functions = Functions::of_system()?;
        let mut handle = 0;
        // SAFETY: scope 0 is the user's; the reserved pointers are null as documented, and `handle` is ours to write.
        checked(unsafe { (functions.establish)(0, std::ptr::null(), std::ptr::null(), &mut handle) })?;
        Ok(Context { functions, handle })
    }

    /// The names of the readers.
    pub(super) fn readers(&self) -> Result<Vec<String>, Code> {
        loop {
            let mut length: Number = 0;
            // SAFETY: without a buffer the function tells the length that it needs.
            checked(unsafe {
                (self.functions.list)(self.handle, std::ptr::null(), std::ptr::null_mut(), &mut length)
            })?;
            let mut names: Vec<Char> = vec![0; length as usize];
            // SAFETY: `names` has `length` elements.
            let listed = checked(unsafe {
                (self.functions.list)(self.handle, std::ptr::null(), names.as_mut_ptr(), &mut length)
            });
            match listed {
                // Another reader was plugged in meanwhile.
                Err(INSUFFICIENT_BUFFER) => continue,
                Err(code) => return Err(code),
                Ok(()) => {}
            }
            let names = names.split(|&unit| unit == 0);
            return Ok(names.filter(|name| !name.is_empty()).map(decoded).collect());
        }
    }

    /// What stands in a reader now.
    pub(super) fn look(&self, reader: &str) -> Result<Seen, Code> {
        let name = encoded(reader);
        let mut looked = ReaderState {
            reader: name.as_ptr(),
            user_data: std::ptr::null_mut(),
            current: 0,
            event: 0,
            atr_length: 0,
            atr: [0; ATR],
        };
        // SAFETY: one state, whose name ends in a NUL and lives until the function is back, which is at once.
        checked(unsafe { (self.functions.look)(self.handle, 0, &mut looked, 1) })?;
        let atr = looked
            .atr
            .get(..looked.atr_length as usize)
            .unwrap_or(&looked.atr);
        Ok(Seen {
            // The upper half counts events.
            state: looked.event as u32 & 0xFFFF,
            atr: atr.to_vec(),
        })
    }

    /// Takes the card in a reader, for nobody else to use meanwhile.
    pub(super) fn connect(&self, reader: &str) -> Result<Card, Code> {
        let name = encoded(reader);
        let (mut handle, mut protocol) = (0, 0);
        // SAFETY: the name ends in a NUL; both results are ours to write.
        checked(unsafe {
            (self.functions.connect)(
                self.handle,
                name.as_ptr(),
                EXCLUSIVE,
                T0 | T1,
                &mut handle,
                &mut protocol,
            )
        })?;
        Ok(Card {
            functions: self.functions,
            handle,
            protocol,
        })
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: the handle is ours and is not used again.
        unsafe { (self.functions.release)(self.handle) };
    }
}

/// A card in use.
pub(super) struct Card {
    functions: &'static Functions,
    handle: Handle,
    protocol: Number,
}

impl Card {
    /// Whether the card speaks T=0, where a command carries data in one direction only.
    pub(super) fn is_t0(&self) -> bool {
        self.protocol == T0
    }

    /// Sends one command as it is.
    pub(super) fn transmit(&self, command: &[u8]) -> Result<Vec<u8>, Code> {
        let request = IoRequest {
            protocol: self.protocol,
            length: size_of::<IoRequest>() as Number,
        };
        let mut answer = vec![0; LONGEST_ANSWER];
        let mut length = answer.len() as Number;
        // SAFETY: command and answer are passed with their lengths; the receiving header may be null.
        checked(unsafe {
            (self.functions.transmit)(
                self.handle,
                &request,
                command.as_ptr(),
                command.len() as Number,
                std::ptr::null_mut(),
                answer.as_mut_ptr(),
                &mut length,
            )
        })?;
        answer.truncate(length as usize);
        Ok(answer)
    }
}

impl Drop for Card {
    fn drop(&mut self) {
        // SAFETY: the handle is ours and is not used again. What was unlocked on the card is locked by the reset.
        unsafe { (self.functions.disconnect)(self.handle, RESET_CARD) };
    }
}

#[cfg(unix)]
fn encoded(name: &str) -> Vec<Char> {
    name.bytes().chain([0]).collect()
}

#[cfg(windows)]
fn encoded(name: &str) -> Vec<Char> {
    name.encode_utf16().chain([0]).collect()
}

#[cfg(unix)]
fn decoded(name: &[Char]) -> String {
    String::from_utf8_lossy(name).into_owned()
}

#[cfg(windows)]
fn decoded(name: &[Char]) -> String {
    String::from_utf16_lossy(name)
}
