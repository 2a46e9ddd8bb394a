//! Days as the journal's files are named by: Beijing's, whatever the machine's own zone is set to.

use crate::clock;
use std::fmt;
use std::str::FromStr;
use std::time::SystemTime;

/// A day, as `2026-01-31`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    year: u64,
    month: u64,
    day: u64,
}

impl Day {
    /// The day that a moment belongs to.
    pub fn of(moment: SystemTime) -> Day {
        let (year, month, day) = clock::day(clock::seconds(moment));
        Day { year, month, day }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl FromStr for Day {
    type Err = ();

    /// Takes exactly what `Display` writes.
    fn from_str(text: &str) -> Result<Day, ()> {
        let mut parts = text.splitn(3, '-').map(|part| part.parse().map_err(drop));
        let mut part = || parts.next().unwrap_or(Err(()));
        let day = Day {
            year: part()?,
            month: part()?,
            day: part()?,
        };
        let exists = (1..=12).contains(&day.month) && (1..=31).contains(&day.day);
        (exists && day.to_string() == text).then_some(day).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::Day;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn a_day_begins_at_midnight_in_beijing() {
        let day = |seconds| Day::of(UNIX_EPOCH + Duration::from_secs(seconds)).to_string();
        assert_eq!(day(1_767_196_799), "2025-12-31");
        assert_eq!(day(1_767_196_800), "2026-01-01");
    }

    #[test]
    fn only_days_are_read() {
        assert_eq!(
            "2026-01-31".parse::<Day>().map(|day| day.to_string()),
            Ok("2026-01-31".to_owned())
        );
        for wrong in [
            "2026-1-31",
            "2026-13-01",
            "2026-01-32",
            "2026-01",
            "",
            "../../etc",
            "2026-01-31x",
        ] {
            assert_eq!(wrong.parse::<Day>(), Err(()), "{wrong}");
        }
    }
}
