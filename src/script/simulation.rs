//! `mps.simulation`: what a device's functions answer when the device is simulated.

use super::Error;
use super::api::records;
use super::declared::{Declared, unknown};
use super::function::FunctionPath;
use super::library::{FunctionPlan, LibraryPlan};
use crate::device::{Outcome, Returned, Returns};
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
        for name in stand_ins.names()? {
            let real = library.functions.get(&name);
            let real =
                real.ok_or_else(|| stand_ins.refuse(&name, unknown("设备脚本的functions", &name, &known)))?;
            let stand_in = if matches!(stand_ins.value(name.as_str()), Value::Function(_)) {
                let path = stand_ins.function(name.as_str())?;
                path.map(SimulatedFunction::Function)
                    .ok_or_else(|| stand_ins.refuse_whole("缺少函数"))?
            } else {
                let data = stand_ins.required_table(name.as_str())?;
                let outs: Vec<&str> = ["returns"].into_iter().chain(real.outs()).collect();
                data.only("模拟函数", &outs)?;
                let outcome = |key: &str| data.value(key);
                SimulatedFunction::Outcome(
                    outcome_from(real, outcome).map_err(|wrong| data.refuse(&name, wrong))?,
                )
            };
            functions.insert(name, stand_in);
        }
        Ok(SimulationPlan { functions })
    }
}

/// The outcome that a simulating function gave.
pub(super) fn outcome_of(function: &FunctionPlan, table: &Table) -> Result<Outcome, String> {
    outcome_from(function, |key| table.raw_get(key).unwrap_or(Value::Nil))
}

fn outcome_from(function: &FunctionPlan, value: impl Fn(&str) -> Value) -> Result<Outcome, String> {
    let returned = match (function.native.returns, value("returns")) {
        (Returns::Nothing, Value::Nil) | (Returns::Text, Value::Nil) => Returned::Nothing,
        (Returns::Integer(_), Value::Integer(number)) => Returned::Integer(number),
        (Returns::Text, Value::String(text)) => Returned::Text(text.to_string_lossy()),
        _ => return Err("returns与设备脚本声明的返回类型不符".to_owned()),
    };
    let out = |name: &str| match value(name) {
        Value::Nil => Ok(String::new()),
        Value::String(text) => Ok(text.to_string_lossy()),
        _ => Err(format!("{name}应为文本")),
    };
    Ok(Outcome {
        returned,
        outs: function.outs().map(out).collect::<Result<_, _>>()?,
    })
}
