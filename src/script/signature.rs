//! A function's parameters as scripts write them, one text each: `"i32 type"`, `"out[1024] info length=size"`.

use super::Error;
use super::api::records;
use super::declared::{Declared, unknown};
use super::error::Mistake;
use crate::device::{Charset, Initial, Integer, Kind, Layout, Length, Measure, Member, Parameter};
use crate::suggest::nearest;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The largest out buffer that a declaration may ask for.
const LARGEST_OUT: usize = 16 << 20;
/// What the types of parameters are spelt like, integers aside.
const TYPES: [&str; 7] = ["str", "str?", "bytes", "out[1024]", "out", "inout", "struct"];
/// Charsets as messages name them.
const CHARSETS: &str = "GBK、UTF-8、UTF-16、Big5、raw（原始字节）、hex（十六进制文本）";

/// The declared structures by name.
pub(super) type Structs = BTreeMap<String, Arc<Layout>>;

/// The charset that `key` of a table names.
pub(super) fn read_charset(declared: &Declared, key: &str) -> Result<Option<Charset>, Error> {
    let Some(label) = declared.text(key)? else {
        return Ok(None);
    };
    let charset = charset_named(&label).map_err(|mistake| declared.refuse_value(key, mistake))?;
    Ok(Some(charset))
}

fn charset_named(label: &str) -> Result<Charset, Mistake> {
    Charset::named(label)
        .ok_or_else(|| Mistake::new(format!("不认识字符集{label}"), format!("常用的有{CHARSETS}")))
}

/// The parameters in a function's list, for strings in `charset` where they name no other.
pub(super) fn read_parameters(
    function: &Declared,
    charset: Charset,
    structs: &Structs,
    returns_integer: bool,
) -> Result<Vec<Parameter>, Error> {
    let mut written = Vec::new();
    for index in 1..=function.len()? {
        let text = function.required_text(index)?;
        let parameter = Written::parse(&text, charset, structs);
        let parameter = parameter.map_err(|mistake| function.refuse_value(index, mistake))?;
        let same = |other: &Written| !other.name.is_empty() && other.name == parameter.name;
        if written.iter().any(same) {
            let twice = format!("参数{}声明了两次", parameter.name);
            return Err(function.refuse_value(index, twice));
        }
        written.push(parameter);
    }
    let resolve = |(parameter, index): (&Written, i64)| {
        let kind = parameter.resolve(&written, returns_integer);
        let kind = kind.map_err(|mistake| function.refuse_value(index, mistake))?;
        let name = parameter.name.clone();
        Ok(Parameter { name, kind })
    };
    let parameters: Result<Vec<Parameter>, Error> = written.iter().zip(1..).map(resolve).collect();
    let mut parameters = parameters?;
    check_returned_length(function, &parameters)?;
    fill_capacities(function, &mut parameters)?;
    Ok(parameters)
}

/// One return value tells one buffer's length.
fn check_returned_length(function: &Declared, parameters: &[Parameter]) -> Result<(), Error> {
    let told = |parameter: &&Parameter| {
        matches!(
            parameter.kind,
            Kind::Out {
                length: Length::Return,
                ..
            }
        )
    };
    match parameters.iter().filter(told).nth(1) {
        None => Ok(()),
        Some(second) => Err(function.refuse_whole(format!(
            "返回值只能是一个输出缓冲区的长度，{}的length=return是第二个",
            second.name
        ))),
    }
}

/// An in-out integer that tells a buffer's length is told the buffer's size.
fn fill_capacities(function: &Declared, parameters: &mut [Parameter]) -> Result<(), Error> {
    for at in 0..parameters.len() {
        let Kind::Out {
            length: Length::Cell(cell),
            ..
        } = parameters[at].kind
        else {
            continue;
        };
        if let Kind::Cell(integer, initial) = parameters[cell].kind
            && initial != Initial::Zero
        {
            let size = parameters[at].kind.size().unwrap_or_default();
            let refuse = |why: String| Err(function.refuse_value(at as i64 + 1, why));
            if matches!(initial, Initial::Size(_)) {
                return refuse(format!(
                    "参数{}已经是另一个输出缓冲区的长度",
                    parameters[cell].name
                ));
            }
            if !integer.holds(size as i64) {
                return refuse(format!("{size}字节的长度放不进参数{}", parameters[cell].name));
            }
            parameters[cell].kind = Kind::Cell(integer, Initial::Size(at));
        }
    }
    Ok(())
}

/// A parameter as it is written, which may name another one.
struct Written {
    /// Empty for a parameter that only measures another.
    name: String,
    kind: Unresolved,
}

enum Unresolved {
    Plain(Kind),
    /// `size(info)`: how, and of what.
    Measure(Integer, How, String),
    /// An out buffer whose length another parameter tells, or the return value.
    Told {
        size: usize,
        charset: Charset,
        length: String,
    },
}

#[derive(Clone, Copy)]
enum How {
    Length,
    Size,
    Units,
}

impl Written {
    fn parse(text: &str, charset: Charset, structs: &Structs) -> Result<Written, Mistake> {
        let mut words = text.split_whitespace().collect::<Vec<_>>();
        let options = Options::take(&mut words)?;
        let shape = || {
            let told = format!("参数应写作“类型 名称”，实为“{text}”");
            Mistake::new(told, "例如“i32 type”、“str port”、“out[1024] info”")
        };
        let (kind, name) = match words.as_slice() {
            [kind @ ("out" | "inout"), integer, name] => {
                let initial = if *kind == "out" {
                    Initial::Zero
                } else {
                    Initial::Given
                };
                (
                    Unresolved::Plain(Kind::Cell(integer_named(integer)?, initial)),
                    *name,
                )
            }
            ["struct", layout, name] => {
                let known: Vec<&str> = structs.keys().map(String::as_str).collect();
                let layout = structs
                    .get(*layout)
                    .ok_or_else(|| unknown("structs", layout, &known))?;
                (Unresolved::Plain(Kind::Struct(Arc::clone(layout))), *name)
            }
            ["struct", _] => return Err(shape()),
            [kind, name] => match measure(name)? {
                Some((how, of)) => (Unresolved::Measure(integer_named(kind)?, how, of), ""),
                None => (options.value(kind, charset)?, *name),
            },
            _ => return Err(shape()),
        };
        options.check(&kind)?;
        let wrong = |c: char| c.is_ascii_punctuation() && c != '_';
        if name.contains(wrong) {
            return Err(Mistake::new(
                format!("参数名称“{name}”含有标点"),
                "请只用字母、数字和下划线",
            ));
        }
        if matches!(name, "ok" | "returns") {
            return Err(Mistake::new(
                format!("“{name}”另有含义，不能作参数名称"),
                "请换一个名称",
            ));
        }
        let name = name.to_owned();
        Ok(Written { name, kind })
    }

    fn resolve(&self, all: &[Written], returns_integer: bool) -> Result<Kind, Mistake> {
        let names: Vec<&str> = all
            .iter()
            .map(|other| other.name.as_str())
            .filter(|name| !name.is_empty())
            .collect();
        let at = |name: &str| {
            let at = all.iter().position(|other| other.name == name);
            at.ok_or_else(|| unknown("参数", name, &names))
        };
        match &self.kind {
            Unresolved::Plain(kind) => Ok(kind.clone()),
            Unresolved::Measure(integer, how, of) => {
                let at = at(of)?;
                let measured = all.get(at).map(|other| &other.kind);
                measured_by(*integer, *how, at, measured)
                    .ok_or_else(|| Mistake::new(format!("参数{of}没有这种长度"), MEASURES))
            }
            Unresolved::Told {
                size,
                charset,
                length,
            } => {
                let length = if length == "return" {
                    if !returns_integer {
                        return Err(Mistake::new(
                            "length=return要求函数返回整数",
                            "请写上returns，例如returns = \"long\"",
                        ));
                    }
                    Length::Return
                } else {
                    let at = at(length)?;
                    let cell = all.get(at).map(|other| &other.kind);
                    if !matches!(cell, Some(Unresolved::Plain(Kind::Cell(..)))) {
                        let told = format!("参数{length}不是指向整数的指针，函数写不了长度");
                        return Err(Mistake::new(told, "请把它声明为“out i32 名称”或“inout i32 名称”"));
                    }
                    Length::Cell(at)
                };
                let (size, charset) = (*size, *charset);
                Ok(Kind::Out {
                    size,
                    charset,
                    length,
                })
            }
        }
    }
}

const MEASURES: &str =
    "len(…)是输入的字节数，size(…)是输出缓冲区或结构体的字节数，chars(…)是输出缓冲区的字符数";

/// `len(cmd)`, `size(info)` or `chars(text)`.
fn measure(name: &str) -> Result<Option<(How, String)>, Mistake> {
    let Some((how, of)) = name.strip_suffix(')').and_then(|call| call.split_once('(')) else {
        return Ok(None);
    };
    let how = match how {
        "len" => How::Length,
        "size" => How::Size,
        "chars" => How::Units,
        _ => return Err(Mistake::new(format!("不认识“{name}”"), MEASURES)),
    };
    Ok(Some((how, of.to_owned())))
}

/// `None` where what is measured has no such length, or one that the integer cannot hold.
fn measured_by(integer: Integer, how: How, at: usize, measured: Option<&Unresolved>) -> Option<Kind> {
    let size = match measured? {
        Unresolved::Plain(kind) => kind.size(),
        Unresolved::Told { size, .. } => Some(*size),
        Unresolved::Measure(..) => None,
    };
    let input = matches!(measured?, Unresolved::Plain(Kind::Text { .. } | Kind::Bytes(_)));
    match how {
        How::Length => input.then_some(Kind::Measure(integer, Measure::Length(at))),
        How::Size | How::Units if !integer.holds(i64::try_from(size?).ok()?) => None,
        How::Size => Some(Kind::Measure(integer, Measure::Size(at))),
        How::Units => Some(Kind::Measure(integer, Measure::Units(at))),
    }
}

/// What stands behind a parameter's name.
#[derive(Default)]
struct Options {
    charset: Option<Charset>,
    length: Option<String>,
}

impl Options {
    /// Takes the words with an equals sign.
    fn take(words: &mut Vec<&str>) -> Result<Options, Mistake> {
        let mut options = Options::default();
        while let Some((key, value)) = words.last().and_then(|word| word.split_once('=')) {
            match key {
                "as" if options.charset.is_none() => options.charset = Some(charset_named(value)?),
                "length" if options.length.is_none() => options.length = Some(value.to_owned()),
                "as" | "length" => {
                    return Err(Mistake::new(format!("{key}写了两次"), "请删去其中一处"));
                }
                _ => return Err(unknown("参数", key, &["as", "length"])),
            }
            words.pop();
        }
        Ok(options)
    }

    /// A parameter of one word for its type.
    fn value(&self, kind: &str, charset: Charset) -> Result<Unresolved, Mistake> {
        Ok(Unresolved::Plain(match kind {
            "str" | "str?" => Kind::Text {
                charset: self.charset.unwrap_or(charset),
                nullable: kind == "str?",
            },
            // A command is written in hexadecimal where nothing else is said.
            "bytes" => Kind::Bytes(self.charset.unwrap_or(Charset::Hex)),
            out if out.starts_with("out") || out.starts_with("inout") => return self.out(out, charset),
            other => Kind::Integer(integer_named(other)?),
        }))
    }

    fn out(&self, text: &str, charset: Charset) -> Result<Unresolved, Mistake> {
        let size = text.strip_prefix("out[").and_then(|size| size.strip_suffix(']'));
        let size = match size.and_then(|size| size.parse().ok()) {
            Some(size) if (1..=LARGEST_OUT).contains(&size) => size,
            _ => {
                return Err(Mistake::from(format!(
                    "输出缓冲区应写明1到{LARGEST_OUT}之间的字节数，例如out[1024]，实为“{text}”"
                )));
            }
        };
        let charset = self.charset.unwrap_or(charset);
        if size % charset.unit() != 0 {
            return Err(Mistake::from(format!(
                "UTF-16每个字符两字节，缓冲区的字节数应为偶数，实为{size}"
            )));
        }
        let length = match self.length.as_deref() {
            Some("nul") => Length::Nul,
            Some("full") => Length::Full,
            // Bytes that are no text have no NUL to end them.
            None if charset == Charset::Hex => Length::Full,
            None => Length::Nul,
            Some(told) => {
                let length = told.to_owned();
                return Ok(Unresolved::Told {
                    size,
                    charset,
                    length,
                });
            }
        };
        Ok(Unresolved::Plain(Kind::Out {
            size,
            charset,
            length,
        }))
    }

    /// Refuses options that mean nothing for the kind.
    fn check(&self, kind: &Unresolved) -> Result<(), Mistake> {
        let is_out = matches!(
            kind,
            Unresolved::Plain(Kind::Out { .. }) | Unresolved::Told { .. }
        );
        let is_text = matches!(kind, Unresolved::Plain(Kind::Text { .. } | Kind::Bytes(_)));
        if self.length.is_some() && !is_out {
            return Err(Mistake::new("length=只用于输出缓冲区", "请删去length="));
        }
        if self.charset.is_some() && !is_out && !is_text {
            return Err(Mistake::new("as=只用于文本和缓冲区", "请删去as="));
        }
        Ok(())
    }
}

fn integer_named(name: &str) -> Result<Integer, Mistake> {
    Integer::named(name).ok_or_else(|| not_known("参数类型", name, &TYPES))
}

/// What to say of a type that is not known; integers always may stand too.
pub(super) fn not_known(what: &str, name: &str, others: &[&'static str]) -> Mistake {
    let near = nearest(name, Integer::NAMES.into_iter().chain(others.iter().copied()));
    let near = near.map_or_else(String::new, |near| format!("，是否应为{near}？"));
    Mistake::from(format!("不认识{what}“{name}”{near}"))
}

/// The structures that a library declares.
pub(super) fn read_structs(declared: &Declared, charset: Charset) -> Result<Structs, Error> {
    let mut layouts = Structs::new();
    let Some(structs) = declared.table("structs")? else {
        return Ok(layouts);
    };
    for name in structs.only_names("structs")? {
        let layout = read_struct(&structs.required_table(name.as_str())?, charset)?;
        layouts.insert(name, Arc::new(layout));
    }
    Ok(layouts)
}

fn read_struct(layout: &Declared, charset: Charset) -> Result<Layout, Error> {
    records::STRUCT.only_keys(layout)?;
    let pack = match layout.value("pack") {
        mlua::Value::Nil => 16,
        mlua::Value::Integer(pack @ (1 | 2 | 4 | 8 | 16)) => pack as usize,
        _ => return Err(layout.refuse_value("pack", "pack应为1、2、4、8或16")),
    };
    let mut members: Vec<(String, Member)> = Vec::new();
    for index in 1..=layout.len()? {
        let text = layout.required_text(index)?;
        let refuse = |mistake: Mistake| layout.refuse_value(index, mistake);
        let Some((kind, name)) = text.split_once(' ').map(|(kind, name)| (kind, name.trim())) else {
            let told = format!("结构体成员应写作“类型 名称”，实为“{text}”");
            return Err(refuse(Mistake::new(told, "例如“char[33] card_id”、“i32 count”")));
        };
        if members.iter().any(|(other, _)| other == name) {
            return Err(refuse(format!("成员{name}声明了两次").into()));
        }
        members.push((name.to_owned(), read_member(kind, charset).map_err(refuse)?));
    }
    if members.is_empty() {
        return Err(layout.refuse_whole("结构体没有成员"));
    }
    let layout_of = Layout::of(members, pack);
    match layout_of.size() {
        0..=LARGEST_OUT => Ok(layout_of),
        _ => Err(layout.refuse_whole(format!("结构体超过{LARGEST_OUT}字节"))),
    }
}

fn read_member(kind: &str, charset: Charset) -> Result<Member, Mistake> {
    let Some((element, count)) = kind.strip_suffix(']').and_then(|array| array.split_once('[')) else {
        let integer = Integer::named(kind).ok_or_else(|| not_known("成员类型", kind, &MEMBERS))?;
        return Ok(Member::Integer(integer));
    };
    let count = match count.parse() {
        Ok(count) if (1..=LARGEST_OUT / 2).contains(&count) => count,
        _ => {
            return Err(Mistake::new(
                format!("数组应写明元素个数，实为“{kind}”"),
                "例如char[33]",
            ));
        }
    };
    let charset = match (element, charset) {
        ("char", Charset::Utf16) => {
            return Err(Mistake::new(
                "字符集是UTF-16时，结构体里的文本是wchar，不是char",
                "请写成wchar[个数]",
            ));
        }
        ("char", charset) => charset,
        ("wchar", _) => Charset::Utf16,
        ("byte", _) => Charset::Hex,
        _ => return Err(not_known("成员类型", kind, &MEMBERS)),
    };
    Ok(Member::Array(charset, count))
}

const MEMBERS: [&str; 3] = ["char[33]", "wchar[16]", "byte[8]"];
