//! What clap has to say, in Chinese: help and version on standard output, wrong usage on standard error.

use super::{Misuse, Outcome, arguments, print};
use crate::suggest;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::error::Error as _;

/// Help and version are printed; anything else that ended the reading of the arguments is misuse.
pub(super) fn report(error: &clap::Error) -> Result<Outcome, Misuse> {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            print::text(&error.render().to_string())?;
            Ok(Outcome::Yes)
        }
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Err(
            Misuse::new(arguments::command().render_help().to_string().trim_end()),
        ),
        _ => {
            let named = std::env::args_os()
                .nth(1)
                .and_then(|name| name.into_string().ok());
            Err(Misuse(complaint(error, named.as_deref())))
        }
    }
}

/// What is wrong, and the usage of the command that was named, or of `mps` itself.
fn complaint(error: &clap::Error, named: Option<&str>) -> String {
    let root = arguments::command();
    let sub = named.and_then(|name| root.find_subcommand(name));
    let name = sub.map_or_else(|| "mps".to_owned(), |sub| format!("mps {}", sub.get_name()));
    let what = explain(error, sub.unwrap_or(&root));
    let usage = sub.unwrap_or(&root).clone().render_usage().to_string();
    // clap puts its own English heading before a usage, overridden or not.
    let usage = usage.trim_start_matches("Usage:").trim();
    format!("{what}\n用法: {usage}\n详见: {name} --help")
}

/// What is wrong. Values are not repeated: they may be patients' data.
fn explain(error: &clap::Error, command: &clap::Command) -> String {
    let argument = context(error, ContextKind::InvalidArg);
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let name = context(error, ContextKind::InvalidSubcommand);
            let known = command.get_subcommands().map(|known| known.get_name());
            format!(
                "没有 {name} 这个命令{}",
                guess(suggest::nearest(&name, known), "")
            )
        }
        ErrorKind::UnknownArgument if argument.starts_with('-') => {
            let name = argument.split('=').next().unwrap_or_default();
            let known = command.get_arguments().filter_map(|known| known.get_long());
            let near = suggest::nearest(name.trim_start_matches('-'), known);
            format!("没有 {name} 这个选项{}", guess(near, "--"))
        }
        ErrorKind::UnknownArgument => "参数太多".to_owned(),
        ErrorKind::MissingRequiredArgument => format!("缺少参数 {argument}"),
        ErrorKind::InvalidValue => format!("选项 {argument} 后面缺少值"),
        ErrorKind::ValueValidation => {
            let reason = error
                .source()
                .map_or_else(|| "不对".to_owned(), ToString::to_string);
            format!("选项 {argument} 的值{reason}")
        }
        ErrorKind::ArgumentConflict => {
            let other = context(error, ContextKind::PriorArg);
            if other.is_empty() || other == argument {
                format!("选项 {argument} 写了不止一次")
            } else {
                format!("选项 {argument} 和 {other} 不能同时使用")
            }
        }
        ErrorKind::TooManyValues => format!("选项 {argument} 后面不能有值"),
        ErrorKind::InvalidUtf8 => "参数里有无法识别的字符".to_owned(),
        _ => "参数不对".to_owned(),
    }
}

/// A part of clap's error as text; empty where it has none.
fn context(error: &clap::Error, kind: ContextKind) -> String {
    match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(" "),
        _ => String::new(),
    }
}

fn guess(near: Option<&str>, prefix: &str) -> String {
    near.map_or_else(String::new, |near| format!("，是不是想写 {prefix}{near}？"))
}
