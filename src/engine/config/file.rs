//! From the file's bytes to its text.

use super::error::{Error, NOT_UTF8, UNREADABLE};
use super::excerpt::Source;
use encoding_rs::GBK;
use std::io;

/// How to save the file as it must be.
const SAVE_AS_UTF8: &str = "请用记事本打开它，选“另存为”，编码选“UTF-8”后保存";

/// The text of the file, which must be UTF-8.
pub(super) fn text(bytes: &[u8]) -> Result<&str, Error> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(Error::without_place(
            NOT_UTF8,
            "文件是以 Unicode（UTF-16）保存的，不是 UTF-8",
            SAVE_AS_UTF8,
        ));
    }
    std::str::from_utf8(bytes).map_err(|error| not_utf8(bytes, error.valid_up_to()))
}

/// The error at the first byte that is not UTF-8.
fn not_utf8(bytes: &[u8], offset: usize) -> Error {
    let (decoded, _, garbled) = GBK.decode(bytes);
    if garbled {
        let readable = String::from_utf8_lossy(bytes);
        // Everything before the offset is valid, so that it stands in the readable text where it stood in the bytes.
        return Source { text: &readable }.error(
            NOT_UTF8,
            offset..offset,
            "文件不是 UTF-8 编码",
            SAVE_AS_UTF8,
        );
    }
    let (before, ..) = GBK.decode(&bytes[..offset]);
    let start = before.len();
    let what = "文件是以 GBK（ANSI）保存的，不是 UTF-8";
    Source { text: &decoded }.error(NOT_UTF8, start..start, what, SAVE_AS_UTF8)
}

/// The error for a file that exists and cannot be read. The system's own words are English on most systems, its number helps anybody.
pub(super) fn unreadable(error: &io::Error) -> Error {
    let (what, advice) = match error.kind() {
        io::ErrorKind::PermissionDenied => (
            "没有读取这个文件的权限".to_owned(),
            "请在文件属性里给当前用户读取权限",
        ),
        io::ErrorKind::IsADirectory => ("这是一个文件夹，不是文件".to_owned(), "请改名或移走这个文件夹"),
        _ => {
            let number = error
                .raw_os_error()
                .map_or(String::new(), |number| format!("（系统错误 {number}）"));
            (format!("文件读不出来{number}"), "请检查磁盘或网络位置是否可用")
        }
    };
    Error::without_place(UNREADABLE, what, advice)
}
