//! Playing scenarios on several threads, in the order of the files or shuffled.

use super::find::{Found, Selection};
use super::house::Street;
use crate::script::Verdict;
use std::io::Write as _;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// One scenario may take as long as scenarios may at all.
const LONGEST: Duration = Duration::MAX;
/// Stack of a thread that plays: the scenario's VM, and the library's on top of it.
const STACK: usize = 4 << 20;

/// Plays what was asked for; the results by file and scenario.
pub(super) fn all(
    street: &Street,
    files: &[Found],
    selection: &Selection,
    seed: Option<u64>,
    jobs: Option<usize>,
    progress: bool,
) -> Vec<Vec<Option<Verdict>>> {
    let mut wanted = Vec::new();
    let mut results: Vec<Vec<Option<Verdict>>> = Vec::new();
    for (file, found) in files.iter().enumerate() {
        let entries = found
            .playbook
            .as_ref()
            .map_or(&[][..], |playbook| playbook.entries());
        results.push(entries.iter().map(|_| None).collect());
        let taken = entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| selection.takes(found, entry));
        wanted.extend(taken.map(|(entry, _)| (file, entry)));
    }
    if let Some(seed) = seed {
        shuffle(&mut wanted, seed);
    }
    let available = || std::thread::available_parallelism().map_or(1, NonZero::get);
    let threads = jobs.unwrap_or_else(available).min(wanted.len());
    let next = AtomicUsize::new(0);
    let (done, finished) = channel();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let done = done.clone();
            let (next, wanted) = (&next, &wanted);
            let play = move || {
                while let Some(&(file, entry)) = wanted.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let verdict = files.get(file).and_then(|found| play(street, found, entry));
                    // The receiver lives as long as the scope.
                    let _ = done.send((file, entry, verdict));
                }
            };
            let thread = std::thread::Builder::new().stack_size(STACK);
            // Where no thread can be had, the others play on.
            let _ = thread.spawn_scoped(scope, play);
        }
        drop(done);
        for (count, (file, entry, verdict)) in (1..).zip(finished) {
            if progress {
                let _ = write!(std::io::stderr(), "\r{count}/{}", wanted.len());
            }
            if let Some(place) = results.get_mut(file).and_then(|file| file.get_mut(entry)) {
                *place = verdict;
            }
        }
    });
    if progress {
        let _ = write!(std::io::stderr(), "\r{}\r", " ".repeat(24));
    }
    results
}

fn play(street: &Street, found: &Found, entry: usize) -> Option<Verdict> {
    let playbook = found.playbook.as_ref().ok()?;
    let house = street.house(&found.layer);
    Some(playbook.play(playbook.entries().get(entry)?, house, LONGEST))
}

/// A seed for whoever names none.
pub(super) fn seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    now.as_secs() % 1_000_000
}

/// The same order for the same seed, on every machine.
fn shuffle<T>(items: &mut [T], seed: u64) {
    let mut state = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    for last in (1..items.len()).rev() {
        // SplitMix64.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let other = usize::try_from(mixed % (last as u64 + 1)).unwrap_or(last);
        items.swap(last, other);
    }
}

#[cfg(test)]
mod tests {
    use super::shuffle;

    #[test]
    fn a_seed_gives_one_order_and_another_seed_another() {
        let shuffled = |seed| {
            let mut items: Vec<u32> = (0..20).collect();
            shuffle(&mut items, seed);
            items
        };
        assert_eq!(shuffled(7), shuffled(7));
        assert_ne!(shuffled(7), shuffled(8));
        let mut sorted = shuffled(7);
        sorted.sort_unstable();
        assert_eq!(sorted, (0..20).collect::<Vec<_>>());
    }
}
