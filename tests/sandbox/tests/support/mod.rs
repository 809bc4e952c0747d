//! A plain HTTP client that shows what is on the wire, and the calls that the tests have in common.
#![allow(dead_code)] // each test binary uses a part of it

pub(crate) mod synapsewave;

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use relatch_sandbox::{Fault, Sandbox, Settings};
use serde_json::{Value, json};

/// Longer than any test may take: a test that would hang fails instead.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

pub(crate) fn start(change: Value) -> Sandbox {
    Sandbox::start(serde_json::from_value::<Settings>(change).unwrap()).unwrap()
}

pub(crate) fn fault(sandbox: &Sandbox, fault: Value) {
    sandbox.fault(Fault::parse(fault).unwrap());
}

/// An answer as it came.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// The body came as far as it was promised.
    pub(crate) whole: bool,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn tokens(&self) -> Tokens {
        assert_eq!(self.status, 200, "{}", self.text());
        let text = |key: &str| self.json()[key].as_str().unwrap_or_default().to_owned();
        Tokens { access: text("accessToken"), refresh: text("refreshToken") }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

/// One connection, kept alive.
pub(crate) struct Client(BufReader<TcpStream>);

impl Client {
    pub(crate) fn to(url: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(url.strip_prefix("http://").unwrap().split('/').next().unwrap())?;
        stream.set_read_timeout(Some(LIMIT))?;
        Ok(Self(BufReader::new(stream)))
    }

    pub(crate) fn new(sandbox: &Sandbox) -> Self {
        Self::to(&sandbox.url()).unwrap()
    }

    pub(crate) fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> io::Result<()> {
        let mut text = format!("{method} {path} HTTP/1.1\r\nHost: sandbox\r\nContent-Length: {}\r\n", body.len());
        for (name, value) in headers {
            text += name;
            text += ": ";
            text += value;
            text += "\r\n";
        }
        self.0.get_mut().write_all(format!("{text}\r\n{body}").as_bytes())
    }

    /// Reads an answer; an error of kind `UnexpectedEof` if the connection was closed without a byte.
    pub(crate) fn receive(&mut self) -> io::Result<Answer> {
        let line = self.line()?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let status = line.split(' ').nth(1).unwrap().parse().unwrap();
        let mut headers = Vec::new();
        while let Some(line) = self.line()?.filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(": ").unwrap();
            headers.push((name.to_owned(), value.to_owned()));
        }
        let mut answer = Answer { status, headers, body: Vec::new(), whole: true };
        if let Some(length) = answer.header("content-length") {
            let length: u64 = length.parse().unwrap();
            let read = Read::by_ref(&mut self.0).take(length).read_to_end(&mut answer.body)?;
            answer.whole = read as u64 == length;
        } else if answer.header("transfer-encoding") == Some("chunked") {
            while let Some(size) = self.line()?.map(|line| u64::from_str_radix(&line, 16).unwrap()) {
                Read::by_ref(&mut self.0).take(size).read_to_end(&mut answer.body)?;
                self.line()?;
                if size == 0 {
                    break;
                }
            }
        }
        Ok(answer)
    }

    fn line(&mut self) -> io::Result<Option<String>> {
        let mut line = String::new();
        let read = self.0.read_line(&mut line)?;
        Ok((read > 0).then(|| line.trim_end().to_owned()))
    }

    pub(crate) fn exchange(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> io::Result<Answer> {
        self.send(method, path, headers, body)?;
        self.receive()
    }

    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.exchange("GET", path, &[("Version", "2.0")], "").unwrap()
    }

    pub(crate) fn post(&mut self, path: &str, body: &Value) -> io::Result<Answer> {
        let headers = [("Content-Type", "application/json"), ("Version", "2.0")];
        self.exchange("POST", path, &headers, &body.to_string())
    }

    pub(crate) fn login_as(&mut self, username: &str, password: &str) -> Answer {
        self.post("/User/Login", &json!({"username": username, "password": password})).unwrap()
    }

    pub(crate) fn login(&mut self) -> Answer {
        self.login_as("api_user", "made-up-password-1")
    }

    pub(crate) fn send_refresh(&mut self, tokens: &Tokens) -> io::Result<()> {
        let headers =
            [("Content-Type", "application/json"), ("Version", "2.0"), ("Authorization", tokens.access.as_str())];
        self.send("POST", "/User/RefreshToken", &headers, &json!({"refreshToken": tokens.refresh}).to_string())
    }

    pub(crate) fn refresh(&mut self, tokens: &Tokens) -> Answer {
        self.send_refresh(tokens).unwrap();
        self.receive().unwrap()
    }

    pub(crate) fn account(&mut self, access: &str) -> Answer {
        self.exchange("GET", "/Account", &[("Authorization", access), ("Version", "2.0")], "").unwrap()
    }
}

/// Whether the connection was closed by the other side without a byte of an answer.
pub(crate) fn closed(answer: io::Result<Answer>) -> bool {
    let kind = answer.err().map(|error| error.kind());
    matches!(kind, Some(io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe))
}

/// The verdicts in the audit, oldest first.
pub(crate) fn verdicts(sandbox: &Sandbox) -> Vec<&'static str> {
    sandbox.audit().iter().map(|seen| seen.verdict).collect()
}

/// Seconds since 1970 that an HTTP date names.
pub(crate) fn seconds(date: &str) -> i64 {
    let time = httpdate::parse_http_date(date).unwrap();
    i64::try_from(time.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

/// What a JWT says, unverified.
pub(crate) fn claims(token: &str) -> Value {
    use base64::Engine;
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}
