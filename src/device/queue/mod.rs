//! Queues between threads. On Windows who waits goes on serving windows: a library's thread all of its messages, since its
//! dialogs and COM live on them; a caller's thread only what other threads send to its windows and wait for, since a dialog over
//! the caller's window does that, and would hang where nobody answers.

#[cfg_attr(windows, path = "windows.rs")]
#[cfg_attr(unix, path = "unix.rs")]
mod system;

pub(super) use system::{Receiver, Sender, new, one};

use std::sync::mpsc;

/// Where std's own queue is filled.
enum Inlet<T> {
    /// With any number of things: room for many is made at once.
    Any(mpsc::Sender<T>),
    /// With one thing.
    One(mpsc::SyncSender<T>),
}

impl<T> Inlet<T> {
    /// Puts something in; nobody may be there to take it.
    fn send(&self, thing: T) {
        // What nobody takes is dropped.
        let _ = match self {
            Inlet::Any(sender) => sender.send(thing),
            Inlet::One(sender) => sender.send(thing),
        };
    }
}

/// Both ends of std's own queue, for any number of things.
fn any<T>() -> (Inlet<T>, mpsc::Receiver<T>) {
    let (sender, receiver) = mpsc::channel();
    (Inlet::Any(sender), receiver)
}

/// The same, for one thing.
fn single<T>() -> (Inlet<T>, mpsc::Receiver<T>) {
    let (sender, receiver) = mpsc::sync_channel(1);
    (Inlet::One(sender), receiver)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::RecvTimeoutError;
    use std::time::Duration;

    #[test]
    fn what_is_sent_arrives_and_an_end_is_seen() {
        let (sender, receiver) = super::new().expect("a queue");
        let no_wait = Duration::from_millis(1);
        assert_eq!(receiver.next_within(no_wait), Err(RecvTimeoutError::Timeout));
        let thread = std::thread::spawn(move || {
            sender.send(1);
            sender.send(2);
        });
        assert_eq!(receiver.next(), Some(1));
        assert_eq!(receiver.next_within(Duration::from_secs(60)), Ok(2));
        thread.join().expect("no panic");
        assert_eq!(receiver.next(), None);
        assert_eq!(receiver.next_within(no_wait), Err(RecvTimeoutError::Disconnected));
    }

    #[test]
    fn one_thing_is_sent_without_waiting_for_its_taker() {
        let (sender, receiver) = super::one().expect("a queue");
        sender.send(1);
        drop(sender);
        assert_eq!((receiver.next(), receiver.next()), (Some(1), None));
        let (sender, receiver) = super::one().expect("a queue");
        drop(receiver);
        sender.send(1);
    }
}
