//! What can be wrong with a message.
//!
//! No text here may quote a field's value: errors end up in journals, and values are patients' data. Names of elements,
//! the 功能编号, the 签名 and labels may be quoted.

use std::fmt;

use super::Charset;

/// Why a message could not be read or written; its text is Chinese, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    code: &'static str,
    text: String,
}

impl Error {
    /// A stable code, `M` and three digits.
    pub fn code(&self) -> &'static str {
        self.code
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Error {}

/// Where in a message something is wrong.
pub(super) struct Place {
    /// `请求报文` or `返回报文`.
    pub(super) subject: &'static str,
    /// From 1.
    pub(super) line: usize,
    /// In characters, from 1.
    pub(super) column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}第{}行第{}列", self.subject, self.line, self.column)
    }
}

/// A name as errors quote it: at most 40 characters, on one line.
fn short(name: &str) -> String {
    let printable = |character: char| {
        if character.is_control() {
            '\u{FFFD}'
        } else {
            character
        }
    };
    let mut quoted: String = name.chars().take(40).map(printable).collect();
    if name.chars().nth(40).is_some() {
        quoted.push('…');
    }
    quoted
}

/// The list of all errors of this floor: a code keeps its meaning for ever, new ones are added at the end.
impl Error {
    pub(super) fn unknown_charset(subject: &str, label: &str) -> Error {
        let label = short(label);
        Error {
            code: "M001",
            text: format!(
                "{subject}的XML声明中encoding为“{label}”，无法识别；请改为GBK、GB2312、GB18030或UTF-8"
            ),
        }
    }

    pub(super) fn invalid_byte(subject: &str, charset: Charset, offset: usize) -> Error {
        let label = charset.label();
        Error {
            code: "M002",
            text: format!(
                "{subject}偏移{offset}字节处（从0起）不是有效的{label}编码；\
                 请检查XML声明的encoding与调用程序实际使用的编码是否一致，汉字是否被从中间截断"
            ),
        }
    }

    pub(super) fn empty(subject: &str) -> Error {
        Error {
            code: "M003",
            text: format!("{subject}是空的；请检查调用程序是否传入了报文"),
        }
    }

    pub(super) fn text_before_root(place: Place, root: &str) -> Error {
        Error {
            code: "M004",
            text: format!(
                "{place}：{root}之前有不属于XML的文字；报文应以XML声明或{root}开头，请去掉多余的文字"
            ),
        }
    }

    pub(super) fn no_root(subject: &str, root: &str) -> Error {
        Error {
            code: "M005",
            text: format!("{subject}里没有根元素{root}，报文可能被截断；请检查调用程序传入的字符串是否完整"),
        }
    }

    pub(super) fn wrong_root(place: Place, root: &str, found: &str) -> Error {
        let found = short(found);
        Error {
            code: "M006",
            text: format!("{place}：根元素是{found}，应为{root}；请按接口规范组织报文"),
        }
    }

    pub(super) fn unclosed_markup(place: Place) -> Error {
        Error {
            code: "M007",
            text: format!(
                "{place}：从这里的小于号开始的标记没有结束，报文可能被截断，或引号不成对；\
                 请检查调用程序传入的字符串是否完整，值里的小于号应转义为lt引用"
            ),
        }
    }

    pub(super) fn unclosed_element(place: Place, name: &str) -> Error {
        let name = short(name);
        Error {
            code: "M008",
            text: format!(
                "{place}：元素{name}没有结束标记，报文可能被截断；请检查调用程序传入的字符串是否完整"
            ),
        }
    }

    pub(super) fn mismatched_end(place: Place, expected: &str, opened: &Place) -> Error {
        let (expected, line, column) = (short(expected), opened.line, opened.column);
        Error {
            code: "M009",
            text: format!(
                "{place}：这里应为{expected}的结束标记（元素始于第{line}行第{column}列），却是另一个结束标记；\
                 请检查标记是否成对，大小写是否一致"
            ),
        }
    }

    pub(super) fn not_markup(place: Place) -> Error {
        Error {
            code: "M010",
            text: format!(
                "{place}：小于号后面不是有效的元素名或标记；值里的小于号应转义为lt引用，元素名不能以数字开头"
            ),
        }
    }

    pub(super) fn doctype(place: Place) -> Error {
        Error {
            code: "M011",
            text: format!("{place}：报文不允许含有DOCTYPE声明；请去掉它"),
        }
    }

    pub(super) fn bad_reference(place: Place, inside: &str) -> Error {
        let inside = short(inside);
        Error {
            code: "M012",
            text: format!(
                "{place}：元素{inside}里的“＆”没有构成有效的引用；\
                 值里的“＆”应转义为amp引用，可用的引用只有amp、lt、gt、quot、apos和数字引用"
            ),
        }
    }

    pub(super) fn illegal_character(place: Place, character: u32) -> Error {
        Error {
            code: "M013",
            text: format!("{place}：含有XML不允许的字符U+{character:04X}；请在组织报文前去掉控制字符"),
        }
    }

    pub(super) fn too_deep(place: Place, name: &str, most: usize) -> Error {
        let name = short(name);
        Error {
            code: "M014",
            text: format!("{place}：元素{name}的嵌套超过{most}层；请按接口规范组织报文"),
        }
    }

    pub(super) fn too_many_elements(place: Place, most: usize) -> Error {
        Error {
            code: "M015",
            text: format!("{place}：元素超过{most}个；请按接口规范组织报文"),
        }
    }

    pub(super) fn repeated(place: Place, name: &str) -> Error {
        let name = short(name);
        Error {
            code: "M016",
            text: format!("{place}：元素{name}重复出现；请只保留一个"),
        }
    }

    pub(super) fn missing_funid() -> Error {
        Error {
            code: "M017",
            text: "请求报文的Header里没有功能编号funid，或其内容为空；请填写，例如N04.00.00.01".to_owned(),
        }
    }

    pub(super) fn bad_funid(funid: &str) -> Error {
        let funid = short(funid);
        Error {
            code: "M018",
            text: format!(
                "请求报文Header里的功能编号funid“{funid}”不合规定；\
                 只能用英文字母、数字和“.”“_”“-”，最多64个字符，例如N04.00.00.01"
            ),
        }
    }

    pub(super) fn bad_sign(sign: &str) -> Error {
        let sign = short(sign);
        Error {
            code: "M019",
            text: format!(
                "请求报文Header里的签名sign“{sign}”不合规定；\
                 应为16个小写字母或数字，不签名时填0000000000000000"
            ),
        }
    }

    pub(super) fn missing_result() -> Error {
        Error {
            code: "M020",
            text: "返回报文的Header里没有结果result；请检查它是不是MPS_Call返回的报文".to_owned(),
        }
    }

    pub(super) fn bad_field_name(name: &str) -> Error {
        let name = short(name);
        Error {
            code: "M021",
            text: format!(
                "字段名“{name}”不能作为XML元素名；请改用字母、汉字或下划线开头、不含空格和符号的名称"
            ),
        }
    }

    pub(super) fn unwritable_field_name(name: &str, charset: Charset) -> Error {
        let (name, label) = (short(name), charset.label());
        Error {
            code: "M022",
            text: format!("字段名“{name}”含有{label}编码里没有的字符；请改用其他名称，或改用UTF-8报文"),
        }
    }

    pub(super) fn illegal_field_value(name: &str, character: char) -> Error {
        let (name, character) = (short(name), u32::from(character));
        Error {
            code: "M023",
            text: format!(
                "字段“{name}”的值含有XML不允许的字符U+{character:04X}；请先去掉控制字符，或检查数据的编码"
            ),
        }
    }
}
