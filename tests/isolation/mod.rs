//! What happens to a library in a helper process, as data: `tests/isolation.rs` runs it on Linux, `tests/release/isolation.rs` on
//! Windows.
#![allow(dead_code, reason = "each test binary uses its own part")]

/// The device's name on the desk.
pub const DEVICE: &str = "faults";

/// What the library does, and what the caller is told of it: parts of one message, on Linux and on Windows.
pub const FAULTS: &[(&str, &[&str], &[&str])] = &[
    (
        "access",
        &["Act", "崩溃", "SIGSEGV"],
        &["Act", "崩溃", "C0000005"],
    ),
    ("abort", &["Act", "SIGABRT"], &["Act", "退出码3"]),
    // Wine's allocator and its handling of a stack that is at its end may hang instead: the limit ends them too.
    ("heap", &["Act", "SIGABRT"], &["Act", "faults"]),
    ("stack", &["Act", "SIGSEGV"], &["Act", "faults"]),
    ("exit 7", &["Act", "退出码7"], &["Act", "退出码7"]),
    ("exit 0", &["Act", "退出码0"], &["Act", "退出码0"]),
    ("hang", &["Act超时", "强行结束"], &["Act超时", "强行结束"]),
    ("spin", &["Act超时", "强行结束"], &["Act超时", "强行结束"]),
    ("grandchild and exit", &["Act", "退出码9"], &["Act", "退出码9"]),
    ("grandchild and hang", &["Act超时"], &["Act超时"]),
    (
        "overrun",
        &["Act写入told", "超出声明的64字节"],
        &["Act写入told", "超出声明的64字节"],
    ),
];

/// What the library survives.
pub const HARMLESS: &[&str] = &["fine", "noise", "grandchild"];

/// The answers of `caller.c`, by their order.
pub fn answers(printed: &str) -> Vec<&str> {
    printed.split("== ").skip(1).collect()
}

/// What stands in an element of an answer.
pub fn field<'a>(answer: &'a str, name: &str) -> &'a str {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let within = answer
        .split_once(&open)
        .and_then(|(_, rest)| rest.split_once(&close));
    within.map_or("", |(value, _)| value)
}

/// Whether an answer is the library's own, as it gives it in the first call of its process or a later one.
#[track_caller]
pub fn assert_served(answer: &str) {
    assert_eq!(field(answer, "result"), "0", "{answer}");
    assert_eq!(field(answer, "tag"), "ok", "{answer}");
}

/// Whether an answer is a failure that says all of this.
#[track_caller]
pub fn assert_says(answer: &str, parts: &[&str]) {
    assert_eq!(field(answer, "result"), "-1", "{answer}");
    for part in parts {
        assert!(field(answer, "msg").contains(part), "{part}: {answer}");
    }
}
