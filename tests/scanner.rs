//! Scanners on a serial port: a terminal whose other end is the test's.
#![cfg(target_os = "linux")]

mod desk;
#[path = "scanner/pty.rs"]
mod pty;

use desk::{Desk, handbook};
use mps_client::engine::{Engine, Overrides};
use mps_client::message::Response;
use pty::Pty;
use std::process::Command;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// The function that the handbook shows.
const SCAN: &str = "N99.00.00.01";
const CANCEL: &str = r#"return mps.funid { title = "取消扫码", call = "scanner.cancel",
  response = { { "done", value = "1", title = "已取消" } } }"#;

fn desk(port: &str, settings: &str) -> Desk {
    let desk = Desk::new(&format!(
        "[time_limits]\ndevice_wait = 1\n[device.scanner]\nport = '{port}'\n{settings}\n"
    ));
    write_scan(&desk);
    desk.write("scripts/site/funids/CANCEL.lua", CANCEL);
    desk
}

fn write_scan(desk: &Desk) {
    let path = format!("scripts/site/funids/{SCAN}.lua");
    desk.write(&path, handbook(&path));
}

fn call(engine: &Engine, funid: &str) -> Response<'static> {
    let request = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><request><Header><funid>{funid}</funid>\
         <sign>0000000000000000</sign></Header><Body></Body></request>"
    );
    Response::decode(&engine.answer(request.as_bytes()).bytes).expect("a well-formed response")
}

/// Scans while `send` is done again and again: what comes before the scan begins is nobody's.
fn scanned(desk: &Desk, send: impl Fn() + Send) -> Response<'static> {
    let engine = Engine::open(desk.home(), Overrides::default());
    let (ended, end) = channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            while end.recv_timeout(Duration::from_millis(600)) == Err(RecvTimeoutError::Timeout) {
                send();
            }
        });
        let response = call(&engine, SCAN);
        drop(ended);
        response
    })
}

fn refused(desk: &Desk, send: impl Fn() + Send) -> String {
    let response = scanned(desk, send);
    assert_eq!(response.result, "-1", "{response:?}");
    response.msg.into_owned()
}

#[test]
fn a_code_is_read_whatever_ends_it() {
    for (settings, sent, code) in [
        ("", &b"CODE-1\r"[..], "CODE-1"),
        ("", b"CODE-2\n", "CODE-2"),
        ("suffix = 'any'", b"\r\nCODE-3\r\n", "CODE-3"),
        ("suffix = 'CR'", b"CODE-4\r", "CODE-4"),
        ("suffix = 'LF'\nbaud = 115200", b"CODE-5\n", "CODE-5"),
        ("suffix = 'CRLF'", b"CODE\r6\r\n", "CODE\r6"),
        ("suffix = 'none'", b"CODE-7", "CODE-7"),
        ("charset = 'GBK'", b"\xD5\xC5-8\r", "张-8"),
    ] {
        let pty = Pty::new();
        let desk = desk(&pty.path, settings);
        let response = scanned(&desk, || pty.send(sent));
        assert_eq!(response.result, "0", "{}: {}", sent.escape_ascii(), response.msg);
        assert_eq!(response.body[0].value.trim(), code, "{settings}");
    }
}

#[test]
fn what_came_before_the_scan_is_dropped() {
    let pty = Pty::new();
    pty.send(b"STALE\r");
    let desk = desk(&pty.path, "wait = 1");
    let engine = Engine::open(desk.home(), Overrides::default());
    let response = call(&engine, SCAN);
    assert!(
        response
            .msg
            .contains("扫码失败：没有扫到码（等待了1秒），请让患者重新出示二维码"),
        "{}",
        response.msg
    );
    // The port is free again.
    assert_eq!(scanned(&desk, || pty.send(b"FRESH\r")).body[0].value, "FRESH");
}

#[test]
fn a_port_that_cannot_be_used_is_told_with_advice() {
    let silent = || {};
    let missing = refused(&desk("ttyMPS0", ""), silent);
    assert!(missing.contains("没有找到串口（ttyMPS0；"), "{missing}");
    let none = Desk::new("");
    write_scan(&none);
    let unset = refused(&none, silent);
    assert!(unset.contains("[device.scanner]中填写port"), "{unset}");

    let pty = Pty::new();
    let other = std::fs::File::options()
        .read(true)
        .write(true)
        .open(&pty.path)
        .expect("a terminal");
    other.lock().expect("nobody else's");
    let used = refused(&desk(&pty.path, ""), silent);
    assert!(
        used.contains("串口正被另一个程序使用") && used.contains("dialout"),
        "{used}"
    );
    drop(other);

    let wrong = refused(&desk(&pty.path, "suffix = 'TAB'"), silent);
    assert!(wrong.contains("suffix应为CR、LF、CRLF、any或none"), "{wrong}");
    let wrong = refused(&desk(&pty.path, "baud = 0"), silent);
    assert!(wrong.contains("baud应为正整数"), "{wrong}");
    let wrong = refused(&desk(&pty.path, "charset = 'GBQ'"), silent);
    assert!(wrong.contains("不认识字符集“GBQ”"), "{wrong}");
    let desk = desk("/dev/null", "");
    let wrong = refused(&desk, silent);
    assert!(wrong.contains("串口不能使用（/dev/null"), "{wrong}");
}

#[test]
fn a_stream_that_is_no_code_is_refused() {
    let pty = Pty::new();
    let one = desk(&pty.path, "suffix = 'CR'\nwait = 20");
    let unfinished = refused(&one, {
        let sent = std::sync::atomic::AtomicUsize::new(0);
        let pty = &pty;
        // Enough for one code; then it stops.
        move || {
            if sent.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < 3 {
                pty.send(b"NO SUFFIX");
            }
        }
    });
    assert!(unfinished.contains("没有结束符（收到"), "{unfinished}");

    let pty = Pty::new();
    let garbled = refused(&desk(&pty.path, ""), || pty.send(b"\xD5\xC5\xFF\r"));
    assert!(
        garbled.contains("不是所设字符集的文本（UTF-8，3字节）"),
        "{garbled}"
    );

    let pty = Pty::new();
    let long = refused(&desk(&pty.path, "suffix = 'CR'"), || {
        for _ in 0..10 {
            pty.send(&[b'A'; 1000]);
        }
    });
    assert!(long.contains("数据过长（超过8192字节）"), "{long}");
}

#[test]
fn a_stream_without_end_is_refused() {
    let pty = Pty::new();
    let desk = desk(&pty.path, "suffix = 'CR'\nwait = 20");
    let engine = Engine::open(desk.home(), Overrides::default());
    let ended = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.load(std::sync::atomic::Ordering::Relaxed) {
                pty.send(b"B");
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        let response = call(&engine, SCAN);
        ended.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(
            response.msg.contains("扫码枪不停地送来数据") || response.msg.contains("数据过长"),
            "{}",
            response.msg
        );
    });
}

#[test]
fn a_scanner_that_is_unplugged_costs_a_message() {
    let pty = Pty::new();
    let desk = desk(&pty.path, "wait = 20");
    let engine = Engine::open(desk.home(), Overrides::default());
    std::thread::scope(|scope| {
        let scan = scope.spawn(|| call(&engine, SCAN));
        std::thread::sleep(Duration::from_millis(1500));
        pty.send(b"HALF");
        drop(pty);
        let response = scan.join().expect("no panic");
        assert!(response.msg.contains("扫码途中串口断开"), "{}", response.msg);
    });
    let again = call(&engine, SCAN);
    assert!(again.msg.contains("没有找到串口"), "{}", again.msg);
}

#[test]
fn a_scan_is_cancelled_from_another_thread_and_keeps_others_away() {
    let pty = Pty::new();
    let desk = desk(&pty.path, "wait = 60");
    let engine = Engine::open(desk.home(), Overrides::default());
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let scan = scope.spawn(|| call(&engine, SCAN));
        std::thread::sleep(Duration::from_millis(1000));
        let busy = call(&engine, SCAN);
        assert!(busy.msg.contains("设备忙"), "{}", busy.msg);
        let cancelled = call(&engine, "CANCEL");
        assert_eq!((cancelled.result.as_ref(), &*cancelled.body[0].value), ("0", "1"));
        let response = scan.join().expect("no panic");
        assert!(response.msg.contains("扫码失败：已取消"), "{}", response.msg);
    });
    assert!(begun.elapsed() < Duration::from_secs(50), "it waited to the end");
    // What was cancelled is over: the next scan waits for its own code.
    assert_eq!(scanned(&desk, || pty.send(b"NEXT\r")).body[0].value, "NEXT");
}

#[test]
fn doctor_names_a_port_that_is_none_of_the_desks_with_those_there_are() {
    let said = |port: &str| {
        let desk = Desk::new(&format!("[device.scanner]\nport = '{port}'\n"));
        let doctor = Command::new(env!("CARGO_BIN_EXE_mps"))
            .args(["doctor", "--home"])
            .arg(desk.home())
            .output();
        let text = String::from_utf8(doctor.expect("the command can be started").stdout).expect("UTF-8");
        let about = text.split_once("scanner  ").expect("it is configured").1;
        about.to_owned()
    };
    let missing = said("ttyMPS7");
    assert!(
        missing.contains("错误  E023 没有找到串口（ttyMPS7；") && missing.contains("核对mps.toml中的port"),
        "{missing}"
    );
    assert!(
        missing.contains("现有/dev/") || missing.contains("这台电脑没有串口"),
        "{missing}"
    );
    // A terminal is no port that the system lists, and can be used as one.
    let found = said(&Pty::new().path);
    assert!(
        found.contains("正确  没有串口") || found.contains("正确  串口："),
        "{found}"
    );
}
