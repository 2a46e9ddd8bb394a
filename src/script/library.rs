//! `mps.library`: a vendor's library as a plan.

use super::Error;
use super::api::records;
use super::declared::{Declared, unknown};
use super::method::{CallPlan, MethodPlan};
use super::template::{NAMES, Refusal, Template, plain};
use crate::device::{Argument, Convention, Function, Integer, Kind, Outcome, Parameter, Returned, Returns};
use crate::suggest::nearest;
use encoding_rs::Encoding;
use mlua::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The largest out buffer that a declaration may ask for.
const LARGEST_OUT: usize = 16 << 20;

/// What `devices/<name>.lua` declares.
pub(super) struct LibraryPlan {
    pub(super) title: String,
    /// The file's name on this system, where the script gives one.
    pub(super) file: Option<String>,
    pub(super) timeout: Option<Duration>,
    pub(super) settings: BTreeMap<String, SettingPlan>,
    pub(super) functions: BTreeMap<String, Arc<FunctionPlan>>,
    pub(super) open: Option<CallPlan>,
    pub(super) close: Option<CallPlan>,
    pub(super) methods: BTreeMap<String, MethodPlan>,
    errors: BTreeMap<String, ErrorText>,
    failure: Option<Template>,
}

/// A setting whose value stands in mps.toml.
pub(super) struct SettingPlan {
    pub(super) title: String,
    pub(super) required: bool,
    pub(super) default: Option<Argument>,
}

/// A function of the library, and how its success is told.
pub(super) struct FunctionPlan {
    pub(super) native: Arc<Function>,
    ok: Rule,
    error: Option<usize>,
}

struct ErrorText {
    text: String,
    advice: String,
}

enum Rule {
    Any,
    OneOf(Vec<String>),
    AtLeast(i64),
}

impl LibraryPlan {
    pub(super) fn read(declared: &Declared) -> Result<LibraryPlan, Error> {
        records::LIBRARY.only_keys(declared)?;
        let functions = read_functions(declared)?;
        let settings = read_settings(declared)?;
        let call = |name: &str| -> Result<Option<CallPlan>, Error> {
            let Some(call) = declared.table(name)? else {
                return Ok(None);
            };
            call.only(name, &[])?;
            CallPlan::read(&call, &functions, &settings).map(Some)
        };
        let (open, close) = (call("open")?, call("close")?);
        let mut methods = BTreeMap::new();
        let declared_methods = declared.required_table("methods")?;
        for name in declared_methods.only_names("methods")? {
            let method = MethodPlan::read(&declared_methods, &name, &functions, &settings)?;
            methods.insert(name, method);
        }
        Ok(LibraryPlan {
            title: declared.required_text("title")?,
            file: read_file(declared)?,
            timeout: declared.seconds("timeout")?,
            errors: read_errors(declared)?,
            failure: read_failure(declared)?,
            settings,
            functions,
            open,
            close,
            methods,
        })
    }

    /// The message for a failed call.
    pub(super) fn failure_message(&self, refusal: &Refusal) -> String {
        self.failure
            .as_ref()
            .map_or_else(|| plain(refusal), |template| template.fill(refusal))
    }

    /// What the device said of a call whose return value means failure; `None` where it means success.
    pub(super) fn refusal(&self, function: &FunctionPlan, outcome: &Outcome) -> Option<Refusal> {
        if function.ok.accepts(&outcome.returned) {
            return None;
        }
        let code = as_text(&outcome.returned);
        let table = self.errors.get(&code);
        let own = function
            .error
            .and_then(|index| outcome.outs.get(index))
            .map(|text| text.trim());
        let error = match own.filter(|text| !text.is_empty()) {
            Some(text) => text.to_owned(),
            None => table.map_or_else(|| format!("返回码{code}"), |entry| entry.text.clone()),
        };
        let advice = table.map(|entry| entry.advice.clone()).unwrap_or_default();
        Some(Refusal {
            function: function.native.name.clone(),
            code,
            error,
            advice,
        })
    }
}

impl FunctionPlan {
    /// Where the out buffer of this name stands among the outs.
    pub(super) fn out(&self, name: &str) -> Option<usize> {
        self.outs().position(|out| out == name)
    }

    /// The out buffers' names, in order.
    pub(super) fn outs(&self) -> impl Iterator<Item = &str> {
        let outs = self
            .native
            .parameters
            .iter()
            .filter(|parameter| matches!(parameter.kind, Kind::Out(_)));
        outs.map(|parameter| parameter.name.as_str())
    }
}

impl Rule {
    fn accepts(&self, returned: &Returned) -> bool {
        match self {
            Rule::Any => true,
            Rule::OneOf(values) => values.contains(&as_text(returned)),
            Rule::AtLeast(least) => matches!(returned, Returned::Integer(value) if value >= least),
        }
    }

    fn read(declared: &Declared) -> Result<Rule, Error> {
        let one = |value: &Value| match value {
            Value::Integer(number) => Ok(number.to_string()),
            Value::String(text) => Ok(text.to_string_lossy()),
            other => Err(declared.wrong_type("ok".into(), "整数、文本或它们的列表", other)),
        };
        match declared.value("ok") {
            Value::Nil => Ok(Rule::Any),
            Value::String(text) if text == ">0" => Ok(Rule::AtLeast(1)),
            Value::String(text) if text == ">=0" => Ok(Rule::AtLeast(0)),
            Value::Table(_) => {
                let list = declared.required_table("ok")?;
                let values = (1..=list.len()?).map(|index| one(&list.value(index)));
                Ok(Rule::OneOf(values.collect::<Result<_, _>>()?))
            }
            value => Ok(Rule::OneOf(vec![one(&value)?])),
        }
    }
}

/// A return value as the error table and messages name it.
pub(super) fn as_text(returned: &Returned) -> String {
    match returned {
        Returned::Nothing => String::new(),
        Returned::Integer(value) => value.to_string(),
        Returned::Text(text) => text.clone(),
    }
}

fn read_file(declared: &Declared) -> Result<Option<String>, Error> {
    let Some(files) = declared.table("file")? else {
        return Ok(None);
    };
    records::FILE.only_keys(&files)?;
    files.text(if cfg!(windows) { "windows" } else { "linux" })
}

fn read_functions(declared: &Declared) -> Result<BTreeMap<String, Arc<FunctionPlan>>, Error> {
    let convention = match declared.text("convention")?.as_deref() {
        None | Some("stdcall") => Convention::Stdcall,
        Some("cdecl") => Convention::Cdecl,
        Some(other) => {
            return Err(
                declared.refuse_value("convention", format!("convention应为stdcall或cdecl，实为{other}"))
            );
        }
    };
    let label = declared.text("charset")?.unwrap_or_else(|| "GBK".to_owned());
    let charset = Encoding::for_label_no_replacement(label.as_bytes())
        .filter(|charset| charset.is_ascii_compatible())
        .ok_or_else(|| {
            declared.refuse_value(
                "charset",
                format!("不认识字符集{label}，常用的有GBK、UTF-8、Big5"),
            )
        })?;
    let functions = declared.required_table("functions")?;
    let mut plans = BTreeMap::new();
    for name in functions.only_names("functions")? {
        let function = functions.required_table(name.as_str())?;
        records::FUNCTION.only_keys(&function)?;
        let parameters = read_parameters(&function)?;
        let returns = read_returns(&function)?;
        let native = Function {
            name: name.clone(),
            convention,
            parameters,
            returns,
            charset,
        };
        let mut plan = FunctionPlan {
            native: Arc::new(native),
            ok: Rule::read(&function)?,
            error: None,
        };
        if let Some(out) = function.text("error")? {
            let outs: Vec<&str> = plan.outs().collect();
            let index = plan
                .out(&out)
                .ok_or_else(|| function.refuse_value("error", unknown("输出参数", &out, &outs)))?;
            plan.error = Some(index);
        }
        plans.insert(name, Arc::new(plan));
    }
    Ok(plans)
}

fn read_parameters(function: &Declared) -> Result<Vec<Parameter>, Error> {
    let mut parameters: Vec<Parameter> = Vec::new();
    let mut words = 0;
    for index in 1..=function.len()? {
        let text = function.required_text(index)?;
        let refuse = |why: String| function.refuse_value(index, why);
        let (kind, name) = text
            .split_once(' ')
            .map(|(kind, name)| (kind, name.trim()))
            .filter(|(_, name)| !name.is_empty())
            .ok_or_else(|| refuse(format!("参数应写作“类型 名称”，例如“i32 type”，实为“{text}”")))?;
        if parameters.iter().any(|parameter| parameter.name == name) {
            return Err(refuse(format!("参数{name}声明了两次")));
        }
        let kind = read_kind(kind).map_err(refuse)?;
        words += match kind {
            Kind::Integer(integer) if u32::from(integer.bits) > usize::BITS => 2,
            _ => 1,
        };
        parameters.push(Parameter {
            name: name.to_owned(),
            kind,
        });
    }
    if words > Function::MOST_WORDS {
        return Err(function.refuse_whole(format!("参数过多：最多{}个机器字", Function::MOST_WORDS)));
    }
    Ok(parameters)
}

fn read_kind(text: &str) -> Result<Kind, String> {
    if text == "str" {
        return Ok(Kind::Text);
    }
    if let Some(size) = text.strip_prefix("out") {
        let size = size.strip_prefix('[').and_then(|size| size.strip_suffix(']'));
        return match size.and_then(|size| size.parse().ok()) {
            Some(size) if (1..=LARGEST_OUT).contains(&size) => Ok(Kind::Out(size)),
            _ => Err(format!(
                "输出缓冲区应写明1到{LARGEST_OUT}之间的字节数，例如out[1024]，实为“{text}”"
            )),
        };
    }
    Integer::named(text).map(Kind::Integer).ok_or_else(|| {
        let near = nearest(text, Integer::NAMES.into_iter().chain(["str", "out[1024]"]));
        let near = near.map_or_else(String::new, |near| format!("，是否应为{near}？"));
        format!("不认识参数类型“{text}”{near}")
    })
}

fn read_returns(function: &Declared) -> Result<Returns, Error> {
    match function.text("returns")?.as_deref() {
        None | Some("void") => Ok(Returns::Nothing),
        Some("str") => Ok(Returns::Text),
        Some(name) => Integer::named(name).map(Returns::Integer).ok_or_else(|| {
            let near = nearest(name, Integer::NAMES.into_iter().chain(["str", "void"]));
            let near = near.map_or_else(String::new, |near| format!("，是否应为{near}？"));
            function.refuse_value("returns", format!("不认识返回类型“{name}”{near}"))
        }),
    }
}

fn read_settings(declared: &Declared) -> Result<BTreeMap<String, SettingPlan>, Error> {
    let mut plans = BTreeMap::new();
    let Some(settings) = declared.table("settings")? else {
        return Ok(plans);
    };
    for name in settings.only_names("settings")? {
        let setting = settings.required_table(name.as_str())?;
        records::SETTING.only_keys(&setting)?;
        setting.boolean("secret")?;
        let default = match setting.value("default") {
            Value::Nil => None,
            value => Some(
                argument(&value).ok_or_else(|| setting.wrong_type("default".into(), "文本或整数", &value))?,
            ),
        };
        let (title, required) = (setting.required_text("title")?, setting.boolean("required")?);
        plans.insert(
            name,
            SettingPlan {
                title,
                required,
                default,
            },
        );
    }
    Ok(plans)
}

fn read_errors(declared: &Declared) -> Result<BTreeMap<String, ErrorText>, Error> {
    let mut texts = BTreeMap::new();
    let Some(errors) = declared.table("errors")? else {
        return Ok(texts);
    };
    let mut add = |code: String, error: Declared| -> Result<(), Error> {
        records::ERROR_TEXT.only_keys(&error)?;
        let advice = error.text("advice")?.unwrap_or_default();
        texts.insert(
            code,
            ErrorText {
                text: error.required_text(1)?,
                advice,
            },
        );
        Ok(())
    };
    for code in errors.numbers()? {
        add(code.to_string(), errors.required_table(code)?)?;
    }
    for code in errors.names()? {
        let error = errors.required_table(code.as_str())?;
        add(code, error)?;
    }
    Ok(texts)
}

fn read_failure(declared: &Declared) -> Result<Option<Template>, Error> {
    let Some(text) = declared.text("failure")? else {
        return Ok(None);
    };
    let template = Template::parse(&text);
    template
        .map(Some)
        .map_err(|name| declared.refuse_value("failure", unknown("failure", &name, &NAMES)))
}

/// A Lua value as a function's input.
pub(super) fn argument(value: &Value) -> Option<Argument> {
    match value {
        Value::Integer(number) => Some(Argument::Integer(*number)),
        Value::Boolean(value) => Some(Argument::Integer((*value).into())),
        Value::String(text) => text.to_str().ok().map(|text| Argument::Text(text.to_owned())),
        _ => None,
    }
}
