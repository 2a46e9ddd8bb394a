//! `mps check`, `explain` and `region new` as people and programs use them.

mod desk;

use desk::command::{json, mps};
use desk::{Desk, request};

const CITY: &str = "scripts/regions/350200/funids/N04.00.00.01.lua";

const EXTENSION: &str = "local f = mps.base()\n\
                         f[\"03\"].response.card_no.from = \"area\"\n\
                         f[\"03\"].response.name.map = function(name) return name:lower() end\n\
                         return f\n";

fn desk() -> Desk {
    let desk = Desk::new("simulate = true\nregion = \"350203\"");
    desk.write(CITY, EXTENSION);
    desk
}

fn columns(line: &str) -> usize {
    line.chars().map(|c| 1 + usize::from(c >= '\u{1100}')).sum()
}

fn assert_fits_a_console(text: &str) {
    for line in text.lines() {
        assert!(columns(line) <= 80, "{} columns: {line}", columns(line));
    }
}

#[test]
fn a_check_is_fit_for_people_and_for_programs() {
    let desk = desk();
    let (code, stdout, stderr) = mps(&desk, &["check", "--all"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/devices");
    let devices = std::fs::read_dir(shipped).expect("the base's devices").count();
    let right = format!("正确，1个功能、{devices}个设备");
    assert_eq!(stdout, format!("基础脚本  {right}\n地区 350200  {right}\n"));

    desk.write(CITY, &EXTENSION.replace("card_no.from", "cardno.from"));
    let (code, checked) = json(&desk, &["check"]);
    assert_eq!(
        (code, &checked["ok"], &checked["checked"][0]["region"]),
        (1, &false.into(), &"350203".into())
    );
    let problem = checked["checked"][0]["problems"][0].as_str().expect("a problem");
    assert!(
        problem.contains("是否应为“card_no”？") && problem.contains("第2行"),
        "{problem}"
    );
    assert_eq!(mps(&desk, &["check", "--region", "350500"]).0, 0);
    let (_, elsewhere, _) = mps(&desk, &["check", "--region", "350500"]);
    assert!(elsewhere.contains("提示 没有地区350500的脚本"), "{elsewhere}");
    assert_eq!(mps(&desk, &["check", "--all"]).0, 1);
}

#[test]
fn an_explanation_fits_a_console_and_names_layer_file_and_line() {
    let desk = desk();
    let (code, stdout, stderr) = mps(&desk, &["explain", "N04.00.00.01"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert_fits_a_console(&stdout);
    let card_no = "  card_no  卡号\n    取自  SSC_ReadCard的输出info，按“|”分隔的第1段 area\n    设备  devices/card.lua 第33行\n    \
                   写在  regions/350200/funids/N04.00.00.01.lua 第2行\n    原为  funids/N04.00.00.01.lua 第14行\n          \
                   from = \"cardnum\"，title = \"卡号\"\n";
    assert!(stdout.contains(card_no), "{stdout}");
    assert!(stdout.contains("调用 card.read_card  社会保障卡读卡器  devices/card.lua\n  写在  funids/N04.00.00.01.lua 第11行\n"), "{stdout}");

    let (code, one) = json(&desk, &["explain", "N04.00.00.01", "name"]);
    let field = &one["ways"][0]["response"][0];
    assert_eq!((code, one["ways"].as_array().map(Vec::len)), (0, Some(1)));
    assert_eq!(
        (&field["file"], &field["line"]),
        (&"regions/350200/funids/N04.00.00.01.lua".into(), &3.into())
    );
    assert_eq!(field["map"]["line"], 3);
    assert_eq!(field["replaced"][0]["line"], 15);
    assert!(field.get("value").is_none(), "{field:#}");

    let (code, _, stderr) = mps(&desk, &["explain", "N04.00.00.01", "nam"]);
    assert!(code == 1 && stderr.contains("是不是想写 name？"), "{stderr}");
    let (code, _, stderr) = mps(&desk, &["explain", "N04.00.00.02"]);
    assert!(
        code == 1 && stderr.contains("是否应为“N04.00.00.01”？"),
        "{stderr}"
    );
    let (_, base) = json(&desk, &["explain", "N04.00.00.01", "name", "--region", "350500"]);
    assert_eq!(base["ways"][0]["response"][0]["file"], "funids/N04.00.00.01.lua");
}

#[test]
fn an_explanation_goes_on_through_the_layers_of_the_device() {
    let desk = desk();
    desk.write(
        "scripts/regions/350200/devices/card.lua",
        "local d = mps.base()\n\
         d.methods.read_card.split = { \"info\", \"|\", \"area\", \"cardnum\", \"id\", \"cardCode\", \"name\" }\n\
         return d\n",
    );
    let (code, stdout, stderr) = mps(&desk, &["explain", "N04.00.00.01", "idcard_no"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert_fits_a_console(&stdout);
    let taken = "    取自  SSC_ReadCard的输出info，按“|”分隔的第3段 id\n    \
                 设备  regions/350200/devices/card.lua 第2行\n    \
                 原取  devices/card.lua 第33行\n          SSC_ReadCard的输出info，按“|”分隔的第2段 id\n    写在  ";
    assert!(stdout.contains(taken), "{stdout}");

    // What the layer leaves as it is stays the base's.
    let (_, name) = json(&desk, &["explain", "N04.00.00.01", "name"]);
    let field = &name["ways"][0]["response"][0];
    assert_eq!(field["device"]["file"], "devices/card.lua");
    assert_eq!(field["device_replaced"].as_array().map(Vec::len), Some(0));
}

#[test]
fn an_explained_call_shows_values_by_their_ends() {
    let desk = desk();
    let file = desk.home().join("request.xml");
    std::fs::write(&file, request("03")).expect("writable");
    let file = file.to_str().expect("UTF-8");
    let (code, stdout, stderr) = mps(&desk, &["explain", "--call", file]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert_fits_a_console(&stdout);
    assert!(
        stdout.contains("结果 0  操作成功\n") && stdout.contains("  card_no  卡号\n    值    3****0\n"),
        "{stdout}"
    );
    assert!(
        !stdout.contains("out_put") && !stdout.contains("XXXXXXXX"),
        "{stdout}"
    );
    let (_, called) = json(&desk, &["explain", "--call", file]);
    assert_eq!(called["ways"][0]["response"][2]["value"], "x*x");

    std::fs::write(file, request("99")).expect("writable");
    let (code, stdout, _) = mps(&desk, &["explain", "--call", file]);
    assert!(code == 1 && stdout.contains("结果 -1"), "{stdout}");
    desk.write("mps.toml", "");
    std::fs::write(file, request("03")).expect("writable");
    assert_eq!(mps(&desk, &["explain", "--call", file]).0, 1);
    assert_eq!(mps(&desk, &["explain", "--call", file, "--sim"]).0, 0);
}

#[test]
fn a_new_layer_is_right_from_its_first_moment() {
    let desk = desk();
    let (code, stdout, stderr) = mps(&desk, &["region", "new", "350500"]);
    assert_eq!((code, stderr.as_str()), (0, ""), "{stdout}");
    let file = desk.home().join("scripts/regions/350500/funids/N04.00.00.01.lua");
    let script = std::fs::read_to_string(&file).expect("made");
    assert!(
        script.contains("local f = mps.base()\n") && script.ends_with("return f\n"),
        "{script}"
    );
    // What it shows in comments is right as well.
    let uncommented = script
        .replace("-- f[", "f[")
        .replace("from = \"…\"", "from = \"id\"")
        .replace(".from = \"…\"", ".from = \"id\"");
    assert_ne!(uncommented, script);
    std::fs::write(&file, uncommented).expect("writable");
    let (code, stdout, _) = mps(&desk, &["check", "--region", "350500"]);
    assert_eq!(code, 0, "{stdout}");

    let (code, made) = json(&desk, &["region", "new", "350524", "--like", "350200"]);
    assert_eq!(
        (code, &made["ok"], &made["files"][0]),
        (0, &true.into(), &"regions/350524/funids/N04.00.00.01.lua".into())
    );
    let copied = desk.home().join("scripts/regions/350524/funids/N04.00.00.01.lua");
    assert_eq!(std::fs::read_to_string(copied).expect("made"), EXTENSION);
    let (code, _, stderr) = mps(&desk, &["region", "new", "350524"]);
    assert!(code == 2 && stderr.contains("这一层已经存在"), "{stderr}");
    assert_eq!(mps(&desk, &["check", "--all"]).0, 0);
}
