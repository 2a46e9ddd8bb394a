//! The `mps` command as people and programs use it: the built one, in a process of its own.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

const CARD: &[&str] = &["call", "N04.00.00.01", "mdtrt_cert_type=03", "--sim"];

/// A home without mps.toml and scripts: what is built in answers.
fn home(name: &str) -> PathBuf {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("command").join(name);
    std::fs::create_dir_all(&home).unwrap();
    home
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mps"));
    command
        .args(arguments)
        .env("MPS_HOME", home("empty"))
        .stdin(Stdio::null());
    command
}

fn mps(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

fn status(output: &Output) -> i32 {
    output.status.code().expect("ended by a signal")
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

/// The library that cargo built beside this test.
fn library() -> String {
    let name = if cfg!(windows) {
        "mps_client.dll"
    } else {
        "libmps_client.so"
    };
    std::env::current_exe()
        .unwrap()
        .with_file_name(name)
        .into_os_string()
        .into_string()
        .unwrap()
}

fn vector(name: &str) -> String {
    format!("{}/tests/vectors/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// English that clap would write where nobody took care.
fn assert_chinese(text: &str) {
    for word in [
        "Usage", "Option", "Argument", "Command", "error", "tip:", "value", "help for", "Print", "default",
        "possible",
    ] {
        let found = text
            .lines()
            .find(|line| line.contains(word) && !line.contains("\"value\""));
        assert_eq!(found, None, "{word}");
    }
    assert!(
        text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)),
        "{text}"
    );
}

#[test]
fn help_is_chinese_and_goes_to_standard_output() {
    let commands = [
        "call", "send", "check", "doctor", "explain", "status", "reload", "freeze", "unfreeze", "rollback",
        "region",
    ];
    let of_commands = commands.map(|command| [[command, "--help"], [command, "-h"]]);
    let of_all = [&["--help"][..], &["-h"]].into_iter();
    for arguments in of_all.chain(of_commands.iter().flatten().map(|help| &help[..])) {
        let output = mps(arguments);
        assert_eq!((status(&output), stderr(&output)), (0, ""), "{arguments:?}");
        assert_chinese(stdout(&output));
        assert!(
            stdout(&output).contains("用法: mps ") && stdout(&output).contains("选项:"),
            "{}",
            stdout(&output)
        );
    }
    assert!(stdout(&mps(&["--help"])).contains("命令:\n  call  "));
    let call = mps(&["call", "--help"]);
    assert!(
        stdout(&call).contains("参数:\n  <功能编号>    例如"),
        "{}",
        stdout(&call)
    );
    assert!(stdout(&call).contains("--json 输出一个对象"));
}

#[test]
fn the_version_goes_to_standard_output() {
    for arguments in [["--version"], ["-V"]] {
        let output = mps(&arguments);
        assert_eq!((status(&output), stderr(&output)), (0, ""));
        assert_eq!(stdout(&output), concat!("mps ", env!("CARGO_PKG_VERSION"), "\n"));
    }
}

#[test]
fn wrong_usage_is_told_in_chinese_and_exits_with_2() {
    for (arguments, part) in [
        (&[][..], "命令:"),
        (&["cal"], "没有 cal 这个命令，是不是想写 call？"),
        (&["frobnicate"], "没有 frobnicate 这个命令\n用法: mps <命令>"),
        (&["call"], "缺少参数 <功能编号>\n用法: mps call <功能编号>"),
        (
            &["call", "X", "--regoin", "350200"],
            "没有 --regoin 这个选项，是不是想写 --region？",
        ),
        (&["call", "X", "-x"], "没有 -x 这个选项"),
        (&["call", "X", "--region", "3502"], "六位行政区划代码"),
        (&["call", "X", "--region"], "--region <代码> 后面缺少值"),
        (&["call", "X", "--sim=1"], "--sim 后面不能有值"),
        (&["call", "X", "--sim", "--sim"], "--sim 写了不止一次"),
        (&["call", "X", "a=1", "b"], "第 2 个字段没有等号"),
        (&["call", "X", "=1"], "等号前面没有字段名"),
        (&["call", "X", "a b=1"], "“a b”"),
        (&["call", "X", "1a=1"], "“1a”"),
        (
            &["call", "X", "a=1", "--home", "/no/such/folder"],
            "--home 所指的文件夹不存在",
        ),
        (&["check", "--all", "--region", "350200"], "不能同时使用"),
        (&["check", "350200"], "参数太多"),
        (&["explain"], "缺少参数 <功能编号>"),
        (&["explain", "X", "--call", "x.xml"], "不能同时使用"),
        (&["explain", "--call", "/no/such/file"], "文件读不出来"),
        (&["explain", "--call", file!()], "请求报文读不出来"),
        (&["rollback", "0"], "应为 mps status 列出的序号"),
        (&["rollback"], "没有可以退回的一代"),
        (&["region"], "缺少参数 <new>"),
        (&["region", "old", "350200"], "应为 new"),
        (&["region", "new", "3502"], "六位行政区划代码"),
        (
            &["region", "new", "350200", "--like", "350100"],
            "没有地区 350100 的脚本",
        ),
        (&["send"], "缺少参数 <文件>"),
        (&["send", "a", "b"], "参数太多"),
        (&["send", "a", "--raw", "--json"], "不能同时使用"),
        (&["send", "a", "--capacity", "many"], "整数"),
        (&["send", "a", "--capacity", "-1"], "-1"),
        (&["send", "/no/such/file"], "文件读不出来"),
        (&["send", "-", "--library", "/no/such/library.so"], "找不到动态库"),
        (&["send", "-", "--library", file!()], "动态库加载不了"),
    ] {
        let output = mps(arguments);
        assert_eq!((status(&output), stdout(&output)), (2, ""), "{arguments:?}");
        assert!(
            stderr(&output).contains(part),
            "{arguments:?}\n{}",
            stderr(&output)
        );
        assert_chinese(stderr(&output));
    }
}

#[test]
fn a_complaint_does_not_repeat_what_may_be_a_patients() {
    for arguments in [
        &["call", "X", "350200199001011234"][..],
        &["call", "X", "--idno=350200199001011234"],
        &["call", "X", "--region", "350200199001011234"],
        &["call", "X", "--sim=350200199001011234"],
        &["call", "X", "a b=350200199001011234"],
        &["call", "X", "a=350200199001011234\u{1}"],
    ] {
        let output = mps(arguments);
        assert_eq!(status(&output), 2, "{arguments:?}");
        assert!(
            !stderr(&output).contains("350200199001011234"),
            "{}",
            stderr(&output)
        );
    }
}

#[test]
fn a_home_that_the_environment_names_must_exist() {
    let output = command(CARD).env("MPS_HOME", "/no/such/folder").output().unwrap();
    assert_eq!(status(&output), 2);
    assert!(stderr(&output).contains("MPS_HOME"), "{}", stderr(&output));
}

#[test]
fn a_simulated_card_is_listed() {
    let output = mps(CARD);
    assert_eq!((status(&output), stderr(&output)), (0, ""));
    assert_eq!(
        stdout(&output),
        "结果  0\n提示  操作成功\n\nidcard_no  XXXXXXXX\ncard_no    DGXXXXXX\nname       XXX\n\
         card_code  XXXXXXXXXXXXXXXXXXXX\n"
    );
}

#[test]
fn a_simulated_credential_has_its_json_on_lines_of_its_own() {
    let output = mps(&["call", "N04.00.00.01", "mdtrt_cert_type=01", "--sim"]);
    assert_eq!((status(&output), stderr(&output)), (0, ""));
    assert!(stdout(&output).contains("\nout_put\n{\n"), "{}", stdout(&output));
}

#[test]
fn a_failure_is_listed_and_exits_with_1() {
    let output = mps(&["call", "N04.00.00.01", "mdtrt_cert_type=99", "--sim"]);
    assert_eq!((status(&output), stderr(&output)), (1, ""));
    assert!(
        stdout(&output).starts_with("结果  -1\n提示  "),
        "{}",
        stdout(&output)
    );
}

#[test]
fn a_mistake_in_the_configuration_is_the_answer() {
    let home = home("mistake");
    std::fs::write(home.join("mps.toml"), "\nregoin = \"350200\"\n").unwrap();
    let output = command(CARD).args(["--home"]).arg(&home).output().unwrap();
    assert_eq!(status(&output), 1);
    assert!(
        stdout(&output).contains("第2行") && stdout(&output).contains("region"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn json_is_for_programs() {
    let output = mps(&[CARD, &["--json", "--sign", "abcdefghijklmnop"]].concat());
    assert_eq!((status(&output), stderr(&output)), (0, ""));
    let object: serde_json::Value = serde_json::from_str(stdout(&output)).unwrap();
    assert_eq!(
        (&object["funid"], &object["sign"]),
        (&"N04.00.00.01".into(), &"abcdefghijklmnop".into())
    );
    assert_eq!(
        (&object["result"], &object["msg"]),
        (&"0".into(), &"操作成功".into())
    );
    assert_eq!(
        object["body"][1],
        serde_json::json!({ "name": "card_no", "value": "DGXXXXXX" })
    );
    assert_eq!(object["charset"], "GBK");
    assert!(object["bytes"].as_u64() > Some(300), "{object}");
}

#[cfg(unix)]
#[test]
fn a_reader_who_leaves_early_is_no_panic() {
    let mut child = command(CARD)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((status(&output), stderr(&output)), (0, ""));
}

/// A simulating home, since the library takes no `--sim`.
fn send(arguments: &[&str]) -> Command {
    static HOME: LazyLock<PathBuf> = LazyLock::new(|| {
        let home = home("simulated");
        std::fs::write(home.join("mps.toml"), "simulate = true\n").unwrap();
        home
    });
    let library = library();
    let mut command = command(&[&["send", "--library", &library], arguments].concat());
    command.env("MPS_HOME", &*HOME);
    command
}

#[test]
fn send_goes_through_the_library() {
    let output = send(&[&vector("request-card.xml")]).output().unwrap();
    assert_eq!((status(&output), stderr(&output)), (0, ""));
    assert!(
        stdout(&output).contains("card_no    DGXXXXXX"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn send_writes_the_responses_bytes_untouched() {
    let raw = send(&[&vector("request-card.xml"), "--raw"]).output().unwrap();
    let raw_n = send(&[&vector("request-card.xml"), "--raw", "--capacity", "4096"])
        .output()
        .unwrap();
    assert_eq!((status(&raw), stderr(&raw)), (0, ""));
    assert_eq!(raw.stdout, raw_n.stdout);
    assert!(
        raw.stdout
            .starts_with(b"<?xml version=\"1.0\" encoding=\"GBK\" ?>"),
        "{raw:?}"
    );
    assert!(
        raw.stdout
            .windows(8)
            .any(|bytes| bytes == [0xb2, 0xd9, 0xd7, 0xf7, 0xb3, 0xc9, 0xb9, 0xa6])
    );
}

#[test]
fn send_reads_standard_input_and_utf16() {
    let request = std::fs::read(vector("request-card.xml")).unwrap();
    let (request, ..) = encoding_rs::GBK.decode(&request);
    let request: Vec<u8> = request.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut child = send(&["-", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&request).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(status(&output), 0);
    let object: serde_json::Value = serde_json::from_str(stdout(&output)).unwrap();
    assert_eq!(
        (&object["return_code"], &object["msg"]),
        (&0.into(), &"操作成功".into())
    );
}

#[test]
fn a_buffer_too_small_for_any_message_is_explained() {
    let output = send(&[&vector("request-card.xml"), "--capacity", "20"])
        .output()
        .unwrap();
    assert_eq!((status(&output), stdout(&output)), (1, ""));
    assert_eq!(
        stderr(&output),
        "返回值 -3: 缓冲区太小，连最短的失败报文也放不下\n"
    );
    let output = send(&[&vector("request-card.xml"), "--capacity", "300"])
        .output()
        .unwrap();
    assert_eq!(status(&output), 1);
    assert!(stdout(&output).contains("300"), "{}", stdout(&output));
}

#[test]
fn what_scripts_note_is_shown_to_people_beside_the_answer() {
    let home = home("notices");
    let scripts = home.join("scripts/site/funids");
    std::fs::create_dir_all(&scripts).unwrap();
    let script = "local f = mps.base()\nf[\"03\"].response.name.map = function(value)\n  \
                  mps.log.warn(\"姓名可能被截断\", { name = value })\n  return value\nend\nreturn f\n";
    std::fs::write(scripts.join("N04.00.00.01.lua"), script).unwrap();
    let output = command(CARD).env("MPS_HOME", &home).output().unwrap();
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let noted = "脚本警告 site/funids/N04.00.00.01.lua第3行：姓名可能被截断 name=X*X";
    assert!(stderr(&output).contains(noted), "{}", stderr(&output));
    assert!(stdout(&output).contains("card_no"), "{}", stdout(&output));
}
