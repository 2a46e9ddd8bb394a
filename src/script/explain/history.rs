//! What the layers of one function id's file made of each other, told by running every layer by itself.

use super::{LayerFile, Place, Removed, Replaced};
use crate::message::Layout;
use crate::script::Error;
use crate::script::function::{FunctionPath, Step};
use crate::script::funid::{FieldPlan, FieldSource, FunidPlan, RequestField};
use crate::script::generation::Generation;
use crate::script::layer::Written;
use crate::script::plans::declared;
use crate::script::sandbox::Sandbox;
use crate::script::tree::Source;
use mlua::{Table, Value};
use std::collections::BTreeMap;

/// What an origin is known by: a request field, a way's call, or a way's response field.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Request(String),
    Call(Option<String>),
    Response(Option<String>, String),
}

/// What one layer says of a key.
pub(super) struct Item {
    pub(super) line: usize,
    pub(super) text: String,
    pub(super) map: Option<Written>,
}

pub(super) struct Origin {
    pub(super) place: Place,
    pub(super) item: Item,
    pub(super) replaced: Vec<Replaced>,
}

pub(super) type Origins = BTreeMap<Key, Origin>;

/// What the layers of one file made of each other.
pub(super) struct History {
    pub(super) origins: Origins,
    pub(super) removed: Vec<(Key, Removed)>,
    pub(super) files: Vec<LayerFile>,
}

impl History {
    /// Runs every layer's file by itself, the lowest first, and tells what each one changed.
    pub(super) fn of(generation: &Generation, path: &str, topmost: &Source) -> Result<History, Error> {
        let sandbox = Sandbox::new(generation.limits, &generation.sources)?;
        let mut layers = vec![topmost];
        while let Some(below) = layers.last().and_then(|source| source.below.as_deref()) {
            layers.push(below);
        }
        let mut history = History {
            origins: Origins::new(),
            removed: Vec::new(),
            files: Vec::new(),
        };
        for source in layers.iter().rev() {
            match items(&sandbox, path, source) {
                Ok((items, extends)) => history.lay(source, items, extends),
                // A file that is replaced as a whole need not be right.
                Err(error) if source.name == topmost.name => return Err(error),
                Err(_) => {}
            }
        }
        history.files.reverse();
        Ok(history)
    }

    fn lay(&mut self, source: &Source, items: BTreeMap<Key, Item>, extends: bool) {
        let mut below = std::mem::take(&mut self.origins);
        for (key, item) in items {
            let origin = Origin::over(below.remove(&key), item, source, extends);
            self.origins.insert(key, origin);
        }
        for (key, origin) in below {
            if let (Key::Response(_, name), Some(was)) = (key.clone(), origin.history().into_iter().next()) {
                let by = source.name.clone();
                self.removed.push((key, Removed { name, by, was }));
            }
        }
        self.files.push(LayerFile {
            file: source.name.clone(),
            layer: source.layer().to_owned(),
            extends,
        });
    }
}

impl Origin {
    /// What a layer says over what stands below; a layer that extends, and says the same, leaves it to the one below.
    pub(super) fn over(below: Option<Origin>, item: Item, source: &Source, extends: bool) -> Origin {
        match below {
            Some(origin) if extends && origin.item.says_the_same(&item) => Origin {
                item: Item {
                    line: origin.item.line,
                    ..item
                },
                ..origin
            },
            replaced => Origin {
                place: Place {
                    file: source.name.clone(),
                    line: item.line,
                },
                item,
                replaced: replaced.map(Origin::history).unwrap_or_default(),
            },
        }
    }

    fn history(self) -> Vec<Replaced> {
        let nearest = Replaced {
            place: self.place,
            text: self.item.text,
        };
        [nearest].into_iter().chain(self.replaced).collect()
    }
}

impl Item {
    fn says_the_same(&self, other: &Item) -> bool {
        self.text == other.text && self.map == other.map
    }
}

/// What one layer's file says of everything, and whether it extends the file below.
fn items(sandbox: &Sandbox, path: &str, source: &Source) -> Result<(BTreeMap<Key, Item>, bool), Error> {
    let declared = declared(sandbox, path, source, "funid")?;
    let extends = sandbox.extended();
    let plan = FunidPlan::read(&declared)?;
    let mut items = BTreeMap::new();
    for (field, index) in plan.request.iter().zip(1..) {
        let item = Item {
            line: declared.required_table("request")?.required_table(index)?.line(),
            text: format!("{} {}", field.title, request_text(field)),
            map: None,
        };
        items.insert(Key::Request(field.name.clone()), item);
    }
    for (value, way) in plan.ways() {
        let written_way = match value {
            Some(value) => declared.required_table(value)?,
            None => declared.clone(),
        };
        let value = value.map(str::to_owned);
        let call = written_way.place("call");
        let item = Item {
            line: call.map_or_else(|| written_way.line(), |(line, _)| line),
            text: format!("call = \"{}.{}\"", way.device, way.method),
            map: None,
        };
        items.insert(Key::Call(value.clone()), item);
        let response = written_way.required_table("response")?;
        for (field, index) in way.response.iter().zip(1..) {
            let map = field.map.as_ref();
            let map = map.and_then(|path| written(&declared.table_itself(), path));
            let item = Item {
                line: response.required_table(index)?.line(),
                text: field_text(field, map.as_ref()),
                map,
            };
            items.insert(Key::Response(value.clone(), field.name.to_string()), item);
        }
    }
    Ok((items, extends))
}

/// Where the function at `path` in a declaration was written.
pub(super) fn written(root: &Table, path: &FunctionPath) -> Option<Written> {
    let mut value = Value::Table(root.clone());
    for step in &path.steps {
        let table = value.as_table()?;
        value = match step {
            Step::Name(name) => table.raw_get(name.as_str()),
            Step::Index(index) => table.raw_get(*index),
        }
        .ok()?;
    }
    value.as_function().map(Written::of)
}

pub(super) fn request_text(field: &RequestField) -> String {
    let need = if field.required { "必填" } else { "可选" };
    let values: Vec<String> = field
        .values
        .iter()
        .map(|(value, title)| format!("{value} {title}"))
        .collect();
    if values.is_empty() {
        need.to_owned()
    } else {
        format!("{need}，取值：{}", values.join("、"))
    }
}

/// A response field as its script says it.
fn field_text(field: &FieldPlan, map: Option<&Written>) -> String {
    let source = match &field.source {
        FieldSource::From(from) => format!("from = \"{from}\""),
        FieldSource::Value(value) => format!("value = \"{value}\""),
    };
    let map = match map {
        None => "",
        Some(written) if written.file.is_empty() => "，map = 内置函数",
        Some(_) => "，map = 函数",
    };
    let block = match field.layout {
        Layout::Block => "，block = true",
        Layout::Inline => "",
    };
    format!("{source}，title = \"{}\"{map}{block}", field.title)
}
