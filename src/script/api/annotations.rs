//! The module for editors: LuaCATS annotations, as lua-language-server and EmmyLua read them.

use super::list::{CLASSES, Class, Function, GROUPS, Key, RECORDS, Record, SCENARIO_RECORDS};
use std::fmt::Write as _;

/// The file `scripts/library/mps.lua`.
pub fn annotations() -> String {
    let mut out = String::from(
        "---@meta\n-- mps模块的注解，供编辑器提示和检查。由程序中的列表生成，请勿手改；运行时不读本文件。\n\n",
    );
    for record in RECORDS.iter().chain(SCENARIO_RECORDS) {
        class(&mut out, record);
    }
    out.push_str("---@class mps\nmps = {}\n\n");
    for group in GROUPS {
        if !group.name.is_empty() {
            let name = group.name;
            // A String takes everything.
            let _ = writeln!(
                out,
                "---{}\n---@class mps.{name}\nmps.{name} = {{}}\n",
                group.title
            );
        }
        for known in group.functions {
            function(&mut out, known);
        }
    }
    for known in CLASSES {
        object(&mut out, known);
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

/// A kind of object; only `scenario` is there without being given.
fn object(out: &mut String, class: &Class) {
    let _ = writeln!(out, "---{}\n---@class {}", class.meaning, class.name);
    for field in class.fields {
        let kind = field.kind.annotation();
        let _ = writeln!(out, "---@field {} {kind} {}", field.name, field.meaning);
    }
    let called = class.overload;
    if !called.is_empty() {
        let _ = writeln!(out, "---@overload {called}");
    }
    let local = if called.is_empty() { "local " } else { "" };
    let _ = writeln!(out, "{local}{} = {{}}\n", class.global);
    for known in class.functions {
        function(out, known);
    }
}

fn class(out: &mut String, record: &Record) {
    let _ = writeln!(out, "---{}\n---@class (exact) {}", record.meaning, record.class);
    for key in record.keys {
        let optional = if key.required || key.name.starts_with('[') {
            ""
        } else {
            "?"
        };
        let kind = annotation(record, key);
        let _ = writeln!(out, "---@field {}{optional} {kind} {}", key.name, key.meaning);
    }
    out.push('\n');
}

/// The type of a key. Of a table that scripts write, checkers hold the named keys, too, against what `[string]` says.
fn annotation(record: &Record, key: &Key) -> String {
    let mut types = vec![key.kind.union_member()];
    if key.name == "[string]" && !record.given {
        for named in record.keys.iter().filter(|known| !known.name.starts_with('[')) {
            let kind = named.kind.union_member();
            if !types.contains(&kind) {
                types.push(kind);
            }
        }
    }
    if types.len() == 1 {
        return key.kind.annotation();
    }
    types.join("|")
}

fn function(out: &mut String, function: &Function) {
    let _ = writeln!(
        out,
        "---{}\n---\n---例：`{}`",
        function.meaning, function.example.code
    );
    for parameter in function.parameters {
        let optional = if parameter.optional { "?" } else { "" };
        let kind = parameter.kind.annotation();
        let _ = writeln!(
            out,
            "---@param {}{optional} {kind} {}",
            parameter.name, parameter.meaning
        );
    }
    for result in function.results {
        let _ = writeln!(
            out,
            "---@return {} {} {}",
            result.kind, result.name, result.meaning
        );
    }
    let names: Vec<&str> = function
        .parameters
        .iter()
        .map(|parameter| parameter.name)
        .collect();
    let _ = writeln!(out, "function {}({}) end\n", function.name, names.join(", "));
}
