//! Readers without a vendor on Windows: a scanner on a COM port, and cards where there is no smart-card service.

#[path = "../scanner/pty.rs"]
mod pty;

use crate::desk::handbook;
use crate::support::{run, sample_request};
use crate::windows::{BITNESSES, Windows};
use pty::Pty;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

fn write(windows: &Windows, path: &str, text: &str) {
    let path = windows.desk.join(path);
    fs::create_dir_all(path.parent().expect("below the desk")).expect("the desk can be written");
    fs::write(path, text).expect("the desk can be written");
}

fn response(windows: &Windows, request: &Path) -> String {
    let send = &mut windows.command(windows.dist.join("mps.exe"));
    let finished = run(send
        .args(["send", "--raw", "--library", "mps_client.dll"])
        .arg(request));
    let shown = String::from_utf8_lossy(&finished.stderr);
    assert!(!finished.stdout.is_empty(), "{shown}");
    encoding_rs::GBK.decode(&finished.stdout).0.into_owned()
}

#[test]
fn without_a_smart_card_service_the_call_says_so() {
    for bitness in BITNESSES {
        let Some(windows) = Windows::new(bitness.platform, "pcsc") else {
            return;
        };
        write(&windows, "mps.toml", "region = '350200'\n");
        let function = "scripts/regions/350200/funids/N04.00.00.01.lua";
        write(&windows, function, handbook(function));
        let response = response(&windows, &sample_request("card"));
        let told = "读社会保障卡失败：智能卡服务不可用（代码";
        assert!(
            response.contains(told) && response.contains("SCardSvr"),
            "{response}"
        );
    }
}

/// A COM port of a Windows.
struct ComPort {
    pty: Pty,
    link: PathBuf,
}

impl ComPort {
    fn new(windows: &Windows, name: &str) -> ComPort {
        let pty = Pty::new();
        let link = windows.wine.devices().join(name.to_lowercase());
        let _ = fs::remove_file(&link);
        std::os::unix::fs::symlink(&pty.path, &link).expect("Wine's folder can be written");
        ComPort { pty, link }
    }
}

impl Drop for ComPort {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.link);
    }
}

#[test]
fn a_code_is_read_from_a_com_port() {
    for bitness in BITNESSES {
        let port = "COM7";
        let Some(windows) = Windows::new(bitness.platform, "scanner") else {
            return;
        };
        let com = ComPort::new(&windows, port);
        write(
            &windows,
            "mps.toml",
            &format!("[device.scanner]\nport = '{port}'\nwait = 30\n"),
        );
        let function = "scripts/site/funids/N99.00.00.01.lua";
        write(&windows, function, handbook(function));
        let request = "<?xml version=\"1.0\" encoding=\"GBK\"?><request><Header><funid>N99.00.00.01</funid>\
            <sign>0000000000000000</sign></Header><Body></Body></request>";
        write(&windows, "request.xml", request);
        let request = windows.desk.join("request.xml");
        let (ended, end) = channel::<()>();
        let scanned = std::thread::scope(|scope| {
            let pty = &com.pty;
            scope.spawn(move || {
                while end.recv_timeout(Duration::from_millis(700)) == Err(RecvTimeoutError::Timeout) {
                    pty.send("张-CODE\r".as_bytes());
                }
            });
            let scanned = response(&windows, &request);
            drop(ended);
            scanned
        });
        assert!(
            scanned.contains("<qr_code>张-CODE</qr_code>"),
            "{port}: {scanned}"
        );
        write(&windows, "mps.toml", "[device.scanner]\nport = 'COM77'\n");
        let missing = response(&windows, &request);
        assert!(missing.contains("没有找到串口（COM77"), "{missing}");
        let doctor = &mut windows.command(windows.dist.join("mps.exe"));
        let examined = run(doctor.args(["doctor", "--json", "--home", "."])).stdout;
        let examined = String::from_utf8_lossy(&examined);
        assert!(examined.contains("没有找到串口（COM77"), "{examined}");
    }
}
