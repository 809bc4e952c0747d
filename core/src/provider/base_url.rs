//! The address of a system, checked before anything is sent to it.

use std::fmt;
use std::net::IpAddr;

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
        let url = Url::parse(text.trim()).map_err(|_| {
            invalid(
                "cannot be read as a URL. Give one like https://api.example.com, with a path prefix if there is one.",
            )
        })?;
        if !matches!(url.scheme(), "https" | "http") || url.host_str().is_none_or(str::is_empty) {
            return Err(invalid("must start with https:// and name a host."));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(invalid("holds credentials. Give them as user name and password instead."));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(invalid("holds a query or a fragment. Leave off everything from '?' or '#' on."));
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

fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
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
        ] {
            assert_eq!(BaseUrl::new(text, false).unwrap().as_str(), kept);
        }
    }

    #[test]
    fn this_machine_is_told_from_others() {
        for here in ["http://127.0.0.1:8080/a", "http://[::1]:8080", "https://[::1]", "http://localhost/b:1"] {
            assert!(BaseUrl::new(here, false).unwrap().is_loopback(), "{here}");
        }
        for there in ["https://api.7g.com.au", "https://[2001:db8::1]:8443", "https://localhost.example:1"] {
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
}
