//! The instructions of a call, counted by callgrind: twice as many calls less so many, paced so that the journal loses no line.

use super::contenders::{Contender, Contenders, REQUESTS};
use super::{child, table};
use std::process::Command;

const CALLS: u32 = 1000;

pub fn measure(contenders: &Contenders) {
    println!(
        "\n## 一次调用的指令数（callgrind，全部线程；{}次与{CALLS}次之差）",
        2 * CALLS
    );
    let mut rows = Vec::new();
    for contender in &contenders.all {
        // The first process of a home checks all scripts, which would count as calls that are fewer.
        child::numbers(child::command(contender, &["training", REQUESTS[0].0, "1"]));
        let counts = REQUESTS.map(|(name, _)| count(contender, name));
        let mut row = vec![contender.name.to_owned()];
        row.extend(counts.map(|count| count.map_or_else(|| "–".to_owned(), |count| count.to_string())));
        rows.push(row);
    }
    table::print(&["指令", "卡", "凭证"], &rows);
}

fn count(contender: &Contender, request: &str) -> Option<u64> {
    let [once, twice] = [CALLS, 2 * CALLS].map(|calls| run(contender, request, calls));
    Some(twice?.saturating_sub(once?) / u64::from(CALLS))
}

fn run(contender: &Contender, request: &str, calls: u32) -> Option<u64> {
    let child = child::command(contender, &["paced", request, &calls.to_string()]);
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(child.get_program())
        .args(child.get_args())
        .output();
    let Ok(output) = output else {
        eprintln!("not counted here: valgrind is missing");
        return None;
    };
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let line = told.lines().find_map(|line| line.split_once("Collected : "))?;
    line.1.trim().parse().ok()
}
