//! The ready declarations and the fakes of their libraries, as data: `tests/ready.rs` runs the table on Linux, `tests/release/ready.rs`
//! on Windows.
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;

/// A ready declaration and the fake of its library.
pub struct Ready {
    pub device: &'static str,
    /// In `tests/vendors`.
    pub source: &'static str,
    /// The library's name on Linux.
    pub library: &'static str,
    /// The library's name on Windows.
    pub dll: &'static str,
    /// What a desk has to say at least.
    pub settings: &'static str,
}

pub const SSCARD: Ready = Ready {
    device: "sscard_driver",
    source: "sscarddriver.c",
    library: "libSSCardDriver.so",
    dll: "SSCardDriver.dll",
    settings: "card_type = 1\n",
};
pub const HEASEC: Ready = Ready {
    device: "heasec",
    source: "heasec.c",
    library: "libHeaSecReadInfo.x86_64.so",
    dll: "HeaSecReadInfo.dll",
    settings: "ip = '10.0.0.2'\norg_id = 'H320'\narea_code = '320100'\n",
};
pub const NATION: Ready = Ready {
    device: "nation_ec",
    source: "nation_ec.c",
    library: "libNationECCode.so",
    dll: "NationECCode.dll",
    settings: "url = 'http://ec.example/kinds'\norg_id = 'H350XXXXXX'\n",
};
pub const SSSE32: Ready = Ready {
    device: "ssse32",
    source: "ssse32.c",
    library: "libSSSE32.so",
    dll: "SSSE32.dll",
    settings: "",
};
pub const READY: [Ready; 4] = [SSCARD, HEASEC, NATION, SSSE32];

/// What every card is read as.
pub const CARD: &str = "area id cardnum cardCode name";
/// What a card that is read command by command gives besides.
const WHOLE: &str = "area id cardnum cardCode name version reset";

/// The function id that calls the method of a case.
pub const FUNID: &str = "N99.00.00.02";

/// One call.
pub struct Case {
    pub ready: Ready,
    /// The device's settings; empty: the least.
    pub settings: &'static str,
    pub method: &'static str,
    /// What the function id answers with.
    pub fields: &'static str,
    /// The values in their order, or a part of the message.
    pub expected: Result<&'static str, &'static str>,
}

const fn gives(ready: Ready, method: &'static str, fields: &'static str, values: &'static str) -> Case {
    with(ready, "", method, fields, Ok(values))
}

const fn with(
    ready: Ready,
    settings: &'static str,
    method: &'static str,
    fields: &'static str,
    expected: Result<&'static str, &'static str>,
) -> Case {
    Case {
        ready,
        settings,
        method,
        fields,
        expected,
    }
}

const fn fails(ready: Ready, settings: &'static str, method: &'static str, part: &'static str) -> Case {
    with(ready, settings, method, "", Err(part))
}

const PERSON: &str = "XXXXXXXX|赵六|";
const EXPIRED: &str =
    "[40004]:结算支付码已过期，请重新获取[8ac6008e81d81271018381d21f2b4097]，请病人刷新医保码后重新扫码";

/// Every method of every ready declaration, and refusals of each kind.
pub const CASES: &[Case] = &[
    gives(SSCARD, "read_card", CARD, "331100|XXXXXXXX|XXXXXX|XXXX|王五"),
    gives(
        SSCARD,
        "read_card",
        "version issued expires terminal reader",
        "3.00|20210118|20310118|000000000000|SN",
    ),
    gives(
        SSCARD,
        "read_person",
        "id name sex nation birthday",
        "XXXXXXXX|王五|1|01|19980101",
    ),
    gives(SSCARD, "verify_pin", "", ""),
    gives(SSCARD, "change_pin", "", ""),
    // The driver's own words come first, the advice is ours.
    fails(
        SSCARD,
        "card_type = 9\n",
        "read_card",
        "接口iReadCardBas失败[-2]:未检测到卡片，请插入社会保障卡",
    ),
    fails(
        SSCARD,
        "card_type = 3\n",
        "read_card",
        "[-2201]:读写器没有可用的PSAM卡",
    ),
    gives(HEASEC, "read_card", CARD, "320100|XXXXXXXX|XXXXXX|XXXX|李四"),
    gives(
        HEASEC,
        "read_id_card",
        "name sex nation birthday address id issued expires issuer",
        "李四|男|汉|19980101|某市某区|XXXXXXXXXXXXXXXXXX|20210118|长期|某市公安局",
    ),
    gives(
        HEASEC,
        "query",
        "data.idNo data.userName data.ecToken",
        "XXXXXXXX|李四|XXXX",
    ),
    gives(HEASEC, "verify_pin", "", ""),
    gives(HEASEC, "change_pin", "", ""),
    fails(
        HEASEC,
        "ip = '10.0.0.2'\norg_id = 'H999'\narea_code = '320100'\n",
        "read_card",
        "接口Init失败[1]:初始化参数不正确，请核对mps.toml中的设置",
    ),
    fails(
        HEASEC,
        "ip = '10.0.0.2'\norg_id = 'BUSY'\narea_code = '320100'\n",
        "read_card",
        "接口ReadCardBas失败[-1]:读卡器被占用，请查看log_path中的日志",
    ),
    // It took the settings, and is not ready nevertheless: the wrong order of calls, as it sees it.
    fails(
        HEASEC,
        "ip = '10.0.0.9'\norg_id = 'H320'\narea_code = '320100'\n",
        "read_card",
        "接口ReadCardBas失败[-1]:请先初始化",
    ),
    gives(NATION, "query", "data.idNo data.userName data.email", PERSON),
    gives(NATION, "id_card", "data.idNo data.userName data.email", PERSON),
    gives(NATION, "face_check", "data.idNo data.userName data.email", PERSON),
    gives(NATION, "terminal", "data.idNo data.userName data.email", PERSON),
    gives(NATION, "face", "data.authNo", "A1"),
    fails(
        NATION,
        "url = 'http://ec.example/refused'\norg_id = 'H350XXXXXX'\n",
        "query",
        "接口NationEcTrans失败[9999]:网络不通",
    ),
    fails(
        NATION,
        "url = 'http://ec.example/expired'\norg_id = 'H350XXXXXX'\n",
        "query",
        EXPIRED,
    ),
    fails(
        NATION,
        "url = 'http://ec.example/cut'\norg_id = 'H350XXXXXX'\n",
        "query",
        "返回的不是完整的JSON",
    ),
    with(
        SSSE32,
        "port = 'USB1'\n",
        "read_card",
        WHOLE,
        Ok("350202|XXXXXXXXXXXXXXXXXX|X00000019|350202D1560000000000000000000000|钱七|2.00|3B6D0000A7"),
    ),
    with(
        SSSE32,
        "port = 'LONG'\n",
        "read_card",
        WHOLE,
        Ok(
            "350202|XXXXXXXXXXXXXXXXXX|X00000019|350202D1560000000000000000000000|欧阳欧阳欧阳欧阳欧阳欧阳欧阳欧阳|2.00|3B6D0000A7",
        ),
    ),
    fails(
        SSSE32,
        "port = 'GEN3'\n",
        "read_card",
        "读卡失败[6982]:卡片要求安全认证，三代卡请改用SSCardDriver和PSAM卡",
    ),
    fails(
        SSSE32,
        "port = 'BANK'\n",
        "read_card",
        "读卡失败[6A82]:不是社会保障卡",
    ),
    fails(
        SSSE32,
        "port = 'COM12'\n",
        "read_card",
        "接口ICC_Reader_Open失败[-14]:参数错误",
    ),
    fails(
        SSSE32,
        "slot = 2\n",
        "read_card",
        "接口ICC_Reader_PowerOn失败[-2]:无卡，请插入社会保障卡",
    ),
    fails(
        SSSE32,
        "port = 'S6F00'\n",
        "read_card",
        "读卡失败[6F00]:卡片不接受这个命令",
    ),
    // A card that never stops asking for another length is asked once.
    fails(SSSE32, "port = 'S6C10'\n", "read_card", "读卡失败[6C10]"),
];

impl Ready {
    /// The device's section of mps.toml; empty settings: the least.
    pub fn section(&self, settings: &str) -> String {
        self.section_of(self.device, settings)
    }

    /// The section of a device of another name that has the same script.
    pub fn section_of(&self, device: &str, settings: &str) -> String {
        let settings = if settings.is_empty() {
            self.settings
        } else {
            settings
        };
        format!("[device.{device}]\nfolder = 'vendor'\n{settings}")
    }

    /// The script of [`FUNID`], which calls `method` and answers with `fields`.
    pub fn funid(&self, method: &str, fields: &str) -> String {
        let response = response(fields);
        let asked = match method {
            "face_check" => "request = { { \"authNo\", title = \"刷脸凭据\" } },",
            _ => "",
        };
        format!(
            "return mps.funid {{ title = \"现成的声明\", {asked} call = \"{}.{method}\",\nresponse = {response} }}",
            self.device
        )
    }
}

/// The response fields of a function id, as its script declares them.
fn response(fields: &str) -> String {
    let declared = fields.split_whitespace().map(|field| {
        let name = field.replace('.', "_");
        format!("{{ \"{name}\", from = \"{field}\", title = \"{field}\" }}, ")
    });
    let declared: String = declared.collect();
    format!("{{ {declared} {{ \"end\", value = \"-\", title = \"结束\" }} }}")
}

/// The function id that [`every_case`] declares, as `caller.c` asks for it.
pub const EVERY: &str = "N99.00.00.03";

/// The device that stands for a case's, with settings of its own: the same script under another name.
pub fn device_of(case: usize) -> String {
    format!("ready{case}")
}

/// The script of a function id that serves every case, by its number.
pub fn every_case() -> String {
    let (mut values, mut ways) = (String::new(), String::new());
    for (number, case) in CASES.iter().enumerate() {
        let (device, method) = (device_of(number), case.method);
        let response = response(case.fields);
        values += &format!("[\"{number}\"] = \"{method}\", ");
        ways += &format!("[\"{number}\"] = {{ call = \"{device}.{method}\", response = {response} }},\n");
    }
    format!(
        "return mps.funid {{ title = \"现成的声明\", by = \"case\",\n\
         request = {{ {{ \"authNo\", title = \"刷脸凭据\" }},\n\
         {{ \"case\", title = \"用例\", required = true, values = {{ {values} }} }} }},\n{ways}}}\n"
    )
}

/// The request of a case.
pub fn asked() -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><request><Header><funid>{FUNID}</funid><sign>0000000000000000</sign></Header>\
         <Body><authNo>A1</authNo></Body></request>"
    )
}

/// What the region's server says of a card, and what is read then.
pub const VOUCHED: (&str, &str) = (
    r#"{"code":"0","data":{"key":"AAAA|BBBB|"}}"#,
    "331100|XXXXXXXX|XXXXXX|XXXX|三代卡",
);

/// What it is asked.
pub const CHALLENGE: &str = r#"{"cardInfo":"331100|3B6D|03|XXXX|3|","orgId":"H331"}"#;

/// The settings of a reader that has no security module, and whose region's server is at this address; and what mps.toml says
/// besides.
pub fn without_psam(address: SocketAddr) -> (String, String) {
    let settings = format!("card_type = 3\nserver_url = 'http://{address}/hsm'\norg_id = 'H331'\n");
    (settings, format!("[http]\nhosts = ['{address}']\n"))
}

/// A region's server that answers every request so; its address, and what it was asked last.
pub fn server(status: &'static str, body: &'static str) -> (SocketAddr, thread::JoinHandle<String>) {
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
