//! `mps.text.columns`: fields of a fixed number of bytes, which may cut a character in two.

use super::check::{Arguments, LARGEST};
use super::text::trimmed;
use encoding_rs::{Encoding, GB18030, GBK, UTF_16BE, UTF_16LE};
use mlua::{IntoLuaMulti, Lua, MultiValue, Result, Table};

/// One column of a declared layout.
struct Column {
    name: String,
    bytes: usize,
}

pub(super) fn columns(lua: &Lua, arguments: &Arguments) -> Result<MultiValue> {
    let charset = charset(arguments, 2)?;
    let columns = layout(arguments)?;
    let data = arguments.bytes(0);
    let data = match std::str::from_utf8(&data) {
        Ok(text) => encode(text, charset).0,
        Err(_) => data.to_vec(),
    };
    let wanted: usize = columns.iter().map(|column| column.bytes).sum();
    if data.len() < wanted && !arguments.flag(3, "short") {
        let count = data.len();
        return Err(arguments.error(format!("数据只有{count}字节，各列共要{wanted}字节")));
    }
    let (values, cut) = (lua.create_table()?, lua.create_table()?);
    let mut rest = data.as_slice();
    for column in columns {
        let (field, after) = rest.split_at(column.bytes.min(rest.len()));
        rest = after;
        if column.name.is_empty() {
            continue;
        }
        let (text, malformed) = charset.decode_without_bom_handling(field);
        values.raw_set(column.name.as_str(), trimmed(&text))?;
        if malformed {
            cut.raw_push(column.name)?;
        }
    }
    (values, cut).into_lua_multi(lua)
}

fn charset(arguments: &Arguments, index: usize) -> Result<&'static Encoding> {
    let label = arguments.text(index)?;
    let label = if label.is_empty() { "GBK" } else { &label };
    let charset = Encoding::for_label_no_replacement(label.as_bytes());
    charset.ok_or_else(|| arguments.error(format!("不认识字符集{label}，常用的有GBK、Big5、UTF-8、UTF-16LE")))
}

fn layout(arguments: &Arguments) -> Result<Vec<Column>> {
    let wrong = |place: usize| {
        let example = "{ \"name\", 30 }";
        arguments.error(format!(
            "columns第{place}项应写作{{ 名称, 字节数 }}，例如{example}"
        ))
    };
    let list = arguments.table(1).map(Table::sequence_values::<Table>);
    let list: Vec<Result<Table>> = list.into_iter().flatten().collect();
    let column = |(index, column): (usize, Result<Table>)| {
        let column = column.map_err(|_| wrong(index + 1))?;
        let name: Result<String> = column.raw_get(1);
        let bytes: Result<usize> = column.raw_get(2);
        match (name, bytes) {
            (Ok(name), Ok(bytes)) if bytes <= LARGEST => Ok(Column { name, bytes }),
            _ => Err(wrong(index + 1)),
        }
    };
    list.into_iter().enumerate().map(column).collect()
}

/// `mps.text.encode`.
pub(super) fn encode_text(lua: &Lua, arguments: &Arguments) -> Result<MultiValue> {
    let charset = charset(arguments, 1)?;
    match encode(&arguments.text(0)?, charset) {
        (bytes, None) => lua.create_string(bytes)?.into_lua_multi(lua),
        (_, Some(place)) => {
            let charset = charset.name();
            Err(arguments.error(format!("{charset}没有第{place}个字")))
        }
    }
}

/// `mps.text.decode`.
pub(super) fn decode_text(lua: &Lua, arguments: &Arguments) -> Result<MultiValue> {
    let bytes = arguments.bytes(0);
    let (text, _) = charset(arguments, 1)?.decode_without_bom_handling(&bytes);
    text.into_owned().into_lua_multi(lua)
}

/// A text in a charset, and which character, from 1, the charset lacks first.
///
/// A mark of a byte that no character has stands for one such byte again, so that what follows keeps its place.
fn encode(text: &str, charset: &'static Encoding) -> (Vec<u8>, Option<usize>) {
    if charset == UTF_16LE || charset == UTF_16BE {
        let bytes = if charset == UTF_16LE {
            u16::to_le_bytes
        } else {
            u16::to_be_bytes
        };
        return (text.encode_utf16().flat_map(bytes).collect(), None);
    }
    // GBK's decoder reads the four-byte codes that only GB18030's encoder writes.
    let encoder = if charset == GBK { GB18030 } else { charset };
    let (mut bytes, mut lacking) = (Vec::with_capacity(text.len()), None);
    let mut utf8 = [0; 4];
    for (index, character) in text.chars().enumerate() {
        let (code, _, unmappable) = encoder.encode(character.encode_utf8(&mut utf8));
        if character == '\u{FFFD}' {
            bytes.push(INVALID);
            lacking = lacking.or(Some(index + 1));
        } else if unmappable {
            bytes.push(b'?');
            lacking = lacking.or(Some(index + 1));
        } else {
            bytes.extend_from_slice(&code);
        }
    }
    (bytes, lacking)
}

/// A byte that begins no character of GBK, Big5 or UTF-8.
const INVALID: u8 = 0xFF;
