//! What can be written behind `mps`. What is said about wrong arguments is in [`super::usage`].

mod help;

use crate::engine::config;
use crate::engine::journal::Day;
use clap::{ArgAction, Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use help::*;
use std::ffi::OsString;
use std::path::PathBuf;

/// The buffer that `mps send` passes where no other size is asked for.
pub(super) const DEFAULT_CAPACITY: u32 = 65_536;

const LARGEST_CAPACITY: u32 = 64 * 1024 * 1024;

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
    #[command(
        about = "检查 mps.toml 和脚本，不碰设备",
        override_usage = "mps check [--region 代码 | --all] [选项]",
        after_help = JSON_OF_CHECK
    )]
    Check(Check),
    #[command(
        about = "运行场景：模拟设备的各种表现，核对 MPS_Call 的返回",
        override_usage = "mps test [文件 | 文件夹 | 文件:行]… [选项]",
        after_help = AFTER_TEST
    )]
    Test(Test),
    #[command(
        about = "体检：设备的动态库、位数、依赖、导出函数、设置、权限、服务器，哪里不对、怎么办",
        override_usage = "mps doctor [选项]",
        after_help = JSON_OF_DOCTOR
    )]
    Doctor(Doctor),
    #[command(
        about = "说明每个返回字段由哪一层的哪个文件哪一行给出，取自设备的什么",
        override_usage = "mps explain <功能编号> [字段] [选项]\n      mps explain --call <文件> [选项]",
        after_help = JSON_OF_EXPLAIN
    )]
    Explain(Explain),
    #[command(
        about = "查看正在运行的程序用的是哪一代脚本，新的为什么没有生效",
        override_usage = "mps status [选项]",
        after_help = JSON_OF_STATUS
    )]
    Status(Desk),
    #[command(
        about = "让正在运行的程序马上重新读取 mps.toml 和脚本",
        override_usage = "mps reload [选项]",
        after_help = JSON_OF_RELOAD
    )]
    Reload(Desk),
    #[command(
        about = "冻结：停留在现在这一代脚本，不管以后保存什么，重新启动后也一样",
        override_usage = "mps freeze [选项]",
        after_help = JSON_OF_RELOAD
    )]
    Freeze(Desk),
    #[command(
        about = "解除冻结：重新采用保存的脚本",
        override_usage = "mps unfreeze [选项]",
        after_help = JSON_OF_RELOAD
    )]
    Unfreeze(Desk),
    #[command(
        about = "退回保留的一代脚本，并冻结在那里",
        override_usage = "mps rollback [序号] [选项]",
        after_help = JSON_OF_RELOAD
    )]
    Rollback(Rollback),
    #[command(
        about = "看着调用发生：本机各程序的每次调用、设备、脚本的提示和换代",
        override_usage = "mps trace [--funid 编号] [--region 代码] [--failed] [--slow 毫秒] [--last 条数] [选项]",
        after_help = JSON_OF_TRACE
    )]
    Trace(Trace),
    #[command(
        about = "汇总一天的调用：次数、失败的原因、用时",
        override_usage = "mps stats [--day 日期] [选项]",
        after_help = JSON_OF_STATS
    )]
    Stats(Stats),
    #[command(
        about = "录制调用：开关、列出、写成场景；患者的数据都换成编造的",
        override_usage = "mps record <on|off|list|show|to-scenario> [编号] [选项]",
        after_help = JSON_OF_RECORD
    )]
    Record(Record),
    #[command(
        about = "回放录制的调用：不碰设备，看现在的脚本应答得是否一样",
        override_usage = "mps replay [编号|文件|文件夹] [--generation 序号] [选项]",
        after_help = JSON_OF_REPLAY
    )]
    Replay(Replay),
    #[command(
        about = "为一个地区新建一层脚本",
        override_usage = "mps region new <代码> [--like 代码] [选项]",
        after_help = JSON_OF_REGION
    )]
    Region(Region),
    #[command(
        about = "在单独的进程里运行一个厂商动态库；由动态库自己启动，不用手工执行",
        override_usage = "mps host --pipe 编号"
    )]
    Host(Host),
    #[command(
        hide = true,
        about = "在单独的进程里调用一个编好的动态库；由 mps test --library 自己启动"
    )]
    Caller(Caller),
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

/// What every command about a desk can be told.
#[derive(Args)]
pub(super) struct Desk {
    #[arg(
        long,
        value_name = "文件夹",
        help = "mps.toml 和 scripts 所在的文件夹，默认取环境变量 MPS_HOME，再默认为本程序所在的文件夹"
    )]
    pub(super) home: Option<PathBuf>,
    #[arg(long, help = JSON)]
    pub(super) json: bool,
}

/// The arguments of `mps check`.
#[derive(Args)]
pub(super) struct Check {
    #[arg(long, value_name = "代码", value_parser = region, help = "检查哪个地区的脚本（六位行政区划代码），默认按 mps.toml")]
    pub(super) region: Option<String>,
    #[arg(
        long,
        conflicts_with = "region",
        help = "检查基础脚本和 scripts/regions 里的每一个地区"
    )]
    pub(super) all: bool,
    #[command(flatten)]
    pub(super) desk: Desk,
}

/// The arguments of `mps test`.
#[derive(Args)]
pub(super) struct Test {
    #[arg(
        value_name = "路径",
        help = "场景文件或文件夹；文件:行 只运行这一行所在的场景"
    )]
    pub(super) paths: Vec<PathBuf>,
    #[arg(short = 'k', value_name = "名称", help = "只运行名称中含有它的场景")]
    pub(super) named: Option<String>,
    #[arg(long, help = "打乱次序")]
    pub(super) shuffle: bool,
    #[arg(
        long,
        value_name = "数",
        requires = "shuffle",
        value_parser = whole,
        help = "按这个数打乱，同一个数次序相同"
    )]
    pub(super) seed: Option<u64>,
    #[arg(long, value_name = "个数", value_parser = number, help = "同时运行几个，默认与处理器的个数相同")]
    pub(super) jobs: Option<usize>,
    #[arg(long, value_name = "代码", value_parser = region, help = "由哪个地区的脚本应答（六位行政区划代码），默认按 mps.toml")]
    pub(super) region: Option<String>,
    #[arg(
        long,
        value_name = "文件",
        help = "调用这个编好的动态库的 MPS_Call，而不是本程序自己的"
    )]
    pub(super) library: Option<PathBuf>,
    #[arg(short, long, help = "通过的也列出来")]
    pub(super) verbose: bool,
    #[arg(long, help = "保存了场景、脚本、mps.toml 或动态库就再运行一次，直到按 Ctrl+C")]
    pub(super) watch: bool,
    #[arg(
        long,
        conflicts_with_all = ["watch", "json", "tap", "junit"],
        help = "先列出不同，再把 is 期望的文字改写成实际的（msg、返回字段、整份报文），然后再运行一次"
    )]
    pub(super) update: bool,
    #[arg(
        long,
        conflicts_with = "library",
        help = "另列出脚本的哪些行运行过，每个地区声明的返回字段哪些在返回里见过"
    )]
    pub(super) coverage: bool,
    #[arg(
        long,
        value_name = "文件",
        conflicts_with = "library",
        help = "另把运行过的行和见过的返回字段以 LCOV 的格式写进文件"
    )]
    pub(super) coverage_lcov: Option<PathBuf>,
    #[arg(long, help = JSON)]
    pub(super) json: bool,
    #[arg(long, conflicts_with = "json", help = "以 TAP 输出结果")]
    pub(super) tap: bool,
    #[arg(long, value_name = "文件", help = "另把结果以 JUnit XML 写进文件")]
    pub(super) junit: Option<PathBuf>,
    #[arg(
        long,
        value_name = "文件夹",
        help = "mps.toml 和 scripts 所在的文件夹，默认取环境变量 MPS_HOME，再默认为本程序所在的文件夹"
    )]
    pub(super) home: Option<PathBuf>,
}

/// The arguments of `mps doctor`.
#[derive(Args)]
pub(super) struct Doctor {
    /// What doctor starts itself with, to try one device in a process that nobody misses.
    #[arg(long, hide = true)]
    pub(super) probe: Option<String>,
    #[command(flatten)]
    pub(super) desk: Desk,
}

/// The arguments of `mps explain`.
#[derive(Args)]
pub(super) struct Explain {
    #[arg(
        value_name = "功能编号",
        required_unless_present = "call",
        conflicts_with = "call",
        help = "例如 N04.00.00.01"
    )]
    pub(super) funid: Option<String>,
    #[arg(value_name = "字段", help = "只说明这一个请求字段或返回字段")]
    pub(super) field: Option<String>,
    #[arg(
        long,
        value_name = "文件",
        help = "请求报文的文件：应答它，并说明每个值的来历"
    )]
    pub(super) call: Option<PathBuf>,
    #[arg(long, requires = "call", help = "全部设备用模拟数据应答")]
    pub(super) sim: bool,
    #[arg(long, value_name = "代码", value_parser = region, help = "哪个地区的脚本（六位行政区划代码），默认按 mps.toml")]
    pub(super) region: Option<String>,
    #[command(flatten)]
    pub(super) desk: Desk,
}

/// The arguments of `mps rollback`.
#[derive(Args)]
pub(super) struct Rollback {
    #[arg(value_name = "序号", value_parser = number, help = "mps status 列出的序号，默认为现在这一代的前一代")]
    pub(super) number: Option<usize>,
    #[command(flatten)]
    pub(super) desk: Desk,
}

/// The arguments of `mps trace`.
#[derive(Args)]
pub(super) struct Trace {
    #[arg(long, value_name = "编号", help = "只看这个功能编号")]
    pub(super) funid: Option<String>,
    #[arg(long, value_name = "代码", value_parser = region, help = "只看这个地区（六位行政区划代码）")]
    pub(super) region: Option<String>,
    #[arg(long, help = "只看失败的")]
    pub(super) failed: bool,
    #[arg(long, value_name = "毫秒", value_parser = millis, help = "只看至少用了这么多毫秒的调用")]
    pub(super) slow: Option<f64>,
    #[arg(long, value_name = "条数", value_parser = count, help = "列出最近的这么多条就结束，不等新的")]
    pub(super) last: Option<usize>,
    #[command(flatten)]
    pub(super) desk: Desk,
}

/// The arguments of `mps stats`.
#[derive(Args)]
pub(super) struct Stats {
    #[arg(long, value_name = "日期", value_parser = day, help = "例如 2026-01-31，默认为今天（北京时间）")]
    pub(super) day: Option<Day>,
    #[command(flatten)]
    pub(super) desk: Desk,
}

/// The arguments of `mps record`.
#[derive(Args)]
pub(super) struct Record {
    #[arg(value_name = "动作", value_parser = record_action, help = "on、off、list、show 或 to-scenario")]
    pub(super) action: RecordAction,
    #[arg(value_name = "编号", help = "mps record list 列出的编号")]
    pub(super) id: Option<String>,
    #[command(flatten)]
    pub(super) desk: Desk,
}

/// What `mps record` can do.
#[derive(Clone, Copy)]
pub(super) enum RecordAction {
    On,
    Off,
    List,
    Show,
    ToScenario,
}

/// The arguments of `mps replay`.
#[derive(Args)]
pub(super) struct Replay {
    #[arg(value_name = "录制", help = "编号、文件或文件夹，默认为全部录制")]
    pub(super) recording: Option<String>,
    #[arg(long, value_name = "序号", value_parser = number, help = "用 mps status 列出的保留的一代脚本，默认为现在保存的")]
    pub(super) generation: Option<usize>,
    #[command(flatten)]
    pub(super) desk: Desk,
}

/// The arguments of `mps region`.
#[derive(Args)]
pub(super) struct Region {
    #[arg(value_name = "new", value_parser = new, help = "新建")]
    pub(super) action: String,
    #[arg(value_name = "代码", value_parser = region, help = "六位行政区划代码，例如 350200")]
    pub(super) code: String,
    #[arg(long, value_name = "代码", value_parser = region, help = "照着这个地区的一层新建")]
    pub(super) like: Option<String>,
    #[command(flatten)]
    pub(super) desk: Desk,
}

/// The arguments of `mps host`.
#[derive(Args)]
pub(super) struct Host {
    #[arg(long, value_name = "编号", value_parser = pipe, required = true, help = "与启动它的程序相连的管道")]
    pub(super) pipe: Vec<u64>,
}

/// The arguments of `mps caller`.
#[derive(Args)]
pub(super) struct Caller {
    #[arg(long, value_name = "编号", value_parser = pipe, required = true, help = "与启动它的程序相连的管道")]
    pub(super) pipe: Vec<u64>,
}

/// The command as clap sees it.
pub(super) fn command() -> clap::Command {
    Arguments::command()
        .help_template(ROOT_HELP)
        .mut_subcommands(|command| {
            let plain = command.get_positionals().next().is_none();
            command.help_template(if plain { PLAIN_HELP } else { COMMAND_HELP })
        })
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

fn pipe(number: &str) -> Result<u64, String> {
    number.parse().map_err(|_| "应为管道的编号".to_owned())
}

fn number(number: &str) -> Result<usize, String> {
    let number = number.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| "应为 mps status 列出的序号，例如 2".to_owned())
}

fn record_action(action: &str) -> Result<RecordAction, String> {
    Ok(match action {
        "on" => RecordAction::On,
        "off" => RecordAction::Off,
        "list" => RecordAction::List,
        "show" => RecordAction::Show,
        "to-scenario" => RecordAction::ToScenario,
        _ => return Err("应为 on、off、list、show 或 to-scenario".to_owned()),
    })
}

fn whole(number: &str) -> Result<u64, String> {
    number.parse().map_err(|_| "应为不小于 0 的整数".to_owned())
}

fn millis(number: &str) -> Result<f64, String> {
    let millis = number.parse().ok().filter(|millis| (0.0..1e9).contains(millis));
    millis.ok_or_else(|| "应为毫秒数，例如 500".to_owned())
}

fn count(number: &str) -> Result<usize, String> {
    let count = number
        .parse()
        .ok()
        .filter(|count| (1..=1_000_000).contains(count));
    count.ok_or_else(|| "应为条数，例如 20".to_owned())
}

fn day(day: &str) -> Result<Day, String> {
    day.parse().map_err(|()| "应为日期，例如 2026-01-31".to_owned())
}

fn new(action: &str) -> Result<String, String> {
    if action == "new" {
        return Ok(action.to_owned());
    }
    Err("应为 new，例如 mps region new 350200".to_owned())
}

fn capacity(number: &str) -> Result<u32, String> {
    let capacity = number
        .parse()
        .ok()
        .filter(|capacity| (0..=LARGEST_CAPACITY).contains(capacity));
    capacity.ok_or_else(|| format!("应为 0 到 {LARGEST_CAPACITY} 之间的整数"))
}
