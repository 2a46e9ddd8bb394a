//! Taking up changed files while callers run.

use super::state::{Home, Stamp, State};
use arc_swap::ArcSwap;
use notify::{Event, EventKind, RecursiveMode, Watcher};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Weak};
use std::time::Duration;

/// How often the files are looked at whatever the system reports: events get lost on Windows, and shares send none.
const SCAN: Duration = Duration::from_millis(1000);
/// Files that look the same twice this far apart are not still being written.
const SETTLED: Duration = Duration::from_millis(30);
/// An editor that never stops writing must not keep the others' changes away.
const MOST_LOOKS: usize = 30;

/// Starts the thread; it ends with the engine.
pub(super) fn start(home: &Arc<Home>, state: &Arc<ArcSwap<State>>) {
    let (home, state) = (Arc::clone(home), Arc::downgrade(state));
    // Without the thread calls are answered as before; only changes wait for a restart.
    let _ = std::thread::Builder::new()
        .name("mps watch".to_owned())
        .spawn(move || watch(&home, &state));
}

fn watch(home: &Home, state: &Weak<ArcSwap<State>>) {
    let (event, events) = channel();
    let mut watcher = watcher(event).ok();
    let mut scripts_watched = false;
    // Not the stamp of what is loaded: the first look may find it changed, and the same content is no change.
    let mut seen: Option<Stamp> = None;
    if let Some(watcher) = &mut watcher {
        watch_folder(watcher, home.folder(), RecursiveMode::NonRecursive);
    }
    loop {
        if let Some(watcher) = watcher.as_mut().filter(|_| !scripts_watched) {
            scripts_watched = watch_folder(watcher, &home.scripts(), RecursiveMode::Recursive);
        }
        let stamp = home.stamp();
        if seen.as_ref() != Some(&stamp) {
            seen = Some(settled(home, stamp));
            let Some(state) = state.upgrade() else { return };
            take_up(home, &state);
        }
        // Asked again when the folder comes back after it was gone.
        scripts_watched &= home.scripts().is_dir();
        wait(&events);
        if state.strong_count() == 0 {
            return;
        }
    }
}

/// A watcher that reports what changes; reading a file is no change.
fn watcher(event: Sender<()>) -> notify::Result<notify::RecommendedWatcher> {
    notify::recommended_watcher(move |seen: notify::Result<Event>| {
        if !matches!(
            seen,
            Ok(Event {
                kind: EventKind::Access(_),
                ..
            })
        ) {
            // The thread that would listen may have ended.
            let _ = event.send(());
        }
    })
}

fn watch_folder(watcher: &mut impl Watcher, folder: &Path, mode: RecursiveMode) -> bool {
    folder.is_dir() && watcher.watch(folder, mode).is_ok()
}

/// Waits for an event or for the next scan; further events of the same moment are one.
fn wait(events: &Receiver<()>) {
    match events.recv_timeout(SCAN) {
        Ok(()) => while events.try_recv().is_ok() {},
        Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {}
        Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => std::thread::sleep(SCAN),
    }
}

fn settled(home: &Home, mut stamp: Stamp) -> Stamp {
    for _ in 0..MOST_LOOKS {
        std::thread::sleep(SETTLED);
        let again = home.stamp();
        if again == stamp {
            break;
        }
        stamp = again;
    }
    stamp
}

fn take_up(home: &Home, state: &ArcSwap<State>) {
    let new = home.load();
    let old = state.load();
    let replaces = new.ready.is_ok() || old.ready.is_err();
    if replaces && !new.same_as(&old) {
        state.store(Arc::new(new));
    }
}
