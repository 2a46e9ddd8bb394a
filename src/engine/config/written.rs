//! A configuration as the text of a `mps.toml`.

use super::{Config, DEVICE, DeviceConfig, HTTP, JOURNAL, TIME_LIMITS, Value};
use serde_json::Value as Json;
use std::fmt::{Display, Write as _};
use std::path::Path;
use std::time::Duration;

impl Config {
    /// The text of a `mps.toml` that says the same.
    pub fn to_toml(&self) -> String {
        let mut text = Text(String::new());
        text.some("region", self.region.as_deref().map(quoted));
        text.key("simulate", self.simulate);
        text.key("gate", self.gate);
        text.key("record", self.record);
        text.key("response_capacity", self.response_capacity);
        text.key("request_limit", self.request_limit);
        text.key("script_memory", self.scripts.memory);
        text.table(TIME_LIMITS);
        text.key("script", seconds(self.scripts.time));
        text.key("device_call", seconds(self.device_timeout));
        text.key("device_wait", seconds(self.device_wait));
        text.key("http_call", seconds(self.http_timeout));
        text.key("gate", seconds(self.gate_time));
        text.table(HTTP);
        let hosts: Vec<String> = self.http_hosts.iter().map(quoted).collect();
        text.key("hosts", format!("[{}]", hosts.join(", ")));
        text.table(JOURNAL);
        text.key("on", self.journal.on);
        text.key("folder", path(&self.journal.folder));
        text.key("days", self.journal.days);
        text.key("bytes", self.journal.bytes);
        for (name, device) in &self.devices {
            let (kind, _) = DEVICE.split_once('.').unwrap_or_default();
            text.table(&format!("{kind}.{}", quoted(name)));
            text.device(device);
        }
        text.0
    }
}

struct Text(String);

impl Text {
    fn table(&mut self, name: &str) {
        // A String takes everything.
        let _ = writeln!(self.0, "[{name}]");
    }

    fn key(&mut self, name: &str, value: impl Display) {
        let _ = writeln!(self.0, "{name} = {value}");
    }

    fn some(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.key(name, value);
        }
    }

    fn device(&mut self, device: &DeviceConfig) {
        self.some("folder", device.folder.as_deref().map(path));
        self.some("file", device.file.as_deref().map(literal));
        self.some("timeout", device.timeout.map(seconds));
        self.some("foreground", device.foreground);
        self.some("isolate", device.isolate);
        self.some("on_caller_thread", device.on_caller_thread);
        self.some("simulate", device.simulate);
        for (name, setting) in &device.settings {
            let name = quoted(name);
            match &setting.value {
                Value::Text(text) => self.key(&name, literal(text)),
                Value::Integer(number) => self.key(&name, number),
                Value::Boolean(value) => self.key(&name, value),
            }
        }
    }
}

/// A basic string of TOML, which is one of JSON but for a sign that TOML wants escaped too.
fn quoted(text: &str) -> String {
    Json::from(text).to_string().replace('\u{7f}', "\\u007F")
}

/// A text as it is: of a path mps.toml takes no escapes.
fn literal(text: &str) -> String {
    match text.contains(char::is_control) || text.contains("'''") {
        true => quoted(text),
        false => format!("'''{text}'''"),
    }
}

fn path(path: &Path) -> String {
    literal(&path.to_string_lossy())
}

fn seconds(time: Duration) -> f64 {
    time.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::config::KEYS;

    /// Every key, and none as it is by itself.
    const EVERYTHING: &str = r#"
region = "350200"
simulate = true
gate = false
record = true
response_capacity = 4096
request_limit = 2048
script_memory = 33554432
[time_limits]
script = 0.5
device_call = 60
device_wait = 2.5
http_call = 5
gate = 7
[http]
hosts = ["10.1.2.3:8080", "ec.example"]
[journal]
on = false
folder = 'D:\journal'
days = 7
bytes = 1048576
[device.card]
folder = 'C:\Fujian "x"'
file = "SSCard.dll"
timeout = 12
foreground = true
isolate = true
on_caller_thread = false
simulate = false
port = "USB1\n\t\u007f'"
slot = -3
on_line = true
"#;

    #[test]
    fn what_is_written_says_the_same() {
        let read = |text: &str| {
            let mut config = Config::parse(text).expect("a configuration");
            for device in config.devices.values_mut() {
                device.line = 0;
                device.settings.values_mut().for_each(|setting| setting.line = 0);
            }
            config
        };
        for text in [EVERYTHING, ""] {
            let config = read(text);
            assert_eq!(read(&config.to_toml()), config, "{}", config.to_toml());
        }
    }

    #[test]
    fn every_key_is_written() {
        let config = Config::parse(EVERYTHING).expect("a configuration");
        let (given, own) = (config.to_toml(), Config::default());
        for key in KEYS {
            let line = |text: &str| {
                text.lines()
                    .any(|line| line.starts_with(&format!("{} = ", key.name)))
            };
            assert!(line(EVERYTHING) && line(&given), "{}", key.name);
        }
        assert_ne!(config, own);
    }
}
