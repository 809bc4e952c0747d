//! A request that has arrived whole, and what a system decides about it.

use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName};
use hyper::{Method, Uri};

/// What a request asks for, in any system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Login,
    Refresh,
    Account,
    Health,
    Lookup,
    Register,
    Validate,
    Logout,
    Factor,
    Other,
}

impl Endpoint {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Refresh => "refresh",
            Self::Account => "account",
            Self::Health => "health",
            Self::Lookup => "lookup",
            Self::Register => "register",
            Self::Validate => "validate",
            Self::Logout => "logout",
            Self::Factor => "factor",
            Self::Other => "other",
        }
    }
}

/// The Authorization header: the token alone, or with the word Bearer before it.
#[derive(Clone)]
pub(crate) enum Authorization {
    None,
    Raw(String),
    Bearer(String),
}

impl Authorization {
    fn read(headers: &HeaderMap) -> Self {
        let Some(value) = text(headers, &AUTHORIZATION) else {
            return Self::None;
        };
        match value.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Self::Bearer(token.trim().to_owned()),
            _ => Self::Raw(value),
        }
    }

    pub(crate) fn form(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Raw(_) => "raw",
            Self::Bearer(_) => "bearer",
        }
    }

    pub(crate) fn token(&self) -> Option<&str> {
        match self {
            Self::None => None,
            Self::Raw(token) | Self::Bearer(token) => Some(token),
        }
    }
}

/// A request that has arrived whole.
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) authorization: Authorization,
    pub(crate) version: Option<String>,
    pub(crate) content_type: Option<String>,
    pub(crate) x_api_key: Option<String>,
    pub(crate) body: Bytes,
}

impl Request {
    pub(crate) fn new(method: Method, uri: Uri, headers: &HeaderMap, body: Bytes) -> Self {
        Self {
            method,
            uri,
            authorization: Authorization::read(headers),
            version: text(headers, &HeaderName::from_static("version")),
            content_type: text(headers, &CONTENT_TYPE),
            x_api_key: text(headers, &HeaderName::from_static("x-api-key")),
            body,
        }
    }

    /// The value of a query parameter, whose name may be in any case. Values are not percent-decoded: none that the
    /// sandbox knows needs it.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        let pairs = self.uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
        pairs.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// What a system decided, and the answer it gives.
pub(crate) struct Outcome {
    pub(crate) status: u16,
    /// A JSON text.
    pub(crate) body: Vec<u8>,
    /// One word for the audit.
    pub(crate) verdict: &'static str,
    /// Whether the request was refused for who sent it.
    pub(crate) rejected: bool,
}
