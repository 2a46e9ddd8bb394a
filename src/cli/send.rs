//! `mps send`: a request's bytes through the real library, as a caller would pass them.

use super::arguments::{DEFAULT_CAPACITY, Send};
use super::{Misuse, Outcome, print, program_folder};
use crate::abi::Status;
use crate::abi::client::{Client, Returned};
use crate::message::Response;
use std::io::Read as _;
use std::path::{Path, PathBuf};

const LIBRARY: &str = if cfg!(windows) {
    "mps_client.dll"
} else {
    "libmps_client.so"
};

pub(super) fn run(arguments: Send) -> Result<Outcome, Misuse> {
    let request = read(&arguments.file)?;
    let library = library(arguments.library.as_deref())?;
    let returned = call(&library, &request, arguments.capacity)?;
    if returned.code < 0 {
        print::complain(&format!(
            "返回值 {}: {}",
            returned.code,
            Status::meaning(returned.code)
        ));
        return Ok(Outcome::No);
    }
    let message = until_nul(&returned.buffer);
    if arguments.raw {
        print::bytes(message)?;
    }
    let response = match Response::decode(message) {
        Ok(response) => response,
        Err(error) => {
            print::complain(&format!("返回值 {}，但返回报文读不出来: {error}", returned.code));
            return Ok(Outcome::No);
        }
    };
    if arguments.json {
        print::text(&print::for_programs(
            &response,
            message.len(),
            Some(returned.code),
        ))?;
    } else if !arguments.raw {
        print::text(&print::readable(&response))?;
    }
    Ok(if response.result == "0" {
        Outcome::Yes
    } else {
        Outcome::No
    })
}

fn read(file: &Path) -> Result<Vec<u8>, Misuse> {
    if file.as_os_str() == "-" {
        let mut request = Vec::new();
        let read = std::io::stdin().lock().read_to_end(&mut request);
        return read.map(|_| request).map_err(|_| Misuse::new("标准输入读不出来"));
    }
    std::fs::read(file)
        .map_err(|_| Misuse::new(format!("文件读不出来，请检查路径和权限: {}", file.display())))
}

/// The full path of the library, so that no search path decides which one is loaded.
fn library(asked: Option<&Path>) -> Result<PathBuf, Misuse> {
    let candidates = match asked {
        Some(path) => vec![path.to_owned()],
        None => beside(&program_folder()?),
    };
    let found = candidates.iter().find(|path| path.is_file());
    found
        .and_then(|path| std::path::absolute(path).ok())
        .ok_or_else(|| {
            let listed: Vec<_> = candidates.iter().map(|path| path.display().to_string()).collect();
            Misuse::new(format!(
                "找不到动态库: {}\n请用 --library 给出它的路径",
                listed.join("，")
            ))
        })
}

/// Where the library stands in a release: beside the command, on Linux also in the lib beside the command's bin.
fn beside(folder: &Path) -> Vec<PathBuf> {
    let mut places = vec![folder.join(LIBRARY)];
    if cfg!(unix) {
        places.push(folder.join("../lib").join(LIBRARY));
    }
    places
}

fn call(library: &Path, request: &[u8], capacity: Option<u32>) -> Result<Returned, Misuse> {
    let bits = usize::BITS;
    let client = Client::open(library).map_err(|_| {
        Misuse::new(format!(
            "动态库加载不了: {}\n请检查它是不是 {bits} 位的，它依赖的动态库是否齐全",
            library.display()
        ))
    })?;
    let (name, returned) = match capacity {
        None => ("MPS_Call", client.call(request, DEFAULT_CAPACITY as usize)),
        Some(capacity) => ("MPS_CallN", client.call_n(request, capacity)),
    };
    returned.map_err(|_| Misuse::new(format!("动态库里没有 {name}: {}", library.display())))
}

/// The message in a buffer that its caller filled with zeros, without the NUL that ends it.
pub(super) fn until_nul(buffer: &[u8]) -> &[u8] {
    let width = match buffer {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [b'<', 0, ..] | [0, b'<', ..] => 2,
        _ => 1,
    };
    let units = buffer
        .chunks(width)
        .take_while(|unit| unit.iter().any(|byte| *byte != 0))
        .count();
    &buffer[..(units * width).min(buffer.len())]
}

#[cfg(test)]
mod tests {
    use super::until_nul;

    #[test]
    fn a_message_ends_at_its_nul_of_one_or_two_bytes() {
        assert_eq!(until_nul(b"<a/>\0\0x"), b"<a/>");
        assert_eq!(until_nul(b"<\0\x10\x4f\0\x4e>\0\0\0x\0"), b"<\0\x10\x4f\0\x4e>\0");
        assert_eq!(until_nul(b"\xff\xfe<\0\0\0\0"), b"\xff\xfe<\0");
        assert_eq!(until_nul(b"<a/>"), b"<a/>");
        assert_eq!(until_nul(b""), b"");
    }
}
