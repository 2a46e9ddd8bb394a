//! Scanners on a serial port: what they send as if they typed it, one code at a time.

use super::builtin::{Clock, Fault, Input, Kind, Offer};
use super::{Argument, Value};
use encoding_rs::Encoding;
use serial2::SerialPort;
#[cfg(windows)]
use serial2::os::windows::CommTimeouts;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What scripts can call.
pub(super) const OFFERS: &[Offer] = &[Offer {
    name: "scan",
    inputs: &[
        Input::Text("port"),
        Input::Integer("baud"),
        Input::Text("suffix"),
        Input::Text("charset"),
        Input::Integer("wait"),
    ],
    outs: &["text"],
}];

/// No code is longer.
const LONGEST: usize = 8192;
/// How long one look for bytes takes; a call that is over is noticed as soon.
const LOOK: Duration = Duration::from_millis(50);
/// Bytes that come without such a pause belong to one code.
const SILENCE: Duration = Duration::from_millis(150);
/// A code that stops for so long has no suffix.
const UNFINISHED: Duration = Duration::from_secs(2);
/// A port that is not quiet for so long is no scanner's.
const STALE: Duration = Duration::from_secs(2);

/// How a scanner ends a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Suffix {
    /// By these bytes.
    Bytes(&'static [u8]),
    /// By a carriage return or a line feed.
    LineEnd,
    /// By sending nothing more.
    Silence,
}

impl Suffix {
    fn named(name: &str) -> Result<Suffix, Fault> {
        match name.trim().to_ascii_uppercase().as_str() {
            "CR" => Ok(Suffix::Bytes(b"\r")),
            "LF" => Ok(Suffix::Bytes(b"\n")),
            "CRLF" => Ok(Suffix::Bytes(b"\r\n")),
            "ANY" => Ok(Suffix::LineEnd),
            "NONE" => Ok(Suffix::Silence),
            _ => Err(Kind::PortFailed.because(format!("suffix应为CR、LF、CRLF、any或none，实为“{name}”"))),
        }
    }

    /// The code that has come, once its end has.
    fn code(self, received: &[u8]) -> Option<&[u8]> {
        match self {
            Suffix::Silence => None,
            Suffix::LineEnd => received.split_inclusive(is_line_end).find_map(|line| {
                let code = line.strip_suffix(b"\r").or(line.strip_suffix(b"\n"))?;
                // What an earlier code left behind is none.
                (!code.is_empty()).then_some(code)
            }),
            Suffix::Bytes(suffix) => {
                let at = received
                    .windows(suffix.len())
                    .position(|window| window == suffix)?;
                received.get(..at)
            }
        }
    }
}

fn is_line_end(byte: &u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// Does what a script calls.
pub(super) fn call(name: &str, inputs: &[Argument], clock: &Clock) -> Result<Vec<Value>, Fault> {
    match (name, inputs) {
        (
            "scan",
            [
                Argument::Text(port),
                Argument::Integer(baud),
                Argument::Text(suffix),
                Argument::Text(charset),
                Argument::Integer(wait),
            ],
        ) => {
            let suffix = Suffix::named(suffix)?;
            let charset = Encoding::for_label(charset.trim().as_bytes()).ok_or_else(|| {
                Kind::Garbled.because(format!("不认识字符集“{charset}”，常用的有UTF-8、GBK"))
            })?;
            let mut port = open(port, *baud)?;
            let code = Scan {
                port: &mut port,
                suffix,
                clock,
            }
            .run(*wait)?;
            Ok(vec![Value::Text(decoded(&code, charset)?)])
        }
        _ => Err(Kind::Usage.with(format_args!("没有函数{name}"))),
    }
}

/// The serial ports of this desk, in one sentence; the one that is `meant` must be among them, where it is not empty. None is opened.
pub(super) fn there(meant: &str) -> Result<Vec<String>, Fault> {
    let names = names();
    let path = path(meant);
    let is_meant =
        |name: &String| Path::new(name) == path || name.eq_ignore_ascii_case(&path.to_string_lossy());
    // On Linux other names lead to a port too: those by its number or its place.
    let is_there = || names.iter().any(is_meant) || cfg!(unix) && path.exists();
    if !meant.trim().is_empty() && !is_there() {
        return Err(missing(meant, &names));
    }
    Ok(vec![match names.as_slice() {
        [] => "没有串口".to_owned(),
        names => format!("串口：{}", names.join("、")),
    }])
}

fn names() -> Vec<String> {
    let ports = SerialPort::available_ports().unwrap_or_default();
    let mut names: Vec<String> = ports.iter().map(|port| port.display().to_string()).collect();
    names.sort();
    names
}

/// The system's path of a port: `COM5`, `ttyUSB0` or the path itself.
fn path(port: &str) -> PathBuf {
    let port = port.trim();
    match cfg!(windows) {
        true => port.trim_start_matches(r"\\.\").into(),
        false => PathBuf::from("/dev").join(port),
    }
}

fn open(name: &str, baud: i64) -> Result<SerialPort, Fault> {
    if name.trim().is_empty() {
        return Err(Kind::NoPort.because("没有填写串口"));
    }
    let baud = u32::try_from(baud).ok().filter(|baud| *baud > 0);
    let baud = baud.ok_or_else(|| Kind::PortFailed.because("baud应为正整数，例如9600"))?;
    let mut port = SerialPort::open(path(name), baud).map_err(|error| not_opened(name, &error))?;
    if !is_ours_alone(&port) {
        return Err(Kind::PortInUse.with(name));
    }
    // Many scanners send nothing before they see these; ports without such lines refuse.
    let _ = (port.set_dtr(true), port.set_rts(true));
    let set = limit_looks(&mut port).and_then(|()| port.discard_input_buffer());
    set.map_err(|error| Kind::PortFailed.with(format_args!("{name}，{error}")))?;
    Ok(port)
}

/// Has one read take no longer than a look.
#[cfg(unix)]
fn limit_looks(port: &mut SerialPort) -> io::Result<()> {
    port.set_read_timeout(LOOK)
}

/// The same by the plain limit of a whole read, which every driver knows. What the crate sets instead, a read that ends with the
/// first byte, is a special case that some drivers, and Wine, take for a read without end.
#[cfg(windows)]
fn limit_looks(port: &mut SerialPort) -> io::Result<()> {
    let timeouts = port.get_windows_timeouts()?;
    port.set_windows_timeouts(&CommTimeouts {
        read_interval_timeout: 0,
        read_total_timeout_multiplier: 0,
        read_total_timeout_constant: LOOK.as_millis() as u32,
        ..timeouts
    })
}

fn not_opened(name: &str, error: &io::Error) -> Fault {
    match error.kind() {
        ErrorKind::NotFound => missing(name, &names()),
        ErrorKind::PermissionDenied | ErrorKind::ResourceBusy => Kind::PortInUse.with(name),
        _ => Kind::PortFailed.with(format_args!("{name}，{error}")),
    }
}

fn missing(name: &str, there: &[String]) -> Fault {
    match there {
        [] => Kind::NoPort.with(format_args!("{name}；这台电脑没有串口")),
        there => Kind::NoPort.with(format_args!("{name}；现有{}", there.join("、"))),
    }
}

/// Linux gives one port to many; those who ask first for a lock leave it to one.
#[cfg(unix)]
fn is_ours_alone(port: &SerialPort) -> bool {
    use std::os::fd::AsFd;
    let file = port.as_fd().try_clone_to_owned().map(std::fs::File::from);
    // The lock is the open port's, and goes with it.
    !matches!(
        file.map(|file| file.try_lock()),
        Ok(Err(std::fs::TryLockError::WouldBlock))
    )
}

/// Windows opens a port once.
#[cfg(windows)]
fn is_ours_alone(_: &SerialPort) -> bool {
    true
}

/// One code on its way.
struct Scan<'a> {
    port: &'a mut SerialPort,
    suffix: Suffix,
    clock: &'a Clock,
}

impl Scan<'_> {
    fn run(&mut self, wait: i64) -> Result<Vec<u8>, Fault> {
        let (begun, deadline) = (Instant::now(), self.clock.within(wait));
        self.drop_stale()?;
        let mut received = Vec::new();
        let mut last = Instant::now();
        loop {
            let got = self.look(&mut received)?;
            if let Some(code) = self.suffix.code(&received) {
                if !code.is_empty() {
                    return Ok(code.to_vec());
                }
                received.clear();
            }
            if received.len() > LONGEST {
                return Err(Kind::TooLong.with(format_args!("超过{LONGEST}字节")));
            }
            let now = Instant::now();
            match (received.is_empty(), got) {
                (_, true) => last = now,
                (true, false) if now >= deadline => {
                    let waited = begun.elapsed().as_secs_f64().round();
                    return Err(Kind::NoCode.with(format_args!("等待了{waited}秒")));
                }
                (true, false) => self.clock.check()?,
                (false, false) if self.suffix == Suffix::Silence && now - last >= SILENCE => {
                    return Ok(received);
                }
                (false, false) if now - last >= UNFINISHED => {
                    return Err(Kind::Unfinished.with(format_args!("收到{}字节", received.len())));
                }
                (false, false) => self.clock.check()?,
            }
        }
    }

    /// Drops what comes without a pause from the beginning on: the rest of a code that nobody asked for.
    fn drop_stale(&mut self) -> Result<(), Fault> {
        let begun = Instant::now();
        let mut stale = Vec::new();
        while self.look(&mut stale)? {
            stale.clear();
            if begun.elapsed() > STALE {
                return Err(Kind::TooLong.because("扫码枪不停地送来数据"));
            }
        }
        Ok(())
    }

    /// Takes what has come; false where nothing came for a moment.
    fn look(&mut self, received: &mut Vec<u8>) -> Result<bool, Fault> {
        let mut bytes = [0; 1024];
        match self.port.read(&mut bytes) {
            Ok(0) => Err(Kind::Unplugged.plain()),
            Ok(count) => {
                received.extend(bytes.iter().take(count));
                Ok(true)
            }
            Err(error) if matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::Interrupted) => Ok(false),
            Err(error) => Err(Kind::Unplugged.with(error)),
        }
    }
}

fn decoded(code: &[u8], charset: &'static Encoding) -> Result<String, Fault> {
    let text = charset.decode_without_bom_handling_and_without_replacement(code);
    match text {
        Some(text) if !text.contains('\0') => Ok(text.into_owned()),
        _ => Err(Kind::Garbled.with(format_args!("{}，{}字节", charset.name(), code.len()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_ends_where_its_suffix_says() {
        let code = |name, received| Suffix::named(name).expect("known").code(received);
        assert_eq!(code("cr", b"AB\rC"), Some(&b"AB"[..]));
        assert_eq!(code("LF", b"AB\r"), None);
        assert_eq!(code("CRLF", b"A\rB\r\n"), Some(&b"A\rB"[..]));
        assert_eq!(code("any", b"\nAB\n"), Some(&b"AB"[..]));
        assert_eq!(code("any", b"\nAB"), None);
        assert_eq!(code("none", b"AB\r\n"), None);
        assert!(Suffix::named("TAB").is_err());
    }

    #[test]
    fn what_is_no_text_is_refused() {
        assert_eq!(decoded("张".as_bytes(), encoding_rs::UTF_8), Ok("张".to_owned()));
        assert!(decoded(b"\xD5\xC5", encoding_rs::UTF_8).is_err());
        assert!(decoded(b"A\0B", encoding_rs::UTF_8).is_err());
    }
}
