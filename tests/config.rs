//! `mps.toml`: what it may say, and what people are told when it says something else.

use mps_client::engine::config::{Config, Error, JournalConfig, KEYS, Setting, Value};
use std::path::{Path, PathBuf};
use std::time::Duration;

fn wrong(text: &str) -> Error {
    Config::parse(text).expect_err("accepted")
}

fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn an_empty_or_missing_file_gives_the_defaults() {
    assert_eq!(Config::parse(""), Ok(Config::default()));
    assert_eq!(
        Config::load(Path::new("no such folder/mps.toml")),
        Ok(Config::default())
    );
}

#[test]
fn every_key_is_read() {
    let config = Config::parse(concat!(
        "region = \"350203\"\n",
        "simulate = true\n",
        "response_capacity = 65_536\n",
        "request_limit = 4096\n",
        "script_memory = 33554432\n",
        "[time_limits]\n",
        "script = 0.5\n",
        "device_call = 2.5\n",
        "device_wait = 1\n",
        "[journal]\n",
        "on = false\n",
        "folder = 'D:\\logs'\n",
        "days = 7\n",
        "bytes = 1048576\n",
        "[device.card]\n",
        "folder = 'C:\\SSCard'\n",
        "file = \"SSCardDriver.dll\"\n",
        "timeout = 60\n",
        "simulate = false\n",
        "foreground = true\n",
        "isolate = false\n",
        "on_caller_thread = true\n",
        "card_slot = 3\n",
        "org = \"H350\"\n",
        "silent = true\n",
    ))
    .unwrap();
    assert_eq!(config.region.as_deref(), Some("350203"));
    assert!(config.simulate);
    assert_eq!((config.response_capacity, config.request_limit), (65536, 4096));
    assert_eq!(config.scripts.memory, 32 << 20);
    assert_eq!(config.scripts.time, Duration::from_millis(500));
    assert_eq!(config.device_timeout, Duration::from_millis(2500));
    assert_eq!(config.device_wait, Duration::from_secs(1));
    let journal = JournalConfig {
        on: false,
        folder: PathBuf::from("D:\\logs"),
        days: 7,
        bytes: 1 << 20,
    };
    assert_eq!(config.journal, journal);
    let card = &config.devices["card"];
    assert_eq!(card.line, 15);
    assert_eq!(card.folder.as_deref(), Some(Path::new("C:\\SSCard")));
    assert_eq!(card.file.as_deref(), Some("SSCardDriver.dll"));
    assert_eq!(card.timeout, Some(Duration::from_secs(60)));
    assert_eq!((card.foreground, card.isolate), (Some(true), Some(false)));
    assert_eq!(card.on_caller_thread, Some(true));
    assert_eq!(card.simulate, Some(false));
    let settings: Vec<_> = card
        .settings
        .iter()
        .map(|(name, setting)| (name.as_str(), setting.clone()))
        .collect();
    assert_eq!(
        settings,
        [
            (
                "card_slot",
                Setting {
                    value: Value::Integer(3),
                    line: 23
                }
            ),
            (
                "org",
                Setting {
                    value: Value::Text("H350".to_owned()),
                    line: 24
                }
            ),
            (
                "silent",
                Setting {
                    value: Value::Boolean(true),
                    line: 25
                }
            ),
        ]
    );
}

#[test]
fn a_byte_order_mark_and_crlf_change_nothing() {
    let path = file("bom.toml", "\u{feff}# 配置\r\nregion = \"350200\"\r\n".as_bytes());
    assert_eq!(Config::load(&path).unwrap().region.as_deref(), Some("350200"));
}

#[test]
fn a_file_saved_as_gbk_is_told_as_such() {
    let (bytes, ..) = encoding_rs::GBK.encode("simulate = false\n# 厦门\nregion = \"350200\"\n");
    let error = Config::load(&file("gbk.toml", &bytes)).unwrap_err();
    assert_eq!((error.code(), error.line()), ("C002", Some(2)));
    assert!(
        error.sentence().contains("GBK") && error.sentence().contains("另存为"),
        "{error}"
    );
    assert!(error.to_string().contains("gbk.toml 第2行"), "{error}");
}

#[test]
fn a_file_saved_as_utf16_or_as_no_charset_at_all_is_told_as_such() {
    let utf16: Vec<u8> = "\u{feff}region"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let error = Config::load(&file("utf16.toml", &utf16)).unwrap_err();
    assert!(error.sentence().contains("UTF-16"), "{error}");
    let error = Config::load(&file("noise.toml", b"simulate = false\n\n\xff\xff = 1\n")).unwrap_err();
    assert_eq!((error.code(), error.line()), ("C002", Some(3)));
}

#[test]
fn a_folder_in_the_files_place_is_an_error() {
    let error = Config::load(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap_err();
    assert_eq!((error.code(), error.line()), ("C001", None));
}

#[test]
fn an_error_names_the_place_and_points_at_it() {
    let error = wrong("simulate = false\nregoin = \"350200\"\n");
    assert_eq!(error.code(), "C004");
    assert_eq!(
        error.sentence(),
        "mps.toml 第2行：没有 regoin 这个键，是不是想写 region？"
    );
    assert_eq!(
        error.to_string(),
        "C004 mps.toml 第2行第1列：没有 regoin 这个键\n 2 | regoin =…\n   | ^^^^^^\n怎么办：是不是想写 region？"
    );
    let error = wrong("[time_limits]\n  device_call = \"30\"  # 秒\n");
    assert_eq!(
        error.to_string(),
        "C005 mps.toml 第2行第17列：device_call 的值是字符串，类型不对\n 2 |   device_call = \"30\"  # 秒\n   |                 ^^^^\n\
         怎么办：请写不加引号的秒数，例如 30 或 2.5"
    );
}

#[test]
fn each_mistake_has_its_code_and_its_advice() {
    for (text, code, part) in [
        ("region = 350200", "C005", "region = \"350200\""),
        ("region = \"3502\"", "C006", "六位数字"),
        ("region = \"35020a\"", "C006", "六位数字"),
        ("simulate = \"true\"", "C005", "true 或 false"),
        ("simulate = True", "C003", "小写"),
        ("response_capacity = 255", "C006", "256 到 16777216"),
        ("response_capacity = 16777217", "C006", "256 到 16777216"),
        ("response_capacity = -1", "C006", "字节数"),
        ("response_capacity = 99999999999999999999", "C006", "字节数"),
        ("response_capacity = '8192'", "C005", "不加引号"),
        ("request_limit = 10", "C006", "1024 到"),
        ("device_call = 30", "C004", "[time_limits] 下面"),
        ("folder = 'C:/x'", "C004", "[device.<名称>] 下面"),
        ("[time_limits]\ndevice_cal = 1", "C004", "device_call"),
        ("[time_limits]\nsimulate = true", "C004", "文件开头"),
        ("[time_limits]\ndevice_call = 0", "C006", "大于 0"),
        ("[time_limits]\ndevice_call = -5", "C006", "大于 0"),
        ("[time_limits]\ndevice_call = nan", "C006", "大于 0"),
        ("[time_limits]\ndevice_call = inf", "C006", "3600"),
        ("[time_limits]\ndevice_call = 30s", "C003", "单位"),
        ("time_limits = 30", "C007", "[time_limits]"),
        ("[devices.card]\nx = 1", "C004", "device"),
        ("device = 'card'", "C007", "[device.card]"),
        ("[device]\nfolder = 'x'", "C007", "[device.folder]"),
        ("[[device]]\nx = 1", "C007", "[device.名称]"),
        ("[device.\"../x\"]\n", "C007", "文件名"),
        ("[device.card]\nfile = 'lib/x.so'", "C006", "folder"),
        ("[device.card]\nfile = 'C:x.dll'", "C006", "folder"),
        ("[device.card]\nfile = '..'", "C006", "folder"),
        ("[device.card]\nfile = ''", "C006", "删去这一行"),
        ("[device.card]\nfolder = 5", "C005", "单引号"),
        ("[device.card]\ntimeout = true", "C005", "秒数"),
        ("[device.card]\nrate = 0.5", "C005", "加引号"),
        ("[device.card]\nport = [1]", "C005", "字符串、整数"),
        ("[device.card.more]\nx = 1", "C005", "字符串、整数"),
        ("[device.card]\nport = 99999999999999999999", "C006", "加引号"),
        ("region = \"1\nsimulate = true", "C003", "引号"),
        ("region", "C003", "键 = 值"),
        ("region =", "C003", "没有值"),
        ("region = “350200”", "C003", "半角"),
        ("region：350200", "C003", "半角"),
        ("simulate = true // 联调", "C003", "加引号"),
        ("simulate = true region = \"350200\"", "C003", "多余"),
        ("region = 035020", "C003", "编号"),
        ("simulate = true\nsimulate = false", "C003", "已经写过"),
        ("[device.card]\n[device.card]", "C003", "已经写过"),
        ("[device.card\nx = 1", "C003", "括号"),
    ] {
        let error = wrong(text);
        assert_eq!(error.code(), code, "{text}\n{error}");
        assert!(error.sentence().contains(part), "{text}\n{error}");
        assert!(error.to_string().contains("mps.toml 第"), "{text}\n{error}");
    }
}

#[test]
fn a_backslash_in_double_quotes_is_explained_even_where_toml_accepts_it() {
    for path in [
        "C:\\Fujian",
        "C:\\temp\\new",
        "C:\\x64",
        "C:\\users",
        "C:\\Fujian\\",
        "\\server\\n",
    ] {
        for key in ["folder", "file"] {
            let error = wrong(&format!("[device.card]\n{key} = \"{path}\"\n"));
            assert!(error.sentence().contains("请用单引号"), "{path}\n{error}");
            assert_eq!(error.line(), Some(2));
        }
    }
    assert!(
        wrong("[device.card]\nlog = \"D:\\temp\"")
            .sentence()
            .contains("请用单引号")
    );
    let config = Config::parse("[device.card]\nfolder = \"C:\\\\temp\"\nseparator = \"\\t\"\n").unwrap();
    assert_eq!(
        config.devices["card"].folder.as_deref(),
        Some(Path::new("C:\\temp"))
    );
    assert_eq!(
        config.devices["card"].settings["separator"].value,
        Value::Text("\t".to_owned())
    );
}

#[test]
fn the_first_mistake_in_the_file_is_the_one_told() {
    assert_eq!(wrong("zebra = 1\nalpha = 2\n").line(), Some(1));
}

#[test]
fn no_error_shows_the_value_of_a_setting() {
    for line in [
        "key = \"s3cret\" x",
        "key = \"s3cret\\q\"",
        "key = [\"s3cret\"]",
        "key = 's3cret",
        "key = s3cret",
        "key：s3cret",
        "key s3cret",
        "key = \"C:\\temp\\s3cret\"",
        "# s3cret \u{1}",
        "simulate = true key = \"s3cret\"",
        "simulate = { key = \"s3cret\" }",
        "key = \"\"\"\nfolder = s3cret \\q\"\"\"",
        "key = [\n  \"s3cret\" 5\n]",
        "folder = true\nkey = \"s3cret\"",
        "timeout = 's3cret'",
    ] {
        let error = wrong(&format!("[device.card]\n{line}\n"));
        // The value of a key that is never secret is shown, whatever it is.
        let shown = line.starts_with("timeout");
        assert_eq!(
            format!("{error}{}{error:?}", error.sentence()).contains("s3cret"),
            shown,
            "{line}\n{error}"
        );
    }
    let inline = wrong("device.card.key = 's3cret' x");
    assert!(!inline.to_string().contains("s3cret"), "{inline}");
    let top = wrong("password = 's3cret'");
    assert!(!top.to_string().contains("s3cret"), "{top}");
    let config = Config::parse("[device.card]\nkey = \"s3cret\"\n").unwrap();
    assert!(!format!("{config:?}").contains("s3cret"));
}

/// The section headers and commented-out keys of the shipped file, which stand without a blank behind their `#`.
fn shipped_lines() -> Vec<(String, String)> {
    let text = include_str!("../release/mps.toml");
    let mut section = String::new();
    let mut lines = Vec::new();
    for line in text.lines() {
        let line = line.strip_prefix('#').unwrap_or(line);
        if line.starts_with('[') {
            section = line.to_owned();
        } else if line.starts_with(|c: char| c.is_ascii_lowercase()) {
            lines.push((section.clone(), line.to_owned()));
        }
    }
    lines
}

#[test]
fn the_shipped_file_names_exactly_the_keys_with_their_defaults() {
    let shipped: Vec<String> = shipped_lines()
        .into_iter()
        .map(|(section, line)| format!("{section} {line}"))
        .collect();
    let listed: Vec<String> = KEYS
        .iter()
        .map(|key| {
            let section = if key.table.is_empty() {
                String::new()
            } else {
                format!("[{}]", key.table)
            };
            let section = section.replace("<名称>", "card");
            format!("{section} {} = {}", key.name, key.default.unwrap_or(key.example))
        })
        .collect();
    assert_eq!(shipped, listed);
    let text = include_str!("../release/mps.toml");
    for key in KEYS {
        assert!(
            text.contains(key.title) && text.contains(key.meaning),
            "{}",
            key.name
        );
    }
}

#[test]
fn the_shipped_file_and_each_of_its_lines_parse_to_the_defaults() {
    assert_eq!(
        Config::parse(include_str!("../release/mps.toml")),
        Ok(Config::default())
    );
    for ((section, line), key) in shipped_lines().into_iter().zip(KEYS) {
        let config = Config::parse(&format!("{section}\n{line}\n")).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(config == Config::default(), key.default.is_some(), "{line}");
    }
}

#[test]
fn each_keys_example_parses() {
    for key in KEYS {
        let section = key.table.replace("<名称>", "card");
        let section = if section.is_empty() {
            section
        } else {
            format!("[{section}]\n")
        };
        let config = Config::parse(&format!("{section}{} = {}\n", key.name, key.example));
        assert_ne!(
            config.unwrap_or_else(|error| panic!("{error}")),
            Config::default(),
            "{}",
            key.name
        );
    }
}

#[test]
fn every_error_can_be_sent_to_a_gbk_caller() {
    for text in [
        "regoin = 1",
        "x = \"\\q\"",
        "region = “",
        "[device.card]\nfolder = 5",
        "[time_limits]\ndevice_call = 0",
    ] {
        let error = wrong(text);
        let (_, _, lost) = encoding_rs::GBK.encode(&error.sentence());
        assert!(!lost, "{error}");
    }
}

#[test]
fn servers_are_hosts_with_or_without_a_port() {
    let config = Config::parse("[http]\nhosts = [\"10.1.2.3:8080\", \"EC.example\", \"[::1]:81\"]").unwrap();
    assert_ne!(config.http_hosts, Config::default().http_hosts);
    let same = Config::parse("[http]\nhosts = ['10.1.2.3:8080', 'ec.example:80', '[::1]:81']").unwrap();
    assert_eq!(
        config.http_hosts, same.http_hosts,
        "port 80 is the one meant, and case does not matter"
    );
    for (hosts, expected) in [
        ("\"10.1.2.3\"", "请写成列表"),
        ("[80]", "请写成列表"),
        ("[\"http://ec.example\"]", "不是主机"),
        ("[\"ec.example/path\"]", "不是主机"),
        ("[\"user@ec.example\"]", "不是主机"),
        ("[\"ec.example:\"]", "不是主机"),
        ("[\"ec.example:99999\"]", "不是主机"),
        ("[\"\"]", "不是主机"),
    ] {
        let error = Config::parse(&format!("[http]\nhosts = {hosts}")).expect_err(hosts);
        assert!(error.to_string().contains(expected), "{hosts}: {error}");
        assert_eq!(error.line(), Some(2));
    }
    let error = Config::parse("[http]\nhost = []").unwrap_err();
    assert!(error.to_string().contains("hosts"), "{error}");
}
