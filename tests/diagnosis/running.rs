//! What goes wrong when a call runs a function.

use crate::desk::Desk;
use crate::desk::sample::FUNID;
use crate::told::{
    CARD, CARD_FILE, FUNID_FILE, answered, changed, failed, failed_call, refused_text, snapshot,
};
use mps_client::engine::{Engine, Overrides};

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
    let field = response.body.iter().find(|field| &*field.name == "card_no");
    assert_eq!(field.map(|field| &*field.value), Some("DGXXXXXX7"));
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
