//! The sandbox against plain Lua: what it replaces gives the same results.

use super::{Budget, Limits, Sandbox, Source, api};
use crate::clock::Moment;
use mlua::{Lua, LuaString, Table, Value};
use proptest::prelude::*;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Shows every result of a protected call, so that two VMs can be compared.
const SHOW: &str = r#"
local COUNT = "\35"
local function show(ok, ...)
  local all = {}
  for i = 1, select(COUNT, ...) do
    local value = (select(i, ...))
    all[i] = math.type(value) or type(value)
    all[i] = all[i] .. ":" .. tostring(value)
  end
  return tostring(ok) .. " " .. table.concat(all, " | ")
end
"#;

const PATTERNS: &str = r#"
local text, pattern, replacement, init = ...
local results = {
  show(pcall(string.find, text, pattern, init)),
  show(pcall(string.find, text, pattern, init, true)),
  show(pcall(string.match, text, pattern, init)),
  show(pcall(string.gsub, text, pattern, replacement)),
  show(pcall(string.gsub, text, pattern, replacement, init)),
  show(pcall(string.gsub, text, pattern, { a = "A", b = 1, c = false })),
  show(pcall(string.gsub, text, pattern, function(first, second) return second or first end)),
  show(pcall(string.gsub, text, pattern, function() return {} end)),
  show(pcall(string.rep, text, init % 7, pattern)),
}
local ok, message = pcall(function()
  for first, second in string.gmatch(text, pattern, init) do
    results[#results + 1] = show(true, first, second)
  end
end)
results[#results + 1] = show(ok, message)
return table.concat(results, "\n")
"#;

fn plain(code: &str, arguments: impl mlua::IntoLuaMulti) -> Vec<u8> {
    let lua = Lua::new();
    let result: LuaString = lua
        .load(code)
        .set_name("@test.lua")
        .call(arguments)
        .expect("it runs");
    result.as_bytes().to_vec()
}

fn sandbox(limits: Limits) -> Sandbox {
    Sandbox::new(limits, &Arc::default()).expect("a VM can be made")
}

fn sandboxed(code: &str, arguments: impl mlua::IntoLuaMulti) -> Vec<u8> {
    let _budget = Budget::begin(Duration::from_secs(60));
    let sandbox = sandbox(Limits::default());
    let result = sandbox.enter("test.lua", None, |lua| {
        let result: LuaString = super::raw::load(lua, "test.lua", code)?.call(arguments)?;
        Ok(result.as_bytes().to_vec())
    });
    result.expect("no limit").expect("it runs")
}

/// What patterns are made of, mistakes included.
fn pattern() -> impl Strategy<Value = String> {
    let pieces = [
        "a", "b", "c", ".", "%a", "%d", "%w", "%s", "%S", "%p", "%x", "%u", "%%", "%", "[", "]", "[abc]",
        "[^a]", "[a-c]", "[%a_]", "[]]", "[^]]", "[a-]", "[%]]", "*", "+", "-", "?", "(", ")", "()", "%1",
        "%2", "%0", "%b()", "%bab", "%b", "%f[%a]", "%f", "^", "$", "\0",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn patterns_are_luas_own(
        text in "[abcA1_() \\x00]{0,12}",
        pattern in pattern(),
        replacement in "(x|%0|%1|%2|%%|%|a){0,4}",
        init in -14_i64..14,
    ) {
        let code = format!("{SHOW}{PATTERNS}");
        let arguments = (text, pattern, replacement, init);
        let (expected, actual) = (plain(&code, arguments.clone()), sandboxed(&code, arguments));
        prop_assert_eq!(String::from_utf8_lossy(&actual), String::from_utf8_lossy(&expected));
    }

    #[test]
    fn tables_are_moved_as_luas_own(size in 0_usize..6, first in -2_i64..8, second in -2_i64..8, third in -2_i64..8) {
        let code = format!(r#"{SHOW}
            local size, first, second, third = ...
            local function list() local t = {{}} for i = 1, size do t[i] = (i * 7) % 5 end return t end
            local results = {{}}
            local function try(f, t, ...)
              results[#results + 1] = show(pcall(f, t, ...)):gsub("table: %w+", "table")
              for i = -20, 20 do results[#results + 1] = tostring(t[i]) end
            end
            try(table.insert, list(), first)
            try(table.insert, list(), first, "new")
            try(table.insert, list(), 1, 2, 3)
            try(table.remove, list())
            try(table.remove, list(), first)
            try(table.move, list(), first, second, third)
            try(table.move, list(), first, second, third, {{}})
            try(table.sort, list())
            try(table.sort, list(), function(a, b) return a > b end)
            return table.concat(results, " ")"#);
        let arguments = (size, first, second, third);
        let (expected, actual) = (plain(&code, arguments), sandboxed(&code, arguments));
        prop_assert_eq!(String::from_utf8_lossy(&actual), String::from_utf8_lossy(&expected));
    }
}

#[test]
fn errors_and_coroutines_are_luas_own() {
    let code = format!(
        r#"{SHOW}
        local results = {{}}
        local function add(...) results[#results + 1] = show(...) end
        add(pcall(error, "text"))
        add(pcall(error, nil))
        add(pcall(function() error({{}}) end) == false)
        add(pcall(function() local x = nil; return x.y end))
        add(pcall(pcall))
        add(pcall(pcall, error, "inner"))
        add(pcall(select, -1, 1, 2, 3))
        add(xpcall(error, function(message) return message .. "!" end, "handled"))
        add(xpcall(function(...) return select(COUNT, ...) end, error, 1, nil, 3))
        add(pcall(xpcall, 1))
        local co = coroutine.create(function(a, b)
          local c = coroutine.yield(a + b)
          local ok, d = pcall(function() return coroutine.yield(c * 2) + 1 end)
          local _, e = xpcall(function() error(coroutine.yield(d)) end, function(m) return "h" .. tostring(m) end)
          error("end " .. e, 0)
        end)
        add(coroutine.resume(co, 1, 2))
        add(coroutine.resume(co, 10))
        add(coroutine.resume(co, 5))
        add(coroutine.resume(co, "x"))
        add(coroutine.resume(co))
        add(pcall(coroutine.resume, 1))
        add(coroutine.close(co))
        add(pcall(coroutine.wrap(function() error("wrapped") end)))
        return table.concat(results, "\n")"#
    );
    let (expected, actual) = (plain(&code, ()), sandboxed(&code, ()));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace("builtin", "");
    assert_eq!(text(&actual), text(&expected));
}

#[test]
fn libraries_can_be_used_as_ever() {
    let code = r#"
        local names = {}
        for name in pairs(string) do names[#names + 1] = name end
        table.sort(names)
        local Point = {}
        Point.__index = Point
        function Point:sum() return self.x + self.y end
        Point.__add = function(a, b) return setmetatable({ x = a.x + b.x, y = a.y + b.y }, Point) end
        local p = setmetatable({ x = 1, y = 2 }, Point)
        assert(getmetatable(p) == Point and (p + p):sum() == 6)
        assert(rawset({}, 1, 2)[1] == 2 and rawget(string, "x") == nil)
        assert(getmetatable("") == false and not pcall(setmetatable, "", {}))
        assert(_G.string == string and _G._G == _G)
        assert(not pcall(setmetatable, setmetatable({}, { __metatable = "locked" }), {}))
        return table.concat(names, " ")"#;
    let names = String::from_utf8(sandboxed(code, ())).expect("names are text");
    assert!(names.starts_with("byte char find format gmatch gsub"), "{names}");
    assert!(!names.contains("dump"), "{names}");
}

#[test]
fn the_module_shows_all_its_functions_and_each_is_one() {
    let code = r#"
        local seen = {}
        for name, inner in pairs(mps) do
            seen[#seen + 1] = name
            if type(inner) == "table" then
                for member, value in pairs(inner) do
                    assert(value == inner[member], member)
                    seen[#seen + 1] = name .. "." .. member
                end
            end
        end
        table.sort(seen)
        assert(mps.text.trim == mps.text.trim)
        assert(not pcall(function() return mps.text.trimm end) and not pcall(function() return mps.txt end))
        return table.concat(seen, " ")"#;
    let seen = String::from_utf8(sandboxed(code, ())).expect("names are text");
    // Editors are told of every function and every table of functions.
    let told = api::annotations();
    let functions = told
        .lines()
        .filter_map(|line| line.strip_prefix("function mps.")?.split('(').next());
    let groups = told
        .lines()
        .filter_map(|line| line.strip_prefix("mps.")?.strip_suffix(" = {}"));
    let mut expected: Vec<&str> = functions.chain(groups).collect();
    expected.sort();
    assert!(expected.len() > 50);
    assert_eq!(seen, expected.join(" "));
}

#[test]
fn no_code_runs_that_nobody_armed() {
    let sandbox = sandbox(Limits::default());
    let run = |sandbox: &Sandbox| sandbox.lua.load("for _ = 1, 100 do end return 1").call::<i64>(());
    assert!(run(&sandbox).is_err());
    let _budget = Budget::begin(Duration::from_secs(60));
    let armed = self::sandbox(Limits::default());
    let result = armed.enter("test.lua", None, |lua| {
        lua.load("for _ = 1, 100 do end return 1").call::<i64>(())
    });
    assert_eq!(result.expect("no limit").expect("it runs"), 1);
}

#[test]
fn the_time_of_a_call_is_one_budget_and_waiting_is_free() {
    let limits = Limits {
        time: Duration::from_millis(300),
        ..Limits::default()
    };
    let spin = "local n = ... for _ = 1, n do end return true";
    let enter = |sandbox: &Sandbox, n: u64| {
        sandbox.enter("test.lua", None, |lua| {
            super::raw::load(lua, "test.lua", spin)?.call::<bool>(n)
        })
    };
    let budget = Budget::begin(limits.time);
    let sandbox = sandbox(limits);
    super::waiting(Moment::now(), || std::thread::sleep(Duration::from_millis(400)));
    let waited = sandbox.enter("test.lua", None, |lua| {
        super::waiting(Moment::now(), || std::thread::sleep(Duration::from_millis(400)));
        super::raw::load(lua, "test.lua", spin)?.call::<bool>(10)
    });
    assert!(waited.is_ok());
    let entries = std::iter::repeat_with(|| enter(&sandbox, 10_000)).take(1_000_000);
    let limit = entries.filter_map(Result::err).next().expect("the budget ends");
    assert_eq!(limit.code(), "S020");
    assert!(sandbox.is_worn());
    drop(budget);
}

#[test]
fn what_is_kept_wears_a_vm_out_before_it_fails_a_call() {
    let _budget = Budget::begin(Duration::from_secs(60));
    let sandbox = sandbox(Limits::default());
    let kept: Table = sandbox.lua.create_table().expect("memory");
    let result = sandbox.enter("test.lua", None, |lua| {
        for index in 1..=10 {
            kept.raw_set(index, lua.create_string(vec![b'x'; 900_000])?)?;
        }
        Ok(())
    });
    assert!(matches!(result, Ok(Ok(()))));
    assert!(sandbox.is_worn());
    let result = sandbox.enter("test.lua", None, |lua| {
        lua.create_string(vec![b'x'; 2 << 20]).map(Value::String)
    });
    assert_eq!(result.err().map(|error| error.code()), Some("S021"));
}

#[test]
fn source_that_takes_long_to_compile_is_given_up() {
    let limits = Limits {
        time: Duration::from_millis(200),
        ..Limits::default()
    };
    let _budget = Budget::begin(limits.time);
    // Every `or` walks over all jumps before it.
    let text = format!("local x return {}x", "x or ".repeat(200_000));
    let source = Source {
        name: "long.lua".to_owned(),
        text: text.into(),
        below: None,
    };
    let begun = Instant::now();
    let error = sandbox(limits).run(&source).expect_err("refused");
    assert!(["S020", "S021", "S002"].contains(&error.code()), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[test]
fn mathematics_are_right() {
    let known = r#"
local known = {
  { math.acos(0.25), 1.318116071652818 }, { math.asin(0.25), 0.25268025514207865 },
  { math.atan(1, -2), 2.677945044588987 }, { math.cos(1e6), 0.9367521275331447 },
  { math.exp(1.5), 4.4816890703380645 }, { math.log(10), 2.302585092994046 },
  { math.log(1000, 10), 3.0 }, { math.log(1024, 2), 10.0 },
  { 2 ^ 0.5, 1.4142135623730951 }, { 10 ^ -3, 0.001 },
  { math.sin(1e6), -0.34999350217129294 }, { math.tan(0.5), 0.5463024898437905 },
  { 7.5 % 2, 1.5 }, { math.floor(-2.5) + 0.0, -3.0 }, { math.sqrt(2), 1.4142135623730951 },
  { tonumber("0x1p-4"), 0.0625 }, { math.ldexp(0.75, 4), 12.0 }, { math.log10(1e5), 5.0 },
  { math.cosh(1), 1.5430806348152437 }, { math.sinh(1), 1.1752011936438014 }, { math.tanh(1), 0.7615941559557649 },
  -- C's frexp tells where a table keeps a number that is not whole.
  { ({ [2.5] = 1.0, [-0.1] = 2.0 })[2.5], 1.0 }, { math.frexp(12), 0.75 }, { select(2, math.frexp(12)) + 0.0, 4.0 },
}
local wrong = {}
for number, pair in ipairs(known) do
  if math.abs(pair[1] - pair[2]) > 4e-16 * math.max(1, math.abs(pair[2])) then
    wrong[#wrong + 1] = number .. ": " .. pair[1]
  end
end
return table.concat(wrong, ", ") .. tostring(0 ^ -1) .. tostring(math.log(-1) ~= math.log(-1))
"#;
    assert_eq!(String::from_utf8_lossy(&sandboxed(known, ())), "inftrue");
}
