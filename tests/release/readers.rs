//! Readers without a vendor on Windows: cards where there is no smart-card service.

use crate::desk::handbook;
use crate::support::{run, sample_request};
use crate::windows::{BITNESSES, Windows};
use std::fs;
use std::path::Path;

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
