//! Why a built-in reader read nothing: a code for programs, words for people. Nothing of a patient stands in them.

use std::fmt;

/// What went wrong, with the particulars.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    kind: Kind,
    text: String,
}

macro_rules! kinds {
    ($($kind:ident $code:literal $text:literal $advice:literal;)*) => {
        /// What can go wrong. Codes are kept for ever.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(in crate::device) enum Kind { $($kind),* }

        /// Code, text without particulars, advice.
        const TABLE: &[(&str, &str, &str)] = &[$(($code, $text, $advice)),*];
    };
}

kinds! {
    NoService "D030" "智能卡服务不可用"
        "请启动系统服务：Windows上是“Smart Card”（SCardSvr），Linux上请安装并启动pcscd";
    NoReader "D031" "没有找到读卡器" "请检查读卡器的连接和驱动";
    OtherReader "D032" "没有找到设置中指定的读卡器" "请核对mps.toml中的reader，或检查读卡器的连接";
    NoCard "D033" "没有检测到卡" "请插入或放好社会保障卡后重试";
    Mute "D034" "卡没有应答" "请检查卡是否插反、是否插到底，擦净芯片后重试";
    Removed "D035" "读卡途中卡被取走" "请重新插卡，读完再取出";
    InUse "D036" "读卡器正被另一个程序使用" "请等它用完，或关闭其他读卡程序后重试";
    Lost "D037" "与读卡器或卡的通讯中断" "请检查读卡器的连接，重新插卡后重试";
    Foreign "D038" "不是社会保障卡" "请换社会保障卡，并核对插入的读卡器";
    Locked "D039" "卡已被锁定" "请持卡人到发卡机构或合作银行解锁、换卡";
    Protected "D040" "此卡要经PSAM认证才能读取" "请改用带PSAM卡的读卡器和厂商的驱动";
    Refused "D041" "卡拒绝了命令" "请记下状态字，与地区的卡片规范核对，或联系发卡机构";
    Damaged "D042" "卡上的数据不完整" "请重新读卡；仍然如此时请持卡人到发卡机构检查";
    Usage "D043" "脚本对读卡器的使用不正确" "请核对设备脚本";
    Service "D044" "智能卡服务出错" "请重新插卡；仍然如此时重新连接读卡器，或重启智能卡服务";
    Late "D045" "没有在时限内完成" "请检查设备后重试；确实需要更久时加大timeout";
    Cancelled "D046" "已取消" "需要时请重新操作";
    NoPort "D050" "没有找到串口" "请核对mps.toml中的port，检查扫码枪的连接和驱动";
    PortInUse "D051" "串口正被另一个程序使用，或没有使用权限" "请关闭占用串口的程序；Linux上请把用户加入dialout组";
    PortFailed "D052" "串口不能使用" "请核对mps.toml中的baud等设置，重新连接扫码枪";
    NoCode "D053" "没有扫到码" "请让患者重新出示二维码，对准扫码枪";
    Unplugged "D054" "扫码途中串口断开" "请检查扫码枪的连接后重试";
    TooLong "D055" "扫码枪送来的数据过长" "请核对mps.toml中的baud和suffix，确认这个串口上接的是扫码枪";
    Unfinished "D056" "扫码枪送来的数据没有结束符" "请核对mps.toml中的suffix与扫码枪的设置是否一致";
    Garbled "D057" "扫码枪送来的数据不是所设字符集的文本" "请核对mps.toml中的charset和baud与扫码枪的设置是否一致";
}

impl Kind {
    fn row(self) -> &'static (&'static str, &'static str, &'static str) {
        // The enumeration and the table are made of the same rows.
        &TABLE[self as usize]
    }

    /// The fault in the table's own words.
    pub(in crate::device) fn plain(self) -> Fault {
        self.because(self.row().1)
    }

    /// The fault in other words.
    pub(in crate::device) fn because(self, text: impl Into<String>) -> Fault {
        Fault {
            kind: self,
            text: text.into(),
        }
    }

    /// The table's words with particulars in brackets.
    pub(in crate::device) fn with(self, particulars: impl fmt::Display) -> Fault {
        self.because(format!("{}（{particulars}）", self.row().1))
    }
}

impl Fault {
    pub(in crate::device) fn kind(&self) -> Kind {
        self.kind
    }

    /// A stable code, `D` and three digits.
    pub fn code(&self) -> &'static str {
        self.kind.row().0
    }

    /// What to do now.
    pub fn advice(&self) -> &'static str {
        self.kind.row().2
    }

    /// Every code with its text and its advice.
    pub fn table() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
        TABLE.iter().copied()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Fault {}
