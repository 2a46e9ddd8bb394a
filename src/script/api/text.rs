//! `mps.text`: what vendors pack into one string, taken apart.

use super::check::Arguments;
use super::columns;
use super::list::{Example, Function, Key, Parameter, Record, Returned, Type};
use encoding_rs::GB18030;
use mlua::{IntoLuaMulti, Lua, MultiValue, Result};

/// Pieces that one split may give.
const MOST_PIECES: usize = 10_000;
/// Columns that a text may be padded to.
const WIDEST: i64 = 65_536;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "mps.text.trim",
        meaning: "去掉首尾的空白：空格、换行、全角空格和NUL。",
        parameters: &[Parameter::needed("text", Type::Text, "文字")],
        results: &[Returned::new("string", "trimmed", "去掉空白后的文字")],
        example: Example::new("mps.text.trim(\" 张三\u{3000}\")", "\"张三\""),
        call: trim,
    },
    Function {
        name: "mps.text.split",
        meaning: "按分隔符切开。写了names就按名称取各段，名称写\"\"的段不要；段数少于names时报错，多出的段不要。",
        parameters: &[
            Parameter::needed("text", Type::Text, "要切开的文字"),
            Parameter::needed(
                "delimiter",
                Type::Text,
                "分隔符，例如\"|\"、\":\"、\"^\"，不能为空",
            ),
            Parameter::optional("names", Type::Texts, "各段的名称，按顺序；不写时结果按序号取"),
            Parameter::optional("options", Type::Options(&SPLIT_OPTIONS), "选项"),
        ],
        results: &[Returned::new(
            "table<any, string>",
            "pieces",
            "各段，按名称或序号取",
        )],
        example: Example::new(
            r#"mps.text.split("350200|XXXXXXXX|", "|", { "area", "id" })"#,
            r#"{ area = "350200", id = "XXXXXXXX" }"#,
        ),
        call: split,
    },
    Function {
        name: "mps.text.columns",
        meaning: "按字节切开定长的各列（列宽是在charset中的字节数），各列去掉首尾空白。\
                  被切断的半个汉字换成“\u{FFFD}”，并在第二个结果里列出这样的列。",
        parameters: &[
            Parameter::needed("data", Type::Bytes, "设备给的文字，或charset编码的原始字节"),
            Parameter::needed(
                "columns",
                Type::Table("[string, integer][]"),
                "各列，按顺序，每列写{ 名称, 字节数 }；名称写\"\"的列不要",
            ),
            Parameter::optional(
                "charset",
                Type::Text,
                "字符集：GBK（不写时）、Big5、UTF-8、UTF-16LE等",
            ),
            Parameter::optional("options", Type::Options(&COLUMNS_OPTIONS), "选项"),
        ],
        results: &[
            Returned::new("table<string, string>", "values", "各列，按名称取"),
            Returned::new("string[]", "cut", "有汉字被切断的列的名称，没有时为空表"),
        ],
        example: Example::new(
            r#"mps.text.columns("X001张三  M", { { "no", 4 }, { "name", 6 }, { "sex", 1 } })"#,
            r#"{ no = "X001", name = "张三", sex = "M" }"#,
        ),
        call: columns::columns,
    },
    Function {
        name: "mps.text.width",
        meaning: "GBK编码的字节数：汉字2，字母和数字1；GBK没有的字按GB18030，多为4。",
        parameters: &[Parameter::needed("text", Type::Text, "文字")],
        results: &[Returned::new("integer", "bytes", "字节数")],
        example: Example::new(r#"mps.text.width("张三A")"#, "5"),
        call: width,
    },
    Function {
        name: "mps.text.cut",
        meaning: "截短到至多width个GBK字节，不切断汉字。",
        parameters: &[
            Parameter::needed("text", Type::Text, "文字"),
            Parameter::needed("width", Type::Integer, "最多的GBK字节数"),
        ],
        results: &[Returned::new("string", "cut", "截短后的文字")],
        example: Example::new(r#"mps.text.cut("张三丰", 5)"#, "\"张三\""),
        call: cut,
    },
    Function {
        name: "mps.text.pad",
        meaning: "补足到width个GBK字节，补在右边；已经够宽的不变。",
        parameters: &[
            Parameter::needed("text", Type::Text, "文字"),
            Parameter::needed("width", Type::Integer, "GBK字节数，至多65536"),
            Parameter::optional("fill", Type::Text, "用来补的字符，一个字节宽；不写时是空格"),
            Parameter::optional("left", Type::Flag, "true时补在左边"),
        ],
        results: &[Returned::new("string", "padded", "补足后的文字")],
        example: Example::new(r#"mps.text.pad("42", 6, "0", true)"#, "\"000042\""),
        call: pad,
    },
    Function {
        name: "mps.text.narrow",
        meaning: "全角的字母、数字、符号和空格换成半角。",
        parameters: &[Parameter::needed("text", Type::Text, "文字")],
        results: &[Returned::new("string", "narrow", "半角文字")],
        example: Example::new("mps.text.narrow(\"ＤＧ０１\")", "\"DG01\""),
        call: narrow,
    },
    Function {
        name: "mps.text.normalize",
        meaning: "旧字库放在自定义区的生僻字换成GB18030-2022的标准码位，同一个姓名由此才能比较相等。",
        parameters: &[Parameter::needed("text", Type::Text, "文字，例如姓名")],
        results: &[Returned::new("string", "normal", "换成标准码位的文字")],
        example: Example::new("mps.text.normalize(\"\\u{E863}\")", "\"䶮\""),
        call: normalize,
    },
    Function {
        name: "mps.text.encode",
        meaning: "文字变成某种字符集的字节，例如签名要按GBK计算时；字符集没有的字报错。",
        parameters: &[Parameter::needed("text", Type::Text, "文字"), CHARSET],
        results: &[Returned::new("string", "bytes", "字节")],
        example: Example::new(r#"mps.text.encode("张", "GBK")"#, r#""\xD5\xC5""#),
        call: columns::encode_text,
    },
    Function {
        name: "mps.text.decode",
        meaning: "某种字符集的字节变成文字；不成字的字节换成“\u{FFFD}”。",
        parameters: &[Parameter::needed("bytes", Type::Bytes, "字节"), CHARSET],
        results: &[Returned::new("string", "text", "文字")],
        example: Example::new(r#"mps.text.decode("\xD5\xC5", "GBK")"#, "\"张\""),
        call: columns::decode_text,
    },
];

const CHARSET: Parameter = Parameter::needed(
    "charset",
    Type::Text,
    "字符集：GBK、GB18030、Big5、UTF-8、UTF-16LE等",
);

pub(super) static SPLIT_OPTIONS: Record = Record {
    class: "mps.SplitOptions",
    given: false,
    what: "mps.text.split的选项",
    meaning: "mps.text.split的选项。",
    keys: &[Key::optional(
        "short",
        Type::Flag,
        "true时允许段数少于names，缺的段没有值（nil）",
    )],
};

pub(super) static COLUMNS_OPTIONS: Record = Record {
    class: "mps.ColumnsOptions",
    given: false,
    what: "mps.text.columns的选项",
    meaning: "mps.text.columns的选项。",
    keys: &[Key::optional(
        "short",
        Type::Flag,
        "true时允许数据比各列短，缺的列是\"\"",
    )],
};

/// Without the blanks that pad vendors' fields; the ideographic space and NUL do so as often as the ASCII one.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c == '\0')
}

fn trim(lua: &Lua, arguments: &Arguments) -> Result<MultiValue> {
    trimmed(&arguments.text(0)?).into_lua_multi(lua)
}

fn split(lua: &Lua, arguments: &Arguments) -> Result<MultiValue> {
    let (text, delimiter) = (arguments.text(0)?, arguments.text(1)?);
    if delimiter.is_empty() {
        return Err(arguments.error("分隔符delimiter不能为空"));
    }
    let pieces: Vec<&str> = text.split(&*delimiter).take(MOST_PIECES + 1).collect();
    let count = pieces.len();
    if count > MOST_PIECES {
        return Err(arguments.error(format!("切出的段超过{MOST_PIECES}段，请检查分隔符")));
    }
    let Some(names) = arguments.texts(2)? else {
        return lua.create_sequence_from(pieces)?.into_lua_multi(lua);
    };
    if count < names.len() && !arguments.flag(3, "short") {
        let wanted = names.len();
        return Err(arguments.error(format!("切出{count}段，少于names要的{wanted}段，数据不完整")));
    }
    let named = names.into_iter().zip(pieces).filter(|(name, _)| !name.is_empty());
    lua.create_table_from(named)?.into_lua_multi(lua)
}

/// Bytes of a character in GBK, or in GB18030 where GBK lacks it.
fn bytes_of(character: char) -> i64 {
    if character.is_ascii() {
        return 1;
    }
    let mut utf8 = [0; 4];
    let (bytes, ..) = GB18030.encode(character.encode_utf8(&mut utf8));
    bytes.len() as i64
}

fn width_of(text: &str) -> i64 {
    text.chars().map(bytes_of).sum()
}

fn width(lua: &Lua, arguments: &Arguments) -> Result<MultiValue> {
    width_of(&arguments.text(0)?).into_lua_multi(lua)
}

fn cut(lua: &Lua, arguments: &Arguments) -> Result<MultiValue> {
    let text = arguments.text(0)?;
    let mut room = arguments.integer(1).unwrap_or_default();
    let end = text.char_indices().find(|(_, character)| {
        room = room.saturating_sub(bytes_of(*character));
        room < 0
    });
    let kept = end.and_then(|(at, _)| text.get(..at)).unwrap_or(&text);
    kept.into_lua_multi(lua)
}

fn pad(lua: &Lua, arguments: &Arguments) -> Result<MultiValue> {
    let (text, width) = (arguments.text(0)?, arguments.integer(1).unwrap_or_default());
    if width > WIDEST {
        return Err(arguments.error(format!("width为{width}，超过上限{WIDEST}")));
    }
    let fill = match arguments.value(2).is_nil() {
        true => " ".to_owned(),
        false => arguments.text(2)?.to_owned(),
    };
    if fill.len() != 1 {
        return Err(arguments.error("fill应为一个字节宽的字符，例如\"0\""));
    }
    let missing = width.saturating_sub(width_of(&text)).max(0);
    let filling = fill.repeat(usize::try_from(missing).unwrap_or_default());
    let padded = match arguments.value(3).as_boolean() {
        Some(true) => filling + &text,
        _ => text.to_owned() + &filling,
    };
    padded.into_lua_multi(lua)
}

fn narrow(lua: &Lua, arguments: &Arguments) -> Result<MultiValue> {
    let narrow = |character: char| match character {
        '\u{3000}' => ' ',
        // The full-width forms stand in ASCII's order.
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(character) - 0xFF01 + 0x21).unwrap_or(character),
        other => other,
    };
    let text: String = arguments.text(0)?.chars().map(narrow).collect();
    text.into_lua_multi(lua)
}

fn normalize(lua: &Lua, arguments: &Arguments) -> Result<MultiValue> {
    let text: String = arguments.text(0)?.chars().map(standard).collect();
    text.into_lua_multi(lua)
}

/// The standard code point of a character that older tables of GBK keep in the private-use area.
fn standard(character: char) -> char {
    let point = u32::from(character);
    // Where the old tables (GBK 1.0, code page 936) put the codes FE50 to FEA0, A6D9 to A6F3, A8BC to A8BF and A989 to A995.
    let code = match point {
        0xE815..=0xE843 => 0xFE50 + (point - 0xE815),
        0xE844..=0xE864 => 0xFE80 + (point - 0xE844),
        0xE78D..=0xE793 => 0xA6D9 + (point - 0xE78D),
        0xE794..=0xE795 => 0xA6EC + (point - 0xE794),
        0xE796 => 0xA6F3,
        0xE7C7 => 0xA8BC,
        0xE7C8 => 0xA8BF,
        0xE7E7..=0xE7F3 => 0xA989 + (point - 0xE7E7),
        _ => return character,
    };
    let [_, _, lead, trail] = code.to_be_bytes();
    let code = [lead, trail];
    let (text, malformed) = GB18030.decode_without_bom_handling(&code);
    match text.chars().next() {
        Some(standard) if !malformed => standard,
        _ => character,
    }
}
