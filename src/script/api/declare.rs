//! What stands in `mps` itself: the declarations, and failing.

use super::check::Arguments;
use super::list::{Example, Function, Key, Parameter, Record, Returned, Type};
use super::records;
use crate::script::failure::Failure;
use crate::script::layer;
use mlua::{Error, IntoLuaMulti, Lua, MultiValue, Result};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "mps.funid",
        meaning: "声明一个功能编号，由scripts/funids/<功能编号>.lua返回。",
        parameters: &[Parameter::needed(
            "declaration",
            Type::Record(&records::FUNID),
            "声明",
        )],
        results: &[Returned::new("mps.Funid", "declaration", "同一个表")],
        example: Example::shown(
            r#"return mps.funid { title = "医保病人信息", call = "card.read_card", response = { { "name", from = "name", title = "姓名" } } }"#,
        ),
        call: |lua, arguments| declare(lua, arguments, "funid"),
    },
    Function {
        name: "mps.library",
        meaning: "声明一个厂商动态库，由scripts/devices/<设备名>.lua返回。",
        parameters: &[Parameter::needed(
            "declaration",
            Type::Record(&records::LIBRARY),
            "声明",
        )],
        results: &[Returned::new("mps.Library", "declaration", "同一个表")],
        example: Example::shown(
            "return mps.library { title = \"读卡器\", functions = { … }, methods = { … } }",
        ),
        call: |lua, arguments| declare(lua, arguments, "library"),
    },
    Function {
        name: "mps.simulation",
        meaning: "声明模拟设备时各函数给出什么，由scripts/simulated/<设备名>.lua返回。",
        parameters: &[Parameter::needed(
            "declaration",
            Type::Record(&records::SIMULATION),
            "声明",
        )],
        results: &[Returned::new("mps.Simulation", "declaration", "同一个表")],
        example: Example::shown(
            "return mps.simulation { title = \"模拟读卡器\", functions = { iReadCardBas = { returns = -2 } } }",
        ),
        call: |lua, arguments| declare(lua, arguments, "simulation"),
    },
    Function {
        name: "mps.protocol",
        meaning: "声明本地区怎样签名和验签，由scripts/regions/<代码>/protocol.lua返回。",
        parameters: &[Parameter::needed(
            "declaration",
            Type::Record(&records::PROTOCOL),
            "声明",
        )],
        results: &[Returned::new("mps.Protocol", "declaration", "同一个表")],
        example: Example::shown(
            "return mps.protocol { sign = function(message) return mps.crypto.md5(message.text .. \"XXXX\"):sub(1, 16) end }",
        ),
        call: |lua, arguments| declare(lua, arguments, "protocol"),
    },
    Function {
        name: "mps.base",
        meaning: "下面一层的同名脚本所返回的声明，改过之后再返回；只能写在文件的最外层。请求字段和返回字段可以按名称取、换、删。",
        parameters: &[],
        results: &[Returned::new("any", "declaration", "下层的声明，每次都是新的表")],
        example: Example::shown("local f = mps.base() f[\"03\"].response.name.map = mps.text.trim return f"),
        call: |lua, _| layer::base(lua, ())?.into_lua_multi(lua),
    },
    Function {
        name: "mps.fail",
        meaning: "以失败结束这次调用，msg就是返回报文的提示信息。",
        parameters: &[
            Parameter::needed("msg", Type::Text, "提示信息：发生了什么，接着该做什么"),
            Parameter::optional("options", Type::Options(&FAIL_OPTIONS), "选项"),
        ],
        results: &[],
        example: Example::shown(r#"if r.code == -2 then mps.fail("无卡，请插入社会保障卡") end"#),
        call: fail,
    },
];

pub(super) static FAIL_OPTIONS: Record = Record {
    class: "mps.FailOptions",
    given: false,
    what: "mps.fail的选项",
    meaning: "mps.fail的选项。",
    keys: &[Key::optional(
        "code",
        Type::Either(&[Type::Text, Type::Integer]),
        "返回报文的结果，不写时是-1",
    )],
};

/// Marks a table as a declaration of one kind.
fn declare(lua: &Lua, arguments: &Arguments, kind: &str) -> Result<MultiValue> {
    let declaration = arguments.table(0).ok_or_else(|| arguments.error("缺少声明"))?;
    declaration.set_metatable(Some(lua.create_table_from([("kind", kind)])?))?;
    declaration.into_lua_multi(lua)
}

fn fail(_: &Lua, arguments: &Arguments) -> Result<MultiValue> {
    let msg = arguments.text(0)?.to_owned();
    let code = match arguments.table(1) {
        Some(options) => options.raw_get("code")?,
        None => None,
    };
    Err(Error::external(Failure {
        code,
        ..Failure::said(msg)
    }))
}
