//! Errors of reading scripts: Lua's message held against the text, for the mistakes that people really make.

use super::super::error::{Mistake, SYNTAX};
use super::super::lexer::{Kind, Token, tokens};
use super::{Diagnosis, placed};
use crate::excerpt::{line_at, line_number, line_start, start_of_line};
use std::ops::Range;

/// What to do about a file that ends too early.
const CUT_OFF: &str = "文件可能没有保存完整，或缺少end、}、)";
const ELSE_IF: &str = "“否则如果”请写elseif，写成else if要多一个end";
const CUT_OFF_LONG: &str = "请补上]]，或检查文件是否没有保存完整";

/// Reads a syntax error of a chunk with this text: what it means, and the bytes it is about.
pub(in super::super) fn syntax(message: &str, text: &str) -> (Diagnosis, Range<usize>) {
    let message = message.lines().next().unwrap_or_default();
    let (line, words) = placed(message).map_or((0, message), |(_, line, words)| (line, words));
    let tokens = tokens(text);
    let script = Script {
        text,
        tokens: &tokens,
    };
    let (mistake, span) = script.explain(words, line);
    let diagnosis = Diagnosis {
        code: SYNTAX,
        file: None,
        line,
        mistake,
        word: None,
    };
    (diagnosis, span)
}

struct Script<'a> {
    text: &'a str,
    tokens: &'a [Token<'a>],
}

impl Script<'_> {
    fn explain(&self, words: &str, line: usize) -> (Mistake, Range<usize>) {
        // Lua stumbles over these at the first byte, or over what they break much later.
        let before = |span: &Range<usize>| line_number(self.text, span.start) <= line;
        if let Some(foreign) = self.foreign().filter(|(_, span)| before(span)) {
            return foreign;
        }
        let near = words.rsplit_once(" near ").map_or("", |(_, near)| near);
        let said = words.rsplit_once(" near ").map_or(words, |(said, _)| said);
        if said.starts_with("unfinished ") {
            return self.unfinished(said, line);
        }
        let near = near
            .strip_prefix('\'')
            .and_then(|near| near.strip_suffix('\''))
            .unwrap_or(near);
        if near == "<eof>" {
            return self.ended(said);
        }
        let span = self.near(near, line);
        (self.misplaced(said, near, words, &span), span)
    }

    /// The first character that Lua has no use for, outside strings and comments.
    fn foreign(&self) -> Option<(Mistake, Range<usize>)> {
        let (c, span) = self.tokens.iter().find_map(|token| match token.kind {
            Kind::Foreign(c) => Some((c, token.span.clone())),
            _ => None,
        })?;
        let mistake = match half_width(c) {
            Some(half) => {
                let what = match c {
                    '\u{3000}' | '\u{a0}' => "这里是全角空格".to_owned(),
                    '“' | '”' | '‘' | '’' => "这里用了全角引号".to_owned(),
                    _ => format!("这里用了全角标点“{c}”"),
                };
                Mistake::new(what, format!("请改成半角的{half}"))
            }
            None if c.is_control() || !is_visible(c) => Mistake::new(
                format!("这里有看不见的字符（U+{:04X}）", u32::from(c)),
                "请删去它再保存",
            ),
            None => Mistake::new(
                format!("这里不能出现“{c}”"),
                "文本要用半角引号括起来，说明文字写在--后面",
            ),
        };
        Some((mistake, span))
    }

    fn unfinished(&self, said: &str, line: usize) -> (Mistake, Range<usize>) {
        let token = self.tokens.iter().find(|token| token.kind == Kind::Unfinished);
        let span = token.map_or_else(|| self.near("", line), |token| token.span.clone());
        let source = &self.text[span.clone()];
        let first = span.start..(span.start + source.lines().next().unwrap_or_default().len());
        let mistake = if said.starts_with("unfinished long") {
            let what = if source.starts_with("--") {
                "多行注释"
            } else {
                "多行文本"
            };
            Mistake::new(format!("{what}到文件末尾也没有结束"), CUT_OFF_LONG)
        } else if source.contains(['“', '”', '‘', '’', '＂']) {
            Mistake::new("文本的右引号写成了全角引号", "请改成和左引号一样的半角引号")
        } else if self.text[span.end..].trim().is_empty() {
            Mistake::new("文件到这里就结束了，文本没有右引号", CUT_OFF)
        } else {
            Mistake::new("文本没有右引号", "请在文本末尾补上和左边一样的引号")
        };
        (mistake, first)
    }

    /// The file ended while something was open.
    fn ended(&self, said: &str) -> (Mistake, Range<usize>) {
        let end = self.text.trim_end().len();
        let last = self.text[..end].chars().next_back().map_or(0, char::len_utf8);
        let mistake = match opened(said) {
            Some((wanted, open, at)) => Mistake::new(
                format!("文件到这里就结束了，第{at}行的{open}还缺{wanted}"),
                if self.has_else_if() { ELSE_IF } else { CUT_OFF },
            ),
            None => match wanted(said) {
                Some(wanted) => Mistake::new(format!("文件到这里就结束了，还缺{wanted}"), CUT_OFF),
                None => Mistake::new("文件到这里就结束了，内容不完整", CUT_OFF),
            },
        };
        (mistake, end - last..end)
    }

    /// A token that cannot stand where it stands.
    fn misplaced(&self, said: &str, near: &str, words: &str, span: &Range<usize>) -> Mistake {
        let comma = "前面可能缺少逗号";
        if said.starts_with("malformed number") {
            return Mistake::new(
                format!("数字“{near}”写错了"),
                "编号、日期等请加引号写成文本，例如\"03\"",
            );
        }
        if said.starts_with("invalid escape sequence")
            || said.contains("escape sequence")
            || said.contains("hexadecimal digit expected")
        {
            return Mistake::new(
                "文本里的反斜杠\\写错了",
                "路径请写作\"C:/SSCard\"或\"C:\\\\SSCard\"",
            );
        }
        if let Some(name) = said.strip_prefix("attempt to assign to const variable ") {
            let name = name.trim_matches('\'');
            return Mistake::new(format!("常量“{name}”不能再赋值"), "");
        }
        match near {
            "=" if said.starts_with("'then'") || said.starts_with("'do'") || said.starts_with("')'") => {
                return Mistake::new("比较相等要写两个等号", "请改成==");
            }
            "==" => return Mistake::new("赋值只写一个等号", "请改成="),
            "!" => return Mistake::new("Lua里没有“!”", "不等于请写~=，取反请写not"),
            "&" => return Mistake::new("Lua里没有“&&”", "并且请写and"),
            "|" => return Mistake::new("Lua里没有“||”", "或者请写or"),
            _ => {}
        }
        if let Some((wanted, open, at)) = opened(said) {
            let what = format!("第{at}行的{open}还缺{wanted}，却遇到了“{near}”");
            let advice = if wanted == "}" {
                comma
            } else {
                "请检查括号、end是否成对"
            };
            return Mistake::new(what, advice);
        }
        match wanted(said) {
            Some("}") => Mistake::new(format!("“{near}”不能写在这里"), comma),
            Some("名称") if self.before(span).is_some_and(|token| token.is_sign(":")) => {
                Mistake::new("这里不能用冒号", "表里请写 名称 = 值")
            }
            Some("<eof>") if near == "end" => Mistake::new("多了一个end", "请删去它，或检查前面的语句"),
            Some("<eof>") => Mistake::new(
                format!("return语句后面多了“{near}”"),
                "return应是脚本最后一句；请检查括号是否多写",
            ),
            Some(wanted) => Mistake::new(format!("“{near}”前面缺少{wanted}"), ""),
            None if said == "unexpected symbol" || said == "syntax error" => Mistake::new(
                format!("“{near}”不能写在这里"),
                "请检查它前面是否缺少逗号、等号或引号",
            ),
            None if said.contains("overflow") || said.contains("too many") => {
                Mistake::new(format!("写法过于复杂（{said}）"), "请拆成几部分")
            }
            None => Mistake::new(format!("不符合Lua的写法（{words}）"), ""),
        }
    }

    fn before(&self, span: &Range<usize>) -> Option<&Token<'_>> {
        self.tokens
            .iter()
            .rev()
            .find(|token| token.span.end <= span.start)
    }

    /// Other languages' `else if` opens a second block here, which nobody closes.
    fn has_else_if(&self) -> bool {
        self.tokens
            .windows(2)
            .any(|pair| matches!(pair, [first, second] if first.is_name("else") && second.is_name("if")))
    }

    /// The bytes of Lua's `near` token on its line, or the whole line where it is not found.
    fn near(&self, near: &str, line: usize) -> Range<usize> {
        let whole = line_span(self.text, line);
        let on_line = |token: &&Token| whole.contains(&token.span.start);
        let named = |token: &&Token| {
            let written = &self.text[token.span.clone()];
            !near.is_empty() && (written == near || is_start(written, near))
        };
        let token = self.tokens.iter().filter(on_line).find(named);
        token.map_or_else(|| whole.clone(), |token| token.span.clone())
    }
}

/// Lua shows no more of a long token than its start, and a sign of two characters by its first.
fn is_start(written: &str, near: &str) -> bool {
    let text = near.len() >= 2 && near.starts_with(['"', '\'']);
    let sign = near.len() == 1 && !near.bytes().all(|byte| byte.is_ascii_alphanumeric());
    ((text || near.len() >= 8) && written.starts_with(near))
        || (sign && written.len() == 2 && written.starts_with(near) && near != "=")
}

/// The bytes of a line without the blanks around it; of the last one where Lua counts more of them.
fn line_span(text: &str, line: usize) -> Range<usize> {
    let start = start_of_line(text, line).unwrap_or_else(|| line_start(text, text.len()));
    let whole = line_at(text, start);
    let blank = whole.len() - whole.trim_start().len();
    start + blank..start + whole.trim_end().len().max(blank)
}

/// `'}' expected (to close '{' at line 3)`: what is missing, what is open, and where.
fn opened(said: &str) -> Option<(&str, &str, &str)> {
    let (wanted, rest) = said.split_once(" expected (to close ")?;
    let (open, at) = rest.strip_suffix(')')?.split_once(" at line ")?;
    Some((wanted.trim_matches('\''), open.trim_matches('\''), at))
}

/// `'end' expected`: what is missing.
fn wanted(said: &str) -> Option<&str> {
    let wanted = said.strip_suffix(" expected")?.trim_matches('\'');
    Some(match wanted {
        "<name>" => "名称",
        "=' or 'in" => "=或in",
        "function arguments" => "函数的参数",
        other => other,
    })
}

/// What to write instead of a full-width sign.
fn half_width(c: char) -> Option<&'static str> {
    Some(match c {
        '，' | '、' => "逗号,",
        '。' => "句点.",
        '；' => "分号;",
        '：' => "冒号:",
        '“' | '”' | '＂' => "双引号\"",
        '‘' | '’' | '＇' => "单引号'",
        '（' => "圆括号(",
        '）' => "圆括号)",
        '［' | '【' => "方括号[",
        '］' | '】' => "方括号]",
        '｛' => "花括号{",
        '｝' => "花括号}",
        '＝' => "等号=",
        '＋' => "加号+",
        '－' | '—' | '–' => "减号-",
        '＊' => "星号*",
        '／' => "斜杠/",
        '＜' | '《' => "小于号<",
        '＞' | '》' => "大于号>",
        '～' => "波浪号~",
        '＃' => "井号#",
        '％' => "百分号%",
        '．' => "句点.",
        '！' => "感叹号!",
        '\u{3000}' | '\u{a0}' => "空格",
        _ => return None,
    })
}

fn is_visible(c: char) -> bool {
    !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
