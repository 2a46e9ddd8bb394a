//! Brings the windows that a process opens during a call to the front. The program that called has the foreground, most likely, and
//! so may give it away; where it may not, the window is at least put on top of the others.

use std::collections::HashSet;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use windows_sys::Win32::Foundation::{HWND, LPARAM};
use windows_sys::Win32::UI::WindowsAndMessaging::{
    AllowSetForegroundWindow, EnumWindows, GetWindowThreadProcessId, HWND_NOTOPMOST, HWND_TOPMOST,
    IsWindowVisible, SWP_NOACTIVATE, SWP_NOMOVE, SWP_NOSIZE, SetForegroundWindow, SetWindowPos,
};

/// How often somebody looks for new windows.
const LOOK: Duration = Duration::from_millis(100);

/// Looks for new windows of a process for as long as it lives.
pub(in crate::device) struct Watch {
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Watches the process of this number; what it shows already stays where it is.
    pub(in crate::device) fn start(process: u32) -> Watch {
        let (end, ended) = mpsc::channel::<()>();
        let mut known = shown(process);
        let watch = move || {
            while ended.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
                let now = shown(process);
                now.difference(&known).for_each(|window| bring_up(*window));
                known = now;
            }
        };
        // Without the thread the call goes on, and its window is where it is.
        let thread = thread::Builder::new().name("mps windows".to_owned()).spawn(watch);
        Watch {
            end: Some(end),
            thread: thread.ok(),
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.end = None;
        if let Some(thread) = self.thread.take() {
            // It does not panic, and nothing would be lost.
            let _ = thread.join();
        }
    }
}

/// Lets another process take the foreground from this one.
pub(in crate::device) fn allow(process: u32) {
    // SAFETY: a process's number, or one that is none, which is refused.
    unsafe { AllowSetForegroundWindow(process) };
}

struct Search {
    process: u32,
    found: HashSet<usize>,
}

/// The top-level windows that a process shows, by their numbers.
fn shown(process: u32) -> HashSet<usize> {
    let mut search = Search {
        process,
        found: HashSet::new(),
    };
    // SAFETY: `look` is given this address during the call alone.
    unsafe { EnumWindows(Some(look), (&raw mut search) as LPARAM) };
    search.found
}

unsafe extern "system" fn look(window: HWND, search: LPARAM) -> i32 {
    let mut process = 0;
    // SAFETY: `shown` passes the address of its own `Search`, which nobody else uses meanwhile; a window that is gone belongs to no
    // process.
    unsafe {
        GetWindowThreadProcessId(window, &mut process);
        let search = &mut *(search as *mut Search);
        if process == search.process && IsWindowVisible(window) != 0 {
            search.found.insert(window as usize);
        }
    }
    1
}

fn bring_up(window: usize) {
    let window = window as HWND;
    let only_order = SWP_NOMOVE | SWP_NOSIZE | SWP_NOACTIVATE;
    // SAFETY: a window, or one that is gone, which is refused.
    unsafe {
        if SetForegroundWindow(window) == 0 {
            SetWindowPos(window, HWND_TOPMOST, 0, 0, 0, 0, only_order);
            SetWindowPos(window, HWND_NOTOPMOST, 0, 0, 0, 0, only_order);
        }
    }
}
