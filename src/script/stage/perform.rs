//! What a scenario wrote, as the vendor's function would write it.

use super::Cue;
use super::act::{Act, Given, WHOLE};
use super::stub::Turn;
use crate::device::{Argument, Charset, Error, OutKind, Outcome, Performance, Returns, rehearse};
use crate::script::declared::unknown;
use crate::script::functions::{ErrorSource, FunctionPlan};
use crate::script::library::LibraryPlan;
use crate::script::method::{MethodPlan, Shape};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// Bytes that an overrun writes too many, where the scenario says no number.
pub(in crate::script) const OVERRUN: usize = 64;

/// What each function brings back as a returned text.
const RETURNS: &str = "returns";

/// Plays a turn. The second kind of error is the scenario's mistake.
pub(super) fn perform(
    cue: &Cue,
    arguments: Vec<Argument>,
    turn: &Turn,
) -> Result<Result<Outcome, Error>, String> {
    let function = cue.function;
    let native = &function.native;
    let mut performance = match &turn.act {
        Act::Answer(values) => answer(cue.plan, function, values)?,
        Act::Fail(code, error) => failure(function, code, error.as_deref())?,
        Act::Overrun(by) => Performance {
            overrun: *by,
            ..succeeding(function)
        },
        Act::NoFunction => {
            return Ok(Err(Error::NoFunction(
                cue.library.to_owned(),
                native.name.clone(),
            )));
        }
        Act::Hang | Act::Busy | Act::NoFile | Act::NotLoaded(_) => {
            return Err("它发生在函数应答之前".to_owned());
        }
    };
    performance.cut = turn.cut;
    performance.charset = match &turn.charset {
        None => None,
        Some(name) => Some(Charset::named(name).ok_or_else(|| format!("没有字符集{name}"))?),
    };
    rehearse(native, arguments, &performance).map_err(|(out, why)| format!("{}的{out}{why}", native.name))
}

fn succeeding(function: &FunctionPlan) -> Performance {
    let (returned, out) = function.success();
    Performance {
        returned,
        outs: out.into_iter().collect(),
        ..Performance::default()
    }
}

/// A failure by its code; the text goes where the declaration looks for it.
fn failure(function: &FunctionPlan, code: &Given, error: Option<&str>) -> Result<Performance, String> {
    let name = &function.native.name;
    let code = code.clone().into_argument();
    let mut performance = Performance::default();
    match function.telling_out() {
        Some((out, OutKind::Integer)) => performance.outs.push((out.clone(), code)),
        Some((out, _)) => performance.outs.push((out.clone(), as_text(code))),
        None if matches!(function.native.returns, Returns::Text { .. }) => {
            performance.returned = Some(as_text(code));
        }
        None => performance.returned = Some(code),
    }
    if let Some(error) = error {
        let ErrorSource::Out(at) = &function.error else {
            return Err(format!(
                "{name}没有给出原因的输出，原因来自设备脚本的errors，请只写返回码"
            ));
        };
        let out = function.outs().nth(*at).unwrap_or_default();
        let text = Argument::Text(error.to_owned());
        performance.outs.push((out.to_owned(), text));
    }
    Ok(performance)
}

fn as_text(argument: Argument) -> Argument {
    match argument {
        Argument::Integer(number) => Argument::Text(number.to_string()),
        other => other,
    }
}

/// An answer: what is named like an out goes there, the rest as the declared method would read it.
fn answer(
    plan: &LibraryPlan,
    function: &FunctionPlan,
    values: &BTreeMap<String, Given>,
) -> Result<Performance, String> {
    let mut performance = Performance::default();
    let mut rest = BTreeMap::new();
    for (name, given) in values {
        let members = format!("{name}.");
        let structure = function.outs().any(|out| out.starts_with(&members));
        match given {
            given if name == RETURNS => performance.returned = Some(given.clone().into_argument()),
            given if function.out(name).is_some() => {
                let given = given.clone().into_argument();
                performance.outs.push((name.clone(), given));
            }
            Given::Json(Json::Object(values)) if structure => {
                for (member, value) in values {
                    let value = Given::of_plain_json(value).into_argument();
                    performance.outs.push((members.clone() + member, value));
                }
            }
            given => drop(rest.insert(name.clone(), given.clone())),
        }
    }
    if !rest.is_empty() {
        let (out, text) = written(plan, function, rest)?;
        performance.outs.push((out, text));
    }
    let (returned, out) = function.success();
    performance.returned = performance.returned.or(returned);
    if let Some((name, value)) = out
        && performance.outs.iter().all(|(known, _)| *known != name)
    {
        performance.outs.push((name, value));
    }
    Ok(performance)
}

/// What is not named like an out, as text in one: in the shape that a declared method reads, or as JSON in the only one there is.
fn written(
    plan: &LibraryPlan,
    function: &FunctionPlan,
    rest: BTreeMap<String, Given>,
) -> Result<(String, Argument), String> {
    let name = &function.native.name;
    let shapes = plan.methods.values().filter_map(|method| match method {
        MethodPlan::Declared(call, shape) if call.function.native.name == *name => Some(shape),
        _ => None,
    });
    let mut split = None;
    for shape in shapes {
        match shape {
            Shape::Split {
                out,
                delimiter,
                names,
            } => {
                split = Some((*out, names));
                if let Some(whole) = rest.get(WHOLE) {
                    return Ok((out_name(function, *out), whole.clone().into_argument()));
                }
                if rest.keys().all(|key| names.contains(key)) {
                    let piece = |name: &String| rest.get(name).map(text_of).unwrap_or_default();
                    let pieces: Vec<String> = names.iter().map(piece).collect();
                    let text = Argument::Text(pieces.join(delimiter));
                    return Ok((out_name(function, *out), text));
                }
            }
            Shape::Json(shape) => {
                let whole = rest.get(WHOLE).or_else(|| rest.get(&shape.whole));
                let text = match whole {
                    Some(whole) => whole.clone().into_argument(),
                    None => Argument::Text(as_json(rest)),
                };
                return Ok((out_name(function, shape.out), text));
            }
            Shape::Outs => {}
        }
    }
    let mut texts = function
        .kinds()
        .filter(|(out, kind)| *kind == OutKind::Text && *out != RETURNS);
    match (texts.next(), texts.next(), split) {
        (Some((out, _)), None, None) => Ok((
            out.to_owned(),
            match rest.get(WHOLE) {
                Some(whole) => whole.clone().into_argument(),
                None => Argument::Text(as_json(rest)),
            },
        )),
        (.., split) => {
            let key = rest.into_keys().next().unwrap_or_default();
            let pieces = split.map(|(_, names)| names.as_slice()).unwrap_or_default();
            let outs = function.outs().filter(|out| *out != RETURNS);
            let known: Vec<&str> = [RETURNS]
                .into_iter()
                .chain(outs)
                .chain(pieces.iter().map(String::as_str))
                .collect();
            Err(match key.as_str() {
                WHOLE => format!("{name}有几个输出，请写成{{ 输出 = … }}：{}", known.join("、")),
                key => unknown(&format!("{name}的应答"), key, &known).to_string(),
            })
        }
    }
}

fn out_name(function: &FunctionPlan, at: usize) -> String {
    function.outs().nth(at).unwrap_or_default().to_owned()
}

fn text_of(given: &Given) -> String {
    match given.clone().into_argument() {
        Argument::Integer(number) => number.to_string(),
        Argument::Text(text) => text,
        Argument::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
    }
}

fn as_json(values: BTreeMap<String, Given>) -> String {
    let members: Map<String, Json> = values
        .into_iter()
        .map(|(name, given)| (name, given.into_json()))
        .collect();
    Json::Object(members).to_string()
}
