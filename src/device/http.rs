//! HTTP to the servers that the desk's configuration names, and to no other.

use std::fmt;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc::channel;
use std::time::Duration;
use ureq::http::{Request, Uri};
use ureq::{Agent, RequestExt};

/// Bytes that an answer may have.
const LARGEST_ANSWER: u64 = 4 << 20;

/// The servers that may be asked: `host` (port 80) or `host:port`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hosts(Vec<String>);

/// One request.
#[derive(Clone)]
pub struct HttpRequest {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The whole address.
    pub url: String,
    /// Headers by name.
    pub headers: Vec<(String, String)>,
    /// The body; nothing is sent where it is empty.
    pub body: Vec<u8>,
    /// From looking up the host to the last byte of the answer.
    pub timeout: Duration,
}

/// What a server answered.
#[derive(Clone)]
pub struct HttpAnswer {
    /// The status code.
    pub status: u16,
    /// The header `Content-Type`; empty where there is none.
    pub content_type: String,
    /// The body as it came.
    pub body: Vec<u8>,
}

/// Why a server was not asked or did not answer. The text names its host only: an address may hold patients' data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpError {
    code: &'static str,
    text: String,
}

impl Hosts {
    /// Takes the entries as mps.toml has them; the error is the one that is no host.
    pub fn new(entries: impl IntoIterator<Item = String>) -> Result<Hosts, String> {
        let mut hosts = Vec::new();
        for entry in entries {
            hosts.push(Hosts::normal(&entry).ok_or(entry)?);
        }
        Ok(Hosts(hosts))
    }

    /// The servers, as `host:port`.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Asks the server. An answer of any status is an answer; a redirection is not followed.
    pub fn send(&self, request: HttpRequest) -> Result<HttpAnswer, HttpError> {
        let uri: Uri = request
            .url
            .parse()
            .map_err(|_| HttpError::address("url不是完整的网址"))?;
        let host = self.allowed(&uri)?;
        let failed = |error: ureq::Error| HttpError::failed(&host, request.timeout, &error);
        let mut builder = Request::builder().method(request.method).uri(uri);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        let built = builder.body(request.body.clone());
        let built = built.map_err(|_| HttpError::address("headers中有不能发送的名称或值"))?;
        // No proxy of the environment: the configuration names the server itself.
        let config = Agent::config_builder()
            .timeout_global(Some(request.timeout))
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .user_agent("mps_client")
            .build();
        let agent = Agent::new_with_config(config);
        let mut answer = if request.body.is_empty() && request.method == "GET" {
            built.map(drop).with_agent(&agent).run()
        } else {
            built.with_agent(&agent).run()
        }
        .map_err(failed)?;
        let content_type = answer.headers().get("content-type");
        let content_type = content_type.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let body = answer
            .body_mut()
            .with_config()
            .limit(LARGEST_ANSWER)
            .read_to_vec();
        Ok(HttpAnswer {
            status: answer.status().as_u16(),
            content_type: content_type.unwrap_or_default(),
            body: body.map_err(failed)?,
        })
    }

    /// The host of an address, if it is listed.
    fn allowed(&self, uri: &Uri) -> Result<String, HttpError> {
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => {
                return Err(HttpError::new(
                    "D022",
                    "暂不支持https，请改用http或由厂商动态库访问".to_owned(),
                ));
            }
            _ => return Err(HttpError::address("url应以http://开头")),
        }
        let authority = uri
            .authority()
            .map(|authority| authority.as_str())
            .unwrap_or_default();
        if authority.contains('@') {
            return Err(HttpError::address("url中不能写用户名和密码"));
        }
        match Hosts::normal(authority) {
            Some(host) if self.0.contains(&host) => Ok(host),
            _ => Err(HttpError::new(
                "D021",
                format!("不允许访问{authority}，请在mps.toml的[http]中把它写进hosts"),
            )),
        }
    }

    /// `host:port` in lower case; `None` where it is none.
    fn normal(entry: &str) -> Option<String> {
        let authority: ureq::http::uri::Authority = entry.parse().ok()?;
        let host = authority.host();
        // A user before the host and a port that is none leave something else.
        let port = match authority.as_str().strip_prefix(host)? {
            "" => 80,
            rest => rest.strip_prefix(':')?.parse::<u16>().ok()?,
        };
        (!host.is_empty()).then(|| format!("{}:{port}", host.to_ascii_lowercase()))
    }
}

/// How a server can fail that a scenario plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpFault {
    /// No answer within the time limit.
    Timeout,
    /// Nobody listens.
    Refused,
    /// The host's name is unknown.
    NotFound,
    /// The connection breaks.
    Broken,
    /// What comes back is no HTTP, or not all of it.
    Garbled,
}

impl HttpFault {
    /// All of them.
    pub const ALL: [HttpFault; 5] = [
        HttpFault::Timeout,
        HttpFault::Refused,
        HttpFault::NotFound,
        HttpFault::Broken,
        HttpFault::Garbled,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            HttpFault::Timeout => "timeout",
            HttpFault::Refused => "refused",
            HttpFault::NotFound => "not_found",
            HttpFault::Broken => "broken",
            HttpFault::Garbled => "garbled",
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<HttpFault> {
        HttpFault::ALL.into_iter().find(|fault| fault.name() == name)
    }
}

/// Whether something takes connections at `host:port`. Nothing is sent; the name is looked up within the limit too.
pub fn reach(host: &str, limit: Duration) -> Result<(), HttpError> {
    let (told, result) = channel();
    let asked = host.to_owned();
    // Looking a name up knows no time limit.
    let looking = std::thread::Builder::new().spawn(move || {
        let connected = asked.to_socket_addrs().map_err(|_| ureq::Error::HostNotFound);
        let connected = connected.and_then(|addresses| connect(addresses, limit));
        let _ = told.send(connected);
    });
    let late = || ureq::Error::Timeout(ureq::Timeout::Global);
    let result = match looking {
        Ok(_) => result.recv_timeout(limit).unwrap_or_else(|_| Err(late())),
        Err(error) => Err(error.into()),
    };
    result.map_err(|error| HttpError::failed(host, limit, &error))
}

fn connect(addresses: impl Iterator<Item = SocketAddr>, limit: Duration) -> Result<(), ureq::Error> {
    let mut last = ureq::Error::HostNotFound;
    for address in addresses {
        match TcpStream::connect_timeout(&address, limit) {
            Ok(_) => return Ok(()),
            Err(error) => last = error.into(),
        }
    }
    Err(last)
}

impl HttpError {
    /// The error of a server that fails; its host is told of an address.
    pub fn fault(url: &str, limit: Duration, fault: HttpFault) -> HttpError {
        let uri = url.parse::<Uri>().ok();
        let host = uri.as_ref().and_then(Uri::authority);
        let host = host.and_then(|host| Hosts::normal(host.as_str()));
        HttpError::because(host.as_deref().unwrap_or(url), limit, fault)
    }

    /// An address that a scenario wrote nothing for.
    pub fn unstaged(text: String) -> HttpError {
        HttpError::new("D024", text)
    }

    fn because(host: &str, limit: Duration, fault: HttpFault) -> HttpError {
        let reason = match fault {
            HttpFault::Timeout => format!("超时：{}秒内没有答完，请检查网络", limit.as_secs_f64()),
            HttpFault::NotFound => "找不到主机，请检查主机名和DNS".to_owned(),
            HttpFault::Refused => "拒绝连接，请检查端口和服务是否启动".to_owned(),
            HttpFault::Broken => "连接失败或中断，请检查网络".to_owned(),
            HttpFault::Garbled => "回答的不是HTTP，或不完整".to_owned(),
        };
        HttpError::new("D024", format!("访问{host}失败，{reason}"))
    }

    fn new(code: &'static str, text: String) -> HttpError {
        HttpError { code, text }
    }

    fn address(text: &str) -> HttpError {
        HttpError::new("D023", text.to_owned())
    }

    fn failed(host: &str, limit: Duration, error: &ureq::Error) -> HttpError {
        let refused = |error: &std::io::Error| error.kind() == std::io::ErrorKind::ConnectionRefused;
        let fault = match error {
            ureq::Error::BodyExceedsLimit(limit) => {
                return HttpError::new("D024", format!("访问{host}失败，回答超过上限{limit}字节"));
            }
            ureq::Error::Timeout(_) => HttpFault::Timeout,
            ureq::Error::HostNotFound => HttpFault::NotFound,
            ureq::Error::Io(error) if refused(error) => HttpFault::Refused,
            ureq::Error::ConnectionFailed | ureq::Error::Io(_) => HttpFault::Broken,
            _ => HttpFault::Garbled,
        };
        HttpError::because(host, limit, fault)
    }

    /// A stable code, `D` and three digits.
    pub fn code(&self) -> &'static str {
        self.code
    }
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for HttpError {}
