//! What the TOML parser says, in Chinese and with the mistakes that people really make.

use super::error::{Error, SYNTAX};
use super::excerpt::Source;

/// What to do about a Windows path in double quotes.
pub(super) const BACKSLASH: &str =
    "Windows 路径请用单引号 'C:\\Fujian' 或正斜杠 \"C:/Fujian\"（双引号里的 \\ 是转义符）";

pub(super) fn translate(source: Source<'_>, error: &toml::de::Error) -> Error {
    let span = error.span().unwrap_or_default();
    let line = source.line_text(span.start);
    let (what, advice) = explain(error.message(), line);
    source.error(SYNTAX, span, what, advice)
}

/// What is wrong and what to do, by the parser's words and the line they are about.
fn explain(message: &str, line: &str) -> (&'static str, &'static str) {
    let says = |part: &str| message.starts_with(part);
    if says("missing escaped value") || says("too few unicode") || says("invalid unicode") {
        ("双引号字符串里有无效的转义", BACKSLASH)
    } else if has_fullwidth_sign(line) {
        ("这一行用了全角标点", "请把＝、引号、逗号等改成半角（英文）符号")
    } else if says("duplicate key") || says("cannot extend") {
        ("这个键或表在前面已经写过", "请合并或删去其中一处")
    } else if says("key with no value") || says("missing assignment") {
        ("键后面缺少等号和值", "请写成 键 = 值")
    } else if says("string values must be quoted") {
        unquoted(line)
    } else if says("invalid boolean") {
        ("开关的值写错了", "请写小写的 true 或 false")
    } else if says("invalid basic string") || says("invalid literal string") || says("invalid multi-line") {
        unclosed_string(line)
    } else if says("unclosed") || says("missing table open") {
        ("方括号或花括号没有配对", "请补上缺少的括号")
    } else if says("invalid unquoted key") || says("unquoted keys") || says("keys cannot") {
        ("键名写法不对", "键名只能用字母、数字、_ 和 -")
    } else if says("unexpected key or value") {
        (
            "值后面还有多余的内容",
            "一行只写一个 键 = 值，说明文字写在 # 后面",
        )
    } else if says("unexpected leading zero") {
        ("数字不能以 0 开头", "如果是编号，请加引号写成字符串")
    } else if says("carriage return") {
        ("换行符不完整", "请用编辑器把换行改为 CRLF 或 LF 后保存")
    } else {
        (
            "不符合 TOML 的写法",
            "请写成 键 = 值，字符串加引号，说明文字写在 # 后面",
        )
    }
}

/// Punctuation that a Chinese input method leaves where TOML wants its own; inside quotes and comments it is text.
fn has_fullwidth_sign(line: &str) -> bool {
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (None, '#') => return false,
            (
                None,
                '＝' | '：' | '“' | '”' | '‘' | '’' | '，' | '［' | '］' | '【' | '】' | '＃' | '\u{3000}',
            ) => {
                return true;
            }
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            _ => {}
        }
    }
    false
}

fn unquoted(line: &str) -> (&'static str, &'static str) {
    let value = line.split_once('=').map_or("", |(_, value)| value.trim());
    if value.is_empty() {
        return ("等号后面没有值", "请写上值，或删去这一行");
    }
    if value.starts_with(|c: char| c.is_ascii_digit()) {
        return (
            "数字后面有多余的内容",
            "数字不带单位，说明文字写在 # 后面；编号请加引号",
        );
    }
    (
        "值没有加引号",
        "字符串请加引号，例如 'C:\\Fujian'；开关请写 true 或 false",
    )
}

fn unclosed_string(line: &str) -> (&'static str, &'static str) {
    if line.contains('\\') {
        return ("字符串的引号没有配对", BACKSLASH);
    }
    ("字符串的引号没有配对", "请在值的末尾补上同样的引号")
}
