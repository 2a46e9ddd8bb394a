//! Calls for release/profile.sh to count: every variant of ours, in processes that live long enough for their other threads to get going.

use super::child;
use super::contenders::{Contenders, FLOOR, HANDWRITTEN, HARDCODED, REQUESTS};

/// More than one batch of the journal, and few enough that what the start runs through counts too.
const CALLS: &str = "300";
const PROCESSES: usize = 5;

pub fn run(contenders: &Contenders) {
    let is_ours = |name| ![FLOOR, HARDCODED, HANDWRITTEN].contains(&name);
    for contender in contenders.all.iter().filter(|contender| is_ours(contender.name)) {
        for (request, _) in REQUESTS {
            for _ in 0..PROCESSES {
                child::numbers(child::command(contender, &["calls", request, CALLS]));
            }
        }
    }
}
