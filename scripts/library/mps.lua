---@meta
-- mps模块的注解，供编辑器提示和检查。由程序中的列表生成，请勿手改；运行时不读本文件。

---一个功能编号：请求里有哪些字段，由哪个设备应答，返回哪些字段。只有一种处理方式时直接写call和response；有多种时写by，再为它的每个取值写一个处理方式。
---@class (exact) mps.Funid
---@field title string 名称，给人看的
---@field request? mps.RequestField[] 请求字段，按顺序
---@field by? string 由哪个请求字段的取值选择处理方式；这个字段要写values
---@field call? string 没有by时：设备.方法，例如"card.read_card"
---@field response? mps.ResponseField[] 没有by时：返回字段，按返回的顺序
---@field [string] mps.Way|string|mps.RequestField[]|mps.ResponseField[] 有by时：某个取值的处理方式，例如["03"] = { … }

---请求报文里的一个字段。
---@class (exact) mps.RequestField
---@field [1] string 字段名
---@field title string 名称，给人看的
---@field required? boolean true时必须填写
---@field values? table<string, string> 允许的取值和各自的名称；不写时任意

---一种处理方式。
---@class (exact) mps.Way
---@field call string 设备.方法，例如"card.read_card"
---@field response mps.ResponseField[] 返回字段，按返回的顺序

---返回报文里的一个字段，from和value写一个。
---@class (exact) mps.ResponseField
---@field [1] string 字段名
---@field title string 名称，给人看的
---@field from? string 取自设备方法结果的哪一项；方法给JSON时写路径，例如"data.idNo"
---@field value? string 写死的值
---@field map? fun(value: string): string 再加工一次，例如mps.text.trim
---@field block? boolean true时内容单独成行

---一个设备：厂商动态库的文件、函数、出错说明和方法；或程序内置的读卡器（builtin），函数由程序给出。
---@class (exact) mps.Library
---@field title string 名称，给人看的
---@field builtin? string 不用厂商动态库的内置设备："pcsc"（PC/SC读卡器）或"serial"（串口扫码枪）；这时不写file、functions等
---@field file? mps.LibraryFile 动态库的文件名
---@field preload? mps.LibraryPreload 要先加载的动态库，与它在同一文件夹
---@field convention? string 32位Windows上的调用约定："stdcall"（不写时）或"cdecl"
---@field charset? string 文本的字符集：GBK（不写时）、UTF-8、UTF-16、Big5等；raw是原始字节，hex是十六进制文本
---@field timeout? number 每个函数的时限，秒
---@field foreground? boolean true时把它在调用中打开的窗口提到最前面（Windows），免得被调用程序挡住
---@field isolate? boolean true时在单独的辅助进程里运行：它崩溃、卡死，都只是一次失败；位数与调用程序不同的动态库总是这样运行
---@field on_caller_thread? boolean true时函数直接在调用程序的线程上运行：快，但没有时限，它不返回，调用程序就卡住；写了isolate的以isolate为准
---@field settings? table<string, mps.Setting> 要在mps.toml中填写的设置
---@field structs? table<string, mps.Struct> 函数填写的结构体
---@field functions? table<string, mps.FunctionDeclaration> 动态库导出的函数；内置设备不写，其余必写
---@field errors? table<integer|string, mps.ErrorText> 返回码的说明
---@field failure? string 失败时的提示信息，可用${function}、${code}、${error}、${advice}
---@field open? mps.FunctionCall 每次调用方法之前的打开
---@field close? mps.FunctionCall 每次调用方法之后的关闭，方法失败时也关闭
---@field probe? boolean|mps.FunctionCall mps doctor怎样试这台设备而不碰病人的数据：true是只打开和关闭，或打开后再调用一个函数；不写时只加载
---@field methods table<string, mps.Method|fun(lib: mps.Lib, request: table<string, string>): table<string, string|number>> 功能编号可以调用的方法：声明，或函数

---动态库在各系统上的文件名。
---@class (exact) mps.LibraryFile
---@field windows? string Windows上的文件名
---@field linux? string Linux上的文件名

---在动态库之前加载的文件，按顺序。Linux上厂商的动态库用到别的动态库、自己又不加载时要写；Windows会在同一文件夹里找到。
---@class (exact) mps.LibraryPreload
---@field windows? string[] Windows上的文件名
---@field linux? string[] Linux上的文件名

---在mps.toml的[device.<设备名>]中填写的一项。
---@class (exact) mps.Setting
---@field title string 名称，给人看的
---@field required? boolean true时必须填写
---@field secret? boolean true时是密钥或口令，任何地方都不显示
---@field default? string|integer|boolean 不填时的值

---C结构体，成员写作“类型 名称”，按顺序。类型有char[个数]、wchar[个数]（UTF-16）、byte[个数]（十六进制文本）和各种整数。
---@class (exact) mps.Struct
---@field [integer] string 一个成员，例如"char[33] card_id"
---@field pack? integer 对齐的字节数，即#pragma pack：1、2、4、8或16；不写时按C的默认对齐

---一个导出函数：参数写作“类型 名称”，按顺序。类型有str（输入文本）、bytes（十六进制的输入）、out[字节数]（输出缓冲区）、struct、i8到u64、int、long、handle等整数，以及指向整数的out i32、inout i32；写法见docs/设备手册.md。
---@class (exact) mps.FunctionDeclaration
---@field [integer] string 一个参数，例如"i32 type"、"out[1024] info length=len"、"i32 size(info)"
---@field returns? string 返回类型：整数类型、"str"或"void"（不写时）
---@field free? string 用哪个函数释放返回的文本；不写时不释放
---@field ok? integer|string|(integer|string)[]|mps.OkField 成功的返回值：一个值、几个值的列表、">0"或">=0"，或看某个输出；不写时总算成功
---@field error? string|mps.ErrorCall 失败时，原因在哪个输出缓冲区里，或向哪个函数要
---@field errors? table<integer|string, mps.ErrorText> 只属于这个函数的返回码说明，先于整个库的errors
---@field convention? string 与整个库不同的调用约定
---@field charset? string 与整个库不同的字符集
---@field symbol? string 导出的名称，与这里的名称不同时写
---@field ordinal? integer Windows上按序号导出时的序号

---由某个输出判断成功，例如{ field = "code", "0" }；列表时不写field。
---@class (exact) mps.OkField
---@field [integer] integer|string 成功的值，一个或几个
---@field field? string 看哪个输出；它的值也就是返回码

---失败后再调用一个函数取得原因。
---@class (exact) mps.ErrorCall
---@field call string functions中的一个函数：没有输入参数，或只有返回码；给出文本

---一个返回码的说明；动态库自己给出原因时以它为准。
---@class (exact) mps.ErrorText
---@field [1] string 说明
---@field advice? string 接着该做什么

---对一个函数的调用。
---@class (exact) mps.FunctionCall
---@field [1] string functions中声明的函数名
---@field [integer] string|integer|boolean|mps.Input 输入参数，按函数声明中的顺序：写死的值，或{ setting = … }、{ request = … }、{ open = … }、{ json = { … } }

---一个方法：调用哪个函数，怎样读它的输出。split和json都不写时，输出缓冲区各按自己的名称取。
---@class (exact) mps.Method
---@field [1] string functions中声明的函数名
---@field [integer] string|integer|boolean|mps.Input 输入参数，按函数声明中的顺序：写死的值，或{ setting = … }、{ request = … }、{ open = … }、{ json = { … } }
---@field split? mps.Split 输出按分隔符切开
---@field json? mps.JsonOutput 输出是JSON

---不是写死的输入参数，四者写一个。
---@class (exact) mps.Input
---@field setting? string 取自settings中的一项
---@field request? string 取自请求报文的一个字段
---@field open? string 取自打开设备的结果："returns"是返回值，或一个输出的名称；常是句柄
---@field json? table<string, any> 一段JSON，其中的值也可以写{ setting = … }或{ request = … }

---按分隔符切开的输出，例如{ "info", "|", "area", "id", "cardnum" }。
---@class (exact) mps.Split
---@field [1] string 哪个输出缓冲区
---@field [2] string 分隔符
---@field [integer] string 各段的名称，按顺序

---JSON的输出，例如{ "answer", code = "code", ok = "0", error = "message" }。
---@class (exact) mps.JsonOutput
---@field [1] string 哪个输出缓冲区
---@field as? string 整段JSON按什么名称取，不写时是"json"
---@field code? string 结果码的路径，与ok一起写
---@field ok? string|integer|string[] 成功的结果码，一个或几个；0与"0"一样
---@field error? string 失败原因的路径

---写成函数的方法得到的第一个参数：设备的设置，和functions中声明的各函数。
---@class (exact) mps.Lib
---@field settings table<string, any> 设置的值，按名称取
---@field opened table<string, any> 打开设备的结果：returns是返回值，其余是各输出；没有声明open时读它就报错
---@field [string] fun(...: string|integer|boolean): mps.Result 声明的函数，参数是它的输入参数，按顺序

---lib.函数()的结果。ok为false时再读输出，就会以设备的错误失败。
---@class (exact) mps.Result
---@field ok boolean 返回值是否算成功
---@field code integer|string 返回值
---@field error? string ok为false时的原因
---@field [string] any 各输出的内容，按声明中的名称取；结构体是它的成员的表

---模拟设备时，各函数给出什么。
---@class (exact) mps.Simulation
---@field title string 名称，给人看的
---@field functions table<string, mps.StandIn|fun(...: string|integer): mps.StandIn> 各函数的结果；写成函数时，参数是它的输入参数

---一个函数的模拟结果。
---@class (exact) mps.StandIn
---@field returns? integer|string 返回值
---@field [string] string|integer|table<string, string|integer>|integer|string 各输出的内容，按声明中的名称写；结构体是它的成员的表

---本地区怎样签名和验签，至少写一个。
---@class (exact) mps.Protocol
---@field sign? fun(message: mps.Message): string 返回报文的签名，十六位小写字母或数字
---@field verify? fun(message: mps.Message): boolean?, string? 请求报文的签名是否正确，不正确时可再给原因

---sign和verify得到的报文。
---@class (exact) mps.Message
---@field funid string 功能编号
---@field sign string 请求报文的签名
---@field text string <Body>与</Body>之间的原文
---@field fields table<string, string> 各字段，按名称取
---@field result? string 返回报文的结果，只有sign得到
---@field msg? string 返回报文的提示信息，只有sign得到

---mps.fail的选项。
---@class (exact) mps.FailOptions
---@field code? string|integer 返回报文的结果，不写时是-1

---mps.text.split的选项。
---@class (exact) mps.SplitOptions
---@field short? boolean true时允许段数少于names，缺的段没有值（nil）

---mps.text.columns的选项。
---@class (exact) mps.ColumnsOptions
---@field short? boolean true时允许数据比各列短，缺的列是""

---mps.http.get和mps.http.post的请求。
---@class (exact) mps.HttpRequest
---@field url string 网址，以http://开头，主机要列在mps.toml的[http] hosts中
---@field body? string 正文
---@field headers? table<string, string> 请求头；不写Content-Type时，正文以{或[开头的是application/json，其他的是text/plain，均为UTF-8
---@field timeout? number 时限，秒，至多300；不写时按mps.toml的[time_limits] http_call

---服务器的回答。没有得到回答时ok是false、error是原因，再读status或body就会以这个原因失败。
---@class (exact) mps.HttpAnswer
---@field ok boolean 是否得到回答，且状态码是200到299
---@field status integer 状态码
---@field body string 正文，按回答声明的字符集变成文字；没有声明时，不是UTF-8就当作GBK
---@field error? string ok为false时的原因

---t:call和t:send的结果。返回报文读不出来时，报文里的各项都是nil。
---@class (exact) mps.Answered
---@field code integer MPS_Call的返回值，0表示resp里有返回报文
---@field result? string 结果
---@field msg? string 提示信息
---@field funid? string 功能编号
---@field sign? string 签名
---@field charset? string 返回报文的编码，例如GBK
---@field body table<string, string?> 各返回字段，按名称取；没有的是nil
---@field text string 整份返回报文，已变成文字
---@field bytes string 整份返回报文的字节
---@field elapsed number 这次调用的虚拟秒数

---怎样调用。
---@class (exact) mps.CallOptions
---@field sign? string 请求报文的sign
---@field charset? string 请求报文的编码：GBK（不写时）、GB2312、GB18030、UTF-8、UTF-16
---@field buffer? string resp里先有什么：zeros（不写时）、spaces（PowerBuilder的Space）、wide_spaces（16位的空格）
---@field capacity? integer resp的字节数，不写时65536

---场景里一个网址的应答。
---@class (exact) mps.ServerAnswer
---@field status? integer 状态码，不写时200
---@field body? string|table 正文；表写成JSON
---@field content_type? string Content-Type，不写时表是application/json，其他的是text/plain，均为UTF-8

---@class mps
mps = {}

---声明一个功能编号，由scripts/funids/<功能编号>.lua返回。
---
---例：`return mps.funid { title = "医保病人信息", call = "card.read_card", response = { { "name", from = "name", title = "姓名" } } }`
---@param declaration mps.Funid 声明
---@return mps.Funid declaration 同一个表
function mps.funid(declaration) end

---声明一个厂商动态库，由scripts/devices/<设备名>.lua返回。
---
---例：`return mps.library { title = "读卡器", functions = { … }, methods = { … } }`
---@param declaration mps.Library 声明
---@return mps.Library declaration 同一个表
function mps.library(declaration) end

---声明模拟设备时各函数给出什么，由scripts/simulated/<设备名>.lua返回。
---
---例：`return mps.simulation { title = "模拟读卡器", functions = { iReadCardBas = { returns = -2 } } }`
---@param declaration mps.Simulation 声明
---@return mps.Simulation declaration 同一个表
function mps.simulation(declaration) end

---声明本地区怎样签名和验签，由scripts/regions/<代码>/protocol.lua返回。
---
---例：`return mps.protocol { sign = function(message) return mps.crypto.md5(message.text .. "XXXX"):sub(1, 16) end }`
---@param declaration mps.Protocol 声明
---@return mps.Protocol declaration 同一个表
function mps.protocol(declaration) end

---下面一层的同名脚本所返回的声明，改过之后再返回；只能写在文件的最外层。请求字段和返回字段可以按名称取、换、删。
---
---例：`local f = mps.base() f["03"].response.name.map = mps.text.trim return f`
---@return any declaration 下层的声明，每次都是新的表
function mps.base() end

---以失败结束这次调用，msg就是返回报文的提示信息。
---
---例：`if r.code == -2 then mps.fail("无卡，请插入社会保障卡") end`
---@param msg string 提示信息：发生了什么，接着该做什么
---@param options? mps.FailOptions 选项
function mps.fail(msg, options) end

---文本
---@class mps.text
mps.text = {}

---去掉首尾的空白：空格、换行、全角空格和NUL。
---
---例：`mps.text.trim(" 张三　")`
---@param text string 文字
---@return string trimmed 去掉空白后的文字
function mps.text.trim(text) end

---按分隔符切开。写了names就按名称取各段，名称写""的段不要；段数少于names时报错，多出的段不要。
---
---例：`mps.text.split("350200|XXXXXXXX|", "|", { "area", "id" })`
---@param text string 要切开的文字
---@param delimiter string 分隔符，例如"|"、":"、"^"，不能为空
---@param names? string[] 各段的名称，按顺序；不写时结果按序号取
---@param options? mps.SplitOptions 选项
---@return table<any, string> pieces 各段，按名称或序号取
function mps.text.split(text, delimiter, names, options) end

---按字节切开定长的各列（列宽是在charset中的字节数），各列去掉首尾空白。被切断的半个汉字换成“�”，并在第二个结果里列出这样的列。
---
---例：`mps.text.columns("X001张三  M", { { "no", 4 }, { "name", 6 }, { "sex", 1 } })`
---@param data string 设备给的文字，或charset编码的原始字节
---@param columns [string, integer][] 各列，按顺序，每列写{ 名称, 字节数 }；名称写""的列不要
---@param charset? string 字符集：GBK（不写时）、Big5、UTF-8、UTF-16LE等
---@param options? mps.ColumnsOptions 选项
---@return table<string, string> values 各列，按名称取
---@return string[] cut 有汉字被切断的列的名称，没有时为空表
function mps.text.columns(data, columns, charset, options) end

---GBK编码的字节数：汉字2，字母和数字1；GBK没有的字按GB18030，多为4。
---
---例：`mps.text.width("张三A")`
---@param text string 文字
---@return integer bytes 字节数
function mps.text.width(text) end

---截短到至多width个GBK字节，不切断汉字。
---
---例：`mps.text.cut("张三丰", 5)`
---@param text string 文字
---@param width integer 最多的GBK字节数
---@return string cut 截短后的文字
function mps.text.cut(text, width) end

---补足到width个GBK字节，补在右边；已经够宽的不变。
---
---例：`mps.text.pad("42", 6, "0", true)`
---@param text string 文字
---@param width integer GBK字节数，至多65536
---@param fill? string 用来补的字符，一个字节宽；不写时是空格
---@param left? boolean true时补在左边
---@return string padded 补足后的文字
function mps.text.pad(text, width, fill, left) end

---全角的字母、数字、符号和空格换成半角。
---
---例：`mps.text.narrow("ＤＧ０１")`
---@param text string 文字
---@return string narrow 半角文字
function mps.text.narrow(text) end

---旧字库放在自定义区的生僻字换成GB18030-2022的标准码位，同一个姓名由此才能比较相等。
---
---例：`mps.text.normalize("\u{E863}")`
---@param text string 文字，例如姓名
---@return string normal 换成标准码位的文字
function mps.text.normalize(text) end

---文字变成某种字符集的字节，例如签名要按GBK计算时；字符集没有的字报错。
---
---例：`mps.text.encode("张", "GBK")`
---@param text string 文字
---@param charset string 字符集：GBK、GB18030、Big5、UTF-8、UTF-16LE等
---@return string bytes 字节
function mps.text.encode(text, charset) end

---某种字符集的字节变成文字；不成字的字节换成“�”。
---
---例：`mps.text.decode("\xD5\xC5", "GBK")`
---@param bytes string 字节
---@param charset string 字符集：GBK、GB18030、Big5、UTF-8、UTF-16LE等
---@return string text 文字
function mps.text.decode(bytes, charset) end

---JSON
---@class mps.json
mps.json = {}

---JSON文字变成Lua的值：对象和列表是表，null是nil；开头的BOM、首尾的空白和NUL不算错。超过19位的整数保留为文本，一位不少。
---
---例：`mps.json.decode('{"code":0,"data":{"idNo":"XXXX"},"extra":null}')`
---@param text string JSON文字
---@return any value Lua的值
function mps.json.decode(text) end

---按路径取JSON里的一项，数字和true/false也给文本，所以code写成0还是"0"都能与"0"比较；路上遇到的JSON文本（例如"data":"{…}"）自动再解析一次；没有这一项、null和"null"都给nil。
---
---例：`mps.json.get('{"code":0,"data":"{\\"idNo\\":\\"XXXX\\"}"}', "data.idNo")`
---@param json string|table JSON文字，或mps.json.decode的结果
---@param path string 路径，例如"data.idNo"；列表用序号，例如"list.1.name"
---@return string|table|nil value 文本；对象和列表给表
function mps.json.get(json, path) end

---Lua的值变成JSON文字，键按字母排序，同样的值总是同样的文字。
---
---例：`mps.json.encode({ orgId = "H350", ids = { 1, 2 } })`
---@param value any 表、文本、数字、true/false；键为1、2、3…的表写成列表，其他的写成对象
---@return string text JSON文字
function mps.json.encode(value) end

---身份证号
---@class mps.id
mps.id = {}

---检查身份证号：位数、出生日期、18位号码的校验码。
---
---例：`mps.id.check("99000019980101001X")`
---@param id_no string 身份证号，15位或18位，末位x不分大小写
---@return boolean right 是否正确
---@return string? why 不正确时的原因，不含号码本身
function mps.id.check(id_no) end

---15位身份证号变成18位；已是18位的只把末位x变大写；不正确的给nil。
---
---例：`#mps.id.upgrade("990000980101001")`
---@param id_no string 身份证号，15位或18位，末位x不分大小写
---@return string? id_no 18位身份证号
function mps.id.upgrade(id_no) end

---身份证号中的出生日期；号码不正确时给nil。
---
---例：`mps.id.birthday("990000980101001")`
---@param id_no string 身份证号，15位或18位，末位x不分大小写
---@return string? date 例如"1998-01-01"
function mps.id.birthday(id_no) end

---身份证号中的性别；号码不正确时给nil。
---
---例：`mps.id.sex("990000980101001")`
---@param id_no string 身份证号，15位或18位，末位x不分大小写
---@return string? sex "1"男，"2"女
function mps.id.sex(id_no) end

---日期
---@class mps.date
mps.date = {}

---把各种写法的日期读成"1998-01-01"。不写pattern时认得19980101、1998-1-1、1998.01.01、1998/01/01、1998年1月1日，后面跟着的时间不要；不是日期或日期不存在时给nil和原因。
---
---例：`mps.date.parse("0870101", "yyymmdd")`
---@param text string 日期的文字
---@param pattern? string 写法，例如民国日期"yyymmdd"；字母的含义见mps.date.format
---@return string? date 例如"1998-01-01"
---@return string? why 不是日期时的原因
function mps.date.parse(text, pattern) end

---把"1998-01-01"或"1998-01-01 09:30:00"写成别的样子。
---
---例：`mps.date.format("1998-01-01", "yyyy年m月d日")`
---@param date string mps.date.parse或mps.date.now的结果
---@param pattern string yyyy、mm、dd是补足位数的年月日，m、d不补零，yyy是民国年（三位），HH、MM、SS是时分秒，其余照写
---@return string text 日期的文字
function mps.date.format(date, pattern) end

---现在的北京时间。
---
---例：`mps.date.format(mps.date.now(), "yyyymmddHHMMSS")`
---@return string time 例如"1998-01-01 09:30:00"
function mps.date.now() end

---十六进制
---@class mps.hex
mps.hex = {}

---字节写成大写的十六进制。
---
---例：`mps.hex.encode("\x3B\x6D")`
---@param bytes string 字节
---@return string text 十六进制文字
function mps.hex.encode(bytes) end

---十六进制文字变成字节；字节之间可以有空格。
---
---例：`mps.hex.decode("3B 6D")`
---@param text string 十六进制文字，不分大小写
---@return string bytes 字节
function mps.hex.decode(text) end

---BCD码
---@class mps.bcd
mps.bcd = {}

---数字写成BCD字节，每字节两位；位数为奇数时末尾补F。
---
---例：`mps.bcd.encode("19980101")`
---@param digits string 数字0到9
---@return string bytes 字节
function mps.bcd.encode(digits) end

---BCD字节变成数字；末尾补的F去掉。
---
---例：`mps.bcd.decode("\x19\x98\x01\x01")`
---@param bytes string 字节
---@return string digits 数字
function mps.bcd.decode(bytes) end

---Base64
---@class mps.base64
mps.base64 = {}

---字节写成Base64。
---
---例：`mps.base64.encode("abc")`
---@param bytes string 字节
---@return string text Base64文字，不换行
function mps.base64.encode(bytes) end

---Base64文字变成字节；空白和换行不算错。
---
---例：`mps.base64.decode("YWJj")`
---@param text string Base64文字
---@return string bytes 字节
function mps.base64.decode(text) end

---摘要与签名
---@class mps.crypto
mps.crypto = {}

---MD5摘要。
---
---例：`mps.crypto.md5("abc")`
---@param data string 字节；文字按UTF-8，需要GBK时先用mps.text.encode
---@return string hex 小写的十六进制；需要大写时用:upper()，需要字节时用mps.hex.decode
function mps.crypto.md5(data) end

---国密SM3摘要（GB/T 32905）。
---
---例：`mps.crypto.sm3("abc")`
---@param data string 字节；文字按UTF-8，需要GBK时先用mps.text.encode
---@return string hex 小写的十六进制；需要大写时用:upper()，需要字节时用mps.hex.decode
function mps.crypto.sm3(data) end

---SHA-256摘要。
---
---例：`mps.crypto.sha256("abc")`
---@param data string 字节；文字按UTF-8，需要GBK时先用mps.text.encode
---@return string hex 小写的十六进制；需要大写时用:upper()，需要字节时用mps.hex.decode
function mps.crypto.sha256(data) end

---用密钥的HMAC-MD5。
---
---例：`mps.crypto.hmac_md5("Jefe", "what do ya want for nothing?")`
---@param key string 密钥的字节
---@param data string 字节；文字按UTF-8，需要GBK时先用mps.text.encode
---@return string hex 小写的十六进制；需要大写时用:upper()，需要字节时用mps.hex.decode
function mps.crypto.hmac_md5(key, data) end

---用密钥的HMAC-SM3。
---
---例：`#mps.crypto.hmac_sm3("key", "data")`
---@param key string 密钥的字节
---@param data string 字节；文字按UTF-8，需要GBK时先用mps.text.encode
---@return string hex 小写的十六进制；需要大写时用:upper()，需要字节时用mps.hex.decode
function mps.crypto.hmac_sm3(key, data) end

---用密钥的HMAC-SHA256。
---
---例：`mps.crypto.hmac_sha256("Jefe", "what do ya want for nothing?")`
---@param key string 密钥的字节
---@param data string 字节；文字按UTF-8，需要GBK时先用mps.text.encode
---@return string hex 小写的十六进制；需要大写时用:upper()，需要字节时用mps.hex.decode
function mps.crypto.hmac_sha256(key, data) end

---HTTP
---@class mps.http
mps.http = {}

---用GET访问mps.toml中[http] hosts列出的服务器。不跟随重定向，回答至多4 MiB；暂不支持https。模拟设备时不访问服务器，直接报错。
---
---例：`mps.http.get { url = "http://10.1.2.3:8080/ping", timeout = 3 }`
---@param request mps.HttpRequest 请求
---@return mps.HttpAnswer answer 服务器的回答
function mps.http.get(request) end

---用POST访问服务器，其余与mps.http.get相同。
---
---例：`mps.http.post { url = "http://10.1.2.3:8080/hsm", body = mps.json.encode({ data = r.info }) }`
---@param request mps.HttpRequest 请求
---@return mps.HttpAnswer answer 服务器的回答
function mps.http.post(request) end

---提示
---@class mps.log
mps.log = {}

---记一条提示，mps call会显示它；患者的姓名、号码、令牌都被遮住。加载脚本时的提示不记。
---
---例：`mps.log.info("改用服务器鉴权", { code = r.code })`
---@param text string 说明；其中的号码和令牌会被遮住，姓名请写在fields里
---@param fields? table<string, any> 要记的值：短的编码和数字照写，其他的只露首尾
function mps.log.info(text, fields) end

---记一条警告，其余与mps.log.info相同。
---
---例：`mps.log.warn("姓名被截断", { name = r.name })`
---@param text string 说明；其中的号码和令牌会被遮住，姓名请写在fields里
---@param fields? table<string, any> 要记的值：短的编码和数字照写，其他的只露首尾
function mps.log.warn(text, fields) end

---场景文件里的全局函数：scenario("名称", function(t) … end)声明一个场景。一个文件可以写许多个，名称不能相同。
---@class mps.scenario
---@overload fun(name: string, play: fun(t: mps.Scenario))
scenario = {}

---由数据各声明一个场景：名称里的${1}、${键}换成那一行的值。
---
---例：`scenario.each("返回码${1}", { { -2, "无卡" }, { -11, "连接失败" } }, function(t, row) … end)`
---@param name string 名称，例如"返回码${1}"
---@param rows table[] 各行
---@param play fun(t: mps.Scenario, row: table) 场景，得到t和那一行
function scenario.each(name, rows, play) end

---场景得到的t：准备设备和服务器，调用，写出期望。每个场景都从头开始，与别的场景无关。
---@class mps.Scenario
---@field elapsed number 场景至今的虚拟秒数：只有设备和服务器用掉的、t:wait等过的
---@field any any 任意输入，写在t:device(…):on的输入里
local t = {}

---由哪个地区的脚本应答。不写时：regions/<代码>/scenarios里的场景是那个地区，其余的按mps.toml。
---
---例：`t:region("350200")`
---@param code string 六位行政区划代码
function t:region(code) end

---盖在mps.toml上面的几行设置，只对这个场景有效。
---
---例：`t:config [[device.card.port = "USB2"]]`
---@param toml string TOML，与mps.toml的写法相同
function t:config(toml) end

---以后各次t:call的sign；不写时是十六个0。
---
---例：`t:sign("00000000000000ab")`
---@param sign string 签名
function t:sign(sign) end

---没有写怎样应答的设备函数不由模拟脚本应答，而是错误，并指出最接近的一处。
---
---例：`t:strict()`
function t:strict() end

---一个设备：接着写它怎样应答，或用在t:expect里。
---
---例：`t:device("card"):fails(-2)`
---@param name string 设备名，即devices里的文件名
---@return mps.StagedDevice device 设备
function t:device(name) end

---一个网址：接着写服务器怎样应答，或用在t:expect里。以*结尾时指所有这样开头的网址。
---
---例：`t:http("http://10.1.2.3/hsm"):answers { body = { code = 0 } }`
---@param url string 网址
---@return mps.StagedServer server 服务器
function t:http(url) end

---写一份请求报文，交给MPS_Call。
---
---例：`local r = t:call("N04.00.00.01", { mdtrt_cert_type = "03" })`
---@param funid string 功能编号
---@param fields? table 请求字段：{ 字段 = 值 }按名称排列；要按顺序或重复时写{ { "字段", "值" }, … }
---@param options? mps.CallOptions 选项
---@return mps.Answered answered 返回报文
function t:call(funid, fields, options) end

---把一份请求报文的字节原样交给MPS_Call；末尾的NUL由t加上。
---
---例：`local r = t:send(t:file("请求.xml"))`
---@param bytes string 字节
---@param options? mps.CallOptions 选项，其中只用buffer和capacity
---@return mps.Answered answered 返回报文
function t:send(bytes, options) end

---对一个值、一份返回报文、一个设备或服务器的期望，接着写is、contains等。不符时场景继续，最后一并列出。
---
---例：`t:expect(r.msg):contains("超时")`
---@param value? any 例如r.msg、r.body.card_no、r、t:device("card")
---@return mps.Expectation expectation 期望
function t:expect(value) end

---让虚拟时间过去几秒，例如等一个超时的函数返回。
---
---例：`t:wait(60)`
---@param seconds number 秒数
function t:wait(seconds) end

---场景文件旁边（或tests文件夹内）一个文件的字节。随脚本生效的场景（scripts里的）没有旁边的文件。
---
---例：`t:file("请求.xml")`
---@param path string 从场景文件所在的文件夹算起的路径
---@return string bytes 字节
function t:file(path) end

---记一行，与场景的结果一起显示；调试时用。
---
---例：`t:note(r.msg)`
---@param text string 说明
function t:note(text) end

---场景里的一个设备。没有用on指定函数时，指打开和关闭之外的所有函数。同一函数写了几次时：写得更细的优先，其次是有次数的（按先后），再次是最后写的。没有写到的函数由模拟脚本应答；没有模拟脚本的算成功，什么也不写。
---@class mps.StagedDevice
local device = {}

---只指一个函数；再给输入时，只指这样调用的。
---
---例：`t:device("card"):on("iReadCardBas", { 3 }):fails(-2)`
---@param name string 设备脚本functions中的函数名
---@param inputs? any[] 输入，按顺序；任意的写t.any
---@return mps.StagedDevice device 设备的这一部分
function device:on(name, inputs) end

---只指某个函数被调用之后：例如卡在两步之间被拔走。
---
---例：`t:device("card"):after("SSC_Open"):fails(-2)`
---@param name string 设备脚本functions中的函数名
---@return mps.StagedDevice device 设备的这一部分
function device:after(name) end

---应答，写几个时依次应答，最后一个一直用下去。表里的returns是返回值，不写时是成功的值；与输出同名的写进那个输出；其余的按设备方法的split拼起来，或写成JSON。也可以直接给整段文字。不是UTF-8的文本（例如mps.hex.decode的结果）原样写进输出。
---
---例：`t:device("card"):answers { id = "XXXXXXXX", name = "张三" }`
---@param answer table<string, any>|string 应答
---@param ...? table<string, any>|string 接下来的应答
---@return mps.Stub stub 可以接着写:once()、:takes(秒)等
function device:answers(answer, ...) end

---失败：返回这个码；设备脚本写了error = 输出时，可以再给原因。
---
---例：`t:device("card"):fails(-2)`
---@param code integer|string 返回码
---@param error? string 库自己给出的原因
---@return mps.Stub stub 可以接着写:once()、:takes(秒)等
function device:fails(code, error) end

---一直不返回：到时限为止，以后各次调用都是设备忙，直到device:recovers。时间是虚拟的。
---
---例：`t:device("card"):hangs()`
---@return mps.Stub stub 可以接着写:once()、:takes(秒)等
function device:hangs() end

---在辅助进程里的动态库崩溃：这次没有结果，下次调用重新加载。
---
---例：`t:device("card"):crashes():once()`
---@return mps.Stub stub 可以接着写:once()、:takes(秒)等
function device:crashes() end

---写过头：超出第一个输出缓冲区的大小。
---
---例：`t:device("card"):overruns()`
---@param bytes? integer 多写的字节数，不写时64
---@return mps.Stub stub 可以接着写:once()、:takes(秒)等
function device:overruns(bytes) end

---动态库没有导出这个函数。
---
---例：`t:device("card"):on("SSC_Open"):lacks_function()`
---@return mps.Stub stub 可以接着写:once()、:takes(秒)等
function device:lacks_function() end

---动态库的文件不在。
---
---例：`t:device("card"):lacks_file()`
---@return mps.Stub stub 可以接着写:once()、:takes(秒)等
function device:lacks_file() end

---动态库依赖的另一个文件不在，因而加载不了。
---
---例：`t:device("card"):lacks_dependency("dc_card32.dll")`
---@param file string 缺少的文件
---@return mps.Stub stub 可以接着写:once()、:takes(秒)等
function device:lacks_dependency(file) end

---动态库的位数与本程序不同，因而加载不了。
---
---例：`t:device("card"):has_wrong_bitness()`
---@return mps.Stub stub 可以接着写:once()、:takes(秒)等
function device:has_wrong_bitness() end

---另一次调用正在使用它，等到排队时限也没有结束。
---
---例：`t:device("card"):is_busy()`
---@return mps.Stub stub 可以接着写:once()、:takes(秒)等
function device:is_busy() end

---超时的函数返回了，设备又好了；以前为它写的都作废。
---
---例：`t:device("card"):recovers()`
function device:recovers() end

---接在应答后面，说明次数、快慢和怎样写坏。
---@class mps.Stub
local stub = {}

---只一次，以后由别的应答。
---
---例：`t:device("card"):fails(-2):once()`
---@return mps.Stub stub 可以接着写:once()、:takes(秒)等
function stub:once() end

---只这么多次。
---
---例：`t:device("card"):fails(-2):times(2)`
---@param count integer 次数
---@return mps.Stub stub 可以接着写:once()、:takes(秒)等
function stub:times(count) end

---用这么多虚拟秒。到了时限还没有返回，就是超时；在它返回之前，设备是忙的。
---
---例：`t:device("card"):answers { name = "张三" }:takes(40)`
---@param seconds number 秒数
---@return mps.Stub stub 可以接着写:once()、:takes(秒)等
function stub:takes(seconds) end

---只写出每个文本的前几个字节，后面的丢了。
---
---例：`t:device("card"):answers { name = "张三" }:cut_to(5)`
---@param bytes integer 字节数
---@return mps.Stub stub 可以接着写:once()、:takes(秒)等
function stub:cut_to(bytes) end

---以另一种字符集写出文本，与设备脚本声明的不符。
---
---例：`t:device("card"):answers { name = "张三" }:encoded_as("UTF-8")`
---@param charset string 字符集，例如UTF-8
---@return mps.Stub stub 可以接着写:once()、:takes(秒)等
function stub:encoded_as(charset) end

---场景里的一个网址。场景中没有写到的网址不会被访问，问到它就是错误；这里写到的不必列在mps.toml的[http] hosts里。
---@class mps.StagedServer
local server = {}

---应答，写几个时依次应答，最后一个一直用下去。
---
---例：`t:http("http://10.1.2.3/hsm"):answers { status = 500, body = "忙" }`
---@param answer mps.ServerAnswer 应答
---@param ...? mps.ServerAnswer 接下来的应答
---@return mps.ServerStub stub 可以接着写:takes(秒)
function server:answers(answer, ...) end

---一直不答，到时限为止。时间是虚拟的。
---
---例：`t:http("http://10.1.2.3/hsm"):hangs()`
---@return mps.ServerStub stub 可以接着写:takes(秒)
function server:hangs() end

---拒绝连接。
---
---例：`t:http("http://10.1.2.3/hsm"):hangs()`
---@return mps.ServerStub stub 可以接着写:takes(秒)
function server:refuses() end

---找不到这台主机。
---
---例：`t:http("http://10.1.2.3/hsm"):hangs()`
---@return mps.ServerStub stub 可以接着写:takes(秒)
function server:is_unknown() end

---连接中断。
---
---例：`t:http("http://10.1.2.3/hsm"):hangs()`
---@return mps.ServerStub stub 可以接着写:takes(秒)
function server:breaks() end

---回答的不是HTTP，或不完整。
---
---例：`t:http("http://10.1.2.3/hsm"):hangs()`
---@return mps.ServerStub stub 可以接着写:takes(秒)
function server:garbles() end

---接在应答后面，说明快慢。
---@class mps.ServerStub
local stub = {}

---用这么多虚拟秒；到了时限还没有答完，就是超时。
---
---例：`t:http("http://10.1.2.3/hsm"):answers { status = 200 }:takes(20)`
---@param seconds number 秒数
---@return mps.ServerStub stub 可以接着写:takes(秒)
function stub:takes(seconds) end

---对一个值的期望。
---@class mps.Expectation
local expectation = {}

---等于；表逐项比较。对整份返回（r）是比较报文的文字。
---
---例：`t:expect(r.result):is("0")`
---@param expected? any 期望的值
function expectation:is(expected) end

---不等于。
---
---例：`t:expect(r.msg):is_not("")`
---@param expected? any 期望的值
function expectation:is_not(expected) end

---含有这段文本。
---
---例：`t:expect(r.msg):contains("超时")`
---@param part string 文本
function expectation:contains(part) end

---不含这段文本。
---
---例：`t:expect(r.text):lacks("张三")`
---@param part string 文本
function expectation:lacks(part) end

---以这段文本开头。
---
---例：`t:expect(r.msg):starts_with("设备忙")`
---@param part string 文本
function expectation:starts_with(part) end

---以这段文本结尾。
---
---例：`t:expect(r.msg):ends_with("重试")`
---@param part string 文本
function expectation:ends_with(part) end

---符合Lua的模式。
---
---例：`t:expect(r.sign):matches("^%x+$")`
---@param pattern string 模式，例如"^%d+$"
function expectation:matches(pattern) end

---不大于。
---
---例：`t:expect(t.elapsed):is_at_most(31)`
---@param limit number 数
function expectation:is_at_most(limit) end

---不小于。
---
---例：`t:expect(t.elapsed):is_at_least(30)`
---@param limit number 数
function expectation:is_at_least(limit) end

---设备的这个函数被调用过；再给输入时，是这样调用的。对服务器写方法（GET、POST）和正文。
---
---例：`t:expect(t:device("card")):was_called("iReadCardBas", { 3 })`
---@param name? string 函数名；不写时是任何一个
---@param inputs? any[] 输入，按顺序；任意的写t.any
function expectation:was_called(name, inputs) end

---被调用了这么多次。
---
---例：`t:expect(t:device("card")):was_called_times(2, "SSC_ReadCard")`
---@param count integer 次数
---@param name? string 函数名；不写时是任何一个
---@param inputs? any[] 输入
function expectation:was_called_times(count, name, inputs) end

---没有被调用过。
---
---例：`t:expect(t:device("credential")):was_not_called()`
---@param name? string 函数名；不写时是任何一个
---@param inputs? any[] 输入
function expectation:was_not_called(name, inputs) end
