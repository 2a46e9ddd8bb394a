//! A device's methods: a call and what to pick from its answer, declared, or a Lua function.

use super::DeskDevice;
use super::Error;
use super::api::records;
use super::backend::Course;
use super::declared::{Declared, unknown};
use super::error::Mistake;
use super::function::FunctionPath;
use super::functions::{FunctionPlan, Functions};
use super::library::{SettingPlan, argument};
use crate::device::Argument;
use arc_swap::ArcSwapOption;
use mlua::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// What a call can name.
pub(super) struct Scope<'a> {
    pub(super) functions: &'a Functions,
    pub(super) settings: &'a BTreeMap<String, SettingPlan>,
    /// The function that opened the device.
    pub(super) open: Option<&'a FunctionPlan>,
}

/// One method of a device.
pub(super) enum MethodPlan {
    /// A call and a shape.
    Declared(CallPlan, Shape),
    /// `function(lib, request)`.
    Function(FunctionPath),
}

/// A call of one function.
pub(super) struct CallPlan {
    pub(super) function: Arc<FunctionPlan>,
    pub(super) inputs: Vec<Input>,
    /// What is called from the opening of the device to its closing, where this is a method's: made when it is first needed.
    pub(super) course: OnceLock<Arc<Course>>,
}

/// Where an input comes from.
pub(super) enum Input {
    /// Written in the script.
    Literal(Argument),
    /// From mps.toml.
    Setting(String),
    /// A field of the request.
    Request(String),
    /// What the opening of the device brought back: its return value, or the out of this position.
    Opened(Option<usize>),
    /// JSON text.
    Json(Box<JsonInput>, KeptText),
}

/// JSON text of nothing but what is written and what is set, with the desk's device whose settings those are: it is the same for
/// every call until mps.toml is saved again.
#[derive(Default)]
pub(super) struct KeptText(ArcSwapOption<(Arc<DeskDevice>, String)>);

impl KeptText {
    /// The text for a device; `write` makes it where it is not kept yet.
    pub(super) fn of<E>(
        &self,
        device: &Arc<DeskDevice>,
        write: impl FnOnce() -> Result<String, E>,
    ) -> Result<String, E> {
        let kept = self.0.load();
        if let Some((_, text)) = kept.as_deref().filter(|(of, _)| Arc::ptr_eq(of, device)) {
            return Ok(text.clone());
        }
        let text = write()?;
        self.0.store(Some(Arc::new((Arc::clone(device), text.clone()))));
        Ok(text)
    }
}

/// JSON with inputs in it.
pub(super) enum JsonInput {
    Object(Vec<(String, JsonInput)>),
    Value(Input),
}

/// What a method picks from the out buffers.
pub(super) enum Shape {
    /// The out buffers by their names.
    Outs,
    /// One out buffer, cut at a delimiter.
    Split {
        out: usize,
        delimiter: String,
        names: Vec<String>,
    },
    /// One out buffer as JSON.
    Json(JsonShape),
}

/// How a JSON answer tells success and failure.
pub(super) struct JsonShape {
    pub(super) out: usize,
    /// The name that the whole text is mapped by.
    pub(super) whole: String,
    /// Path of the answer's code, and the codes that mean success; numbers and strings compare alike.
    pub(super) code: Option<(String, Vec<String>)>,
    /// Path of the answer's error text.
    pub(super) error: Option<String>,
}

impl MethodPlan {
    pub(super) fn read(methods: &Declared, name: &str, scope: &Scope) -> Result<MethodPlan, Error> {
        if matches!(methods.value(name), Value::Function(_)) {
            let path = methods.function(name)?;
            return path
                .map(MethodPlan::Function)
                .ok_or_else(|| methods.refuse_whole("缺少函数"));
        }
        let method = methods.required_table(name)?;
        records::METHOD.only_keys(&method)?;
        let call = CallPlan::read(&method, scope)?;
        let shape = match (method.table("split")?, method.table("json")?) {
            (Some(_), Some(_)) => return Err(method.refuse("split", "split和json只能写一个")),
            (Some(split), None) => Shape::split(&split, &call.function)?,
            (None, Some(json)) => Shape::Json(JsonShape::read(&json, &call.function)?),
            (None, None) => Shape::Outs,
        };
        Ok(MethodPlan::Declared(call, shape))
    }

    /// Whether the method can give `field`, and what it gives where that is known: a function's fields and
    /// the paths into JSON show only in the answer.
    pub(super) fn gives(&self, field: &str) -> Result<(), Vec<&str>> {
        let names: Vec<&str> = match self {
            MethodPlan::Function(_) | MethodPlan::Declared(_, Shape::Json(_)) => return Ok(()),
            MethodPlan::Declared(call, Shape::Outs) => call.function.outs().collect(),
            MethodPlan::Declared(_, Shape::Split { names, .. }) => names.iter().map(String::as_str).collect(),
        };
        if names.contains(&field) {
            Ok(())
        } else {
            Err(names)
        }
    }
}

impl CallPlan {
    pub(super) fn read(call: &Declared, scope: &Scope) -> Result<CallPlan, Error> {
        let name = call.required_text(1)?;
        let known: Vec<&str> = scope.functions.keys().map(String::as_str).collect();
        let function = scope
            .functions
            .get(&name)
            .ok_or_else(|| call.refuse_value(1, unknown("functions", &name, &known)))?;
        let wanted = function.native.inputs().count() as i64;
        let given = call.len()? - 1;
        if given != wanted {
            return Err(call.refuse_value(1, format!("{name}需要{wanted}个输入参数，实际写了{given}个")));
        }
        let inputs = (2..=given + 1).map(|index| Input::read(call, index, scope));
        Ok(CallPlan {
            function: Arc::clone(function),
            inputs: inputs.collect::<Result<_, _>>()?,
            course: OnceLock::new(),
        })
    }
}

impl CallPlan {
    /// Whether it passes on what the opening of the device brought back.
    pub(super) fn needs_opening(&self) -> bool {
        self.inputs.iter().any(|input| matches!(input, Input::Opened(_)))
    }

    /// The request fields that the call passes on.
    pub(super) fn request_fields(&self) -> Vec<&str> {
        let mut fields = Vec::new();
        self.inputs.iter().for_each(|input| input.add_fields(&mut fields));
        fields
    }
}

impl Input {
    fn add_fields<'a>(&'a self, fields: &mut Vec<&'a str>) {
        match self {
            Input::Request(field) => fields.push(field),
            Input::Json(json, _) => json.add_fields(fields),
            Input::Literal(_) | Input::Setting(_) | Input::Opened(_) => {}
        }
    }

    fn read(call: &Declared, index: i64, scope: &Scope) -> Result<Input, Error> {
        let value = call.value(index);
        if let Some(literal) = argument(&value) {
            return Ok(Input::Literal(literal));
        }
        let input = call.required_table(index)?;
        if let Some(reference) = Input::reference(&input, scope)? {
            return Ok(reference);
        }
        records::INPUT.only_keys(&input)?;
        if let Some(name) = input.text("open")? {
            if let Some(other) = input.names()?.into_iter().find(|name| name != "open") {
                return Err(input.refuse(&other, "open和它只能写一个"));
            }
            return Input::opened(&input, &name, scope);
        }
        let json = JsonInput::object(&input.required_table("json")?, scope)?;
        Ok(Input::Json(Box::new(json), KeptText::default()))
    }

    /// `{ open = "returns" }`, or an out of the opening function: usually a handle.
    fn opened(input: &Declared, name: &str, scope: &Scope) -> Result<Input, Error> {
        let Some(open) = scope.open else {
            let mistake = Mistake::new("这里没有打开设备的结果可用", "请先用open声明打开设备的函数");
            return Err(input.refuse_value("open", mistake));
        };
        if name == "returns" {
            return Ok(Input::Opened(None));
        }
        let known: Vec<&str> = ["returns"].into_iter().chain(open.outs()).collect();
        let at = open.out(name);
        at.map(|at| Input::Opened(Some(at)))
            .ok_or_else(|| input.refuse_value("open", unknown("open的结果", name, &known)))
    }

    /// `{ setting = "name" }` or `{ request = "field" }`.
    fn reference(input: &Declared, scope: &Scope) -> Result<Option<Input>, Error> {
        if let Some(name) = input.text("setting")? {
            input.only("输入参数", &["setting"])?;
            let known: Vec<&str> = scope.settings.keys().map(String::as_str).collect();
            return match scope.settings.contains_key(&name) {
                true => Ok(Some(Input::Setting(name))),
                false => Err(input.refuse_value("setting", unknown("settings", &name, &known))),
            };
        }
        let Some(field) = input.text("request")? else {
            return Ok(None);
        };
        input.only("输入参数", &["request"])?;
        Ok(Some(Input::Request(field)))
    }
}

impl JsonInput {
    /// Whether it is the same for every call of a desk.
    pub(super) fn is_settled(&self) -> bool {
        match self {
            JsonInput::Object(members) => members.iter().all(|(_, member)| member.is_settled()),
            JsonInput::Value(Input::Literal(_) | Input::Setting(_)) => true,
            JsonInput::Value(Input::Request(_) | Input::Opened(_) | Input::Json(..)) => false,
        }
    }

    fn add_fields<'a>(&'a self, fields: &mut Vec<&'a str>) {
        match self {
            JsonInput::Object(members) => members.iter().for_each(|(_, member)| member.add_fields(fields)),
            JsonInput::Value(input) => input.add_fields(fields),
        }
    }

    fn object(object: &Declared, scope: &Scope) -> Result<JsonInput, Error> {
        let mut members = Vec::new();
        for name in object.only_names("json")? {
            let value = object.value(name.as_str());
            let member = match argument(&value) {
                Some(literal) => JsonInput::Value(Input::Literal(literal)),
                None => JsonInput::table(&object.required_table(name.as_str())?, scope)?,
            };
            members.push((name, member));
        }
        Ok(JsonInput::Object(members))
    }

    /// A table that names one setting or request field in text is a reference, every other one an object.
    fn table(table: &Declared, scope: &Scope) -> Result<JsonInput, Error> {
        let single = table.names()?.len() == 1;
        let is_text = |name| matches!(table.value(name), Value::String(_));
        if single
            && (is_text("setting") || is_text("request"))
            && let Some(reference) = Input::reference(table, scope)?
        {
            return Ok(JsonInput::Value(reference));
        }
        JsonInput::object(table, scope)
    }
}

impl Shape {
    fn split(split: &Declared, function: &FunctionPlan) -> Result<Shape, Error> {
        records::SPLIT.only_keys(split)?;
        let out = out_named(split, function)?;
        let delimiter = split.required_text(2)?;
        if delimiter.is_empty() {
            return Err(split.refuse_value(2, "split的分隔符不能为空"));
        }
        let mut names = Vec::new();
        for index in 3..=split.len()? {
            let name = split.required_text(index)?;
            if names.contains(&name) {
                return Err(split.refuse_value(index, format!("split中{name}写了两次")));
            }
            names.push(name);
        }
        Ok(Shape::Split {
            out,
            delimiter,
            names,
        })
    }
}

impl JsonShape {
    fn read(json: &Declared, function: &FunctionPlan) -> Result<JsonShape, Error> {
        records::JSON.only_keys(json)?;
        let code = match (json.text("code")?, json.value("ok")) {
            (None, Value::Nil) => None,
            (Some(path), Value::Integer(ok)) => Some((path, vec![ok.to_string()])),
            (Some(path), Value::String(ok)) => Some((path, vec![ok.to_string_lossy()])),
            (Some(path), Value::Table(_)) => {
                let list = json.required_table("ok")?;
                let texts = (1..=list.len()?).map(|index| list.required_text(index));
                Some((path, texts.collect::<Result<_, _>>()?))
            }
            _ => return Err(json.refuse("code", "json的code（路径）和ok（成功值）要一起写")),
        };
        let whole = json.text("as")?.unwrap_or_else(|| "json".to_owned());
        Ok(JsonShape {
            out: out_named(json, function)?,
            whole,
            code,
            error: json.text("error")?,
        })
    }
}

fn out_named(shape: &Declared, function: &FunctionPlan) -> Result<usize, Error> {
    let name = shape.required_text(1)?;
    let outs: Vec<&str> = function.outs().collect();
    function
        .out(&name)
        .ok_or_else(|| shape.refuse_value(1, unknown("输出参数", &name, &outs)))
}
