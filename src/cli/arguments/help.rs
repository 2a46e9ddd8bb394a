//! The help texts that are longer than a line.

pub(super) const ROOT_HELP: &str =
    "{about}\n\n用法: {usage}\n\n命令:\n{subcommands}\n\n选项:\n{options}{after-help}";

pub(super) const COMMAND_HELP: &str =
    "{about}\n\n用法: {usage}\n\n参数:\n{positionals}\n\n选项:\n{options}{after-help}";

pub(super) const PLAIN_HELP: &str = "{about}\n\n用法: {usage}\n\n选项:\n{options}{after-help}";

pub(super) const JSON: &str = "以 JSON 输出结果，供程序读取";

pub(super) const JSON_OF_CALL: &str = "\
--json 输出一个对象:
  funid、sign、result、msg   报文头，都是字符串
  body                       报文体，按顺序的 [{\"name\": …, \"value\": …}, …]
  charset、bytes             返回报文的编码和字节数

退出状态: 0 结果为 0；1 结果不为 0；2 用法不对";

pub(super) const JSON_OF_SEND: &str = "\
--json 输出一个对象:
  funid、sign、result、msg   报文头，都是字符串
  body                       报文体，按顺序的 [{\"name\": …, \"value\": …}, …]
  charset、bytes             返回报文的编码和字节数
  return_code                MPS_Call 或 MPS_CallN 的返回值

退出状态: 0 结果为 0；1 结果不为 0、返回值为负或返回报文读不出来；2 用法不对，或动态库加载不了";

pub(super) const JSON_OF_CHECK: &str = "\
--json 输出一个对象:
  ok        全部正确时为 true
  checked   每个检查过的地区一项: region（基础脚本为 null）、funids、devices 的个数、
            problems（错误）、notes（提示）

退出状态: 0 全部正确；1 有错误；2 用法不对";

pub(super) const JSON_OF_DOCTOR: &str = "\
不读卡，不碰病人的数据：动态库先只读文件；试用时另起一个进程，加载以后，只做设备脚本中 probe 写明的事。

--json 输出一个对象:
  ok        没有错误和警告
  machine   本程序的位数和系统
  region    由哪个地区的脚本应答；funids 是功能编号的个数
  findings  整台电脑的问题，每项有 code、weight（fault 错误、risk 警告、note 提示）、what、advice（怎么办）
  devices   mps.toml 里的和功能编号用到的设备，每项有 name、title、file、good（没有问题的）、findings

退出状态: 0 没有错误和警告；1 有；2 用法不对";

pub(super) const JSON_OF_EXPLAIN: &str = "\
带 --call 时按 mps.toml 真的应答一次请求（会使用设备，除非加上 --sim），列出的值已遮盖。

--json 输出一个对象: funid、title、region、files、request、ways；
  每个字段有 name、title、file、line、source（取自）、map（函数所在）、replaced（下层原来的写法），
  带 --call 时还有 \"value\"（已遮盖）

退出状态: 0 说明完毕；1 没有这个功能编号或字段，或脚本有错误，或请求的结果不为 0；2 用法不对";

pub(super) const AFTER_TEST: &str = "\
不写路径时，运行 tests/scenarios 里的和 scripts 各层 scenarios 里的全部场景。
写法见 docs/场景手册.md。

--json 输出一个对象:
  ok、total、failed、seconds、seed   是否全部通过，个数，用时，--shuffle 的数
  library     --library 的动态库，没有时为 null
  scenarios   每个场景一项: name、file、line、ok、seconds、elapsed（虚拟秒数）、failures、error、notes
              failures 每处不符一项: line、subject、relation、expected、actual、notes
  unusable    不能用的文件: file、error
  coverage    带 --coverage 时: files（file，lines 是 [行, 次数]）、ways（region、funid、by、value、calls、good、
              fields: name、file、line、filled、empty）、unusable（region、error）

退出状态: 0 全部通过；1 有不符；2 用法不对，没有选中场景，或动态库加载不了";

pub(super) const JSON_OF_STATUS: &str = "\
--json 输出一个对象:
  engines   正在运行的程序，每个一项: process、program、version、started、generation、fingerprint、
            since、region、simulate、staged（由场景代替）、frozen、pending、refused、journal（日志写不进去的原因）、
            notified、scanned、gate、scenarios、answered
  kept      保留的代，最近的在前: number、fingerprint、since
  frozen    冻结在哪一代，没有冻结时为 null

退出状态: 0 有程序在运行，保存的脚本都已生效；1 不是这样；2 用法不对";

pub(super) const JSON_OF_RELOAD: &str = "\
--json 的内容与 mps status 相同

退出状态: 0 正在运行的程序都已照办；1 不是这样；2 用法不对，或 state 文件夹不可写";

pub(super) const JSON_OF_TRACE: &str = "\
显示的是本机运行中的程序写下的日志: 每次调用用了多久、问了哪些设备、返回码是什么，脚本用 mps.log 记的话，脚本换代。
日志里没有患者的数据。

--json 每行输出一个对象: time、kind（call 调用、start 启动、generation 脚本换代、refused 保存的文件没有被采用、lost 有日志没能写下）、
process、program；调用还有 funid、region、generation、result、msg、error、ms、stages、devices、notices

退出状态: 0 已列出；2 用法不对，或日志读不出来";

pub(super) const JSON_OF_STATS: &str = "\
--json 输出一个对象: day、calls、programs、causes（失败的原因）、funids、devices、generations、refused、lost；
其中 calls、failed 是次数，p50、p90、p99、max 是毫秒

退出状态: 0 这一天有调用；1 这一天没有调用；2 用法不对，或日志读不出来";

pub(super) const JSON_OF_RECORD: &str = "\
动作:
  on           打开录制（优先于 mps.toml 的 record），运行中的程序一秒之内照办
  off          关闭录制
  list         列出保留的调用
  show         显示一条录制的全部内容
  to-scenario  把一条录制写成场景，可存入 tests/scenarios，由 mps test 执行

录制里患者的数据在写下之前就换成了同样长短的编造值，同一个值在一条录制里总换成同一个。
最多保留最近 200 次、16 MiB。

--json 用于 list: 每条有 id、time、funid、result、msg

退出状态: 0 已照办；1 没有录制；2 用法不对，或没有这条录制";

pub(super) const JSON_OF_REPLAY: &str = "\
用录制时设备给出的应答（不碰设备）让现在的脚本再应答一次，列出与录制时不同的字段。
请求的签名不再校验：录制时通过的算通过，没有通过的仍算没有通过。请求当时就读不出来的不回放。

--json 输出一个列表，每条有 id、differences（path、recorded、now），不能回放的有 error，
请求读不出来的有 unread（错误编号）

退出状态: 0 全部相同；1 有不同；2 用法不对，或没有录制";

pub(super) const JSON_OF_REGION: &str = "\
不带 --like 时，每个功能编号一个文件，内容是 mps.base()，照注释修改即可；
带 --like 时复制另一个地区那一层的全部文件。

--json 输出一个对象: region、files（新建的文件）、ok、problems（检查出的错误）

退出状态: 0 已新建并通过检查；1 已新建但检查出错误；2 用法不对，或这一层已经存在";
