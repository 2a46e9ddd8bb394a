//! Results for people: what failed, why, and how to play only that one.

use super::difference;
use super::{Found, Played, Scenario};
use crate::cli::print::visible;
use crate::excerpt::{self, Excerpt};
use crate::script::{Entry, Mismatch, Playbook, Verdict};
use std::fmt::Write as _;

/// The report; `verbose` lists what went well too.
pub(super) fn report(played: &Played, verbose: bool) -> String {
    let mut text = String::new();
    for (file, results) in played.files.iter().zip(&played.results) {
        match &file.playbook {
            Err(error) => {
                // A String takes everything.
                let _ = writeln!(text, "不能用  {}\n{}\n", file.name, indented(&error.to_string()));
            }
            Ok(playbook) => {
                let scenarios = playbook.entries().iter().zip(results);
                for (entry, verdict) in scenarios {
                    match verdict {
                        Some(verdict) if !verdict.is_good() => {
                            text.push_str(&failed(&Scenario {
                                file,
                                playbook,
                                entry,
                                verdict,
                                library: played.library.as_deref(),
                            }));
                        }
                        Some(verdict) if verbose => text.push_str(&passed(file, entry, verdict)),
                        _ => {}
                    }
                }
            }
        }
    }
    text + &summary(played)
}

fn passed(file: &Found, entry: &Entry, verdict: &Verdict) -> String {
    let mut text = format!("通过  {}  {}:{}\n", visible(&entry.name), file.name, entry.line);
    for note in &verdict.notes {
        let _ = writeln!(text, "{}", indented(note));
    }
    text
}

/// A scenario that failed, with everything that may tell why.
pub(super) fn failed(scenario: &Scenario) -> String {
    let Scenario {
        file,
        playbook,
        entry,
        verdict,
        ..
    } = scenario;
    let mut text = format!("不符  {}  {}:{}\n", visible(&entry.name), file.name, entry.line);
    let mut told: Vec<&String> = Vec::new();
    for mismatch in &verdict.mismatches {
        text.push_str(&indented(&mismatched(playbook, mismatch)));
        text.push('\n');
        for note in mismatch.notes.iter().filter(|note| !told.contains(note)) {
            let _ = writeln!(text, "{}", indented(&visible(note)));
        }
        told.extend(&mismatch.notes);
    }
    if let Some(error) = &verdict.error {
        let _ = writeln!(text, "{}", indented(&visible(&error.to_string())));
    }
    for note in &verdict.notes {
        let _ = writeln!(text, "{}", indented(&format!("记录: {}", visible(note))));
    }
    let _ = writeln!(text, "{}\n", indented(&alone(scenario)));
    text
}

/// How to play only this one.
fn alone(scenario: &Scenario) -> String {
    let (file, line) = (&scenario.file.name, scenario.entry.line);
    let library = scenario
        .library
        .map(|library| format!(" --library {}", library.display()));
    format!("单独运行: mps test {file}:{line}{}", library.unwrap_or_default())
}

fn mismatched(playbook: &Playbook, mismatch: &Mismatch) -> String {
    let mut text = String::new();
    if let Some(start) = excerpt::start_of_line(playbook.text(), mismatch.line).filter(|_| mismatch.line > 0)
    {
        let line = excerpt::line_at(playbook.text(), start);
        let blank = line.len() - line.trim_start().len();
        let span = start + blank..start + line.trim_end().len().max(blank);
        let _ = write!(text, "{}", Excerpt::new(playbook.text(), span, |line| line));
    }
    let _ = writeln!(text, "{}{}", visible(&mismatch.subject), mismatch.relation);
    text.push_str(&difference::lines(mismatch).join("\n"));
    text
}

fn summary(played: &Played) -> String {
    let (good, all) = (
        played.verdicts().filter(|verdict| verdict.is_good()).count(),
        played.verdicts().count(),
    );
    let unreadable = played.files.iter().filter(|file| file.playbook.is_err()).count();
    let mut text = format!("{all}个场景，{good}个通过");
    if good < all {
        let _ = write!(text, "，{}个不符", all - good);
    }
    if unreadable > 0 {
        let _ = write!(text, "，{unreadable}个文件不能用");
    }
    let _ = write!(text, "，用时{:.2}秒", played.took.as_secs_f64());
    if let Some(library) = &played.library {
        let _ = write!(text, "，调用的是{}", library.display());
    }
    if let Some(seed) = played.seed {
        let _ = write!(text, "，次序由 --shuffle --seed {seed} 决定");
    }
    text + "\n"
}

pub(super) fn indented(text: &str) -> String {
    let lines = text.lines().map(|line| format!("  {line}"));
    lines.collect::<Vec<_>>().join("\n")
}
