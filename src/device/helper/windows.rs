//! A helper process on Windows: two anonymous pipes, a job that ends with the program, and nothing else handed down.

use super::HUNG_UP;
use crate::device::system_text;
use std::fs::File;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::mem::size_of;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle, RawHandle};
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;
use windows_sys::Win32::Foundation::{HANDLE, HANDLE_FLAG_INHERIT, SetHandleInformation, WAIT_OBJECT_0};
use windows_sys::Win32::System::Diagnostics::Debug::{
    SEM_FAILCRITICALERRORS, SEM_NOGPFAULTERRORBOX, SEM_NOOPENFILEERRORBOX, SetErrorMode,
};
use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JobObjectExtendedLimitInformation, SetInformationJobObject,
    TerminateJobObject,
};
use windows_sys::Win32::System::Threading::{
    CREATE_NO_WINDOW, CREATE_SUSPENDED, CreateProcessW, DeleteProcThreadAttributeList,
    EXTENDED_STARTUPINFO_PRESENT, GetCurrentProcess, GetExitCodeProcess, InitializeProcThreadAttributeList,
    PROC_THREAD_ATTRIBUTE_HANDLE_LIST, PROCESS_INFORMATION, ResumeThread, STARTF_USESTDHANDLES,
    STARTUPINFOEXW, STARTUPINFOW, TerminateProcess, UpdateProcThreadAttribute, WaitForSingleObject,
};

/// How long a killed process may take to be gone before nobody waits any more.
const ENDED: Duration = Duration::from_millis(200);

/// The exit code of a helper that has lost its program.
const LEFT: u32 = 0x006D_7073;

/// Between the program and its helper.
pub(super) struct Pipe {
    from: PipeReader,
    to: PipeWriter,
}

/// A process that was started.
pub(super) struct Running {
    process: OwnedHandle,
    number: u32,
    /// Closed with this program in whatever way, it ends the helper and all that it has started. Windows 7 gives none to a program
    /// that is in a job itself: there the end of the pipe has to do.
    job: Option<OwnedHandle>,
}

/// Windows has no signals.
pub fn leave_signals() {}

/// Starts a program as a helper, by one of its commands.
pub(super) fn start(program: &Path, command: &str) -> io::Result<(Running, Pipe)> {
    let (their_from, to) = io::pipe()?;
    let (from, their_to) = io::pipe()?;
    let nothing = File::options().read(true).write(true).open("NUL")?;
    let handed = [
        their_from.as_raw_handle(),
        their_to.as_raw_handle(),
        nothing.as_raw_handle(),
    ];
    handed
        .iter()
        .try_for_each(|handle| set_inherited(*handle, true))?;
    let command = format!(
        "\"{}\" {command} --pipe {} --pipe {}",
        program.display(),
        handed[0] as usize,
        handed[1] as usize
    );
    let made = create(program, &command, &handed)?;
    // SAFETY: handles that were just made, and nobody else's.
    let (process, thread) = unsafe {
        (
            OwnedHandle::from_raw_handle(made.hProcess),
            OwnedHandle::from_raw_handle(made.hThread),
        )
    };
    let running = Running {
        job: job_with(&process),
        process,
        number: made.dwProcessId,
    };
    // In the job before it can start anything itself.
    // SAFETY: the handle lives.
    unsafe { ResumeThread(thread.as_raw_handle()) };
    Ok((running, Pipe { from, to }))
}

/// Makes the process, suspended; of all that this program has open it is given these handles alone.
fn create(program: &Path, command: &str, handed: &[RawHandle; 3]) -> io::Result<PROCESS_INFORMATION> {
    let (application, mut command) = (system_text(&program.display().to_string()), system_text(command));
    let mut bytes = 0;
    // SAFETY: asked with nothing, it tells the size that one attribute takes.
    unsafe { InitializeProcThreadAttributeList(std::ptr::null_mut(), 1, 0, &mut bytes) };
    // Of words, since it holds pointers.
    let mut memory = vec![0usize; bytes.div_ceil(size_of::<usize>())];
    let attributes = memory.as_mut_ptr().cast();
    let start = STARTUPINFOEXW {
        StartupInfo: STARTUPINFOW {
            cb: size_of::<STARTUPINFOEXW>() as u32,
            dwFlags: STARTF_USESTDHANDLES,
            hStdInput: handed[2],
            hStdOutput: handed[2],
            hStdError: handed[2],
            ..STARTUPINFOW::default()
        },
        lpAttributeList: attributes,
    };
    let mut made = PROCESS_INFORMATION::default();
    // SAFETY: `memory` has the size that was asked for, it and `handed` outlive the list, and the list the call; both texts end in a
    // NUL, and the command's may be written to.
    let done = unsafe {
        InitializeProcThreadAttributeList(attributes, 1, 0, &mut bytes) != 0 && {
            let listed = UpdateProcThreadAttribute(
                attributes,
                0,
                PROC_THREAD_ATTRIBUTE_HANDLE_LIST as usize,
                handed.as_ptr().cast(),
                size_of_val(handed),
                std::ptr::null_mut(),
                std::ptr::null(),
            );
            let created = listed != 0
                && CreateProcessW(
                    application.as_ptr(),
                    command.as_mut_ptr(),
                    std::ptr::null(),
                    std::ptr::null(),
                    1,
                    CREATE_NO_WINDOW | CREATE_SUSPENDED | EXTENDED_STARTUPINFO_PRESENT,
                    std::ptr::null(),
                    std::ptr::null(),
                    (&raw const start).cast(),
                    &mut made,
                ) != 0;
            let error = io::Error::last_os_error();
            DeleteProcThreadAttributeList(attributes);
            if !created {
                return Err(error);
            }
            true
        }
    };
    match done {
        true => Ok(made),
        false => Err(io::Error::last_os_error()),
    }
}

/// A job with the process in it, where Windows allows that.
fn job_with(process: &OwnedHandle) -> Option<OwnedHandle> {
    let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    // SAFETY: a job without name that nobody inherits; the limits are of the kind and the size that are named; both handles live.
    unsafe {
        let job = CreateJobObjectW(std::ptr::null(), std::ptr::null());
        if job.is_null() {
            return None;
        }
        let job = OwnedHandle::from_raw_handle(job);
        let limited = SetInformationJobObject(
            job.as_raw_handle(),
            JobObjectExtendedLimitInformation,
            (&raw const limits).cast(),
            size_of_val(&limits) as u32,
        );
        let assigned = AssignProcessToJobObject(job.as_raw_handle(), process.as_raw_handle());
        (limited != 0 && assigned != 0).then_some(job)
    }
}

impl Running {
    pub(super) fn number(&self) -> u32 {
        self.number
    }

    /// Whether the process is gone.
    pub(super) fn has_ended(&self) -> bool {
        self.ends_within(Duration::ZERO)
    }

    /// Gives the process so long to end by itself, then ends it with all that it has started; says how it ended.
    pub(super) fn end(&self, patience: Duration) -> String {
        let by_itself = self.ends_within(patience);
        let mut code = 0;
        // SAFETY: the handles live.
        unsafe {
            GetExitCodeProcess(self.process.as_raw_handle(), &mut code);
            match &self.job {
                Some(job) => TerminateJobObject(job.as_raw_handle(), LEFT),
                None => TerminateProcess(self.process.as_raw_handle(), LEFT),
            };
        }
        self.ends_within(ENDED);
        match by_itself {
            true => death(code),
            false => HUNG_UP.to_owned(),
        }
    }

    /// A process that is gone breaks its pipes by itself.
    pub(super) fn hang_up(&self) {}

    /// Waits until the system has let go of the process: one that is stuck in a driver takes its time.
    pub(super) fn reap(&self) {
        while !self.has_ended() {
            sleep(ENDED);
        }
    }

    fn ends_within(&self, patience: Duration) -> bool {
        let patience = u32::try_from(patience.as_millis()).unwrap_or_default();
        // SAFETY: the handle lives.
        unsafe { WaitForSingleObject(self.process.as_raw_handle(), patience) == WAIT_OBJECT_0 }
    }
}

/// What an exit code means to people.
fn death(code: u32) -> String {
    let crash = match code {
        LEFT => return HUNG_UP.to_owned(),
        0xC000_0005 => "访问了不属于它的内存",
        0xC000_00FD => "栈溢出",
        0xC000_0374 => "内存已被写坏",
        0xC000_0409 => "发现缓冲区已被写坏",
        0xC000_0094 => "除以零",
        0xC000_001D => "执行了无效的指令",
        0xE06D_7363 => "C++异常没有处理",
        0xE043_4352 => ".NET异常没有处理",
        0xC000_0000.. => "异常没有处理",
        3 => return "自己结束了进程（退出码3，多半是abort）".to_owned(),
        _ => return format!("自己结束了进程（退出码{code}）"),
    };
    format!("崩溃：{crash}（{code:08X}）")
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.from.read(buffer)
    }
}

impl Write for Pipe {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.to.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Has this process end by a crash without a dialog that somebody would have to close: its exit code tells.
pub fn crash_quietly() {
    // SAFETY: no more than this process's own state.
    unsafe { SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX) };
}

/// The helper's own ends of the pipes.
pub(super) struct Own {
    from: File,
    to: File,
}

impl Own {
    /// Makes this process fit for a vendor's library, and takes the pipes.
    pub(super) fn take(pipe: &[u64]) -> io::Result<Own> {
        let &[from, to] = pipe else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let own = |number: u64| {
            let handle = usize::try_from(number).map_err(|_| io::ErrorKind::InvalidInput)? as HANDLE;
            // What the library starts is not given them. This fails for what is no handle.
            set_inherited(handle, false)?;
            // SAFETY: a handle that was handed down for this, and nobody else's.
            Ok::<_, io::Error>(unsafe { File::from_raw_handle(handle) })
        };
        let own = Own {
            from: own(from)?,
            to: own(to)?,
        };
        crash_quietly();
        Ok(own)
    }

    /// Other handles of the same pipes.
    pub(super) fn another(&self) -> io::Result<Own> {
        Ok(Own {
            from: self.from.try_clone()?,
            to: self.to.try_clone()?,
        })
    }
}

fn set_inherited(handle: HANDLE, inherited: bool) -> io::Result<()> {
    let flags = if inherited { HANDLE_FLAG_INHERIT } else { 0 };
    // SAFETY: a handle, or a number that is none, which is an error.
    match unsafe { SetHandleInformation(handle, HANDLE_FLAG_INHERIT, flags) } {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

impl Read for Own {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.from.read(buffer)
    }
}

impl Write for Own {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.to.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Ends this process at once, whatever the library has registered for its end.
pub(super) fn leave() -> ! {
    // SAFETY: nothing runs after it.
    unsafe { TerminateProcess(GetCurrentProcess(), LEFT) };
    std::process::abort()
}
