//! `mps.hex`, `mps.bcd` and `mps.base64`: bytes as text.

use super::check::Arguments;
use super::list::{Example, Function, Parameter, Returned, Type};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mlua::{IntoLuaMulti, Lua, MultiValue, Result};

const BYTES: &[Parameter] = &[Parameter::needed("bytes", Type::Bytes, "字节")];
const BYTES_BACK: &[Returned] = &[Returned::new("string", "bytes", "字节")];

pub(super) const HEX: &[Function] = &[
    Function {
        name: "mps.hex.encode",
        meaning: "字节写成大写的十六进制。",
        parameters: BYTES,
        results: &[Returned::new("string", "text", "十六进制文字")],
        example: Example::new(r#"mps.hex.encode("\x3B\x6D")"#, "\"3B6D\""),
        call: |lua, arguments| upper_hex(&arguments.bytes(0)).into_lua_multi(lua),
    },
    Function {
        name: "mps.hex.decode",
        meaning: "十六进制文字变成字节；字节之间可以有空格。",
        parameters: &[Parameter::needed("text", Type::Text, "十六进制文字，不分大小写")],
        results: BYTES_BACK,
        example: Example::new(r#"mps.hex.decode("3B 6D")"#, r#""\x3B\x6D""#),
        call: decode_hex,
    },
];

pub(super) const BCD: &[Function] = &[
    Function {
        name: "mps.bcd.encode",
        meaning: "数字写成BCD字节，每字节两位；位数为奇数时末尾补F。",
        parameters: &[Parameter::needed("digits", Type::Text, "数字0到9")],
        results: BYTES_BACK,
        example: Example::new(r#"mps.bcd.encode("19980101")"#, r#""\x19\x98\x01\x01""#),
        call: encode_bcd,
    },
    Function {
        name: "mps.bcd.decode",
        meaning: "BCD字节变成数字；末尾补的F去掉。",
        parameters: BYTES,
        results: &[Returned::new("string", "digits", "数字")],
        example: Example::new(r#"mps.bcd.decode("\x19\x98\x01\x01")"#, "\"19980101\""),
        call: decode_bcd,
    },
];

pub(super) const BASE64: &[Function] = &[
    Function {
        name: "mps.base64.encode",
        meaning: "字节写成Base64。",
        parameters: BYTES,
        results: &[Returned::new("string", "text", "Base64文字，不换行")],
        example: Example::new(r#"mps.base64.encode("abc")"#, "\"YWJj\""),
        call: |lua, arguments| STANDARD.encode(&*arguments.bytes(0)).into_lua_multi(lua),
    },
    Function {
        name: "mps.base64.decode",
        meaning: "Base64文字变成字节；空白和换行不算错。",
        parameters: &[Parameter::needed("text", Type::Text, "Base64文字")],
        results: BYTES_BACK,
        example: Example::new(r#"mps.base64.decode("YWJj")"#, "\"abc\""),
        call: decode_base64,
    },
];

/// Bytes in upper-case hexadecimal.
fn upper_hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|nibble| digit(nibble).to_ascii_uppercase())
        .collect()
}

/// Bytes in lower-case hexadecimal, as digests are written.
pub(super) fn lower_hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(digit)
        .collect()
}

fn digit(nibble: u8) -> char {
    char::from_digit(nibble.into(), 16).unwrap_or_default()
}

fn decode_hex(lua: &Lua, arguments: &Arguments) -> Result<MultiValue> {
    let text = arguments.text(0)?;
    let digits: Option<Vec<u8>> = nibbles(&text, 16);
    let digits = digits.ok_or_else(|| arguments.error("有不是十六进制的字符"))?;
    let (pairs, []) = digits.as_chunks::<2>() else {
        return Err(arguments.error("十六进制文字的位数应为偶数"));
    };
    bytes_of(lua, pairs)
}

fn encode_bcd(lua: &Lua, arguments: &Arguments) -> Result<MultiValue> {
    let mut digits = nibbles(&arguments.text(0)?, 10).ok_or_else(|| arguments.error("只能含数字0到9"))?;
    if digits.len() % 2 == 1 {
        digits.push(0xF);
    }
    let (pairs, _) = digits.as_chunks::<2>();
    bytes_of(lua, pairs)
}

fn decode_bcd(lua: &Lua, arguments: &Arguments) -> Result<MultiValue> {
    let hex = lower_hex(&arguments.bytes(0));
    let digits = hex.trim_end_matches('f');
    if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(arguments.error("不是BCD码：有一位大于9"));
    }
    digits.into_lua_multi(lua)
}

/// The values of digits; blanks are passed over.
fn nibbles(text: &str, radix: u32) -> Option<Vec<u8>> {
    let digits = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_digit(radix));
    digits
        .map(|digit| digit.and_then(|digit| u8::try_from(digit).ok()))
        .collect()
}

fn bytes_of(lua: &Lua, pairs: &[[u8; 2]]) -> Result<MultiValue> {
    let bytes: Vec<u8> = pairs.iter().map(|[high, low]| high << 4 | low).collect();
    lua.create_string(bytes)?.into_lua_multi(lua)
}

fn decode_base64(lua: &Lua, arguments: &Arguments) -> Result<MultiValue> {
    let text: String = arguments
        .text(0)?
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect();
    let bytes = STANDARD
        .decode(text)
        .map_err(|_| arguments.error("不是完整的Base64"))?;
    lua.create_string(bytes)?.into_lua_multi(lua)
}
