//! The ready declarations of `scripts/devices`: each is called through `MPS_Call` against a fake of its library that behaves as the
//! manuals say, and every row of its tables of errors reaches a caller.

mod desk;

use desk::{Desk, request};
use mps_client::message::Response;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Stdio};
use std::thread;

/// A ready declaration and the fake of its library.
struct Ready {
    device: &'static str,
    source: &'static str,
    library: &'static str,
    /// What a desk has to say at least.
    settings: &'static str,
}

const SSCARD: Ready = Ready {
    device: "sscard_driver",
    source: "sscarddriver.c",
    library: "libSSCardDriver.so",
    settings: "card_type = 1\n",
};
const HEASEC: Ready = Ready {
    device: "heasec",
    source: "heasec.c",
    library: "libHeaSecReadInfo.x86_64.so",
    settings: "ip = '10.0.0.2'\norg_id = 'H320'\narea_code = '320100'\n",
};
const NATION: Ready = Ready {
    device: "nation_ec",
    source: "nation_ec.c",
    library: "libNationECCode.so",
    settings: "url = 'http://ec.example/kinds'\norg_id = 'H350XXXXXX'\n",
};
const SSSE32: Ready = Ready {
    device: "ssse32",
    source: "ssse32.c",
    library: "libSSSE32.so",
    settings: "",
};
const READY: [Ready; 4] = [SSCARD, HEASEC, NATION, SSSE32];

/// What a card, an identity card and a credential are read as, and what a caller sees of each.
const CARD: &str = "area id cardnum cardCode name";
const FUNID: &str = "N99.00.00.02";

impl Ready {
    /// A desk with the library, and a function id that calls `method` and answers with `fields`.
    fn desk(&self, settings: &str, method: &str, fields: &str) -> Desk {
        let settings = if settings.is_empty() {
            self.settings
        } else {
            settings
        };
        let desk = Desk::new(&format!(
            "[device.{}]\nfolder = 'vendor'\n{settings}",
            self.device
        ));
        desk.install(self.source, self.library);
        self.declare(&desk, method, fields);
        desk
    }

    fn declare(&self, desk: &Desk, method: &str, fields: &str) {
        let fields: String = fields
            .split_whitespace()
            .map(|field| {
                let name = field.replace('.', "_");
                format!("{{ \"{name}\", from = \"{field}\", title = \"{field}\" }}, ")
            })
            .collect();
        let asked = match method {
            "face_check" => "request = { { \"authNo\", title = \"刷脸凭据\" } },",
            _ => "",
        };
        let script = format!(
            "return mps.funid {{ title = \"现成的声明\", {asked} call = \"{}.{method}\",\n\
             response = {{ {fields} {{ \"end\", value = \"-\", title = \"结束\" }} }} }}",
            self.device
        );
        desk.write(&format!("scripts/funids/{FUNID}.lua"), &script);
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

fn asked(body: &str) -> Vec<u8> {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><request><Header><funid>{FUNID}</funid><sign>0000000000000000</sign></Header>\
         <Body>{body}</Body></request>"
    )
    .into_bytes()
}

/// The answer of the built library's own `MPS_Call`, in a process of its own.
fn call(desk: &Desk, request: &[u8]) -> Response {
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
    let response = call(desk, &asked("<authNo>A1</authNo>"));
    assert_eq!(response.result, "0", "{}", response.msg);
    let values: Vec<&str> = response.body.iter().map(|field| field.value.as_str()).collect();
    assert_eq!(values.join("|"), format!("{expected}|-"));
}

#[track_caller]
fn fails(desk: &Desk, expected: &str) {
    let response = call(desk, &asked(""));
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
fn the_standard_driver_is_served() {
    let card = "331100|XXXXXXXX|XXXXXX|XXXX|王五";
    let desk = SSCARD.desk("", "read_card", CARD);
    gives(&desk, card);
    SSCARD.declare(&desk, "read_card", "version issued expires terminal reader");
    gives(&desk, "3.00|20210118|20310118|000000000000|SN");
    SSCARD.declare(&desk, "read_person", "id name sex nation birthday");
    gives(&desk, "XXXXXXXX|王五|1|01|19980101");
    for method in ["verify_pin", "change_pin"] {
        SSCARD.declare(&desk, method, "");
        let response = call(&desk, &asked(""));
        assert_eq!(response.result, "0", "{}", response.msg);
    }
    // The driver's own words come first, the advice is ours.
    fails(
        &SSCARD.desk("card_type = 9\n", "read_card", CARD),
        "接口iReadCardBas失败[-2]:未检测到卡片，请插入社会保障卡",
    );
}

/// A region's server that answers every request so; its address, and what it was asked last.
fn server(status: &'static str, body: &'static str) -> (SocketAddr, thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    let serving = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a caller");
        let mut asked = Vec::new();
        let mut piece = [0; 4096];
        while !complete(&asked) {
            let count = stream.read(&mut piece).expect("a request");
            assert_ne!(count, 0, "the request is cut off");
            asked.extend_from_slice(&piece[..count]);
        }
        let length = body.len();
        let answer =
            format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
        stream.write_all(answer.as_bytes()).expect("the caller waits");
        String::from_utf8(asked).expect("UTF-8")
    });
    (address, serving)
}

/// Whether a request has come with all of its body.
fn complete(asked: &[u8]) -> bool {
    let text = String::from_utf8_lossy(asked);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse().ok())?
    });
    body.len() >= length.unwrap_or(0usize)
}

/// A desk whose reader has no security module, and whose region's server is at this address.
fn without_psam(address: SocketAddr) -> Desk {
    let settings = format!("card_type = 3\nserver_url = 'http://{address}/hsm'\norg_id = 'H331'\n");
    let desk = SSCARD.desk(&settings, "read_card", CARD);
    desk.append(&format!("[http]\nhosts = ['{address}']\n"));
    desk
}

#[test]
fn the_regions_server_vouches_for_a_card() {
    let (address, serving) = server("200 OK", r#"{"code":"0","data":{"key":"AAAA|BBBB|"}}"#);
    gives(&without_psam(address), "331100|XXXXXXXX|XXXXXX|XXXX|三代卡");
    let asked = serving.join().expect("a request came");
    assert!(asked.starts_with("POST /hsm HTTP/1.1\r\n"), "{asked}");
    assert!(
        asked.ends_with(r#"{"cardInfo":"331100|3B6D|03|XXXX|3|","orgId":"H331"}"#),
        "{asked}"
    );
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
        fails(&without_psam(address), expected);
        serving.join().expect("a request came");
    }
    let nobody = TcpListener::bind("127.0.0.1:0")
        .expect("a port")
        .local_addr()
        .expect("bound");
    fails(&without_psam(nobody), "社保卡鉴权失败:访问127.0.0.1:");
    // A host that mps.toml does not name, and a reader without a server.
    fails(
        &SSCARD.desk(
            "card_type = 3\nserver_url = 'http://hsm.example/'\n",
            "read_card",
            CARD,
        ),
        "不允许访问hsm.example",
    );
    fails(
        &SSCARD.desk("card_type = 3\n", "read_card", CARD),
        "[-2201]:读写器没有可用的PSAM卡",
    );
}

#[test]
fn a_region_has_its_own_server() {
    let (address, serving) = server("200 OK", "<K>AAAA|BBBB|</K>");
    let desk = without_psam(address);
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
fn the_baselines_library_is_served() {
    let desk = HEASEC.desk("", "read_card", CARD);
    gives(&desk, "320100|XXXXXXXX|XXXXXX|XXXX|李四");
    HEASEC.declare(
        &desk,
        "read_id_card",
        "name sex nation birthday address id issued expires issuer",
    );
    gives(
        &desk,
        "李四|男|汉|19980101|某市某区|XXXXXXXXXXXXXXXXXX|20210118|长期|某市公安局",
    );
    HEASEC.declare(&desk, "query", "data.idNo data.userName data.ecToken");
    gives(&desk, "XXXXXXXX|李四|XXXX");
    for method in ["verify_pin", "change_pin"] {
        HEASEC.declare(&desk, method, "");
        let response = call(&desk, &asked(""));
        assert_eq!(response.result, "0", "{}", response.msg);
    }
    let with = |org: &str, ip: &str| {
        let settings = format!("ip = '{ip}'\norg_id = '{org}'\narea_code = '320100'\n");
        HEASEC.desk(&settings, "read_card", CARD)
    };
    fails(
        &with("H999", "10.0.0.2"),
        "接口Init失败[1]:初始化参数不正确，请核对mps.toml中的设置",
    );
    fails(
        &with("BUSY", "10.0.0.2"),
        "接口ReadCardBas失败[-1]:读卡器被占用，请查看log_path中的日志",
    );
    // It took the settings, and is not ready nevertheless: the wrong order of calls, as it sees it.
    fails(&with("H320", "10.0.0.9"), "接口ReadCardBas失败[-1]:请先初始化");
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
fn every_kind_of_question_is_put_to_the_decoder() {
    let desk = NATION.desk("", "query", "");
    for (method, expected) in [
        ("query", "XXXXXXXX|赵六|"),
        ("id_card", "XXXXXXXX|赵六|"),
        ("face_check", "XXXXXXXX|赵六|"),
        ("terminal", "XXXXXXXX|赵六|"),
    ] {
        NATION.declare(&desk, method, "data.idNo data.userName data.email");
        gives(&desk, expected);
    }
    NATION.declare(&desk, "face", "data.authNo");
    gives(&desk, "A1");
    NATION.declare(&desk, "face_check", "data.idNo");
    fails(&desk, "接口NationEcTrans失败[1001]:参数不正确");
    let at = |address: &str| {
        let settings = format!("url = 'http://ec.example{address}'\norg_id = 'H350XXXXXX'\n");
        NATION.desk(&settings, "query", "json")
    };
    fails(&at("/refused"), "接口NationEcTrans失败[9999]:网络不通");
    fails(
        &at("/expired"),
        "[40004]:结算支付码已过期，请重新获取[8ac6008e81d81271018381d21f2b4097]，请病人刷新医保码后重新扫码",
    );
    fails(&at("/cut"), "返回的不是完整的JSON");
    for (code, text, advice) in rows(&NATION.script()) {
        let expected = format!("接口NationEcTrans失败[{code}]:{text}，{advice}");
        fails(&at(&format!("/code/{code}")), &expected);
    }
}

#[test]
fn a_card_is_read_command_by_command() {
    let card = |port: &str| {
        let settings = format!("port = '{port}'\n");
        SSSE32.desk(
            &settings,
            "read_card",
            "area id cardnum cardCode name version reset",
        )
    };
    let read = |name: &str| {
        format!("350202|XXXXXXXXXXXXXXXXXX|X00000019|350202D1560000000000000000000000|{name}|2.00|3B6D0000A7")
    };
    gives(&card("USB1"), &read("钱七"));
    gives(&card("LONG"), &read("欧阳欧阳欧阳欧阳欧阳欧阳欧阳欧阳"));
    fails(
        &card("GEN3"),
        "读卡失败[6982]:卡片要求安全认证，三代卡请改用SSCardDriver和PSAM卡",
    );
    fails(&card("BANK"), "读卡失败[6A82]:不是社会保障卡");
    fails(&card("COM12"), "接口ICC_Reader_Open失败[-14]:参数错误");
    fails(
        &SSSE32.desk("slot = 2\n", "read_card", CARD),
        "接口ICC_Reader_PowerOn失败[-2]:无卡，请插入社会保障卡",
    );
    fails(&card("S6F00"), "读卡失败[6F00]:卡片不接受这个命令");
    // A card that never stops asking for another length is asked once.
    fails(&card("S6C10"), "读卡失败[6C10]");
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
        let response = call(&desk, &asked("<authNo>A1</authNo>"));
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
        let names: Vec<&str> = response.body.iter().map(|field| field.name.as_str()).collect();
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
