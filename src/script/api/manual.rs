//! The module for people: the reference part of the manual.

use super::list::{CLASSES, Function, GROUPS, RECORDS, Record, SCENARIO_RECORDS};
use std::fmt::Write as _;

/// The reference in Markdown.
pub fn reference() -> String {
    let mut out = String::from("## mps的函数\n\n");
    for group in GROUPS {
        // A String takes everything.
        let _ = match group.name {
            "" => writeln!(out, "### {}\n", group.title),
            name => writeln!(out, "### {}：mps.{name}\n", group.title),
        };
        for known in group.functions {
            function(&mut out, known);
        }
    }
    out.push_str(
        "## 各种表的键\n\n方括号里的是位置：[1]是第一项，[integer]是其余各项，[string]是其余名称。\n\n",
    );
    for record in RECORDS {
        table(&mut out, record);
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

/// The reference of what scenarios see besides.
pub fn scenario_reference() -> String {
    let mut out = String::from("## 场景里的对象\n\n");
    for class in CLASSES {
        let _ = writeln!(out, "### {}\n\n{}\n", class.title, class.meaning);
        if !class.fields.is_empty() {
            out.push_str("| 项 | 类型 | 含义 |\n| --- | --- | --- |\n");
        }
        for field in class.fields {
            let (title, meaning) = (field.kind.title(), cell(field.meaning));
            let _ = writeln!(out, "| `{}.{}` | {title} | {meaning} |", class.global, field.name);
        }
        if !class.fields.is_empty() {
            out.push('\n');
        }
        for known in class.functions {
            function(&mut out, known);
        }
    }
    out.push_str("## 场景里的表\n\n");
    for record in SCENARIO_RECORDS {
        table(&mut out, record);
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn function(out: &mut String, function: &Function) {
    let parameter = |parameter: &super::list::Parameter| {
        let optional = if parameter.optional { "?" } else { "" };
        format!("{}{optional}", parameter.name)
    };
    let parameters: Vec<String> = function.parameters.iter().map(parameter).collect();
    let _ = writeln!(
        out,
        "#### `{}({})`\n\n{}\n",
        function.name,
        parameters.join(", "),
        function.meaning
    );
    if !function.parameters.is_empty() {
        out.push_str("| 参数 | 类型 | 必填 | 含义 |\n| --- | --- | --- | --- |\n");
        for parameter in function.parameters {
            let required = if parameter.optional { "" } else { "是" };
            let (title, meaning) = (parameter.kind.title(), cell(parameter.meaning));
            let _ = writeln!(out, "| `{}` | {title} | {required} | {meaning} |", parameter.name);
        }
        out.push('\n');
    }
    for result in function.results {
        let _ = writeln!(
            out,
            "- 结果`{}`（`{}`）：{}",
            result.name, result.kind, result.meaning
        );
    }
    if !function.results.is_empty() {
        out.push('\n');
    }
    let gives = match function.example.gives {
        "" => String::new(),
        gives => format!("    --> {gives}"),
    };
    let _ = writeln!(out, "```lua\n{}{gives}\n```\n", function.example.code);
}

fn table(out: &mut String, record: &Record) {
    let _ = writeln!(
        out,
        "### `{}`\n\n{}\n\n| 键 | 类型 | 必填 | 含义 |\n| --- | --- | --- | --- |",
        record.class, record.meaning
    );
    for key in record.keys {
        let required = if key.required { "是" } else { "" };
        let _ = writeln!(
            out,
            "| `{}` | {} | {required} | {} |",
            key.name,
            key.kind.title(),
            cell(key.meaning)
        );
    }
    out.push('\n');
}

/// Text in a table: a bar would end its cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
