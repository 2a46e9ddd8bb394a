//! The thread that a vendor's library lives on.

use super::Error;
use super::apartment::Apartment;
use super::inside::Inside;
use super::queue::{self, Receiver, Sender};
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

type Job = Box<dyn FnOnce(&Overdue) + Send>;

/// The function that a time limit gave up on, until it comes back.
type Overdue = Mutex<Option<String>>;

/// One thread that does everything with one library: vendors want a single thread, and a call that never comes back
/// must not take the caller's thread with it.
pub(super) struct Worker {
    jobs: Sender<Job>,
    overdue: Arc<Overdue>,
}

impl Worker {
    /// Starts the thread.
    pub(super) fn start() -> Result<Worker, Error> {
        let no_worker = |error: std::io::Error| Error::NoWorker(error.to_string());
        let (jobs, queue) = queue::new::<Job>().map_err(no_worker)?;
        let overdue = Arc::<Overdue>::default();
        let shared = Arc::clone(&overdue);
        std::thread::Builder::new()
            .name("mps device".to_owned())
            .spawn(move || work(&queue, &shared))
            .map_err(no_worker)?;
        Ok(Worker { jobs, overdue })
    }

    /// Does `task` on the thread and waits for it no longer than `limit`; `name` is the function's, for messages.
    pub(super) fn run<T: Send + 'static>(
        &self,
        name: &str,
        limit: Duration,
        task: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        if let Some(name) = lock(&self.overdue).clone() {
            return Err(Error::StillRunning(name));
        }
        let outcome = self.submit(task)?;
        match outcome.next_within(limit) {
            Ok(outcome) => outcome,
            Err(RecvTimeoutError::Disconnected) => Err(ended()),
            Err(RecvTimeoutError::Timeout) => {
                let mut overdue = lock(&self.overdue);
                // It may have come back between the limit and the lock.
                outcome.next_within(Duration::ZERO).unwrap_or_else(|_| {
                    *overdue = Some(name.to_owned());
                    Err(Error::TimedOut(name.to_owned(), limit))
                })
            }
        }
    }

    /// Has `task` done after everything before it, be that overdue or not, and does not wait for it.
    pub(super) fn leave<T: Send + 'static>(
        &self,
        task: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<(), Error> {
        self.submit(task).map(drop)
    }

    fn submit<T: Send + 'static>(
        &self,
        task: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<Receiver<Result<T, Error>>, Error> {
        let (answer, outcome) = queue::new().map_err(|error| Error::NoWorker(error.to_string()))?;
        let job = move |overdue: &Overdue| {
            let result = task();
            let mut overdue = lock(overdue);
            // The caller may have given up and gone.
            answer.send(result);
            *overdue = None;
        };
        self.jobs.send(Box::new(job));
        Ok(outcome)
    }
}

fn ended() -> Error {
    Error::NoWorker("线程已结束".to_owned())
}

fn work(queue: &Receiver<Job>, overdue: &Overdue) {
    // A vendor's callback or dialog that calls us from this thread would wait for itself.
    let _inside = Inside::enter();
    let _apartment = Apartment::enter();
    while let Some(job) = queue.next() {
        job(overdue);
    }
}

fn lock(overdue: &Overdue) -> MutexGuard<'_, Option<String>> {
    overdue.lock().unwrap_or_else(PoisonError::into_inner)
}
