//! The ready declarations of `scripts/devices`: each is called through `MPS_Call` against a fake of its library that behaves as the
//! manuals say, and every row of its tables of errors reaches a caller.

mod desk;
#[path = "ready/table.rs"]
mod table;

use desk::{Desk, request};
use mps_client::message::Response;
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Stdio};
use table::{
    CARD, CASES, CHALLENGE, FUNID, HEASEC, NATION, READY, Ready, SSCARD, SSSE32, VOUCHED, asked, server,
    without_psam,
};

impl Ready {
    /// A desk with the library, and a function id that calls `method` and answers with `fields`.
    fn desk(&self, settings: &str, method: &str, fields: &str) -> Desk {
        let desk = Desk::new(&self.section(settings));
        desk.install(self.source, self.library);
        self.declare(&desk, method, fields);
        desk
    }

    fn declare(&self, desk: &Desk, method: &str, fields: &str) {
        desk.write(
            &format!("scripts/funids/{FUNID}.lua"),
            &self.funid(method, fields),
        );
    }

    fn script(&self) -> String {
        let path = format!(
            "{}/scripts/devices/{}.lua",
            env!("CARGO_MANIFEST_DIR"),
            self.device
        );
        std::fs::read_to_string(&path).expect(&path)
    }
}

/// The answer of the built library's own `MPS_Call`, in a process of its own.
fn call(desk: &Desk, request: &[u8]) -> Response<'static> {
    let library = std::env::current_exe()
        .expect("running")
        .with_file_name("libmps_client.so");
    let mut child = Command::new(env!("CARGO_BIN_EXE_mps"))
        .args(["send", "-", "--raw", "--library"])
        .arg(library)
        .env("MPS_HOME", desk.home())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command runs");
    child
        .stdin
        .take()
        .expect("piped")
        .write_all(request)
        .expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    Response::decode(&output.stdout).expect("a well-formed response")
}

#[track_caller]
fn gives(desk: &Desk, expected: &str) {
    let response = call(desk, asked().as_bytes());
    assert_eq!(response.result, "0", "{}", response.msg);
    let values: Vec<&str> = response.body.iter().map(|field| &*field.value).collect();
    let expected = if expected.is_empty() {
        "-".to_owned()
    } else {
        format!("{expected}|-")
    };
    assert_eq!(values.join("|"), expected);
}

#[track_caller]
fn fails(desk: &Desk, expected: &str) {
    let response = call(desk, asked().as_bytes());
    assert_eq!(response.result, "-1");
    assert!(
        response.msg.contains(expected),
        "{} has no {expected}",
        response.msg
    );
}

/// The rows of the tables of errors in a script's text: code, text, advice.
fn rows(script: &str) -> Vec<(String, String, String)> {
    let entry = |text: &str| {
        let (text, rest) = text.strip_prefix("{ \"")?.split_once('"')?;
        let (advice, _) = rest.strip_prefix(", advice = \"")?.split_once('"')?;
        Some((text.to_owned(), advice.to_owned()))
    };
    let row = |(at, _): (usize, &str)| {
        let (code, rest) = script.get(at + 1..)?.split_once(']')?;
        let value = rest.trim_start().strip_prefix("=")?.trim_start();
        code.parse::<i64>().ok()?;
        let shared = || {
            let name = value.split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
            let (_, declared) = script.split_once(&format!("local {name} = "))?;
            entry(declared)
        };
        let (text, advice) = entry(value).or_else(shared)?;
        Some((code.to_owned(), text, advice))
    };
    script.match_indices('[').filter_map(row).collect()
}

#[test]
fn every_ready_declaration_is_served() {
    for case in CASES {
        let desk = case.ready.desk(case.settings, case.method, case.fields);
        match case.expected {
            Ok(values) => gives(&desk, values),
            Err(part) => fails(&desk, part),
        }
    }
}

/// A desk whose reader has no security module, and whose region's server is at this address.
fn desk_without_psam(address: SocketAddr) -> Desk {
    let (settings, besides) = without_psam(address);
    let desk = SSCARD.desk(&settings, "read_card", CARD);
    desk.append(&besides);
    desk
}

#[test]
fn the_regions_server_vouches_for_a_card() {
    let (answer, card) = VOUCHED;
    let (address, serving) = server("200 OK", answer);
    gives(&desk_without_psam(address), card);
    let asked = serving.join().expect("a request came");
    assert!(asked.starts_with("POST /hsm HTTP/1.1\r\n"), "{asked}");
    assert!(asked.ends_with(CHALLENGE), "{asked}");
    for (status, body, expected) in [
        (
            "200 OK",
            r#"{"code":7,"message":"卡已挂失"}"#,
            "社保卡鉴权失败:卡已挂失",
        ),
        ("200 OK", r#"{"code":7}"#, "社保卡鉴权失败:服务器没有说明原因"),
        ("200 OK", r#"{"code":0,"data":{}}"#, "服务器的回答里没有data.key"),
        ("200 OK", "<html>", "JSON"),
        (
            "500 Internal Server Error",
            "",
            "社保卡鉴权失败:服务器回答状态码500",
        ),
        (
            "200 OK",
            r#"{"code":0,"data":{"key":"AAAA|"}}"#,
            "接口iReadCardBas_HSM_Step2失败[-15]:校验错误，请重新读卡",
        ),
    ] {
        let (address, serving) = server(status, body);
        fails(&desk_without_psam(address), expected);
        serving.join().expect("a request came");
    }
    let nobody = TcpListener::bind("127.0.0.1:0")
        .expect("a port")
        .local_addr()
        .expect("bound");
    fails(&desk_without_psam(nobody), "社保卡鉴权失败:访问127.0.0.1:");
    // A host that mps.toml does not name.
    fails(
        &SSCARD.desk(
            "card_type = 3\nserver_url = 'http://hsm.example/'\n",
            "read_card",
            CARD,
        ),
        "不允许访问hsm.example",
    );
}

#[test]
fn a_region_has_its_own_server() {
    let (address, serving) = server("200 OK", "<K>AAAA|BBBB|</K>");
    let desk = desk_without_psam(address);
    desk.prepend("region = \"331100\"\n");
    desk.write(
        "scripts/regions/331100/lib/sscard_server.lua",
        "return function(step1, settings)\n\
         local answer = mps.http.get { url = settings.server_url .. \"?txn=8004\" }\n\
         return answer.body:match(\"<K>(.-)</K>\")\n\
         end\n",
    );
    gives(&desk, "331100|XXXXXXXX|XXXXXX|XXXX|三代卡");
    assert!(
        serving
            .join()
            .expect("a request came")
            .starts_with("GET /hsm?txn=8004 ")
    );
}

#[test]
fn every_row_of_the_baselines_errors_reaches_the_caller() {
    let with = |org: &str, ip: &str| {
        let settings = format!("ip = '{ip}'\norg_id = '{org}'\narea_code = '320100'\n");
        HEASEC.desk(&settings, "read_card", CARD)
    };
    for (code, text, advice) in rows(&HEASEC.script()) {
        let expected = format!("失败[{code}]:{text}，{advice}");
        fails(
            &with(&format!("E{code}"), "10.0.0.2"),
            &format!("接口ReadCardBas{expected}"),
        );
        fails(
            &with(&format!("E{code}"), "10.0.0.1"),
            &format!("接口Init{expected}"),
        );
    }
}

#[test]
fn every_row_of_the_decoders_errors_reaches_the_caller() {
    // A question that lacks what it is about.
    let desk = NATION.desk("", "face_check", "");
    let response = call(&desk, asked().replace("<authNo>A1</authNo>", "").as_bytes());
    assert!(
        response.msg.contains("接口NationEcTrans失败[1001]:参数不正确"),
        "{}",
        response.msg
    );
    let at = |address: &str| {
        let settings = format!("url = 'http://ec.example{address}'\norg_id = 'H350XXXXXX'\n");
        NATION.desk(&settings, "query", "json")
    };
    for (code, text, advice) in rows(&NATION.script()) {
        let expected = format!("接口NationEcTrans失败[{code}]:{text}，{advice}");
        fails(&at(&format!("/code/{code}")), &expected);
    }
}

#[test]
fn every_status_of_a_card_reaches_the_caller() {
    let card = |port: &str| SSSE32.desk(&format!("port = '{port}'\n"), "read_card", CARD);
    let script = SSSE32.script();
    let states = script.split("[\"").skip(1).filter_map(|row| {
        let (status, rest) = row.split_once("\"] = \"")?;
        Some((status, rest.split_once('"')?.0))
    });
    let states: Vec<(&str, &str)> = states.collect();
    assert!(states.len() > 5, "{states:?}");
    for (status, text) in states {
        fails(
            &card(&format!("S{status}")),
            &format!("读卡失败[{status}]:{text}"),
        );
    }
}

#[test]
fn every_row_of_the_readers_errors_reaches_the_caller() {
    let mut count = 0;
    let script = SSCARD.script();
    let (pad, library) = script.split_once("return mps.library").expect("a declaration");
    for (table, method, function) in [
        (
            pad.split_once("pad_errors = {").expect("a table").1,
            "verify_pin",
            "iVerifyPIN",
        ),
        (library, "read_card", "iReadCardBas"),
    ] {
        // The shared row stands above both.
        for (code, text, advice) in rows(&format!("{}\n{table}", first_lines(pad))) {
            let desk = SSCARD.desk(&format!("card_type = {code}\n"), method, "");
            fails(&desk, &format!("接口{function}失败[{code}]:{text}，{advice}"));
            count += 1;
        }
    }
    for (code, text, advice) in rows(&SSSE32.script()) {
        let port = code.replace('-', "E");
        let desk = SSSE32.desk(&format!("port = '{port}'\n"), "read_card", "");
        fails(
            &desk,
            &format!("接口ICC_Reader_Open失败[{code}]:{text}，{advice}"),
        );
        count += 1;
    }
    assert_eq!(count, 2 + 14 + 9);
}

/// The shared row's declaration.
fn first_lines(pad: &str) -> &str {
    let from = pad.find("local no_psam").expect("a shared row");
    let rest = &pad[from..];
    &rest[..rest.find('\n').expect("a line")]
}

#[test]
fn every_ready_device_is_simulated() {
    for (ready, method, fields) in [
        (&SSCARD, "read_card", CARD),
        (&SSCARD, "read_person", "id name"),
        (&SSCARD, "verify_pin", ""),
        (&SSCARD, "change_pin", ""),
        (&HEASEC, "read_card", CARD),
        (&HEASEC, "read_id_card", "name id"),
        (&HEASEC, "query", "data.idNo json"),
        (&HEASEC, "verify_pin", ""),
        (&HEASEC, "change_pin", ""),
        (&NATION, "query", "data.idNo json"),
        (&NATION, "terminal", "data.idNo data.email"),
        (&NATION, "id_card", "data.idNo"),
        (&NATION, "face", "data.authNo"),
        (&NATION, "face_check", "data.idNo"),
        (&SSSE32, "read_card", CARD),
    ] {
        let desk = Desk::new("simulate = true\n");
        ready.declare(&desk, method, fields);
        let response = call(&desk, asked().as_bytes());
        assert_eq!(
            response.result, "0",
            "{}.{method}: {}",
            ready.device, response.msg
        );
    }
}

#[test]
fn one_line_of_a_region_picks_a_ready_device() {
    for (ready, kind, chosen) in [
        (&SSCARD, "03", "f[\"03\"].call = \"sscard_driver.read_card\""),
        (&HEASEC, "03", "f[\"03\"].call = \"heasec.read_card\""),
        (&SSSE32, "03", "f[\"03\"].call = \"ssse32.read_card\""),
        (&HEASEC, "01", "f[\"01\"].call = \"heasec.query\""),
        (&NATION, "01", "f[\"01\"].call = \"nation_ec.query\""),
    ] {
        let desk = ready.desk("", "x", "");
        std::fs::remove_file(desk.home().join(format!("scripts/funids/{FUNID}.lua"))).expect("written");
        desk.prepend("region = \"331100\"\n");
        desk.write(
            "scripts/regions/331100/funids/N04.00.00.01.lua",
            &format!("local f = mps.base()\n{chosen}\nreturn f\n"),
        );
        let response = call(&desk, &request(kind));
        assert_eq!(response.result, "0", "{chosen}: {}", response.msg);
        let names: Vec<&str> = response.body.iter().map(|field| field.name.as_ref()).collect();
        let expected: &[&str] = match kind {
            "03" => &["idcard_no", "card_no", "name", "card_code"],
            _ => &["out_put"],
        };
        assert_eq!(names, expected);
        assert!(
            response.body.iter().all(|field| !field.value.is_empty()),
            "{chosen}"
        );
    }
}

#[test]
fn doctor_understands_every_ready_declaration() {
    for ready in READY {
        let desk = ready.desk("", "read_card", "");
        if ready.device == "nation_ec" {
            ready.declare(&desk, "query", "");
        }
        let output = Command::new(env!("CARGO_BIN_EXE_mps"))
            .args(["doctor", "--home"])
            .arg(desk.home())
            .output()
            .expect("the command runs");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let about = text
            .split("\n")
            .skip_while(|line| !line.starts_with(ready.device));
        let about: Vec<&str> = about
            .take_while(|line| line.starts_with(ready.device) || line.starts_with(' '))
            .collect();
        assert!(about.len() > 3, "{text}");
        assert!(
            about
                .iter()
                .all(|line| !line.contains("错误") && !line.contains("警告")),
            "{text}"
        );
    }
}
