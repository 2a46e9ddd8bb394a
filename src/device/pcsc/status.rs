//! What the service's codes and the cards' status words mean.

use super::system::Code;
use crate::device::builtin::{Fault, Kind};
use std::fmt;

impl From<Code> for Fault {
    fn from(code: Code) -> Fault {
        let kind = match code.0 {
            // On newer Windows the service stops with the last reader.
            0x8010_001D | 0x8010_001E => Kind::NoService,
            0x8010_002E => Kind::NoReader,
            0x8010_0009 => Kind::OtherReader,
            0x8010_000C => Kind::NoCard,
            0x8010_0065..=0x8010_0067 | 0x8010_000F | 0x8010_0015 => Kind::Mute,
            0x8010_0068 | 0x8010_0069 => Kind::Removed,
            0x8010_000B => Kind::InUse,
            // A card that goes while it is asked is any of these, as the driver pleases.
            0x8010_0013 | 0x8010_0014 | 0x8010_0016 | 0x8010_0017 | 0x8010_002F => Kind::Lost,
            _ => Kind::Service,
        };
        kind.with(code)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "代码{:08X}", self.0)
    }
}

/// The second half of a card's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word(pub(super) u16);

impl Word {
    pub(super) const DONE: Word = Word(0x9000);
    pub(super) const NO_RECORD: Word = Word(0x6A83);

    /// Whether what was asked for is there but not for us.
    pub(super) fn is_protection(self) -> bool {
        matches!(self.0, 0x6982 | 0x6985 | 0x6987 | 0x6988)
    }

    /// Whether the card, or what was selected on it, is locked.
    pub(super) fn is_lock(self) -> bool {
        matches!(self.0, 0x6283 | 0x6983 | 0x9303)
    }

    /// Whether the card wants its records named in another way.
    pub(super) fn is_about_addressing(self) -> bool {
        matches!(self.0, 0x6981 | 0x6A80 | 0x6A81 | 0x6A86 | 0x6A88 | 0x6B00)
    }

    /// The refusal that it is.
    pub(super) fn fault(self) -> Fault {
        self.kind().with(self)
    }

    /// The refusal of what is named.
    pub(super) fn fault_of(self, what: &str) -> Fault {
        self.kind().with(format_args!("读不到{what}，{self}"))
    }

    fn kind(self) -> Kind {
        match self {
            _ if self.is_lock() => Kind::Locked,
            _ if self.is_protection() => Kind::Protected,
            _ => Kind::Refused,
        }
    }

    fn meaning(self) -> String {
        let text = match self.0 {
            0x6200 | 0x6281 => "回送的数据可能有错",
            0x6282 => "文件比要读的短",
            0x6283 => "选择的应用或文件已锁定",
            0x6284 => "文件控制信息格式不对",
            tries @ 0x63C0..=0x63CF => return format!("密码不正确，还可再试{}次", tries & 0xF),
            0x6300 => "认证失败",
            0x6400 | 0x6581 => "卡内存储出错",
            0x6700 => "数据长度不对",
            0x6881 => "不支持这个逻辑通道",
            0x6882 => "不支持安全报文",
            0x6900 | 0x6901 => "现在不能执行这个命令",
            0x6981 => "命令与文件的结构不符",
            0x6982 => "不满足安全状态",
            0x6983 => "密码或密钥已锁定",
            0x6984 => "随机数无效",
            0x6985 => "不满足使用条件",
            0x6986 => "没有选择文件",
            0x6987 => "缺少安全报文",
            0x6988 => "安全报文不正确",
            0x6A80 => "数据域不正确",
            0x6A81 => "卡已锁定，或不支持这个功能",
            0x6A82 => "没有这个文件",
            0x6A83 => "没有这条记录",
            0x6A84 => "文件空间不足",
            0x6A86 => "参数P1、P2不正确",
            0x6A88 => "没有这个数据",
            0x6B00 => "偏移超出文件",
            0x6D00 => "不支持这个命令",
            0x6E00 => "不支持这类命令",
            0x6F00 => "卡内部出错",
            0x9302 => "安全报文的校验码不正确",
            0x9303 => "应用已永久锁定",
            0x9401 => "余额不足",
            0x9403 | 0x9406 => "没有这个密钥",
            _ => "含义见卡片规范",
        };
        text.to_owned()
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "状态字{:04X}：{}", self.0, self.meaning())
    }
}
