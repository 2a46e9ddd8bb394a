//! A helper process, as long as it runs: one question at a time, each with a time limit.

use super::frame;
use super::system::{self, Running};
use crate::device::queue::{self, Receiver};
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How often somebody who waits for an answer looks whether the process still lives: whatever it has started may hold the pipe
/// open when it is gone.
const LOOK: Duration = Duration::from_millis(50);

/// How long a process that has closed its pipe may take to end.
const ENDING: Duration = Duration::from_millis(500);

/// Bytes of stack that writing and reading take.
const STACK: usize = 256 << 10;

/// A running helper. Dropped, it ends.
pub(in crate::device) struct Process {
    running: Arc<Running>,
    questions: mpsc::Sender<Vec<u8>>,
    answers: Mutex<Receiver<Exchanged>>,
}

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// The process was gone before it had taken the question up: nothing was done.
    Before(String),
    /// It ended over the question.
    Over(String),
    /// It did not answer within the limit, and was ended.
    TimedOut,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ended::Before(death) | Ended::Over(death) => f.write_str(death),
            Ended::TimedOut => f.write_str("没有应答"),
        }
    }
}

/// What came of a question.
enum Exchanged {
    Answer(Vec<u8>),
    /// The process ended before it had taken the question up.
    Nothing,
    /// It ended after that.
    Begun,
}

/// What the process says before it does anything that a vendor's library could notice. It arrives even where the process is gone by
/// then, so that without it nothing was done.
pub(super) const BEGUN: &[u8] = &[];

impl Process {
    /// Starts a program as a helper, by one of its commands.
    pub(super) fn start(program: &Path, command: &'static str) -> io::Result<Process> {
        let (questions, to_send) = mpsc::channel();
        let (give, answers) = queue::new()?;
        let (started, outcome) = mpsc::channel();
        let program = program.to_owned();
        // Everything on one thread of its own: the kernel takes a helper away with the thread that started it, and whoever
        // waits for an answer must be able to give up.
        thread::Builder::new()
            .name("mps helper".to_owned())
            .stack_size(STACK)
            .spawn(move || {
                system::leave_signals();
                match system::start(&program, command) {
                    Ok((running, pipe)) => {
                        let running = Arc::new(running);
                        // Nobody waits where the starter's thread was ended.
                        let _ = started.send(Ok(Arc::clone(&running)));
                        exchange(pipe, &to_send, &give);
                        running.end(ENDING);
                        running.reap();
                    }
                    Err(error) => drop(started.send(Err(error))),
                }
            })?;
        let running = outcome.recv().map_err(|_| io::ErrorKind::BrokenPipe)??;
        Ok(Process {
            running,
            questions,
            answers: Mutex::new(answers),
        })
    }

    /// The system's number of it.
    pub(super) fn number(&self) -> u32 {
        self.running.number()
    }

    /// What the process says first.
    pub(super) fn greeting(&self, limit: Duration) -> Result<Vec<u8>, Ended> {
        self.answer(limit)
    }

    /// Asks, and waits for the answer no longer than `limit`. After any other end the process is no more.
    pub(super) fn ask(&self, question: Vec<u8>, limit: Duration) -> Result<Vec<u8>, Ended> {
        if self.running.has_ended() || self.questions.send(question).is_err() {
            return Err(Ended::Before(self.running.end(ENDING)));
        }
        self.answer(limit)
    }

    /// Ends it now, with all that it has started.
    pub(super) fn end(&self) {
        self.running.end(Duration::ZERO);
    }

    fn answer(&self, limit: Duration) -> Result<Vec<u8>, Ended> {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let deadline = Instant::now() + limit;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            // An answer that came before the end counts.
            let ended = self.running.has_ended();
            match answers.next_within(left.min(LOOK)) {
                Ok(Exchanged::Answer(answer)) => return Ok(answer),
                Ok(Exchanged::Nothing) => return Err(Ended::Before(self.running.end(ENDING))),
                Err(RecvTimeoutError::Timeout) if !ended && left > LOOK => {}
                Err(RecvTimeoutError::Timeout) if !ended => {
                    self.running.end(Duration::ZERO);
                    return Err(Ended::TimedOut);
                }
                Ok(Exchanged::Begun) | Err(_) => return Err(Ended::Over(self.running.end(ENDING))),
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The thread ends the process when it is told that there are no more questions, but it may be waiting for an answer.
        self.running.hang_up();
    }
}

/// The process speaks first; then questions and answers take turns.
fn exchange(mut pipe: system::Pipe, questions: &mpsc::Receiver<Vec<u8>>, give: &queue::Sender<Exchanged>) {
    let mut begun = false;
    while let Ok(answer) = frame::read(&mut pipe) {
        if answer == BEGUN {
            begun = true;
            continue;
        }
        give.send(Exchanged::Answer(answer));
        begun = false;
        let Ok(question) = questions.recv() else { return };
        if frame::write(&mut pipe, &question).is_err() {
            break;
        }
    }
    give.send(match begun {
        true => Exchanged::Begun,
        false => Exchanged::Nothing,
    });
}
