//! What the exported functions return.

use std::ffi::c_int;

/// A return code of `release/mps_client.h`, where their meaning stands for callers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// `resp` holds a response message.
    Ok = 0,
    /// A pointer is null.
    Null = -1,
    /// A length or capacity is negative.
    Argument = -2,
    /// Not even the shortest failure message fits.
    Buffer = -3,
    /// Our own mistake, and no message could be made of it.
    Internal = -4,
}

impl Status {
    const ALL: [Status; 5] = [
        Status::Ok,
        Status::Null,
        Status::Argument,
        Status::Buffer,
        Status::Internal,
    ];

    /// As a function returns it.
    pub const fn code(self) -> c_int {
        self as c_int
    }

    /// What a code means to the person who sees it.
    pub fn meaning(code: i32) -> &'static str {
        let known = Status::ALL.into_iter().find(|status| status.code() == code);
        match known {
            Some(Status::Ok) => "返回缓冲区中是返回报文",
            Some(Status::Null) => "请求或返回的指针为空",
            Some(Status::Argument) => "长度或缓冲区大小不对",
            Some(Status::Buffer) => "缓冲区太小，连最短的失败报文也放不下",
            Some(Status::Internal) => "动态库内部错误",
            None => "未知的返回值",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Status;

    #[test]
    fn the_header_tells_callers_the_same_codes() {
        let header = include_str!("../../release/mps_client.h");
        for (name, status) in [
            ("OK", Status::Ok),
            ("ERR_NULL", Status::Null),
            ("ERR_ARGUMENT", Status::Argument),
            ("ERR_BUFFER", Status::Buffer),
            ("ERR_INTERNAL", Status::Internal),
        ] {
            let line = format!("#define MPS_{name} {} ", status.code());
            assert!(header.contains(&line), "{line}");
        }
        assert_eq!(header.matches("#define MPS_ERR_").count(), Status::ALL.len() - 1);
    }

    #[test]
    fn an_unknown_code_is_said_to_be_one() {
        assert_eq!(Status::meaning(7), "未知的返回值");
    }
}
