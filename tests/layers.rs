//! What a region says by `mps.base()`: only what differs, told apart field by field, with its mistakes at its own lines.

mod desk;

use desk::sample::FUNID;
use desk::{Desk, request};
use mps_client::engine::{Checked, Engine, Overrides, Scope, check};
use mps_client::message::{DEFAULT_SIGN, Request, Response};
use mps_client::script::{ExplainedField, ExplainedWay, Explanation};

const CITY: &str = "scripts/regions/350200/funids/N04.00.00.01.lua";
const COUNTY: &str = "scripts/regions/350203/funids/N04.00.00.01.lua";

fn desk() -> Desk {
    Desk::new("simulate = true\nregion = \"350203\"")
}

fn open(desk: &Desk) -> Engine {
    Engine::open(desk.home(), Overrides::default())
}

fn call(engine: &Engine, request: &[u8]) -> Response<'static> {
    Response::decode(&engine.answer(request).bytes).expect("a well-formed response")
}

/// A layer's file that changes the card's response.
fn extending(changes: &str) -> String {
    format!("local f = mps.base()\nlocal card = f[\"03\"]\n{changes}\nreturn f\n")
}

fn fields(desk: &Desk) -> Vec<(String, String)> {
    let response = call(&open(desk), &request("03"));
    assert_eq!(response.result, "0", "{}", response.msg);
    let body = response.body.into_iter();
    body.map(|field| (field.name.to_string(), field.value.into()))
        .collect()
}

fn pairs(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (&**name, &**value)).collect()
}

#[test]
fn a_layer_says_only_what_differs() {
    let desk = desk();
    desk.write(
        CITY,
        &extending(
            "card.response.card_no.from = \"area\"\ncard.response.sex = { value = \"2\", title = \"性别\" }",
        ),
    );
    desk.write(
        COUNTY,
        &extending(
            "card.response.name.map = function(name) return name:lower() .. card.response.sex.value end\n\
             card.response.card_code = nil",
        ),
    );
    let expected = [
        ("idcard_no", "XXXXXXXX"),
        ("card_no", "350200"),
        ("name", "xxx2"),
        ("sex", "2"),
    ];
    assert_eq!(pairs(&fields(&desk)), expected);
}

#[test]
fn a_field_is_replaced_in_its_place_and_the_base_is_fresh_each_time() {
    let desk = desk();
    let changes = "card.response.card_no = { value = \"1\", title = \"卡号\" }\n\
                   card.response.name.title = mps.base()[\"03\"].response.card_no.title";
    desk.write(CITY, &extending(changes));
    assert_eq!(fields(&desk)[1], ("card_no".to_owned(), "1".to_owned()));
    let explanation = open(&desk).explain("N04.00.00.01").expect("declared");
    assert_eq!(field(&explanation, "name").title, "卡号");
}

#[test]
fn lists_answer_to_positions_and_to_table_functions_too() {
    let desk = desk();
    let changes = "table.insert(card.response, 2, { \"sex\", value = \"1\", title = \"性别\" })\n\
                   table.remove(card.response, 1)\n\
                   assert(#card.response == 4 and card.response[1][1] == \"sex\" and card.response[5] == nil)";
    desk.write(CITY, &extending(changes));
    let fields = fields(&desk);
    let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["sex", "card_no", "name", "card_code"]);
}

#[test]
fn the_request_and_devices_are_extended_alike() {
    let desk = desk();
    let changes = "f.request.extra = { title = \"附加\", required = true }\n\
                   f.request.mdtrt_cert_type.title = \"凭证\"";
    desk.write(CITY, &extending(changes));
    desk.write(
        "scripts/regions/350200/devices/card.lua",
        "local d = mps.base()\nd.settings.port.default = \"COM7\"\nd.errors[-9] = { \"读卡超时\" }\nreturn d",
    );
    desk.write(
        "scripts/simulated/card.lua",
        "return mps.simulation { title = \"模拟\", functions = {\n\
         SSC_Open = function(port) return { returns = port == \"COM7\" and -9 or 0 } end } }",
    );
    assert_eq!(
        call(&open(&desk), &request("03")).msg,
        "缺少必填参数extra（附加）"
    );
    let mut full = Request::decode(&request("03")).expect("the specification's");
    full.body.extend(
        full.body
            .first()
            .cloned()
            .map(|field| mps_client::message::Field {
                name: "extra".into(),
                ..field
            }),
    );
    let full = full.encode().expect("encodable");
    assert_eq!(call(&open(&desk), &full).msg, "接口SSC_Open 失败:读卡超时");
}

#[test]
fn a_mistake_is_told_at_the_line_of_the_layer_that_made_it() {
    for (changes, expected) in [
        (
            "card.response.cardno.from = \"id\"",
            "350203/funids/N04.00.00.01.lua第3行：下层没有名为“cardno”的返回字段，是否应为“card_no”？",
        ),
        (
            "\ncard.response.nam = nil",
            "第4行：下层没有名为“nam”的返回字段，是否应为“name”？",
        ),
        (
            "f.request.mdtrt_cert_typ.required = false",
            "第3行：下层没有名为“mdtrt_cert_typ”的请求字段",
        ),
        ("f[\"04\"].response = {}", "第3行：mps.funid没有“04”这一项"),
        (
            "card.respons.name.from = \"id\"",
            "第3行：处理方式没有“respons”这一项，是否应为“response”？",
        ),
        ("card.response.name = \"id\"", "第3行：返回字段name应为表"),
        (
            "card.response.sex = { \"six\", value = \"1\", title = \"性别\" }",
            "第3行：返回字段sex的表里写的名称是“six”",
        ),
        (
            "card.response.name.from = \"nam\"",
            "第3行：card.read_card的结果没有“nam”这一项，是否应为“name”？",
        ),
        (
            "card.response.sex = { from = \"id\" }",
            "350203/funids/N04.00.00.01.lua第3行：缺少title",
        ),
    ] {
        let desk = desk();
        desk.write(COUNTY, &extending(changes));
        let actual = call(&open(&desk), &request("03")).msg;
        assert!(
            actual.contains(expected),
            "expected {expected}\nactual   {actual}"
        );
    }
}

#[test]
fn what_a_layer_only_took_over_is_told_of_the_file_below() {
    let desk = desk();
    desk.write(CITY, &FUNID.replace("from = \"id\"", "form = \"id\""));
    desk.write(COUNTY, &extending("card.response.name.map = mps.text.trim"));
    let actual = call(&open(&desk), &request("03")).msg;
    assert!(
        actual.contains("regions/350200/funids/N04.00.00.01.lua第13行"),
        "{actual}"
    );
    desk.write(CITY, "return mps.funid {");
    let actual = call(&open(&desk), &request("03")).msg;
    assert!(
        actual.contains("脚本regions/350200/funids/N04.00.00.01.lua第"),
        "{actual}"
    );
}

#[test]
fn a_base_that_is_not_there_is_an_error() {
    let desk = desk();
    desk.write("scripts/regions/350203/funids/N99.lua", &extending(""));
    let actual = call(&open(&desk), &request("03")).msg;
    assert!(
        actual.contains("regions/350203/funids/N99.lua第1行：下面各层都没有"),
        "{actual}"
    );
}

#[test]
fn the_base_is_for_files_not_for_functions() {
    let desk = desk();
    desk.write(
        COUNTY,
        &extending("card.response.name.map = function() return mps.base() end"),
    );
    let actual = call(&open(&desk), &request("03")).msg;
    assert!(
        actual.contains("第3行：mps.base()只能在脚本文件的最外层使用"),
        "{actual}"
    );
}

fn way<'a>(explanation: &'a Explanation, value: &str) -> &'a ExplainedWay {
    let of_value = |way: &&ExplainedWay| way.by.as_ref().is_some_and(|(_, by, _)| by == value);
    explanation.ways.iter().find(of_value).expect("declared")
}

fn field<'a>(explanation: &'a Explanation, name: &str) -> &'a ExplainedField {
    let fields = &way(explanation, "03").fields;
    fields
        .iter()
        .find(|field| *field.name == *name)
        .expect("declared")
}

#[test]
fn every_field_knows_the_layer_the_file_and_the_line_that_gave_it() {
    let desk = desk();
    desk.write(
        CITY,
        &extending("card.response.card_no.from = \"area\"\ncard.response.name.map = mps.text.trim\ncard.response.card_code = nil"),
    );
    desk.write(
        COUNTY,
        &extending("card.response.name.map = function(name)\n  return name\nend\nf.request.mdtrt_cert_type.title = \"凭证\""),
    );
    let explanation = open(&desk).explain("N04.00.00.01").expect("declared");
    let place = |field: &ExplainedField| format!("{} {}", field.place.file, field.place.line);
    let was = |field: &ExplainedField| -> Vec<String> {
        let replaced = field.replaced.iter();
        replaced
            .map(|was| format!("{} {}", was.place.file, was.place.line))
            .collect()
    };
    let (base, city, county) = (
        "funids/N04.00.00.01.lua",
        &CITY["scripts/".len()..],
        &COUNTY["scripts/".len()..],
    );

    let inherited = field(&explanation, "idcard_no");
    assert_eq!(
        (place(inherited), was(inherited).len()),
        (format!("{base} 13"), 0)
    );
    assert_eq!(inherited.source, "SSC_ReadCard的输出info，按“|”分隔的第2段 id");

    let changed = field(&explanation, "card_no");
    assert_eq!(place(changed), format!("{city} 3"));
    assert_eq!(was(changed), [format!("{base} 14")]);
    assert!(
        changed.replaced[0].text.contains("from = \"cardnum\""),
        "{changed:?}"
    );

    let twice = field(&explanation, "name");
    assert_eq!(place(twice), format!("{county} 3"));
    assert_eq!(was(twice), [format!("{city} 4"), format!("{base} 15")]);
    let map = twice.map.as_ref().expect("a function");
    assert_eq!((map.file.as_str(), map.line), (county, 3));

    let removed = &way(&explanation, "03").removed;
    assert_eq!(
        (removed.len(), &*removed[0].name, &*removed[0].by),
        (1, "card_code", city)
    );
    assert_eq!(removed[0].was.place.line, 16);

    let request = &explanation.request[0];
    assert_eq!(place(request), format!("{county} 6"));
    let files: Vec<(&str, bool)> = explanation
        .files
        .iter()
        .map(|file| (&*file.layer, file.extends))
        .collect();
    assert_eq!(
        files,
        [("regions/350203", true), ("regions/350200", true), ("", false)]
    );
}

#[test]
fn a_file_that_replaces_gives_every_field_even_over_a_broken_one() {
    let desk = desk();
    desk.write(COUNTY, FUNID);
    let explanation = open(&desk).explain("N04.00.00.01").expect("declared");
    let fields = &way(&explanation, "03").fields;
    assert!(
        fields
            .iter()
            .all(|field| field.place.file.starts_with("regions/350203/") && field.replaced.len() == 1)
    );
    desk.write(CITY, "return mps.funid {");
    let explanation = open(&desk)
        .explain("N04.00.00.01")
        .expect("the broken file is replaced");
    assert_eq!(explanation.files.len(), 2);
}

/// Every region and its problems.
fn checked(desk: &Desk, scope: Scope) -> Vec<(Option<String>, Vec<String>)> {
    let checked = check(desk.home(), &scope).into_iter();
    checked
        .map(|Checked { region, problems, .. }| (region, problems))
        .collect()
}

#[test]
fn a_check_tells_every_files_mistakes_in_every_region() {
    let desk = desk();
    desk.write(COUNTY, &extending("card.response.nam = nil"));
    desk.write("scripts/devices/credential.lua", "return mps.library {}");
    desk.write(
        "scripts/regions/350500/protocol.lua",
        "return mps.protocol { sing = 1 }",
    );
    desk.write("scripts/regions/厦门/funids/x.lua", "");
    desk.write("scripts/regions/350500/funids/y.lua", "\0");
    let checked = checked(&desk, Scope::All);
    let regions: Vec<_> = checked.iter().map(|(region, _)| region.as_deref()).collect();
    assert_eq!(regions, [None, Some("350203"), Some("350500")]);
    for ((_, problems), own) in checked.iter().zip(["厦门", "“nam”", "是否应为“sign”？"]) {
        let of = |part: &str| problems.iter().filter(|problem| problem.contains(part)).count();
        assert_eq!((of("devices/credential.lua"), of(own)), (1, 1), "{problems:#?}");
    }
    let unreadable = &checked[0].1;
    assert!(
        unreadable
            .iter()
            .any(|problem| problem.contains("regions/350500/funids/y.lua")),
        "{unreadable:#?}"
    );
}

#[test]
fn a_check_holds_the_desk_against_the_declarations() {
    let problems = |config: &str| {
        let desk = Desk::new(config);
        checked(&desk, Scope::Configured).remove(0).1.join("\n")
    };
    assert_eq!(problems(""), "");
    assert_eq!(problems("simulate = true\n[device.credential]\n"), "");
    assert!(problems("simulat = true").contains("simulate"));
    assert!(
        problems("[device.card]\nfolder = 'x'\nprot = 'COM1'")
            .contains("mps.toml 第3行：设备card没有“prot”这一项，是否应为“port”？")
    );
    let lacking = problems("[device.credential]\nurl = 'x'");
    assert!(
        lacking.contains("folder") && lacking.contains("org_id（定点机构编号）") && !lacking.contains("url"),
        "{lacking}"
    );
}

/// Sixteen letters made of the text's length and the field count: enough of a signature to see what was signed.
const PROTOCOL: &str = r#"
local function digest(message)
  local count = 0
  for _ in pairs(message.fields) do count = count + 1 end
  return ("%08d%08d"):format(#message.text, count)
end
return mps.protocol {
  verify = function(message)
    if message.sign == "0000000000000000" then return false, "没有签名：" .. message.funid end
    return message.sign == digest(message)
  end,
  sign = digest,
}"#;

fn signed(sign: &str) -> Vec<u8> {
    let text = String::from_utf8(request("03")).expect("ASCII");
    text.replace(DEFAULT_SIGN, sign).into_bytes()
}

fn between_tags(message: &[u8]) -> usize {
    let (text, ..) = encoding_rs::GBK.decode(message);
    let start = text.find("<Body>").expect("a body") + "<Body>".len();
    text.rfind("</Body>").expect("a body") - start
}

#[test]
fn a_region_verifies_requests_and_signs_responses() {
    let desk = desk();
    desk.write("scripts/regions/350200/protocol.lua", PROTOCOL);
    let engine = open(&desk);
    let unsigned = call(&engine, &request("03"));
    assert_eq!(
        (&*unsigned.result, &*unsigned.msg),
        ("-1", "没有签名：N04.00.00.01")
    );
    let wrong = call(&engine, &signed("abcdefghijklmnop"));
    assert_eq!(wrong.msg, "签名不正确，请检查调用方的签名");

    let right = format!("{:08}{:08}", between_tags(&request("03")), 1);
    let answer = engine.answer(&signed(&right));
    let response = Response::decode(&answer.bytes).expect("well-formed");
    assert_eq!(
        (&*response.result, response.body.len()),
        ("0", 4),
        "{}",
        response.msg
    );
    assert_eq!(
        response.header.sign,
        format!("{:08}{:08}", between_tags(&answer.bytes), 4)
    );

    let elsewhere = Overrides {
        region: Some("350500".to_owned()),
        ..Overrides::default()
    };
    let answer = Engine::open(desk.home(), elsewhere).answer(&signed(&right));
    assert_eq!(
        Response::decode(&answer.bytes).expect("well-formed").header.sign,
        right
    );
}

#[test]
fn a_signature_may_be_half_an_md5() {
    let desk = Desk::new("simulate = true");
    let digest = "return mps.crypto.md5(\"key\" .. m.funid .. m.text):sub(1, 16)";
    desk.write(
        "scripts/site/protocol.lua",
        &format!("local function digest(m) {digest} end\nreturn mps.protocol {{ verify = function(m) return m.sign == digest(m) end, sign = digest }}"),
    );
    let engine = open(&desk);
    // md5 of "key", the function id and the body's text, by another implementation.
    let right = engine.answer(&signed("78dd82959ca2a639"));
    let response = Response::decode(&right.bytes).expect("well-formed");
    assert_eq!(
        (&*response.result, &*response.header.sign),
        ("0", "9fe27010426e104c")
    );
    assert_eq!(call(&engine, &signed("0123456789abcdef")).result, "-1");
}

#[test]
fn failures_are_signed_and_short_ones_are_not() {
    let desk = desk();
    desk.write("scripts/site/protocol.lua", "return mps.protocol { sign = function(m) return m.result == \"-1\" and \"aaaaaaaaaaaaaaaa\" or \"bbbbbbbbbbbbbbbb\" end }");
    let engine = open(&desk);
    assert_eq!(call(&engine, &request("99")).header.sign, "aaaaaaaaaaaaaaaa");
    let answer = engine.answer(&request("03"));
    assert_eq!(
        Response::decode(&answer.bytes).expect("well-formed").header.sign,
        "bbbbbbbbbbbbbbbb"
    );
    let short = answer.shortened(answer.bytes.len()).expect("room");
    assert_eq!(
        Response::decode(&short).expect("well-formed").header.sign,
        DEFAULT_SIGN
    );
}

#[test]
fn a_signature_that_is_none_is_a_failure() {
    for (sign, expected) in [
        (
            "function() return \"ABCDEFGHIJKLMNOP\" end",
            "十六位小写字母或数字",
        ),
        ("function() return \"abc\" end", "十六位小写字母或数字"),
        ("function() end", "十六位小写字母或数字"),
        ("function() mps.fail(\"钥匙不见了\") end", "钥匙不见了"),
        ("function(m) return m.boddy end", "没有名为“boddy”的报文项"),
    ] {
        let desk = desk();
        desk.write(
            "scripts/protocol.lua",
            &format!("return mps.protocol {{ sign = {sign} }}"),
        );
        let response = call(&open(&desk), &request("03"));
        assert!(
            response.result == "-1" && response.msg.contains(expected),
            "{sign}: {}",
            response.msg
        );
        assert_eq!(response.header.sign, DEFAULT_SIGN);
    }
    let desk = desk();
    desk.write(
        "scripts/protocol.lua",
        "return mps.protocol { verify = function() return 1 end }",
    );
    let response = call(&open(&desk), &request("03"));
    assert!(
        response.msg.contains("verify应返回true、false或nil"),
        "{}",
        response.msg
    );
}
