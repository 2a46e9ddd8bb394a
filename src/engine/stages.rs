//! Where a call's time went.

use crate::script::Exchange;
use std::time::{Duration, Instant};

/// The time of each stage of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stages {
    /// Reading the request.
    pub decode: Duration,
    /// Routing, checking and mapping, without the devices.
    pub serve: Duration,
    /// Inside devices and servers.
    pub device: Duration,
    /// Writing and signing the response.
    pub encode: Duration,
}

impl Stages {
    /// All of it.
    pub fn whole(&self) -> Duration {
        self.decode + self.serve + self.device + self.encode
    }
}

/// Takes the times of one call.
pub(super) struct Clock {
    last: Instant,
    stages: Stages,
}

impl Clock {
    pub(super) fn start() -> Clock {
        Clock {
            last: Instant::now(),
            stages: Stages::default(),
        }
    }

    pub(super) fn decoded(&mut self) {
        self.stages.decode = self.lap();
    }

    pub(super) fn served(&mut self) {
        self.stages.serve = self.lap();
    }

    /// The times of a call that is over.
    pub(super) fn stop(mut self, exchanges: &[Exchange]) -> Stages {
        self.stages.encode = self.lap();
        self.stages.device = exchanges.iter().map(|exchange| exchange.took).sum();
        self.stages.serve = self.stages.serve.saturating_sub(self.stages.device);
        self.stages
    }

    fn lap(&mut self) -> Duration {
        let now = Instant::now();
        let lap = now.duration_since(self.last);
        self.last = now;
        lap
    }
}
