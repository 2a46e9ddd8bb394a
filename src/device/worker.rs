//! The thread that a vendor's library lives on.

use super::Error;
use super::apartment::Apartment;
use super::inside::Inside;
use super::patience::{NO_LOOK, Patience};
use super::queue::{self, Receiver, Sender};
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

type Job = Box<dyn FnOnce(&Overdue) + Send>;

/// What a job is known by when it is over. One that nobody waits for has none.
type Number = u64;

/// The function that a time limit gave up on, until it comes back.
type Overdue = Mutex<Option<String>>;

/// One thread that does everything with one library: vendors want a single thread, and a call that never comes back
/// must not take the caller's thread with it.
pub(super) struct Worker {
    jobs: Sender<(Option<Number>, Job)>,
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
        let patience = Arc::new(Patience::new(NO_LOOK));
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
        let done = self.run_all(|_| name, limit, std::iter::once(task), |_, _| true);
        let done = done.into_iter().next();
        done.map_or_else(|| Err(ended()), |done| done.result)
    }

    /// Does tasks one after another in one hand-over, and waits for each no longer than `limit`; `names` are theirs. None is done
    /// after one that failed, or whose result `goes_on`, given its number, does not go on from: what comes back ends with that one.
    pub(super) fn run_all<'n, T: Send + 'static, F: FnOnce() -> Result<T, Error>>(
        &self,
        name: impl Fn(usize) -> &'n str,
        limit: Duration,
        mut tasks: impl ExactSizeIterator<Item = F> + Send + 'static,
        goes_on: impl Fn(usize, &T) -> bool + Send + 'static,
    ) -> Vec<Done<T>> {
        if let Some(name) = lock(&self.overdue).clone() {
            return vec![Done::not(Error::StillRunning(name))];
        }
        let mut ends = lock(&self.ends);
        ends.last += 1;
        let round = Arc::new(Mutex::new(Round::of(tasks.len())));
        let shared = Arc::clone(&round);
        let job = move |overdue: &Overdue| {
            let mut number = 0;
            let mut begun = Instant::now();
            while let Some(task) = tasks.next() {
                let done = Done::of(&mut begun, task);
                let last =
                    tasks.len() == 0 || !done.result.as_ref().is_ok_and(|value| goes_on(number, value));
                if !lock(&shared).came_back(done, begun, last) {
                    break;
                }
                number += 1;
            }
            if lock(&shared).given_up {
                *lock(overdue) = None;
            }
        };
        self.jobs.send((Some(ends.last), Box::new(job)));
        self.wait_for(&round, &ends, name, limit)
    }

    /// Waits for the end of a round, or gives it up when one of its tasks is overdue.
    fn wait_for<'n, T>(
        &self,
        round: &Mutex<Round<T>>,
        ends: &Ends,
        name: impl Fn(usize) -> &'n str,
        limit: Duration,
    ) -> Vec<Done<T>> {
        let (mut at, mut since) = (0, Instant::now());
        let mut over = self.patience.wait(|| ends.last_is_over().then_some(()));
        while over.is_none() {
            match ends.queue.next_within(limit.saturating_sub(since.elapsed())) {
                Ok(number) => over = (number == ends.last).then_some(()),
                Err(RecvTimeoutError::Disconnected) => {
                    lock(round).done.push(Done::not(ended()));
                    break;
                }
                Err(RecvTimeoutError::Timeout) => {
                    let mut round = lock(round);
                    // Another task may be under way by now, or the end.
                    if round.over || round.done.len() > at {
                        (at, since) = (round.done.len(), round.since);
                        continue;
                    }
                    round.given_up = true;
                    let name = name(at);
                    // Under the round's lock: the thread forgets it again only when it has seen that it was given up.
                    *lock(&self.overdue) = Some(name.to_owned());
                    let (result, took) = (Err(Error::TimedOut(name.to_owned(), limit)), limit);
                    round.done.push(Done { result, took });
                    break;
                }
            }
        }
        std::mem::take(&mut lock(round).done)
    }

    /// Has `task` done after everything before it, be that overdue or not, and does not wait for it.
    pub(super) fn leave<T>(&self, task: impl FnOnce() -> Result<T, Error> + Send + 'static) {
        self.jobs.send((None, Box::new(move |_| drop(task()))));
    }
}

/// What the thread has come to the end of. Only whoever has the device looks.
struct Ends {
    queue: Receiver<Number>,
    /// The last number that was given to a job; earlier ones may come late, of what was given up.
    last: Number,
}

impl Ends {
    fn last_is_over(&self) -> bool {
        std::iter::from_fn(|| self.queue.at_hand()).any(|number| number == self.last)
    }
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
    /// Does a task that begins at `begun`, where the next one begins after it.
    pub(super) fn of(begun: &mut Instant, task: impl FnOnce() -> Result<T, Error>) -> Done<T> {
        let result = task();
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
    done: Vec<Done<T>>,
    /// Since when the task is under way that is not done.
    since: Instant,
    /// Whether nothing more is done.
    over: bool,
    /// Whether the caller has gone.
    given_up: bool,
}

impl<T> Round<T> {
    fn of(tasks: usize) -> Round<T> {
        Round {
            done: Vec::with_capacity(tasks),
            since: Instant::now(),
            over: false,
            given_up: false,
        }
    }

    /// Keeps what came of a task just now, and tells whether the next one is to be done. What comes too late, nobody waits for.
    fn came_back(&mut self, done: Done<T>, now: Instant, last: bool) -> bool {
        if !self.given_up {
            self.done.push(done);
            self.since = now;
            self.over = last;
        }
        !self.given_up && !last
    }
}

fn ended() -> Error {
    Error::NoWorker("线程已结束".to_owned())
}

fn work(
    queue: &Receiver<(Option<Number>, Job)>,
    over: &Sender<Number>,
    overdue: &Overdue,
    patience: &Patience,
) {
    // A vendor's callback or dialog that calls us from this thread would wait for itself.
    let _inside = Inside::enter();
    let _apartment = Apartment::enter();
    while let Some((number, job)) = patience.wait(|| queue.at_hand()).or_else(|| queue.next()) {
        job(overdue);
        // Outside of every lock, and perhaps to nobody.
        if let Some(number) = number {
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

    fn results(done: Vec<Done<u8>>) -> Vec<Result<u8, Error>> {
        done.into_iter().map(|done| done.result).collect()
    }

    #[test]
    fn nothing_is_done_after_a_result_that_is_not_gone_on_from_or_an_error() {
        let worker = Worker::start().expect("a thread");
        let (names, limit) = (["f"; 3], Duration::from_secs(60));
        let tasks = || vec![tells(1), tells(2), tells(3)].into_iter();
        let told =
            |last| results(worker.run_all(|at| names[at], limit, tasks(), move |_, told| *told != last));
        assert_eq!(told(0), [Ok(1), Ok(2), Ok(3)]);
        assert_eq!(told(2), [Ok(1), Ok(2)]);
        let fails: Task = Box::new(|| Err(ended()));
        let tasks = vec![tells(1), fails, tells(3)].into_iter();
        assert_eq!(
            results(worker.run_all(|at| names[at], limit, tasks, |_, _| true)),
            [Ok(1), Err(ended())]
        );
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
        let done = worker.run_all(
            |at| names[at],
            limit,
            (1..=4).map(slow).collect::<Vec<_>>().into_iter(),
            |_, _| true,
        );
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
        let done = worker.run_all(
            |at| names[at],
            limit,
            vec![tells(1), hangs, last].into_iter(),
            |_, _| true,
        );
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
