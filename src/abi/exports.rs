//! The exported functions, and what is common to them.

use super::{Status, capacity, float, host, module, request};
use crate::device::{Inside, leave_signals};
use crate::engine::{Answer, Engine, Overrides, TOO_LONG};
use request::Extent;
use std::borrow::Cow;
use std::cell::RefCell;
use std::env;
use std::ffi::{c_char, c_int};
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{self, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

const BUSY: &str = "设备忙：本程序在上一次调用返回之前又调用了一次（多半是厂商窗口打开时又点了按钮）。请等上一次调用结束后再试";
const PANICKED: &str = "mps_client 内部错误：本次调用已中止，没有得到结果。请重试；若再次出现，请把发生时间和功能编号告诉实施人员";
const UNENDED: &str = "请求报文没有结束符：读到可读内存的末尾仍未见到 NUL。请检查调用程序传入 req 的方式，或改用 MPS_CallN 并给出长度";

/// Answers the request in `req`, which a NUL ends, in the buffer `resp`; see `release/mps_client.h`.
///
/// # Safety
/// `req` is null or a string that stays as it is during the call; `resp` is null or a buffer that nobody else uses meanwhile.
#[allow(non_snake_case)]
#[unsafe(no_mangle)]
pub unsafe extern "system" fn MPS_Call(req: *const c_char, resp: *mut c_char) -> c_int {
    let (req, resp) = (req.cast::<u8>(), resp.cast::<u8>());
    let body = || {
        if req.is_null() || resp.is_null() {
            return Err(Failed {
                status: Status::Null,
                nul: 1,
            });
        }
        let engine = engine();
        let bounds = engine.bounds();
        let limit = bounds.request_limit;
        // SAFETY: not null, and so a string of the caller's.
        let extent = unsafe { request::extent(req, limit) };
        // SAFETY: `extent` has read these bytes.
        let request = unsafe { std::slice::from_raw_parts(req, extent.len()) };
        let answer = answer(&engine, request, || match extent {
            Extent::Whole(_) => engine.answer(request),
            Extent::TooLong(_) => engine.refuse(request, TOO_LONG, &too_long(limit)),
            Extent::Unended(_) => engine.refuse(request, "E004", UNENDED),
        });
        let room = |needed| {
            // SAFETY: not null, and so a buffer of the caller's; the rule keeps to the memory that can be written.
            unsafe { capacity::of(resp, needed, bounds.response_capacity) }
        };
        // SAFETY: as above.
        let delivered = unsafe { deliver(&answer, resp, room) };
        tell(&engine, &answer, delivered)
    };
    // SAFETY: a buffer has room for one byte at least.
    unsafe { guarded(resp, 1, body) }.code()
}

/// As [`MPS_Call`], with both lengths known.
///
/// # Safety
/// As [`MPS_Call`]; `req` has `req_len` bytes and `resp` has room for `resp_capacity`.
#[allow(non_snake_case)]
#[unsafe(no_mangle)]
pub unsafe extern "system" fn MPS_CallN(
    req: *const c_char,
    req_len: c_int,
    resp: *mut c_char,
    resp_capacity: c_int,
) -> c_int {
    let (req, resp) = (req.cast::<u8>(), resp.cast::<u8>());
    let room = usize::try_from(resp_capacity).unwrap_or(0);
    let body = || {
        if req.is_null() || resp.is_null() {
            return Err(Failed {
                status: Status::Null,
                nul: room.min(1),
            });
        }
        let (Ok(len), 0..) = (usize::try_from(req_len), resp_capacity) else {
            return Err(Failed {
                status: Status::Argument,
                nul: room.min(1),
            });
        };
        let engine = engine();
        // SAFETY: not null, and `req` has `req_len` bytes, by contract.
        let request = unsafe { std::slice::from_raw_parts(req, len) };
        let answer = answer(&engine, request, || engine.answer(request));
        // SAFETY: not null, and `resp` has `resp_capacity` bytes, by contract.
        let delivered = unsafe { deliver(&answer, resp, |_| room) };
        tell(&engine, &answer, delivered)
    };
    // SAFETY: `resp` has `room` bytes.
    unsafe { guarded(resp, room.min(1), body) }.code()
}

/// The version of this library, as `0.1.0`; never freed.
#[allow(non_snake_case)]
#[unsafe(no_mangle)]
pub extern "system" fn MPS_Version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// No message could be written.
struct Failed {
    status: Status,
    /// Bytes of the NUL that says so in the buffer: as wide as there is surely room for.
    nul: usize,
}

/// Runs the body of an exported function: no panic and no floating-point state crosses the boundary.
///
/// # Safety
/// `resp` is null or has room for a NUL of `nul` bytes, and for the one that the body's failure names.
unsafe fn guarded(resp: *mut u8, nul: usize, body: impl FnOnce() -> Result<(), Failed>) -> Status {
    let _defaults = float::Defaults::set();
    let Err(failed) = caught(body).unwrap_or(Err(Failed {
        status: Status::Internal,
        nul,
    })) else {
        return Status::Ok;
    };
    if !resp.is_null() {
        // SAFETY: not null, and there is room.
        unsafe { resp.write_bytes(0, failed.nul) };
    }
    failed.status
}

/// The one place that catches panics. What a panic says is dropped: it may quote a patient.
fn caught<T>(body: impl FnOnce() -> T) -> Option<T> {
    // What a panic leaves behind is seen by no one but the engine, whose locks know of poisoning.
    // Forgotten, not dropped, because dropping may panic too.
    catch_unwind(AssertUnwindSafe(body))
        .map_err(std::mem::forget)
        .ok()
}

thread_local! {
    static STAGED: RefCell<Option<Arc<Engine>>> = const { RefCell::new(None) };
}

/// Has the calls that `body` makes on this thread answered by an engine of a scenario's.
pub fn staged<T>(engine: Arc<Engine>, body: impl FnOnce() -> T) -> T {
    struct Unstaged;
    impl Drop for Unstaged {
        fn drop(&mut self) {
            STAGED.take();
        }
    }
    STAGED.replace(Some(engine));
    let _unstaged = Unstaged;
    body()
}

/// The engine that answers a call.
enum Answering {
    Shared(&'static Engine),
    Staged(Arc<Engine>),
}

impl Deref for Answering {
    type Target = Engine;

    fn deref(&self) -> &Engine {
        match self {
            Answering::Shared(engine) => engine,
            Answering::Staged(engine) => engine,
        }
    }
}

static ENGINE: OnceLock<Engine> = OnceLock::new();

/// The environment variable that names the folder of mps.toml and the scripts.
pub const HOME: &str = "MPS_HOME";

/// The environment variable that names a scenario's stage; see [`Overrides::stage`].
pub const STAGE: &str = "MPS_STAGE";

/// Has the journal written to its end before the program is gone.
fn flush() {
    const PATIENCE: Duration = Duration::from_secs(2);
    if let Some(engine) = ENGINE.get() {
        engine.flush(PATIENCE);
    }
}

/// The engine of this program.
fn open() -> Engine {
    let beside = module::pin();
    let overrides = Overrides {
        programs: beside.clone(),
        stage: env::var_os(STAGE)
            .filter(|file| !file.is_empty())
            .map(PathBuf::from),
        ..Overrides::default()
    };
    let engine = Engine::open_tried(&home(beside), overrides).beginning(leave_signals);
    host::at_exit(flush);
    // In this order: the watching thread starts the journal's writer, which the call need not wait for then.
    engine.watch().journaled()
}

/// The engine that all calls share, opened by the first; on a thread that plays a scenario, that scenario's.
fn engine() -> Answering {
    match STAGED.with_borrow(Option::clone) {
        Some(engine) => Answering::Staged(engine),
        None => Answering::Shared(ENGINE.get_or_init(open)),
    }
}

/// Where mps.toml and the scripts are: `MPS_HOME`, else beside this library. Never relative, since the current directory changes
/// with every file dialog.
fn home(beside: Option<PathBuf>) -> PathBuf {
    let program = || env::current_exe().ok()?.parent().map(PathBuf::from);
    let home = env::var_os(HOME)
        .filter(|home| !home.is_empty())
        .map(PathBuf::from);
    let home = home.or(beside).or_else(program).unwrap_or_default();
    path::absolute(&home).unwrap_or(home)
}

/// Serves a request; a thread that is inside a call already, and a panic, get a failure message.
fn answer(engine: &Engine, request: &[u8], serve: impl FnOnce() -> Box<Answer>) -> Box<Answer> {
    match Inside::enter() {
        Some(_inside) => caught(|| engine.at_stage(request, serve))
            .unwrap_or_else(|| engine.refuse(request, "E005", PANICKED)),
        None => engine.refuse(request, "D009", BUSY),
    }
}

/// Has the journal tell of the call, whose answer the caller has by now: nothing that goes wrong here may take it back.
fn tell(engine: &Engine, answer: &Answer, delivered: Result<bool, Failed>) -> Result<(), Failed> {
    caught(|| engine.tell(answer, matches!(delivered, Ok(true))));
    delivered.map(drop)
}

fn too_long(limit: usize) -> String {
    format!(
        "请求报文超过上限 {limit} 字节，未处理。请检查调用程序；确实需要更长时，请调大 mps.toml 中的 request_limit"
    )
}

/// Writes the answer if it fits with its NUL into the room that there is for the bytes needed, else the short message that says
/// that it does not. Tells whether it fits.
///
/// # Safety
/// `resp` has as many writable bytes as `room` returns, as far as needed.
unsafe fn deliver(answer: &Answer, resp: *mut u8, room: impl FnOnce(usize) -> usize) -> Result<bool, Failed> {
    let unit = answer.charset.unit();
    let room = room(answer.bytes.len() + unit);
    let fits = |message: &[u8]| message.len() + unit <= room;
    let whole = fits(&answer.bytes);
    let message = if whole {
        Some(Cow::Borrowed(answer.bytes.as_slice()))
    } else {
        answer
            .shortened(room)
            .filter(|message| fits(message))
            .map(Cow::Owned)
    };
    let Some(message) = message else {
        return Err(Failed {
            status: Status::Buffer,
            nul: if unit <= room { unit } else { 0 },
        });
    };
    // SAFETY: the message and its NUL fit, and the message is memory of our own, which `resp` does not overlap.
    unsafe {
        resp.copy_from_nonoverlapping(message.as_ptr(), message.len());
        resp.add(message.len()).write_bytes(0, unit);
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::{BUSY, Failed, Inside, PANICKED, Status, answer, guarded};
    use crate::engine::{Answer, Engine, Overrides};
    use crate::message::Response;
    use std::panic::resume_unwind;
    use std::path::Path;

    fn run(room: usize, body: impl FnOnce() -> Result<(), Failed>) -> (Status, [u8; 4]) {
        let mut resp = [7; 4];
        // SAFETY: `resp` has more than `room` bytes.
        let status = unsafe { guarded(resp.as_mut_ptr(), room, body) };
        (status, resp)
    }

    #[test]
    fn a_panic_is_a_code_and_an_empty_string() {
        /// As a panic's payload: dropping it panics again.
        struct Spiteful;
        impl Drop for Spiteful {
            fn drop(&mut self) {
                panic!("dropped");
            }
        }
        assert_eq!(
            run(1, || resume_unwind(Box::new("x"))),
            (Status::Internal, [0, 7, 7, 7])
        );
        assert_eq!(
            run(0, || resume_unwind(Box::new("x"))),
            (Status::Internal, [7; 4])
        );
        assert_eq!(
            run(0, || resume_unwind(Box::new(Spiteful))),
            (Status::Internal, [7; 4])
        );
    }

    #[test]
    fn a_panic_while_serving_is_a_message() {
        let engine = Engine::open(Path::new("/nowhere"), Overrides::default());
        let request =
            r#"<?xml version="1.0" encoding="UTF-8" ?><request><Header><funid>N1</funid></Header></request>"#;
        let told = |serve: fn() -> Box<Answer>| {
            let response = Response::decode(&answer(&engine, request.as_bytes(), serve).bytes);
            response.map(|response| (response.header.funid, response.msg))
        };
        let serve = || resume_unwind(Box::new("张三"));
        assert_eq!(told(serve), Ok(("N1".into(), PANICKED.into())));
        assert!(Inside::enter().is_some(), "the thread is outside again");

        let _inside = Inside::enter();
        assert_eq!(told(serve), Ok(("N1".into(), BUSY.into())));
    }

    #[test]
    fn a_failure_leaves_a_nul_of_its_width() {
        let failed = |nul| {
            run(1, move || {
                Err(Failed {
                    status: Status::Buffer,
                    nul,
                })
            })
        };
        assert_eq!(failed(0), (Status::Buffer, [7; 4]));
        assert_eq!(failed(2), (Status::Buffer, [0, 0, 7, 7]));
        assert_eq!(run(1, || Ok(())), (Status::Ok, [7; 4]));
    }

    #[test]
    fn no_buffer_is_written_where_there_is_none() {
        let body = || {
            Err(Failed {
                status: Status::Buffer,
                nul: 1,
            })
        };
        // SAFETY: a null pointer is allowed.
        assert_eq!(unsafe { guarded(std::ptr::null_mut(), 1, body) }, Status::Buffer);
    }
}
