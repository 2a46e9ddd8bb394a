//! `t:http(…)`: what a server answers, and what was asked of it.

use super::super::check::Arguments;
use super::super::json;
use super::super::list::{Class, Example, Function, Key, Parameter, Record, Returned, Type};
use super::{add_functions, object, seconds};
use crate::device::HttpFault;
use crate::script::scenario::{Play, line};
use crate::script::stage::{ServerAct, ServerStub};
use mlua::{IntoLuaMulti, Lua, MultiValue, Result, Table, UserData, UserDataMethods, Value};
use std::rc::Rc;
use std::time::Duration;

const STUBBED: &[Returned] = &[Returned::new("mps.ServerStub", "stub", "可以接着写:takes(秒)")];

pub(super) static SERVER: Class = Class {
    name: "mps.StagedServer",
    global: "server",
    title: "服务器（t:http）",
    meaning: "场景里的一个网址。场景中没有写到的网址不会被访问，问到它就是错误；这里写到的不必列在mps.toml的[http] hosts里。",
    overload: "",
    fields: &[],
    functions: &[
        Function {
            name: "server:answers",
            meaning: "应答，写几个时依次应答，最后一个一直用下去。",
            parameters: &[
                Parameter::needed("answer", Type::Options(&SERVER_ANSWER), "应答"),
                Parameter::optional("...", Type::Options(&SERVER_ANSWER), "接下来的应答"),
            ],
            results: STUBBED,
            example: Example::shown(
                "t:http(\"http://10.1.2.3/hsm\"):answers { status = 500, body = \"忙\" }",
            ),
            call: |lua, arguments| {
                let answers = arguments.all().iter().filter_map(Value::as_table);
                let acts: Result<Vec<ServerAct>> =
                    answers.map(|table| answer(lua, arguments, table)).collect();
                stub(lua, arguments, acts?)
            },
        },
        fault(
            "server:hangs",
            "一直不答，到时限为止。时间是虚拟的。",
            |lua, arguments| stub(lua, arguments, vec![ServerAct::Fault(HttpFault::Timeout)]),
        ),
        fault("server:refuses", "拒绝连接。", |lua, arguments| {
            stub(lua, arguments, vec![ServerAct::Fault(HttpFault::Refused)])
        }),
        fault(
            "server:is_unknown",
            "找不到这台主机。",
            |lua, arguments| stub(lua, arguments, vec![ServerAct::Fault(HttpFault::NotFound)]),
        ),
        fault("server:breaks", "连接中断。", |lua, arguments| {
            stub(lua, arguments, vec![ServerAct::Fault(HttpFault::Broken)])
        }),
        fault(
            "server:garbles",
            "回答的不是HTTP，或不完整。",
            |lua, arguments| stub(lua, arguments, vec![ServerAct::Fault(HttpFault::Garbled)]),
        ),
    ],
};

pub(super) static SERVER_STUB: Class = Class {
    name: "mps.ServerStub",
    global: "stub",
    title: "服务器的一种应答",
    meaning: "接在应答后面，说明快慢。",
    overload: "",
    fields: &[],
    functions: &[Function {
        name: "stub:takes",
        meaning: "用这么多虚拟秒；到了时限还没有答完，就是超时。",
        parameters: &[Parameter::needed("seconds", Type::Number, "秒数")],
        results: STUBBED,
        example: Example::shown("t:http(\"http://10.1.2.3/hsm\"):answers { status = 200 }:takes(20)"),
        call: |lua, arguments| {
            let delay = seconds(arguments, 0)?;
            let added = object::<Added>(arguments)?.clone();
            let slow = |stub: &mut ServerStub| stub.delay = delay;
            added.play.stage().change_server(added.number, slow);
            lua.create_userdata(added)?.into_lua_multi(lua)
        },
    }],
};

pub(in super::super) static SERVER_ANSWER: Record = Record {
    class: "mps.ServerAnswer",
    given: false,
    what: "服务器的应答",
    meaning: "场景里一个网址的应答。",
    keys: &[
        Key::optional("status", Type::Integer, "状态码，不写时200"),
        Key::optional(
            "body",
            Type::Either(&[Type::Bytes, Type::Table("table")]),
            "正文；表写成JSON",
        ),
        Key::optional(
            "content_type",
            Type::Text,
            "Content-Type，不写时表是application/json，其他的是text/plain，均为UTF-8",
        ),
    ],
};

const fn fault(
    name: &'static str,
    meaning: &'static str,
    call: fn(&Lua, &Arguments) -> Result<MultiValue>,
) -> Function {
    Function {
        name,
        meaning,
        parameters: &[],
        results: STUBBED,
        example: Example::shown("t:http(\"http://10.1.2.3/hsm\"):hangs()"),
        call,
    }
}

/// An address.
pub(super) struct Server {
    pub(super) play: Rc<Play>,
    pub(super) url: String,
}

/// A stub that was added.
#[derive(Clone)]
struct Added {
    play: Rc<Play>,
    number: usize,
}

impl Server {
    pub(super) fn new(play: Rc<Play>, url: String) -> Server {
        Server { play, url }
    }
}

impl UserData for Server {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        add_functions(&SERVER, methods);
    }
}

impl UserData for Added {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        add_functions(&SERVER_STUB, methods);
    }
}

fn stub(lua: &Lua, arguments: &Arguments, acts: Vec<ServerAct>) -> Result<MultiValue> {
    let server = object::<Server>(arguments)?;
    let number = server.play.stage().add_server(ServerStub {
        url: server.url.clone(),
        acts,
        delay: Duration::ZERO,
        line: line(lua),
        played: 0,
    });
    let play = Rc::clone(&server.play);
    lua.create_userdata(Added { play, number })?.into_lua_multi(lua)
}

fn answer(lua: &Lua, arguments: &Arguments, table: &Table) -> Result<ServerAct> {
    let status = table.raw_get::<Option<i64>>("status")?.unwrap_or(200);
    let status = u16::try_from(status)
        .ok()
        .filter(|status| (100..600).contains(status));
    let status = status.ok_or_else(|| arguments.error("status应为100到599之间的状态码"))?;
    let (body, kind) = match table.raw_get::<Value>("body")? {
        Value::Nil => (Vec::new(), "text/plain"),
        Value::String(text) => (text.as_bytes().to_vec(), "text/plain"),
        other => {
            let json = json::value(lua, &other).map_err(|wrong| arguments.error(wrong))?;
            (json.to_string().into_bytes(), "application/json")
        }
    };
    let content_type: Option<String> = table.raw_get("content_type")?;
    Ok(ServerAct::Answer {
        status,
        content_type: content_type.unwrap_or_else(|| format!("{kind}; charset=utf-8")),
        body,
    })
}
