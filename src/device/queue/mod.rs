//! Queues between threads. On Windows who waits goes on serving windows: a library's thread all of its messages, since its
//! dialogs and COM live on them; a caller's thread only what other threads send to its windows and wait for, since a dialog over
//! the caller's window does that, and would hang where nobody answers.

#[cfg_attr(windows, path = "windows.rs")]
#[cfg_attr(unix, path = "unix.rs")]
mod system;

pub(super) use system::{Receiver, Sender, new};

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
    fn what_nobody_takes_is_let_go() {
        let (sender, receiver) = super::new().expect("a queue");
        drop(receiver);
        sender.send(1);
    }
}
