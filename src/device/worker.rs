//! The thread that a vendor's library lives on.

use super::Error;
use super::apartment::Apartment;
use super::inside::Inside;
use super::patience::{MANY_LOOKS, Patience};
use super::queue::{self, Receiver, Sender};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Something to do; what it gives is told to whoever sleeps until it is over.
type Job = Box<dyn FnOnce(&Overdue) -> Option<Number> + Send>;

/// What a job is known by when it is over.
type Number = u64;

/// The function that a time limit gave up on, until it comes back.
type Overdue = Mutex<Option<String>>;

/// One thread that does everything with one library: vendors want a single thread, and a call that never comes back
/// must not take the caller's thread with it.
pub(super) struct Worker {
    jobs: Sender<Job>,
    ends: Mutex<Ends>,
    overdue: Arc<Overdue>,
    /// The thread's for a job, and a caller's for its end.
    patience: Arc<Patience>,
}

impl Worker {
    /// Starts the thread.
    pub(super) fn start() -> Result<Worker, Error> {
        let no_worker = |error: std::io::Error| Error::NoWorker(error.to_string());
        let (jobs, queue) = queue::new().map_err(no_worker)?;
        let (over, queue_of_ends) = queue::new().map_err(no_worker)?;
        let overdue = Arc::<Overdue>::default();
        let patience = Arc::new(Patience::new(MANY_LOOKS));
        let (shared, waits) = (Arc::clone(&overdue), Arc::clone(&patience));
        std::thread::Builder::new()
            .name("mps device".to_owned())
            .spawn(move || work(&queue, &over, &shared, &waits))
            .map_err(no_worker)?;
        Ok(Worker {
            jobs,
            ends: Mutex::new(Ends {
                queue: queue_of_ends,
                last: 0,
            }),
            overdue,
            patience,
        })
    }

    /// Does `task` on the thread and waits for it no longer than `limit`; `name` is the function's, for messages.
    pub(super) fn run<T: Send + 'static>(
        &self,
        name: &str,
        limit: Duration,
        task: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let mut task = Some(task);
        let done = self.run_all(
            |_| name,
            limit,
            1,
            move |_| {
                let result = task.take().map_or_else(|| Err(ended()), |task| task());
                (result, false)
            },
        );
        let done = done.into_iter().next();
        done.map_or_else(|| Err(ended()), |done| done.result)
    }

    /// Does `count` tasks one after another in one hand-over, and waits for each no longer than `limit`; `name` is theirs by their
    /// numbers. `task` does one and tells whether the next one is to follow: what comes back ends with the last one that was done.
    pub(super) fn run_all<'n, T: Send + 'static>(
        &self,
        name: impl Fn(usize) -> &'n str,
        limit: Duration,
        count: usize,
        mut task: impl FnMut(usize) -> (Result<T, Error>, bool) + Send + 'static,
    ) -> Vec<Done<T>> {
        if let Some(name) = lock(&self.overdue).clone() {
            return vec![Done::not(Error::StillRunning(name))];
        }
        let mut ends = lock(&self.ends);
        ends.last += 1;
        let (round, last) = (Arc::new(Round::of(count)), ends.last);
        let shared = Arc::clone(&round);
        let job = move |overdue: &Overdue| {
            let mut begun = Instant::now();
            for number in 0..count {
                let (result, goes_on) = task(number);
                let done = Done::of(&mut begun, result);
                if !shared.came_back(done, begun, !goes_on || number + 1 == count) {
                    break;
                }
            }
            // Whoever looks has seen by now that it is over, and goes on while this thread cleans up.
            let progress = lock(&shared.progress);
            if progress.given_up {
                *lock(overdue) = None;
            }
            progress.asleep.then_some(last)
        };
        self.jobs.send(Box::new(job));
        self.wait_for(&round, &ends, name, limit)
    }

    /// Waits for the end of a round, or gives it up when one of its tasks is overdue.
    fn wait_for<'n, T>(
        &self,
        round: &Round<T>,
        ends: &Ends,
        name: impl Fn(usize) -> &'n str,
        limit: Duration,
    ) -> Vec<Done<T>> {
        let (mut at, mut since) = (0, Instant::now());
        let soon = self
            .patience
            .wait(|| round.over.load(Ordering::Acquire).then_some(()));
        let mut over = soon.is_some() || !lock(&round.progress).sleep();
        while !over {
            match ends.queue.next_within(limit.saturating_sub(since.elapsed())) {
                Ok(number) => over = number == ends.last,
                Err(RecvTimeoutError::Disconnected) => {
                    lock(&round.progress).done.push(Done::not(ended()));
                    break;
                }
                Err(RecvTimeoutError::Timeout) => {
                    let mut progress = lock(&round.progress);
                    // Another task may be under way by now, or the end.
                    if progress.over || progress.done.len() > at {
                        (at, since) = (progress.done.len(), progress.since);
                        continue;
                    }
                    progress.given_up = true;
                    let name = name(at);
                    // Under the round's lock: the thread forgets it again only when it has seen that it was given up.
                    *lock(&self.overdue) = Some(name.to_owned());
                    let (result, took) = (Err(Error::TimedOut(name.to_owned(), limit)), limit);
                    progress.done.push(Done { result, took });
                    break;
                }
            }
        }
        std::mem::take(&mut lock(&round.progress).done)
    }

    /// Has `task` done after everything before it, be that overdue or not, and does not wait for it.
    pub(super) fn leave<T>(&self, task: impl FnOnce() -> Result<T, Error> + Send + 'static) {
        let job = move |_: &Overdue| {
            drop(task());
            None
        };
        self.jobs.send(Box::new(job));
    }
}

/// What the thread has come to the end of while a caller slept. Only whoever has the device looks.
struct Ends {
    queue: Receiver<Number>,
    /// The last number that was given to a job; earlier ones may come late, of what was given up.
    last: Number,
}

/// What came of one task.
#[derive(Debug)]
pub struct Done<T> {
    /// Its result.
    pub result: Result<T, Error>,
    /// How long it took.
    pub took: Duration,
}

impl<T> Done<T> {
    /// A task that began at `begun`, where the next one begins now.
    fn of(begun: &mut Instant, result: Result<T, Error>) -> Done<T> {
        let since = std::mem::replace(begun, Instant::now());
        let took = begun.saturating_duration_since(since);
        Done { result, took }
    }

    /// A task that was not begun.
    fn not(error: Error) -> Done<T> {
        let (result, took) = (Err(error), Duration::ZERO);
        Done { result, took }
    }
}

/// What both threads know of the tasks of one hand-over.
struct Round<T> {
    /// Whether all is over, for who looks again and again.
    over: AtomicBool,
    /// Between them, so that who looks does not take away what the thread writes.
    _apart: [u64; 8],
    progress: Mutex<Progress<T>>,
}

/// How far the tasks have come.
struct Progress<T> {
    done: Vec<Done<T>>,
    /// Since when the task is under way that is not done.
    since: Instant,
    /// Whether nothing more is done.
    over: bool,
    /// Whether the caller sleeps until it is told that it is over.
    asleep: bool,
    /// Whether the caller has gone.
    given_up: bool,
}

impl<T> Round<T> {
    fn of(tasks: usize) -> Round<T> {
        let progress = Progress {
            done: Vec::with_capacity(tasks),
            since: Instant::now(),
            over: false,
            asleep: false,
            given_up: false,
        };
        Round {
            over: AtomicBool::new(false),
            _apart: [0; 8],
            progress: Mutex::new(progress),
        }
    }

    /// Keeps what came of a task just now, and tells whether the next one is to be done. What comes too late, nobody waits for.
    fn came_back(&self, done: Done<T>, now: Instant, last: bool) -> bool {
        let mut progress = lock(&self.progress);
        if !progress.given_up {
            progress.done.push(done);
            progress.since = now;
            progress.over = last;
        }
        let goes_on = !progress.given_up && !last;
        drop(progress);
        if last {
            self.over.store(true, Ordering::Release);
        }
        goes_on
    }
}

impl<T> Progress<T> {
    /// Has the caller told when it is over, unless it is.
    fn sleep(&mut self) -> bool {
        self.asleep = !self.over;
        self.asleep
    }
}

fn ended() -> Error {
    Error::NoWorker("线程已结束".to_owned())
}

fn work(queue: &Receiver<Job>, over: &Sender<Number>, overdue: &Overdue, patience: &Patience) {
    // A vendor's callback or dialog that calls us from this thread would wait for itself.
    let _inside = Inside::enter();
    let _apartment = Apartment::enter();
    while let Some(job) = patience.wait(|| queue.at_hand()).or_else(|| queue.next()) {
        // Outside of every lock, and perhaps to nobody.
        if let Some(number) = job(overdue) {
            over.send(number);
        }
    }
}

// What they hold is whole at every moment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    type Task = Box<dyn FnOnce() -> Result<u8, Error> + Send>;

    fn tells(number: u8) -> Task {
        Box::new(move || Ok(number))
    }

    /// Does them all, none after one that fails or tells a number that is not gone on from.
    fn all(worker: &Worker, names: &[&str], limit: Duration, tasks: Vec<Task>, end: u8) -> Vec<Done<u8>> {
        let count = tasks.len();
        let mut tasks = tasks.into_iter();
        let task = move |_| {
            let result = tasks.next().expect("no more than there are")();
            let goes_on = result.as_ref().is_ok_and(|told| *told != end);
            (result, goes_on)
        };
        worker.run_all(|at| names[at], limit, count, task)
    }

    fn results(done: Vec<Done<u8>>) -> Vec<Result<u8, Error>> {
        done.into_iter().map(|done| done.result).collect()
    }

    #[test]
    fn nothing_is_done_after_a_result_that_is_not_gone_on_from_or_an_error() {
        let worker = Worker::start().expect("a thread");
        let (names, limit) = (["f"; 3], Duration::from_secs(60));
        let tasks = || vec![tells(1), tells(2), tells(3)];
        let told = |end| results(all(&worker, &names, limit, tasks(), end));
        assert_eq!(told(0), [Ok(1), Ok(2), Ok(3)]);
        assert_eq!(told(2), [Ok(1), Ok(2)]);
        let fails: Task = Box::new(|| Err(ended()));
        let tasks = vec![tells(1), fails, tells(3)];
        let done = all(&worker, &names, limit, tasks, 0);
        assert_eq!(results(done), [Ok(1), Err(ended())]);
    }

    #[test]
    fn each_task_has_its_own_time() {
        let worker = Worker::start().expect("a thread");
        let (names, limit) = (["f"; 4], Duration::from_secs(1));
        let slow = |number| -> Task {
            Box::new(move || {
                std::thread::sleep(Duration::from_millis(300));
                Ok(number)
            })
        };
        let done = all(&worker, &names, limit, (1..=4).map(slow).collect(), 0);
        assert!(done.iter().all(|done| done.took >= Duration::from_millis(300)));
        assert_eq!(results(done), [Ok(1), Ok(2), Ok(3), Ok(4)]);
    }

    #[test]
    fn what_is_given_up_in_the_middle_is_not_gone_on_with_and_what_is_left_is_done_when_it_is_back() {
        let worker = Worker::start().expect("a thread");
        let (names, limit) = (["first", "hangs", "last"], Duration::from_millis(300));
        let (release, released) = mpsc::channel::<()>();
        let (tell, told) = mpsc::channel();
        let hangs: Task = Box::new(move || {
            let _ = released.recv();
            Ok(2)
        });
        let telling = tell.clone();
        let last: Task = Box::new(move || {
            let _ = telling.send("last");
            Ok(3)
        });
        let done = all(&worker, &names, limit, vec![tells(1), hangs, last], 0);
        let timed_out = Err(Error::TimedOut("hangs".to_owned(), limit));
        assert_eq!(results(done), [Ok(1), timed_out]);

        let again = || worker.run("again", Duration::from_secs(60), tells(4));
        assert_eq!(again(), Err(Error::StillRunning("hangs".to_owned())));
        worker.leave(move || {
            let _ = tell.send("left");
            Ok(())
        });
        release.send(()).expect("it waits");
        assert_eq!(told.recv(), Ok("left"), "and not the last one");
        assert_eq!(again(), Ok(4));
    }
}
