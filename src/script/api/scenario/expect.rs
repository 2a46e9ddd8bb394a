//! `t:expect(…)`: what the caller must see, and what must have been asked of the devices.

use super::super::check::Arguments;
use super::super::list::{Class, Example, Function, Parameter, Type};
use super::answered::{fields, whole};
use super::device::{Device, inputs};
use super::server::Server;
use super::{add_functions, object};
use crate::script::Contact;
use crate::script::declared::type_name;
use crate::script::scenario::{IS, Play, Shown, Subject, show};
use crate::script::stage::Input;
use mlua::{Function as LuaFunction, Lua, MultiValue, Result, UserData, UserDataMethods, Value};
use std::rc::Rc;

const EXPECTED: &[Parameter] = &[Parameter::optional("expected", Type::Any, "期望的值")];
const PART: &[Parameter] = &[Parameter::needed("part", Type::Bytes, "文本")];
const LIMIT: &[Parameter] = &[Parameter::needed("limit", Type::Number, "数")];

pub(super) static EXPECTATION: Class = Class {
    name: "mps.Expectation",
    global: "expectation",
    title: "期望（t:expect）",
    meaning: "对一个值的期望。",
    overload: "",
    fields: &[],
    functions: &[
        value_function(
            "expectation:is",
            "等于；表逐项比较。对整份返回（r）是比较报文的文字。",
            EXPECTED,
            "t:expect(r.result):is(\"0\")",
            |lua, arguments| {
                let expected = arguments.value(0).clone();
                judge(lua, arguments, IS, &expected, |actual| same(actual, &expected))
            },
        ),
        value_function(
            "expectation:is_not",
            "不等于。",
            EXPECTED,
            "t:expect(r.msg):is_not(\"\")",
            |lua, arguments| {
                let expected = arguments.value(0).clone();
                judge(lua, arguments, "不应为", &expected, |actual| {
                    !same(actual, &expected)
                })
            },
        ),
        value_function(
            "expectation:contains",
            "含有这段文本。",
            PART,
            "t:expect(r.msg):contains(\"超时\")",
            |lua, arguments| text(lua, arguments, "应含有", find),
        ),
        value_function(
            "expectation:lacks",
            "不含这段文本。",
            PART,
            "t:expect(r.text):lacks(\"张三\")",
            |lua, arguments| text(lua, arguments, "不应含有", |actual, part| !find(actual, part)),
        ),
        value_function(
            "expectation:starts_with",
            "以这段文本开头。",
            PART,
            "t:expect(r.msg):starts_with(\"设备忙\")",
            |lua, arguments| {
                text(lua, arguments, "开头应为", |actual, part| {
                    actual.starts_with(part)
                })
            },
        ),
        value_function(
            "expectation:ends_with",
            "以这段文本结尾。",
            PART,
            "t:expect(r.msg):ends_with(\"重试\")",
            |lua, arguments| {
                text(lua, arguments, "结尾应为", |actual, part| {
                    actual.ends_with(part)
                })
            },
        ),
        value_function(
            "expectation:matches",
            "符合Lua的模式。",
            &[Parameter::needed("pattern", Type::Text, "模式，例如\"^%d+$\"")],
            "t:expect(r.sign):matches(\"^%x+$\")",
            |lua, arguments| {
                let pattern = arguments.value(0).clone();
                let find: LuaFunction = lua.globals().get::<mlua::Table>("string")?.get("find")?;
                let subject = object::<Expectation>(arguments)?.value.clone();
                let found = match &subject {
                    Value::String(text) => find.call::<Value>((text, &pattern))?,
                    _ => Value::Nil,
                };
                judge(lua, arguments, "应符合模式", &pattern, |_| !found.is_nil())
            },
        ),
        value_function(
            "expectation:is_at_most",
            "不大于。",
            LIMIT,
            "t:expect(t.elapsed):is_at_most(31)",
            |lua, arguments| number(lua, arguments, "应不大于", |actual, limit| actual <= limit),
        ),
        value_function(
            "expectation:is_at_least",
            "不小于。",
            LIMIT,
            "t:expect(t.elapsed):is_at_least(30)",
            |lua, arguments| number(lua, arguments, "应不小于", |actual, limit| actual >= limit),
        ),
        value_function(
            "expectation:was_called",
            "设备的这个函数被调用过；再给输入时，是这样调用的。对服务器写方法（GET、POST）和正文。",
            &[
                Parameter::optional("name", Type::Text, "函数名；不写时是任何一个"),
                Parameter::optional("inputs", Type::Table("any[]"), "输入，按顺序；任意的写t.any"),
            ],
            "t:expect(t:device(\"card\")):was_called(\"iReadCardBas\", { 3 })",
            |lua, arguments| called(lua, arguments, 0, None),
        ),
        value_function(
            "expectation:was_called_times",
            "被调用了这么多次。",
            &[
                Parameter::needed("count", Type::Integer, "次数"),
                Parameter::optional("name", Type::Text, "函数名；不写时是任何一个"),
                Parameter::optional("inputs", Type::Table("any[]"), "输入"),
            ],
            "t:expect(t:device(\"card\")):was_called_times(2, \"SSC_ReadCard\")",
            |lua, arguments| {
                let wanted = arguments.integer(0).and_then(|count| usize::try_from(count).ok());
                let wanted = wanted.ok_or_else(|| arguments.error("次数应为不小于0的整数"))?;
                called(lua, arguments, 1, Some(wanted))
            },
        ),
        value_function(
            "expectation:was_not_called",
            "没有被调用过。",
            &[
                Parameter::optional("name", Type::Text, "函数名；不写时是任何一个"),
                Parameter::optional("inputs", Type::Table("any[]"), "输入"),
            ],
            "t:expect(t:device(\"credential\")):was_not_called()",
            |lua, arguments| called(lua, arguments, 0, Some(0)),
        ),
    ],
};

const fn value_function(
    name: &'static str,
    meaning: &'static str,
    parameters: &'static [Parameter],
    example: &'static str,
    call: fn(&Lua, &Arguments) -> Result<MultiValue>,
) -> Function {
    Function {
        name,
        meaning,
        parameters,
        results: &[],
        example: Example::shown(example),
        call,
    }
}

/// A value, or what was asked of a device or a server.
pub(super) struct Expectation {
    play: Rc<Play>,
    value: Value,
    subject: Subject,
    /// The device or the address.
    asked: Option<String>,
}

impl Expectation {
    pub(super) fn new(_: &Lua, play: Rc<Play>, value: &Value) -> Result<Expectation> {
        if let Value::UserData(object) = value {
            let device = object.borrow::<Device>().map(|device| device.name.clone());
            let asked = device.or_else(|_| object.borrow::<Server>().map(|server| server.url.clone()));
            return Ok(Expectation {
                play,
                value: Value::Nil,
                subject: Subject::default(),
                asked: asked.ok(),
            });
        }
        let (value, subject) = whole(value).unwrap_or_else(|| {
            let subject = play.subject(value);
            (fields(value).unwrap_or_else(|| value.clone()), subject)
        });
        Ok(Expectation {
            play,
            value,
            subject,
            asked: None,
        })
    }
}

impl UserData for Expectation {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        add_functions(&EXPECTATION, methods);
    }
}

/// Whether two values are the same; tables by their content.
fn same(actual: &Value, expected: &Value) -> bool {
    match (actual, expected) {
        (Value::Table(_), Value::Table(_)) => show(actual) == show(expected),
        (Value::Integer(one), Value::Number(other)) | (Value::Number(other), Value::Integer(one)) => {
            *one as f64 == *other
        }
        (one, other) => one == other,
    }
}

fn judge(
    lua: &Lua,
    arguments: &Arguments,
    relation: &'static str,
    expected: &Value,
    holds: impl FnOnce(&Value) -> bool,
) -> Result<MultiValue> {
    let expectation = object::<Expectation>(arguments)?;
    if expectation.asked.is_some() {
        return Err(arguments.error("设备和服务器请用was_called、was_called_times或was_not_called"));
    }
    let actual = &expectation.value;
    if !holds(actual) {
        let mut subject = expectation.subject.clone();
        let alike = |one: &Value, other: &Value| {
            let texts = one.to_string().ok().zip(other.to_string().ok());
            type_name(one) != type_name(other) && texts.is_some_and(|(one, other)| one == other)
        };
        if alike(actual, expected) {
            let (is, was) = (type_name(actual), type_name(expected));
            subject.notes.insert(
                0,
                format!(
                    "实际是{is}，期望写的是{was}，请{}",
                    match expected {
                        Value::String(_) => "去掉引号",
                        _ => "加上引号",
                    }
                ),
            );
        }
        let shown = (show(expected), show(actual));
        expectation.play.missed(lua, &subject, relation, shown);
    } else if let (IS, Shown::Text(text)) = (relation, show(expected)) {
        expectation.play.came(lua, &text);
    }
    Ok(MultiValue::new())
}

fn text(
    lua: &Lua,
    arguments: &Arguments,
    relation: &'static str,
    holds: impl FnOnce(&[u8], &[u8]) -> bool,
) -> Result<MultiValue> {
    let part = arguments.bytes(0).to_vec();
    judge(
        lua,
        arguments,
        relation,
        arguments.value(0),
        |actual| match actual {
            Value::String(text) => holds(&text.as_bytes(), &part),
            _ => false,
        },
    )
}

fn find(text: &[u8], part: &[u8]) -> bool {
    part.is_empty() || text.windows(part.len()).any(|window| window == part)
}

fn number(
    lua: &Lua,
    arguments: &Arguments,
    relation: &'static str,
    holds: impl FnOnce(f64, f64) -> bool,
) -> Result<MultiValue> {
    let number = |value: &Value| match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Number(number) => Some(*number),
        _ => None,
    };
    let limit = number(arguments.value(0)).unwrap_or_default();
    judge(lua, arguments, relation, arguments.value(0), |actual| {
        number(actual).is_some_and(|actual| holds(actual, limit))
    })
}

/// `wanted`: how often; at least once where nothing is said.
fn called(lua: &Lua, arguments: &Arguments, first: usize, wanted: Option<usize>) -> Result<MultiValue> {
    let expectation = object::<Expectation>(arguments)?;
    let Some(asked) = &expectation.asked else {
        return Err(arguments.error("只用于设备和服务器，例如t:expect(t:device(\"card\"))"));
    };
    let name = match arguments.value(first) {
        Value::Nil => None,
        _ => Some(arguments.text(first)?.to_owned()),
    };
    let inputs = inputs(arguments, first + 1)?;
    let stage = expectation.play.stage();
    let contacts = stage.contacts();
    let of_it: Vec<&Contact> = contacts.iter().filter(|contact| contact.is_of(asked)).collect();
    let is_meant = |contact: &&&Contact| {
        let named = name.as_ref().is_none_or(|name| *name == contact.function);
        named && inputs.as_ref().is_none_or(|inputs| fits(inputs, contact))
    };
    let count = of_it.iter().filter(is_meant).count();
    let holds = wanted.map_or(count > 0, |wanted| wanted == count);
    if !holds {
        let mut question = format!("{asked}:{}", name.as_deref().unwrap_or("任何函数"));
        if let Some(inputs) = &inputs {
            let inputs: Vec<String> = inputs.iter().map(Input::shown).collect();
            question.push_str(&format!("（{}）", inputs.join("，")));
        }
        let times = wanted.map_or("至少1次".to_owned(), |wanted| format!("{wanted}次"));
        let all: Vec<String> = of_it.iter().map(|contact| contact.describe()).collect();
        let subject = Subject {
            name: question,
            wording: false,
            notes: vec![match all.is_empty() {
                true => format!("{asked}一次也没有被问过"),
                false => format!("问{asked}的是：\n{}", all.join("\n")),
            }],
        };
        let shown = (Shown::Words(times), Shown::Words(format!("{count}次")));
        expectation.play.missed(lua, &subject, "应被调用", shown);
    }
    Ok(MultiValue::new())
}

fn fits(inputs: &[Input], contact: &Contact) -> bool {
    inputs.len() == contact.inputs.len()
        && inputs
            .iter()
            .zip(&contact.inputs)
            .all(|(input, argument)| input.fits(argument))
}
