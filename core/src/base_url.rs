//! The address of a system, checked before anything is sent to it.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use reqwest::Url;

use crate::error::Error;

/// A base URL: https, or http to this machine; no credentials, no query; its path prefix is kept.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct BaseUrl(Box<str>);

impl BaseUrl {
    /// Checks `text`. `allow_insecure` lets plain http leave this machine.
    ///
    /// # Errors
    /// `invalid_config` with field `base_url`.
    pub fn new(text: &str, allow_insecure: bool) -> Result<Self, Error> {
        let invalid = |what: &str| Error::invalid("base_url", format!("The base URL {what}"));
        // The text itself is not quoted: it may hold credentials.
        let text = text.trim();
        let url = Url::parse(text).map_err(|_| {
            invalid(
                "cannot be read as a URL. Give one like https://api.example.com, with a path prefix if there is one.",
            )
        })?;
        if !matches!(url.scheme(), "https" | "http") || url.host_str().is_none_or(str::is_empty) {
            return Err(invalid("must start with https:// and name a host."));
        }
        if !url.username().is_empty() || url.password().is_some() || authority(text).contains('@') {
            return Err(invalid("holds credentials. Give them as user name and password instead."));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(invalid("holds a query or a fragment. Leave off everything from '?' or '#' on."));
        }
        if let Some(what) = read_otherwise(text, &url) {
            return Err(invalid(&what));
        }
        if url.scheme() == "http" && !allow_insecure && !url.host_str().is_some_and(is_loopback) {
            return Err(invalid(
                "is plain http to another machine: credentials would be readable on the way. Use https, or set \
                 allow_insecure if you know that the way is protected.",
            ));
        }
        Ok(Self(url.as_str().trim_end_matches('/').into()))
    }

    /// Whether connections to it are encrypted.
    pub(crate) fn is_https(&self) -> bool {
        self.0.starts_with("https:")
    }

    /// Whether it is on this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        is_loopback(self.host())
    }

    /// The host; an IPv6 address in brackets.
    pub(crate) fn host(&self) -> &str {
        // As `Url` spells it: the host, and a port if it is not the scheme's own, stand between the slashes.
        let authority = self.0.split('/').nth(2).unwrap_or_default();
        authority.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')).unwrap_or((authority, "")).0
    }

    /// The port, which is the scheme's own where none is named.
    pub(crate) fn port(&self) -> u16 {
        let authority = self.0.split('/').nth(2).unwrap_or_default();
        let named = authority.strip_prefix(self.host()).and_then(|rest| rest.strip_prefix(':'));
        named.and_then(|port| port.parse().ok()).unwrap_or(if self.is_https() { 443 } else { 80 })
    }

    /// The base URL without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Whether a host, an IPv6 address with or without its brackets, is this machine whatever a name server says.
pub(crate) fn is_loopback(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    let name = host.strip_suffix('.').unwrap_or(host);
    let is_local = |name: &str| name.eq_ignore_ascii_case("localhost");
    is_local(name)
        || name.rsplit_once('.').is_some_and(|(rest, last)| is_local(last) && !rest.is_empty())
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// What stands between the scheme and the path, as it is written.
fn authority(text: &str) -> &str {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// What is wrong with an address that other programs may read as another one: it is not what `url` is written as.
fn read_otherwise(text: &str, url: &Url) -> Option<String> {
    if text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\') {
        return Some(
            "holds a blank, a line break or a backslash, which programs read in different ways. Leave it out.".into(),
        );
    }
    let Some((_, rest)) = text.split_once("://").filter(|(scheme, _)| scheme.eq_ignore_ascii_case(url.scheme())) else {
        return Some("must start with https:// and name a host.".into());
    };
    let authority = authority(text);
    let (read, path) = (url.host_str().unwrap_or_default(), &rest[authority.len()..]);
    let Some((host, port)) = host_and_port(authority) else {
        return Some("names a port that is none. Give a number from 1 to 65535, or leave the colon off.".into());
    };
    if port == Some("0") {
        return Some("names port 0, which is none. Give a number from 1 to 65535, or leave the colon off.".into());
    }
    let is_same_address = || {
        let address = |host: &str| host.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok();
        address(host).is_some_and(|written| address(read) == Some(written))
    };
    if !read.eq_ignore_ascii_case(host) && !is_same_address() {
        return Some(format!(
            "names its host in a form that programs read in different ways; here it was read as {read}. If that is the host, \
             write it so."
        ));
    }
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if !read.starts_with('[')
        && (!read.bytes().all(is_name) || read.starts_with('.') || read.contains("..") || read.len() > 254)
    {
        return Some("names a host that cannot be one. Give a name like api.example.com, or an IP address.".into());
    }
    if url.path() != if path.is_empty() { "/" } else { path } {
        return Some(
            "has a path that programs read in different ways. Leave out '.' and '..', and write what is no letter or digit \
             in it as %XX."
                .into(),
        );
    }
    None
}

/// The host, an IPv6 address with its brackets, and the port if one is named. None if a port is no plain number.
pub(crate) fn host_and_port(authority: &str) -> Option<(&str, Option<&str>)> {
    let end = authority.rfind(']').map_or(0, |bracket| bracket + 1);
    let Some(colon) = authority[end..].find(':').map(|colon| end + colon) else { return Some((authority, None)) };
    let (host, port) = (&authority[..colon], &authority[colon + 1..]);
    let is_number = port.bytes().all(|byte| byte.is_ascii_digit()) && (port == "0" || !port.starts_with('0'));
    (is_number && !port.is_empty()).then_some((host, Some(port)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_and_loopback_are_taken_and_a_path_prefix_is_kept() {
        for (text, kept) in [
            ("https://api.7g.com.au", "https://api.7g.com.au"),
            ("https://broker.example/prod/interactive/", "https://broker.example/prod/interactive"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("http://localhost", "http://localhost"),
            (" https://API.Example:443/prod\n", "https://api.example/prod"),
            ("HTTPS://api.example", "https://api.example"),
            ("https://[2001:DB8::0001]:8443", "https://[2001:db8::1]:8443"),
            ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
            ("https://api_1.example./a%20b//c", "https://api_1.example./a%20b//c"),
        ] {
            assert_eq!(BaseUrl::new(text, false).unwrap().as_str(), kept);
        }
    }

    #[test]
    fn this_machine_is_told_from_others() {
        for here in [
            "http://127.0.0.1:8080/a",
            "http://127.1.2.3",
            "http://[::1]:8080",
            "https://[::1]",
            "http://localhost/b:1",
            "http://LOCALHOST.:80",
            "http://app.localhost",
            "http://a.b.localhost.",
        ] {
            assert!(BaseUrl::new(here, false).unwrap().is_loopback(), "{here}");
        }
        for there in [
            "https://api.7g.com.au",
            "https://[2001:db8::1]:8443",
            "https://localhost.example:1",
            "https://notlocalhost",
            "https://localhost.localdomain",
        ] {
            assert!(!BaseUrl::new(there, false).unwrap().is_loopback(), "{there}");
        }
    }

    #[test]
    fn what_could_leak_or_mislead_is_refused() {
        for text in [
            "",
            "api.7g.com.au",
            "ftp://host",
            "https://",
            "http://api.7g.com.au",
            "http://localhost.example.com",
            "https://user:hunter7@host",
            "https://user@host",
            "https://host/?a=b",
            "https://host/#part",
        ] {
            let error = BaseUrl::new(text, false).unwrap_err();
            assert_eq!(error.field(), Some("base_url"), "{text}");
            assert!(!error.to_string().contains("hunter7"), "{error}");
        }
    }

    #[test]
    fn plain_http_to_another_machine_needs_to_be_allowed() {
        assert!(BaseUrl::new("http://10.0.0.1", false).is_err());
        assert!(BaseUrl::new("http://10.0.0.1", true).is_ok());
    }

    #[test]
    fn what_other_programs_read_as_another_address_is_refused() {
        for text in [
            "https://evil\\@api.7g.com.au",
            "https://api.7g.com.au\\@evil",
            "https://api.7g.com.au\\evil",
            "https:\\\\api.7g.com.au",
            "https:api.7g.com.au",
            "https:/api.7g.com.au",
            "https:///api.7g.com.au",
            "https:////api.7g.com.au",
            "https://@api.7g.com.au",
            "https://:@api.7g.com.au",
            "https://api.7g\t.com.au",
            "https://api.7g\n.com.au",
            "ht\ntps://api.7g.com.au",
            "https://api.7g.com.au /prod",
            "https://api%2e7g.com.au",
            "https://%61pi.7g.com.au",
            "https://api.7g.com.au%2f@evil",
            "https://bücher.example",
            "https://ａpi.7g.com.au",
            "https://api。7g.com.au",
            "https://api.7g.com.au\u{ad}",
            "https://faß.example",
            "http://0x7f.1",
            "http://0x7f000001",
            "http://2130706433",
            "http://017700000001",
            "http://127.1",
            "http://127.0.0.01",
            "http://127.0.0.1.",
            "https://api.7g.com.au:",
            "https://api.7g.com.au:0",
            "https://api.7g.com.au:0443",
            "https://api.7g.com.au:/prod",
            "https://api.7g.com.au/a/../b",
            "https://api.7g.com.au/./b",
            "https://api.7g.com.au/%2e%2e/b",
            "https://api.7g.com.au/ü",
            "https://api.7g.com.au/a|b?",
            "https://a..b",
            "https://.a",
            "https://a$b",
        ] {
            let error = BaseUrl::new(text, true).expect_err(text);
            assert_eq!(error.field(), Some("base_url"), "{text}");
        }
        let error = BaseUrl::new("http://0x7f.1", false).unwrap_err().to_string();
        assert!(error.contains("read as 127.0.0.1"), "{error}");
        let error = BaseUrl::new("https://bücher.example", false).unwrap_err().to_string();
        assert!(error.contains("read as xn--bcher-kva.example"), "{error}");
    }

    #[test]
    fn the_port_is_the_one_that_is_named_or_the_schemes() {
        for (text, port) in [
            ("https://a.example", 443),
            ("http://localhost/x:1", 80),
            ("https://a.example:8443/p", 8443),
            ("https://[2001:db8::1]", 443),
            ("https://[2001:db8::1]:81", 81),
        ] {
            assert_eq!(BaseUrl::new(text, false).unwrap().port(), port, "{text}");
        }
    }
}
