//! How long a built-in reader may still take.

use super::fault::{Fault, Kind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A moment in which nothing is missed and nothing is burnt.
const PAUSE: Duration = Duration::from_millis(100);

/// The end of one call, by its time limit or by somebody who cancels it.
#[derive(Clone)]
pub(in crate::device) struct Clock {
    until: Instant,
    cancelled: Arc<AtomicBool>,
}

impl Clock {
    pub(in crate::device) fn new(until: Instant, cancelled: Arc<AtomicBool>) -> Clock {
        Clock { until, cancelled }
    }

    /// Fails where the call is over.
    pub(in crate::device) fn check(&self) -> Result<(), Fault> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(Kind::Cancelled.plain());
        }
        match self.left().is_zero() {
            true => Err(Kind::Late.plain()),
            false => Ok(()),
        }
    }

    /// Until the end of the call.
    pub(in crate::device) fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// The end of a wait of so many seconds within this call.
    pub(in crate::device) fn within(&self, seconds: i64) -> Instant {
        // Nobody waits longer than a day.
        let seconds = u64::try_from(seconds).unwrap_or(0).min(86_400);
        (Instant::now() + Duration::from_secs(seconds)).min(self.until)
    }

    /// Lets a moment pass, and not much more than is left.
    pub(in crate::device) fn pause(&self) {
        std::thread::sleep(PAUSE.min(self.left()));
    }
}
