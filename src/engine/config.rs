//! `mps.toml`: what differs from desk to desk.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

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
    /// How long one call into a device may take, where the device's script does not say.
    pub device_timeout: Duration,
    /// How long a call waits for a device that another call is using.
    pub device_wait: Duration,
    /// `[device.<name>]`, by name.
    pub devices: BTreeMap<String, DeviceConfig>,
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
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A string.
    Text(String),
    /// An integer.
    Integer(i64),
    /// `true` or `false`.
    Boolean(bool),
}
