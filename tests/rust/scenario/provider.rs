//! The providers that scenarios name, and what they are made of unless the scenario says otherwise.

use std::collections::HashMap;
use std::sync::Arc;

use relatch::{
    Error, Factor, Provider, SevenG, Synapsewave, SynapsewaveAccount, SynapsewaveBuilder, SynapsewaveDealer, Totp,
};
use serde_json::Value;

use super::callback::Callbacks;
use super::file::Object;
use crate::support::{API_KEY, DEALER, DEALER_PASSWORD, PASSWORD, USER_ID, USER_PASSWORD, USERNAME};

/// What the sandbox's default user has, for which a scenario says `right`.
const RIGHT: [(&str, &str); 5] = [
    ("mpin", "739164"),
    ("fingerprint", "made-up-udid-1"),
    ("sso_token", "made-up-sso-token-1"),
    ("totp", "JBSWY3DPEHPK3PXPJBSWY3DP"),
    ("pan", "ABCDE1234F"),
];

type Set = fn(SynapsewaveBuilder, String) -> SynapsewaveBuilder;

/// A provider as a scenario describes it.
pub(super) struct Described<'a> {
    pub(super) given: Object,
    pub(super) callbacks: &'a Callbacks,
    /// What was saved, by its names.
    pub(super) saved: &'a HashMap<String, String>,
}

impl Described<'_> {
    pub(super) fn system(&self) -> &str {
        self.given.get("system").and_then(Value::as_str).expect("a system")
    }

    pub(super) fn build(&self) -> Result<Arc<dyn Provider>, Error> {
        match self.system() {
            "7g" => self.seven_g().map(Into::into),
            "synapsewave" => self.synapsewave().map(Into::into),
            "synapsewave_dealer" => self.dealer().map(Into::into),
            other => panic!("there is no system {other}"),
        }
    }

    /// The client of the user's factors.
    pub(super) fn account(&self) -> Result<SynapsewaveAccount, Error> {
        let builder = SynapsewaveAccount::builder().base_url(self.base_url()).api_key(self.or("api_key", API_KEY));
        let builder = match self.given.get("x_api_key") {
            Some(Value::Bool(false)) => builder.without_x_api_key(),
            Some(Value::String(key)) => builder.x_api_key(key.as_str()),
            _ => builder,
        };
        let builder = builder.user_id(self.or("user_id", USER_ID));
        match self.text("source") {
            Some(source) => builder.source(source).build(),
            None => builder.build(),
        }
    }

    fn seven_g(&self) -> Result<SevenG, Error> {
        let url = self.text("base_url").unwrap_or_else(|| self.callbacks.sandbox.url());
        let mut builder = SevenG::builder().base_url(url);
        if self.holds_credentials() {
            builder = builder.username(self.or("username", USERNAME)).password(self.or("password", PASSWORD));
        }
        builder.bearer(self.given.get("bearer") == Some(&Value::Bool(true))).build()
    }

    fn synapsewave(&self) -> Result<Synapsewave, Error> {
        let mut builder = Synapsewave::builder().base_url(self.base_url()).api_key(self.or("api_key", API_KEY));
        builder = match self.given.get("x_api_key") {
            Some(Value::Bool(false)) => builder.without_x_api_key(),
            Some(Value::String(key)) => builder.x_api_key(key.as_str()),
            _ => builder,
        };
        if self.holds_credentials() {
            builder = self.first_factor(builder.user_id(self.or("user_id", USER_ID)));
        }
        if let Some(factor) = self.given.get("second_factor") {
            builder = builder.second_factor(self.factor(factor)?);
        }
        if let Some(Value::Object(info)) = self.given.get("device_info") {
            builder = builder.device_info(info.clone());
        }
        let settings: [(&str, Set); 5] = [
            ("login_type", SynapsewaveBuilder::login_type),
            ("source", SynapsewaveBuilder::source),
            ("udid", |builder, udid| builder.udid(udid)),
            ("version", SynapsewaveBuilder::version),
            ("build_version", SynapsewaveBuilder::build_version),
        ];
        let given = |(name, set): (&str, Set)| self.text(name).map(|value| (set, value));
        settings.into_iter().filter_map(given).fold(builder, |builder, (set, value)| set(builder, value)).build()
    }

    /// The password, where no other first factor is given.
    fn first_factor(&self, mut builder: SynapsewaveBuilder) -> SynapsewaveBuilder {
        let others = ["mpin", "fingerprint", "sso_token", "register_token"];
        let has_other = others.iter().any(|name| self.given.contains_key(*name));
        if let Some(password) = self.text("password").or_else(|| (!has_other).then(|| USER_PASSWORD.to_owned())) {
            builder = builder.password(password);
        }
        if let Some(mpin) = self.text("mpin") {
            builder = builder.mpin(right("mpin", mpin));
        }
        if let Some(udid) = self.text("fingerprint") {
            builder = builder.fingerprint(right("fingerprint", udid));
        }
        match self.given.get("sso_token") {
            Some(Value::String(token)) => builder = builder.sso_token(right("sso_token", token.clone())),
            Some(asked) => builder = builder.sso_callback(self.callbacks.make(&asked["callback"], None)),
            None => {}
        }
        let register = self.given.get("register_token").map(|token| match token {
            Value::String(token) => token.clone(),
            found => self.saved[found["saved"].as_str().expect("a name")].clone(),
        });
        register.into_iter().fold(builder, SynapsewaveBuilder::register_token)
    }

    fn factor(&self, factor: &Value) -> Result<Factor, Error> {
        let text = |name: &str| factor.get(name).and_then(Value::as_str).map(|value| right(name, value.to_owned()));
        if let Some(secret) = text("totp") {
            return Ok(Totp::new(&secret)?.into());
        }
        let held = text("fingerprint").map(Factor::fingerprint).or_else(|| text("pan").map(Factor::pan));
        let seconds = factor.get("timeout").and_then(Value::as_f64);
        Ok(held.unwrap_or_else(|| Factor::Otp(self.callbacks.make(&factor["otp"], seconds))))
    }

    fn dealer(&self) -> Result<SynapsewaveDealer, Error> {
        let mut builder = SynapsewaveDealer::builder().base_url(self.base_url()).api_key(self.or("api_key", API_KEY));
        builder = match self.given.get("x_api_key") {
            Some(Value::Bool(false)) => builder.without_x_api_key(),
            Some(Value::String(key)) => builder.x_api_key(key.as_str()),
            _ => builder,
        };
        if self.holds_credentials() {
            builder = builder.user_id(self.or("user_id", DEALER)).password(self.or("password", DEALER_PASSWORD));
        }
        if let Some(version) = self.text("version") {
            builder = builder.version(version);
        }
        match self.text("build_version") {
            Some(version) => builder.build_version(version).build(),
            None => builder.build(),
        }
    }

    fn base_url(&self) -> String {
        self.text("base_url").unwrap_or_else(|| self.callbacks.sandbox.synapsewave_url())
    }

    fn holds_credentials(&self) -> bool {
        self.given.get("credentials") != Some(&Value::Bool(false))
    }

    fn text(&self, key: &str) -> Option<String> {
        self.given.get(key).and_then(Value::as_str).map(ToOwned::to_owned)
    }

    fn or(&self, key: &str, otherwise: &str) -> String {
        self.text(key).unwrap_or_else(|| otherwise.to_owned())
    }
}

/// The value, or what the sandbox's default user has.
fn right(name: &str, value: String) -> String {
    let known = RIGHT.iter().find(|(known, _)| *known == name && value == "right");
    known.map_or(value, |(_, right)| (*right).to_owned())
}

/// What is laid over goes before what is under it, key by key; what is null there is taken away.
pub(super) fn overlay(under: &Object, over: &Object) -> Object {
    let mut both = under.clone();
    both.extend(over.clone());
    both.retain(|_, value| !value.is_null());
    both
}
