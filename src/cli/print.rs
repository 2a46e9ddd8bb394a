//! What commands print: responses for people and for programs.

use super::Misuse;
use crate::message::{Layout, Response, ResponseField};
use serde_json::json;
use std::fmt::Write as _;
use std::io::{ErrorKind, Write as _};

/// Writes to standard output. A reader who has seen enough (`mps call … | head -1`) has closed it: nobody is left to be told.
pub(super) fn bytes(bytes: &[u8]) -> Result<(), Misuse> {
    let mut output = std::io::stdout().lock();
    match output.write_all(bytes).and_then(|()| output.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Misuse::new("标准输出写不进去，请检查磁盘空间"))
        }
        _ => Ok(()),
    }
}

/// Writes text to standard output.
pub(super) fn text(text: &str) -> Result<(), Misuse> {
    bytes(text.as_bytes())
}

/// Writes a line to standard error.
pub(super) fn complain(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// A response for people: 结果, 提示, then the fields with their values below one another.
pub(super) fn readable(response: &Response) -> String {
    let mut text = format!(
        "结果  {}\n提示  {}\n",
        visible(&response.result),
        visible(&response.msg)
    );
    if !response.body.is_empty() {
        text.push('\n');
    }
    let inline = |field: &&ResponseField| !stands_alone(field);
    let width = response
        .body
        .iter()
        .filter(inline)
        .map(|field| columns(&field.name))
        .max()
        .unwrap_or(0);
    for field in &response.body {
        let value = visible(field.value.trim_matches(['\r', '\n']));
        let padding = " ".repeat(width.saturating_sub(columns(&field.name)));
        // Writing to a String cannot fail.
        let _ = if stands_alone(field) && !value.is_empty() {
            writeln!(text, "{}\n{value}", field.name)
        } else if value.is_empty() {
            writeln!(text, "{}", field.name)
        } else {
            writeln!(text, "{}{padding}  {value}", field.name)
        };
    }
    text
}

/// A response for programs, with what only the sender knows; see the help of `--json`.
pub(super) fn for_programs(response: &Response, bytes: usize, return_code: Option<i32>) -> String {
    let body: Vec<_> = response
        .body
        .iter()
        .map(|field| json!({ "name": &*field.name, "value": &*field.value }))
        .collect();
    let mut object = json!({
        "funid": response.header.funid.as_str(),
        "sign": response.header.sign.as_str(),
        "result": response.result,
        "msg": response.msg,
        "body": body,
        "charset": response.charset.label(),
        "bytes": bytes,
    });
    if let Some(code) = return_code {
        object["return_code"] = code.into();
    }
    format!("{object:#}\n")
}

/// Whether a value has lines of its own: a vendor's JSON, or whatever else has several lines.
fn stands_alone(field: &ResponseField) -> bool {
    let value = field.value.trim();
    field.layout == Layout::Block || value.starts_with(['{', '[']) || value.contains('\n')
}

/// Text without the control characters that would steer the terminal.
pub(super) fn visible(text: &str) -> String {
    text.chars()
        .filter(|c| *c != '\r')
        .map(|c| {
            if c.is_control() && c != '\n' && c != '\t' {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

/// Columns of a console that a name takes.
pub(super) fn columns(name: &str) -> usize {
    name.chars().map(|c| 1 + usize::from(c >= '\u{1100}')).sum()
}
