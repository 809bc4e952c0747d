//! The address of a proxy, from the option or from the environment.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use reqwest::Url;
use reqwest::header::HeaderValue;
use zeroize::Zeroizing;

use crate::base_url::{host_and_port, is_loopback};
use crate::secret::Secret;

/// How a proxy is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Http,
    Https,
    /// Names are looked up here.
    Socks5,
    /// Names are looked up by the proxy.
    Socks5h,
}

/// A proxy, and what it wants to know of us.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct ProxyAddress {
    pub(super) kind: Kind,
    /// An IPv6 address without its brackets.
    pub(super) host: Box<str>,
    pub(super) port: u16,
    pub(super) credentials: Option<(Secret, Secret)>,
}

/// What is wrong with an address: words that follow its name. Nothing of it is quoted: it may hold credentials.
pub(super) type Wrong = &'static str;

pub(super) const EXAMPLE: &str = "Give one like http://proxy.example:3128 or socks5h://proxy.example:1080.";

impl ProxyAddress {
    pub(super) fn read(text: &str) -> Result<Self, Wrong> {
        let text = text.trim();
        let (scheme, rest) = text.split_once("://").ok_or("names no scheme")?;
        let (kind, usual_port) = match scheme.to_ascii_lowercase().as_str() {
            "http" => (Kind::Http, 80),
            "https" => (Kind::Https, 443),
            "socks5" => (Kind::Socks5, 1080),
            "socks5h" => (Kind::Socks5h, 1080),
            "socks" | "socks4" | "socks4a" => {
                return Err("is of a kind of SOCKS that is not supported: socks5 and socks5h are");
            }
            _ => return Err("has a scheme that is not supported: http, https, socks5 and socks5h are"),
        };
        if rest.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\') {
            return Err("holds a blank, a line break or a backslash");
        }
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if authority.contains(['/', '?', '#']) {
            return Err("holds more than a host and a port");
        }
        // One parser for all schemes: it knows the forms of hosts for those of the web alone.
        let url = Url::parse(&format!("http://{authority}")).map_err(|_| "cannot be read")?;
        let named = authority.rsplit_once('@').map_or(authority, |(_, named)| named);
        let (host, port) = host_and_port(named).ok_or("cannot be read")?;
        let read = url.host_str().unwrap_or_default();
        if host.is_empty() || !read.eq_ignore_ascii_case(host) {
            return Err("names a host in a form that programs read differently");
        }
        let port = port.map_or(Some(usual_port), |port| port.parse().ok().filter(|port| *port != 0));
        let port = port.ok_or("has a port that is none")?;
        let given = || Ok::<_, Wrong>((decoded(url.username())?, decoded(url.password().unwrap_or_default())?));
        let credentials = authority.contains('@').then(given).transpose()?;
        Ok(Self { kind, host: read.trim_matches(['[', ']']).into(), port, credentials })
    }

    /// Whether it runs on this machine, so that what it is given has not left it.
    pub(super) fn is_here(&self) -> bool {
        is_loopback(&self.host)
    }

    pub(super) fn is_socks(&self) -> bool {
        matches!(self.kind, Kind::Socks5 | Kind::Socks5h)
    }

    /// Its URL with its credentials, for the HTTP client alone.
    pub(super) fn full_url(&self) -> String {
        let url = self.url();
        let (Some((user, password)), Some((scheme, rest))) = (&self.credentials, url.split_once("://")) else {
            return url;
        };
        format!("{scheme}://{}:{}@{rest}", encoded(user), encoded(password))
    }

    /// What it is shown with a request that it passes on as it is, if it wants credentials.
    pub(super) fn authorization(&self) -> Option<HeaderValue> {
        let (user, password) = self.credentials.as_ref().filter(|_| !self.is_socks())?;
        let pair = Zeroizing::new(format!("{}:{}", user.expose(), password.expose()));
        let value = Zeroizing::new(format!("Basic {}", BASE64.encode(pair.as_bytes())));
        let mut value = HeaderValue::from_str(&value).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// Its URL without credentials.
    pub(super) fn url(&self) -> String {
        let scheme = match self.kind {
            Kind::Http => "http",
            Kind::Https => "https",
            Kind::Socks5 => "socks5",
            Kind::Socks5h => "socks5h",
        };
        let (open, close) = if self.host.contains(':') { ("[", "]") } else { ("", "") };
        format!("{scheme}://{open}{}{close}:{}", self.host, self.port)
    }
}

/// Percent-encoded, every byte of it.
fn encoded(secret: &Secret) -> String {
    let digits = |byte: u8| [byte >> 4, byte & 0xf].map(|digit| char::from(b"0123456789ABCDEF"[usize::from(digit)]));
    secret.expose().bytes().flat_map(|byte| [vec!['%'], digits(byte).to_vec()].concat()).collect()
}

/// Percent-decoded. A control character would end the header, or the field, that it is sent in.
fn decoded(text: &str) -> Result<Secret, Wrong> {
    const WRONG: Wrong = "holds credentials that cannot be read: write what is no letter or digit in them as %XX";
    let mut bytes = zeroize::Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let hex =
            rest.split_at_checked(2).and_then(|(hex, after)| std::str::from_utf8(hex).ok().map(|hex| (hex, after)));
        let byte = hex.and_then(|(hex, after)| u8::from_str_radix(hex, 16).ok().map(|byte| (byte, after)));
        let (byte, after) = byte.ok_or(WRONG)?;
        bytes.push(byte);
        rest = after;
    }
    let text = std::str::from_utf8(&bytes).ok().filter(|text| !text.contains(char::is_control) && text.len() <= 255);
    text.map(Secret::from).ok_or(WRONG)
}

impl std::hash::Hash for ProxyAddress {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.kind, &self.host, self.port).hash(state);
        if let Some((user, password)) = &self.credentials {
            (user.expose(), password.expose()).hash(state);
        }
    }
}

impl fmt::Debug for ProxyAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_proxy_is_named_by_is_read() {
        for (text, url) in [
            ("http://proxy.example:3128", "http://proxy.example:3128"),
            (" HTTP://Proxy.example/ ", "http://proxy.example:80"),
            ("https://proxy.example", "https://proxy.example:443"),
            ("socks5://10.0.0.1", "socks5://10.0.0.1:1080"),
            ("socks5h://[2001:db8::1]:9050/", "socks5h://[2001:db8::1]:9050"),
            ("http://localhost:8080", "http://localhost:8080"),
        ] {
            let read = ProxyAddress::read(text).unwrap();
            assert_eq!((read.url().as_str(), read.credentials.is_none()), (url, true), "{text}");
        }
        let read = ProxyAddress::read("http://us%40er:p%3Aw:rd@proxy.example:3128").unwrap();
        let (user, password) = read.credentials.clone().unwrap();
        assert_eq!((user.expose(), password.expose()), ("us@er", "p:w:rd"));
        assert_eq!(format!("{read:?}"), "[redacted]");
        assert_eq!(ProxyAddress::read(&read.full_url()), Ok(read));
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_refused() {
        for text in [
            "",
            "::::",
            "::",
            "proxy.example:3128",
            "http://",
            "http:///",
            "http://:3128",
            "http://proxy.example:",
            "http://proxy.example:0",
            "http://proxy.example:+80",
            "http://proxy.example:080",
            "http://proxy.example:99999",
            "http://proxy.example:3128/path",
            "http://proxy.example?a",
            "http://proxy.example#a",
            "http://evil\\@proxy.example",
            "http://pro xy",
            "http://proxy.example:31\n28",
            "http://0x7f.1",
            "http://2130706433",
            "http://127.1:80",
            "http://pr%6Fxy.example",
            "http://prоxy.example",
            "socks4://proxy.example",
            "socks4a://proxy.example",
            "socks://proxy.example",
            "ftp://proxy.example",
            "file:///proxy",
            "http://[::1",
            "http://::1:80",
            "http://us%zzer@proxy.example",
            "http://us%0aer:a@proxy.example",
            "http://us%ffer:a@proxy.example",
        ] {
            assert!(ProxyAddress::read(text).is_err(), "{text}");
        }
    }
}
