//! What can be written behind `mps`. The help texts are here; what is said about wrong arguments is in [`super::usage`].

use crate::engine::config;
use clap::{ArgAction, Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;

/// The buffer that `mps send` passes where no other size is asked for.
pub(super) const DEFAULT_CAPACITY: u32 = 65_536;

const LARGEST_CAPACITY: u32 = 64 * 1024 * 1024;

const ROOT_HELP: &str = "{about}\n\n用法: {usage}\n\n命令:\n{subcommands}\n\n选项:\n{options}{after-help}";

const COMMAND_HELP: &str = "{about}\n\n用法: {usage}\n\n参数:\n{positionals}\n\n选项:\n{options}{after-help}";

const JSON: &str = "以 JSON 输出结果，供程序读取";

const JSON_OF_CALL: &str = "\
--json 输出一个对象:
  funid、sign、result、msg   报文头，都是字符串
  body                       报文体，按顺序的 [{\"name\": …, \"value\": …}, …]
  charset、bytes             返回报文的编码和字节数

退出状态: 0 结果为 0；1 结果不为 0；2 用法不对";

const JSON_OF_SEND: &str = "\
--json 输出一个对象:
  funid、sign、result、msg   报文头，都是字符串
  body                       报文体，按顺序的 [{\"name\": …, \"value\": …}, …]
  charset、bytes             返回报文的编码和字节数
  return_code                MPS_Call 或 MPS_CallN 的返回值

退出状态: 0 结果为 0；1 结果不为 0、返回值为负或返回报文读不出来；2 用法不对，或动态库加载不了";

#[derive(Parser)]
#[command(
    name = "mps",
    bin_name = "mps",
    about = "医保多点结算客户端的命令行工具",
    after_help = "每个命令的用法: mps <命令> --help",
    override_usage = "mps <命令> [参数]",
    version,
    disable_help_flag = true,
    disable_version_flag = true,
    disable_help_subcommand = true,
    subcommand_required = true
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[arg(short, long, global = true, action = ArgAction::Help, help = "显示用法", display_order = 100)]
    help: Option<bool>,
    #[arg(short = 'V', long, action = ArgAction::Version, help = "显示版本", display_order = 101)]
    version: Option<bool>,
}

/// One variant a command.
#[derive(Subcommand)]
pub(super) enum Command {
    #[command(
        about = "用本机的脚本应答一次调用，并把结果列出来",
        override_usage = "mps call <功能编号> [字段=值]… [选项]",
        after_help = JSON_OF_CALL
    )]
    Call(Call),
    #[command(
        about = "把文件里的请求报文原样交给动态库的 MPS_Call，并把返回列出来",
        override_usage = "mps send <文件> [选项]",
        after_help = JSON_OF_SEND
    )]
    Send(Send),
}

/// The arguments of `mps call`.
#[derive(Args)]
pub(super) struct Call {
    #[arg(value_name = "功能编号", help = "例如 N04.00.00.01")]
    pub(super) funid: String,
    #[arg(
        value_name = "字段=值",
        help = "请求报文 Body 里的字段，例如 mdtrt_cert_type=03"
    )]
    pub(super) fields: Vec<String>,
    #[arg(long, help = "全部设备用模拟数据应答")]
    pub(super) sim: bool,
    #[arg(long, value_name = "代码", value_parser = region, help = "由哪个地区的脚本应答（六位行政区划代码），默认按 mps.toml")]
    pub(super) region: Option<String>,
    #[arg(long, value_name = "签名", help = "请求报文的 sign，默认十六个 0")]
    pub(super) sign: Option<String>,
    #[arg(
        long,
        value_name = "文件夹",
        help = "mps.toml 和 scripts 所在的文件夹，默认取环境变量 MPS_HOME，再默认为本程序所在的文件夹"
    )]
    pub(super) home: Option<PathBuf>,
    #[arg(long, help = JSON)]
    pub(super) json: bool,
}

/// The arguments of `mps send`.
#[derive(Args)]
pub(super) struct Send {
    #[arg(value_name = "文件", help = "请求报文的文件，- 表示标准输入；字节原样传递")]
    pub(super) file: PathBuf,
    #[arg(long, value_name = "文件", help = "动态库，默认为本程序旁边的那一个")]
    pub(super) library: Option<PathBuf>,
    #[arg(
        long,
        value_name = "字节数",
        value_parser = capacity,
        help = "改为调用 MPS_CallN，并给出这么大的缓冲区（MPS_Call 的缓冲区为 65536 字节）"
    )]
    pub(super) capacity: Option<u32>,
    #[arg(long, help = JSON)]
    pub(super) json: bool,
    #[arg(long, conflicts_with = "json", help = "把返回报文的字节原样写到标准输出")]
    pub(super) raw: bool,
}

/// The command as clap sees it.
pub(super) fn command() -> clap::Command {
    Arguments::command()
        .help_template(ROOT_HELP)
        .mut_subcommands(|command| command.help_template(COMMAND_HELP))
}

pub(super) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, clap::Error> {
    let mut matches = command().try_get_matches_from(arguments)?;
    Ok(Arguments::from_arg_matches_mut(&mut matches)?.command)
}

fn region(code: &str) -> Result<String, String> {
    if config::is_region(code) {
        return Ok(code.to_owned());
    }
    Err("应为六位行政区划代码，例如 350200".to_owned())
}

fn capacity(number: &str) -> Result<u32, String> {
    let capacity = number
        .parse()
        .ok()
        .filter(|capacity| (0..=LARGEST_CAPACITY).contains(capacity));
    capacity.ok_or_else(|| format!("应为 0 到 {LARGEST_CAPACITY} 之间的整数"))
}
