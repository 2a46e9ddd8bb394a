//! Waiting busily for a moment: what comes within microseconds is there sooner than a sleeping thread is woken.
//!
//! A reader that works takes milliseconds, and a busy machine has no processor to spare. So it is done only as long as it pays.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::yield_now;
use std::time::{Duration, Instant};

/// How long a busy wait lasts: longer than a sleeping thread takes to wake, so that two threads that answer each other get from
/// sleeping to this, and than the journal's thread keeps a processor.
const MOMENT: Duration = Duration::from_micros(200);
/// Looks before the processor is let go, which is a call of the system, where the thread that is waited for works itself.
pub(super) const MANY_LOOKS: u32 = 64;
/// The same where it waits for a third one, which may need this processor.
pub(super) const NO_LOOK: u32 = 0;
/// So many times in a row it may be in vain.
const MOST: u32 = 4;
/// After so many waits without it, it is tried again.
const SELDOM: u32 = 64;
/// The same where other programs keep the processors busy: who lets them go first gets his own back late.
const RARELY: u32 = 4096;
/// So many times in a row a wait may last far longer than a moment. Once is chance.
const MOST_LONG: u32 = 3;

/// What came of earlier waits of the two threads that wait for each other. Where both count at once one count may be lost: no more
/// than a guess depends on it.
pub(super) struct Patience {
    /// How often it looks before it lets the processor go.
    looks: u32,
    /// How many waits in vain are left.
    left: AtomicU32,
    /// How many waits in a row have been far too long.
    long: AtomicU32,
    /// How many waits it is not tried.
    paused: AtomicU32,
}

impl Patience {
    pub(super) fn new(looks: u32) -> Patience {
        Patience {
            looks,
            left: AtomicU32::new(MOST),
            long: AtomicU32::new(0),
            paused: AtomicU32::new(0),
        }
    }

    /// What `ready` gives, if it gives it within a moment.
    pub(super) fn wait<T>(&self, ready: impl Fn() -> Option<T>) -> Option<T> {
        let at_once = ready();
        if at_once.is_some() || !self.is_worth_it() {
            return at_once;
        }
        let begun = Instant::now();
        loop {
            let seen = (0..self.looks).find_map(|_| {
                spin_loop();
                ready()
            });
            let thing = seen.or_else(|| {
                // The other thread may be waiting for this very processor, which may be the only one.
                yield_now();
                ready()
            });
            let took = begun.elapsed();
            if thing.is_none() && took < MOMENT {
                continue;
            }
            self.learn(thing.is_some(), took);
            return thing;
        }
    }

    fn is_worth_it(&self) -> bool {
        let paused = self.paused.load(Ordering::Relaxed);
        self.paused.store(paused.saturating_sub(1), Ordering::Relaxed);
        paused == 0
    }

    fn learn(&self, came: bool, took: Duration) {
        let long = if took > 4 * MOMENT {
            self.long.load(Ordering::Relaxed) + 1
        } else {
            0
        };
        self.long.store(long % MOST_LONG, Ordering::Relaxed);
        let left = if came {
            MOST
        } else {
            self.left.load(Ordering::Relaxed).saturating_sub(1)
        };
        self.left.store(left, Ordering::Relaxed);
        if long == MOST_LONG {
            self.pause(RARELY);
        } else if left == 0 {
            self.pause(SELDOM);
        }
    }

    fn pause(&self, waits: u32) {
        self.left.store(MOST, Ordering::Relaxed);
        self.paused.store(waits, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST, NO_LOOK, Ordering, Patience, SELDOM};
    use std::cell::Cell;

    /// How often it looks before it gives up.
    fn looks(patience: &Patience) -> u32 {
        let looks = Cell::new(0);
        let never = || {
            looks.set(looks.get() + 1);
            None::<()>
        };
        assert_eq!(patience.wait(never), None);
        looks.get()
    }

    #[test]
    fn what_never_comes_is_soon_waited_for_busily_no_more() {
        let patience = Patience::new(NO_LOOK);
        let busy = (0..MOST).filter(|_| looks(&patience) > 1).count();
        assert!(busy > 0);
        // Longer where this very machine is busy.
        let pause = patience.paused.load(Ordering::Relaxed);
        assert!(pause >= SELDOM - MOST, "{pause}");
        assert!((0..pause).all(|_| looks(&patience) == 1));
        assert!(looks(&patience) > 1, "it is tried again");
    }

    #[test]
    fn what_is_there_is_taken_at_once() {
        let patience = Patience::new(NO_LOOK);
        assert_eq!(patience.wait(|| Some(1)), Some(1));
    }
}
