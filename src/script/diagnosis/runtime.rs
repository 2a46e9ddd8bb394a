//! Errors of running scripts.

use super::super::error::Mistake;

/// What the advice in our own messages begins with.
const ADVICE: [&str; 4] = ["，请", "，是否应为", "，可用的有", "，现有的有"];

/// A message without its place: what it means, and the name that it is about.
pub(super) fn explain(message: &str) -> (Mistake, Option<String>) {
    let known = attempt(message)
        .or_else(|| bad_argument(message))
        .or_else(|| exhausted(message))
        .or_else(|| thrown(message))
        .or_else(|| other(message));
    if let Some(known) = known {
        return known;
    }
    // Words of a script, or of our own host functions.
    if !message.is_ascii() {
        let advice = ADVICE.iter().filter_map(|start| message.find(start)).min();
        let mistake = match advice {
            Some(at) => Mistake::new(&message[..at], &message[at + '，'.len_utf8()..]),
            None => Mistake::new(message, ""),
        };
        return (mistake, quoted(message));
    }
    (Mistake::new(format!("脚本出错（{message}）"), ""), None)
}

/// An argument of a host function that has the wrong type.
pub(super) fn argument(position: usize, wanted: &str, given: &str) -> Mistake {
    let (wanted, given) = (kind(wanted), kind(given));
    Mistake::new(
        format!("第{position}个参数应为{wanted}，实为{given}"),
        "请检查传给函数的值",
    )
}

/// A type of Lua's or of ours by its Chinese name.
pub(super) fn kind(name: &str) -> &str {
    match name {
        "nil" | "no value" => "空（nil）",
        "boolean" | "bool" => "布尔值",
        "number" | "float" | "f64" => "数字",
        "integer" | "i64" | "i32" | "u32" | "u64" | "usize" => "整数",
        "string" | "String" | "LuaString" | "str" | "&str" => "文本",
        "table" | "Table" => "表",
        "function" | "Function" => "函数",
        "thread" => "协程",
        "userdata" | "light userdata" | "lightuserdata" => "内部对象",
        list if list.starts_with("Vec<") || list.starts_with("alloc::vec::Vec") => "列表",
        other => other,
    }
}

/// `attempt to index a nil value (field 'x')` and its relatives.
fn attempt(message: &str) -> Option<(Mistake, Option<String>)> {
    let rest = message.strip_prefix("attempt to ")?;
    if let Some(rest) = rest.strip_prefix("compare ") {
        return Some((compared(rest), None));
    }
    if rest.starts_with("perform 'n//0'") || rest.starts_with("perform 'n%%0'") || rest == "divide by zero" {
        return Some((Mistake::new("整数不能除以0", "请先判断除数是否为0"), None));
    }
    let doing = [
        ("index a ", "不能取它的字段"),
        ("call a ", "不能当函数调用"),
        ("perform arithmetic on a ", "不能做算术"),
        ("concatenate a ", "不能用..连接"),
        ("get length of a ", "不能用#取长度"),
        ("perform bitwise operation on a ", "不能做位运算"),
    ];
    let (cannot, rest) = doing
        .iter()
        .find_map(|(start, cannot)| Some((*cannot, rest.strip_prefix(start)?)))?;
    let (type_name, rest) = rest.split_once(" value")?;
    let variable = variable(rest);
    let who = variable.map_or_else(|| "这里的值".to_owned(), |(sort, name)| format!("{sort}“{name}”"));
    let advice = match (type_name, cannot) {
        ("nil", "不能当函数调用") => "请检查函数名的拼写",
        ("nil", _) => "请检查名称的拼写，或先判断它是否为空",
        ("table", "不能用..连接") => "请写明要用表里的哪一项",
        _ => "请检查它的值从哪里来",
    };
    let what = format!("{who}是{}，{cannot}", kind(type_name));
    Some((
        Mistake::new(what, advice),
        variable.map(|(_, name)| name.to_owned()),
    ))
}

fn compared(rest: &str) -> Mistake {
    let what = match rest.strip_prefix("two ") {
        Some(both) => format!("两个{}不能比较大小", kind(both.trim_end_matches(" values"))),
        None => {
            let (left, right) = rest.split_once(" with ").unwrap_or((rest, ""));
            format!("{}和{}不能比较大小", kind(left), kind(right))
        }
    };
    let advice = match rest.contains("string") {
        true => "文本要比较数值时，请先用tonumber转成数字",
        false => "请检查两边的值从哪里来",
    };
    Mistake::new(what, advice)
}

/// ` (local 'x')`: what sort of name, and the name.
fn variable(rest: &str) -> Option<(&'static str, &str)> {
    let inner = rest.trim().strip_prefix('(')?.strip_suffix("')")?;
    let (sort, name) = inner.split_once(" '")?;
    let sort = match sort {
        "global" => "全局变量",
        "local" => "局部变量",
        "upvalue" => "外层变量",
        "method" => "方法",
        "field" => "字段",
        "constant" => "常量",
        _ => "名称",
    };
    Some((sort, name))
}

/// `bad argument #1 to 'sub' (string expected, got nil)`.
fn bad_argument(message: &str) -> Option<(Mistake, Option<String>)> {
    let (who, function, reason) = if let Some(rest) = message.strip_prefix("bad argument #") {
        let (position, rest) = rest.split_once(" to '")?;
        let (function, reason) = rest.split_once("' ")?;
        (format!("{function}的第{position}个参数"), function, reason)
    } else {
        let rest = message.strip_prefix("calling '")?;
        let (function, reason) = rest.split_once("' on bad self ")?;
        (format!("{function}前面的值"), function, reason)
    };
    let reason = reason
        .strip_prefix('(')
        .and_then(|reason| reason.strip_suffix(')'));
    let reason = reason.unwrap_or_default();
    let what = match reason.split_once(" expected, got ") {
        Some((wanted, given)) => format!("{who}应为{}，实为{}", kind(wanted), kind(given)),
        None => match reason {
            "value expected" => format!("{who}没有给"),
            "number has no integer representation" => format!("{who}应为整数"),
            "invalid order function for sorting" => "排序用的比较函数前后不一致".to_owned(),
            "out of range"
            | "index out of range"
            | "position out of bounds"
            | "initial position is a position out of bounds" => {
                format!("{who}超出范围")
            }
            other => format!("{who}不正确（{other}）"),
        },
    };
    let word = function.rsplit('.').next().unwrap_or(function);
    Some((Mistake::new(what, "请检查传给它的值"), Some(word.to_owned())))
}

fn exhausted(message: &str) -> Option<(Mistake, Option<String>)> {
    let mistake = if message.starts_with("stack overflow") || message.contains("C stack overflow") {
        Mistake::new("函数调用层数过多", "请检查函数是否没完没了地调用自己")
    } else if message == "not enough memory" {
        Mistake::new(
            "脚本用的内存超过上限",
            "请检查循环是否没有结束，或是否拼接了过长的文本",
        )
    } else if message == "string length overflow" || message.contains("resulting string too large") {
        Mistake::new("文本过长", "请检查重复或拼接的次数")
    } else if message == "table overflow" {
        Mistake::new("表过大", "请检查循环是否没有结束")
    } else {
        return None;
    };
    Some((mistake, None))
}

/// What a script raised by itself without a text.
fn thrown(message: &str) -> Option<(Mistake, Option<String>)> {
    let what = if message.starts_with("table: ") {
        "脚本用error抛出了一个没有说明的表"
    } else if message == "nil" {
        "脚本用error抛出了空（nil）"
    } else if message.starts_with("function: ") || message.starts_with("userdata: ") {
        "脚本用error抛出了不能显示的值"
    } else if message == "assertion failed!" {
        return Some((
            Mistake::new("assert的条件不成立", "请给assert写上第2个参数，说明哪里不对"),
            Some("assert".to_owned()),
        ));
    } else {
        return None;
    };
    let advice = "请用error(\"文本\")说明原因，或用mps.fail(\"提示\")告诉调用者";
    Some((Mistake::new(what, advice), Some("error".to_owned())))
}

fn other(message: &str) -> Option<(Mistake, Option<String>)> {
    let mistake = if message == "'for' step is zero" {
        Mistake::new("for循环的步长不能为0", "")
    } else if let Some(rest) = message.strip_prefix("bad 'for' ") {
        let which = ["initial", "limit", "step"]
            .into_iter()
            .zip(["初值", "终值", "步长"]);
        let which = which.into_iter().find(|(word, _)| rest.starts_with(word));
        let which = which.map_or("参数", |(_, name)| name);
        Mistake::new(format!("for循环的{which}应为数字"), "文本请先用tonumber转成数字")
    } else if message.starts_with("table index is nil") {
        Mistake::new("表的键是空（nil）", "请检查方括号里的值")
    } else if message.starts_with("table index is NaN") {
        Mistake::new("表的键不是数字（0/0）", "请检查方括号里的值")
    } else if message.starts_with("number ") && message.ends_with("has no integer representation") {
        Mistake::new("这个数字不是整数", "请先用math.floor取整，或检查除法")
    } else if message.starts_with("malformed pattern") || message.starts_with("missing '[' after") {
        Mistake::new(
            format!("匹配模式写错了（{message}）"),
            "模式里的%、[、( 要成对；要找这些字符本身，请在前面加%",
        )
    } else if message.starts_with("invalid pattern capture") || message.starts_with("invalid capture index") {
        Mistake::new(format!("匹配模式的括号写错了（{message}）"), "请检查( )是否成对")
    } else if message.starts_with("invalid conversion") || message.starts_with("invalid format") {
        Mistake::new(
            format!("string.format的格式写错了（{message}）"),
            "百分号本身要写作%%",
        )
    } else if message.starts_with("invalid order function") {
        Mistake::new("排序用的比较函数前后不一致", "比较函数对相等的两项应返回false")
    } else if message.contains("outside a coroutine") || message.contains("C-call boundary") {
        Mistake::new("这里不能用coroutine.yield", "")
    } else if message.starts_with("cannot resume") {
        Mistake::new("这个协程已经结束，不能再继续", "")
    } else {
        return None;
    };
    Some((mistake, None))
}

/// The name that a message of ours is about: what it quotes, or its longest Latin word.
fn quoted(message: &str) -> Option<String> {
    if let Some((name, _)) = message.split_once('“').and_then(|(_, rest)| rest.split_once('”')) {
        return Some(name.to_owned());
    }
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    let words = message.split(|c| !is_word(c));
    words
        .max_by_key(|word| word.len())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(message: &str) -> String {
        explain(message).0.to_string()
    }

    #[test]
    fn limits_of_lua_itself_are_told() {
        assert_eq!(
            sentence("stack overflow (message handler)"),
            "函数调用层数过多，请检查函数是否没完没了地调用自己"
        );
        assert!(sentence("error in error handling (C stack overflow)").starts_with("函数调用层数过多"));
        assert!(sentence("not enough memory").starts_with("脚本用的内存超过上限"));
        assert!(sentence("resulting string too large").starts_with("文本过长"));
    }

    #[test]
    fn every_sort_of_name_and_type_is_translated() {
        assert_eq!(
            sentence("attempt to index a nil value (upvalue 'card')"),
            "外层变量“card”是空（nil），不能取它的字段，请检查名称的拼写，或先判断它是否为空"
        );
        assert_eq!(
            sentence("attempt to concatenate a table value"),
            "这里的值是表，不能用..连接，请写明要用表里的哪一项"
        );
        assert_eq!(
            sentence("attempt to compare nil with number"),
            "空（nil）和数字不能比较大小，请检查两边的值从哪里来"
        );
        assert_eq!(
            sentence("bad argument #2 to 'rep' (number expected, got no value)"),
            "rep的第2个参数应为数字，实为空（nil），请检查传给它的值"
        );
        assert_eq!(
            sentence("calling 'upper' on bad self (string expected, got table)"),
            "upper前面的值应为文本，实为表，请检查传给它的值"
        );
    }

    #[test]
    fn words_that_nobody_knows_stay_as_they_are() {
        assert_eq!(sentence("card not readable"), "脚本出错（card not readable）");
    }
}
