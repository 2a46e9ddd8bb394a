//! What people are told of mistakes in scripts: the sentence that the caller's `<msg>` gets, and the full form with its excerpt.
//!
//! One snapshot a mistake: the sentence of the engine's answer, a line of dashes, and the full form.

mod desk;

use desk::{Desk, request};
use mps_client::device::Libraries;
use mps_client::engine::{Engine, Overrides};
use mps_client::message::{Field, Response};
use mps_client::script::{self, Generation, Limits, Tree};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

const FUNID: &str = include_str!("../scripts/funids/N04.00.00.01.lua");
const CARD: &str = include_str!("../scripts/devices/card.lua");
const SIMULATED: &str = include_str!("../scripts/simulated/card.lua");
const FUNID_FILE: &str = "scripts/funids/N04.00.00.01.lua";
const CARD_FILE: &str = "scripts/devices/card.lua";
const SIMULATED_FILE: &str = "scripts/simulated/card.lua";

/// A shipped script with one mistake in it.
fn changed(script: &str, from: &str, to: &str) -> String {
    assert!(
        script.contains(from),
        "the shipped script has changed: mend this test"
    );
    script.replacen(from, to, 1)
}

fn answered(engine: &Engine) -> Response {
    Response::decode(&engine.answer(&request("03")).bytes).expect("a well-formed response")
}

/// What is told of a tree that is refused when it is built.
fn refused(files: &[(&str, &[u8])]) -> String {
    let desk = Desk::new("simulate = true\nregion = \"350203\"");
    for (path, bytes) in files {
        desk.write(path, "");
        std::fs::write(desk.home().join(path), bytes).expect("writable");
    }
    let engine = Engine::open(desk.home(), Overrides::default());
    let problem = engine.problem().expect("the mistake is seen");
    let response = answered(&engine);
    assert_eq!(response.result, "-1");
    assert_eq!(response.msg, problem.sentence());
    told(&response.msg, &problem.to_string())
}

/// The same for one text file.
fn refused_text(path: &str, text: &str) -> String {
    refused(&[(path, text.as_bytes())])
}

/// The same for a funid file with one change.
fn funid(from: &str, to: &str) -> String {
    refused_text(FUNID_FILE, &changed(FUNID, from, to))
}

/// The same for the card's script with one change.
fn card(from: &str, to: &str) -> String {
    refused_text(CARD_FILE, &changed(CARD, from, to))
}

/// What is told of a mistake that shows when a call runs it: `code` is the body of a `map` function.
fn failed(code: &str) -> String {
    let map = format!("from = \"cardnum\",\n        map = function(value)\n{code}\n        end, ");
    failed_call(FUNID_FILE, &changed(FUNID, "from = \"cardnum\", ", &map))
}

fn failed_call(path: &str, text: &str) -> String {
    failed_files(&[(path, text)])
}

fn failed_files(files: &[(&str, &str)]) -> String {
    let desk = Desk::new("simulate = true\nregion = \"350203\"");
    for (path, text) in files {
        desk.write(path, text);
    }
    let response = answered(&Engine::open(desk.home(), Overrides::default()));
    assert_eq!(response.result, "-1");
    let error = served(&desk).error.expect("a mistake of the script");
    assert_eq!(response.msg, error.sentence());
    told(&response.msg, &error.to_string())
}

fn served(desk: &Desk) -> script::Served {
    let tree = Tree::read(&desk.home().join("scripts")).expect("readable scripts");
    let generation = Generation::build(&tree, Some("350203"), Limits::default()).expect("accepted scripts");
    let body = [Field {
        name: "mdtrt_cert_type".to_owned(),
        value: "03".to_owned(),
        nested: false,
    }];
    let place = script::Desk {
        simulate: true,
        device_timeout: Duration::from_secs(5),
        device_wait: Duration::from_secs(5),
        http_hosts: Default::default(),
        http_timeout: Duration::from_secs(5),
        devices: Default::default(),
        stage: None,
        libraries: Arc::new(Libraries::default()),
        builtins: Arc::default(),
    };
    generation.serve("N04.00.00.01", &body, &place)
}

fn told(sentence: &str, full: &str) -> String {
    let mut told = String::new();
    writeln!(told, "{sentence}\n----\n{full}").expect("a String takes everything");
    told
}

/// Each mistake with its name; one snapshot file for each test.
fn snapshot(name: &str, cases: &[(&str, String)]) {
    let mut all = String::new();
    for (case, told) in cases {
        write!(all, "==== {case}\n{told}\n").expect("a String takes everything");
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, all));
}

#[test]
fn files_that_were_not_saved_as_they_should_be() {
    let (gbk, ..) = encoding_rs::GBK.encode(FUNID);
    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(FUNID.encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let bytes = FUNID.as_bytes();
    let hanzi = FUNID.find("凭证类型").expect("a title of hanzi");
    let mut zeros = bytes.to_vec();
    zeros[300..].fill(0);
    let cut = FUNID.find("\"name\"").expect("a field");
    let in_text = FUNID.find("姓名").expect("a title");
    snapshot(
        "files",
        &[
            ("saved as GBK", refused(&[(FUNID_FILE, &gbk)])),
            ("saved as UTF-16", refused(&[(FUNID_FILE, &utf16)])),
            (
                "neither UTF-8 nor GBK",
                refused(&[(FUNID_FILE, b"return mps.funid {\n title = \"\xff\xff\" }")]),
            ),
            ("empty", refused(&[(FUNID_FILE, b"")])),
            ("blank", refused(&[(FUNID_FILE, b"\r\n  \r\n")])),
            ("zeros alone", refused(&[(FUNID_FILE, &[0; 64])])),
            ("zeros behind", refused(&[(FUNID_FILE, &zeros)])),
            ("cut off between fields", refused(&[(FUNID_FILE, &bytes[..cut])])),
            ("cut off in a text", refused(&[(FUNID_FILE, &bytes[..in_text])])),
            (
                "cut off in a hanzi",
                refused(&[(FUNID_FILE, &bytes[..hanzi + 1])]),
            ),
            ("cut off before anything", refused(&[(FUNID_FILE, &bytes[..20])])),
        ],
    );
}

#[test]
fn a_byte_order_mark_moves_no_column() {
    let wrong = changed(FUNID, "from = \"id\"", "form = \"id\"");
    let marked = format!("\u{feff}{wrong}");
    assert_eq!(
        refused_text(FUNID_FILE, &marked),
        refused_text(FUNID_FILE, &wrong)
    );
    let first = "retrun mps.funid {}";
    assert_eq!(
        refused_text(FUNID_FILE, &format!("\u{feff}{first}")),
        refused_text(FUNID_FILE, first)
    );
}

#[test]
fn full_width_punctuation() {
    snapshot(
        "full_width",
        &[
            (
                "comma",
                funid("title = \"卡号\" }", "title = \"卡号\"， block = true }"),
            ),
            ("quotes", funid("title = \"卡号\"", "title = “卡号”")),
            ("right quote", funid("title = \"卡号\"", "title = \"卡号”")),
            ("brackets", funid("mps.funid {", "mps.funid（{")),
            ("equals", funid("from = \"id\"", "from ＝ \"id\"")),
            ("semicolon", funid("\"card.read_card\",", "\"card.read_card\"；")),
            ("colon", funid("from = \"id\"", "from：\"id\"")),
            ("blank", funid("  by =", "\u{3000}by =")),
            ("no quotes at all", funid("title = \"卡号\"", "title = 卡号")),
            ("invisible", funid("by =", "\u{200b}by =")),
        ],
    );
}

#[test]
fn what_is_not_lua() {
    let code = |body: &str| refused_text(FUNID_FILE, &format!("local function f(a)\n{body}\nend\n{FUNID}"));
    snapshot(
        "syntax",
        &[
            (
                "a missing comma",
                funid("\"idcard_no\", from", "\"idcard_no\" from"),
            ),
            (
                "a missing comma behind a table",
                funid("title = \"卡号\" },", "title = \"卡号\" }"),
            ),
            ("a missing brace", funid("  by =", "  }, by =")),
            (
                "a missing brace at the end",
                refused_text(FUNID_FILE, FUNID.trim_end().trim_end_matches('}')),
            ),
            (
                "a missing end",
                refused_text(
                    FUNID_FILE,
                    &format!("local function f()\n  if x then\n  return 1\nend\n{FUNID}"),
                ),
            ),
            ("an unfinished text", funid("title = \"卡号\"", "title = \"卡号")),
            (
                "an unfinished long text",
                funid("title = \"卡号\"", "title = [[卡号"),
            ),
            ("an unfinished comment", funid("-- its value", "--[[ its value")),
            ("= for ==", code("if a = 1 then return end")),
            ("== for =", code("local b == 1")),
            ("!=", code("if a != 1 then return end")),
            ("&&", code("if a && b then return end")),
            ("||", code("return a || b")),
            ("else if", code("if a then return 1 else if b then return 2 end")),
            ("an end too many", code("end")),
            ("a number with letters", code("return 12ab")),
            ("a backslash", code("return \"C:\\SSCard\"")),
            ("a constant", code("local b <const> = 1 b = 2")),
            ("an unknown word", funid("return", "retrun")),
            ("a colon in a table", funid("by =", "by :")),
            (
                "behind the end",
                refused_text(FUNID_FILE, &format!("{FUNID}\nlocal x = 1")),
            ),
        ],
    );
}

#[test]
fn what_no_declaration_may_say() {
    let extra = "from = \"id\", \"cardnum\"";
    snapshot(
        "declarations",
        &[
            ("an unknown key", funid("from = \"id\"", "form = \"id\"")),
            (
                "an unknown key far from all",
                funid("from = \"id\"", "from = \"id\", length = 3"),
            ),
            ("a wrong type", funid("required = true", "required = \"yes\"")),
            (
                "a text for a table",
                funid("call = \"card.read_card\"", "call = { \"card.read_card\" }"),
            ),
            (
                "a name that no message can hold",
                funid("\"card_no\"", "\"card no\""),
            ),
            ("no name at all", funid("\"card_no\",", "")),
            (
                "a missing title",
                funid("from = \"cardnum\",  title = \"卡号\"", "from = \"cardnum\""),
            ),
            ("a field declared twice", funid("\"card_no\"", "\"name\"")),
            (
                "a key written twice",
                funid("from = \"id\",", "from = \"id\", from = \"cardnum\","),
            ),
            ("a way written twice", funid("[\"01\"] = {\n", "[\"03\"] = {\n")),
            ("a field without a source", funid("from = \"cardnum\",", "")),
            (
                "a field with two sources",
                funid("from = \"cardnum\",", "from = \"cardnum\", value = \"x\","),
            ),
            (
                "a source that the device does not give",
                funid("from = \"cardnum\"", "from = \"cardnun\""),
            ),
            (
                "a device that does not exist",
                funid("card.read_card", "crad.read_card"),
            ),
            (
                "a method that does not exist",
                funid("card.read_card", "card.read"),
            ),
            ("no device at all", funid("card.read_card", "read_card")),
            (
                "a way for a value that is not allowed",
                funid("[\"03\"] = {", "[\"02\"] = {"),
            ),
            (
                "a value without a way",
                funid(
                    "[\"03\"] = \"社会保障卡\"",
                    "[\"03\"] = \"社会保障卡\", [\"04\"] = \"护照\"",
                ),
            ),
            (
                "a value as a number",
                funid("[\"03\"] = \"社会保障卡\"", "[3] = \"社会保障卡\""),
            ),
            ("an item too many", funid("from = \"id\"", extra)),
            (
                "a way chosen by nothing",
                funid("by = \"mdtrt_cert_type\"", "by = \"mdtrt_cert\""),
            ),
            ("another kind", funid("mps.funid", "mps.library")),
            ("an unknown kind", funid("mps.funid", "mps.funit")),
            ("not returned", funid("return mps.funid", "mps.funid")),
            ("a plain table", funid("return mps.funid", "return")),
            ("something else returned", refused_text(FUNID_FILE, "return 42")),
            ("comments alone", refused_text(FUNID_FILE, "-- later\n")),
            (
                "a nil global",
                refused_text(FUNID_FILE, &format!("local y = prnt\n{FUNID}")),
            ),
            (
                "a global assigned",
                refused_text(FUNID_FILE, &format!("x = 1\n{FUNID}")),
            ),
            (
                "built by code",
                refused_text(
                    FUNID_FILE,
                    "local fields = {}\nfields[1] = { \"x\", form = \"id\", title = \"甲\" }\n\
                     return mps.funid { title = \"功能\", call = \"card.read_card\", response = fields }",
                ),
            ),
        ],
    );
}

#[test]
fn what_no_device_may_say() {
    let simulated = |from: &str, to: &str| refused_text(SIMULATED_FILE, &changed(SIMULATED, from, to));
    snapshot(
        "devices",
        &[
            ("an unknown parameter type", card("\"str port\"", "\"strr port\"")),
            ("an out buffer without a size", card("out[4096] info", "out info")),
            (
                "a wrong default",
                card("default = \"USB1\"", "default = { \"USB1\" }"),
            ),
            ("a wrong time limit", card("timeout = 30", "timeout = \"30\"")),
            (
                "an unknown setting",
                card("{ setting = \"port\" }", "{ setting = \"prot\" }"),
            ),
            (
                "an undeclared request field",
                card("{ setting = \"port\" }", "{ request = \"port_no\" }"),
            ),
            ("an unknown function", card("\"SSC_Open\", {", "\"SSC_Opne\", {")),
            (
                "too many inputs",
                card("{ \"SSC_Close\" }", "{ \"SSC_Close\", 1 }"),
            ),
            ("a numbered function", card("    SSC_Open     =", "    [1] =")),
            ("an error code written twice", card("[-2]  =", "[-1]  =")),
            (
                "a simulated function of the wrong shape",
                simulated("{ returns = 0 }", "0"),
            ),
            (
                "a simulated function that returns the wrong type",
                simulated("returns = 0", "returns = \"0\""),
            ),
            (
                "a simulated function without a return value",
                simulated("{ returns = 0 }", "{ }"),
            ),
            (
                "a simulated out buffer that does not exist",
                simulated("info =", "inof ="),
            ),
            (
                "a simulated function that does not exist",
                simulated("SSC_Open ", "SSC_Opem "),
            ),
            (
                "a simulated device that does not exist",
                refused_text("scripts/simulated/crad.lua", SIMULATED),
            ),
        ],
    );
}

#[test]
fn files_that_nothing_would_find() {
    let base = "local x = 1";
    snapshot(
        "places",
        &[
            (
                "a folder misspelt",
                refused_text("scripts/funid/N04.00.00.01.lua", FUNID),
            ),
            (
                "a layer misspelt",
                refused_text("scripts/region/350200/funids/N04.00.00.01.lua", FUNID),
            ),
            (
                "a code cut short",
                refused_text("scripts/regions/35020/funids/N04.00.00.01.lua", FUNID),
            ),
            (
                "a region's folder misspelt",
                refused_text("scripts/regions/350200/device/card.lua", CARD),
            ),
            (
                "a region's file without a folder",
                refused_text("scripts/regions/card.lua", CARD),
            ),
            (
                "a declaration in no folder",
                refused_text("scripts/N04.00.00.01.lua", FUNID),
            ),
            (
                "a declaration in an unknown folder",
                refused_text("scripts/others/N04.00.00.01.lua", FUNID),
            ),
            (
                "a folder below a folder",
                refused_text("scripts/funids/N04/N04.00.00.01.lua", FUNID),
            ),
            (
                "a copy",
                refused_text("scripts/funids/N04.00.00.01 - 副本.lua", base),
            ),
            (
                "a full-width name",
                refused_text("scripts/funids/Ｎ04.00.00.01.lua", base),
            ),
        ],
    );
}

#[test]
fn layers_are_told_apart_and_every_file_is_heard() {
    let wrong = changed(FUNID, "from = \"id\"", "form = \"id\"");
    let other = changed(CARD, "timeout = 30", "timeout = 0");
    let (wrong, other) = (wrong.as_bytes(), other.as_bytes());
    snapshot(
        "layers",
        &[
            (
                "a city",
                refused(&[("scripts/regions/350200/funids/N04.00.00.01.lua", wrong)]),
            ),
            (
                "this hospital",
                refused(&[("scripts/site/funids/N04.00.00.01.lua", wrong)]),
            ),
            (
                "two files that cannot be read",
                refused(&[(FUNID_FILE, b"\xff\xfe"), (CARD_FILE, b"\0\0")]),
            ),
            ("two files", refused(&[(FUNID_FILE, wrong), (CARD_FILE, other)])),
        ],
    );
}

/// What is told of a city's file that says only what differs from the base.
#[test]
fn what_a_layer_may_not_say_over_its_base() {
    let city = |code: &str| {
        refused_text(
            "scripts/regions/350200/funids/N04.00.00.01.lua",
            &format!("local f = mps.base()\n{code}\nreturn f\n"),
        )
    };
    let wrong_base = changed(FUNID, "from = \"cardnum\"", "from = \"cardnun\"");
    let over = "local f = mps.base()\nf.title = \"病人信息\"\nreturn f\n";
    let mapped = |code: &str| {
        changed(
            FUNID,
            "from = \"cardnum\",",
            &format!("from = \"cardnum\", map = {code},"),
        )
    };
    let site = "scripts/site/funids/N04.00.00.01.lua";
    let own = "local f = mps.base()\nf[\"03\"].response.name.map = function(v)\n  return nil\nend\nreturn f";
    snapshot(
        "over_the_base",
        &[
            (
                "a source that the device does not give",
                city("f[\"03\"].response.card_no.from = \"cardnun\""),
            ),
            (
                "an unknown key",
                city("f[\"03\"].response.card_no.form = \"cardnum\""),
            ),
            ("a wrong type", city("f[\"03\"].response.name.map = \"trim\"")),
            (
                "a field of a new entry",
                city("f[\"03\"].response.sex = {\n  from = \"sexx\", title = \"性别\" }"),
            ),
            (
                "a field that the base does not have",
                city("f[\"03\"].response.card_num.from = \"cardnum\""),
            ),
            (
                "a way that the base does not have",
                city("f[\"02\"].call = \"card.read_card\""),
            ),
            (
                "a key written twice",
                city("f[\"03\"].response.sex = { from = \"id\", from = \"name\", title = \"性别\" }"),
            ),
            (
                "not returned",
                refused_text("scripts/site/funids/N04.00.00.01.lua", "local f = mps.base()\n"),
            ),
            (
                "no base at all",
                refused_text("scripts/site/funids/N05.lua", "return mps.base()\n"),
            ),
            (
                "a function of the base that fails",
                failed_files(&[
                    (FUNID_FILE, &mapped("function(v) return v.x.y end")),
                    (site, over),
                ]),
            ),
            (
                "a function of the base that returns nothing",
                failed_files(&[(FUNID_FILE, &mapped("function(v) end")), (site, over)]),
            ),
            (
                "a function of its own that returns nothing",
                failed_files(&[(site, own)]),
            ),
            (
                "a mistake of the base",
                refused(&[
                    (FUNID_FILE, wrong_base.as_bytes()),
                    ("scripts/site/funids/N04.00.00.01.lua", over.as_bytes()),
                ]),
            ),
            (
                "a base that is not Lua",
                refused(&[
                    (FUNID_FILE, b"return mps.funid {"),
                    ("scripts/site/funids/N04.00.00.01.lua", over.as_bytes()),
                ]),
            ),
        ],
    );
}

#[test]
fn what_fails_while_it_runs() {
    snapshot(
        "runtime",
        &[
            ("a nil indexed", failed("local t = {} return t.person.name")),
            ("a nil called", failed("return value.upper()")),
            ("a nil method", failed("return value:uper()")),
            ("a nil added", failed("local t = {} return t.count + 1")),
            ("a nil joined", failed("local t = {} return \"卡\" .. t.number")),
            (
                "a text compared",
                failed("if value > 3 then return value end return \"\""),
            ),
            ("two tables compared", failed("return {} < {}")),
            ("the length of nil", failed("local t return #t")),
            ("a wrong argument", failed("return string.sub(nil, 1)")),
            ("a bad pattern", failed("return value:match(\"[\")")),
            ("a bad format", failed("return string.format(\"%y\", 1)")),
            ("a division by zero", failed("return 1 // 0")),
            (
                "a loop without numbers",
                failed("for i = 1, value do return \"\" end"),
            ),
            ("nothing returned", failed("local x = value")),
            ("a table returned", failed("return { value }")),
            ("an assertion", failed("assert(value == \"\")")),
            ("a nil global", failed("return valeu")),
        ],
    );
}

#[test]
fn what_scripts_raise() {
    snapshot(
        "raised",
        &[
            ("a text", failed("error(\"卡号不对\")")),
            ("English words", failed("error(\"card not readable\")")),
            (
                "the number of a patient",
                failed("error(\"查无此人 11010119000101000X\")"),
            ),
            ("a table", failed("error({ code = -2, msg = \"无卡\" })")),
            (
                "a table with a patient in it",
                failed("error({ msg = \"查无此人\", id = \"11010119000101000X\" })"),
            ),
            ("a list", failed("error({ \"无卡\" })")),
            ("an empty table", failed("error({})")),
            (
                "a table that tells itself",
                failed("error(setmetatable({}, { __tostring = function() return \"读卡器没有插好\" end }))"),
            ),
            ("a table that does not", failed("error(setmetatable({}, {}))")),
            ("nil", failed("error()")),
            (
                "the caller's mistake",
                failed("local function check(v) error(\"参数不对\", 2) end\n check(value)\n return value"),
            ),
            (
                "when the file is read",
                refused_text(FUNID_FILE, "error({ code = 7 })"),
            ),
        ],
    );
}

#[test]
fn a_raised_table_is_still_a_table_to_who_catches_it() {
    let desk = Desk::new("simulate = true");
    let map = "from = \"cardnum\", map = function(v) local ok, e = pcall(error, { code = 7 }) return v .. e.code end,";
    desk.write(FUNID_FILE, &changed(FUNID, "from = \"cardnum\", ", map));
    let response = answered(&Engine::open(desk.home(), Overrides::default()));
    let field = response.body.iter().find(|field| field.name == "card_no");
    assert_eq!(field.map(|field| field.value.as_str()), Some("DGXXXXXX7"));
}

#[test]
fn what_host_functions_refuse() {
    let method = "read_card = { \"SSC_ReadCard\",\n      split = { \"info\", \"|\", \"area\", \"id\", \"cardnum\", \"cardCode\", \"name\" } },";
    let card = |body: &str| {
        let function = format!("read_card = function(lib, request)\n{body}\n    end,");
        failed_call(CARD_FILE, &changed(CARD, method, &function))
    };
    snapshot(
        "host",
        &[
            ("a nil to split", failed("return mps.text.split(nil, \"|\")")),
            ("a table to trim", failed("return mps.text.trim({})")),
            ("an empty delimiter", failed("return mps.text.split(value, \"\")")),
            ("no message for fail", failed("mps.fail()")),
            (
                "below another function",
                failed("local function cut(v) return mps.text.split(v) end\n return cut(value)[1]"),
            ),
            ("an unknown setting", card("      return lib.settings.prot")),
            (
                "an unknown request field",
                card("      return { id = request.cert }"),
            ),
            ("an undeclared function", card("      return lib.SSC_Read()")),
            (
                "a wrong input",
                card("      local r = lib.SSC_Open({})\n      return r"),
            ),
        ],
    );
}
