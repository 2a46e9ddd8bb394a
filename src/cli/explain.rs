//! `mps explain`: where every field comes from, and with `--call` what one real request was answered by.

use super::arguments::Explain;
use super::{Misuse, Outcome, home, print};
use crate::engine::{Engine, Overrides};
use crate::mask;
use crate::message::{Request, Response};
use crate::script::{ExplainedField, ExplainedWay, Explanation, LayerFile, Place, Replaced};
use crate::suggest::nearest;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// The values of one call by their fields' names, not to be shown whole.
type Values = BTreeMap<String, String>;

pub(super) fn run(arguments: Explain) -> Result<Outcome, Misuse> {
    let overrides = Overrides {
        simulate: arguments.sim.then_some(true),
        region: arguments.region,
        ..Overrides::default()
    };
    let call = arguments.call.as_deref().map(read).transpose()?;
    let engine = Engine::open(&home(arguments.desk.home)?, overrides);
    let (funid, answered) = match call {
        Some((bytes, request)) => (
            request.header.funid.to_string(),
            Some(answer(&engine, &bytes, &request)?),
        ),
        None => (arguments.funid.unwrap_or_default(), None),
    };
    let mut explanation = match engine.explain(&funid) {
        Ok(explanation) => explanation,
        Err(why) => {
            print::complain(&why);
            return Ok(Outcome::No);
        }
    };
    if let Some(answered) = &answered {
        explanation.ways.retain(|way| answered.is_of(way));
    }
    let field = arguments.field.unwrap_or_default();
    if let Err(names) = narrow(&mut explanation, &field) {
        let near = nearest(&field, names.iter().map(String::as_str));
        let near = near.map_or_else(String::new, |near| format!("，是不是想写 {near}？"));
        print::complain(&format!("功能 {funid} 没有字段 {field}{near}"));
        return Ok(Outcome::No);
    }
    print::text(&if arguments.desk.json {
        format!(
            "{:#}\n",
            for_programs(&explanation, engine.region(), answered.as_ref())
        )
    } else {
        readable(&explanation, engine.region(), answered.as_ref())
    })?;
    let failed = answered.is_some_and(|answered| answered.response.result != "0");
    Ok(if failed { Outcome::No } else { Outcome::Yes })
}

fn read(file: &Path) -> Result<(Vec<u8>, Request), Misuse> {
    let bytes = std::fs::read(file)
        .map_err(|_| Misuse::new(format!("文件读不出来，请检查路径和权限: {}", file.display())))?;
    match Request::decode(&bytes) {
        Ok(request) => Ok((bytes, request)),
        Err(rejected) => Err(Misuse::new(format!("请求报文读不出来: {}", rejected.error))),
    }
}

/// A request that was answered.
struct Answered {
    response: Response<'static>,
    request: Values,
    values: Values,
    way: Option<String>,
}

impl Answered {
    /// Whether the request was served this way; one that was served none keeps them all.
    fn is_of(&self, way: &ExplainedWay) -> bool {
        let value = way.by.as_ref().map(|(_, value, _)| value);
        self.way.is_none() || value == self.way.as_ref()
    }
}

fn answer(engine: &Engine, bytes: &[u8], request: &Request) -> Result<Answered, Misuse> {
    let response = Response::decode(&engine.answer(bytes).bytes)
        .map_err(|error| Misuse::new(format!("返回报文读不出来: {error}")))?;
    let request_values = request
        .body
        .iter()
        .map(|field| (field.name.to_string(), field.value.to_string()));
    let values = response
        .body
        .iter()
        .map(|field| (field.name.to_string(), field.value.to_string()));
    Ok(Answered {
        request: request_values.collect(),
        values: values.collect(),
        way: engine.chosen(request),
        response,
    })
}

/// Leaves only the field of this name, or all where no name is given; the error is the names that there are.
fn narrow(explanation: &mut Explanation, name: &str) -> Result<(), Vec<String>> {
    if name.is_empty() {
        return Ok(());
    }
    let fields = explanation
        .ways
        .iter()
        .flat_map(|way| &way.fields)
        .chain(&explanation.request);
    let names: Vec<String> = fields.map(|field| field.name.clone()).collect();
    if !names.iter().any(|known| known == name) {
        return Err(names);
    }
    explanation.request.retain(|field| field.name == name);
    for way in &mut explanation.ways {
        way.fields.retain(|field| field.name == name);
        way.removed.retain(|field| field.name == name);
    }
    explanation.ways.retain(|way| !way.fields.is_empty());
    Ok(())
}

fn readable(explanation: &Explanation, region: Option<String>, answered: Option<&Answered>) -> String {
    let region = region.map_or_else(|| "没有设置地区".to_owned(), |code| format!("地区 {code}"));
    let mut text = format!("{}  {}  {region}\n", explanation.funid, explanation.title);
    // Writing to a String cannot fail.
    for file in &explanation.files {
        let _ = writeln!(text, "  {}  {}", file.file, role(file));
    }
    if let Some(answered) = answered {
        let (result, msg) = (&answered.response.result, &answered.response.msg);
        let _ = writeln!(text, "结果 {}  {}", print::visible(result), print::visible(msg));
    }
    if !explanation.request.is_empty() {
        text.push_str("\n请求字段\n");
    }
    for field in &explanation.request {
        let value = answered.map(|answered| answered.request.get(&field.name));
        text.push_str(&described(field, value, "要求"));
    }
    for way in &explanation.ways {
        text.push_str(&heading(way));
        for field in &way.fields {
            let value = answered.map(|answered| answered.values.get(&field.name));
            text.push_str(&described(field, value, "取自"));
        }
        for removed in &way.removed {
            let was = &removed.was;
            let _ = writeln!(
                text,
                "  {}\n    删去  {}\n    原为  {}\n          {}",
                removed.name,
                removed.by,
                place(&was.place),
                was.text
            );
        }
    }
    text
}

fn role(file: &LayerFile) -> &'static str {
    match (file.layer.as_str(), file.extends) {
        ("", _) => "基础",
        (_, true) => "在下层的基础上修改",
        (_, false) => "整个替换下层",
    }
}

fn heading(way: &ExplainedWay) -> String {
    let mut text = String::from("\n");
    if let Some((by, value, title)) = &way.by {
        let _ = writeln!(text, "{by} = {value}  {title}");
    }
    let _ = writeln!(
        text,
        "调用 {}  {}  {}",
        way.call, way.device_title, way.device_file
    );
    let _ = writeln!(text, "  写在  {}", place(&way.place));
    text + &replaced("原为", &way.replaced)
}

fn described(field: &ExplainedField, value: Option<Option<&String>>, source: &str) -> String {
    let mut text = format!("  {}  {}\n", field.name, field.title);
    if let Some(value) = value {
        let value = value.map_or_else(|| "没有".to_owned(), |value| masked(value));
        let _ = writeln!(text, "    值    {value}");
    }
    let _ = writeln!(text, "    {source}  {}", field.source);
    if let Some(device) = &field.device {
        let _ = writeln!(text, "    设备  {}", place(device));
    }
    text.push_str(&replaced("原取", &field.device_replaced));
    if let Some(map) = &field.map {
        let map = if map.file.is_empty() {
            "mps 的内置函数".to_owned()
        } else {
            place(map)
        };
        let _ = writeln!(text, "    函数  {map}");
    }
    let _ = writeln!(text, "    写在  {}", place(&field.place));
    text + &replaced("原为", &field.replaced)
}

fn replaced(title: &str, below: &[Replaced]) -> String {
    below.iter().fold(String::new(), |mut text, replaced| {
        let _ = writeln!(
            text,
            "    {title}  {}\n          {}",
            place(&replaced.place),
            replaced.text
        );
        text
    })
}

fn place(place: &Place) -> String {
    if place.line == 0 {
        return place.file.clone();
    }
    format!("{} 第{}行", place.file, place.line)
}

/// A value as far as it may be shown.
fn masked(value: &str) -> String {
    if value.is_empty() {
        return "（空）".to_owned();
    }
    print::visible(&mask::value(value))
}

fn for_programs(explanation: &Explanation, region: Option<String>, answered: Option<&Answered>) -> Json {
    let file = |file: &LayerFile| json!({ "file": file.file, "layer": file.layer, "extends": file.extends });
    let files: Vec<Json> = explanation.files.iter().map(file).collect();
    let request = explanation.request.iter().map(|field| {
        let value = answered.map(|answered| answered.request.get(&field.name));
        field_json(field, value)
    });
    let ways: Vec<Json> = explanation
        .ways
        .iter()
        .map(|way| way_json(way, answered))
        .collect();
    let mut object = json!({
        "funid": explanation.funid,
        "title": explanation.title,
        "region": region,
        "files": files,
        "request": request.collect::<Vec<_>>(),
        "ways": ways,
    });
    if let Some(answered) = answered {
        object["result"] = answered.response.result.clone().into();
        object["msg"] = answered.response.msg.clone().into();
    }
    object
}

fn way_json(way: &ExplainedWay, answered: Option<&Answered>) -> Json {
    let by = way
        .by
        .as_ref()
        .map(|(field, value, title)| json!({ "field": field, "value": value, "title": title }));
    let fields = way.fields.iter().map(|field| {
        let value = answered.map(|answered| answered.values.get(&field.name));
        field_json(field, value)
    });
    let removed = way
        .removed
        .iter()
        .map(|removed| json!({ "name": removed.name, "by": removed.by, "was": replaced_json(&removed.was) }));
    json!({
        "by": by,
        "call": way.call,
        "file": way.place.file,
        "line": way.place.line,
        "replaced": way.replaced.iter().map(replaced_json).collect::<Vec<_>>(),
        "device_title": way.device_title,
        "device_file": way.device_file,
        "function": way.function,
        "response": fields.collect::<Vec<_>>(),
        "removed": removed.collect::<Vec<_>>(),
    })
}

fn field_json(field: &ExplainedField, value: Option<Option<&String>>) -> Json {
    let map = field
        .map
        .as_ref()
        .map(|map| json!({ "file": map.file, "line": map.line }));
    let mut object = json!({
        "name": field.name,
        "title": field.title,
        "file": field.place.file,
        "line": field.place.line,
        "source": field.source,
        "device": field.device.as_ref().map(|device| json!({ "file": device.file, "line": device.line })),
        "device_replaced": field.device_replaced.iter().map(replaced_json).collect::<Vec<_>>(),
        "map": map,
        "replaced": field.replaced.iter().map(replaced_json).collect::<Vec<_>>(),
    });
    if let Some(value) = value {
        object["value"] = value.map(|value| masked(value)).into();
    }
    object
}

fn replaced_json(replaced: &Replaced) -> Json {
    json!({ "file": replaced.place.file, "line": replaced.place.line, "text": replaced.text })
}
