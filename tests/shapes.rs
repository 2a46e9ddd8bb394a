//! Every shape of vendors' functions: the table of `tests/shapes`, served by fakes of vendors' libraries, and by simulations;
//! and the declarations that cannot be right.

mod desk;
#[path = "shapes/table.rs"]
mod table;

use desk::Desk;
use mps_client::engine::{Engine, Overrides};
use mps_client::message::Response;
use table::{DEVICE, FUNID, SHAPES, Shape, request};

fn script(shape: &Shape) -> String {
    let path = format!("{}/tests/shapes/{}.lua", env!("CARGO_MANIFEST_DIR"), shape.script);
    std::fs::read_to_string(&path).expect(&path)
}

fn desk(shape: &Shape) -> Desk {
    let desk = Desk::new(&format!("[device.{DEVICE}]\nfolder = 'vendor'\ntimeout = 10\n"));
    for fake in shape.libraries {
        desk.install(fake.source, &format!("lib{}.so", fake.stem));
    }
    desk.write(&format!("scripts/devices/{DEVICE}.lua"), &script(shape));
    desk.write(&format!("scripts/funids/{FUNID}.lua"), &shape.funid());
    desk
}

fn call(engine: &Engine, number: usize) -> Response<'static> {
    let answer = engine.answer(request(number).as_bytes());
    Response::decode(&answer.bytes).expect("a well-formed response")
}

#[test]
fn every_shape_of_function_is_declared_and_called() {
    for shape in SHAPES {
        let desk = desk(shape);
        let engine = Engine::open(desk.home(), Overrides::default());
        for (number, (method, expected)) in shape.cases.iter().enumerate() {
            let response = call(&engine, number);
            let about = format!("{}.{method}: {}", shape.script, response.msg);
            match expected {
                Err(part) => {
                    assert_eq!(response.result, "-1", "{about}");
                    assert!(response.msg.contains(part), "{about}");
                }
                Ok(fields) => {
                    assert_eq!(response.result, "0", "{about}");
                    let values = response.body.iter().map(|field| &*field.value);
                    let expected = fields.iter().map(|(_, value)| *value).chain(["-"]);
                    assert_eq!(
                        values.collect::<Vec<_>>(),
                        expected.collect::<Vec<_>>(),
                        "{about}"
                    );
                }
            }
        }
    }
}

/// What is said of a device whose function is declared so; `None` where the declaration is good.
fn refusal(library: &str, function: &str) -> Option<String> {
    let desk = Desk::new("simulate = true");
    desk.write(
        "scripts/devices/shape.lua",
        &format!(
            "return mps.library {{ title = \"形态\", {library}\nfunctions = {{\nf = {{ {function} }},\ng = {{ \"i32 code\", \"out[64] text\" }} }},\n\
             methods = {{ m = function(lib) return {{ x = \"1\" }} end }} }}"
        ),
    );
    desk.write(
        "scripts/simulated/shape.lua",
        "return mps.simulation { title = \"形态\", functions = {} }",
    );
    let fields = "{ \"x\", from = \"x\", title = \"x\" }";
    let funid =
        format!("return mps.funid {{ title = \"形态\", call = \"shape.m\", response = {{ {fields} }} }}");
    desk.write(&format!("scripts/funids/{FUNID}.lua"), &funid);
    let response = call(&Engine::open(desk.home(), Overrides::default()), 0);
    (response.result != "0").then_some(response.msg.into_owned())
}

#[test]
fn a_declaration_that_cannot_be_right_is_refused_at_its_line() {
    for (function, expected) in [
        (r#""out info""#, "输出缓冲区应写明1到16777216之间的字节数"),
        (r#""out[0] info""#, "输出缓冲区应写明"),
        (r#""out[99999999] info""#, "输出缓冲区应写明"),
        (
            r#""out[64] a length=return", "out[64] b length=return", returns = "long""#,
            "返回值只能是一个输出缓冲区的长度",
        ),
        (r#""out[64] info length=a length=b""#, "length写了两次"),
        (
            r#""out[64] a length=n", "out[64] b length=n", "inout i32 n""#,
            "参数n已经是另一个输出缓冲区的长度",
        ),
        (
            r#""out[64] info length=siez", "inout i32 size""#,
            "参数没有“siez”这一项",
        ),
        (r#""out[64] info length=n", "i32 n""#, "参数n不是指向整数的指针"),
        (r#""out[64] info length=return""#, "length=return要求函数返回整数"),
        (
            r#""out[64] info length=return", returns = "str""#,
            "length=return要求函数返回整数",
        ),
        (
            r#""out[300] info length=n", "inout u8 n""#,
            "300字节的长度放不进参数n",
        ),
        (r#""out[300] info", "u8 size(info)""#, "参数info没有这种长度"),
        (r#""str text", "i32 size(text)""#, "参数text没有这种长度"),
        (r#""out[64] info", "i32 len(info)""#, "参数info没有这种长度"),
        (r#""out[64] info", "i32 size(inof)""#, "参数没有“inof”这一项"),
        (r#""out[64] info", "i32 count(info)""#, "不认识“count(info)”"),
        (r#""out[64] info as=GKB""#, "不认识字符集GKB"),
        (r#""out[63] info as=UTF-16""#, "缓冲区的字节数应为偶数"),
        (r#""out[64] info size=3""#, "参数没有“size”这一项"),
        (r#""i32 n as=GBK""#, "as=只用于文本和缓冲区"),
        (r#""str n length=nul""#, "length=只用于输出缓冲区"),
        (r#""inout i31 n""#, "不认识参数类型“i31”"),
        (r#""i128 n""#, "不认识参数类型“i128”"),
        (r#""struct Nobody info""#, "structs没有“Nobody”这一项"),
        (r#""str""#, "参数应写作“类型 名称”"),
        (r#""str a b c""#, "参数应写作“类型 名称”"),
        (r#""str returns""#, "“returns”另有含义"),
        (r#""str a.b""#, "含有标点"),
        (r#""str a", "i32 a""#, "参数a声明了两次"),
        (r#"ok = 0"#, "函数没有返回值，ok无从判断"),
        (r#"returns = "long", ok = "0000""#, "函数返回整数，ok却是文本"),
        (r#"returns = "str", ok = ">0""#, "函数返回文本，不能比较大小"),
        (r#"returns = "long", ok = {}"#, "ok没有写出成功的值"),
        (
            r#""out[8] code", ok = { field = "cod", "0" }"#,
            "输出参数没有“cod”这一项",
        ),
        (
            r#"returns = "long", ok = 0, error = "info""#,
            "输出参数没有“info”这一项",
        ),
        (
            r#"returns = "long", ok = 0, error = { call = "h" }"#,
            "functions没有“h”这一项",
        ),
        (
            r#"returns = "long", ok = 0, error = { call = "f" }"#,
            "f不能用来取出错说明",
        ),
        (r#"returns = "long", free = "FreeString""#, "free只用于返回的文本"),
        (r#"returns = "text""#, "不认识返回类型“text”"),
        (r#"convention = "fastcall""#, "convention应为stdcall或cdecl"),
        (r#"charset = "GB""#, "不认识字符集GB"),
        (r#"ordinal = 0"#, "ordinal应为1到65535之间的整数"),
        (r#"symbol = """#, "symbol应为导出的名称"),
    ] {
        let msg = refusal("", function).unwrap_or_else(|| panic!("{function} is accepted"));
        assert!(
            msg.contains(expected) && msg.contains("第3行"),
            "{function}: {msg}"
        );
    }
    let many = |count: usize| (0..count).map(|n| format!("\"i32 p{n}\", ")).collect::<String>();
    assert_eq!(refusal("", &many(18)), None);
    assert!(refusal("", &many(19)).is_some_and(|msg| msg.contains("参数过多")));
}

#[test]
fn what_a_library_says_for_all_its_functions_is_checked_too() {
    for (library, expected) in [
        ("structs = { S = { } },", "结构体没有成员"),
        (
            "structs = { S = { pack = 3, \"i32 a\" } },",
            "pack应为1、2、4、8或16",
        ),
        ("structs = { S = { \"char a\" } },", "不认识成员类型“char”"),
        ("structs = { S = { \"char[x] a\" } },", "数组应写明元素个数"),
        ("structs = { S = { \"long[3] a\" } },", "不认识成员类型“long[3]”"),
        ("structs = { S = { \"i32 a\", \"i8 a\" } },", "成员a声明了两次"),
        (
            "charset = \"UTF-16\", structs = { S = { \"char[3] a\" } },",
            "结构体里的文本是wchar",
        ),
        (
            "file = { linux = \"sub/libX.so\", windows = \"sub\\\\X.dll\" },",
            "应为文件名，不带文件夹",
        ),
        (
            "preload = { linux = { \"/lib/libX.so\" }, windows = { \"C:\\\\X.dll\" } },",
            "应为文件名，不带文件夹",
        ),
        ("preload = { mac = { \"X\" } },", "preload没有“mac”这一项"),
    ] {
        let msg = refusal(library, "").unwrap_or_else(|| panic!("{library} is accepted"));
        assert!(
            msg.contains(expected) && msg.contains("第1行"),
            "{library}: {msg}"
        );
    }
    assert_eq!(
        refusal(
            "structs = { S = { pack = 2, \"char[3] a\", \"wchar[2] b\", \"u64 c\" } },",
            "\"struct S s\""
        ),
        None
    );
}

fn shape(name: &str) -> &'static Shape {
    SHAPES
        .iter()
        .find(|shape| shape.script == name)
        .expect("in the table")
}

/// In a process of its own, where no other test has loaded anything.
fn fails(desk: &Desk, number: usize, expected: &str) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_mps"))
        .args(["call", FUNID, &format!("way={number}"), "--home"])
        .arg(desk.home())
        .output()
        .expect("the command runs");
    let answer = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.code() == Some(1) && answer.contains(expected),
        "{answer}"
    );
}

#[test]
fn libraries_are_loaded_from_the_configured_folder_alone() {
    let desk = desk(shape("heasec_dc"));
    let vendor = desk.home().join("vendor");
    // Where the maker's own library is not beside it, nothing of that name is looked for elsewhere.
    std::fs::rename(vendor.join("libdcrf32.so"), desk.home().join("libdcrf32.so")).expect("built before");
    fails(&desk, 0, "vendor/libdcrf32.so");
    let script = script(shape("heasec_dc"));
    let without = script.replace("preload = { linux = { \"libdcrf32.so\" } },", "");
    assert_ne!(without, script);
    desk.write("scripts/devices/shape.lua", &without);
    fails(&desk, 0, "dc_card_no");
    desk.append("file = '../vendor/libHeaSecReadInfo.so'\n");
    fails(&desk, 0, "不是单独的文件名");
}

#[test]
fn a_function_that_is_not_exported_is_named() {
    let desk = desk(shape("readcardbase"));
    let script = script(shape("readcardbase"));
    desk.write(
        "scripts/devices/shape.lua",
        &script.replace("\"FreeString\"", "\"FreeStr\""),
    );
    fails(&desk, 1, "没有导出函数FreeStr");
    desk.write(
        "scripts/devices/shape.lua",
        &script.replace("returns = \"str\" },", "returns = \"str\", symbol = \"Read\" },"),
    );
    fails(&desk, 0, "没有导出函数Read，");
}

#[test]
fn every_function_of_a_large_library_is_called_by_its_own_name() {
    let desk = Desk::new("[device.many]\nfolder = 'vendor'\n");
    desk.install("many.c", "libmany.so");
    desk.write(
        "scripts/devices/many.lua",
        "local functions = {}\nfor number = 10, 89 do functions['f' .. number] = { returns = 'i32' } end\n\
         return mps.library { title = '多', file = { linux = 'libmany.so', windows = 'many.dll' }, functions = functions,\n\
         methods = { m = function(lib)\n\
         for _ = 1, 2 do for number = 10, 89 do\n\
         local code = lib['f' .. number]().code\n\
         if code ~= number then mps.fail(number .. '得到' .. code) end\n\
         end end\n\
         return { x = '全对' } end } }",
    );
    let funid =
        "return mps.funid { title = '多', call = 'many.m', response = { { 'x', from = 'x', title = 'x' } } }";
    desk.write(&format!("scripts/funids/{FUNID}.lua"), funid);
    let engine = Engine::open(desk.home(), Overrides::default());
    for _ in 0..2 {
        let response = call(&engine, 0);
        assert_eq!(response.result, "0", "{}", response.msg);
        assert_eq!(response.body[0].value, "全对");
    }
}

#[test]
fn a_simulation_answers_in_every_shape() {
    let simulated = |functions: &str| {
        let desk = desk(shape("ssse_reader"));
        desk.prepend("simulate = true\n");
        let opening = "icc_reader_open = { returns = 7 }, icc_reader_close = { returns = 0 },";
        desk.write(
            "scripts/simulated/shape.lua",
            &format!("return mps.simulation {{ title = \"模拟\", functions = {{ {opening} {functions} }} }}"),
        );
        call(&Engine::open(desk.home(), Overrides::default()), 0)
    };
    let person = "info = { user_name = \"模拟\", card_no = \"1\" }, tries = 3";
    let response = simulated(&format!(
        "icc_reader_get_card_user_info = {{ returns = 0, {person} }}"
    ));
    let values: Vec<&str> = response.body.iter().map(|field| &*field.value).collect();
    assert_eq!(
        values,
        ["", "1", "", "", "模拟", "", "", "3", "-"],
        "{}",
        response.msg
    );
    let asked = "icc_reader_get_card_user_info = { returns = -5 }, get_error_message = function(code) return { text = \"说明\" .. code } end";
    assert!(simulated(asked).msg.contains("失败[-5]:说明-5"));
    let wrong = "icc_reader_get_card_user_info = { returns = 0, tries = \"3\" }";
    assert!(simulated(wrong).msg.contains("tries应为整数，实为文本"));
    let wrong = "icc_reader_get_card_user_info = { returns = 0, info = \"x\" }";
    assert!(simulated(wrong).msg.contains("info应为表，实为文本"));
}

#[test]
fn the_handbooks_declarations_are_good() {
    let path = format!("{}/docs/设备手册.md", env!("CARGO_MANIFEST_DIR"));
    let handbook = std::fs::read_to_string(&path).expect(&path);
    let rows = handbook.lines().filter_map(|line| line.strip_prefix("| "));
    let declarations = rows
        .filter_map(|row| row.split(" | ").nth(1)?.strip_prefix("`{ ")?.strip_suffix(" }`"))
        .filter(|declaration| !declaration.contains('…'))
        .collect::<Vec<_>>();
    assert!(declarations.len() > 12, "{declarations:?}");
    for declaration in declarations {
        let structs = "structs = { CardUserInfo = { \"i32 count\" } },";
        assert_eq!(refusal(structs, declaration), None, "{declaration}");
    }
}
