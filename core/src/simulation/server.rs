//! What the model servers share: accounts that lock, a clock, and the reading of requests.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use crate::clock::{BootTime, UnixTime};
use crate::provider::{Method, Request};

/// A request as it arrives.
#[derive(Clone, Debug)]
pub(super) struct Arrived {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) authorization: String,
    pub(super) body: Map<String, Value>,
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

/// Accounts, and what the server counts against them.
#[derive(Default)]
pub(super) struct Accounts {
    users: HashMap<String, Account>,
    /// When logins failed, by user: all of them, for the checks.
    pub(super) failures: HashMap<String, Vec<i64>>,
    /// How often a login hit a locked account.
    pub(super) locked: usize,
}

struct Account {
    password: String,
    /// The failures that count, in boot time.
    counted: Vec<i64>,
}

/// The server locks at so many failures in so many milliseconds.
const LOCKS_AT: usize = 3;
pub(super) const WINDOW: i64 = 600_000;

impl Accounts {
    pub(super) fn set_password(&mut self, user: &str, password: &str) {
        let account = Account { password: password.to_owned(), counted: Vec::new() };
        self.users.entry(user.to_owned()).or_insert(account).password = password.to_owned();
    }

    pub(super) fn password(&self, user: &str) -> &str {
        self.users.get(user).map_or("", |account| &account.password)
    }

    /// Whether the account is locked, which it should never be.
    pub(super) fn is_locked(&mut self, user: &str, at: BootTime) -> bool {
        let Some(account) = self.users.get_mut(user) else { return false };
        account.counted.retain(|failed| at.0 - failed < WINDOW);
        let locked = account.counted.len() >= LOCKS_AT;
        self.locked += usize::from(locked);
        locked
    }

    pub(super) fn failed(&mut self, user: &str, at: BootTime) {
        if let Some(account) = self.users.get_mut(user) {
            account.counted.push(at.0);
        }
        self.failures.entry(user.to_owned()).or_default().push(at.0);
    }
}

/// A token that says its end and its user.
pub(super) fn jwt(user: &str, number: u64, end: UnixTime) -> String {
    let claims = json!({ "exp": end.0 / 1000, "UserID": user, "jti": number });
    format!("{}.{}.signature", URL_SAFE_NO_PAD.encode("{}"), URL_SAFE_NO_PAD.encode(claims.to_string()))
}
