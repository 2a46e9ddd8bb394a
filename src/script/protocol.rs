//! `mps.protocol`: a region's own way to sign messages and to verify what callers signed.

use super::Error;
use super::api::{records, strict_fields};
use super::declared::Declared;
use super::failure::Failure;
use super::function::FunctionPath;
use super::generation::Generation;
use super::serve::{Served, failed};
use crate::message::{Field, Response, is_sign};
use mlua::{Lua, Table, Value};

/// The file that declares it, in any layer.
pub(super) const PROTOCOL: &str = "protocol.lua";

/// What `protocol.lua` declares.
pub(super) struct ProtocolPlan {
    sign: Option<FunctionPath>,
    verify: Option<FunctionPath>,
}

impl ProtocolPlan {
    pub(super) fn read(declared: &Declared) -> Result<ProtocolPlan, Error> {
        records::PROTOCOL.only_keys(declared)?;
        Ok(ProtocolPlan {
            sign: declared.function("sign")?,
            verify: declared.function("verify")?,
        })
    }
}

/// A request as `verify` sees it.
pub struct SignedRequest<'a> {
    /// 功能编号.
    pub funid: &'a str,
    /// 签名, as the caller wrote it.
    pub sign: &'a str,
    /// What stands between `<Body>` and `</Body>`, as the caller wrote it.
    pub text: &'a str,
    /// The fields of the body.
    pub fields: &'a [Field],
}

impl Generation {
    /// Whether requests are to be verified.
    pub fn verifies(&self) -> bool {
        self.plans
            .protocol
            .as_ref()
            .is_some_and(|plan| plan.verify.is_some())
    }

    /// Whether responses are to be signed.
    pub fn signs(&self) -> bool {
        self.plans
            .protocol
            .as_ref()
            .is_some_and(|plan| plan.sign.is_some())
    }

    /// Asks the region's `verify`; the error is what the caller is told instead of being served.
    pub fn verify(&self, request: &SignedRequest) -> Result<(), Served<'static>> {
        let verify = self.plans.protocol.as_ref().and_then(|plan| plan.verify.as_ref());
        let verified = verify.map_or(Ok(()), |path| self.run_verify(path, request));
        verified.map_err(|failure| failed(self.explained(failure, request.funid), &[]))
    }

    /// Asks the region's `sign` for the signature of a response whose body is written as `text`; `None` where it has no `sign`.
    /// The error is what the caller is told instead.
    pub fn sign(&self, response: &Response, text: &str) -> Result<Option<String>, Served<'static>> {
        let sign = self.plans.protocol.as_ref().and_then(|plan| plan.sign.as_ref());
        let signed = sign.map(|path| self.run_sign(path, response, text)).transpose();
        signed.map_err(|failure| failed(self.explained(failure, &response.header.funid), &[]))
    }

    fn run_verify(&self, path: &FunctionPath, request: &SignedRequest) -> Result<(), Failure> {
        let _budget = self.budget();
        let (vm, function) = self.function(path)?;
        let head = [
            ("funid", request.funid),
            ("sign", request.sign),
            ("text", request.text),
        ];
        let fields = request.fields.iter().map(|field| (&*field.name, &*field.value));
        let result = vm.sandbox.enter(&path.file, Some(&function), |lua| {
            function.call::<(Value, Option<String>)>(message(lua, &head, fields)?)
        })?;
        let (verified, why) = result.map_err(|error| Failure::of_lua(&error, &function))?;
        match verified {
            Value::Boolean(true) => Ok(()),
            Value::Boolean(false) | Value::Nil => Err(match why {
                Some(why) => Failure::said(why),
                None => Failure::new("签名不正确，请检查调用方的签名"),
            }),
            other => Err(Failure::new(format!(
                "脚本{PROTOCOL}的verify应返回true、false或nil，实为{}",
                other.type_name()
            ))),
        }
    }

    fn run_sign(&self, path: &FunctionPath, response: &Response, text: &str) -> Result<String, Failure> {
        let _budget = self.budget();
        let (vm, function) = self.function(path)?;
        let head = [
            ("funid", response.header.funid.as_str()),
            ("sign", response.header.sign.as_str()),
            ("result", &*response.result),
            ("msg", &*response.msg),
            ("text", text),
        ];
        let fields = response.body.iter().map(|field| (&*field.name, &*field.value));
        let result = vm.sandbox.enter(&path.file, Some(&function), |lua| {
            function.call::<Value>(message(lua, &head, fields)?)
        })?;
        let sign = result.map_err(|error| Failure::of_lua(&error, &function))?;
        let sign = sign.as_string().map(|sign| sign.to_string_lossy());
        sign.filter(|sign| is_sign(sign)).ok_or_else(|| {
            Failure::new(format!(
                "脚本{PROTOCOL}的sign应返回十六位小写字母或数字，实际返回的不是"
            ))
        })
    }
}

/// The table that scripts get: the header's fields, `text`, and `fields` by name.
fn message<'a>(
    lua: &Lua,
    head: &[(&str, &str)],
    fields: impl Iterator<Item = (&'a str, &'a str)>,
) -> mlua::Result<Table> {
    let message = lua.create_table_from(head.iter().copied())?;
    let fields = lua.create_table_from(fields)?;
    fields.set_metatable(Some(strict_fields(lua, "报文字段")?))?;
    message.raw_set("fields", fields)?;
    message.set_metatable(Some(strict_fields(lua, "报文项")?))?;
    Ok(message)
}
