//! `--update`: what is expected takes the wording that came, in the scenarios' own files.

use super::super::{Misuse, print};
use super::Played;
use crate::engine::control::write_file;
use crate::script::{Change, Left, Playbook};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// What editors put before UTF-8.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// Rewrites the files, each change shown before it is made; whether there was one.
pub(super) fn run(played: &Played) -> Result<bool, Misuse> {
    let (mut changed, mut left) = (0, 0);
    for (file, results) in played.files.iter().zip(&played.results) {
        let Ok(playbook) = &file.playbook else { continue };
        let rewriting = playbook.rewritten(results);
        let changes = rewriting.changes.iter();
        let shown: String = changes.map(|change| told(&file.name, change)).collect();
        let others = rewriting.left.iter();
        let others: String = others.map(|other| untouched(&file.name, other)).collect();
        print::text(&(shown + &others))?;
        left += rewriting.left.len();
        if rewriting.changes.is_empty() {
            continue;
        }
        save(Path::new(&file.name), playbook, &rewriting.text)
            .map_err(|why| Misuse::new(format!("没有改写 {}: {why}", file.name)))?;
        changed += rewriting.changes.len();
    }
    print::text(&format!("改写了{changed}处，{left}处没有改写\n\n"))?;
    Ok(changed > 0)
}

fn told(file: &str, change: &Change) -> String {
    let mut text = format!(
        "改写  {file}:{}  {}\n",
        change.line,
        print::visible(&change.subject)
    );
    for (mark, value) in [('-', &change.before), ('+', &change.after)] {
        for line in print::visible(value).lines() {
            // A String takes everything.
            let _ = writeln!(text, "  {mark} {line}");
        }
    }
    text
}

fn untouched(file: &str, left: &Left) -> String {
    let subject = print::visible(&left.subject);
    format!("没有改写  {file}:{}  {subject}：{}\n", left.line, left.why)
}

/// Writes the file whole, as long as it is the one that was played; a byte-order mark stays.
fn save(path: &Path, playbook: &Playbook, text: &str) -> Result<(), String> {
    // Renaming over a link would put a file into the link's place.
    let path = fs::canonicalize(path).map_err(|error| format!("找不到这个文件（{error}）"))?;
    let bytes = fs::read(&path).map_err(|error| format!("文件读不出来（{error}）"))?;
    let (mark, known) = match bytes.strip_prefix(MARK) {
        Some(known) => (MARK, known),
        None => (&b""[..], bytes.as_slice()),
    };
    if known != playbook.text().as_bytes() {
        return Err("运行期间文件又被保存过，请再执行一次".to_owned());
    }
    let rights = fs::metadata(&path).map_err(|error| format!("文件读不出来（{error}）"))?;
    if rights.permissions().readonly() {
        return Err("文件是只读的".to_owned());
    }
    let bytes = [mark, text.as_bytes()].concat();
    write_file(&path, &bytes).map_err(|error| format!("写不进去（{error}）"))
}
