//! `--coverage`: which lines of the scripts ran, and which declared response fields were seen in each region.

mod lcov;
mod people;
mod programs;

pub(super) use lcov::write;
pub(super) use people::report;
pub(super) use programs::object;

use super::super::Misuse;
use crate::engine::{Layer, Theatre};
use crate::script::{Coverage, FileCoverage, WayCoverage};

/// What was covered.
pub(super) struct Covered {
    files: Vec<FileCoverage>,
    regions: Vec<Region>,
}

/// One region's mappings.
struct Region {
    /// `None` is the base.
    code: Option<String>,
    /// Its ways; or why its scripts cannot be used.
    ways: Result<Vec<WayCoverage>, String>,
}

/// A part and a whole.
#[derive(Clone, Copy, Default)]
struct Share {
    part: usize,
    whole: usize,
}

impl Covered {
    /// Ends what [`Coverage::begin`] began.
    pub(super) fn end(theatre: &Theatre) -> Result<Covered, Misuse> {
        let coverage = Coverage::end();
        let files = coverage.files(theatre.tree(&Layer::Desk)).map_err(Misuse::new)?;
        let regions = theatre.generations(coverage.regions()).into_iter();
        let of = |regional: crate::engine::Regional| Region {
            code: regional.region,
            ways: regional.generation.map(|generation| coverage.ways(&generation)),
        };
        Ok(Covered {
            files,
            regions: regions.map(of).collect(),
        })
    }

    /// Every way, with its region.
    fn ways(&self) -> impl Iterator<Item = (Option<&str>, &WayCoverage)> {
        self.regions.iter().flat_map(|region| {
            let ways = region.ways.iter().flatten();
            ways.map(|way| (region.code.as_deref(), way))
        })
    }
}

impl Share {
    /// How many of some hold.
    fn of(all: impl Iterator<Item = bool>) -> Share {
        all.fold(Share::default(), |share, holds| Share {
            part: share.part + usize::from(holds),
            whole: share.whole + 1,
        })
    }

    fn and(self, other: Share) -> Share {
        Share {
            part: self.part + other.part,
            whole: self.whole + other.whole,
        }
    }
}

/// The lines of a file that ran, of those that can.
fn lines(file: &FileCoverage) -> Share {
    Share::of(file.lines.iter().flatten().map(|(_, times)| *times > 0))
}

/// The fields of a way that were seen with a value, of those that it declares.
fn fields(way: &WayCoverage) -> Share {
    Share::of(way.fields.iter().map(|field| field.seen.filled > 0))
}
