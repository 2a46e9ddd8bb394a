//! The list of keys: the parser's suggestions, the shipped `mps.toml` and its test read the same one.

/// One key of `mps.toml`.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// The table it stands in: empty at the top, [`TIME_LIMITS`], [`HTTP`], [`JOURNAL`] or [`DEVICE`].
    pub table: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// Its default as written in TOML; `None` where leaving it out means "none" or "as the device's script says".
    pub default: Option<&'static str>,
    /// A value that it might have, as written in TOML.
    pub example: &'static str,
    /// What it is for, in a sentence.
    pub meaning: &'static str,
}

/// The table of time limits.
pub const TIME_LIMITS: &str = "time_limits";

/// The table of what `mps.http` may do.
pub const HTTP: &str = "http";

/// The table of the journal.
pub const JOURNAL: &str = "journal";

/// The tables of devices; the second part is the device's name.
pub const DEVICE: &str = "device.<名称>";

/// Every key of `mps.toml`. The other keys of a device's table are the settings that its script declares.
pub const KEYS: &[Key] = &[
    Key {
        table: "",
        name: "region",
        title: "行政区划代码",
        default: None,
        example: "\"350200\"",
        meaning: "由哪个地区的脚本应答；不写时只用基础脚本。",
    },
    Key {
        table: "",
        name: "simulate",
        title: "模拟全部设备",
        default: Some("false"),
        example: "true",
        meaning: "设为 true 时所有设备都由模拟数据应答，只用于联调。",
    },
    Key {
        table: "",
        name: "gate",
        title: "更新前试运行",
        default: Some("true"),
        example: "false",
        meaning: "改过的脚本先用 scripts 里随它的场景试运行，有不符就继续用原来的；设为 false 时不试。",
    },
    Key {
        table: "",
        name: "record",
        title: "录制调用",
        default: Some("false"),
        example: "true",
        meaning: "设为 true 时保留最近的调用供回放，其中患者的数据都换成编造的。",
    },
    Key {
        table: "",
        name: "response_capacity",
        title: "返回缓冲区大小",
        default: Some("8192"),
        example: "65536",
        meaning: "调用方为 MPS_Call 的 resp 准备的字节数，含结尾的 NUL。",
    },
    Key {
        table: "",
        name: "request_limit",
        title: "请求报文上限",
        default: Some("1048576"),
        example: "65536",
        meaning: "一份请求报文最多多少字节。",
    },
    Key {
        table: "",
        name: "script_memory",
        title: "脚本内存上限",
        default: Some("16777216"),
        example: "33554432",
        meaning: "一个线程的脚本最多占用多少字节内存；单个文本最多为它的十六分之一。",
    },
    Key {
        table: TIME_LIMITS,
        name: "script",
        title: "脚本运行时限",
        default: Some("1"),
        example: "0.5",
        meaning: "一次调用中脚本最多运行多少秒，等待设备的时间不算。",
    },
    Key {
        table: TIME_LIMITS,
        name: "device_call",
        title: "设备调用时限",
        default: Some("30"),
        example: "60",
        meaning: "设备的一次调用最多多少秒；设备脚本另有规定时以脚本为准。",
    },
    Key {
        table: TIME_LIMITS,
        name: "device_wait",
        title: "设备排队时限",
        default: Some("10"),
        example: "2.5",
        meaning: "设备正被另一次调用使用时，最多等多少秒。",
    },
    Key {
        table: TIME_LIMITS,
        name: "http_call",
        title: "HTTP调用时限",
        default: Some("10"),
        example: "5",
        meaning: "脚本用 mps.http 访问服务器，一次最多多少秒；脚本另有规定时以脚本为准。",
    },
    Key {
        table: TIME_LIMITS,
        name: "gate",
        title: "试运行时限",
        default: Some("5"),
        example: "20",
        meaning: "改过的脚本用场景试运行，一共最多多少秒。",
    },
    Key {
        table: HTTP,
        name: "hosts",
        title: "允许访问的服务器",
        default: Some("[]"),
        example: "[\"10.1.2.3:8080\", \"ec.example\"]",
        meaning: "脚本用 mps.http 只能访问这里列出的主机；不写端口时是 80。",
    },
    Key {
        table: JOURNAL,
        name: "on",
        title: "记日志",
        default: Some("true"),
        example: "false",
        meaning: "每次调用记一行，不含患者的数据；记不了时不影响调用。",
    },
    Key {
        table: JOURNAL,
        name: "folder",
        title: "日志文件夹",
        default: Some("'journal'"),
        example: "'D:\\mps日志'",
        meaning: "每天一个文件；相对路径从本文件所在的文件夹算起。",
    },
    Key {
        table: JOURNAL,
        name: "days",
        title: "日志保留天数",
        default: Some("30"),
        example: "90",
        meaning: "最多保留多少天的日志。",
    },
    Key {
        table: JOURNAL,
        name: "bytes",
        title: "日志总大小",
        default: Some("104857600"),
        example: "20971520",
        meaning: "全部日志最多占用多少字节，超过时删去最早的。",
    },
    Key {
        table: DEVICE,
        name: "folder",
        title: "厂商动态库所在文件夹",
        default: None,
        example: "'C:\\SSCard'",
        meaning: "相对路径从本文件所在的文件夹算起。",
    },
    Key {
        table: DEVICE,
        name: "file",
        title: "厂商动态库文件名",
        default: None,
        example: "'SSCardDriver.dll'",
        meaning: "与设备脚本所写的文件名不同时才需要；只写文件名。",
    },
    Key {
        table: DEVICE,
        name: "timeout",
        title: "本设备的调用时限",
        default: None,
        example: "60",
        meaning: "这台设备的一次调用最多多少秒，优先于脚本与 [time_limits]。",
    },
    Key {
        table: DEVICE,
        name: "foreground",
        title: "窗口提到最前面",
        default: None,
        example: "true",
        meaning: "设为 true 时把厂商动态库在调用中打开的窗口提到最前面，免得被调用程序挡住，优先于脚本。",
    },
    Key {
        table: DEVICE,
        name: "isolate",
        title: "在单独的进程里运行",
        default: None,
        example: "true",
        meaning: "设为 true 时厂商动态库在辅助进程里运行，崩溃、卡死都不影响调用程序，优先于脚本。",
    },
    Key {
        table: DEVICE,
        name: "on_caller_thread",
        title: "在调用程序的线程上运行",
        default: None,
        example: "true",
        meaning: "设为 true 时厂商的函数直接在调用程序的线程上运行，没有时限，优先于脚本；isolate 为 true 时不起作用。",
    },
    Key {
        table: DEVICE,
        name: "simulate",
        title: "模拟本设备",
        default: None,
        example: "true",
        meaning: "只对这台设备生效，优先于上面的 simulate。",
    },
];

/// The keys of one table.
pub(super) fn of(table: &str) -> impl Iterator<Item = &'static Key> {
    KEYS.iter().filter(move |key| key.table == table)
}

/// Whether a key of this name stands in some table.
pub(super) fn is_known(name: &str) -> bool {
    KEYS.iter().any(|key| key.name == name)
}
