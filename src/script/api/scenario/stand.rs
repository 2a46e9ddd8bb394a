//! `t`: what a scenario does with the desk that it is played at.

use super::super::check::Arguments;
use super::super::list::{Class, Example, Function, Key, Parameter, Record, Returned, Type};
use super::answered::answered;
use super::device::Device;
use super::expect::Expectation;
use super::server::Server;
use super::{add_functions, object, seconds};
use crate::message::{Charset, Field, Header, Request};
use crate::script::scenario::{Fill, Play, Room};
use mlua::{
    AnyUserData, Error, IntoLuaMulti, Lua, MultiValue, Result, Table, UserData, UserDataFields,
    UserDataMethods, Value,
};
use smol_str::SmolStr;
use std::fs;
use std::path::{Component, Path};
use std::rc::Rc;

/// Bytes that a buffer may have.
const LARGEST_BUFFER: i64 = 16 << 20;
/// Bytes that a file may have.
const LARGEST_FILE: u64 = 4 << 20;

pub(super) static STAND: Class = Class {
    name: "mps.Scenario",
    global: "t",
    title: "场景（t）",
    meaning: "场景得到的t：准备设备和服务器，调用，写出期望。每个场景都从头开始，与别的场景无关。",
    overload: "",
    fields: &[
        Key::needed(
            "elapsed",
            Type::Number,
            "场景至今的虚拟秒数：只有设备和服务器用掉的、t:wait等过的",
        ),
        Key::needed("any", Type::Any, "任意输入，写在t:device(…):on的输入里"),
    ],
    functions: &[
        Function {
            name: "t:region",
            meaning: "由哪个地区的脚本应答。不写时：regions/<代码>/scenarios里的场景是那个地区，其余的按mps.toml。",
            parameters: &[Parameter::needed("code", Type::Text, "六位行政区划代码")],
            results: &[],
            example: Example::shown("t:region(\"350200\")"),
            call: |_, arguments| {
                let code = arguments.text(0)?.to_owned();
                stand_of(arguments)?.want(|wanted| wanted.region = Some(code))?;
                Ok(MultiValue::new())
            },
        },
        Function {
            name: "t:config",
            meaning: "盖在mps.toml上面的几行设置，只对这个场景有效。",
            parameters: &[Parameter::needed(
                "toml",
                Type::Text,
                "TOML，与mps.toml的写法相同",
            )],
            results: &[],
            example: Example::shown("t:config [[device.card.port = \"USB2\"]]"),
            call: |_, arguments| {
                let text = arguments.text(0)?.to_owned();
                stand_of(arguments)?.want(|wanted| wanted.config.push(text))?;
                Ok(MultiValue::new())
            },
        },
        Function {
            name: "t:sign",
            meaning: "以后各次t:call的sign；不写时是十六个0。",
            parameters: &[Parameter::needed("sign", Type::Text, "签名")],
            results: &[],
            example: Example::shown("t:sign(\"00000000000000ab\")"),
            call: |_, arguments| {
                stand_of(arguments)?.set_sign(arguments.text(0)?.to_owned());
                Ok(MultiValue::new())
            },
        },
        Function {
            name: "t:strict",
            meaning: "没有写怎样应答的设备函数不由模拟脚本应答，而是错误，并指出最接近的一处。",
            parameters: &[],
            results: &[],
            example: Example::shown("t:strict()"),
            call: |_, arguments| {
                stand_of(arguments)?.stage().be_strict();
                Ok(MultiValue::new())
            },
        },
        Function {
            name: "t:device",
            meaning: "一个设备：接着写它怎样应答，或用在t:expect里。",
            parameters: &[Parameter::needed(
                "name",
                Type::Text,
                "设备名，即devices里的文件名",
            )],
            results: &[Returned::new("mps.StagedDevice", "device", "设备")],
            example: Example::shown("t:device(\"card\"):fails(-2)"),
            call: |lua, arguments| {
                let play = stand_of(arguments)?;
                lua.create_userdata(Device::new(play, arguments.text(0)?.to_owned()))?
                    .into_lua_multi(lua)
            },
        },
        Function {
            name: "t:http",
            meaning: "一个网址：接着写服务器怎样应答，或用在t:expect里。以*结尾时指所有这样开头的网址。",
            parameters: &[Parameter::needed("url", Type::Text, "网址")],
            results: &[Returned::new("mps.StagedServer", "server", "服务器")],
            example: Example::shown("t:http(\"http://10.1.2.3/hsm\"):answers { body = { code = 0 } }"),
            call: |lua, arguments| {
                let play = stand_of(arguments)?;
                lua.create_userdata(Server::new(play, arguments.text(0)?.to_owned()))?
                    .into_lua_multi(lua)
            },
        },
        Function {
            name: "t:call",
            meaning: "写一份请求报文，交给MPS_Call。",
            parameters: &[
                Parameter::needed("funid", Type::Text, "功能编号"),
                Parameter::optional(
                    "fields",
                    Type::Table("table"),
                    "请求字段：{ 字段 = 值 }按名称排列；要按顺序或重复时写{ { \"字段\", \"值\" }, … }",
                ),
                Parameter::optional("options", Type::Options(&CALL_OPTIONS), "选项"),
            ],
            results: &[Returned::new("mps.Answered", "answered", "返回报文")],
            example: Example::shown("local r = t:call(\"N04.00.00.01\", { mdtrt_cert_type = \"03\" })"),
            call,
        },
        Function {
            name: "t:send",
            meaning: "把一份请求报文的字节原样交给MPS_Call；末尾的NUL由t加上。",
            parameters: &[
                Parameter::needed("bytes", Type::Bytes, "字节"),
                Parameter::optional(
                    "options",
                    Type::Options(&CALL_OPTIONS),
                    "选项，其中只用buffer和capacity",
                ),
            ],
            results: &[Returned::new("mps.Answered", "answered", "返回报文")],
            example: Example::shown("local r = t:send(t:file(\"请求.xml\"))"),
            call: |lua, arguments| {
                let play = stand_of(arguments)?;
                let room = room(arguments, arguments.table(1))?;
                let result = play.call(&arguments.bytes(0), room)?;
                answered(lua, &play, result)?.into_lua_multi(lua)
            },
        },
        Function {
            name: "t:expect",
            meaning: "对一个值、一份返回报文、一个设备或服务器的期望，接着写is、contains等。不符时场景继续，最后一并列出。",
            parameters: &[Parameter::optional(
                "value",
                Type::Any,
                "例如r.msg、r.body.card_no、r、t:device(\"card\")",
            )],
            results: &[Returned::new("mps.Expectation", "expectation", "期望")],
            example: Example::shown("t:expect(r.msg):contains(\"超时\")"),
            call: |lua, arguments| {
                let play = stand_of(arguments)?;
                lua.create_userdata(Expectation::new(lua, play, arguments.value(0))?)?
                    .into_lua_multi(lua)
            },
        },
        Function {
            name: "t:wait",
            meaning: "让虚拟时间过去几秒，例如等一个超时的函数返回。",
            parameters: &[Parameter::needed("seconds", Type::Number, "秒数")],
            results: &[],
            example: Example::shown("t:wait(60)"),
            call: |_, arguments| {
                stand_of(arguments)?.stage().pass(seconds(arguments, 0)?);
                Ok(MultiValue::new())
            },
        },
        Function {
            name: "t:file",
            meaning: "场景文件旁边（或tests文件夹内）一个文件的字节。随脚本生效的场景（scripts里的）没有旁边的文件。",
            parameters: &[Parameter::needed(
                "path",
                Type::Text,
                "从场景文件所在的文件夹算起的路径",
            )],
            results: &[Returned::new("string", "bytes", "字节")],
            example: Example::shown("t:file(\"请求.xml\")"),
            call: file,
        },
        Function {
            name: "t:note",
            meaning: "记一行，与场景的结果一起显示；调试时用。",
            parameters: &[Parameter::needed("text", Type::Text, "说明")],
            results: &[],
            example: Example::shown("t:note(r.msg)"),
            call: |_, arguments| {
                stand_of(arguments)?.note(arguments.text(0)?.to_owned());
                Ok(MultiValue::new())
            },
        },
    ],
};

pub(in super::super) static CALL_OPTIONS: Record = Record {
    class: "mps.CallOptions",
    given: false,
    what: "t:call的选项",
    meaning: "怎样调用。",
    keys: &[
        Key::optional("sign", Type::Text, "请求报文的sign"),
        Key::optional(
            "charset",
            Type::Text,
            "请求报文的编码：GBK（不写时）、GB2312、GB18030、UTF-8、UTF-16",
        ),
        Key::optional(
            "buffer",
            Type::Text,
            "resp里先有什么：zeros（不写时）、spaces（PowerBuilder的Space）、wide_spaces（16位的空格）",
        ),
        Key::optional("capacity", Type::Integer, "resp的字节数，不写时65536"),
    ],
};

/// `t` itself.
struct Stand(Rc<Play>);

/// `t.any`.
pub(super) struct Any;

impl UserData for Any {}

impl UserData for Stand {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        fields.add_field_method_get("elapsed", |_, stand| Ok(stand.0.stage().clock().as_secs_f64()));
        fields.add_field_method_get("any", |lua, _| lua.create_userdata(Any));
    }

    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        add_functions(&STAND, methods);
    }
}

/// `t` for a play.
pub(in crate::script) fn stand(lua: &Lua, play: Rc<Play>) -> Result<AnyUserData> {
    lua.create_userdata(Stand(play))
}

fn stand_of(arguments: &Arguments) -> Result<Rc<Play>> {
    Ok(Rc::clone(&object::<Stand>(arguments)?.0))
}

fn call(lua: &Lua, arguments: &Arguments) -> Result<MultiValue> {
    let play = stand_of(arguments)?;
    let options = arguments.table(2);
    let option = |key: &str| options.map_or(Ok(None), |options| options.raw_get::<Option<String>>(key));
    let request = Request {
        charset: charset(arguments, option("charset")?.as_deref())?,
        header: Header {
            funid: SmolStr::new(&*arguments.text(0)?),
            sign: option("sign")?.unwrap_or_else(|| play.sign()).into(),
        },
        body: arguments
            .table(1)
            .map_or(Ok(Vec::new()), |table| fields(arguments, table))?,
    };
    let bytes = request.encode().map_err(|error| arguments.error(error))?;
    let result = play.call(&bytes, room(arguments, options)?)?;
    answered(lua, &play, result)?.into_lua_multi(lua)
}

/// The fields in the order that they are written in; those with names as keys behind them, by name.
fn fields(arguments: &Arguments, table: &Table) -> Result<Vec<Field>> {
    let field = |name: String, value: Value| match &value {
        Value::String(_) | Value::Integer(_) | Value::Number(_) => Ok(Field {
            name: name.into(),
            value: value.to_string()?.into(),
            nested: false,
        }),
        _ => Err(arguments.error(format!("请求字段{name}应为文本或数字"))),
    };
    let mut fields = Vec::new();
    for pair in table.sequence_values::<Table>() {
        let pair = pair.map_err(|_| arguments.error("按顺序写时，每一项应为{ \"字段\", \"值\" }"))?;
        fields.push(field(pair.raw_get(1)?, pair.raw_get(2)?)?);
    }
    let mut named = Vec::new();
    for pair in table.pairs::<Value, Value>() {
        if let (Value::String(name), value) = pair? {
            named.push(field(name.to_string_lossy(), value)?);
        }
    }
    named.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(fields.into_iter().chain(named).collect())
}

fn charset(arguments: &Arguments, name: Option<&str>) -> Result<Charset> {
    Ok(match name.map(str::to_ascii_uppercase).as_deref() {
        None | Some("GBK") => Charset::Gbk,
        Some("GB2312") => Charset::Gb2312,
        Some("GB18030") => Charset::Gb18030,
        Some("UTF-8" | "UTF8") => Charset::Utf8,
        Some("UTF-16" | "UTF-16LE") => Charset::Utf16Le,
        Some(_) => return Err(arguments.error("charset应为GBK、GB2312、GB18030、UTF-8或UTF-16")),
    })
}

fn room(arguments: &Arguments, options: Option<&Table>) -> Result<Room> {
    let mut room = Room::default();
    let Some(options) = options else { return Ok(room) };
    room.fill = match options.raw_get::<Option<String>>("buffer")?.as_deref() {
        None | Some("zeros") => Fill::Zeros,
        Some("spaces") => Fill::Spaces,
        Some("wide_spaces") => Fill::WideSpaces,
        Some(_) => return Err(arguments.error("buffer应为zeros、spaces或wide_spaces")),
    };
    if let Some(capacity) = options.raw_get::<Option<i64>>("capacity")? {
        let fits = (1..=LARGEST_BUFFER).contains(&capacity);
        let capacity = usize::try_from(capacity).ok().filter(|_| fits);
        room.capacity = capacity.ok_or_else(|| arguments.error("capacity应为1到16777216之间的字节数"))?;
    }
    Ok(room)
}

fn file(lua: &Lua, arguments: &Arguments) -> Result<MultiValue> {
    let play = stand_of(arguments)?;
    let path = arguments.text(0)?.to_owned();
    let Some(files) = play.files() else {
        return Err(arguments.error("随脚本生效的场景没有旁边的文件，请把字节写在场景里"));
    };
    let relative = Path::new(&path)
        .components()
        .all(|part| matches!(part, Component::Normal(_) | Component::ParentDir));
    let whole = files.folder.join(&path);
    let missing = |_| arguments.error(format!("没有文件{path}"));
    let real = fs::canonicalize(&whole).map_err(missing)?;
    let root = fs::canonicalize(&files.root).map_err(missing)?;
    if !relative || !real.starts_with(root) {
        return Err(Error::runtime(format!("文件{path}不在场景的文件夹里")));
    }
    if fs::metadata(&real).map_err(missing)?.len() > LARGEST_FILE {
        return Err(arguments.error(format!("文件{path}太大")));
    }
    let bytes = fs::read(&real).map_err(missing)?;
    lua.create_string(bytes)?.into_lua_multi(lua)
}
