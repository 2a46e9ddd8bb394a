//! `mps.funid`: a function id as a plan.

use super::Error;
use super::api::records;
use super::declared::{Declared, unknown};
use super::error::Mistake;
use super::function::FunctionPath;
use crate::message::{Layout, is_field_name};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// What `funids/<funid>.lua` declares.
pub(super) struct FunidPlan {
    pub(super) title: String,
    pub(super) request: Vec<RequestField>,
    pub(super) ways: Ways,
}

/// A field that the request may carry.
pub(super) struct RequestField {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) required: bool,
    /// The values allowed, with their titles; empty: any.
    pub(super) values: BTreeMap<String, String>,
}

/// How a request is served.
pub(super) enum Ways {
    /// Always the same way.
    One(Way),
    /// By the value of a request field.
    By(String, BTreeMap<String, Way>),
}

/// One way: the device to ask, and the response fields in order.
pub(super) struct Way {
    pub(super) device: SmolStr,
    pub(super) method: String,
    pub(super) response: Vec<FieldPlan>,
}

/// A response field.
pub(super) struct FieldPlan {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) source: FieldSource,
    /// `function(value)`, applied to what the source gave.
    pub(super) map: Option<FunctionPath>,
    pub(super) layout: Layout,
}

/// Where a response field's value comes from.
pub(super) enum FieldSource {
    /// A field of the method's result.
    From(String),
    /// Written in the script.
    Value(String),
}

impl FunidPlan {
    /// The request field that chooses the way, one of its values, and the value's title.
    pub(super) fn by(&self, value: &str) -> Option<(String, String, String)> {
        let Ways::By(by, _) = &self.ways else {
            return None;
        };
        let field = self.request.iter().find(|field| field.name == *by)?;
        let title = field.values.get(value).cloned().unwrap_or_default();
        Some((by.clone(), value.to_owned(), title))
    }

    /// The ways by the value that chooses them; the only way has none.
    pub(super) fn ways(&self) -> Vec<(Option<&str>, &Way)> {
        match &self.ways {
            Ways::One(way) => vec![(None, way)],
            Ways::By(_, ways) => {
                let way = |(value, way)| (Some(String::as_str(value)), way);
                ways.iter().map(way).collect()
            }
        }
    }

    pub(super) fn read(declared: &Declared) -> Result<FunidPlan, Error> {
        let title = declared.required_text("title")?;
        let request = read_request(declared)?;
        let ways = match declared.text("by")? {
            None => {
                records::FUNID.only_keys(declared)?;
                Ways::One(Way::read(declared)?)
            }
            Some(by) => read_ways(declared, by, &request)?,
        };
        Ok(FunidPlan { title, request, ways })
    }
}

fn read_request(declared: &Declared) -> Result<Vec<RequestField>, Error> {
    let mut fields: Vec<RequestField> = Vec::new();
    let Some(request) = declared.table("request")? else {
        return Ok(fields);
    };
    request.only("request", &[])?;
    for index in 1..=request.len()? {
        let field = request.required_table(index)?;
        records::REQUEST_FIELD.only_keys(&field)?;
        let name = field_name(&field)?;
        if fields.iter().any(|known| known.name == name) {
            return Err(field.refuse_value(1, format!("请求字段{name}声明了两次")));
        }
        let mut values = BTreeMap::new();
        if let Some(allowed) = field.table("values")? {
            for value in allowed.only_names("values")? {
                let title = allowed.required_text(value.as_str())?;
                values.insert(value, title);
            }
        }
        let (title, required) = (field.required_text("title")?, field.boolean("required")?);
        fields.push(RequestField {
            name,
            title,
            required,
            values,
        });
    }
    Ok(fields)
}

fn read_ways(declared: &Declared, by: String, request: &[RequestField]) -> Result<Ways, Error> {
    let names: Vec<&str> = request.iter().map(|field| field.name.as_str()).collect();
    let field = request.iter().find(|field| field.name == by);
    let field = field.ok_or_else(|| declared.refuse_value("by", unknown("request", &by, &names)))?;
    let known: Vec<&str> = ["title", "request", "by"]
        .into_iter()
        .chain(field.values.keys().map(String::as_str))
        .collect();
    declared.only_with("mps.funid", 0, &known)?;
    let mut ways = BTreeMap::new();
    for value in field.values.keys() {
        let missing = || {
            declared.refuse_value(
                "by",
                format!("{by}允许取值{value}，但没有写[\"{value}\"]如何处理"),
            )
        };
        let way = declared.table(value.as_str())?.ok_or_else(missing)?;
        records::WAY.only_keys(&way)?;
        ways.insert(value.clone(), Way::read(&way)?);
    }
    if ways.is_empty() {
        return Err(declared.refuse("by", format!("请求字段{by}要用values列出允许的取值")));
    }
    Ok(Ways::By(by, ways))
}

impl Way {
    fn read(way: &Declared) -> Result<Way, Error> {
        let call = way.required_text("call")?;
        let (device, method) = call.split_once('.').ok_or_else(|| {
            way.refuse_value(
                "call",
                format!("call应写作“设备.方法”，例如“card.read_card”，实为“{call}”"),
            )
        })?;
        let declared = way.required_table("response")?;
        declared.only("response", &[])?;
        let mut response: Vec<FieldPlan> = Vec::new();
        for index in 1..=declared.len()? {
            let written = declared.required_table(index)?;
            let field = FieldPlan::read(&written)?;
            if response.iter().any(|known| known.name == field.name) {
                let what = format!("返回字段{}声明了两次", field.name);
                return Err(written.refuse_value(1, Mistake::new(what, "请删去或改名其中一处")));
            }
            response.push(field);
        }
        Ok(Way {
            device: device.into(),
            method: method.to_owned(),
            response,
        })
    }
}

/// The name of a field, which is an element's name in messages.
fn field_name(field: &Declared) -> Result<String, Error> {
    let missing = || {
        field.refuse_whole(Mistake::new(
            "缺少字段名",
            "请把它写在最前面，例如{ \"card_no\", … }",
        ))
    };
    let name = field.text(1)?.ok_or_else(missing)?;
    if is_field_name(&name) {
        return Ok(name);
    }
    let what = format!("“{name}”不能用作报文里的字段名");
    let advice = "字段名用字母、数字和_，不能有空格，不能以数字开头";
    Err(field.refuse_value(1, Mistake::new(what, advice)))
}

impl FieldPlan {
    fn read(field: &Declared) -> Result<FieldPlan, Error> {
        records::RESPONSE_FIELD.only_keys(field)?;
        let name = field_name(field)?;
        let title = field.required_text("title")?;
        let source = match (field.text("from")?, field.text("value")?) {
            (Some(from), None) => FieldSource::From(from),
            (None, Some(value)) => FieldSource::Value(value),
            (None, None) => {
                let mistake = Mistake::new(
                    format!("返回字段{name}没有来源"),
                    "请写from（设备结果里的哪一项）或value（固定值）",
                );
                return Err(field.refuse_value(1, mistake));
            }
            (Some(_), Some(_)) => {
                return Err(field.refuse("value", format!("返回字段{name}的from和value只能写一个")));
            }
        };
        let layout = if field.boolean("block")? {
            Layout::Block
        } else {
            Layout::Inline
        };
        Ok(FieldPlan {
            name,
            title,
            source,
            map: field.function("map")?,
            layout,
        })
    }
}
