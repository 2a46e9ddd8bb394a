//! The tables that declarations are made of: the readers refuse every other key, and editors and the manual know them.

use super::list::{Key, Record, Type};

const TITLE: Key = Key::needed("title", Type::Text, "名称，给人看的");

pub(in crate::script) static FUNID: Record = Record {
    class: "mps.Funid",
    given: false,
    what: "mps.funid",
    meaning: "一个功能编号：请求里有哪些字段，由哪个设备应答，返回哪些字段。\
              只有一种处理方式时直接写call和response；有多种时写by，再为它的每个取值写一个处理方式。",
    keys: &[
        TITLE,
        Key::optional("request", Type::List(&REQUEST_FIELD), "请求字段，按顺序"),
        Key::optional(
            "by",
            Type::Text,
            "由哪个请求字段的取值选择处理方式；这个字段要写values",
        ),
        Key::optional("call", Type::Text, "没有by时：设备.方法，例如\"card.read_card\""),
        Key::optional(
            "response",
            Type::List(&RESPONSE_FIELD),
            "没有by时：返回字段，按返回的顺序",
        ),
        Key::optional(
            "[string]",
            Type::Record(&WAY),
            "有by时：某个取值的处理方式，例如[\"03\"] = { … }",
        ),
    ],
};

pub(in crate::script) static REQUEST_FIELD: Record = Record {
    class: "mps.RequestField",
    given: false,
    what: "请求字段",
    meaning: "请求报文里的一个字段。",
    keys: &[
        Key::needed("[1]", Type::Text, "字段名"),
        TITLE,
        Key::optional("required", Type::Flag, "true时必须填写"),
        Key::optional(
            "values",
            Type::Table("table<string, string>"),
            "允许的取值和各自的名称；不写时任意",
        ),
    ],
};

pub(in crate::script) static WAY: Record = Record {
    class: "mps.Way",
    given: false,
    what: "处理方式",
    meaning: "一种处理方式。",
    keys: &[
        Key::needed("call", Type::Text, "设备.方法，例如\"card.read_card\""),
        Key::needed("response", Type::List(&RESPONSE_FIELD), "返回字段，按返回的顺序"),
    ],
};

pub(in crate::script) static RESPONSE_FIELD: Record = Record {
    class: "mps.ResponseField",
    given: false,
    what: "返回字段",
    meaning: "返回报文里的一个字段，from和value写一个。",
    keys: &[
        Key::needed("[1]", Type::Text, "字段名"),
        TITLE,
        Key::optional(
            "from",
            Type::Text,
            "取自设备方法结果的哪一项；方法给JSON时写路径，例如\"data.idNo\"",
        ),
        Key::optional("value", Type::Text, "写死的值"),
        Key::optional(
            "map",
            Type::Function("fun(value: string): string"),
            "再加工一次，例如mps.text.trim",
        ),
        Key::optional("block", Type::Flag, "true时内容单独成行"),
    ],
};

pub(in crate::script) static LIBRARY: Record = Record {
    class: "mps.Library",
    given: false,
    what: "mps.library",
    meaning: "一个设备：厂商动态库的文件、函数、出错说明和方法；或程序内置的读卡器（builtin），函数由程序给出。",
    keys: &[
        TITLE,
        Key::optional(
            "builtin",
            Type::Text,
            "不用厂商动态库的内置设备：\"pcsc\"（PC/SC读卡器）或\"serial\"（串口扫码枪）；这时不写file、functions等",
        ),
        Key::optional("file", Type::Record(&FILE), "动态库的文件名"),
        Key::optional(
            "preload",
            Type::Record(&PRELOAD),
            "要先加载的动态库，与它在同一文件夹",
        ),
        Key::optional(
            "convention",
            Type::Text,
            "32位Windows上的调用约定：\"stdcall\"（不写时）或\"cdecl\"",
        ),
        Key::optional(
            "charset",
            Type::Text,
            "文本的字符集：GBK（不写时）、UTF-8、UTF-16、Big5等；raw是原始字节，hex是十六进制文本",
        ),
        Key::optional("timeout", Type::Number, "每个函数的时限，秒"),
        Key::optional(
            "foreground",
            Type::Flag,
            "true时把它在调用中打开的窗口提到最前面（Windows），免得被调用程序挡住",
        ),
        Key::optional(
            "isolate",
            Type::Flag,
            "true时在单独的辅助进程里运行：它崩溃、卡死，都只是一次失败；位数与调用程序不同的动态库总是这样运行",
        ),
        Key::optional(
            "on_caller_thread",
            Type::Flag,
            "true时函数直接在调用程序的线程上运行：快，但没有时限，它不返回，调用程序就卡住；写了isolate的以isolate为准",
        ),
        Key::optional(
            "settings",
            Type::Table("table<string, mps.Setting>"),
            "要在mps.toml中填写的设置",
        ),
        Key::optional(
            "structs",
            Type::Table("table<string, mps.Struct>"),
            "函数填写的结构体",
        ),
        Key::optional(
            "functions",
            Type::Table("table<string, mps.FunctionDeclaration>"),
            "动态库导出的函数；内置设备不写，其余必写",
        ),
        Key::optional(
            "errors",
            Type::Table("table<integer|string, mps.ErrorText>"),
            "返回码的说明",
        ),
        Key::optional(
            "failure",
            Type::Text,
            "失败时的提示信息，可用${function}、${code}、${error}、${advice}",
        ),
        Key::optional("open", Type::Record(&CALL), "每次调用方法之前的打开"),
        Key::optional(
            "close",
            Type::Record(&CALL),
            "每次调用方法之后的关闭，方法失败时也关闭",
        ),
        Key::optional(
            "probe",
            Type::Either(&[Type::Flag, Type::Record(&CALL)]),
            "mps doctor怎样试这台设备而不碰病人的数据：true是只打开和关闭，或打开后再调用一个函数；不写时只加载",
        ),
        Key::needed(
            "methods",
            Type::Table(
                "table<string, mps.Method|fun(lib: mps.Lib, request: table<string, string>): table<string, string|number>>",
            ),
            "功能编号可以调用的方法：声明，或函数",
        ),
    ],
};

pub(in crate::script) static FILE: Record = Record {
    class: "mps.LibraryFile",
    given: false,
    what: "file",
    meaning: "动态库在各系统上的文件名。",
    keys: &[
        Key::optional("windows", Type::Text, "Windows上的文件名"),
        Key::optional("linux", Type::Text, "Linux上的文件名"),
    ],
};

pub(in crate::script) static SETTING: Record = Record {
    class: "mps.Setting",
    given: false,
    what: "设置项",
    meaning: "在mps.toml的[device.<设备名>]中填写的一项。",
    keys: &[
        TITLE,
        Key::optional("required", Type::Flag, "true时必须填写"),
        Key::optional("secret", Type::Flag, "true时是密钥或口令，任何地方都不显示"),
        Key::optional(
            "default",
            Type::Either(&[Type::Text, Type::Integer, Type::Flag]),
            "不填时的值",
        ),
    ],
};

pub(in crate::script) static PRELOAD: Record = Record {
    class: "mps.LibraryPreload",
    given: false,
    what: "preload",
    meaning: "在动态库之前加载的文件，按顺序。Linux上厂商的动态库用到别的动态库、自己又不加载时要写；Windows会在同一文件夹里找到。",
    keys: &[
        Key::optional("windows", Type::Table("string[]"), "Windows上的文件名"),
        Key::optional("linux", Type::Table("string[]"), "Linux上的文件名"),
    ],
};

pub(in crate::script) static STRUCT: Record = Record {
    class: "mps.Struct",
    given: false,
    what: "结构体",
    meaning: "C结构体，成员写作“类型 名称”，按顺序。类型有char[个数]、wchar[个数]（UTF-16）、byte[个数]（十六进制文本）和各种整数。",
    keys: &[
        Key::optional("[integer]", Type::Text, "一个成员，例如\"char[33] card_id\""),
        Key::optional(
            "pack",
            Type::Integer,
            "对齐的字节数，即#pragma pack：1、2、4、8或16；不写时按C的默认对齐",
        ),
    ],
};

pub(in crate::script) static FUNCTION: Record = Record {
    class: "mps.FunctionDeclaration",
    given: false,
    what: "函数声明",
    meaning: "一个导出函数：参数写作“类型 名称”，按顺序。类型有str（输入文本）、bytes（十六进制的输入）、out[字节数]（输出缓冲区）、\
              struct、i8到u64、int、long、handle等整数，以及指向整数的out i32、inout i32；写法见docs/设备手册.md。",
    keys: &[
        Key::optional(
            "[integer]",
            Type::Text,
            "一个参数，例如\"i32 type\"、\"out[1024] info length=len\"、\"i32 size(info)\"",
        ),
        Key::optional(
            "returns",
            Type::Text,
            "返回类型：整数类型、\"str\"或\"void\"（不写时）",
        ),
        Key::optional("free", Type::Text, "用哪个函数释放返回的文本；不写时不释放"),
        Key::optional(
            "ok",
            Type::Either(&[
                Type::Integer,
                Type::Text,
                Type::Table("(integer|string)[]"),
                Type::Record(&OK_FIELD),
            ]),
            "成功的返回值：一个值、几个值的列表、\">0\"或\">=0\"，或看某个输出；不写时总算成功",
        ),
        Key::optional(
            "error",
            Type::Either(&[Type::Text, Type::Record(&ERROR_CALL)]),
            "失败时，原因在哪个输出缓冲区里，或向哪个函数要",
        ),
        Key::optional(
            "errors",
            Type::Table("table<integer|string, mps.ErrorText>"),
            "只属于这个函数的返回码说明，先于整个库的errors",
        ),
        Key::optional("convention", Type::Text, "与整个库不同的调用约定"),
        Key::optional("charset", Type::Text, "与整个库不同的字符集"),
        Key::optional("symbol", Type::Text, "导出的名称，与这里的名称不同时写"),
        Key::optional("ordinal", Type::Integer, "Windows上按序号导出时的序号"),
    ],
};

pub(in crate::script) static OK_FIELD: Record = Record {
    class: "mps.OkField",
    given: false,
    what: "ok",
    meaning: "由某个输出判断成功，例如{ field = \"code\", \"0\" }；列表时不写field。",
    keys: &[
        Key::optional(
            "[integer]",
            Type::Either(&[Type::Integer, Type::Text]),
            "成功的值，一个或几个",
        ),
        Key::optional("field", Type::Text, "看哪个输出；它的值也就是返回码"),
    ],
};

pub(in crate::script) static ERROR_CALL: Record = Record {
    class: "mps.ErrorCall",
    given: false,
    what: "error",
    meaning: "失败后再调用一个函数取得原因。",
    keys: &[Key::needed(
        "call",
        Type::Text,
        "functions中的一个函数：没有输入参数，或只有返回码；给出文本",
    )],
};

pub(in crate::script) static ERROR_TEXT: Record = Record {
    class: "mps.ErrorText",
    given: false,
    what: "错误说明",
    meaning: "一个返回码的说明；动态库自己给出原因时以它为准。",
    keys: &[
        Key::needed("[1]", Type::Text, "说明"),
        Key::optional("advice", Type::Text, "接着该做什么"),
    ],
};

const INPUT_TYPES: &[Type] = &[Type::Text, Type::Integer, Type::Flag, Type::Record(&INPUT)];
const FUNCTION_NAME: Key = Key::needed("[1]", Type::Text, "functions中声明的函数名");
const INPUTS: Key = Key::optional(
    "[integer]",
    Type::Either(INPUT_TYPES),
    "输入参数，按函数声明中的顺序：写死的值，或{ setting = … }、{ request = … }、{ open = … }、{ json = { … } }",
);

pub(in crate::script) static CALL: Record = Record {
    class: "mps.FunctionCall",
    given: false,
    what: "函数调用",
    meaning: "对一个函数的调用。",
    keys: &[FUNCTION_NAME, INPUTS],
};

pub(in crate::script) static METHOD: Record = Record {
    class: "mps.Method",
    given: false,
    what: "方法",
    meaning: "一个方法：调用哪个函数，怎样读它的输出。split和json都不写时，输出缓冲区各按自己的名称取。",
    keys: &[
        FUNCTION_NAME,
        INPUTS,
        Key::optional("split", Type::Record(&SPLIT), "输出按分隔符切开"),
        Key::optional("json", Type::Record(&JSON), "输出是JSON"),
    ],
};

pub(in crate::script) static INPUT: Record = Record {
    class: "mps.Input",
    given: false,
    what: "输入参数",
    meaning: "不是写死的输入参数，四者写一个。",
    keys: &[
        Key::optional("setting", Type::Text, "取自settings中的一项"),
        Key::optional("request", Type::Text, "取自请求报文的一个字段"),
        Key::optional(
            "open",
            Type::Text,
            "取自打开设备的结果：\"returns\"是返回值，或一个输出的名称；常是句柄",
        ),
        Key::optional(
            "json",
            Type::Table("table<string, any>"),
            "一段JSON，其中的值也可以写{ setting = … }或{ request = … }",
        ),
    ],
};

pub(in crate::script) static SPLIT: Record = Record {
    class: "mps.Split",
    given: false,
    what: "split",
    meaning: "按分隔符切开的输出，例如{ \"info\", \"|\", \"area\", \"id\", \"cardnum\" }。",
    keys: &[
        Key::needed("[1]", Type::Text, "哪个输出缓冲区"),
        Key::needed("[2]", Type::Text, "分隔符"),
        Key::optional("[integer]", Type::Text, "各段的名称，按顺序"),
    ],
};

pub(in crate::script) static JSON: Record = Record {
    class: "mps.JsonOutput",
    given: false,
    what: "json",
    meaning: "JSON的输出，例如{ \"answer\", code = \"code\", ok = \"0\", error = \"message\" }。",
    keys: &[
        Key::needed("[1]", Type::Text, "哪个输出缓冲区"),
        Key::optional("as", Type::Text, "整段JSON按什么名称取，不写时是\"json\""),
        Key::optional("code", Type::Text, "结果码的路径，与ok一起写"),
        Key::optional(
            "ok",
            Type::Either(&[Type::Text, Type::Integer, Type::Table("string[]")]),
            "成功的结果码，一个或几个；0与\"0\"一样",
        ),
        Key::optional("error", Type::Text, "失败原因的路径"),
    ],
};

pub(super) static LIB: Record = Record {
    class: "mps.Lib",
    given: true,
    what: "lib",
    meaning: "写成函数的方法得到的第一个参数：设备的设置，和functions中声明的各函数。",
    keys: &[
        Key::needed(
            "settings",
            Type::Table("table<string, any>"),
            "设置的值，按名称取",
        ),
        Key::needed(
            "opened",
            Type::Table("table<string, any>"),
            "打开设备的结果：returns是返回值，其余是各输出；没有声明open时读它就报错",
        ),
        Key::optional(
            "[string]",
            Type::Function("fun(...: string|integer|boolean): mps.Result"),
            "声明的函数，参数是它的输入参数，按顺序",
        ),
    ],
};

pub(super) static RESULT: Record = Record {
    class: "mps.Result",
    given: true,
    what: "返回值",
    meaning: "lib.函数()的结果。ok为false时再读输出，就会以设备的错误失败。",
    keys: &[
        Key::needed("ok", Type::Flag, "返回值是否算成功"),
        Key::needed("code", Type::Either(&[Type::Integer, Type::Text]), "返回值"),
        Key::optional("error", Type::Text, "ok为false时的原因"),
        Key::optional(
            "[string]",
            // A text mostly; which it is stands in the declaration, where annotations cannot look.
            Type::Any,
            "各输出的内容，按声明中的名称取；结构体是它的成员的表",
        ),
    ],
};

pub(in crate::script) static SIMULATION: Record = Record {
    class: "mps.Simulation",
    given: false,
    what: "mps.simulation",
    meaning: "模拟设备时，各函数给出什么。",
    keys: &[
        TITLE,
        Key::needed(
            "functions",
            Type::Table("table<string, mps.StandIn|fun(...: string|integer): mps.StandIn>"),
            "各函数的结果；写成函数时，参数是它的输入参数",
        ),
    ],
};

pub(in crate::script) static PROTOCOL: Record = Record {
    class: "mps.Protocol",
    given: false,
    what: "mps.protocol",
    meaning: "本地区怎样签名和验签，至少写一个。",
    keys: &[
        Key::optional(
            "sign",
            Type::Function("fun(message: mps.Message): string"),
            "返回报文的签名，十六位小写字母或数字",
        ),
        Key::optional(
            "verify",
            Type::Function("fun(message: mps.Message): boolean?, string?"),
            "请求报文的签名是否正确，不正确时可再给原因",
        ),
    ],
};

pub(super) static MESSAGE: Record = Record {
    class: "mps.Message",
    given: true,
    what: "报文",
    meaning: "sign和verify得到的报文。",
    keys: &[
        Key::needed("funid", Type::Text, "功能编号"),
        Key::needed("sign", Type::Text, "请求报文的签名"),
        Key::needed("text", Type::Text, "<Body>与</Body>之间的原文"),
        Key::needed("fields", Type::Table("table<string, string>"), "各字段，按名称取"),
        Key::optional("result", Type::Text, "返回报文的结果，只有sign得到"),
        Key::optional("msg", Type::Text, "返回报文的提示信息，只有sign得到"),
    ],
};

pub(super) static STAND_IN: Record = Record {
    class: "mps.StandIn",
    given: false,
    what: "模拟函数",
    meaning: "一个函数的模拟结果。",
    keys: &[
        Key::optional("returns", Type::Either(&[Type::Integer, Type::Text]), "返回值"),
        Key::optional(
            "[string]",
            Type::Either(&[
                Type::Text,
                Type::Integer,
                Type::Table("table<string, string|integer>"),
            ]),
            "各输出的内容，按声明中的名称写；结构体是它的成员的表",
        ),
    ],
};
