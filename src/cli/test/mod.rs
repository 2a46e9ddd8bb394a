//! `mps test`: scenarios, played against the real `MPS_Call`.

mod difference;
mod find;
mod house;
mod people;
mod run;

use super::arguments::Test;
use super::{Misuse, Outcome, home, print};
use crate::engine::Theatre;
use crate::script::Verdict;
use find::{Found, Selection};
use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Everything that was played.
struct Played {
    files: Vec<Found>,
    /// By file and scenario.
    results: Vec<Vec<Option<Verdict>>>,
    took: Duration,
    seed: Option<u64>,
}

pub(super) fn run(arguments: Test) -> Result<Outcome, Misuse> {
    let home = home(arguments.home.clone())?;
    let theatre = Theatre::open(&home, arguments.region.clone()).map_err(Misuse::new)?;
    let theatre = Arc::new(theatre);
    let selection = Selection::of(&arguments.paths, arguments.named.as_deref())?;
    let files = find::files(&home, &theatre, &selection)?;
    let played = play(&theatre, files, &selection, &arguments);
    if played.count() == 0 {
        return Err(Misuse::new("没有选中任何场景，请检查路径和 -k 的名称"));
    }
    print::text(&people::report(&played, arguments.verbose))?;
    Ok(if played.is_good() {
        Outcome::Yes
    } else {
        Outcome::No
    })
}

fn play(theatre: &Arc<Theatre>, files: Vec<Found>, selection: &Selection, arguments: &Test) -> Played {
    let begun = Instant::now();
    let seed = arguments
        .shuffle
        .then(|| arguments.seed.unwrap_or_else(run::seed));
    let progress = std::io::stderr().is_terminal();
    let results = run::all(theatre, &files, selection, seed, arguments.jobs, progress);
    Played {
        files,
        results,
        took: begun.elapsed(),
        seed,
    }
}

impl Played {
    fn verdicts(&self) -> impl Iterator<Item = &Verdict> {
        self.results.iter().flatten().flatten()
    }

    /// How many scenarios were played, and how many files could not be.
    fn count(&self) -> usize {
        self.verdicts().count() + self.files.iter().filter(|file| file.playbook.is_err()).count()
    }

    fn is_good(&self) -> bool {
        self.verdicts().all(Verdict::is_good) && self.files.iter().all(|file| file.playbook.is_ok())
    }
}
