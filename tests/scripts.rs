//! What deployment engineers rely on: scripts on disk over the embedded ones, regions, functions where data ends,
//! mistakes refused at the line that wrote them, and saving as the deployment.

mod desk;

use desk::Desk;
use desk::sample::{FUNID, card_no};
use mps_client::engine::{Engine, Overrides};
use std::time::{Duration, Instant};

const CARD: &str = include_str!("../scripts/devices/card.lua");

fn open(desk: &Desk) -> Engine {
    Engine::open(desk.home(), Overrides::default())
}

fn mapped(from: &str) -> String {
    FUNID.replace(r#"from = "cardnum", "#, from)
}

#[test]
fn a_file_on_disk_is_laid_over_the_embedded_one() {
    let desk = Desk::new("simulate = true");
    desk.write("scripts/funids/N04.00.00.01.lua", &mapped(r#"value = "disk","#));
    assert_eq!(card_no(&open(&desk)), "disk");
}

#[test]
fn the_county_goes_before_the_city_and_the_site_before_all() {
    let desk = Desk::new("simulate = true\nregion = \"350203\"");
    let place = |layer: &str| format!("scripts/{layer}/funids/N04.00.00.01.lua");
    for layer in ["regions/350000", "regions/350200", "regions/350203", "site"] {
        desk.write(&place(layer), &mapped(&format!("value = \"{layer}\",")));
        assert_eq!(card_no(&open(&desk)), layer);
    }
    let elsewhere = Overrides {
        region: Some("350500".to_owned()),
        ..Overrides::default()
    };
    std::fs::remove_dir_all(desk.home().join("scripts/site")).expect("written before");
    assert_eq!(card_no(&Engine::open(desk.home(), elsewhere)), "regions/350000");
}

#[test]
fn a_field_may_end_in_a_function() {
    let desk = Desk::new("simulate = true");
    let map =
        r#"from = "cardnum", map = function(value) return mps.text.trim("  " .. value:lower() .. " ") end,"#;
    desk.write("scripts/funids/N04.00.00.01.lua", &mapped(map));
    assert_eq!(card_no(&open(&desk)), "dgxxxxxx");
}

#[test]
fn a_method_may_be_a_function() {
    let declared = "read_card = { \"SSC_ReadCard\",\n      split = { \"info\", \"|\", \"area\", \"id\", \"cardnum\", \"cardCode\", \"name\" } },";
    assert!(
        CARD.contains(declared),
        "the shipped card.lua has changed: mend this test"
    );
    let method = |body: &str| {
        CARD.replace(
            declared,
            &format!("read_card = function(lib, request)\n{body}\nend,"),
        )
    };
    let split = r#"return mps.text.split(r.info, "|", { "area", "id", "cardnum", "cardCode", "name" })"#;
    for (port, body, expected) in [
        (
            "USB1",
            format!("local r = lib.SSC_ReadCard() {split}"),
            "DGXXXXXX",
        ),
        (
            "NOCARD",
            format!("local r = lib.SSC_ReadCard() {split}"),
            "接口SSC_ReadCard 失败:无卡",
        ),
        (
            "NOCARD",
            "local r = lib.SSC_ReadCard() mps.fail(\"自定义\" .. r.code)".to_owned(),
            "自定义-2",
        ),
        (
            "USB1",
            "return { id = \"\", cardnum = lib.settings.port, cardCode = \"\", name = \"\" }".to_owned(),
            "USB1",
        ),
        (
            "USB1",
            "return { id = \"\", cardnum = request.mdtrt_cert_type, cardCode = \"\", name = \"\" }"
                .to_owned(),
            "03",
        ),
        (
            "USB1",
            "return lib.settings.prot".to_owned(),
            "没有名为“prot”的设置",
        ),
        (
            "USB1",
            "return request.cert".to_owned(),
            "没有名为“cert”的请求字段",
        ),
        ("USB1", "return lib.SSC_Read()".to_owned(), "没有声明函数SSC_Read"),
    ] {
        let desk = Desk::with_vendors(port, "");
        desk.write("scripts/devices/card.lua", &method(&body));
        let actual = card_no(&open(&desk));
        assert!(actual.contains(expected), "{body}: {actual}");
    }
}

#[test]
fn lib_is_good_for_its_own_call_alone() {
    let desk = Desk::with_vendors("USB1", "");
    let script = CARD.replace("return mps.library", "local kept\nreturn mps.library").replace(
        "  methods = {",
        "  methods = {\n    keep = function(lib)\n      if kept then return { cardnum = kept.settings.port } end\n      \
         kept = lib\n      return { cardnum = \"kept\" }\n    end,",
    );
    desk.write("scripts/devices/card.lua", &script);
    let funid = FUNID
        .replace("card.read_card", "card.keep")
        .replace("from = \"id\"", "value = \"\"");
    let funid = funid
        .replace("from = \"name\"", "value = \"\"")
        .replace("from = \"cardCode\"", "value = \"\"");
    desk.write("scripts/funids/N04.00.00.01.lua", &funid);
    let engine = open(&desk);
    assert_eq!(card_no(&engine), "kept");
    let second = card_no(&engine);
    assert!(second.contains("这次调用已经结束"), "{second}");
}

#[test]
fn a_simulated_function_may_be_a_function() {
    let desk = Desk::new("simulate = true\n[device.card]\nport = 'COM3'");
    let simulated = r#"
        return mps.simulation { title = "模拟", functions = {
            SSC_Open = function(port) if port ~= "COM3" then return { returns = -1, error = "端口" .. port } end return { returns = 0 } end,
            SSC_ReadCard = function() return { returns = 0, info = "|a|b|c|d" } end,
            SSC_Close = { returns = 0 },
        } }"#;
    desk.write("scripts/simulated/card.lua", simulated);
    assert_eq!(card_no(&open(&desk)), "b");
    desk.write("mps.toml", "simulate = true");
    assert!(card_no(&open(&desk)).contains("接口SSC_Open 失败:端口USB1"));
}

#[test]
fn a_mistake_is_refused_at_the_line_that_wrote_it() {
    let funid = "scripts/funids/N04.00.00.01.lua";
    let card = "scripts/devices/card.lua";
    for (file, script, expected) in [
        (
            funid,
            FUNID.replace("from = \"id\"", "form = \"id\""),
            "funids/N04.00.00.01.lua第13行：返回字段没有“form”这一项，是否应为“from”？",
        ),
        (
            funid,
            FUNID.replace("from = \"cardnum\"", "from = \"cardnun\""),
            "第14行：card.read_card的结果没有“cardnun”这一项，是否应为“cardnum”？",
        ),
        (
            funid,
            FUNID.replace("card.read_card", "crad.read_card"),
            "是否应为“card”？",
        ),
        (
            funid,
            FUNID.replace("card.read_card", "card.read"),
            "是否应为“read_card”？",
        ),
        (
            funid,
            FUNID.replace("\"card_no\"", "\"name\""),
            "返回字段name声明了两次",
        ),
        (funid, FUNID.replace("title = \"卡号\"", ""), "第14行：缺少title"),
        (
            funid,
            FUNID.replace("\"03\"] = {", "\"04\"] = {"),
            "mps.funid没有“04”这一项",
        ),
        (
            funid,
            FUNID.replace("mps.funid", "mps.library"),
            "应以return mps.funid",
        ),
        (funid, FUNID.replace("return", "mps.funit"), "第2行"),
        (
            funid,
            FUNID.replace("title = \"卡号\"", "title = \"卡号"),
            "第14行",
        ),
        (funid, format!("x = 1\n{FUNID}"), "第1行：全局变量“x”不能赋值"),
        (
            funid,
            format!("local y = prnt\n{FUNID}"),
            "第1行：没有名为“prnt”的变量",
        ),
        (
            card,
            CARD.replace("out[4096] info", "out info"),
            "第15行：输出缓冲区应写明",
        ),
        (
            card,
            CARD.replace("\"str port\"", "\"strr port\""),
            "第14行：不认识参数类型“strr”，是否应为str？",
        ),
        (
            card,
            CARD.replace("returns = \"long\" }", "returns = \"lang\" }"),
            "第16行：不认识返回类型“lang”，是否应为long？",
        ),
        (
            card,
            CARD.replace("\"SSC_Open\", {", "\"SSC_Opne\", {"),
            "是否应为“SSC_Open”？",
        ),
        (
            card,
            CARD.replace("{ setting = \"port\" }", "{ setting = \"prot\" }"),
            "是否应为“port”？",
        ),
        (
            card,
            CARD.replace("stdcall", "fastcall"),
            "convention应为stdcall或cdecl",
        ),
        (card, CARD.replace("\"GBK\"", "\"GBX\""), "不认识字符集GBX"),
        (
            card,
            CARD.replace("${error}", "${eror}"),
            "failure没有“eror”这一项，是否应为“error”？",
        ),
        (
            card,
            CARD.replace("timeout = 30", "timeout = 0"),
            "timeout应为大于0的秒数",
        ),
    ] {
        let desk = Desk::new("simulate = true");
        desk.write(file, &script);
        let actual = card_no(&open(&desk));
        assert!(
            actual.contains(expected),
            "expected {expected}\nactual   {actual}"
        );
    }
}

#[test]
fn a_script_saved_as_gbk_is_told_as_such() {
    let desk = Desk::new("simulate = true");
    desk.write("scripts/funids/N04.00.00.01.lua", "");
    let (bytes, _, _) = encoding_rs::GBK.encode(FUNID);
    std::fs::write(desk.home().join("scripts/funids/N04.00.00.01.lua"), bytes).expect("writable");
    let actual = card_no(&open(&desk));
    assert!(
        actual.contains("N04.00.00.01.lua第1行：不是UTF-8编码"),
        "{actual}"
    );
}

#[test]
fn a_byte_order_mark_is_no_mistake() {
    let desk = Desk::new("simulate = true");
    desk.write("scripts/funids/N04.00.00.01.lua", &format!("\u{feff}{FUNID}"));
    assert_eq!(card_no(&open(&desk)), "DGXXXXXX");
}

#[test]
fn scripts_reach_nothing_but_the_mps_module_and_plain_lua() {
    for name in [
        "io",
        "os",
        "package",
        "debug",
        "load",
        "loadfile",
        "dofile",
        "collectgarbage",
    ] {
        let desk = Desk::new("simulate = true");
        desk.write(
            "scripts/funids/N04.00.00.01.lua",
            &format!("local x = {name}\n{FUNID}"),
        );
        let actual = card_no(&open(&desk));
        assert!(
            actual.contains(&format!("没有名为“{name}”的变量")),
            "{name}: {actual}"
        );
    }
}

/// Waits until the engine answers `expected`; saving takes effect on a thread of its own.
fn until(engine: &Engine, expected: &str) {
    let patience = Instant::now() + Duration::from_secs(20);
    let mut last = String::new();
    while Instant::now() < patience {
        last = card_no(engine);
        if last == expected {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("still {last:?}, not {expected:?}");
}

#[test]
fn saving_is_the_deployment_and_a_broken_save_changes_nothing() {
    let desk = Desk::new("simulate = true");
    let engine = open(&desk).watch();
    let place = "scripts/funids/N04.00.00.01.lua";
    assert_eq!(card_no(&engine), "DGXXXXXX");
    desk.write(place, &mapped(r#"value = "first","#));
    until(&engine, "first");
    desk.write(place, "return mps.funid {");
    // A second, good file goes with the broken one and must not come into force either.
    desk.write(
        "scripts/simulated/card.lua",
        include_str!("../scripts/simulated/card.lua"),
    );
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(card_no(&engine), "first");
    desk.write("new.lua", &mapped(r#"value = "renamed","#));
    std::fs::rename(desk.home().join("new.lua"), desk.home().join(place)).expect("the same file system");
    until(&engine, "renamed");
    std::fs::remove_file(desk.home().join(place)).expect("written before");
    until(&engine, "DGXXXXXX");
    desk.write(place, &mapped(r#"value = "back","#));
    until(&engine, "back");
}

#[test]
fn the_configuration_is_taken_up_too() {
    let desk = Desk::new("");
    let engine = open(&desk).watch();
    assert!(card_no(&engine).contains("没有配置"));
    desk.write("mps.toml", "simulate = true");
    until(&engine, "DGXXXXXX");
}

#[test]
fn a_folder_that_opens_broken_answers_as_soon_as_it_is_mended() {
    let desk = Desk::new("simulat = true");
    let engine = open(&desk).watch();
    assert!(card_no(&engine).contains("simulate"));
    desk.write("mps.toml", "simulate = true");
    until(&engine, "DGXXXXXX");
}

#[test]
fn shared_code_is_required_from_the_topmost_layer_and_run_once() {
    let desk = Desk::new("simulate = true\nregion = \"350203\"");
    let map = r#"from = "cardnum", map = function(value)
        local first, second = require "text/suffix", require "text.suffix"
        return first == second and first.add(value) or "run twice"
    end,"#;
    desk.write("scripts/funids/N04.00.00.01.lua", &mapped(map));
    let suffix = |text: &str| {
        format!(
            "local joint = require \"joint\"\nreturn {{ add = function(value) return value .. joint .. \"{text}\" end }}"
        )
    };
    desk.write("scripts/lib/joint.lua", "return \"-\"");
    desk.write("scripts/lib/text/suffix.lua", &suffix("base"));
    assert_eq!(card_no(&open(&desk)), "DGXXXXXX-base");
    desk.write("scripts/regions/350200/lib/text/suffix.lua", &suffix("city"));
    assert_eq!(card_no(&open(&desk)), "DGXXXXXX-city");
    desk.write("scripts/regions/350200/lib/text/suffix.lua", "error(\"broken\")");
    let broken = card_no(&open(&desk));
    assert!(
        broken.contains("regions/350200/lib/text/suffix.lua") && broken.contains("broken"),
        "{broken}"
    );
    desk.write(
        "scripts/funids/N04.00.00.01.lua",
        &mapped(r#"from = "cardnum", map = function() return require "jiont" end,"#),
    );
    let missing = card_no(&open(&desk));
    assert!(missing.contains("是否应为lib/joint.lua"), "{missing}");
}

#[cfg(unix)]
#[test]
fn a_link_does_not_lead_out_of_the_tree() {
    let desk = Desk::new("simulate = true");
    desk.write("outside.lua", "return \"outside\"");
    desk.write("scripts/lib/inside.lua", "return \"inside\"");
    let map = r#"from = "cardnum", map = function() return require "link" end,"#;
    desk.write("scripts/funids/N04.00.00.01.lua", &mapped(map));
    let link = desk.home().join("scripts/lib/link.lua");
    std::os::unix::fs::symlink(desk.home().join("scripts/lib/inside.lua"), &link)
        .expect("a link can be made");
    assert_eq!(card_no(&open(&desk)), "inside");
    std::fs::remove_file(&link).expect("made before");
    std::os::unix::fs::symlink(desk.home().join("outside.lua"), &link).expect("a link can be made");
    let refused = card_no(&open(&desk));
    assert!(
        refused.contains("lib/link.lua") && refused.contains("之外的链接"),
        "{refused}"
    );
}
