//! `mps.library`: a vendor's library as a plan.

use super::Error;
use super::api::records;
use super::declared::{Declared, unknown};
use super::error::Mistake;
use super::failure::Failure;
use super::functions::{ErrorSource, FunctionPlan, Functions, builtin_functions, read_functions};
use super::method::{CallPlan, MethodPlan, Scope};
use super::probe::ProbePlan;
use super::template::{NAMES, Refusal, Template, plain};
use super::words::Words;
use crate::device::{Argument, Builtin, Fault, Outcome};
use mlua::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// What `devices/<name>.lua` declares.
pub(super) struct LibraryPlan {
    pub(super) title: String,
    /// The reader of our own that it is, where it is no vendor's library.
    pub(super) builtin: Option<Builtin>,
    /// The file's name on this system, where the script gives one.
    pub(super) file: Option<String>,
    /// Files that are loaded before it, from the same folder.
    pub(super) preload: Vec<String>,
    pub(super) timeout: Option<Duration>,
    /// Whether it runs in a helper process.
    pub(super) isolate: bool,
    /// Whether it runs on the thread that calls, if not in a helper process.
    pub(super) on_caller_thread: bool,
    /// Whether windows that it opens are brought to the front.
    pub(super) foreground: bool,
    pub(super) settings: BTreeMap<String, SettingPlan>,
    pub(super) functions: Functions,
    pub(super) open: Option<CallPlan>,
    pub(super) close: Option<CallPlan>,
    pub(super) probe: Option<ProbePlan>,
    pub(super) methods: BTreeMap<String, MethodPlan>,
    errors: ErrorTexts,
    failure: Option<Template>,
}

/// A setting whose value stands in mps.toml.
pub(super) struct SettingPlan {
    pub(super) title: String,
    pub(super) required: bool,
    /// Whether its value is shown nowhere.
    pub(super) secret: bool,
    pub(super) default: Option<Argument>,
}

/// What return codes mean.
#[derive(Default)]
pub(super) struct ErrorTexts(BTreeMap<String, ErrorText>);

struct ErrorText {
    text: String,
    advice: String,
}

impl LibraryPlan {
    pub(super) fn read(declared: &Declared) -> Result<LibraryPlan, Error> {
        records::LIBRARY.only_keys(declared)?;
        let builtin = read_builtin(declared)?;
        let functions = match builtin {
            Some(builtin) => builtin_functions(builtin),
            None => read_functions(declared)?,
        };
        let settings = read_settings(declared)?;
        let call = |name: &str, scope: &Scope| -> Result<Option<CallPlan>, Error> {
            let Some(call) = declared.table(name)? else {
                return Ok(None);
            };
            call.only(name, &[])?;
            CallPlan::read(&call, scope).map(Some)
        };
        let mut scope = Scope {
            functions: &functions,
            settings: &settings,
            open: None,
        };
        let open = call("open", &scope)?;
        scope.open = open.as_ref().map(|open| open.function.as_ref());
        let close = call("close", &scope)?;
        let probe = ProbePlan::read(declared, &scope)?;
        let mut methods = BTreeMap::new();
        let declared_methods = declared.required_table("methods")?;
        for name in declared_methods.only_names("methods")? {
            let method = MethodPlan::read(&declared_methods, &name, &scope)?;
            methods.insert(name, method);
        }
        Ok(LibraryPlan {
            title: declared.required_text("title")?,
            builtin,
            file: read_file(declared)?,
            preload: read_preload(declared)?,
            timeout: declared.seconds("timeout")?,
            isolate: declared.boolean("isolate")?,
            on_caller_thread: declared.boolean("on_caller_thread")?,
            foreground: declared.boolean("foreground")?,
            errors: ErrorTexts::read(declared)?.over(builtin.map(|_| ErrorTexts::of_builtin())),
            failure: read_failure(declared)?,
            settings,
            functions,
            open,
            close,
            probe,
            methods,
        })
    }

    /// Whether a method is for another call's sake, and so does not wait for its turn.
    pub(super) fn is_aside(&self, method: &str) -> bool {
        match self.methods.get(method) {
            Some(MethodPlan::Declared(call, _)) => {
                self.builtin.is_some() && Builtin::is_aside(&call.function.native.name)
            }
            _ => false,
        }
    }

    /// What the caller is told of a refusal, in the words that the device's script declares.
    pub(super) fn failure(&self, refusal: &Refusal) -> Failure {
        let kept = self.failure_message(&refusal.without_words());
        Failure {
            words: Words::Instead(kept),
            ..Failure::new(self.failure_message(refusal))
        }
    }

    fn failure_message(&self, refusal: &Refusal) -> String {
        self.failure
            .as_ref()
            .map_or_else(|| plain(refusal), |template| template.fill(refusal))
    }

    /// A refusal that a function's answer told, with what the tables of errors know of its code.
    pub(super) fn advised(&self, mut refusal: Refusal, function: &FunctionPlan) -> Refusal {
        if refusal.function.is_empty() {
            refusal.function.clone_from(&function.native.name);
        }
        let Some(entry) = self.entry(function, &refusal.code) else {
            return refusal;
        };
        if refusal.error.is_empty() {
            refusal.error.clone_from(&entry.text);
        }
        refusal.advice.clone_from(&entry.advice);
        refusal
    }

    fn entry<'a>(&'a self, function: &'a FunctionPlan, code: &str) -> Option<&'a ErrorText> {
        function.errors.0.get(code).or_else(|| self.errors.0.get(code))
    }

    /// What the device said of a call that failed; `None` where it succeeded. `ask` calls the function that explains a code.
    pub(super) fn refusal(
        &self,
        function: &FunctionPlan,
        outcome: &Outcome,
        ask: impl FnOnce(&FunctionPlan, &str) -> Option<String>,
    ) -> Option<Refusal> {
        let code = function.judge(outcome).err()?;
        let table = self.entry(function, &code);
        let own = match &function.error {
            ErrorSource::Tables => None,
            ErrorSource::Out(at) => outcome
                .outs
                .get(*at)
                .and_then(|out| out.text().map(str::to_owned)),
            ErrorSource::Call(name) => self.functions.get(name).and_then(|explains| ask(explains, &code)),
        };
        let own = own.map(|text| text.trim().to_owned());
        let own = own.filter(|text| !text.is_empty());
        let from_device = own.is_some();
        let error = match own {
            Some(text) => text,
            None => table.map_or_else(|| format!("返回码{code}"), |entry| entry.text.clone()),
        };
        let advice = table.map(|entry| entry.advice.clone()).unwrap_or_default();
        Some(Refusal {
            function: function.native.name.clone(),
            code,
            error,
            advice,
            own: from_device,
        })
    }
}

impl ErrorTexts {
    /// What our own readers say of their codes.
    fn of_builtin() -> ErrorTexts {
        let row = |(code, text, advice): (&str, &str, &str)| {
            let (text, advice) = (text.to_owned(), advice.to_owned());
            (code.to_owned(), ErrorText { text, advice })
        };
        ErrorTexts(Fault::table().map(row).collect())
    }

    /// These, and the others' where these say nothing.
    fn over(self, others: Option<ErrorTexts>) -> ErrorTexts {
        let mut texts = others.unwrap_or_default();
        texts.0.extend(self.0);
        texts
    }

    /// The key `errors` of a library, or of one of its functions.
    pub(super) fn read(declared: &Declared) -> Result<ErrorTexts, Error> {
        let mut texts = ErrorTexts::default();
        let Some(errors) = declared.table("errors")? else {
            return Ok(texts);
        };
        let mut add = |code: String, error: Declared| -> Result<(), Error> {
            records::ERROR_TEXT.only_keys(&error)?;
            let (text, advice) = (error.required_text(1)?, error.text("advice")?.unwrap_or_default());
            texts.0.insert(code, ErrorText { text, advice });
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
}

/// What says how a vendor's library is called.
const VENDORS: [&str; 6] = ["functions", "file", "preload", "convention", "charset", "structs"];

fn read_builtin(declared: &Declared) -> Result<Option<Builtin>, Error> {
    let Some(name) = declared.text("builtin")? else {
        return Ok(None);
    };
    let builtin = Builtin::named(&name)
        .ok_or_else(|| declared.refuse_value("builtin", unknown("内置读卡器", &name, &Builtin::NAMES)))?;
    match VENDORS.into_iter().find(|key| !declared.value(*key).is_nil()) {
        None => Ok(Some(builtin)),
        Some(key) => {
            let told = format!("内置设备{name}不用写{key}，那是厂商动态库的");
            Err(declared.refuse(key, Mistake::new(told, format!("请删去{key}，或删去builtin"))))
        }
    }
}

const SYSTEM: &str = if cfg!(windows) { "windows" } else { "linux" };

fn read_file(declared: &Declared) -> Result<Option<String>, Error> {
    let Some(files) = declared.table("file")? else {
        return Ok(None);
    };
    records::FILE.only_keys(&files)?;
    let file = files.text(SYSTEM)?;
    match file {
        Some(file) if !is_file_name(&file) => Err(files.refuse_value(SYSTEM, not_a_file_name(&file))),
        file => Ok(file),
    }
}

fn read_preload(declared: &Declared) -> Result<Vec<String>, Error> {
    let Some(systems) = declared.table("preload")? else {
        return Ok(Vec::new());
    };
    records::PRELOAD.only_keys(&systems)?;
    let mut files = Vec::new();
    if let Some(list) = systems.table(SYSTEM)? {
        list.only("preload", &[])?;
        for index in 1..=list.len()? {
            let file = list.required_text(index)?;
            if !is_file_name(&file) {
                return Err(list.refuse_value(index, not_a_file_name(&file)));
            }
            files.push(file);
        }
    }
    Ok(files)
}

/// Whether a text names a file within a folder, on any system: libraries are loaded from the configured folder alone.
fn is_file_name(file: &str) -> bool {
    !file.is_empty() && !file.contains(['/', '\\', ':', '\0']) && file != "." && file != ".."
}

fn not_a_file_name(file: &str) -> Mistake {
    let told = format!("“{file}”应为文件名，不带文件夹");
    Mistake::new(told, "所在的文件夹写在mps.toml的folder中")
}

fn read_settings(declared: &Declared) -> Result<BTreeMap<String, SettingPlan>, Error> {
    let mut plans = BTreeMap::new();
    let Some(settings) = declared.table("settings")? else {
        return Ok(plans);
    };
    for name in settings.only_names("settings")? {
        let setting = settings.required_table(name.as_str())?;
        records::SETTING.only_keys(&setting)?;
        let default = match setting.value("default") {
            Value::Nil => None,
            value => Some(
                argument(&value).ok_or_else(|| setting.wrong_type("default".into(), "文本或整数", &value))?,
            ),
        };
        let (title, required) = (setting.required_text("title")?, setting.boolean("required")?);
        let secret = setting.boolean("secret")?;
        plans.insert(
            name,
            SettingPlan {
                title,
                required,
                secret,
                default,
            },
        );
    }
    Ok(plans)
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
        Value::String(text) => Some(match text.to_str() {
            Ok(text) => Argument::Text(text.to_owned()),
            Err(_) => Argument::Bytes(text.as_bytes().to_vec()),
        }),
        _ => None,
    }
}
