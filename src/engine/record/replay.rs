//! Playing a recording again: against the scripts as they are now, with the recorded devices.

use super::Recording;
use crate::engine::signing::Verified;
use crate::engine::{Layer, Theatre};
use crate::mask;
use crate::message::{Charset, DEFAULT_SIGN, Field, Header, Request, Response};
use crate::script::{Served, Stage, Wanted, Words};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

/// What came of a replay.
#[derive(Clone, Debug, Default)]
pub struct Replayed {
    /// Where the answer differs from the recorded one.
    pub differences: Vec<Difference>,
}

/// One value that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where it stands: `result`, `msg`, `body.card_no`.
    pub path: String,
    /// As it was; `None`: it was not there.
    pub recorded: Option<String>,
    /// As it is now.
    pub now: Option<String>,
}

/// Plays a recording; the error says why that cannot be done.
pub fn replay(theatre: &Theatre, recording: &Recording) -> Result<Replayed, String> {
    let json = &recording.json;
    if let Some(code) = recording.unread() {
        return Err(format!("请求当时就读不出来（{code}），没有可以回放的"));
    }
    let stage = Arc::new(Stage::default());
    stage
        .take_over(&scene(json))
        .ok_or("录制的内容不完整，或是别的版本写的")?;
    let wanted = Wanted {
        region: text(json, "/region"),
        config: Vec::new(),
    };
    let staged = theatre.engine(&Layer::Desk, &wanted, &stage)?;
    let request = request(json).encode().map_err(|error| error.to_string())?;
    let answer = staged.engine.answer_again(&request, &verified(json));
    let response = Response::decode(&answer.bytes).map_err(|error| error.to_string())?;
    let recorded = pairs(json, "/response/fields");
    let recorded = told(
        text(json, "/response/result"),
        text(json, "/response/msg"),
        recorded
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str())),
    );
    let now = told(
        Some(response.result.to_string()),
        Some(response.msg.to_string()),
        response.body.iter().map(|field| (&*field.name, &*field.value)),
    );
    let mut paths: Vec<&String> = recorded.keys().chain(now.keys()).collect();
    paths.sort();
    paths.dedup();
    // A message of our own is recorded masked.
    let differs = |path: &&String| {
        let (recorded, now) = (recorded.get(*path), now.get(*path));
        recorded != now && recorded != now.map(|now| mask::text(now).into_owned()).as_ref()
    };
    let differences = paths.into_iter().filter(differs).map(|path| Difference {
        path: path.clone(),
        recorded: recorded.get(path).cloned(),
        now: now.get(path).cloned(),
    });
    Ok(Replayed {
        differences: differences.collect(),
    })
}

/// What came of the signature, which was another one of another body: as long as nothing says that it was refused, it held.
fn verified(json: &Json) -> Verified {
    match json.pointer("/request/verified").and_then(Json::as_bool) {
        Some(false) => Err(Served {
            result: text(json, "/response/result").unwrap_or_default().into(),
            msg: text(json, "/response/msg").unwrap_or_default().into(),
            body: Vec::new(),
            error: None,
            words: Words::Own,
        }),
        _ => Ok(()),
    }
}

/// A response's values by where they stand.
fn told<'a>(
    result: Option<String>,
    msg: Option<String>,
    body: impl Iterator<Item = (&'a str, &'a str)>,
) -> BTreeMap<String, String> {
    let mut told: BTreeMap<String, String> = body
        .map(|(name, value)| (format!("body.{name}"), value.to_owned()))
        .collect();
    told.insert("result".to_owned(), result.unwrap_or_default());
    told.insert("msg".to_owned(), msg.unwrap_or_default());
    told
}

fn request(json: &Json) -> Request {
    let charset = text(json, "/request/charset").unwrap_or_default();
    let field = |(name, value): (String, String)| Field {
        name: name.into(),
        value: value.into(),
        nested: false,
    };
    Request {
        charset: match charset.as_str() {
            "UTF-8" => Charset::Utf8,
            _ => Charset::Gbk,
        },
        header: Header {
            funid: text(json, "/request/funid").unwrap_or_default().into(),
            sign: text(json, "/request/sign")
                .as_deref()
                .unwrap_or(DEFAULT_SIGN)
                .into(),
        },
        body: pairs(json, "/request/fields").into_iter().map(field).collect(),
    }
}

/// The exchanges as a stage knows them: for each function what it did, one time after the other.
fn scene(json: &Json) -> Json {
    let mut stubs: Vec<Json> = Vec::new();
    let mut servers = Vec::new();
    for exchange in list(json, "/exchanges") {
        if let Some(server) = exchange.get("server") {
            servers.push(served(server));
            continue;
        }
        let (device, function) = (&exchange["device"], exchange.get("call"));
        let act = act(exchange);
        let same = |stub: &&mut Json| stub["device"] == *device && stub.get("function") == function;
        match stubs.iter_mut().find(same) {
            Some(stub) => {
                if let Some(acts) = stub["acts"].as_array_mut() {
                    acts.push(act);
                }
            }
            None => {
                let mut stub =
                    json!({ "device": device, "acts": [act], "delay": 0.0, "line": 0, "played": 0 });
                if let Some(function) = function {
                    stub["function"] = function.clone();
                }
                stubs.push(stub);
            }
        }
    }
    json!({
        "strict": true, "stubs": stubs, "servers": servers,
        "overdue": [], "clock": 0.0, "contacts": [], "mistakes": [],
    })
}

fn act(exchange: &Json) -> Json {
    let Some(error) = exchange.get("error") else {
        return json!({ "answer": exchange.get("answer").cloned().unwrap_or_else(|| Map::new().into()) });
    };
    match error["code"].as_str().unwrap_or_default() {
        "D001" => json!("no_file"),
        "D002" => json!({ "not_loaded": error["text"].as_str().unwrap_or_default() }),
        "D003" => json!("no_function"),
        "D005" => json!({ "overrun": error["by"].as_u64().unwrap_or(1) }),
        "D008" => json!("busy"),
        "D006" | "D007" | "D009" | "D010" => json!("hang"),
        _ => json!("crash"),
    }
}

fn served(server: &Json) -> Json {
    let answer = &server["answer"];
    let act = match answer.get("status") {
        Some(status) => json!({
            "status": status,
            "content_type": answer["content_type"],
            "body": answer["body"].as_str().unwrap_or_default().as_bytes(),
        }),
        None => json!("broken"),
    };
    json!({ "url": server["url"], "acts": [act], "delay": 0.0, "line": 0, "played": 0 })
}

/// A scenario that says the same as a recording; `None` where the request could not be read.
pub fn to_scenario(recording: &Recording) -> Option<String> {
    if recording.unread().is_some() {
        return None;
    }
    let json = &recording.json;
    let time = text(json, "/time").unwrap_or_default();
    let mut lua = format!(
        "-- 由录制 {} 生成（{time}）；其中的值都是编造的。\n",
        recording.id
    );
    // Writing to a String cannot fail.
    let _ = writeln!(
        lua,
        "scenario({}, function(t)",
        quoted(&format!("录制 {}", recording.id))
    );
    if let Some(region) = text(json, "/region") {
        let _ = writeln!(lua, "  t:region({})", quoted(&region));
    }
    if json.pointer("/request/verified").is_some_and(Json::is_boolean) {
        lua.push_str("  -- 这个地区校验签名：请用t:sign写上对下面这份请求的签名，原来的已经换掉。\n");
    }
    lua.push_str("  t:strict()\n");
    for exchange in list(json, "/exchanges") {
        lua.push_str(&staged(exchange));
    }
    let fields = pairs(json, "/request/fields");
    let fields: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{{ {}, {} }}", quoted(name), quoted(value)))
        .collect();
    let funid = quoted(&text(json, "/request/funid").unwrap_or_default());
    let _ = writeln!(lua, "  local r = t:call({funid}, {{ {} }})", fields.join(", "));
    for key in ["result", "msg"] {
        let value = text(json, &format!("/response/{key}")).unwrap_or_default();
        // A message that had to be masked is not what will be answered.
        if value.contains('*') {
            continue;
        }
        let _ = writeln!(lua, "  t:expect(r.{key}):is({})", quoted(&value));
    }
    for (name, value) in pairs(json, "/response/fields") {
        let _ = writeln!(
            lua,
            "  t:expect(r.body[{}]):is({})",
            quoted(&name),
            quoted(&value)
        );
    }
    lua.push_str("end)\n");
    Some(lua)
}

/// One exchange as a scenario's line.
fn staged(exchange: &Json) -> String {
    if let Some(server) = exchange.get("server") {
        let body = server["answer"]["body"].as_str().unwrap_or_default();
        let status = server["answer"]["status"].as_u64().unwrap_or(500);
        let url = quoted(server["url"].as_str().unwrap_or_default());
        return format!(
            "  t:http({url}):answers {{ status = {status}, body = {} }}\n",
            quoted(body)
        );
    }
    let device = format!(
        "  t:device({})",
        quoted(exchange["device"].as_str().unwrap_or_default())
    );
    let on = exchange["call"]
        .as_str()
        .map(|call| format!(":on({})", quoted(call)));
    let on = on.unwrap_or_default();
    let Some(error) = exchange.get("error") else {
        return format!("{device}{on}:answers {}:once()\n", table(&exchange["answer"]));
    };
    let fault = match error["code"].as_str().unwrap_or_default() {
        "D001" => "lacks_file()".to_owned(),
        "D002" => "has_wrong_bitness()".to_owned(),
        "D003" => "lacks_function()".to_owned(),
        "D005" => format!("overruns({})", error["by"].as_u64().unwrap_or(1)),
        "D008" => "is_busy()".to_owned(),
        "D006" | "D007" | "D009" | "D010" => "hangs()".to_owned(),
        _ => "crashes()".to_owned(),
    };
    format!("{device}{on}:{fault}\n")
}

/// An answer's values as a Lua table.
fn table(answer: &Json) -> String {
    let value = |value: &Json| match value {
        Json::String(text) => quoted(text),
        Json::Object(object) if object.contains_key("bytes") => {
            let bytes = object["bytes"].as_array().into_iter().flatten();
            let bytes = bytes.filter_map(Json::as_u64);
            format!(
                "\"{}\"",
                bytes.map(|byte| format!("\\x{byte:02X}")).collect::<String>()
            )
        }
        Json::Object(object) => table(object.get("json").unwrap_or(value)),
        other => other.to_string(),
    };
    let entries: Vec<String> = answer
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, given)| format!("[{}] = {}", quoted(name), value(given)))
        .collect();
    format!("{{ {} }}", entries.join(", "))
}

/// A text as a Lua string.
fn quoted(text: &str) -> String {
    let escaped = |sign: char| match sign {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        sign if sign.is_ascii_control() => format!("\\{:03}", u32::from(sign)),
        sign => sign.to_string(),
    };
    format!("\"{}\"", text.chars().map(escaped).collect::<String>())
}

fn text(json: &Json, at: &str) -> Option<String> {
    json.pointer(at)?.as_str().map(str::to_owned)
}

fn list<'a>(json: &'a Json, at: &str) -> impl Iterator<Item = &'a Json> {
    json.pointer(at).and_then(Json::as_array).into_iter().flatten()
}

/// Names and values.
fn pairs(json: &Json, at: &str) -> Vec<(String, String)> {
    let pair = |pair: &Json| {
        Some((
            pair.get(0)?.as_str()?.to_owned(),
            pair.get(1)?.as_str()?.to_owned(),
        ))
    };
    list(json, at).filter_map(pair).collect()
}
