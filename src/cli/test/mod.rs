//! `mps test`: scenarios, played against the real `MPS_Call`: this program's own, or a built library's.

mod coverage;
mod difference;
mod find;
mod house;
mod junit;
mod library;
mod people;
mod programs;
mod run;
mod scratch;
mod tap;
mod update;
mod watch;

use super::arguments::Test;
use super::{Misuse, Outcome, home, print};
use crate::engine::Theatre;
use crate::script::{Coverage, Entry, Playbook, Verdict};
use coverage::Covered;
use find::{Found, Selection};
use house::Street;
use library::Built;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Everything that was played.
struct Played {
    files: Vec<Found>,
    /// By file and scenario.
    results: Vec<Vec<Option<Verdict>>>,
    took: Duration,
    seed: Option<u64>,
    covered: Option<Covered>,
    /// The library that was called, where it is not this program.
    library: Option<PathBuf>,
}

pub(super) fn run(arguments: Test) -> Result<Outcome, Misuse> {
    let home = home(arguments.home.clone())?;
    if arguments.watch {
        return watch::run(&home, &arguments);
    }
    once(&home, &arguments)
}

/// Plays everything that was asked for, and tells of it.
fn once(home: &Path, arguments: &Test) -> Result<Outcome, Misuse> {
    let played = play(home, arguments)?;
    if let Some(file) = &arguments.junit {
        let written = std::fs::write(file, junit::report(&played)?);
        written.map_err(|error| Misuse::new(format!("写不进去: {}（{error}）", file.display())))?;
    }
    tell(&played, arguments)?;
    if !arguments.update || !update::run(&played)? {
        return Ok(played.outcome());
    }
    let again = play(home, arguments)?;
    tell(&again, arguments)?;
    Ok(again.outcome())
}

fn tell(played: &Played, arguments: &Test) -> Result<(), Misuse> {
    print::text(&match (arguments.json, arguments.tap) {
        (true, _) => programs::report(played),
        (false, true) => tap::report(played),
        (false, false) => people::report(played, arguments.verbose),
    })?;
    match &played.covered {
        // JSON has it inside.
        Some(covered) if arguments.coverage && !arguments.json => {
            let text = coverage::report(covered);
            print::text(&if arguments.tap { tap::comment(&text) } else { text })
        }
        _ => Ok(()),
    }
}

fn play(home: &Path, arguments: &Test) -> Result<Played, Misuse> {
    let covers = arguments.coverage || arguments.coverage_lcov.is_some();
    if covers {
        Coverage::begin();
    }
    let theatre = Theatre::open(home, arguments.region.clone()).map_err(Misuse::new)?;
    let theatre = Arc::new(theatre);
    let selection = Selection::of(&arguments.paths, arguments.named.as_deref())?;
    let files = find::files(home, &theatre, &selection)?;
    let library = arguments.library.as_deref().map(Built::at).transpose()?;
    let street = Street {
        theatre,
        library: library.map(Arc::new),
    };
    let begun = Instant::now();
    let seed = arguments
        .shuffle
        .then(|| arguments.seed.unwrap_or_else(run::seed));
    let progress = std::io::stderr().is_terminal();
    let results = run::all(&street, &files, &selection, seed, arguments.jobs, progress);
    let mut played = Played {
        files,
        results,
        took: begun.elapsed(),
        seed,
        covered: None,
        library: street.library.as_ref().map(|built| built.file().to_owned()),
    };
    if played.count() == 0 {
        return Err(Misuse::new("没有选中任何场景，请检查路径和 -k 的名称"));
    }
    if covers {
        let covered = Covered::end(&street.theatre)?;
        if let Some(file) = &arguments.coverage_lcov {
            coverage::write(&covered, home, file)?;
        }
        played.covered = Some(covered);
    }
    Ok(played)
}

/// One scenario that was played.
struct Scenario<'a> {
    file: &'a Found,
    playbook: &'a Playbook,
    entry: &'a Entry,
    verdict: &'a Verdict,
    library: Option<&'a Path>,
}

impl Scenario<'_> {
    /// What is told to people of one that failed.
    fn told(&self) -> String {
        people::failed(self)
    }
}

impl Played {
    fn verdicts(&self) -> impl Iterator<Item = &Verdict> {
        self.results.iter().flatten().flatten()
    }

    /// Every scenario that was played, in the order of the files.
    fn scenarios(&self) -> impl Iterator<Item = Scenario<'_>> {
        let files = self.files.iter().zip(&self.results);
        let library = self.library.as_deref();
        files.flat_map(move |(file, results)| {
            let playbook = file.playbook.as_ref().ok();
            playbook.into_iter().flat_map(move |playbook| {
                let entries = playbook.entries().iter().zip(results);
                entries.filter_map(move |(entry, verdict)| {
                    let verdict = verdict.as_ref()?;
                    Some(Scenario {
                        file,
                        playbook,
                        entry,
                        verdict,
                        library,
                    })
                })
            })
        })
    }

    /// The files that cannot be used, and why.
    fn unusable(&self) -> impl Iterator<Item = (&str, String)> {
        let wrong = |file: &'_ Found| Some(file.playbook.as_ref().err()?.to_string());
        self.files
            .iter()
            .filter_map(move |file| Some((file.name.as_str(), wrong(file)?)))
    }

    /// How many scenarios were played, and how many files could not be.
    fn count(&self) -> usize {
        self.verdicts().count() + self.files.iter().filter(|file| file.playbook.is_err()).count()
    }

    fn outcome(&self) -> Outcome {
        match self.is_good() {
            true => Outcome::Yes,
            false => Outcome::No,
        }
    }

    fn is_good(&self) -> bool {
        self.verdicts().all(Verdict::is_good) && self.files.iter().all(|file| file.playbook.is_ok())
    }
}
