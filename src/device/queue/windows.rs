//! Queues that wait for window messages too.

use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, TryRecvError};
use std::time::{Duration, Instant};
use windows_sys::Win32::System::Threading::{CreateEventW, INFINITE, SetEvent};
use windows_sys::Win32::UI::WindowsAndMessaging::{
    DispatchMessageW, MSG, MWMO_INPUTAVAILABLE, MsgWaitForMultipleObjectsEx, PM_NOREMOVE, PM_QS_SENDMESSAGE,
    PM_REMOVE, PeekMessageW, QS_ALLINPUT, QS_SENDMESSAGE, TranslateMessage,
};

/// Where things are put in.
pub(in crate::device) struct Sender<T> {
    /// Taken when it is dropped: the bell rings after that.
    sender: Option<mpsc::Sender<T>>,
    bell: Arc<OwnedHandle>,
}

/// Where they come out.
pub(in crate::device) struct Receiver<T> {
    receiver: mpsc::Receiver<T>,
    bell: Arc<OwnedHandle>,
}

/// A queue.
pub(in crate::device) fn new<T>() -> io::Result<(Sender<T>, Receiver<T>)> {
    let (sender, receiver) = mpsc::channel();
    // SAFETY: an event without name that resets itself.
    let bell = unsafe { CreateEventW(std::ptr::null(), 0, 0, std::ptr::null()) };
    if bell.is_null() {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: a handle that was just made, and nobody else's.
    let bell = Arc::new(unsafe { OwnedHandle::from_raw_handle(bell) });
    let sender = Sender {
        sender: Some(sender),
        bell: Arc::clone(&bell),
    };
    Ok((sender, Receiver { receiver, bell }))
}

impl<T> Sender<T> {
    /// Puts something in; nobody may be there to take it.
    pub(in crate::device) fn send(&self, thing: T) {
        if let Some(sender) = &self.sender {
            // What nobody takes is dropped.
            let _ = sender.send(thing);
        }
        ring(&self.bell);
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.sender = None;
        ring(&self.bell);
    }
}

impl<T> Receiver<T> {
    /// What is there.
    pub(in crate::device) fn at_hand(&self) -> Option<T> {
        self.receiver.try_recv().ok()
    }

    /// The next thing; `None` where nobody can send one any more. Meanwhile this thread's windows live.
    pub(in crate::device) fn next(&self) -> Option<T> {
        loop {
            match self.receiver.try_recv() {
                Ok(thing) => return Some(thing),
                Err(TryRecvError::Disconnected) => return None,
                Err(TryRecvError::Empty) => {}
            }
            wait(&self.bell, INFINITE, QS_ALLINPUT);
            serve_windows();
        }
    }

    /// The next thing, if it comes in time. Meanwhile this thread answers what is sent to its windows.
    pub(in crate::device) fn next_within(&self, limit: Duration) -> Result<T, RecvTimeoutError> {
        let deadline = Instant::now() + limit;
        loop {
            match self.receiver.try_recv() {
                Ok(thing) => return Ok(thing),
                Err(TryRecvError::Disconnected) => return Err(RecvTimeoutError::Disconnected),
                Err(TryRecvError::Empty) => {}
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(RecvTimeoutError::Timeout);
            }
            // A wait that is cut off to whole milliseconds must still be one.
            let left = u32::try_from(left.as_millis() + 1).unwrap_or(INFINITE - 1);
            wait(&self.bell, left, QS_SENDMESSAGE);
            answer_windows();
        }
    }
}

fn ring(bell: &OwnedHandle) {
    // SAFETY: the handle lives.
    unsafe { SetEvent(bell.as_raw_handle()) };
}

fn wait(bell: &OwnedHandle, milliseconds: u32, messages: u32) {
    let handle = bell.as_raw_handle();
    // SAFETY: one handle, which lives.
    unsafe { MsgWaitForMultipleObjectsEx(1, &handle, milliseconds, messages, MWMO_INPUTAVAILABLE) };
}

/// Does what this thread's message queue asks for.
fn serve_windows() {
    let mut message = MSG::default();
    // SAFETY: `message` is filled before it is read; what its window does with it is the window's own code.
    unsafe {
        while PeekMessageW(&mut message, std::ptr::null_mut(), 0, 0, PM_REMOVE) != 0 {
            TranslateMessage(&message);
            DispatchMessageW(&message);
        }
    }
}

/// Lets this thread's windows answer what other threads have sent them.
fn answer_windows() {
    let mut message = MSG::default();
    // SAFETY: `message` is ours; nothing is taken from the queue.
    unsafe {
        PeekMessageW(
            &mut message,
            std::ptr::null_mut(),
            0,
            0,
            PM_NOREMOVE | PM_QS_SENDMESSAGE,
        );
    }
}
