//! What a scenario sees besides `mps`: `scenario`, which declares one, and the objects that it is given.

mod answered;
mod device;
mod expect;
mod server;
mod stand;

pub(super) use answered::ANSWERED;
pub(super) use server::SERVER_ANSWER;
pub(super) use stand::CALL_OPTIONS;
pub(in crate::script) use stand::stand;

use super::check::Arguments;
use super::list::{Class, Example, Function, Parameter, Type};
use crate::script::scenario::declare;
use crate::suggest::nearest;
use mlua::{
    AnyUserData, Error, Lua, MetaMethod, MultiValue, Result, UserData, UserDataMethods, UserDataRef, Value,
};

/// Every object, in the manual's order.
pub(super) const CLASSES: &[&Class] = &[
    &SCENARIO,
    &stand::STAND,
    &device::DEVICE,
    &device::STUB,
    &server::SERVER,
    &server::SERVER_STUB,
    &expect::EXPECTATION,
];

pub(super) static SCENARIO: Class = Class {
    name: "mps.scenario",
    global: "scenario",
    title: "声明场景",
    meaning: "场景文件里的全局函数：scenario(\"名称\", function(t) … end)声明一个场景。一个文件可以写许多个，名称不能相同。",
    overload: "fun(name: string, play: fun(t: mps.Scenario))",
    fields: &[],
    functions: &[Function {
        name: "scenario.each",
        meaning: "由数据各声明一个场景：名称里的${1}、${键}换成那一行的值。",
        parameters: &[
            Parameter::needed("name", Type::Text, "名称，例如\"返回码${1}\""),
            Parameter::needed("rows", Type::Table("table[]"), "各行"),
            Parameter::needed(
                "play",
                Type::Function("fun(t: mps.Scenario, row: table)"),
                "场景，得到t和那一行",
            ),
        ],
        results: &[],
        example: Example::shown(
            r#"scenario.each("返回码${1}", { { -2, "无卡" }, { -11, "连接失败" } }, function(t, row) … end)"#,
        ),
        call: each,
    }],
};

struct Scenario;

impl UserData for Scenario {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_function(MetaMethod::Call, |lua, (_, given): (Value, MultiValue)| {
            let arguments = Arguments::new(&DECLARE, given)?;
            (DECLARE.call)(lua, &arguments)
        });
        methods.add_meta_function(
            MetaMethod::Index,
            |lua, (_, name): (Value, Value)| -> Result<Value> {
                let name = name.to_string()?;
                let wanted = format!("scenario.{name}");
                let function = SCENARIO.functions.iter().find(|function| function.name == wanted);
                match function {
                    Some(function) => super::checked(lua, function).map(Value::Function),
                    None => Err(unknown(&SCENARIO, &name)),
                }
            },
        );
    }
}

static DECLARE: Function = Function {
    name: "scenario",
    meaning: "声明一个场景。",
    parameters: &[
        Parameter::needed("name", Type::Text, "名称"),
        Parameter::needed("play", Type::Function("fun(t: mps.Scenario)"), "场景"),
    ],
    results: &[],
    example: Example::shown("scenario(\"支付码过期\", function(t) … end)"),
    call: |lua, arguments| {
        if let Value::Function(function) = arguments.value(1) {
            declare(lua, arguments.text(0)?.to_owned(), function.clone(), None)?;
        }
        Ok(MultiValue::new())
    },
};

/// The global `scenario`.
pub(in crate::script) fn global(lua: &Lua) -> Result<AnyUserData> {
    lua.create_userdata(Scenario)
}

fn each(lua: &Lua, arguments: &Arguments) -> Result<MultiValue> {
    let (Some(rows), Value::Function(function)) = (arguments.table(1), arguments.value(2)) else {
        return Err(arguments.error("缺少rows或play"));
    };
    let template = arguments.text(0)?;
    for row in rows.sequence_values::<Value>() {
        let Value::Table(row) = row? else {
            return Err(arguments.error("rows的每一项应为表，例如{ -2, \"无卡\" }"));
        };
        let name = filled(&template, &row)?;
        declare(lua, name, function.clone(), Some(row))?;
    }
    Ok(MultiValue::new())
}

/// A name with the row's values in it.
fn filled(template: &str, row: &mlua::Table) -> Result<String> {
    let mut name = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((key, behind)) = after.split_once('}') else {
            break;
        };
        let value: Value = match key.parse::<i64>() {
            Ok(position) => row.raw_get(position)?,
            Err(_) => row.raw_get(key)?,
        };
        if value.is_nil() {
            return Err(Error::runtime(format!("有一行没有名称里的${{{key}}}")));
        }
        name.push_str(before);
        name.push_str(&value.to_string()?);
        rest = behind;
    }
    Ok(name + rest)
}

/// Gives a kind of object the functions of its class; whatever else is read of it is a mistake.
fn add_functions<T: UserData + 'static, M: UserDataMethods<T>>(class: &'static Class, methods: &mut M) {
    for function in class.functions {
        let name = function.name.rsplit(':').next().unwrap_or(function.name);
        methods.add_function(name, move |lua, (object, given): (Value, MultiValue)| {
            let Value::UserData(object) = object else {
                let what = function.name;
                return Err(Error::runtime(format!("{what}前面要用冒号，写成{what}(…)")));
            };
            (function.call)(lua, &Arguments::of_object(function, object, given)?)
        });
    }
    methods.add_meta_function(
        MetaMethod::Index,
        move |_, (_, name): (Value, Value)| -> Result<Value> { Err(unknown(class, &name.to_string()?)) },
    );
}

fn unknown(class: &Class, name: &str) -> Error {
    let functions = class.functions.iter().map(|function| {
        let at = function.name.rfind([':', '.']).map_or(0, |at| at + 1);
        &function.name[at..]
    });
    let known: Vec<&str> = functions
        .chain(class.fields.iter().map(|field| field.name))
        .collect();
    let advice = match nearest(name, known.iter().copied()) {
        Some(near) => format!("是否应为{near}？"),
        None => format!("可用的有：{}", known.join("、")),
    };
    Error::runtime(format!("{}没有{name}，{advice}", class.title))
}

/// The object that a function was called on.
fn object<T: 'static>(arguments: &Arguments) -> Result<UserDataRef<T>> {
    let object = arguments
        .object()
        .ok_or_else(|| arguments.error("前面要用冒号"))?;
    let wrong = |_| arguments.error("前面的不是它的对象");
    object.borrow::<T>().map_err(wrong)
}

/// A number of seconds that is not negative.
fn seconds(arguments: &Arguments, index: usize) -> Result<std::time::Duration> {
    let seconds = match arguments.value(index) {
        Value::Integer(seconds) => *seconds as f64,
        Value::Number(seconds) => *seconds,
        _ => 0.0,
    };
    std::time::Duration::try_from_secs_f64(seconds).map_err(|_| arguments.error("秒数应不小于0，也不能太大"))
}

/// A count, above zero.
fn count(arguments: &Arguments, index: usize) -> Result<usize> {
    let count = arguments
        .integer(index)
        .and_then(|count| usize::try_from(count).ok());
    count
        .filter(|count| *count > 0)
        .ok_or_else(|| arguments.error("个数应为大于0的整数"))
}
