//! The yardstick: what a careful programmer writes who has two vendors' libraries to call and no scripts: the same messages, the
//! same crates, the same export, nothing configurable. It also has the floor: the bytes and their charset, and nothing else.

use encoding_rs::GBK;
use libloading::Library;
use quick_xml::Reader;
use quick_xml::escape::minimal_escape;
use quick_xml::events::Event;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::ffi::{CStr, c_char, c_int, c_long};
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::{env, fmt::Write as _};

const SAMPLE: &[u8] = include_bytes!("../../tests/vectors/response-card-ok.xml");
const LONG_SAMPLE: &[u8] = include_bytes!("../../tests/vectors/response-credential-ok.xml");

/// Answers a request in a buffer that is large enough.
///
/// # Safety
/// `req` is a string, and `resp` a buffer of 8 KiB.
#[allow(non_snake_case)]
#[unsafe(no_mangle)]
pub unsafe extern "system" fn MPS_Call(req: *const c_char, resp: *mut c_char) -> c_int {
    // SAFETY: by contract.
    let request = unsafe { CStr::from_ptr(req) }.to_bytes();
    let answer = answer(request);
    // SAFETY: by contract.
    unsafe { put(&answer, resp) };
    0
}

/// What no library can do without: the request is copied and decoded, the answer encoded and copied.
///
/// # Safety
/// As [`MPS_Call`].
#[allow(non_snake_case)]
#[unsafe(no_mangle)]
pub unsafe extern "system" fn Floor_Call(req: *const c_char, resp: *mut c_char) -> c_int {
    static TEXTS: OnceLock<[String; 2]> = OnceLock::new();
    let texts = TEXTS.get_or_init(|| [SAMPLE, LONG_SAMPLE].map(|sample| GBK.decode(sample).0.into_owned()));
    // SAFETY: by contract.
    let request = unsafe { CStr::from_ptr(req) }.to_bytes().to_vec();
    let (request, ..) = GBK.decode(&request);
    let text = &texts[usize::from(request.contains(">01<"))];
    let (answer, ..) = GBK.encode(text);
    // SAFETY: by contract.
    unsafe { put(&answer, resp) };
    0
}

/// # Safety
/// `resp` has room for the answer and a NUL.
unsafe fn put(answer: &[u8], resp: *mut c_char) {
    // SAFETY: by contract.
    unsafe {
        resp.cast::<u8>()
            .copy_from_nonoverlapping(answer.as_ptr(), answer.len());
        resp.add(answer.len()).write(0);
    }
}

#[derive(Default)]
struct Request {
    funid: String,
    sign: String,
    body: HashMap<String, String>,
}

type Fields = Vec<(&'static str, String)>;

fn answer(request: &[u8]) -> Vec<u8> {
    let (text, _, malformed) = GBK.decode(request);
    let request = match parse(&text) {
        Ok(request) if !malformed => request,
        Ok(_) => return response(&Request::default(), Err("请求报文编码错误".to_owned())),
        Err(error) => return response(&Request::default(), Err(error.to_string())),
    };
    let cert_type = request.body.get("mdtrt_cert_type").map(String::as_str);
    let served = match (request.funid.as_str(), cert_type) {
        ("N04.00.00.01", Some("03")) => read_card(),
        ("N04.00.00.01", Some("01")) => query_credential(),
        ("N04.00.00.01", _) => Err("就诊凭证类型不正确".to_owned()),
        (other, _) => Err(format!("没有功能编号{other}")),
    };
    response(&request, served)
}

fn parse(text: &str) -> Result<Request, quick_xml::Error> {
    let mut reader = Reader::from_str(text);
    let mut request = Request::default();
    let mut path: Vec<String> = Vec::new();
    loop {
        match reader.read_event()? {
            Event::Start(tag) => path.push(tag.name().as_ref().to_owned()),
            Event::End(_) => {
                path.pop();
            }
            Event::Text(text) => match path.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
                ["request", "Header", "funid"] => request.funid.push_str(&text),
                ["request", "Header", "sign"] => request.sign.push_str(&text),
                ["request", "Body", name] => {
                    request.body.insert((*name).to_owned(), text.to_string());
                }
                _ => {}
            },
            Event::Eof => return Ok(request),
            _ => {}
        }
    }
}

fn response(request: &Request, served: Result<Fields, String>) -> Vec<u8> {
    let (result, msg, fields) = match served {
        Ok(fields) => ("0", "操作成功".to_owned(), fields),
        Err(msg) => ("-1", msg, Vec::new()),
    };
    let mut xml = String::with_capacity(2048);
    // A String takes everything.
    let _ = write!(
        xml,
        "<?xml version=\"1.0\" encoding=\"GBK\" ?>\n<response>\n    <Header>\n        <funid>{}</funid>\n        \
         <sign>{}</sign>\n        <result>{result}</result>\n        <msg>{}</msg>\n    </Header>\n    <Body>\n",
        minimal_escape(request.funid.as_str()),
        minimal_escape(request.sign.as_str()),
        minimal_escape(msg.as_str()),
    );
    for (name, value) in fields {
        let value = minimal_escape(value.as_str());
        let _ = match name {
            "out_put" => writeln!(xml, "        <out_put>\n{value}\n        </out_put>"),
            _ => writeln!(xml, "        <{name}>{value}</{name}>"),
        };
    }
    xml.push_str("    </Body>\n</response>");
    GBK.encode(&xml).0.into_owned()
}

/// The vendors' libraries. Readers are not for two callers at once.
struct Vendors {
    card: Mutex<Card>,
    credential: Mutex<Credential>,
}

struct Card {
    open: unsafe extern "system" fn(*const c_char, *mut u8) -> c_long,
    read: unsafe extern "system" fn(*mut u8, *mut u8) -> c_long,
    close: unsafe extern "system" fn() -> c_long,
}

struct Credential {
    query: unsafe extern "system" fn(*const c_char, *const u8, *mut u8) -> *const c_char,
}

fn vendors() -> &'static Vendors {
    static VENDORS: OnceLock<Vendors> = OnceLock::new();
    VENDORS.get_or_init(|| {
        let folder = env::var_os("YARDSTICK_VENDORS")
            .map(PathBuf::from)
            .unwrap_or_default();
        // SAFETY: the vendors' libraries are trusted, their functions have these types, and they are never unloaded.
        unsafe {
            let card = Library::new(folder.join("libSSCard.so")).expect("the card's library");
            let credential =
                Library::new(folder.join("libNationECCode.so")).expect("the credential's library");
            let vendors = Vendors {
                card: Mutex::new(Card {
                    open: *card.get(b"SSC_Open\0").expect("SSC_Open"),
                    read: *card.get(b"SSC_ReadCard\0").expect("SSC_ReadCard"),
                    close: *card.get(b"SSC_Close\0").expect("SSC_Close"),
                }),
                credential: Mutex::new(Credential {
                    query: *credential.get(b"NationEcTrans\0").expect("NationEcTrans"),
                }),
            };
            std::mem::forget((card, credential));
            vendors
        }
    })
}

fn read_card() -> Result<Fields, String> {
    let card = vendors().card.lock().unwrap_or_else(PoisonError::into_inner);
    let (mut info, mut error) = (vec![0; 4096], vec![0; 1024]);
    // SAFETY: as the vendor's manual says, strings that end in a NUL and buffers of these sizes.
    unsafe {
        if (card.open)(c"USB1".as_ptr(), error.as_mut_ptr()) != 0 {
            return Err(format!("接口SSC_Open 失败:{}", text(&error)));
        }
        let read = (card.read)(info.as_mut_ptr(), error.as_mut_ptr());
        (card.close)();
        if read != 0 {
            return Err(format!("接口SSC_ReadCard 失败:{}", text(&error)));
        }
    }
    let info = text(&info);
    match info.split('|').collect::<Vec<_>>().as_slice() {
        [_, id, number, code, name, ..] => Ok(vec![
            ("idcard_no", (*id).to_owned()),
            ("card_no", (*number).to_owned()),
            ("name", (*name).to_owned()),
            ("card_code", (*code).to_owned()),
        ]),
        _ => Err("返回数据不完整".to_owned()),
    }
}

fn query_credential() -> Result<Fields, String> {
    let credential = vendors()
        .credential
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let request = json!({
        "data": {
            "orgId": "H350XXXXXX", "businessType": "01101", "operatorId": "", "operatorName": "测试员", "officeId": "",
            "officeName": "", "deviceType": ""
        },
        "orgId": "H350XXXXXX",
        "transType": "ec.query",
    });
    let mut request = GBK.encode(&request.to_string()).0.into_owned();
    request.push(0);
    let mut answer = vec![0; 65536];
    // SAFETY: as the vendor's manual says, strings that end in a NUL and a buffer of this size; what is returned is a constant.
    let status = unsafe {
        let status = (credential.query)(
            c"https://ec.example/ok".as_ptr(),
            request.as_ptr(),
            answer.as_mut_ptr(),
        );
        CStr::from_ptr(status).to_bytes()
    };
    let answer = text(&answer);
    if status != b"0000" {
        return Err(format!("电子凭证解析错误[msg={answer}]"));
    }
    let parsed: Value = serde_json::from_str(&answer).map_err(|error| error.to_string())?;
    match &parsed["code"] {
        Value::String(code) if code == "0" => Ok(vec![("out_put", answer)]),
        Value::Number(code) if code.as_i64() == Some(0) => Ok(vec![("out_put", answer)]),
        _ => Err(format!("电子凭证解析错误[msg={}]", parsed["message"])),
    }
}

fn text(buffer: &[u8]) -> String {
    let end = buffer.iter().position(|&byte| byte == 0).unwrap_or(buffer.len());
    GBK.decode(&buffer[..end]).0.into_owned()
}
