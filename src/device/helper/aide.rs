//! A helper process that is asked for something else than a vendor's functions: whoever starts it knows what its bytes mean.

use super::VERSION;
use super::process::{Ended, Process};
use super::server::Desk;
use std::convert::Infallible;
use std::io;
use std::path::Path;
use std::time::Duration;

/// How long a process may take to start.
const START: Duration = Duration::from_secs(60);

/// A process that answers questions. Dropped, it ends at once with all that it has started.
pub struct Aide {
    process: Process,
}

impl Aide {
    /// Starts a program by one of its commands, which is given the pipe for [`attend`]; the error says why it cannot be.
    pub fn start(program: &Path, command: &'static str) -> Result<Aide, String> {
        let failed = |reason: String| format!("{}启动不了：{reason}", program.display());
        let process = Process::start(program, command).map_err(|error| failed(error.to_string()))?;
        let greeting = process
            .greeting(START)
            .map_err(|ended| failed(ended.to_string()))?;
        if greeting != VERSION.as_bytes() {
            return Err(failed(format!("它与本程序的{VERSION}版不同")));
        }
        Ok(Aide { process })
    }

    /// Asks, and waits for the answer no longer than `limit`; the error says how the process ended instead.
    pub fn ask(&self, question: Vec<u8>, limit: Duration) -> Result<Vec<u8>, String> {
        self.process.ask(question, limit).map_err(|ended| match ended {
            Ended::TimedOut => format!("等了{}秒，已结束它的进程", limit.as_secs()),
            ended => ended.to_string(),
        })
    }
}

impl Drop for Aide {
    fn drop(&mut self) {
        self.process.end();
    }
}

/// Answers the program behind the pipe of these numbers until that program ends or has no more use for it; no answer is empty.
/// Comes back only where there is no such pipe.
pub fn attend(pipe: &[u64], answer: impl FnMut(Vec<u8>) -> Vec<u8>) -> io::Result<Infallible> {
    Desk::open(pipe, VERSION.as_bytes(), Some)?.serve(answer)
}
