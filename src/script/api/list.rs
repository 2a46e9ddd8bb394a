//! The one list of what scripts see: its functions and the tables that they declare. The checks of arguments and of keys, the
//! annotations for editors and the manual are all made from it.

use super::check::Arguments;
use super::{crypto, dates, declare, encode, http, identity, json, log, records, scenario, text};
use crate::script::Error;
use crate::script::declared::Declared;
use mlua::{Lua, MultiValue, Result};

/// Every function of the module, group by group, in the manual's order.
pub(super) const GROUPS: &[Group] = &[
    Group {
        name: "",
        title: "声明与失败",
        functions: declare::FUNCTIONS,
    },
    Group {
        name: "text",
        title: "文本",
        functions: text::FUNCTIONS,
    },
    Group {
        name: "json",
        title: "JSON",
        functions: json::FUNCTIONS,
    },
    Group {
        name: "id",
        title: "身份证号",
        functions: identity::FUNCTIONS,
    },
    Group {
        name: "date",
        title: "日期",
        functions: dates::FUNCTIONS,
    },
    Group {
        name: "hex",
        title: "十六进制",
        functions: encode::HEX,
    },
    Group {
        name: "bcd",
        title: "BCD码",
        functions: encode::BCD,
    },
    Group {
        name: "base64",
        title: "Base64",
        functions: encode::BASE64,
    },
    Group {
        name: "crypto",
        title: "摘要与签名",
        functions: crypto::FUNCTIONS,
    },
    Group {
        name: "http",
        title: "HTTP",
        functions: http::FUNCTIONS,
    },
    Group {
        name: "log",
        title: "提示",
        functions: log::FUNCTIONS,
    },
];

/// The group whose functions stand in `mps` itself.
pub(super) const MODULE: &Group = &GROUPS[0];

/// Every kind of table that scripts write or are given, in the manual's order.
pub(super) const RECORDS: &[&Record] = &[
    &records::FUNID,
    &records::REQUEST_FIELD,
    &records::WAY,
    &records::RESPONSE_FIELD,
    &records::LIBRARY,
    &records::FILE,
    &records::PRELOAD,
    &records::SETTING,
    &records::STRUCT,
    &records::FUNCTION,
    &records::OK_FIELD,
    &records::ERROR_CALL,
    &records::ERROR_TEXT,
    &records::CALL,
    &records::METHOD,
    &records::INPUT,
    &records::SPLIT,
    &records::JSON,
    &records::LIB,
    &records::RESULT,
    &records::SIMULATION,
    &records::STAND_IN,
    &records::PROTOCOL,
    &records::MESSAGE,
    &declare::FAIL_OPTIONS,
    &text::SPLIT_OPTIONS,
    &text::COLUMNS_OPTIONS,
    &http::REQUEST,
    &http::ANSWER,
];

/// Every kind of table that scenarios write or are given besides, in the manual's order.
pub(super) const SCENARIO_RECORDS: &[&Record] = &[
    &scenario::ANSWERED,
    &scenario::CALL_OPTIONS,
    &scenario::SERVER_ANSWER,
];

/// Every kind of object that scenarios see, in the manual's order.
pub(super) const CLASSES: &[&Class] = scenario::CLASSES;

/// A kind of object.
pub(super) struct Class {
    /// Its class in annotations.
    pub(super) name: &'static str,
    /// What the manual's examples call one.
    pub(super) global: &'static str,
    pub(super) title: &'static str,
    pub(super) meaning: &'static str,
    /// How it is called, where it can be; as LuaCATS writes it.
    pub(super) overload: &'static str,
    pub(super) fields: &'static [Key],
    pub(super) functions: &'static [Function],
}

/// Functions that share a table: `mps.text` holds those of group `text`; the nameless group stands in `mps` itself.
pub(super) struct Group {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) functions: &'static [Function],
}

impl Group {
    /// What scripts call its table.
    pub(super) fn path(&self) -> String {
        match self.name {
            "" => "mps".to_owned(),
            name => format!("mps.{name}"),
        }
    }
}

/// One function.
pub(super) struct Function {
    /// Its full name, for example `mps.text.split`.
    pub(super) name: &'static str,
    /// What it does, for people.
    pub(super) meaning: &'static str,
    pub(super) parameters: &'static [Parameter],
    pub(super) results: &'static [Returned],
    /// Tests run it where it says what it gives.
    pub(super) example: Example,
    /// What runs, once the arguments are checked.
    pub(super) call: fn(&Lua, &Arguments) -> Result<MultiValue>,
}

impl Function {
    /// Its name in its table.
    pub(super) fn short_name(&self) -> &'static str {
        self.name.rsplit('.').next().unwrap_or(self.name)
    }
}

/// One parameter.
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) kind: Type,
    pub(super) optional: bool,
    pub(super) meaning: &'static str,
}

/// One result.
pub(super) struct Returned {
    /// As LuaCATS writes it: a result may be several types that no parameter is.
    pub(super) kind: &'static str,
    pub(super) name: &'static str,
    pub(super) meaning: &'static str,
}

/// A line of Lua, and as Lua what it gives; nothing where it depends on more than its arguments.
pub(super) struct Example {
    pub(super) code: &'static str,
    pub(super) gives: &'static str,
}

/// A kind of table.
pub(in crate::script) struct Record {
    /// Its class in annotations.
    pub(super) class: &'static str,
    /// Whether scripts are given it, and never write it.
    pub(super) given: bool,
    /// As messages call it.
    pub(super) what: &'static str,
    pub(super) meaning: &'static str,
    pub(super) keys: &'static [Key],
}

/// One key of a table.
pub(super) struct Key {
    /// Its name; `[1]` is a position, `[string]` and `[integer]` stand for every other key of that type.
    pub(super) name: &'static str,
    pub(super) kind: Type,
    pub(super) required: bool,
    pub(super) meaning: &'static str,
}

/// What a parameter or a key holds.
#[derive(Clone, Copy)]
pub(super) enum Type {
    /// A string in UTF-8.
    Text,
    /// A string of any bytes.
    Bytes,
    Integer,
    Number,
    Flag,
    Any,
    /// A list of texts.
    Texts,
    /// A function of this LuaCATS type.
    Function(&'static str),
    /// A table of this kind whose keys are checked with the arguments.
    Options(&'static Record),
    /// A table of this kind whose keys are checked when the generation is built, or that we make.
    Record(&'static Record),
    /// A list of such tables.
    List(&'static Record),
    /// A table, written as LuaCATS does.
    Table(&'static str),
    /// One of these.
    Either(&'static [Type]),
}

impl Record {
    /// Refuses every key of a declaration that is not listed here, at its line.
    pub(in crate::script) fn only_keys(&self, declared: &Declared) -> std::result::Result<(), Error> {
        let positions = self.keys.iter().filter(|key| key.name.starts_with('['));
        if positions.clone().any(|key| key.name == "[integer]") {
            return declared.only(self.what, &self.names());
        }
        let positions = positions.filter(|key| key.name != "[string]").count();
        declared.only_with(self.what, positions as i64, &self.names())
    }

    /// The names of its keys.
    pub(in crate::script) fn names(&self) -> Vec<&'static str> {
        let names = self.keys.iter().map(|key| key.name);
        names.filter(|name| !name.starts_with('[')).collect()
    }
}

impl Type {
    /// As messages and the manual name it.
    pub(super) fn title(&self) -> String {
        match self {
            Type::Text | Type::Bytes => "文本".to_owned(),
            Type::Integer => "整数".to_owned(),
            Type::Number => "数字".to_owned(),
            Type::Flag => "true或false".to_owned(),
            Type::Any => "任意值".to_owned(),
            Type::Texts => "文本的列表".to_owned(),
            Type::Function(_) => "函数".to_owned(),
            Type::Options(_) | Type::Record(_) | Type::Table(_) => "表".to_owned(),
            Type::List(_) => "表的列表".to_owned(),
            Type::Either(types) => {
                let titles: Vec<String> = types.iter().map(Type::title).collect();
                titles.join("或")
            }
        }
    }

    /// As LuaCATS writes it.
    pub(super) fn annotation(&self) -> String {
        match self {
            Type::Text | Type::Bytes => "string".to_owned(),
            Type::Integer => "integer".to_owned(),
            Type::Number => "number".to_owned(),
            Type::Flag => "boolean".to_owned(),
            Type::Any => "any".to_owned(),
            Type::Texts => "string[]".to_owned(),
            Type::Function(signature) | Type::Table(signature) => (*signature).to_owned(),
            Type::Options(record) | Type::Record(record) => record.class.to_owned(),
            Type::List(record) => format!("{}[]", record.class),
            Type::Either(types) => {
                let types: Vec<String> = types.iter().map(Type::union_member).collect();
                types.join("|")
            }
        }
    }

    /// As LuaCATS writes it among others: a function's results would swallow what follows.
    pub(super) fn union_member(&self) -> String {
        match self {
            Type::Function(signature) => format!("({signature})"),
            other => other.annotation(),
        }
    }
}

impl Parameter {
    pub(super) const fn needed(name: &'static str, kind: Type, meaning: &'static str) -> Parameter {
        Parameter {
            name,
            kind,
            optional: false,
            meaning,
        }
    }

    pub(super) const fn optional(name: &'static str, kind: Type, meaning: &'static str) -> Parameter {
        Parameter {
            name,
            kind,
            optional: true,
            meaning,
        }
    }
}

impl Key {
    pub(super) const fn needed(name: &'static str, kind: Type, meaning: &'static str) -> Key {
        Key {
            name,
            kind,
            required: true,
            meaning,
        }
    }

    pub(super) const fn optional(name: &'static str, kind: Type, meaning: &'static str) -> Key {
        Key {
            name,
            kind,
            required: false,
            meaning,
        }
    }
}

impl Returned {
    pub(super) const fn new(kind: &'static str, name: &'static str, meaning: &'static str) -> Returned {
        Returned { kind, name, meaning }
    }
}

impl Example {
    /// An example that tests run.
    pub(super) const fn new(code: &'static str, gives: &'static str) -> Example {
        Example { code, gives }
    }

    /// An example to read.
    pub(super) const fn shown(code: &'static str) -> Example {
        Example { code, gives: "" }
    }
}
