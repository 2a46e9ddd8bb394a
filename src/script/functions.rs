//! The functions of a library's declaration: signature, success, and where a failure's text comes from.

use super::Error;
use super::api::records;
use super::declared::{Declared, unknown};
use super::error::Mistake;
use super::library::ErrorTexts;
use super::signature::{Structs, not_known, read_charset, read_parameters, read_structs};
use crate::device::{
    Argument, Builtin, Charset, Convention, Export, Function, Integer, Kind, Length, OutKind, Outcome,
    Parameter, Returned, Returns, Value as Out,
};
use mlua::Value;
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A function of the library, and how its success is told.
pub(super) struct FunctionPlan {
    /// Its name, to be told of each call of it.
    pub(super) name: SmolStr,
    pub(super) native: Arc<Function>,
    outs: Vec<(String, OutKind)>,
    ok: Rule,
    pub(super) error: ErrorSource,
    /// Texts of its own for return codes, before the library's.
    pub(super) errors: ErrorTexts,
}

/// The declared functions by their names.
pub(super) type Functions = BTreeMap<String, Arc<FunctionPlan>>;

/// Where the text of a failure comes from, before the tables of errors.
pub(super) enum ErrorSource {
    Tables,
    /// The out of this position.
    Out(usize),
    /// A function that is called with the code.
    Call(String),
}

enum Rule {
    Any,
    OneOf(Vec<String>),
    AtLeast(i64),
    /// An out's value instead of the returned one.
    Field(usize, Vec<String>),
}

impl FunctionPlan {
    fn new(native: Function, errors: ErrorTexts) -> FunctionPlan {
        let returned = matches!(native.returns, Returns::Text { .. });
        let returned = returned.then(|| (RETURNS.to_owned(), OutKind::Text));
        FunctionPlan {
            name: SmolStr::new(&native.name),
            outs: native
                .outs()
                .map(|(name, kind)| (name.into_owned(), kind))
                .chain(returned)
                .collect(),
            native: Arc::new(native),
            ok: Rule::Any,
            error: ErrorSource::Tables,
            errors,
        }
    }

    /// Where the out of this name stands among the outs.
    pub(super) fn out(&self, name: &str) -> Option<usize> {
        self.outs().position(|out| out == name)
    }

    /// The names of what the function brings back, in order.
    pub(super) fn outs(&self) -> impl Iterator<Item = &str> {
        self.outs.iter().map(|(name, _)| name.as_str())
    }

    /// The same with their kinds.
    pub(super) fn kinds(&self) -> impl Iterator<Item = (&str, OutKind)> {
        self.outs.iter().map(|(name, kind)| (name.as_str(), *kind))
    }

    /// Whether a call succeeded by what it returned, where that tells.
    pub(super) fn accepts(&self, returned: &Returned) -> Option<bool> {
        match &self.ok {
            Rule::Any => Some(true),
            Rule::OneOf(values) => Some(values.iter().any(|value| is(returned, value))),
            Rule::AtLeast(least) => Some(matches!(returned, Returned::Integer(value) if value >= least)),
            Rule::Field(..) => None,
        }
    }

    /// Whether a call succeeded; the error is its code.
    pub(super) fn judge(&self, outcome: &Outcome) -> Result<(), String> {
        let returned = &outcome.returned;
        let (accepted, code) = match (&self.ok, self.accepts(returned)) {
            (_, Some(true)) => return Ok(()),
            (Rule::Field(at, values), _) => {
                let told = outcome.outs.get(*at).cloned().map(Out::into_text);
                let told = told.unwrap_or_default().trim().to_owned();
                (values.contains(&told), told)
            }
            (_, _) => (false, as_text(returned)),
        };
        if accepted { Ok(()) } else { Err(code) }
    }

    /// What a call brings back that succeeds: what it returns, and the out that tells of it.
    pub(super) fn success(&self) -> (Option<Argument>, Option<(String, Argument)>) {
        let by_type = |value: &String| match (&self.native.returns, value.parse()) {
            (Returns::Text { .. }, _) | (_, Err(_)) => Argument::Text(value.clone()),
            (_, Ok(number)) => Argument::Integer(number),
        };
        match &self.ok {
            Rule::Any => (None, None),
            Rule::OneOf(values) => (values.first().map(by_type), None),
            // What tells a length is left to what is written.
            Rule::AtLeast(_) if self.returns_length() => (None, None),
            Rule::AtLeast(least) => (Some(Argument::Integer(*least)), None),
            Rule::Field(at, values) => {
                let out = self.outs.get(*at).zip(values.first());
                let told = out.map(|((name, kind), value)| match (kind, value.parse()) {
                    (OutKind::Integer, Ok(number)) => (name.clone(), Argument::Integer(number)),
                    _ => (name.clone(), Argument::Text(value.clone())),
                });
                (None, told)
            }
        }
    }

    /// The out that tells success, where it is not the return value.
    pub(super) fn telling_out(&self) -> Option<&(String, OutKind)> {
        match &self.ok {
            Rule::Field(at, _) => self.outs.get(*at),
            _ => None,
        }
    }

    fn returns_length(&self) -> bool {
        let told = |parameter: &Parameter| {
            matches!(
                parameter.kind,
                Kind::Out {
                    length: Length::Return,
                    ..
                }
            )
        };
        self.native.parameters.iter().any(told)
    }

    /// The integer that tells how a call ended, and whether a rule for success judges it.
    pub(super) fn status(&self, outcome: &Outcome) -> (Option<i64>, bool) {
        let judged = matches!(self.ok, Rule::OneOf(_) | Rule::AtLeast(_));
        match (&self.ok, &outcome.returned) {
            (Rule::Field(at, _), _) => match outcome.outs.get(*at) {
                Some(Out::Integer(value)) => (Some(*value), true),
                _ => (None, true),
            },
            (_, Returned::Integer(value)) => (Some(*value), judged),
            _ => (None, judged),
        }
    }

    /// The text that a rule for success judges.
    pub(super) fn status_text<'a>(&self, outcome: &'a Outcome) -> Option<&'a str> {
        match (&self.ok, &outcome.returned) {
            (Rule::Field(at, _), _) => outcome.outs.get(*at)?.text().map(str::trim),
            (Rule::OneOf(_), Returned::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// A returned text is the last of the outs, because it may be all there is.
    pub(super) fn with_returned<E>(mut brought: Result<Outcome, E>) -> Result<Outcome, E> {
        if let Ok(Outcome { returned, outs, .. }) = &mut brought
            && let Returned::Text(text) = returned
        {
            outs.push(Out::Text(text.clone()));
        }
        brought
    }

    /// The text that a function which explains codes gave.
    pub(super) fn explanation(outcome: Outcome) -> Option<String> {
        let returned = match outcome.returned {
            Returned::Text(text) => Some(text),
            Returned::Nothing | Returned::Integer(_) => None,
        };
        let mut texts = outcome.outs.into_iter().filter_map(|out| match out {
            Out::Text(text) => Some(text),
            Out::Integer(_) | Out::Bytes(_) => None,
        });
        returned.or_else(|| texts.next())
    }

    /// Whether it can explain a code: no input or an integer, and text that it gives.
    fn explains(&self) -> bool {
        let inputs: Vec<&Kind> = self.native.inputs().map(|input| &input.kind).collect();
        let gives = matches!(self.native.returns, Returns::Text { .. })
            || self
                .native
                .parameters
                .iter()
                .any(|parameter| matches!(parameter.kind, Kind::Out { .. }));
        gives && matches!(inputs.as_slice(), [] | [Kind::Integer(_)])
    }
}

/// Whether a return value is the one that a text names.
fn is(returned: &Returned, named: &str) -> bool {
    match returned {
        Returned::Nothing => named.is_empty(),
        // An integer's own text, which `ok` was read into.
        Returned::Integer(value) => named.parse() == Ok(*value),
        Returned::Text(text) => text == named,
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

/// What a returned text is called among the outs.
const RETURNS: &str = "returns";

/// What a library says for all its functions.
struct Library {
    convention: Convention,
    charset: Charset,
    structs: Structs,
}

/// The functions that a library declares.
pub(super) fn read_functions(declared: &Declared) -> Result<Functions, Error> {
    let charset = read_charset(declared, "charset")?;
    let charset = charset.unwrap_or(Charset::Narrow(encoding_rs::GBK));
    let library = Library {
        convention: read_convention(declared)?.unwrap_or(Convention::Stdcall),
        charset,
        structs: read_structs(declared, charset)?,
    };
    let functions = declared.required_table("functions")?;
    let mut plans = Functions::new();
    for name in functions.only_names("functions")? {
        let function = functions.required_table(name.as_str())?;
        let plan = library.function(&name, &function)?;
        plans.insert(name, Arc::new(plan));
    }
    check_explanations(&functions, &plans)?;
    Ok(plans)
}

/// The functions that a built-in reader offers.
pub(super) fn builtin_functions(builtin: Builtin) -> Functions {
    let plan = |native: Function| {
        let name = native.name.clone();
        let mut plan = FunctionPlan::new(native, ErrorTexts::default());
        plan.ok = Rule::OneOf(vec![Builtin::DONE.to_owned()]);
        let error = plan.out(Builtin::ERROR);
        plan.error = error.map_or(ErrorSource::Tables, ErrorSource::Out);
        (name, Arc::new(plan))
    };
    builtin.functions().into_iter().map(plan).collect()
}

impl Library {
    fn function(&self, name: &str, function: &Declared) -> Result<FunctionPlan, Error> {
        records::FUNCTION.only_keys(function)?;
        let charset = read_charset(function, "charset")?.unwrap_or(self.charset);
        let returns = read_returns(function, charset)?;
        let returns_integer = matches!(returns, Returns::Integer(_));
        let native = Function {
            name: name.to_owned(),
            export: read_export(function, name)?,
            convention: read_convention(function)?.unwrap_or(self.convention),
            parameters: read_parameters(function, charset, &self.structs, returns_integer)?,
            returns,
        };
        if native.words() > Function::MOST_WORDS {
            let told = format!("参数过多：最多{}个机器字", Function::MOST_WORDS);
            return Err(function.refuse_whole(told));
        }
        let mut plan = FunctionPlan::new(native, ErrorTexts::read(function)?);
        plan.ok = Rule::read(function, &plan)?;
        plan.error = ErrorSource::read(function, &plan)?;
        Ok(plan)
    }
}

impl Rule {
    fn read(declared: &Declared, function: &FunctionPlan) -> Result<Rule, Error> {
        let one = |value: &Value| match value {
            Value::Integer(number) => Ok(number.to_string()),
            Value::String(text) => Ok(text.to_string_lossy()),
            other => Err(declared.wrong_type("ok".into(), "整数、文本或它们的列表", other)),
        };
        let list = |list: &Declared| -> Result<Vec<String>, Error> {
            match list.len()? {
                0 => Err(declared.refuse_value("ok", "ok没有写出成功的值")),
                count => (1..=count).map(|index| one(&list.value(index))).collect(),
            }
        };
        let rule = match declared.value("ok") {
            Value::Nil => return Ok(Rule::Any),
            Value::String(text) if text == ">0" => Rule::AtLeast(1),
            Value::String(text) if text == ">=0" => Rule::AtLeast(0),
            Value::Table(_) => {
                let table = declared.required_table("ok")?;
                records::OK_FIELD.only_keys(&table)?;
                if let Some(field) = table.text("field")? {
                    let at = out_named(&table, "field", &field, function)?;
                    return Ok(Rule::Field(at, list(&table)?));
                }
                Rule::OneOf(list(&table)?)
            }
            value => Rule::OneOf(vec![one(&value)?]),
        };
        let refuse = |what: &str, advice: &str| Err(declared.refuse_value("ok", Mistake::new(what, advice)));
        // "0000" is a text.
        let is_integer = |value: &String| {
            value
                .parse::<i64>()
                .is_ok_and(|number| number.to_string() == *value)
        };
        match (&function.native.returns, &rule) {
            (Returns::Nothing, _) => refuse(
                "函数没有返回值，ok无从判断",
                "请写上returns，或写成ok = { field = 输出参数, 成功的值 }",
            ),
            (Returns::Integer(_), Rule::OneOf(values)) if !values.iter().all(is_integer) => {
                refuse("函数返回整数，ok却是文本", "请写成整数，或把returns改为\"str\"")
            }
            (Returns::Text { .. }, Rule::AtLeast(_)) => refuse(
                "函数返回文本，不能比较大小",
                "请写出成功时返回的文本，例如ok = \"0000\"",
            ),
            _ => Ok(rule),
        }
    }
}

impl ErrorSource {
    fn read(declared: &Declared, function: &FunctionPlan) -> Result<ErrorSource, Error> {
        match declared.value("error") {
            Value::Nil => Ok(ErrorSource::Tables),
            Value::Table(_) => {
                let table = declared.required_table("error")?;
                records::ERROR_CALL.only_keys(&table)?;
                Ok(ErrorSource::Call(table.required_text("call")?))
            }
            Value::String(out) => {
                out_named(declared, "error", &out.to_string_lossy(), function).map(ErrorSource::Out)
            }
            other => Err(declared.wrong_type("error".into(), "输出参数的名称或{ call = 函数 }", &other)),
        }
    }
}

/// Every function that is to explain a code must be there and be able to.
fn check_explanations(functions: &Declared, plans: &Functions) -> Result<(), Error> {
    let names: Vec<&str> = plans.keys().map(String::as_str).collect();
    for (name, plan) in plans {
        let ErrorSource::Call(asked) = &plan.error else {
            continue;
        };
        let mistake = match plans.get(asked) {
            None => unknown("functions", asked, &names),
            Some(function) if !function.explains() => Mistake::new(
                format!("{asked}不能用来取出错说明"),
                "它应没有输入参数或只有一个整数（返回码），并给出文本",
            ),
            Some(_) => continue,
        };
        let error = functions.required_table(name.as_str())?.required_table("error")?;
        return Err(error.refuse_value("call", mistake));
    }
    Ok(())
}

fn out_named(declared: &Declared, key: &str, name: &str, function: &FunctionPlan) -> Result<usize, Error> {
    let outs: Vec<&str> = function.outs().collect();
    let at = function.out(name);
    at.ok_or_else(|| declared.refuse_value(key, unknown("输出参数", name, &outs)))
}

fn read_convention(declared: &Declared) -> Result<Option<Convention>, Error> {
    match declared.text("convention")?.as_deref() {
        None => Ok(None),
        Some("stdcall") => Ok(Some(Convention::Stdcall)),
        Some("cdecl") => Ok(Some(Convention::Cdecl)),
        Some(other) => {
            let told = format!("convention应为stdcall或cdecl，实为{other}");
            Err(declared.refuse_value("convention", told))
        }
    }
}

/// What the function is exported as. Numbers are Windows' alone: elsewhere the name counts.
fn read_export(function: &Declared, name: &str) -> Result<Export, Error> {
    let symbol = function.text("symbol")?;
    let ordinal = match function.value("ordinal") {
        Value::Nil => None,
        Value::Integer(number) if (1..=i64::from(u16::MAX)).contains(&number) => u16::try_from(number).ok(),
        _ => return Err(function.refuse_value("ordinal", "ordinal应为1到65535之间的整数")),
    };
    let name = symbol.unwrap_or_else(|| name.to_owned());
    if name.is_empty() || name.contains('\0') {
        return Err(function.refuse_value("symbol", "symbol应为导出的名称"));
    }
    Ok(match ordinal {
        Some(number) if cfg!(windows) => Export::Ordinal(number),
        _ => Export::Name(name),
    })
}

fn read_returns(function: &Declared, charset: Charset) -> Result<Returns, Error> {
    let free = function.text("free")?;
    let returns = match function.text("returns")?.as_deref() {
        None | Some("void") => Returns::Nothing,
        Some("str") => return Ok(Returns::Text { charset, free }),
        Some(name) => Integer::named(name)
            .map(Returns::Integer)
            .ok_or_else(|| function.refuse_value("returns", not_known("返回类型", name, &["str", "void"])))?,
    };
    match free {
        None => Ok(returns),
        Some(_) => Err(function.refuse_value(
            "free",
            Mistake::new("free只用于返回的文本", "请写returns = \"str\"，或删去free"),
        )),
    }
}
