//! What can go wrong between us and a vendor's library.

use super::Machine;
use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Why a device's function gave no result. A result that means failure is not among these: success is the declaration's to judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The library's file does not exist.
    NoFile(PathBuf),
    /// The system refused to load it; with the system's reason, and the bits of the process that tried.
    NotLoaded(PathBuf, String, u32),
    /// The library does not export the function.
    NoFunction(PathBuf, String),
    /// An argument does not fit its parameter: function, parameter, what is wrong.
    Argument(String, String, Cow<'static, str>),
    /// The function wrote past an out buffer: function, parameter, its size, bytes written at least.
    Overrun(String, String, usize, usize),
    /// The function tells more bytes than the out buffer has: function, parameter, its size, bytes told.
    Length(String, String, usize, i64),
    /// The function did not come back in time.
    TimedOut(String, Duration),
    /// An earlier call of this function timed out and has still not come back.
    StillRunning(String),
    /// Another call is using the device and did not finish within the waiting time.
    Busy(Duration),
    /// The calling thread is already inside a device call: a vendor's dialog called us again.
    Reentered,
    /// The worker thread could not be started or has ended.
    NoWorker(String),
    /// Another program is using the device and did not finish within the waiting time.
    BusyElsewhere(Duration),
    /// The helper process ended over a call: library, function, how it ended.
    Died(PathBuf, String, String),
    /// The function did not come back in time, and its helper process was ended: library, function, limit.
    Stopped(PathBuf, String, Duration),
    /// The helper program for a library of so many bits is not there: library, bits, program.
    NoHelper(PathBuf, u32, PathBuf),
    /// The helper program does not run or is not ours: program, reason.
    NotHelped(PathBuf, String),
    /// The helper process had ended before the function was called, and the opened reader with it: library, function, how.
    Gone(PathBuf, String, String),
}

impl Error {
    /// A stable code, `D` and three digits.
    pub fn code(&self) -> &'static str {
        match self {
            Error::NoFile(_) => "D001",
            Error::NotLoaded(..) => "D002",
            Error::NoFunction(..) => "D003",
            Error::Argument(..) => "D004",
            Error::Overrun(..) => "D005",
            Error::TimedOut(..) => "D006",
            Error::StillRunning(_) => "D007",
            Error::Busy(_) => "D008",
            Error::Reentered => "D009",
            Error::NoWorker(_) => "D010",
            Error::Length(..) => "D011",
            Error::BusyElsewhere(_) => "D012",
            Error::Died(..) => "D013",
            Error::Stopped(..) => "D014",
            Error::NoHelper(..) => "D015",
            Error::NotHelped(..) => "D016",
            Error::Gone(..) => "D017",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NoFile(path) => {
                write!(
                    f,
                    "找不到厂商动态库{}，请检查mps.toml中的folder和file",
                    path.display()
                )
            }
            Error::NotLoaded(path, reason, bits) => write!(
                f,
                "厂商动态库{}加载失败（本程序为{bits}位）：{reason}；请检查位数是否一致、所依赖的动态库是否在同一文件夹",
                path.display()
            ),
            Error::NoFunction(path, name) => {
                write!(
                    f,
                    "厂商动态库{}没有导出函数{name}，请核对设备脚本中的函数名",
                    path.display()
                )
            }
            Error::Argument(function, parameter, wrong) => {
                write!(f, "调用{function}的参数{parameter}{wrong}")
            }
            Error::Overrun(function, parameter, size, wrote) => write!(
                f,
                "{function}写入{parameter}至少{wrote}字节，超出声明的{size}字节；请在设备脚本中核对{parameter}的类型，加大它的字节数"
            ),
            Error::Length(function, parameter, size, told) => write!(
                f,
                "{function}给出{parameter}的长度为{told}字节，超出声明的{size}字节；请在设备脚本中加大out[{size}]，或核对length="
            ),
            Error::TimedOut(function, limit) => {
                write!(
                    f,
                    "{function}超时：{}秒内没有返回，请检查设备后重试",
                    limit.as_secs_f64()
                )
            }
            Error::StillRunning(function) => {
                write!(
                    f,
                    "设备忙：之前超时的{function}仍未返回，请检查设备；必要时重启调用程序"
                )
            }
            Error::Busy(waited) => {
                write!(
                    f,
                    "设备忙：另一个调用正在使用设备，等待{}秒后仍未结束，请稍后重试",
                    waited.as_secs_f64()
                )
            }
            Error::Reentered => write!(f, "设备忙：上一次调用尚未结束，不能在设备的窗口或回调中再次调用"),
            Error::NoWorker(reason) => write!(f, "设备的工作线程不可用：{reason}"),
            Error::BusyElsewhere(waited) => write!(
                f,
                "设备忙：本机的另一个程序正在使用设备，等待{}秒后仍未结束，请稍后重试或关闭那个程序",
                waited.as_secs_f64()
            ),
            Error::Died(library, function, death) => write!(
                f,
                "厂商动态库{}在{function}中{death}。本次没有结果，设备已断开；下次调用会重新加载它，若反复出现请联系厂商",
                library.display()
            ),
            Error::Stopped(library, function, limit) => write!(
                f,
                "{function}超时：{}秒内没有返回，已强行结束厂商动态库{}，设备已断开；请检查设备后重试",
                limit.as_secs_f64(),
                library.display()
            ),
            Error::NoHelper(library, bits, program) => write!(
                f,
                "厂商动态库{}是{bits}位的，要由辅助程序{}运行，但没有这个文件；{}",
                library.display(),
                program.display(),
                helper_advice(*bits)
            ),
            Error::NotHelped(program, reason) => write!(
                f,
                "辅助程序{}不能运行：{reason}；请换成发行包中与本程序同一版本的那一个",
                program.display()
            ),
            Error::Gone(library, function, death) => write!(
                f,
                "运行厂商动态库{}的辅助进程{death}，设备已断开，{function}没有执行；请重试",
                library.display()
            ),
        }
    }
}

impl std::error::Error for Error {}

/// What to do where the helper program for libraries of so many bits is missing. Releases for Linux have none for the other bitness.
pub fn helper_advice(bits: u32) -> String {
    let ours = Machine::OURS.bits;
    match (ours == bits, cfg!(windows)) {
        (true, _) => "请从发行包中把它放到那个文件夹".to_owned(),
        (false, true) => format!("请从发行包中把它放到那个文件夹，或向厂商要{ours}位的动态库"),
        (false, false) => format!("Linux的发行包没有{bits}位的辅助程序，请向厂商要{ours}位的动态库"),
    }
}
