//! What a device method written as a Lua function gets: `lib`, with the declared functions, and the request.

use super::api;
use super::backend::{DeviceUse, Request};
use super::declared::type_name;
use super::failure::Failure;
use super::function::FunctionPath;
use super::functions::{FunctionPlan, as_text};
use super::generation::Generation;
use super::library::argument;
use super::record::Record;
use crate::device::{Argument, Outcome, Returned, Value as Out};
use mlua::{Error, Lua, MetaMethod, MultiValue, Result, Table, UserData, UserDataMethods, Value};
use std::rc::{Rc, Weak};

/// Calls `function(lib, request)`.
pub(super) fn call_method(
    generation: &Generation,
    path: &FunctionPath,
    device: &Rc<DeviceUse<'static>>,
    request: &Request,
) -> std::result::Result<Record<'static>, Failure> {
    let (vm, function) = generation.function(path)?;
    let result = vm.sandbox.enter(&path.file, Some(&function), |lua| {
        let request = lua.create_table_from(request.fields())?;
        request.set_metatable(Some(api::strict_fields(lua, "请求字段")?))?;
        let record: Table = function.call((Library(Rc::downgrade(device)), request))?;
        // Values may have a `__tostring` of the script's.
        Ok(Record::of_table(&record))
    })?;
    result.map_err(|error| Failure::of_lua(&error, &function))?
}

/// `lib`: `lib.settings`, and each declared function by its name. What Lua has not yet collected, or a script keeps, must not
/// keep the device from the next call.
struct Library(Weak<DeviceUse<'static>>);

/// The device, while the method runs that was given it.
fn in_use(device: &Weak<DeviceUse<'static>>) -> Result<Rc<DeviceUse<'static>>> {
    let over = || Error::runtime("这次调用已经结束，lib只能在得到它的设备方法里使用");
    device.upgrade().ok_or_else(over)
}

impl UserData for Library {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_method(MetaMethod::Index, |lua, lib, name: String| {
            if name == "settings" {
                return settings(lua, &*in_use(&lib.0)?).map(Value::Table);
            }
            if name == "opened" {
                return opened(lua, &*in_use(&lib.0)?).map(Value::Table);
            }
            let device = Weak::clone(&lib.0);
            if !in_use(&device)?.plan.functions.contains_key(&name) {
                return Err(Error::runtime(format!("设备脚本的functions中没有声明函数{name}")));
            }
            let function = lua.create_function(move |lua, inputs: MultiValue| {
                call(lua, &*in_use(&device)?, &name, inputs)
            })?;
            Ok(Value::Function(function))
        });
    }
}

fn settings(lua: &Lua, device: &DeviceUse) -> Result<Table> {
    let table = lua.create_table()?;
    for (name, value) in device.settings() {
        match value {
            Argument::Integer(number) => table.raw_set(name, *number)?,
            Argument::Text(text) => table.raw_set(name, text.as_str())?,
            Argument::Bytes(bytes) => table.raw_set(name, lua.create_string(bytes)?)?,
        }
    }
    table.set_metatable(Some(api::strict_fields(lua, "设置")?))?;
    Ok(table)
}

/// What the call that opened the device brought back, usually a handle.
fn opened(lua: &Lua, device: &DeviceUse) -> Result<Table> {
    let (function, outcome) = device
        .opened()
        .ok_or_else(|| Error::runtime("设备脚本没有声明open，没有打开的结果可用"))?;
    let table = lua.create_table()?;
    match &outcome.returned {
        Returned::Integer(code) => table.raw_set("returns", *code)?,
        returned => table.raw_set("returns", as_text(returned))?,
    }
    set_outs(lua, &table, function, outcome.outs.clone())?;
    table.set_metatable(Some(api::strict_fields(lua, "打开的结果")?))?;
    Ok(table)
}

/// Makes the call and gives its result: `ok`, `code`, and the out buffers by name. Reading an out buffer of a call that
/// failed raises the failure, so that a script which forgets to ask cannot go on with nothing.
fn call(lua: &Lua, device: &DeviceUse, name: &str, inputs: MultiValue) -> Result<Table> {
    let Some(function) = device.plan.functions.get(name) else {
        return Err(Error::runtime("函数不存在"));
    };
    let inputs = inputs.iter().map(|value| {
        argument(value)
            .ok_or_else(|| Error::runtime(format!("{name}的参数应为文本或整数，实为{}", type_name(value))))
    });
    let answer = device
        .call(function, inputs.collect::<Result<_>>()?)
        .map_err(Error::external)?;
    let result = lua.create_table()?;
    let set_code = |outcome: &Outcome| match &outcome.returned {
        Returned::Integer(code) => result.raw_set("code", *code),
        returned => result.raw_set("code", as_text(returned)),
    };
    match answer {
        Ok(outcome) => {
            result.raw_set("ok", true)?;
            set_code(&outcome)?;
            set_outs(lua, &result, function, outcome.outs)?;
            result.set_metatable(Some(api::strict_fields(lua, "返回值")?))?;
        }
        Err(refused) => {
            let (outcome, refusal) = *refused;
            result.raw_set("ok", false)?;
            set_code(&outcome)?;
            result.raw_set("error", refusal.error.as_str())?;
            let failure = device.plan.failure(&refusal);
            let raise = lua.create_table()?;
            let raised =
                move |_: &Lua, _: MultiValue| -> Result<Value> { Err(Error::external(failure.clone())) };
            raise.raw_set("__index", lua.create_function(raised)?)?;
            result.set_metatable(Some(raise))?;
        }
    }
    Ok(result)
}

/// Sets what a call brought back by name; a structure becomes a table of its members.
fn set_outs(lua: &Lua, result: &Table, function: &FunctionPlan, outs: Vec<Out>) -> Result<()> {
    for (name, out) in function.outs().zip(outs) {
        let value = match out {
            Out::Text(text) => Value::String(lua.create_string(text)?),
            Out::Integer(value) => Value::Integer(value),
            Out::Bytes(bytes) => Value::String(lua.create_string(bytes)?),
        };
        let Some((structure, member)) = name.split_once('.') else {
            result.raw_set(name, value)?;
            continue;
        };
        let members = match result.raw_get(structure)? {
            Value::Table(members) => members,
            _ => {
                let members = lua.create_table()?;
                members.set_metatable(Some(api::strict_fields(lua, "结构体成员")?))?;
                result.raw_set(structure, &members)?;
                members
            }
        };
        members.raw_set(member, value)?;
    }
    Ok(())
}
