//! `mps.simulation`: what a device's functions answer when the device is simulated.

use super::Error;
use super::api::records;
use super::declared::{Declared, type_name, unknown};
use super::function::FunctionPath;
use super::functions::FunctionPlan;
use super::library::LibraryPlan;
use crate::device::{OutKind, Outcome, Returned, Returns, Value as Out};
use mlua::{Table, Value};
use std::collections::BTreeMap;

/// What `simulated/<name>.lua` declares.
pub(super) struct SimulationPlan {
    pub(super) functions: BTreeMap<String, SimulatedFunction>,
}

/// One function's stand-in.
pub(super) enum SimulatedFunction {
    /// Always the same.
    Outcome(Outcome),
    /// `function(inputs…)`, giving a table of the same shape.
    Function(FunctionPath),
}

impl SimulationPlan {
    /// Reads the stand-ins for `library`, which must declare every function they stand in for.
    pub(super) fn read(declared: &Declared, library: &LibraryPlan) -> Result<SimulationPlan, Error> {
        records::SIMULATION.only_keys(declared)?;
        declared.required_text("title")?;
        let stand_ins = declared.required_table("functions")?;
        let known: Vec<&str> = library.functions.keys().map(String::as_str).collect();
        let mut functions = BTreeMap::new();
        for name in stand_ins.only_names("functions")? {
            let real = library.functions.get(&name);
            let real =
                real.ok_or_else(|| stand_ins.refuse(&name, unknown("设备脚本的functions", &name, &known)))?;
            let stand_in = if matches!(stand_ins.value(name.as_str()), Value::Function(_)) {
                let path = stand_ins.function(name.as_str())?;
                path.map(SimulatedFunction::Function)
                    .ok_or_else(|| stand_ins.refuse_whole("缺少函数"))?
            } else {
                let data = stand_ins.required_table(name.as_str())?;
                // A structure's members stand in a table of its name.
                let named = real
                    .outs()
                    .map(|out| out.split_once('.').map_or(out, |(structure, _)| structure));
                let mut outs: Vec<&str> = ["returns"].into_iter().chain(named).collect();
                outs.sort_unstable();
                outs.dedup();
                data.only_with("模拟函数", 0, &outs)?;
                let outcome = |key: &str| data.value(key);
                SimulatedFunction::Outcome(
                    outcome_from(real, outcome)
                        .map_err(|(key, wrong)| data.refuse_value(key.as_str(), wrong))?,
                )
            };
            functions.insert(name, stand_in);
        }
        Ok(SimulationPlan { functions })
    }
}

/// The outcome that a simulating function gave.
pub(super) fn outcome_of(function: &FunctionPlan, table: &Table) -> Result<Outcome, String> {
    let outcome = outcome_from(function, |key| table.raw_get(key).unwrap_or(Value::Nil));
    outcome.map_err(|(_, wrong)| wrong)
}

/// The error is the key that is wrong, and why.
fn outcome_from(function: &FunctionPlan, value: impl Fn(&str) -> Value) -> Result<Outcome, (String, String)> {
    let name = &function.native.name;
    let wrong = |expected: &str, actual: &Value| {
        let what = format!(
            "{name}声明的返回值是{expected}，这里的returns是{}",
            type_name(actual)
        );
        Err(("returns".to_owned(), what))
    };
    let returned = match (&function.native.returns, value("returns")) {
        (Returns::Nothing | Returns::Text { .. }, Value::Nil) => Returned::Nothing,
        (Returns::Integer(_), Value::Integer(number)) => Returned::Integer(number),
        (Returns::Text { .. }, Value::String(text)) => Returned::Text(text.to_string_lossy()),
        (Returns::Nothing, other) => return wrong("空（void）", &other),
        (Returns::Integer(_), other) => return wrong("整数", &other),
        (Returns::Text { .. }, other) => return wrong("文本", &other),
    };
    let out = |(name, kind): (&str, OutKind)| {
        let (key, member) = name
            .split_once('.')
            .map_or((name, None), |(key, member)| (key, Some(member)));
        let given = match (member, value(key)) {
            (None, given) => given,
            (Some(_), Value::Nil) => Value::Nil,
            (Some(member), Value::Table(members)) => members.raw_get(member).unwrap_or(Value::Nil),
            (Some(_), other) => {
                return Err((key.to_owned(), format!("{key}应为表，实为{}", type_name(&other))));
            }
        };
        out_of(kind, &given).ok_or_else(|| {
            let expected = if kind == OutKind::Integer {
                "整数"
            } else {
                "文本"
            };
            (
                key.to_owned(),
                format!("{name}应为{expected}，实为{}", type_name(&given)),
            )
        })
    };
    Ok(Outcome {
        returned,
        outs: function.kinds().map(out).collect::<Result<_, _>>()?,
        impossible: None,
    })
}

/// A simulated out; nothing is what a function leaves that writes nothing.
fn out_of(kind: OutKind, given: &Value) -> Option<Out> {
    Some(match (kind, given) {
        (OutKind::Text, Value::Nil) => Out::Text(String::new()),
        (OutKind::Text, Value::String(text)) => Out::Text(text.to_string_lossy()),
        (OutKind::Integer, Value::Nil) => Out::Integer(0),
        (OutKind::Integer, Value::Integer(value)) => Out::Integer(*value),
        (OutKind::Bytes, Value::Nil) => Out::Bytes(Vec::new()),
        (OutKind::Bytes, Value::String(text)) => Out::Bytes(text.as_bytes().to_vec()),
        _ => return None,
    })
}
