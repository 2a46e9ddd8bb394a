//! `mps.crypto`: the digests that regions sign and verify with.

use super::check::Arguments;
use super::encode::lower_hex;
use super::list::{Example, Function, Parameter, Returned, Type};
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use mlua::{IntoLuaMulti, Lua, MultiValue, Result};
use sha2::Sha256;
use sm3::Sm3;

const DATA: &[Parameter] = &[Parameter::needed(
    "data",
    Type::Bytes,
    "字节；文字按UTF-8，需要GBK时先用mps.text.encode",
)];
const KEYED: &[Parameter] = &[
    Parameter::needed("key", Type::Bytes, "密钥的字节"),
    Parameter::needed(
        "data",
        Type::Bytes,
        "字节；文字按UTF-8，需要GBK时先用mps.text.encode",
    ),
];
const HEX: &[Returned] = &[Returned::new(
    "string",
    "hex",
    "小写的十六进制；需要大写时用:upper()，需要字节时用mps.hex.decode",
)];

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "mps.crypto.md5",
        meaning: "MD5摘要。",
        parameters: DATA,
        results: HEX,
        example: Example::new(r#"mps.crypto.md5("abc")"#, "\"900150983cd24fb0d6963f7d28e17f72\""),
        call: digest::<Md5>,
    },
    Function {
        name: "mps.crypto.sm3",
        meaning: "国密SM3摘要（GB/T 32905）。",
        parameters: DATA,
        results: HEX,
        example: Example::new(
            r#"mps.crypto.sm3("abc")"#,
            "\"66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0\"",
        ),
        call: digest::<Sm3>,
    },
    Function {
        name: "mps.crypto.sha256",
        meaning: "SHA-256摘要。",
        parameters: DATA,
        results: HEX,
        example: Example::new(
            r#"mps.crypto.sha256("abc")"#,
            "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"",
        ),
        call: digest::<Sha256>,
    },
    Function {
        name: "mps.crypto.hmac_md5",
        meaning: "用密钥的HMAC-MD5。",
        parameters: KEYED,
        results: HEX,
        example: Example::new(
            r#"mps.crypto.hmac_md5("Jefe", "what do ya want for nothing?")"#,
            "\"750c783e6ab0b503eaa86e310a5db738\"",
        ),
        call: |lua, arguments| finish(lua, arguments, |key| Hmac::<Md5>::new_from_slice(key).ok()),
    },
    Function {
        name: "mps.crypto.hmac_sm3",
        meaning: "用密钥的HMAC-SM3。",
        parameters: KEYED,
        results: HEX,
        example: Example::new(r#"#mps.crypto.hmac_sm3("key", "data")"#, "64"),
        call: |lua, arguments| finish(lua, arguments, |key| Hmac::<Sm3>::new_from_slice(key).ok()),
    },
    Function {
        name: "mps.crypto.hmac_sha256",
        meaning: "用密钥的HMAC-SHA256。",
        parameters: KEYED,
        results: HEX,
        example: Example::new(
            r#"mps.crypto.hmac_sha256("Jefe", "what do ya want for nothing?")"#,
            "\"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843\"",
        ),
        call: |lua, arguments| finish(lua, arguments, |key| Hmac::<Sha256>::new_from_slice(key).ok()),
    },
];

fn digest<D: Digest>(lua: &Lua, arguments: &Arguments) -> Result<MultiValue> {
    lower_hex(&D::digest(&*arguments.bytes(0))).into_lua_multi(lua)
}

fn finish<M: Mac>(lua: &Lua, arguments: &Arguments, mac: fn(&[u8]) -> Option<M>) -> Result<MultiValue> {
    let mac = mac(&arguments.bytes(0)).ok_or_else(|| arguments.error("密钥的长度不对"))?;
    let code = mac.chain_update(&*arguments.bytes(1)).finalize();
    lower_hex(&code.into_bytes()).into_lua_multi(lua)
}
