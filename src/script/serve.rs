//! Serving one request by its plan.

use super::backend::{DeviceUse, Judged, Request};
use super::failure::Failure;
use super::funid::{FieldPlan, FieldSource, RequestField, Way, Ways};
use super::generation::Generation;
use super::method::{JsonShape, MethodPlan, Shape};
use super::record::{Record, json_text};
use super::template::Refusal;
use super::words::Words;
use super::{Desk, Error, call, handle, json_pick};
use crate::clock::Moment;
use crate::device::{Outcome, Value};
use crate::mask;
use crate::message::{Field, ResponseField};
use crate::suggest::nearest;
use serde::de::IgnoredAny;
use serde_json::Value as Json;
use std::borrow::Cow;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

/// The answer to a request, not yet a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served<'n> {
    /// 结果.
    pub result: Cow<'static, str>,
    /// 提示信息.
    pub msg: Cow<'static, str>,
    /// The response fields in order; empty values where the call failed.
    pub body: Vec<ResponseField<'n>>,
    /// The script's mistake that the call failed of, where it was one: `msg` is its sentence.
    pub error: Option<Error>,
    /// Whose words `msg` is made of.
    pub words: Words,
}

/// 提示信息 of a success, as in the specification's samples.
const SUCCESS: &str = "操作成功";
/// 结果 of a success.
const SUCCEEDED: &str = "0";
/// 结果 of a failure that names no other.
const FAILED: &str = "-1";

impl Generation {
    /// Serves one request at one desk. `tell` is given the answer, whose values stand in what the device said: to copy them takes long.
    pub fn serve<T>(
        self: &Arc<Self>,
        funid: &str,
        body: &[Field],
        desk: &Desk,
        tell: impl FnOnce(Served<'_>) -> T,
    ) -> T {
        let _budget = self.budget();
        let record;
        let served = match self.route(funid, body) {
            Err(failure) => failed(self.explained(failure, funid), &[]),
            Ok((way, request)) => {
                let body = match self.ask(way, &request, desk) {
                    Ok(given) => {
                        record = given;
                        self.fields(way, &record)
                    }
                    Err(failure) => Err(failure),
                };
                match body {
                    Err(failure) => failed(self.explained(failure, funid), &way.response),
                    Ok(body) => Served {
                        result: SUCCEEDED.into(),
                        msg: SUCCESS.into(),
                        body,
                        error: None,
                        words: Words::Own,
                    },
                }
            }
        };
        tell(served)
    }

    pub(super) fn route<'n: 'r, 'r>(
        &'n self,
        funid: &str,
        body: &'r [Field],
    ) -> Result<(&'n Way, Request<'r>), Failure> {
        let Some(plan) = self.funid(funid) else {
            let near = nearest(funid, self.funids());
            let near = near.map_or_else(String::new, |near| format!("，是否应为{near}？"));
            return Err(Failure::new(format!(
                "没有功能编号{funid}，请检查请求报文的funid{near}"
            )));
        };
        let plan = plan.map_err(Failure::from)?;
        let mut request = Request::with_room(plan.request.len());
        for field in &plan.request {
            let value = read_field(field, body)?;
            request.add(&field.name, value);
        }
        let way = match &plan.ways {
            Ways::One(way) => Some(way),
            Ways::By(field, ways) => ways.get(request.get(field).unwrap_or_default()),
        };
        // Only an optional field that chooses the way can still be missing here.
        let unserved = || Failure::new(format!("功能{funid}（{}）没有写明如何处理这个请求", plan.title));
        Ok((way.ok_or_else(unserved)?, request))
    }

    fn fields<'n>(&'n self, way: &'n Way, record: &'n Record) -> Result<Vec<ResponseField<'n>>, Failure> {
        let mut body = Vec::with_capacity(way.response.len());
        for field in &way.response {
            body.push(response_field(field, self.value(field, record)?));
        }
        Ok(body)
    }

    fn value<'n>(&self, field: &'n FieldPlan, record: &'n Record) -> Result<Cow<'n, str>, Failure> {
        let value = match &field.source {
            FieldSource::Value(value) => value.into(),
            FieldSource::From(from) => {
                let missing =
                    || Failure::new(format!("设备返回的数据中没有{from}（返回字段{}）", field.name));
                record.get(from).ok_or_else(missing)?
            }
        };
        let Some(path) = &field.map else {
            return Ok(value);
        };
        let (vm, function) = self.function(path)?;
        let about = || format!("返回字段{}的map，值为“{}”", field.name, mask::value(&value));
        let result = vm.sandbox.enter(&path.file, Some(&function), |_| {
            function.call::<String>(value.as_ref())
        });
        let mapped = result.map_err(|limit| Failure::from(limit).about(about))?;
        mapped
            .map(Cow::Owned)
            .map_err(|error| Failure::of_lua(&error, &function).about(about))
    }

    /// Opens the way's device, calls its method and closes it again, also when the middle fails.
    fn ask<'p>(
        self: &'p Arc<Self>,
        way: &'p Way,
        request: &Request,
        desk: &Desk,
    ) -> Result<Record<'p>, Failure> {
        let begun = call::current(|call| call.begun).unwrap_or_else(Moment::now);
        let plan = self.device(&way.device)?;
        let mut device = DeviceUse::take(self, &way.device, plan, Some(&way.method), desk, begun)?;
        if device.is_simulated() {
            call::current(|call| call.simulated = true);
        }
        match plan.methods.get(&way.method) {
            None => Err(Failure::new(format!("设备{}没有方法{}", way.device, way.method))),
            Some(MethodPlan::Function(path)) => {
                // A script may keep what it was given for longer than the call.
                let device = Rc::new(device.kept());
                device.around(request, || handle::call_method(self, path, &device, request))
            }
            Some(MethodPlan::Declared(call, shape)) => {
                device.ask_in_a_row();
                device.call_ahead(call, request)?;
                let answer = device.around(request, || device.call_declared(call, request))?;
                // Whoever waits for it need not wait for the rest.
                drop(device);
                let refused = |refusal| plan.failure(&plan.advised(refusal, &call.function));
                pick(shape, answer, call.function.outs(), way).map_err(refused)
            }
        }
    }
}

pub(super) fn failed(failure: Failure, fields: &[FieldPlan]) -> Served<'_> {
    Served {
        result: failure.code.map_or(FAILED.into(), Cow::Owned),
        msg: failure.msg.into(),
        body: fields
            .iter()
            .map(|field| response_field(field, Cow::Borrowed("")))
            .collect(),
        error: failure.error,
        words: failure.words,
    }
}

fn response_field<'n>(field: &'n FieldPlan, value: Cow<'n, str>) -> ResponseField<'n> {
    ResponseField {
        name: Cow::Borrowed(&field.name),
        value,
        layout: field.layout,
    }
}

/// The value of a declared request field, checked.
fn read_field<'b>(declared: &RequestField, body: &'b [Field]) -> Result<&'b str, Failure> {
    let RequestField {
        name,
        title,
        required,
        values,
        ..
    } = declared;
    let mut found = body.iter().filter(|field| field.name == *name);
    let value = match (found.next(), found.next()) {
        (_, Some(_)) => {
            return Err(Failure::new(format!(
                "参数{name}（{title}）在请求报文中出现了多次"
            )));
        }
        (Some(field), None) if field.nested => {
            return Err(Failure::new(format!(
                "参数{name}（{title}）应为文本，不能含有子元素"
            )));
        }
        (Some(field), None) if values.is_empty() => field.value.as_str(),
        (Some(field), None) => field.value.trim(),
        (None, None) => "",
    };
    if value.is_empty() {
        return match required {
            true => Err(Failure::new(format!(
                "缺少必填参数{name}（{title}）{}",
                allowed(declared)
            ))),
            false => Ok(""),
        };
    }
    if !values.is_empty() && !values.contains_key(value) {
        return Err(Failure::new(format!(
            "参数{name}（{title}）的取值不正确{}",
            allowed(declared)
        )));
    }
    Ok(value)
}

/// `，应为01:电子医保凭证、03:社会保障卡`.
fn allowed(declared: &RequestField) -> String {
    let values: Vec<String> = declared
        .values
        .iter()
        .map(|(value, title)| format!("{value}:{title}"))
        .collect();
    if values.is_empty() {
        String::new()
    } else {
        format!("，应为{}", values.join("、"))
    }
}

/// What a declared method picks from its function's answer.
fn pick<'a>(
    shape: &'a Shape,
    answer: Judged,
    outs: impl Iterator<Item = &'a str>,
    way: &Way,
) -> Result<Record<'a>, Refusal> {
    let mut outcome = match (shape, answer) {
        (_, Ok(outcome)) => outcome,
        (shape, Err(refused)) => {
            let (outcome, refusal) = *refused;
            return Err(match shape {
                Shape::Json(shape) => shape.refusal_in(&outcome, refusal),
                Shape::Outs | Shape::Split { .. } => refusal,
            });
        }
    };
    match shape {
        Shape::Outs => Ok(Record::Fields(
            outs.map(Cow::Borrowed)
                .zip(outcome.outs.into_iter().map(Value::into_text))
                .collect(),
        )),
        Shape::Split {
            out,
            delimiter,
            names,
        } => {
            let text = match taken(&mut outcome, *out) {
                Some(Value::Text(text)) => text,
                Some(Value::Integer(_) | Value::Bytes(_)) | None => String::new(),
            };
            let pieces = pieces(&text, delimiter);
            if pieces.len() < names.len() {
                let error = format!("返回数据不完整，应有{}段，实有{}段", names.len(), pieces.len());
                return Err(Refusal {
                    error,
                    ..Refusal::default()
                });
            }
            Ok(Record::Pieces { names, text, pieces })
        }
        Shape::Json(shape) => {
            let is_part =
                |field: &FieldPlan| matches!(&field.source, FieldSource::From(from) if *from != shape.whole);
            shape.read_answer(outcome, way.response.iter().any(is_part))
        }
    }
}

/// An out, which is asked for once.
fn taken(outcome: &mut Outcome, out: usize) -> Option<Value> {
    let out = outcome.outs.get_mut(out)?;
    Some(std::mem::replace(out, Value::Integer(0)))
}

/// The pieces of a text between delimiters, which mostly are single characters: those are found faster.
fn pieces(text: &str, delimiter: &str) -> Vec<Range<usize>> {
    let mut pieces = Vec::with_capacity(16);
    let mut begin = 0;
    let mut cut = |at: usize| {
        pieces.push(begin..at);
        begin = at + delimiter.len();
    };
    match delimiter.as_bytes() {
        [byte] => (0..)
            .zip(text.bytes())
            .filter(|(_, other)| other == byte)
            .for_each(|(at, _)| cut(at)),
        _ => text.match_indices(delimiter).for_each(|(at, _)| cut(at)),
    }
    pieces.push(begin..text.len());
    pieces
}

fn not_json(wrong: serde_json::Error) -> Refusal {
    Refusal {
        error: format!(
            "返回的不是完整的JSON（第{}行第{}列）",
            wrong.line(),
            wrong.column()
        ),
        ..Refusal::default()
    }
}

impl JsonShape {
    /// Reads the answer; `parts` of it are asked for, or nothing but the whole.
    fn read_answer(&self, mut outcome: Outcome, parts: bool) -> Result<Record<'_>, Refusal> {
        let text = taken(&mut outcome, self.out)
            .map(Value::into_text)
            .unwrap_or_default();
        let parsed: Option<Json> = match parts {
            true => Some(serde_json::from_str(&text).map_err(not_json)?),
            false => None,
        };
        if let Some((path, ok)) = &self.code {
            let code = match &parsed {
                Some(parsed) => json_text(parsed, path).map(Cow::into_owned),
                None => json_pick::text_at(&text, path).map_err(not_json)?,
            };
            let code = code.unwrap_or_default();
            if !ok.contains(&code) {
                let parsed = parsed.or_else(|| serde_json::from_str(&text).ok());
                let error = parsed.and_then(|parsed| self.error_in(&parsed));
                return Err(Refusal {
                    code,
                    error: error.unwrap_or_default(),
                    own: true,
                    ..Refusal::default()
                });
            }
        } else if parsed.is_none() {
            serde_json::from_str::<IgnoredAny>(&text).map_err(not_json)?;
        }
        Ok(Record::Json {
            whole: &self.whole,
            text,
            parsed,
        })
    }

    /// A failed call may have left the JSON that tells more than its return value.
    fn refusal_in(&self, outcome: &Outcome, refusal: Refusal) -> Refusal {
        let parsed: Option<Json> = outcome
            .outs
            .get(self.out)
            .and_then(|out| serde_json::from_str(out.text()?).ok());
        let Some(parsed) = parsed else { return refusal };
        let code = self.code.as_ref().and_then(|(path, _)| json_text(&parsed, path));
        let error = self.error_in(&parsed);
        Refusal {
            code: code.map_or(refusal.code, |code| code.into_owned()),
            own: refusal.own || error.is_some(),
            error: error.unwrap_or(refusal.error),
            ..refusal
        }
    }

    fn error_in(&self, parsed: &Json) -> Option<String> {
        let path = self.error.as_deref()?;
        json_text(parsed, path).map(|text| text.into_owned())
    }
}
