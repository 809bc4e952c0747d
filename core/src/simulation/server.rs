//! What the model servers share: the reading of requests, and tokens.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::accounts::Sent;
use crate::provider::{Method, Request};
use crate::time::UnixTime;

/// A request as it arrives.
#[derive(Clone, Debug)]
pub(super) struct Arrived {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) authorization: String,
    pub(super) body: Map<String, Value>,
    /// Of a login: what was known when it was sent.
    pub(super) sent: Sent,
}

impl From<Request> for Arrived {
    fn from(request: Request) -> Self {
        let header = request.headers.iter().find(|(name, _)| *name == "Authorization");
        let authorization = header.map(|(_, value)| value.expose().trim_start_matches("Bearer ").to_owned());
        let body = request.body.and_then(|body| serde_json::from_str(body.expose()).ok());
        Self {
            method: request.method,
            path: request.path,
            authorization: authorization.unwrap_or_default(),
            body: body.unwrap_or_default(),
            sent: Sent::default(),
        }
    }
}

impl Arrived {
    pub(super) fn text(&self, name: &str) -> &str {
        self.body.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

/// Status and body.
pub(super) type Reply = (u16, String);

/// A token that says its end and its user.
pub(super) fn jwt(user: &str, number: u64, end: UnixTime) -> String {
    let claims = json!({ "exp": end.0 / 1000, "UserID": user, "jti": number });
    format!("{}.{}.signature", URL_SAFE_NO_PAD.encode("{}"), URL_SAFE_NO_PAD.encode(claims.to_string()))
}
