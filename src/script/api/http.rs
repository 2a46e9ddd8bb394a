//! `mps.http`: a region's server, asked in the middle of a method.

use super::check::Arguments;
use super::list::{Example, Function, Key, Parameter, Record, Returned, Type};
use crate::clock::Moment;
use crate::device::{Hosts, HttpAnswer, HttpRequest};
use crate::script::Stage;
use crate::script::call;
use crate::script::exchange::{Asked, Code, Content, Exchange, HTTP};
use crate::script::failure::Failure;
use crate::script::sandbox::waiting;
use encoding_rs::{Encoding, GB18030, UTF_8};
use mlua::{Error, IntoLuaMulti, Lua, LuaString, MultiValue, Result, Table, Value};
use std::time::Duration;

/// The longest time limit that a script may ask for, in seconds.
const LONGEST: f64 = 300.0;

const ASKED: &[Parameter] = &[Parameter::needed("request", Type::Options(&REQUEST), "请求")];
const ANSWERED: &[Returned] = &[Returned::new("mps.HttpAnswer", "answer", "服务器的回答")];

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "mps.http.get",
        meaning: "用GET访问mps.toml中[http] hosts列出的服务器。不跟随重定向，回答至多4 MiB；暂不支持https。\
                  模拟设备时不访问服务器，直接报错。",
        parameters: ASKED,
        results: ANSWERED,
        example: Example::shown(r#"mps.http.get { url = "http://10.1.2.3:8080/ping", timeout = 3 }"#),
        call: |lua, arguments| send(lua, arguments, "GET"),
    },
    Function {
        name: "mps.http.post",
        meaning: "用POST访问服务器，其余与mps.http.get相同。",
        parameters: ASKED,
        results: ANSWERED,
        example: Example::shown(
            r#"mps.http.post { url = "http://10.1.2.3:8080/hsm", body = mps.json.encode({ data = r.info }) }"#,
        ),
        call: |lua, arguments| send(lua, arguments, "POST"),
    },
];

pub(super) static REQUEST: Record = Record {
    class: "mps.HttpRequest",
    given: false,
    what: "mps.http的请求",
    meaning: "mps.http.get和mps.http.post的请求。",
    keys: &[
        Key::needed(
            "url",
            Type::Text,
            "网址，以http://开头，主机要列在mps.toml的[http] hosts中",
        ),
        Key::optional("body", Type::Bytes, "正文"),
        Key::optional(
            "headers",
            Type::Table("table<string, string>"),
            "请求头；不写Content-Type时，正文以{或[开头的是application/json，其他的是text/plain，均为UTF-8",
        ),
        Key::optional(
            "timeout",
            Type::Number,
            "时限，秒，至多300；不写时按mps.toml的[time_limits] http_call",
        ),
    ],
};

pub(super) static ANSWER: Record = Record {
    class: "mps.HttpAnswer",
    given: true,
    what: "mps.http的回答",
    meaning: "服务器的回答。没有得到回答时ok是false、error是原因，再读status或body就会以这个原因失败。",
    keys: &[
        Key::needed("ok", Type::Flag, "是否得到回答，且状态码是200到299"),
        Key::needed("status", Type::Integer, "状态码"),
        Key::needed(
            "body",
            Type::Text,
            "正文，按回答声明的字符集变成文字；没有声明时，不是UTF-8就当作GBK",
        ),
        Key::optional("error", Type::Text, "ok为false时的原因"),
    ],
};

fn send(lua: &Lua, arguments: &Arguments, method: &'static str) -> Result<MultiValue> {
    let allowed = call::current(|call| {
        let simulated = call.simulated;
        (
            call.hosts.clone(),
            call.http_timeout,
            simulated,
            call.stage.clone(),
        )
    });
    let Some((hosts, timeout, simulated, stage)) = allowed else {
        return Err(arguments.error("只能在应答请求时使用，不能在加载脚本时使用"));
    };
    if simulated && stage.is_none() {
        let refused = "正在使用模拟设备，不访问服务器；请在模拟脚本中让设备函数直接给出结果";
        return Err(Error::external(Failure::new(refused)));
    }
    let request = read_request(arguments, method, timeout)?;
    answer(lua, ask(&hosts, stage.as_deref(), request))?.into_lua_multi(lua)
}

fn ask(
    hosts: &Hosts,
    stage: Option<&Stage>,
    request: HttpRequest,
) -> std::result::Result<HttpAnswer, String> {
    let sent = call::wants_content().then(|| request.clone());
    let asked = Asked::Server {
        method: request.method,
        host: host(&request.url).to_owned(),
    };
    let (answer, took) = match stage {
        Some(stage) => stage.ask(&request),
        None => {
            let begun = Moment::now();
            let (answer, over) = waiting(begun, || hosts.send(request));
            (answer, over.since(begun))
        }
    };
    let content = sent.map(|request| {
        let answer = answer.clone();
        Box::new(Content::Server { request, answer })
    });
    call::exchanged(|| Exchange {
        device: HTTP.into(),
        asked,
        code: match &answer {
            Ok(answer) => Code::Integer(answer.status.into()),
            Err(error) => Code::Failed(error.code()),
        },
        simulated: stage.is_some(),
        took,
        content,
    });
    answer.map_err(|error| error.to_string())
}

/// What stands between `//` and the path; whoever is named before an `@` stays away.
fn host(url: &str) -> &str {
    let behind = url.split_once("//").map_or("", |(_, behind)| behind);
    let authority = behind.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default()
}

fn read_request(arguments: &Arguments, method: &'static str, timeout: Duration) -> Result<HttpRequest> {
    let Some(request) = arguments.table(0) else {
        return Err(arguments.error("缺少请求"));
    };
    let body: Option<LuaString> = request.raw_get("body")?;
    let body = body.map(|body| body.as_bytes().to_vec()).unwrap_or_default();
    let timeout = match request.raw_get::<Option<f64>>("timeout")? {
        None => timeout,
        Some(seconds) if seconds > 0.0 && seconds <= LONGEST => Duration::from_secs_f64(seconds),
        Some(_) => return Err(arguments.error(format!("timeout应为大于0、不超过{LONGEST}的秒数"))),
    };
    let mut headers = Vec::new();
    if let Some(table) = request.raw_get::<Option<Table>>("headers")? {
        for pair in table.pairs::<LuaString, LuaString>() {
            let (name, value) = pair.map_err(|_| arguments.error("headers的名称和值应为文本"))?;
            headers.push((name.to_string_lossy(), value.to_string_lossy()));
        }
    }
    let typed = headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    if !body.is_empty() && !typed {
        let kind = if body.starts_with(b"{") || body.starts_with(b"[") {
            "application/json"
        } else {
            "text/plain"
        };
        headers.push(("Content-Type".to_owned(), format!("{kind}; charset=UTF-8")));
    }
    Ok(HttpRequest {
        method,
        url: request.raw_get("url")?,
        headers,
        body,
        timeout,
    })
}

/// The answer as a table; reading from an answer that never came raises why.
fn answer(lua: &Lua, answer: std::result::Result<HttpAnswer, String>) -> Result<Table> {
    let table = lua.create_table()?;
    match answer {
        Ok(answer) => {
            let ok = (200..300).contains(&answer.status);
            table.raw_set("ok", ok)?;
            table.raw_set("status", answer.status)?;
            table.raw_set("body", text(&answer))?;
            if !ok {
                table.raw_set("error", format!("服务器回答状态码{}", answer.status))?;
            }
        }
        Err(error) => {
            table.raw_set("ok", false)?;
            table.raw_set("error", error.as_str())?;
            let raise = move |_: &Lua, _: Value| -> Result<Value> {
                Err(Error::external(Failure::new(error.clone())))
            };
            let mark = lua.create_table_from([("__index", lua.create_function(raise)?)])?;
            table.set_metatable(Some(mark))?;
        }
    }
    Ok(table)
}

/// The body as text: in the charset that the server names, else UTF-8 where it is, else GBK.
fn text(answer: &HttpAnswer) -> String {
    let named = answer.content_type.split(';').find_map(|part| {
        let (key, label) = part.split_once('=')?;
        let label = label.trim().trim_matches('"');
        let is_charset = key.trim().eq_ignore_ascii_case("charset");
        is_charset
            .then(|| Encoding::for_label_no_replacement(label.as_bytes()))
            .flatten()
    });
    let charset = named.unwrap_or_else(|| match std::str::from_utf8(&answer.body) {
        Ok(_) => UTF_8,
        Err(_) => GB18030,
    });
    charset.decode_with_bom_removal(&answer.body).0.into_owned()
}
