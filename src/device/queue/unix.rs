//! Plain queues: threads have no windows here.

use std::io;
use std::sync::mpsc;
use std::time::Duration;

/// Where things are put in.
pub(in crate::device) struct Sender<T>(mpsc::Sender<T>);

/// Where they come out.
pub(in crate::device) struct Receiver<T>(mpsc::Receiver<T>);

/// A queue.
pub(in crate::device) fn new<T>() -> io::Result<(Sender<T>, Receiver<T>)> {
    let (sender, receiver) = mpsc::channel();
    Ok((Sender(sender), Receiver(receiver)))
}

impl<T> Sender<T> {
    /// Puts something in; nobody may be there to take it.
    pub(in crate::device) fn send(&self, thing: T) {
        // What nobody takes is dropped.
        let _ = self.0.send(thing);
    }
}

impl<T> Receiver<T> {
    /// What is there.
    pub(in crate::device) fn at_hand(&self) -> Option<T> {
        self.0.try_recv().ok()
    }

    /// The next thing; `None` where nobody can send one any more.
    pub(in crate::device) fn next(&self) -> Option<T> {
        self.0.recv().ok()
    }

    /// The next thing, if it comes in time.
    pub(in crate::device) fn next_within(&self, limit: Duration) -> Result<T, mpsc::RecvTimeoutError> {
        self.0.recv_timeout(limit)
    }
}
