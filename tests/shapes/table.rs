//! The shapes of vendors' functions, as data: a fake of a library (`tests/vendors`), the script that declares it (`tests/shapes`)
//! and what each of its methods has to give. `tests/shapes.rs` runs the table on Linux, `tests/release/vendors.rs` on Windows.
#![allow(dead_code, reason = "how DLLs are linked is not asked on Linux")]

/// One vendor's library and the script that declares it.
pub struct Shape {
    /// `tests/shapes/<script>.lua`.
    pub script: &'static str,
    /// What is built, dependencies first.
    pub libraries: &'static [Fake],
    /// What the script's methods give.
    pub cases: &'static [Case],
}

/// A C source of `tests/vendors` and the library that is made of it.
pub struct Fake {
    pub source: &'static str,
    /// `lib<stem>.so` or `<stem>.dll`.
    pub stem: &'static str,
    /// What a Windows linker is told besides.
    pub windows: Windows,
}

/// How a DLL is linked.
pub enum Windows {
    /// With plain names.
    Plain,
    /// With the names that a 32-bit compiler decorates.
    Decorated,
    /// With a definition file of `tests/vendors`.
    Defined(&'static str),
    /// Against the library of this stem, built before.
    Against(&'static str),
}

/// A method, and its fields or a part of its message.
pub type Case = (
    &'static str,
    Result<&'static [(&'static str, &'static str)], &'static str>,
);

const fn plain(source: &'static str, stem: &'static str) -> Fake {
    Fake {
        source,
        stem,
        windows: Windows::Plain,
    }
}

/// The devices' name on the desk.
pub const DEVICE: &str = "shape";

/// The function id whose request field `way` chooses a case by its number.
pub const FUNID: &str = "N99.00.00.01";

impl Shape {
    /// A script of function ids that calls every case's method.
    pub fn funid(&self) -> String {
        let mut values = String::new();
        let mut ways = String::new();
        for (number, (method, expected)) in self.cases.iter().enumerate() {
            let fields = expected.as_ref().copied().unwrap_or_default();
            let mapped = fields.iter().enumerate().map(|(index, (field, _))| {
                format!("{{ \"f{index}\", from = \"{field}\", title = \"{field}\" }}, ")
            });
            let mapped = mapped.collect::<String>() + "{ \"end\", value = \"-\", title = \"end\" }";
            values += &format!("[\"{number}\"] = \"{method}\", ");
            ways +=
                &format!("[\"{number}\"] = {{ call = \"{DEVICE}.{method}\", response = {{ {mapped} }} }},\n");
        }
        format!(
            "return mps.funid {{ title = \"形态\", by = \"way\",\n\
             request = {{ {{ \"way\", title = \"方式\", required = true, values = {{ {values} }} }} }},\n{ways}}}\n"
        )
    }
}

/// The request for a case.
pub fn request(number: usize) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><request><Header><funid>{FUNID}</funid><sign>0000000000000000</sign></Header>\
         <Body><way>{number}</way></Body></request>"
    )
}

pub const SHAPES: &[Shape] = &[
    Shape {
        script: "ssse32",
        libraries: &[plain("ssse32.c", "SSSE32")],
        cases: &[
            ("atr", Ok(&[("atr", "3B6D0000A7")])),
            ("no_card", Err("接口ICC_Reader_PowerOn失败[-2]:无卡，请插卡")),
            ("select", Ok(&[("answer", "6105")])),
            (
                "overrun",
                Err("ICC_Reader_Application写入answer至少300字节，超出声明的260字节"),
            ),
            (
                "too_long",
                Err("ICC_Reader_Application给出answer的长度为4000字节，超出声明的260字节"),
            ),
            ("not_hex", Err("参数command应为十六进制文本")),
            ("info", Ok(&[("info", "SSSE32 V3.00 of an invented make")])),
            ("pass", Ok(&[("pass", "123456"), ("rlen", "6")])),
            ("cancel", Err("失败[-1]:用户取消了输入")),
            ("by_hand", Ok(&[("sw", "06"), ("bytes", "2")])),
        ],
    },
    Shape {
        script: "ssse_reader",
        libraries: &[Fake {
            source: "ssse_reader.c",
            stem: "ssse_reader",
            windows: Windows::Decorated,
        }],
        cases: &[
            (
                "read",
                Ok(&[
                    ("info.card_id", "440400XXXXXXXXXXXXXXXXXXXXXXXXXX"),
                    ("info.card_no", "XXXXXXXXXX"),
                    ("info.card_issue_date", "20210118"),
                    ("info.user_id", "XXXXXXXXXXXXXXXXXX"),
                    ("info.user_name", "陈七"),
                    ("info.user_sex", "1"),
                    ("info.user_phone_number", ""),
                    ("tries", "6"),
                ]),
            ),
            ("wrong_pin", Err("失败[-5]:密码错误")),
            (
                "overrun",
                Err("icc_reader_get_card_user_info写入info至少140字节，超出声明的120字节"),
            ),
            ("nul", Err("参数pin含有NUL字符")),
            ("by_hand", Ok(&[("name", "陈七"), ("tries", "6")])),
        ],
    },
    Shape {
        script: "cardapi3",
        libraries: &[plain("cardapi3.c", "cardapi3")],
        cases: &[
            (
                "read",
                Ok(&[
                    ("info.name", "䶮喆"),
                    ("info.sex", "女"),
                    ("info.cardId", "XXXXXXXXXXXXXXXXXXXX"),
                    ("info.version", "3"),
                    ("info.counter", "4294967298"),
                ]),
            ),
            ("no_card", Err("失败[-2]:无证件")),
        ],
    },
    Shape {
        script: "cshis",
        libraries: &[plain("cshis.c", "CsHis")],
        cases: &[
            (
                "read",
                Ok(&[
                    ("card_no", "900000000000"),
                    ("id", "XXXXXXXXXX"),
                    ("birthday", "0870101"),
                    ("bytes", "72"),
                    ("len", "72"),
                ]),
            ),
            ("shown", Ok(&[("len", "72")])),
            ("version", Ok(&[("text", "健保")])),
            ("wrong", Err("失败[4050]:返回码4050")),
            ("lacking", Err("参数path含有动态库字符集无法表示的字符")),
        ],
    },
    Shape {
        script: "sdtapi",
        libraries: &[plain("sdtapi.c", "sdtapi")],
        cases: &[
            ("find", Ok(&[("iin", "0000000800000000")])),
            ("missing", Err("失败[128]:找卡不成功，请放好身份证")),
            (
                "read",
                Ok(&[
                    ("text", "张三  101XXXX"),
                    ("text_length", "22"),
                    ("photo", "574C66007E"),
                    ("photo_length", "5"),
                ]),
            ),
            ("failing", Err("失败[65]:读居民身份证失败")),
            ("photo", Ok(&[("bitmap", "BM")])),
        ],
    },
    Shape {
        script: "ctapi",
        libraries: &[plain("ctapi.c", "ctapi")],
        cases: &[
            (
                "read",
                Ok(&[("answer", "9000"), ("dad", "2"), ("sad", "200"), ("lenr", "2")]),
            ),
            ("wrong", Err("失败[-1]:参数无效")),
            ("overrun", Err("CT_data写入lenr至少4字节，超出声明的2字节")),
            ("range", Err("参数dad超出了声明的整数范围")),
            ("long", Err("参数command太长，它的长度超出了声明的整数范围")),
            ("twice", Err("失败[-8]:终端故障")),
        ],
    },
    Shape {
        script: "sscard_gz",
        libraries: &[plain("sscard_gz.c", "SSCardGZ")],
        cases: &[
            (
                "read",
                Ok(&[("area", "440600"), ("id", "XXXXXXXX"), ("name", "张三 ")]),
            ),
            ("sign", Ok(&[("sign", "WFhYWA==")])),
        ],
    },
    Shape {
        script: "lscp",
        libraries: &[plain("lscp.c", "LSCP")],
        cases: &[
            (
                "read",
                Ok(&[("result", "0000"), ("card", "331100|XXXXXXXX|XXXXXX|XXXX|王五|")]),
            ),
            ("no_card", Err("失败[-2]:无卡")),
            ("unknown", Err("失败[-1]:没有这个交易")),
        ],
    },
    Shape {
        script: "readcardbase",
        libraries: &[plain("readcardbase.c", "SSCardDriverGS")],
        cases: &[
            ("read", Ok(&[("area", "440600"), ("name", "黄九")])),
            // What was returned first has been taken back when the second is.
            ("debit", Ok(&[("first", "扣款一,1"), ("second", "扣款二,1")])),
        ],
    },
    Shape {
        script: "hdssse32",
        libraries: &[plain("hdssse32.c", "HDSSSE32")],
        cases: &[
            (
                "read",
                Ok(&[
                    ("photo", "photo.bmp"),
                    ("name", "买买提·吐尔逊"),
                    ("sex", "男"),
                    ("nation", "维吾尔"),
                    ("birth", "19980101"),
                    ("address", "某市某区"),
                    ("number", "XXXXXXXXXXXXXXXXXX"),
                    ("department", "某市公安局"),
                    ("from", "20210118"),
                    ("until_", "长期"),
                ]),
            ),
            ("failing", Err("失败[-12]:句柄无效")),
            (
                "overrun",
                Err("PICC_Reader_ReadIDMsg写入department至少100字节，超出声明的64字节"),
            ),
        ],
    },
    Shape {
        script: "heasec_dc",
        libraries: &[
            plain("dcrf32.c", "dcrf32"),
            Fake {
                source: "heasec_dc.c",
                stem: "HeaSecReadInfo",
                windows: Windows::Against("dcrf32"),
            },
        ],
        cases: &[
            ("read", Ok(&[("card_no", "DGXXXXXX"), ("name", "李四")])),
            ("photo", Ok(&[("card", "李四|D:\\1.bmp|")])),
            ("nothing", Ok(&[("card", "李四|没有照片|")])),
        ],
    },
    Shape {
        script: "sendrcv4",
        libraries: &[plain("sendrcv4.c", "SendRcv4")],
        cases: &[
            ("read", Ok(&[("xm", "周八")])),
            ("failed", Err("失败[P100]:无卡")),
        ],
    },
    Shape {
        script: "sscarddriver",
        libraries: &[plain("sscarddriver.c", "SSCardDriver")],
        cases: &[
            ("read", Ok(&[("area", "331100"), ("name", "王五")])),
            ("no_card", Err("失败[-2]:未检测到卡片")),
            ("steps", Ok(&[("name", "三代卡")])),
        ],
    },
    Shape {
        script: "termb",
        libraries: &[plain("termb.c", "termb")],
        cases: &[
            ("read", Ok(&[("name", "马十")])),
            ("too_early", Err("接口CVR_Read_Content失败[0]")),
        ],
    },
    Shape {
        script: "wsbdll",
        libraries: &[Fake {
            source: "wsbdll.c",
            stem: "WSBDLL",
            windows: Windows::Defined("wsbdll.def"),
        }],
        cases: &[
            (
                "balance",
                Ok(&[
                    ("cents", "4294967296"),
                    ("left", "4294967294"),
                    ("state", "0000 "),
                ]),
            ),
            ("refused", Err("失败[0017]:卡号不对")),
            ("range", Err("参数left超出了声明的整数范围")),
            ("serial", Ok(&[("serial", "1099511627781")])),
            (
                "many",
                Ok(&[
                    ("c", "1二4-5六"),
                    ("k", "-84000000000十1213"),
                    ("q", "1415十六18"),
                    ("g", "19"),
                ]),
            ),
        ],
    },
];
