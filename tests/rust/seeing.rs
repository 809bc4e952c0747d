//! A provider and a store that pass everything on, and tell the canary of every secret that comes by.

use std::fmt::{self, Debug};
use std::sync::Arc;
use std::time::Duration;

use relatch::{
    Answer, BaseUrl, Claims, Error, Expiry, Factor, FactorKind, Feed, Grant, LockoutRule, MemoryStore, Outcome,
    Pending, Profile, Provider, Renewal, Request, SecondFactor, Secret, Source, Store, Stored, UnixTime,
};
use serde_json::Value;

use crate::Canary;

/// What a request's body calls a secret that has one name only.
const SENT: [&str; 3] = ["api_key", "UDID", "refreshToken"];
/// What an answer calls a secret.
const ANSWERED: [&str; 9] = [
    "accessToken",
    "refreshToken",
    "access_token",
    "register_token",
    "broadcast_access_token",
    "session_token",
    "dealer_token",
    "ocToken",
    "CFT",
];

/// A provider that is looked over the shoulder.
pub(crate) struct SeeingProvider {
    pub(crate) canary: Canary,
    pub(crate) inner: Arc<dyn Provider>,
}

impl Debug for SeeingProvider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(formatter)
    }
}

impl SeeingProvider {
    fn request(&self, request: Request) -> Request {
        let key = request.headers.iter().find(|(name, _)| *name == "x-api-key");
        if let Some((_, key)) = key {
            self.canary.keep("x-api-key", key.expose());
        }
        let body = request.body.as_ref().and_then(|body| serde_json::from_str::<Value>(body.expose()).ok());
        let text = |name: &str| body.as_ref()?.get(name)?.as_str();
        for name in SENT {
            if let Some(value) = text(name) {
                self.canary.keep(name, value);
            }
        }
        if let Some(value) = text("password") {
            self.canary.keep(text("login_type").unwrap_or("PASSWORD"), value);
        }
        if let Some(value) = text("second_auth") {
            self.canary.keep(text("second_auth_type").unwrap_or("PAN"), value);
        }
        request
    }

    fn answer(&self, answer: &Answer) {
        let body = serde_json::from_slice(&answer.body).unwrap_or_default();
        self.look_through(&body);
    }

    fn look_through(&self, value: &Value) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    if let (Some(name), Some(text)) = (ANSWERED.iter().find(|known| *known == name), value.as_str()) {
                        self.canary.keep(name, text);
                    }
                    self.look_through(value);
                }
            }
            Value::Array(list) => list.iter().for_each(|value| self.look_through(value)),
            Value::String(text) if text.starts_with('{') => {
                self.look_through(&serde_json::from_str(text).unwrap_or_default());
            }
            _ => {}
        }
    }
}

impl Provider for SeeingProvider {
    fn system(&self) -> &'static str {
        self.inner.system()
    }

    fn base_url(&self) -> &BaseUrl {
        self.inner.base_url()
    }

    fn user(&self) -> Option<&str> {
        self.inner.user()
    }

    fn check_login(&self) -> Result<(), Error> {
        self.inner.check_login()
    }

    fn is_attended(&self) -> bool {
        self.inner.is_attended()
    }

    fn is_for_one_login(&self) -> bool {
        self.inner.is_for_one_login()
    }

    fn has_refresh(&self) -> bool {
        self.inner.has_refresh()
    }

    fn shown(&self, claims: Claims) -> Claims {
        self.inner.shown(claims)
    }

    fn first_value(&self) -> Option<Source<'_>> {
        self.inner.first_value()
    }

    fn login(&self, value: Option<&Secret>) -> Result<Request, Error> {
        self.inner.login(value).map(|request| self.request(request))
    }

    fn begin(&self) -> Result<Request, Error> {
        self.inner.begin().map(|request| self.request(request))
    }

    fn second_factor(&self) -> Option<&Factor> {
        self.inner.second_factor()
    }

    fn has_fresh_codes(&self) -> bool {
        self.inner.has_fresh_codes()
    }

    fn complete(&self, asked: &SecondFactor, kind: FactorKind, value: &Secret) -> Result<Request, Error> {
        self.inner.complete(asked, kind, value).map(|request| self.request(request))
    }

    fn read_login(&self, answer: &Answer, sent: &[&Secret]) -> Outcome {
        self.answer(answer);
        self.inner.read_login(answer, sent)
    }

    fn refresh(&self, grant: &Grant) -> Option<Request> {
        self.inner.refresh(grant).map(|request| self.request(request))
    }

    fn read_refresh(&self, spent: &Grant, answer: &Answer) -> Outcome {
        self.answer(answer);
        self.inner.read_refresh(spent, answer)
    }

    fn headers(&self, access_token: &str) -> Vec<(&'static str, String)> {
        self.inner.headers(access_token)
    }

    fn validate(&self, grant: &Grant) -> Option<Request> {
        self.inner.validate(grant)
    }

    fn read_validate(&self, answer: &Answer, grant: &Grant) -> Result<bool, Error> {
        self.inner.read_validate(answer, grant)
    }

    fn logout(&self, grant: &Grant) -> Option<Request> {
        self.inner.logout(grant)
    }

    fn profile(&self, claims: &Claims) -> Profile {
        self.inner.profile(claims)
    }

    fn feed(&self, grant: &Grant) -> Option<Feed> {
        self.inner.feed(grant)
    }

    fn credential(&self, value: Option<&Secret>) -> Secret {
        self.inner.credential(value)
    }

    fn lockout_rule(&self) -> LockoutRule {
        self.inner.lockout_rule()
    }

    fn replay_grace(&self) -> Duration {
        self.inner.replay_grace()
    }

    fn renewal(&self) -> Renewal {
        self.inner.renewal()
    }

    fn default_lifetime(&self) -> Duration {
        self.inner.default_lifetime()
    }

    fn default_expiry(&self, now: UnixTime) -> Expiry {
        self.inner.default_expiry(now)
    }
}

/// A store that is looked over the shoulder.
pub(crate) struct SeeingStore {
    pub(crate) canary: Canary,
    pub(crate) inner: MemoryStore,
}

impl Debug for SeeingStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(formatter)
    }
}

impl Store for SeeingStore {
    fn get<'a>(&'a self, key: &'a str) -> Pending<'a, Option<Stored>> {
        self.inner.get(key)
    }

    fn put<'a>(&'a self, key: &'a str, value: Vec<u8>, expected: Option<u64>) -> Pending<'a, bool> {
        let read: Value = serde_json::from_slice(&value).unwrap_or_default();
        for name in ["access_token", "refresh_token"] {
            read[name].as_str().into_iter().for_each(|token| self.canary.keep(name, token));
        }
        self.canary.print(&Stored { value: value.clone(), version: 1 });
        self.inner.put(key, value, expected)
    }

    fn remove<'a>(&'a self, key: &'a str, expected: u64) -> Pending<'a, bool> {
        self.inner.remove(key, expected)
    }
}
