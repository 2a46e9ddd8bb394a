//! `t:device(…)`: what a device does, and what was asked of it.

use super::super::check::Arguments;
use super::super::json;
use super::super::list::{Class, Example, Function, Parameter, Returned, Type};
use super::stand::Any;
use super::{add_functions, count, object, seconds};
use crate::device::{Argument, Charset};
use crate::script::declared::type_name;
use crate::script::scenario::{Play, line};
use crate::script::stage::{Act, Given, Input, OVERRUN, Stub, WHOLE, as_argument};
use mlua::{IntoLuaMulti, Lua, MultiValue, Result, UserData, UserDataMethods, Value};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

const STUBBED: &[Returned] = &[Returned::new(
    "mps.Stub",
    "stub",
    "可以接着写:once()、:takes(秒)等",
)];
const NARROWED: &[Returned] = &[Returned::new("mps.StagedDevice", "device", "设备的这一部分")];
const ANSWERS: &[Type] = &[Type::Table("table<string, any>"), Type::Text];

pub(super) static DEVICE: Class = Class {
    name: "mps.StagedDevice",
    global: "device",
    title: "设备（t:device）",
    meaning: "场景里的一个设备。没有用on指定函数时，指打开和关闭之外的所有函数。同一函数写了几次时：写得更细的优先，\
              其次是有次数的（按先后），再次是最后写的。没有写到的函数由模拟脚本应答；没有模拟脚本的算成功，什么也不写。",
    overload: "",
    fields: &[],
    functions: &[
        Function {
            name: "device:on",
            meaning: "只指一个函数；再给输入时，只指这样调用的。",
            parameters: &[
                Parameter::needed("name", Type::Text, "设备脚本functions中的函数名"),
                Parameter::optional("inputs", Type::Table("any[]"), "输入，按顺序；任意的写t.any"),
            ],
            results: NARROWED,
            example: Example::shown("t:device(\"card\"):on(\"iReadCardBas\", { 3 }):fails(-2)"),
            call: |lua, arguments| {
                let mut narrowed = object::<Device>(arguments)?.clone();
                narrowed.function = Some(arguments.text(0)?.to_owned());
                narrowed.inputs = inputs(arguments, 1)?;
                lua.create_userdata(narrowed)?.into_lua_multi(lua)
            },
        },
        Function {
            name: "device:after",
            meaning: "只指某个函数被调用之后：例如卡在两步之间被拔走。",
            parameters: &[Parameter::needed(
                "name",
                Type::Text,
                "设备脚本functions中的函数名",
            )],
            results: NARROWED,
            example: Example::shown("t:device(\"card\"):after(\"SSC_Open\"):fails(-2)"),
            call: |lua, arguments| {
                let mut narrowed = object::<Device>(arguments)?.clone();
                narrowed.after = Some(arguments.text(0)?.to_owned());
                lua.create_userdata(narrowed)?.into_lua_multi(lua)
            },
        },
        Function {
            name: "device:answers",
            meaning: "应答，写几个时依次应答，最后一个一直用下去。表里的returns是返回值，不写时是成功的值；与输出同名的写进那个输出；\
                      其余的按设备方法的split拼起来，或写成JSON。也可以直接给整段文字。不是UTF-8的文本（例如mps.hex.decode的结果）原样写进输出。",
            parameters: &[
                Parameter::needed("answer", Type::Either(ANSWERS), "应答"),
                Parameter::optional("...", Type::Either(ANSWERS), "接下来的应答"),
            ],
            results: STUBBED,
            example: Example::shown("t:device(\"card\"):answers { id = \"XXXXXXXX\", name = \"张三\" }"),
            call: |lua, arguments| {
                let acts = arguments.all().iter().filter(|value| !value.is_nil());
                let acts: Result<Vec<Act>> = acts.map(|value| answer(lua, arguments, value)).collect();
                stub(lua, arguments, acts?)
            },
        },
        Function {
            name: "device:fails",
            meaning: "失败：返回这个码；设备脚本写了error = 输出时，可以再给原因。",
            parameters: &[
                Parameter::needed("code", Type::Either(&[Type::Integer, Type::Text]), "返回码"),
                Parameter::optional("error", Type::Text, "库自己给出的原因"),
            ],
            results: STUBBED,
            example: Example::shown("t:device(\"card\"):fails(-2)"),
            call: |lua, arguments| {
                let code = given(lua, arguments, arguments.value(0))?;
                let error = match arguments.value(1) {
                    Value::Nil => None,
                    _ => Some(arguments.text(1)?.to_owned()),
                };
                stub(lua, arguments, vec![Act::Fail(code, error)])
            },
        },
        Function {
            name: "device:hangs",
            meaning: "一直不返回：到时限为止，以后各次调用都是设备忙，直到device:recovers。时间是虚拟的。",
            parameters: &[],
            results: STUBBED,
            example: Example::shown("t:device(\"card\"):hangs()"),
            call: |lua, arguments| stub(lua, arguments, vec![Act::Hang]),
        },
        Function {
            name: "device:overruns",
            meaning: "写过头：超出第一个输出缓冲区的大小。",
            parameters: &[Parameter::optional(
                "bytes",
                Type::Integer,
                "多写的字节数，不写时64",
            )],
            results: STUBBED,
            example: Example::shown("t:device(\"card\"):overruns()"),
            call: |lua, arguments| {
                let by = match arguments.value(0) {
                    Value::Nil => OVERRUN,
                    _ => count(arguments, 0)?,
                };
                stub(lua, arguments, vec![Act::Overrun(by)])
            },
        },
        Function {
            name: "device:lacks_function",
            meaning: "动态库没有导出这个函数。",
            parameters: &[],
            results: STUBBED,
            example: Example::shown("t:device(\"card\"):on(\"SSC_Open\"):lacks_function()"),
            call: |lua, arguments| stub(lua, arguments, vec![Act::NoFunction]),
        },
        Function {
            name: "device:lacks_file",
            meaning: "动态库的文件不在。",
            parameters: &[],
            results: STUBBED,
            example: Example::shown("t:device(\"card\"):lacks_file()"),
            call: |lua, arguments| at_taking(lua, arguments, Act::NoFile),
        },
        Function {
            name: "device:lacks_dependency",
            meaning: "动态库依赖的另一个文件不在，因而加载不了。",
            parameters: &[Parameter::needed("file", Type::Text, "缺少的文件")],
            results: STUBBED,
            example: Example::shown("t:device(\"card\"):lacks_dependency(\"dc_card32.dll\")"),
            call: |lua, arguments| {
                let reason = format!("缺少它依赖的{}", &*arguments.text(0)?);
                at_taking(lua, arguments, Act::NotLoaded(reason))
            },
        },
        Function {
            name: "device:has_wrong_bitness",
            meaning: "动态库的位数与本程序不同，因而加载不了。",
            parameters: &[],
            results: STUBBED,
            example: Example::shown("t:device(\"card\"):has_wrong_bitness()"),
            call: |lua, arguments| at_taking(lua, arguments, Act::NotLoaded("位数不同".to_owned())),
        },
        Function {
            name: "device:is_busy",
            meaning: "另一次调用正在使用它，等到排队时限也没有结束。",
            parameters: &[],
            results: STUBBED,
            example: Example::shown("t:device(\"card\"):is_busy()"),
            call: |lua, arguments| at_taking(lua, arguments, Act::Busy),
        },
        Function {
            name: "device:recovers",
            meaning: "超时的函数返回了，设备又好了；以前为它写的都作废。",
            parameters: &[],
            results: &[],
            example: Example::shown("t:device(\"card\"):recovers()"),
            call: |_, arguments| {
                let device = object::<Device>(arguments)?;
                device.play.stage().recover(&device.name);
                Ok(MultiValue::new())
            },
        },
    ],
};

pub(super) static STUB: Class = Class {
    name: "mps.Stub",
    global: "stub",
    title: "设备的一种应答",
    meaning: "接在应答后面，说明次数、快慢和怎样写坏。",
    overload: "",
    fields: &[],
    functions: &[
        Function {
            name: "stub:once",
            meaning: "只一次，以后由别的应答。",
            parameters: &[],
            results: STUBBED,
            example: Example::shown("t:device(\"card\"):fails(-2):once()"),
            call: |lua, arguments| change(lua, arguments, |stub| stub.times = Some(1)),
        },
        Function {
            name: "stub:times",
            meaning: "只这么多次。",
            parameters: &[Parameter::needed("count", Type::Integer, "次数")],
            results: STUBBED,
            example: Example::shown("t:device(\"card\"):fails(-2):times(2)"),
            call: |lua, arguments| {
                let times = count(arguments, 0)?;
                change(lua, arguments, |stub| stub.times = Some(times))
            },
        },
        Function {
            name: "stub:takes",
            meaning: "用这么多虚拟秒。到了时限还没有返回，就是超时；在它返回之前，设备是忙的。",
            parameters: &[Parameter::needed("seconds", Type::Number, "秒数")],
            results: STUBBED,
            example: Example::shown("t:device(\"card\"):answers { name = \"张三\" }:takes(40)"),
            call: |lua, arguments| {
                let delay = seconds(arguments, 0)?;
                change(lua, arguments, |stub| stub.delay = delay)
            },
        },
        Function {
            name: "stub:cut_to",
            meaning: "只写出每个文本的前几个字节，后面的丢了。",
            parameters: &[Parameter::needed("bytes", Type::Integer, "字节数")],
            results: STUBBED,
            example: Example::shown("t:device(\"card\"):answers { name = \"张三\" }:cut_to(5)"),
            call: |lua, arguments| {
                let cut = count(arguments, 0)?;
                change(lua, arguments, |stub| stub.cut = Some(cut))
            },
        },
        Function {
            name: "stub:encoded_as",
            meaning: "以另一种字符集写出文本，与设备脚本声明的不符。",
            parameters: &[Parameter::needed("charset", Type::Text, "字符集，例如UTF-8")],
            results: STUBBED,
            example: Example::shown("t:device(\"card\"):answers { name = \"张三\" }:encoded_as(\"UTF-8\")"),
            call: |lua, arguments| {
                let name = arguments.text(0)?.to_owned();
                if Charset::named(&name).is_none() {
                    return Err(arguments.error(format!("没有字符集{name}")));
                }
                change(lua, arguments, |stub| stub.charset = Some(name))
            },
        },
    ],
};

/// A device, or a part of what it does.
#[derive(Clone)]
pub(super) struct Device {
    pub(super) play: Rc<Play>,
    pub(super) name: String,
    function: Option<String>,
    inputs: Option<Vec<Input>>,
    after: Option<String>,
}

/// A stub that was added.
#[derive(Clone)]
struct Added {
    play: Rc<Play>,
    number: usize,
}

impl Device {
    pub(super) fn new(play: Rc<Play>, name: String) -> Device {
        Device {
            play,
            name,
            function: None,
            inputs: None,
            after: None,
        }
    }
}

impl UserData for Device {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        add_functions(&DEVICE, methods);
    }
}

impl UserData for Added {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        add_functions(&STUB, methods);
    }
}

fn stub(lua: &Lua, arguments: &Arguments, acts: Vec<Act>) -> Result<MultiValue> {
    let device = object::<Device>(arguments)?;
    let number = device.play.stage().add(Stub {
        device: device.name.clone(),
        function: device.function.clone(),
        inputs: device.inputs.clone(),
        after: device.after.clone(),
        acts,
        times: None,
        delay: Duration::ZERO,
        cut: None,
        charset: None,
        line: line(lua),
        played: 0,
    });
    let play = Rc::clone(&device.play);
    lua.create_userdata(Added { play, number })?.into_lua_multi(lua)
}

/// What happens when the device is taken is no function's.
fn at_taking(lua: &Lua, arguments: &Arguments, act: Act) -> Result<MultiValue> {
    if object::<Device>(arguments)?.function.is_some() {
        return Err(arguments.error("它在调用函数之前发生，请不要用on指定函数"));
    }
    stub(lua, arguments, vec![act])
}

fn change(lua: &Lua, arguments: &Arguments, change: impl FnOnce(&mut Stub)) -> Result<MultiValue> {
    let added = object::<Added>(arguments)?.clone();
    added.play.stage().change(added.number, change);
    lua.create_userdata(added)?.into_lua_multi(lua)
}

fn answer(lua: &Lua, arguments: &Arguments, value: &Value) -> Result<Act> {
    let mut values = BTreeMap::new();
    match value {
        Value::Table(table) => {
            for pair in table.pairs::<Value, Value>() {
                let (Value::String(name), value) = pair? else {
                    return Err(arguments.error("应答的键应为名称，例如{ name = \"张三\" }"));
                };
                values.insert(name.to_string_lossy(), given(lua, arguments, &value)?);
            }
        }
        whole => drop(values.insert(WHOLE.to_owned(), given(lua, arguments, whole)?)),
    }
    Ok(Act::Answer(values))
}

/// A value that a device or a server gives.
pub(super) fn given(lua: &Lua, arguments: &Arguments, value: &Value) -> Result<Given> {
    Ok(match value {
        Value::Integer(number) => Given::Plain(Argument::Integer(*number)),
        Value::String(text) => Given::Plain(as_argument(&text.as_bytes())),
        other => Given::Json(json::value(lua, other).map_err(|wrong| arguments.error(wrong))?),
    })
}

/// A list of inputs; `None` where there is none.
pub(super) fn inputs(arguments: &Arguments, index: usize) -> Result<Option<Vec<Input>>> {
    let Some(list) = arguments.table(index) else {
        return Ok(None);
    };
    let input = |value: Value| match &value {
        Value::Integer(number) => Ok(Input::Is(Argument::Integer(*number))),
        Value::Boolean(flag) => Ok(Input::Is(Argument::Integer((*flag).into()))),
        Value::String(text) => Ok(Input::Is(as_argument(&text.as_bytes()))),
        Value::UserData(any) if any.is::<Any>() => Ok(Input::Any),
        other => Err(arguments.error(format!("输入应为文本、整数或t.any，实为{}", type_name(other)))),
    };
    let inputs = list.sequence_values::<Value>().map(|value| input(value?));
    inputs.collect::<Result<_>>().map(Some)
}
