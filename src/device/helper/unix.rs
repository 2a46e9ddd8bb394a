//! A helper process on Unix: a pair of sockets, a process group of its own, and signals.

use super::HUNG_UP;
use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How often somebody looks whether a process has ended.
const LOOK: Duration = Duration::from_millis(2);

/// Between the program and its helper. A socket can be shut down by who holds it, whoever else holds the other end.
pub(super) type Pipe = UnixStream;

/// A process that was started.
pub(super) struct Running {
    child: Mutex<Child>,
    status: Mutex<Option<ExitStatus>>,
    pipe: UnixStream,
}

/// Leaves the host program's signals to its own threads; called on one of ours, before anything else. A helper that is gone, or a
/// file that grows beyond the process's limit, is an error then, and not the end of the program.
pub fn leave_signals() {
    // SAFETY: the set is filled before it is used; the mask is this thread's own, and std gives children an empty one.
    unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&mut all);
        libc::pthread_sigmask(libc::SIG_BLOCK, &all, std::ptr::null_mut());
    }
}

/// Starts a program as a helper, by one of its commands.
pub(super) fn start(program: &Path, command: &str) -> io::Result<(Running, Pipe)> {
    let (ours, theirs) = UnixStream::pair()?;
    let theirs = OwnedFd::from(theirs);
    let child = Command::new(program)
        .args([command, "--pipe", "0"])
        .stdin(Stdio::from(theirs))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()?;
    let running = Running {
        child: Mutex::new(child),
        status: Mutex::default(),
        pipe: ours.try_clone()?,
    };
    Ok((running, ours))
}

impl Running {
    pub(super) fn number(&self) -> u32 {
        lock(&self.child).id()
    }

    /// Whether the process is gone.
    pub(super) fn has_ended(&self) -> bool {
        match lock(&self.child).try_wait() {
            Ok(None) => false,
            Ok(Some(status)) => {
                *lock(&self.status) = Some(status);
                true
            }
            // The host program has waited for all its children itself.
            Err(_) => true,
        }
    }

    /// Gives the process so long to end by itself, then ends it with all that it has started; says how it ended.
    pub(super) fn end(&self, patience: Duration) -> String {
        self.wait(patience);
        let by_itself = self.has_ended();
        self.hang_up();
        let group = libc::pid_t::try_from(self.number()).unwrap_or_default();
        if group > 1 {
            // SAFETY: a signal to the group that this process was made the leader of.
            unsafe { libc::kill(-group, libc::SIGKILL) };
        }
        // A library may have led it out of the group; one that is gone already is no error.
        let _ = lock(&self.child).kill();
        self.wait(ENDED);
        match (by_itself, *lock(&self.status)) {
            (true, Some(status)) => death(status),
            (true, None) => "已不存在".to_owned(),
            (false, _) => HUNG_UP.to_owned(),
        }
    }

    /// Lets whoever reads or writes the pipe go on.
    pub(super) fn hang_up(&self) {
        // It may be closed already.
        let _ = self.pipe.shutdown(Shutdown::Both);
    }

    /// Waits until the system has let go of the process: one that is stuck in a driver takes its time.
    pub(super) fn reap(&self) {
        while !self.has_ended() {
            sleep(ENDED);
        }
    }

    fn wait(&self, patience: Duration) {
        let deadline = Instant::now() + patience;
        while !self.has_ended() && Instant::now() < deadline {
            sleep(LOOK);
        }
    }
}

/// The exit code of a helper that has lost its program.
const LEFT: i32 = 109;

/// How long a killed process may take to be gone before nobody waits any more.
const ENDED: Duration = Duration::from_millis(200);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What an exit status means to people.
fn death(status: ExitStatus) -> String {
    let Some(signal) = status.signal() else {
        return match status.code().unwrap_or_default() {
            LEFT => HUNG_UP.to_owned(),
            code => format!("自己结束了进程（退出码{code}）"),
        };
    };
    match signal {
        libc::SIGSEGV => "崩溃：访问了不属于它的内存，或栈溢出（SIGSEGV）".to_owned(),
        libc::SIGBUS => "崩溃：访问了不存在的内存（SIGBUS）".to_owned(),
        libc::SIGABRT => "崩溃：中止（SIGABRT），多半是它写坏了内存".to_owned(),
        libc::SIGFPE => "崩溃：算术错误，例如除以零（SIGFPE）".to_owned(),
        libc::SIGILL => "崩溃：执行了无效的指令（SIGILL）".to_owned(),
        libc::SIGKILL | libc::SIGTERM => format!("被外部结束（信号{signal}）"),
        _ => format!("被信号{signal}结束"),
    }
}

/// The helper's own end of the pipe.
pub(super) struct Own {
    socket: UnixStream,
}

/// Has this process end by a crash without a core, which would hold a patient's data: its signal tells.
pub fn crash_quietly() {
    // SAFETY: no more than this process's own state.
    unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0) };
}

impl Own {
    /// Makes this process fit for a vendor's library, and takes the pipe off the place where the library could write to it.
    pub(super) fn take(pipe: &[u64]) -> io::Result<Own> {
        let &[number] = pipe else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let number = i32::try_from(number).map_err(|_| io::ErrorKind::InvalidInput)?;
        // SAFETY: duplicates a number that may be nothing, which is an error then.
        let socket = unsafe { libc::fcntl(number, libc::F_DUPFD_CLOEXEC, 3) };
        if socket < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: a number that was just made, and nobody else's.
        let socket = UnixStream::from(unsafe { OwnedFd::from_raw_fd(socket) });
        // Asked of something that is no socket, this fails.
        socket.peer_addr()?;
        let nothing = OpenOptions::new().read(true).write(true).open("/dev/null")?;
        // SAFETY: both numbers are open or about to be; this process has opened no files but these, and what was handed down to it
        // from the host program is not its own.
        unsafe {
            for standard in 0..3 {
                libc::dup2(nothing.as_raw_fd(), standard);
            }
            close_others(&[socket.as_raw_fd(), nothing.as_raw_fd()]);
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            // Rust's own handlers tell of a stack overflow on stderr and abort.
            libc::signal(libc::SIGSEGV, libc::SIG_DFL);
            libc::signal(libc::SIGBUS, libc::SIG_DFL);
        }
        crash_quietly();
        Ok(Own { socket })
    }

    /// Another handle of the same pipe.
    pub(super) fn another(&self) -> io::Result<Own> {
        let socket = self.socket.try_clone()?;
        Ok(Own { socket })
    }
}

/// Closes what the host program left open, its files and sockets.
///
/// # Safety
/// Nothing but `kept` and the standard ones is used by this process yet.
unsafe fn close_others(kept: &[i32]) {
    let numbers = std::fs::read_dir("/proc/self/fd").map(|entries| {
        let numbers = entries
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
        numbers.collect::<Vec<_>>()
    });
    for number in numbers.unwrap_or_default() {
        if number > 2 && !kept.contains(&number) {
            // SAFETY: by contract not in use; the folder that listed it is closed already, which is no harm.
            unsafe { libc::close(number) };
        }
    }
}

impl Read for Own {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.read(buffer)
    }
}

impl Write for Own {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.socket.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.socket.flush()
    }
}

/// Ends this process at once, whatever the library has registered for its end.
pub(super) fn leave() -> ! {
    // SAFETY: nothing runs after it.
    unsafe { libc::_exit(LEFT) }
}
