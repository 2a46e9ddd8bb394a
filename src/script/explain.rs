//! Where a function id's declarations came from: the same plans that calls run by, layer by layer.

mod device;
mod history;

use super::declared::unknown;
use super::funid::{FieldPlan, FieldSource, FunidPlan, Way};
use super::generation::Generation;
use super::library::LibraryPlan;
use super::method::{JsonShape, MethodPlan, Shape};
use crate::message::Field;
use history::{History, Key, Origins, request_text};

/// A function id, explained.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// 功能编号.
    pub funid: String,
    /// What the script calls it.
    pub title: String,
    /// Its files, the topmost first.
    pub files: Vec<LayerFile>,
    /// The request's fields.
    pub request: Vec<ExplainedField>,
    /// The ways that it is served.
    pub ways: Vec<ExplainedWay>,
}

/// One layer's file.
#[derive(Clone, Debug)]
pub struct LayerFile {
    /// Its path below `scripts/`.
    pub file: String,
    /// The layer's folder below `scripts/`; empty for the base.
    pub layer: String,
    /// Whether it extends the file below by `mps.base()`, or replaces it.
    pub extends: bool,
}

/// A line of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its path below `scripts/`.
    pub file: String,
    /// From 1; 0 for the file as a whole.
    pub line: usize,
}

/// A field, and the layer that gave it.
#[derive(Clone, Debug)]
pub struct ExplainedField {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// The line that it is as it is by.
    pub place: Place,
    /// Where its value comes from, in words.
    pub source: String,
    /// The line of the device's script that takes it from there; `None` for a fixed value and for request fields.
    pub device: Option<Place>,
    /// Where the layers of the device's script below took it from instead, the nearest first.
    pub device_replaced: Vec<Replaced>,
    /// The function that is applied to the value; its file is empty where it is one of `mps` itself.
    pub map: Option<Place>,
    /// What the layers below said instead, the nearest first.
    pub replaced: Vec<Replaced>,
}

/// What a layer above changed.
#[derive(Clone, Debug)]
pub struct Replaced {
    /// Where it stands.
    pub place: Place,
    /// What it says, in words.
    pub text: String,
}

/// A response field that a layer took away.
#[derive(Clone, Debug)]
pub struct Removed {
    /// Its name.
    pub name: String,
    /// The file of the layer that took it away.
    pub by: String,
    /// What stood below.
    pub was: Replaced,
}

/// One way to serve the request.
#[derive(Clone, Debug)]
pub struct ExplainedWay {
    /// The request field that chooses, its value and the value's title; `None` for the only way.
    pub by: Option<(String, String, String)>,
    /// `device.method`.
    pub call: String,
    /// Where the call is declared.
    pub place: Place,
    /// What the layers below called instead.
    pub replaced: Vec<Replaced>,
    /// The device's title.
    pub device_title: String,
    /// The device's script.
    pub device_file: String,
    /// The library's function that the method calls, where that is declared.
    pub function: Option<String>,
    /// The response's fields in order.
    pub fields: Vec<ExplainedField>,
    /// The fields that a layer took away.
    pub removed: Vec<Removed>,
}

impl Generation {
    /// Explains a function id; the error says that there is none of this name.
    pub fn explain(&self, funid: &str) -> Result<Explanation, String> {
        let known: Vec<&str> = self.funids().collect();
        let plan = self.funid(funid);
        let plan = plan.ok_or_else(|| unknown("funids/", funid, &known).to_string())?;
        let plan = plan.map_err(|error| error.to_string())?;
        let path = format!("funids/{funid}.lua");
        let source = self.sources.get(&path).ok_or("脚本不存在")?;
        let History {
            origins,
            removed,
            files,
        } = History::of(self, &path, source).map_err(|error| error.to_string())?;
        let request = plan.request.iter().map(|field| {
            let source = request_text(field);
            explained(
                &origins,
                &Key::Request(field.name.clone()),
                &field.name,
                &field.title,
                source,
            )
        });
        let ways = plan.ways().into_iter();
        Ok(Explanation {
            funid: funid.to_owned(),
            title: plan.title.clone(),
            files,
            request: request.collect(),
            ways: ways
                .map(|(value, way)| self.explain_way(plan, value, way, &origins, &removed))
                .collect(),
        })
    }

    /// The value that chooses the way of a request; `None` where there is but one way, or none.
    pub fn chosen(&self, funid: &str, body: &[Field]) -> Option<String> {
        self.way_of(funid, body)?.map(str::to_owned)
    }

    /// The way of a request by the value that chooses it, which is `None` for the only way; `None` where there is none.
    pub(super) fn way_of(&self, funid: &str, body: &[Field]) -> Option<Option<&str>> {
        let chosen = self.route(funid, body).ok()?.0;
        let ways = self.funid(funid)?.ok()?.ways().into_iter();
        let (value, _) = ways.into_iter().find(|(_, way)| std::ptr::eq(*way, chosen))?;
        Some(value)
    }

    /// Where a response field comes from that a request is answered with, in one sentence; `None` where it is not declared.
    pub fn whence(&self, funid: &str, body: &[Field], name: &str) -> Option<String> {
        let chosen = self.chosen(funid, body);
        let explanation = self.explain(funid).ok()?;
        let value = |way: &ExplainedWay| way.by.as_ref().map(|(_, value, _)| value.clone());
        let way = explanation.ways.into_iter().find(|way| value(way) == chosen)?;
        let field = way.fields.into_iter().find(|field| field.name == name)?;
        let Place { file, line } = field.place;
        let mut text = format!("{name}由{file}第{line}行给出，取自{}的{}", way.call, field.source);
        match field.map {
            Some(Place { file, line }) if !file.is_empty() => {
                text.push_str(&format!("，再经过{file}第{line}行的函数"));
            }
            Some(_) => text.push_str("，再经过mps的函数"),
            None => {}
        }
        Some(text)
    }

    fn explain_way(
        &self,
        plan: &FunidPlan,
        value: Option<&str>,
        way: &Way,
        origins: &Origins,
        removed: &[(Key, Removed)],
    ) -> ExplainedWay {
        let device = self.declared_device(&way.device).and_then(Result::ok);
        let device_file = self.sources.get(&format!("devices/{}.lua", way.device));
        let key = |name: &str| Key::Response(value.map(str::to_owned), name.to_owned());
        let device_layers = device::layers(self, way);
        let fields = way.response.iter().map(|field| {
            let source = device.map_or_else(String::new, |device| source_text(way, field, device));
            let taken = device::origin(&device_layers, way, field);
            let (device, device_replaced) = taken.map(|taken| (taken.place, taken.replaced)).unzip();
            ExplainedField {
                device,
                device_replaced: device_replaced.unwrap_or_default(),
                ..explained(origins, &key(&field.name), &field.name, &field.title, source)
            }
        });
        let call = origins.get(&Key::Call(value.map(str::to_owned)));
        let gone = removed
            .iter()
            .filter(|(removed, what)| *removed == key(&what.name));
        let gone = gone.filter(|(key, _)| !origins.contains_key(key));
        ExplainedWay {
            by: value.and_then(|value| plan.by(value)),
            call: format!("{}.{}", way.device, way.method),
            place: call.map_or_else(Place::nowhere, |call| call.place.clone()),
            replaced: call.map(|call| call.replaced.clone()).unwrap_or_default(),
            device_title: device.map(|device| device.title.clone()).unwrap_or_default(),
            device_file: device_file.map(|source| source.name.clone()).unwrap_or_default(),
            function: device.and_then(|device| function_of(way, device)),
            fields: fields.collect(),
            removed: gone.map(|(_, removed)| removed.clone()).collect(),
        }
    }
}

impl Place {
    fn nowhere() -> Place {
        Place {
            file: String::new(),
            line: 0,
        }
    }
}

fn explained(origins: &Origins, key: &Key, name: &str, title: &str, source: String) -> ExplainedField {
    let origin = origins.get(key);
    let map = origin.and_then(|origin| origin.item.map.as_ref());
    ExplainedField {
        name: name.to_owned(),
        title: title.to_owned(),
        place: origin.map_or_else(Place::nowhere, |origin| origin.place.clone()),
        source,
        device: None,
        device_replaced: Vec::new(),
        map: map.map(|written| Place {
            file: written.file.clone(),
            line: written.line,
        }),
        replaced: origin.map(|origin| origin.replaced.clone()).unwrap_or_default(),
    }
}

fn function_of(way: &Way, device: &LibraryPlan) -> Option<String> {
    match device.methods.get(&way.method)? {
        MethodPlan::Declared(call, _) => Some(call.function.native.name.clone()),
        MethodPlan::Function(_) => None,
    }
}

/// Where a response field's value comes from: the device's function and what is taken of its answer.
fn source_text(way: &Way, field: &FieldPlan, device: &LibraryPlan) -> String {
    let from = match &field.source {
        FieldSource::Value(value) => return format!("固定值“{value}”"),
        FieldSource::From(from) => from,
    };
    let (call, shape) = match device.methods.get(&way.method) {
        Some(MethodPlan::Declared(call, shape)) => (call, shape),
        _ => return format!("方法{}（函数）返回的{from}", way.method),
    };
    let function = &call.function.native.name;
    let out = |index: usize| call.function.outs().nth(index).unwrap_or_default().to_owned();
    match shape {
        Shape::Outs => format!("{function}的输出{from}"),
        Shape::Split {
            out: index,
            delimiter,
            names,
        } => {
            let piece = names.iter().position(|name| name == from).map_or(0, |at| at + 1);
            format!(
                "{function}的输出{}，按“{delimiter}”分隔的第{piece}段 {from}",
                out(*index)
            )
        }
        Shape::Json(JsonShape {
            out: index, whole, ..
        }) if whole == from => {
            format!("{function}的输出{}，整段JSON", out(*index))
        }
        Shape::Json(shape) => format!("{function}的输出{}，JSON中的{from}", out(shape.out)),
    }
}
