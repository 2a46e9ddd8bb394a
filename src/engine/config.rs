//! `mps.toml`: what differs from desk to desk.

mod entry;
mod error;
mod excerpt;
mod file;
mod keys;
mod syntax;
mod written;

pub use error::Error;
pub use keys::{DEVICE, HTTP, JOURNAL, KEYS, Key, TIME_LIMITS};

use crate::device::Hosts;
use crate::script::Limits;
use crate::suggest;
use entry::Entry;
use excerpt::Source;
use std::collections::BTreeMap;
use std::fmt;
use std::io::ErrorKind;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::de::DeTable;

/// The settings of one desk.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// 行政区划代码 (GB/T 2260) whose scripts answer; `None`: the base scripts alone.
    pub region: Option<String>,
    /// Whether every device is simulated.
    pub simulate: bool,
    /// Bytes of `resp`, its NUL included, that `MPS_Call` may count on.
    pub response_capacity: usize,
    /// Bytes that a request may have.
    pub request_limit: usize,
    /// Whether changed scripts are tried with their own scenarios before they answer.
    pub gate: bool,
    /// How long that may take.
    pub gate_time: Duration,
    /// What scripts may use.
    pub scripts: Limits,
    /// How long one call into a device may take, where the device's script does not say.
    pub device_timeout: Duration,
    /// How long a call waits for a device that another call is using.
    pub device_wait: Duration,
    /// The servers that scripts may ask with `mps.http`.
    pub http_hosts: Hosts,
    /// How long one HTTP call may take, where the script does not say.
    pub http_timeout: Duration,
    /// Whether calls are recorded.
    pub record: bool,
    /// What is kept of calls that are over.
    pub journal: JournalConfig,
    /// `[device.<name>]`, by name.
    pub devices: BTreeMap<String, DeviceConfig>,
}

/// `[journal]`.
#[derive(Clone, Debug, PartialEq)]
pub struct JournalConfig {
    /// Whether there is one.
    pub on: bool,
    /// Its folder; relative to the home folder.
    pub folder: PathBuf,
    /// Days that are kept.
    pub days: usize,
    /// Bytes that are kept.
    pub bytes: usize,
}

/// `[device.<name>]`: one device of this desk.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeviceConfig {
    /// Line of the table in mps.toml, from 1.
    pub line: usize,
    /// The folder that the vendor's library stands in; relative to the home folder.
    pub folder: Option<PathBuf>,
    /// The library's file name, where it is not the one that the device's script names.
    pub file: Option<String>,
    /// Overrides the script's time limit.
    pub timeout: Option<Duration>,
    /// Overrides the script's `foreground`.
    pub foreground: Option<bool>,
    /// Overrides the script's `isolate`.
    pub isolate: Option<bool>,
    /// Overrides the script's `on_caller_thread`.
    pub on_caller_thread: Option<bool>,
    /// Overrides `simulate` for this device.
    pub simulate: Option<bool>,
    /// Every other key: the settings that the device's script declares.
    pub settings: BTreeMap<String, Setting>,
}

/// A setting's value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// As written.
    pub value: Value,
    /// Line in mps.toml, from 1.
    pub line: usize,
}

/// What a setting can hold.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// A string.
    Text(String),
    /// An integer.
    Integer(i64),
    /// `true` or `false`.
    Boolean(bool),
}

/// Bytes that `response_capacity` may be.
const CAPACITY_RANGE: RangeInclusive<usize> = 256..=16 * 1024 * 1024;

/// Bytes that `request_limit` may be.
const REQUEST_RANGE: RangeInclusive<usize> = 1024..=64 * 1024 * 1024;

/// Bytes that the journal may have.
const JOURNAL_RANGE: RangeInclusive<usize> = 64 * 1024..=1024 * 1024 * 1024;

/// Days that the journal may have.
const DAYS_RANGE: RangeInclusive<usize> = 1..=3650;

/// Bytes that `script_memory` may be.
const MEMORY_RANGE: RangeInclusive<usize> = 4 * 1024 * 1024..=512 * 1024 * 1024;

impl Default for Config {
    fn default() -> Config {
        Config {
            region: None,
            simulate: false,
            response_capacity: 8192,
            request_limit: 1024 * 1024,
            gate: true,
            gate_time: Duration::from_secs(5),
            scripts: Limits::default(),
            device_timeout: Duration::from_secs(30),
            device_wait: Duration::from_secs(10),
            http_hosts: Hosts::default(),
            http_timeout: Duration::from_secs(10),
            record: false,
            journal: JournalConfig::default(),
            devices: BTreeMap::new(),
        }
    }
}

impl Default for JournalConfig {
    fn default() -> JournalConfig {
        JournalConfig {
            on: true,
            folder: PathBuf::from("journal"),
            days: 30,
            bytes: 100 << 20,
        }
    }
}

impl Config {
    /// Reads the file; one that does not exist configures nothing.
    pub fn load(path: &Path) -> Result<Config, Error> {
        let result = match std::fs::read(path) {
            Ok(bytes) => file::text(&bytes).and_then(Config::parse),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Config::default()),
            Err(error) => Err(file::unreadable(&error)),
        };
        result.map_err(|error| Error {
            file: path.display().to_string(),
            ..error
        })
    }

    /// Reads the text of a `mps.toml`; its first mistake is the error.
    pub fn parse(text: &str) -> Result<Config, Error> {
        let mut config = Config::default();
        config.lay_over(text)?;
        Ok(config)
    }

    /// Changes what a text in the form of `mps.toml` says, and leaves the rest as it is.
    pub fn lay_over(&mut self, text: &str) -> Result<(), Error> {
        let source = Source {
            text: text.strip_prefix('\u{feff}').unwrap_or(text),
        };
        let document = DeTable::parse(source.text).map_err(|error| syntax::translate(source, &error))?;
        entry::entries(source, document.get_ref())
            .into_iter()
            .try_for_each(|entry| self.read(entry))
    }

    fn read(&mut self, entry: Entry<'_>) -> Result<(), Error> {
        match entry.name() {
            "region" => self.region = Some(entry.region()?),
            "simulate" => self.simulate = entry.flag()?,
            "record" => self.record = entry.flag()?,
            "gate" => self.gate = entry.flag()?,
            "response_capacity" => self.response_capacity = entry.bytes(CAPACITY_RANGE)?,
            "request_limit" => self.request_limit = entry.bytes(REQUEST_RANGE)?,
            "script_memory" => self.scripts.memory = entry.bytes(MEMORY_RANGE)?,
            keys::TIME_LIMITS => {
                for limit in entry.table("[time_limits]，下面一行一个 键 = 秒数")? {
                    self.read_time_limit(limit)?;
                }
            }
            keys::HTTP => {
                for entry in entry.table("[http]，下面写 hosts = [\"主机:端口\"]")? {
                    match entry.name() {
                        "hosts" => self.http_hosts = entry.hosts()?,
                        _ => return Err(unknown_key(entry, keys::HTTP)),
                    }
                }
            }
            keys::JOURNAL => {
                for entry in entry.table("[journal]，下面写 on = false 等")? {
                    self.journal.read(entry)?;
                }
            }
            "device" => {
                for device in entry.table("[device.名称]，例如 [device.card]")? {
                    let known = self.devices.entry(device_name(device)?).or_default();
                    known.read(device)?;
                }
            }
            _ => return Err(unknown_key(entry, "")),
        }
        Ok(())
    }

    fn read_time_limit(&mut self, entry: Entry<'_>) -> Result<(), Error> {
        match entry.name() {
            "script" => self.scripts.time = entry.seconds()?,
            "device_call" => self.device_timeout = entry.seconds()?,
            "device_wait" => self.device_wait = entry.seconds()?,
            "gate" => self.gate_time = entry.seconds()?,
            "http_call" => self.http_timeout = entry.seconds()?,
            _ => return Err(unknown_key(entry, keys::TIME_LIMITS)),
        }
        Ok(())
    }
}

impl JournalConfig {
    fn read(&mut self, entry: Entry<'_>) -> Result<(), Error> {
        match entry.name() {
            "on" => self.on = entry.flag()?,
            "folder" => self.folder = PathBuf::from(entry.path()?),
            "days" => self.days = entry.count(DAYS_RANGE, "天数")?,
            "bytes" => self.bytes = entry.bytes(JOURNAL_RANGE)?,
            _ => return Err(unknown_key(entry, keys::JOURNAL)),
        }
        Ok(())
    }
}

impl DeviceConfig {
    fn read(&mut self, table: Entry<'_>) -> Result<(), Error> {
        self.line = table.line();
        for entry in table.table(&format!("[device.{}]", table.name()))? {
            match entry.name() {
                "folder" => self.folder = Some(PathBuf::from(entry.path()?)),
                "file" => self.file = Some(entry.file_name()?),
                "timeout" => self.timeout = Some(entry.seconds()?),
                "foreground" => self.foreground = Some(entry.flag()?),
                "isolate" => self.isolate = Some(entry.flag()?),
                "on_caller_thread" => self.on_caller_thread = Some(entry.flag()?),
                "simulate" => self.simulate = Some(entry.flag()?),
                name => {
                    self.settings.insert(name.to_owned(), entry.setting()?);
                }
            }
        }
        Ok(())
    }
}

/// The values of settings may be secrets, so debugging output leaves texts out.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Value::Text(_) => "Text(…)",
            Value::Integer(_) => "Integer(…)",
            Value::Boolean(_) => "Boolean(…)",
        })
    }
}

/// Whether this is written as an administrative division code: six digits, the first of them not 0.
pub(crate) fn is_region(code: &str) -> bool {
    code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()) && !code.starts_with('0')
}

/// A device's name is its script's file name, and stands before the dot in `card.read_card`.
fn device_name(entry: Entry<'_>) -> Result<String, Error> {
    let name = entry.name();
    if !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-') {
        return Ok(name.to_owned());
    }
    let advice = "设备名就是设备脚本的文件名（不带 .lua），例如 [device.card]";
    Err(entry.key_error(
        error::WRONG_TABLE,
        "设备名只能用字母、数字、_ 和 -".to_owned(),
        advice,
    ))
}

fn unknown_key(entry: Entry<'_>, table: &str) -> Error {
    let name = entry.name();
    let place = if table.is_empty() {
        String::new()
    } else {
        format!(" [{table}] 里")
    };
    let tables = if table.is_empty() {
        ["device", keys::TIME_LIMITS, keys::HTTP, keys::JOURNAL].as_slice()
    } else {
        &[]
    };
    let here = keys::of(table).map(|key| key.name).chain(tables.iter().copied());
    // Of several places the likeliest.
    let elsewhere = KEYS.iter().filter(|key| key.name == name);
    let elsewhere = elsewhere.max_by_key(|key| (key.table.is_empty(), key.table == DEVICE));
    let advice = match (elsewhere, suggest::nearest(name, here)) {
        (Some(Key { table: "", .. }), _) => format!("{name} 应写在文件开头、所有 [ ] 之前"),
        (Some(key), _) => format!("{name} 应写在 [{}] 下面", key.table),
        (None, Some(meant)) => format!("是不是想写 {meant}？"),
        (None, None) => "请删去它；设备自己的设置写在 [device.<名称>] 下面".to_owned(),
    };
    entry.key_error(
        error::UNKNOWN_KEY,
        format!("{place}没有 {name} 这个键").trim_start().to_owned(),
        advice,
    )
}
