//! A client of the Synapsewave side of the sandbox.
#![allow(clippy::needless_pass_by_value)] // the values are written where they are handed over

use relatch_sandbox::Sandbox;
use serde_json::{Value, json};

use super::{Answer, Client, start};

pub(crate) const USER: &str = "UCC123456";
pub(crate) const PASSWORD: &str = "made-up-password-2";
pub(crate) const MPIN: &str = "739164";
pub(crate) const UDID: &str = "made-up-udid-1";
pub(crate) const SSO_TOKEN: &str = "made-up-sso-token-1";
pub(crate) const PAN: &str = "ABCDE1234F";
/// 2026-01-05T09:53:31Z, which is 15:23:31 in India, and a second into a TOTP step.
pub(crate) const STARTS_AT: i64 = 1_767_606_811;

/// A sandbox whose time is known, with these settings of the Synapsewave API.
pub(crate) fn start_with(synapsewave: Value) -> Sandbox {
    start(json!({"starts_at": STARTS_AT, "synapsewave": synapsewave}))
}

/// One connection to the API.
pub(crate) struct Wave {
    pub(crate) sandbox: Sandbox,
    prefix: String,
    client: Client,
}

impl Wave {
    pub(crate) fn new(sandbox: &Sandbox) -> Self {
        let prefix = sandbox.synapsewave_url()[sandbox.url().len()..].to_owned();
        Self { sandbox: sandbox.clone(), prefix, client: Client::new(sandbox) }
    }

    /// Any request; a path that has no slash first is below the users' part.
    pub(crate) fn call(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let below = if path.starts_with('/') { "" } else { "/authentication/v1/user/" };
        let path = format!("{}{below}{path}", self.prefix);
        self.client.exchange(method, &path, headers, body).unwrap()
    }

    pub(crate) fn bearer(&mut self, method: &str, path: &str, token: &str) -> Answer {
        self.call(method, path, &[("Authorization", &format!("Bearer {token}"))], "")
    }

    /// A request with the user, the API key, the source, and `fields`, of which a null takes one away.
    pub(crate) fn send(&mut self, method: &str, path: &str, fields: Value) -> Answer {
        let mut body = body(json!({"user_id": USER, "api_key": "made-up-api-key-1", "source": "WEBAPI"}), fields);
        body.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        self.call(method, path, &[("Content-Type", "application/json")], &body.to_string())
    }

    pub(crate) fn login(&mut self, fields: Value) -> Answer {
        self.send("POST", "session", fields)
    }

    /// A login with a password, and a second factor of this type.
    pub(crate) fn login_with(&mut self, kind: &str, factor: &str) -> Answer {
        self.login(json!({"password": PASSWORD, "second_auth_type": kind, "second_auth": factor}))
    }

    /// An access token by password and PAN, of which neither is used up.
    pub(crate) fn token(&mut self) -> String {
        let answer = self.login(json!({"password": PASSWORD, "second_auth": PAN}));
        assert_eq!(answer.status, 200, "{}", answer.text());
        text(&answer, "access_token")
    }

    /// A register token.
    pub(crate) fn register(&mut self) -> String {
        let answer = self.login(json!({"password": PASSWORD, "second_auth_type": "REGISTER"}));
        assert_eq!(answer.status, 200, "{}", answer.text());
        text(&answer, "register_token")
    }

    /// The second step of a login.
    pub(crate) fn second(&mut self, token: &str, kind: &str, factor: &str) -> Answer {
        let fields = json!({"login_type": "TOKEN", "password": token});
        self.login(body(fields, json!({"second_auth_type": kind, "second_auth": factor})))
    }

    pub(crate) fn totp(&self) -> String {
        self.sandbox.totp(USER).unwrap()
    }

    /// The verdict of the last request.
    pub(crate) fn verdict(&self) -> &'static str {
        self.sandbox.audit().last().unwrap().verdict
    }
}

/// The fields of both.
pub(crate) fn body(mut fields: Value, more: Value) -> Value {
    fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    fields
}

/// A text in the data of an answer.
pub(crate) fn text(answer: &Answer, key: &str) -> String {
    answer.json()["data"][key].as_str().unwrap_or_else(|| panic!("{key} in {}", answer.text())).to_owned()
}
