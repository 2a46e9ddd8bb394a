//! Times as people in China read them, whatever the machine's own zone is set to, and moments that are told apart.

use crate::digits;
use std::cell::Cell;
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A moment, in nanoseconds since one in the past. Every call asks for several: they are one number, since to
/// reckon with `Instant` takes more code than all that happens between two of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(u64);

impl Moment {
    /// This one.
    pub(crate) fn now() -> Moment {
        static FIRST: OnceLock<Instant> = OnceLock::new();
        let since = FIRST.get_or_init(Instant::now).elapsed();
        // Five hundred years fit.
        Moment(since.as_secs() * 1_000_000_000 + u64::from(since.subsec_nanos()))
    }

    /// What people call this moment, by their clock: looked at again after a while, since it may be set.
    pub(crate) fn by_the_clock(self) -> SystemTime {
        const WHILE: u64 = 10_000_000;
        thread_local! {
            static LAST: Cell<Option<(Moment, SystemTime)>> = const { Cell::new(None) };
        }
        let known = LAST.get().filter(|(at, _)| self.0.abs_diff(at.0) < WHILE);
        let (at, time) = known.unwrap_or_else(|| {
            let now = (Moment::now(), SystemTime::now());
            LAST.set(Some(now));
            now
        });
        let before = at.since(self);
        time.checked_sub(before).unwrap_or(time) + self.since(at)
    }

    /// One that much later.
    #[cfg(test)]
    pub(crate) fn later(self, by: Duration) -> Moment {
        Moment(self.0 + by.as_nanos() as u64)
    }

    /// How long it is since an earlier one; nothing since a later one.
    pub(crate) fn since(self, earlier: Moment) -> Duration {
        Duration::from_nanos(self.nanos_since(earlier))
    }

    /// The same in nanoseconds.
    pub(crate) fn nanos_since(self, earlier: Moment) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Beijing's time runs ahead by so many seconds, the whole year.
const AHEAD: u64 = 8 * 3600;

/// `2026-01-31 08:05:09`, of seconds since 1970, in Beijing's time.
pub(crate) fn beijing(seconds: u64) -> String {
    let (year, month, day) = day(seconds);
    let [hour, minute, second] = time_of_day(seconds);
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

/// `2026-01-31T08:05:09.123+08:00`.
pub(crate) fn stamp(moment: SystemTime) -> String {
    let mut stamp = Vec::with_capacity(32);
    Stamps::default().push(&mut stamp, moment);
    // ASCII is UTF-8.
    String::from_utf8(stamp).unwrap_or_default()
}

/// Stamps one after another: what those of one second have in common is worked out once.
#[derive(Default)]
pub(crate) struct Stamps {
    second: u64,
    /// `2026-01-31T08:05:09.`; nothing before the first one.
    begin: String,
}

impl Stamps {
    /// Appends a stamp.
    pub(crate) fn push(&mut self, text: &mut Vec<u8>, moment: SystemTime) {
        let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
        if self.second != since.as_secs() || self.begin.is_empty() {
            self.second = since.as_secs();
            self.begin = stamp_begin(self.second);
        }
        text.extend(self.begin.as_bytes());
        text.extend(digits::three(since.subsec_millis()));
        text.extend(b"+08:00");
    }
}

fn stamp_begin(seconds: u64) -> String {
    let (year, month, day) = day(seconds);
    let [hour, minute, second] = time_of_day(seconds);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.")
}

/// Seconds since 1970.
pub(crate) fn seconds(moment: SystemTime) -> u64 {
    moment.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// Year, month and day in Beijing, of seconds since 1970.
pub(crate) fn day(seconds: u64) -> (u64, u64, u64) {
    date((seconds + AHEAD) / 86400)
}

/// Hour, minute and second.
fn time_of_day(seconds: u64) -> [u64; 3] {
    let second = (seconds + AHEAD) % 86400;
    [second / 3600, second / 60 % 60, second % 60]
}

/// The date of a day since 1970, counted in years that begin in March, so that a leap day comes last.
fn date(days: u64) -> (u64, u64, u64) {
    let since_0000_03_01 = days + 719_468;
    let (era, day_of_era) = (since_0000_03_01 / 146_097, since_0000_03_01 % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::{Moment, Stamps, beijing, stamp};
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    #[test]
    fn a_moment_has_the_time_of_the_clock_whether_that_is_looked_at_or_not() {
        let close = |moment: Moment, time: SystemTime| {
            let told = moment.by_the_clock();
            let apart = told.duration_since(time).unwrap_or_else(|error| error.duration());
            assert!(apart < Duration::from_secs(1), "{apart:?}");
        };
        for _ in 0..3 {
            close(Moment::now(), SystemTime::now());
        }
        let hour = Duration::from_secs(3600);
        close(Moment::now().later(hour), SystemTime::now() + hour);
        let moment = Moment::now();
        std::thread::sleep(Duration::from_millis(30));
        close(moment, SystemTime::now() - Duration::from_millis(30));
        close(Moment::now(), SystemTime::now());
    }

    #[test]
    fn moments_are_as_far_apart_as_they_are() {
        let (moment, pause) = (Moment::now(), Duration::from_millis(20));
        std::thread::sleep(pause);
        assert!(Moment::now().since(moment) >= pause);
        assert_eq!(moment.later(pause).since(moment), pause);
        assert_eq!(moment.since(moment.later(pause)), Duration::ZERO);
    }

    #[test]
    fn a_time_is_beijings() {
        assert_eq!(beijing(0), "1970-01-01 08:00:00");
        assert_eq!(beijing(951_782_399), "2000-02-29 07:59:59");
        assert_eq!(beijing(1_709_136_000), "2024-02-29 00:00:00");
        assert_eq!(beijing(1_767_225_600), "2026-01-01 08:00:00");
        let moment = UNIX_EPOCH + Duration::from_millis(951_782_399_045);
        assert_eq!(stamp(moment), "2000-02-29T07:59:59.045+08:00");
    }

    #[test]
    fn stamps_of_one_second_and_of_others_are_each_its_own() {
        let mut stamps = Stamps::default();
        for millis in [0, 1, 999, 1000, 1500, 500] {
            let moment = UNIX_EPOCH + Duration::from_millis(millis);
            let mut text = Vec::new();
            stamps.push(&mut text, moment);
            assert_eq!(text, stamp(moment).as_bytes());
        }
    }
}
