//! The `mps` command.
//!
//! A command's module takes its own arguments and gives an exit status; [`arguments`] is the list of them all.

mod arguments;
mod call;
mod caller;
mod check;
mod control;
mod doctor;
mod explain;
mod host;
mod journal;
mod print;
mod record;
mod region;
mod send;
mod stats;
mod test;
mod trace;
mod usage;

use arguments::Command;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// How a command ended: what its exit status says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// 0: done, and the answer is yes.
    Yes,
    /// 1: done, and the answer is no.
    No,
}

/// Why a command was not carried out (exit status 2): it was used wrongly, or what it needs is not there.
struct Misuse(String);

impl Misuse {
    fn new(text: impl fmt::Display) -> Misuse {
        Misuse(text.to_string())
    }
}

/// Runs the command with the process's arguments.
pub fn main() -> ExitCode {
    let command = match arguments::parse(std::env::args_os()) {
        Ok(command) => command,
        Err(error) => return exit(usage::report(&error)),
    };
    exit(match command {
        Command::Call(arguments) => call::run(arguments),
        Command::Send(arguments) => send::run(arguments),
        Command::Check(arguments) => check::run(arguments),
        Command::Test(arguments) => test::run(arguments),
        Command::Doctor(arguments) => doctor::run(arguments),
        Command::Explain(arguments) => explain::run(arguments),
        Command::Status(arguments) => control::status(arguments),
        Command::Reload(arguments) => control::reload(arguments),
        Command::Freeze(arguments) => control::freeze(arguments),
        Command::Unfreeze(arguments) => control::unfreeze(arguments),
        Command::Rollback(arguments) => control::rollback(arguments),
        Command::Trace(arguments) => trace::run(arguments),
        Command::Stats(arguments) => stats::run(arguments),
        Command::Record(arguments) => record::run(arguments),
        Command::Replay(arguments) => record::replay(arguments),
        Command::Region(arguments) => region::run(arguments),
        Command::Host(arguments) => host::run(arguments),
        Command::Caller(arguments) => caller::run(arguments),
    })
}

fn exit(outcome: Result<Outcome, Misuse>) -> ExitCode {
    match outcome {
        Ok(Outcome::Yes) => ExitCode::SUCCESS,
        Ok(Outcome::No) => ExitCode::from(1),
        Err(Misuse(text)) => {
            print::complain(&text);
            ExitCode::from(2)
        }
    }
}

/// The folder that this program stands in.
fn program_folder() -> Result<PathBuf, Misuse> {
    let program = std::env::current_exe().map_err(|_| Misuse::new("找不到本程序所在的文件夹"))?;
    program
        .parent()
        .map(PathBuf::from)
        .ok_or_else(|| Misuse::new("找不到本程序所在的文件夹"))
}

/// The folder that holds mps.toml and scripts: asked for, or MPS_HOME, or the one that this program stands in.
fn home(asked: Option<PathBuf>) -> Result<PathBuf, Misuse> {
    if let Some(home) = asked {
        return if home.is_dir() {
            Ok(home)
        } else {
            Err(no_folder("--home", &home))
        };
    }
    if let Some(home) = std::env::var_os("MPS_HOME").filter(|home| !home.is_empty()) {
        let home = PathBuf::from(home);
        return if home.is_dir() {
            Ok(home)
        } else {
            Err(no_folder("环境变量 MPS_HOME", &home))
        };
    }
    program_folder()
}

fn no_folder(source: &str, home: &Path) -> Misuse {
    Misuse::new(format!("{source} 所指的文件夹不存在: {}", home.display()))
}
