//! The list against itself and against what runs.

use super::list::{GROUPS, RECORDS, Type};
use mlua::{Lua, Value};
use std::collections::BTreeSet;

/// Equality of what examples give, tables by their members.
const SAME: &str = "local function same(a, b)
    if type(a) ~= 'table' or type(b) ~= 'table' then return a == b end
    for k, v in pairs(a) do if not same(v, rawget(b, k)) then return false end end
    for k in pairs(b) do if rawget(a, k) == nil then return false end end
    return true
end\n";

/// The module alone, without what else the sandbox does to a VM.
fn with_module() -> Lua {
    let lua = Lua::new();
    let mps = super::module(&lua, |_, table, _| Ok(table.clone())).expect("the module");
    lua.globals().raw_set("mps", mps).expect("a global");
    lua
}

#[test]
fn every_example_gives_what_it_says() {
    let lua = with_module();
    for function in GROUPS.iter().flat_map(|group| group.functions) {
        let example = &function.example;
        assert!(example.code.contains(function.name), "{}", function.name);
        if example.gives.is_empty() {
            continue;
        }
        let (code, gives) = (example.code, example.gives);
        let same = lua.load(format!("{SAME} return same(({code}), {gives})"));
        let same: bool = same.eval().unwrap_or_else(|error| panic!("{code}: {error}"));
        assert!(same, "{code} does not give {gives}");
    }
}

#[test]
fn every_function_stands_in_its_group_and_optional_parameters_come_last() {
    let mut names = BTreeSet::new();
    for group in GROUPS {
        for function in group.functions {
            let (table, _) = function.name.rsplit_once('.').expect("a name within mps");
            assert_eq!(table, group.path());
            assert!(names.insert(function.name), "{} is listed twice", function.name);
            let optional: Vec<bool> = function
                .parameters
                .iter()
                .map(|parameter| parameter.optional)
                .collect();
            assert!(optional.is_sorted(), "{}", function.name);
        }
    }
}

#[test]
fn every_table_that_a_type_names_is_listed() {
    let listed: BTreeSet<&str> = RECORDS.iter().map(|record| record.class).collect();
    assert_eq!(listed.len(), RECORDS.len(), "a class is listed twice");
    let functions = GROUPS.iter().flat_map(|group| group.functions);
    let parameters = functions
        .clone()
        .flat_map(|function| function.parameters)
        .map(|known| known.kind.annotation());
    let results = functions
        .flat_map(|function| function.results)
        .map(|known| known.kind.to_owned());
    let keys = RECORDS
        .iter()
        .flat_map(|record| record.keys)
        .map(|key| key.kind.annotation());
    for annotation in parameters.chain(results).chain(keys) {
        for class in annotation
            .split(|c: char| !c.is_alphanumeric() && c != '.')
            .filter(|word| word.starts_with("mps."))
        {
            assert!(listed.contains(class), "{class} is not listed");
        }
    }
}

#[test]
fn arguments_are_held_against_the_list() {
    let lua = with_module();
    for (code, expected) in [
        (
            "mps.text.split('a', 1)",
            "mps.text.split第2个参数delimiter应为文本，实为数字",
        ),
        (
            "mps.text.split('a')",
            "mps.text.split缺少第2个参数delimiter（文本）",
        ),
        (
            "mps.text.split('a', nil)",
            "mps.text.split第2个参数delimiter应为文本，实为空",
        ),
        (
            "mps.text.split('a', 'b', { 1 })",
            "mps.text.split第3个参数names的第1项应为文本，实为数字",
        ),
        (
            "mps.text.split('a', 'b', nil, { shrot = true })",
            "mps.text.split第4个参数options没有“shrot”这一项，是否应为“short”？",
        ),
        (
            "mps.text.split('a', 'b', nil, { short = 1 })",
            "mps.text.split第4个参数options的short应为true或false，实为数字",
        ),
        (
            "mps.text.trim('a\\xFF')",
            "mps.text.trim第1个参数text的第2字节起不是UTF-8",
        ),
        (
            "mps.text.trim(('a'):rep(5000000))",
            "有5000000字节，超过上限4194304字节",
        ),
        (
            "mps.json.get(1, 'a')",
            "mps.json.get第1个参数json应为文本或表，实为数字",
        ),
        (
            "mps.http.get { body = 'a' }",
            "mps.http.get第1个参数request缺少url（文本）",
        ),
        ("mps.text.tirm('a')", "没有mps.text.tirm，是否应为mps.text.trim？"),
        ("mps.txet.trim('a')", "没有mps.txet，是否应为mps.text？"),
        ("mps.fail({})", "mps.fail第1个参数msg应为文本，实为表"),
    ] {
        let error = lua.load(code).exec().expect_err(code).to_string();
        assert!(error.contains(expected), "{code}: {error}");
    }
    // A call's last argument often has results behind it that nobody means.
    lua.load("assert(mps.text.trim((' a '):gsub('a', 'b')) == 'b')")
        .exec()
        .expect("more arguments are ignored");
}

#[test]
fn a_table_that_answers_for_keys_it_has_not_is_still_missing_them() {
    let lua = with_module();
    let code = "mps.http.get(setmetatable({}, { __index = function() return 'http://a/' end }))";
    let error = lua.load(code).exec().expect_err("no url").to_string();
    assert!(error.contains("缺少url"), "{error}");
}

#[test]
fn nothing_that_a_script_can_pass_is_more_than_an_error() {
    const VALUES: &str = r#"return { "", "\xFF\xFE", "张三\0", "9", "{[", '"', -1, math.mininteger, math.maxinteger, 0/0, true, {},
        { { "a", 1 } }, { "a", "" }, { short = true }, setmetatable({}, { __index = error }), function() end }"#;
    let lua = with_module();
    let values: Vec<Value> = lua.load(VALUES).eval().expect("a list");
    let value = |index: usize| values.get(index).cloned().unwrap_or(Value::Nil);
    let most = values.len() + 1;
    for function in GROUPS.iter().flat_map(|group| group.functions) {
        let called: mlua::Function = lua
            .load(format!("return {}", function.name))
            .eval()
            .expect("a function");
        // A fourth parameter is an option like the third.
        let parameters = u32::try_from(function.parameters.len().min(3)).expect("few");
        for number in 0..most.pow(parameters) {
            let arguments = (
                value(number % most),
                value(number / most % most),
                value(number / most / most),
            );
            // A panic would end the test; whatever else comes is an answer.
            let _ = called.call::<Value>((arguments.0, arguments.1, arguments.2.clone(), arguments.2));
        }
    }
}

#[test]
fn types_are_written_as_editors_read_them() {
    let either = Type::Either(&[Type::Text, Type::Function("fun(a: string): string"), Type::Texts]);
    assert_eq!(either.annotation(), "string|(fun(a: string): string)|string[]");
    assert_eq!(either.title(), "文本或函数或文本的列表");
}
