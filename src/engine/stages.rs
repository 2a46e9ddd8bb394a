//! Where a call's time went.

use crate::clock::Moment;
use crate::script::Exchange;
use std::time::Duration;

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

    /// Of so many nanoseconds each, in their order.
    pub(super) fn of_nanos(nanos: [u64; 4]) -> Stages {
        let [decode, serve, device, encode] = nanos.map(Duration::from_nanos);
        Stages {
            decode,
            serve,
            device,
            encode,
        }
    }

    /// The nanoseconds of each, in their order. Centuries fit.
    pub(super) fn nanos(&self) -> [u64; 4] {
        [self.decode, self.serve, self.device, self.encode].map(|time| time.as_nanos() as u64)
    }
}

/// Takes the times of one call.
pub(super) struct Clock {
    last: Moment,
    /// Nanoseconds of reading the request, and of answering it.
    decode: u64,
    serve: u64,
}

impl Clock {
    pub(super) fn start() -> Clock {
        let (decode, serve) = (0, 0);
        let last = Moment::now();
        Clock { last, decode, serve }
    }

    /// The request is read; tells when that was.
    pub(super) fn decoded(&mut self) -> Moment {
        self.decode = self.lap();
        self.last
    }

    pub(super) fn served(&mut self) {
        self.serve = self.lap();
    }

    /// The times of a call that is over.
    /// With them comes when it was over.
    pub(super) fn stop(mut self, exchanges: &[Exchange]) -> (Stages, Moment) {
        let encode = self.lap();
        let took = |exchange: &Exchange| exchange.took.as_nanos() as u64;
        let device = exchanges.iter().map(took).fold(0, u64::saturating_add);
        let serve = self.serve.saturating_sub(device);
        let stages = Stages::of_nanos([self.decode, serve, device, encode]);
        (stages, self.last)
    }

    fn lap(&mut self) -> u64 {
        let now = Moment::now();
        let lap = now.nanos_since(self.last);
        self.last = now;
        lap
    }
}
