//! What a step is given: providers, options, tokens and values, some of which are found only when it is done.

use std::collections::BTreeMap;
use std::sync::Arc;

use relatch::{Error, FactorKind, Options, Provider, Settings, Tokens};
use serde_json::Value;
use totp_rs::{Builder, Secret};

use super::action::{Found, Given, Source};
use super::actor::Actor;
use super::callback::newest_otp;
use super::expect::Ended;
use super::file::Object;
use super::operations;
use super::provider::{Described, overlay};
use crate::support::USER_ID;

impl Actor<'_> {
    pub(super) fn resume(&self, source: &Source) -> Ended {
        let tokens = self.tokens(source).expect("tokens to resume");
        let session = relatch::resume(self.provider(&source.provider)?, tokens, self.options(&source.options)?)?;
        Ok(operations::session(session))
    }

    pub(super) fn tokens(&self, source: &Source) -> Result<Tokens, String> {
        match (&source.from, source.tokens.clone()) {
            (Some(name), None) => self.watched(name)?.session.tokens().ok_or(format!("{name} has no tokens")),
            (None, Some(tokens)) => Ok(Tokens::new(tokens.access_token, tokens.refresh_token)),
            _ => Err("give either 'from' or 'tokens'".into()),
        }
    }

    pub(super) fn provider(&self, over: &Object) -> Result<Arc<dyn Provider>, Error> {
        self.described(over).build().map(|provider| self.witness.provider(provider))
    }

    pub(super) fn options(&self, over: &Object) -> Result<Options, Error> {
        let given = overlay(&self.scenario.options, over);
        let (seconds, is) =
            (|key: &str| given.get(key).and_then(Value::as_f64), |key: &str| given.get(key).and_then(Value::as_bool));
        let options = Options::try_from(Settings {
            relogin: given.get("relogin").and_then(Value::as_str).map(ToOwned::to_owned),
            keep_alive: is("keep_alive"),
            force: is("force"),
            mandatory_margin: seconds("mandatory_margin"),
            advisory_margin: seconds("advisory_margin"),
            timeout: seconds("timeout"),
            exchange_timeout: seconds("exchange_timeout"),
            clock: Some(self.sandbox.manual_clock().clock()),
            ..Settings::default()
        })?;
        Ok(match &self.store {
            Some(store) => options.store(Arc::clone(store)),
            None => options,
        })
    }

    /// The scenario's provider with `over` laid over it.
    pub(super) fn described(&self, over: &Object) -> Described<'_> {
        let given = overlay(&self.scenario.provider, over);
        Described { given, callbacks: &self.callbacks, saved: &self.saved }
    }

    /// The system's protected resource.
    pub(super) fn protected(&self) -> String {
        match self.described(&Object::new()).system() {
            "7g" => self.sandbox.url() + "/Account",
            _ => self.sandbox.synapsewave_url() + "/authentication/v1/user/balance",
        }
    }

    /// The Version header that the system wants, and whether the token comes after the word Bearer.
    pub(super) fn says(&self) -> (Option<&'static str>, bool) {
        let provider = &self.scenario.provider;
        if provider.get("system") == Some(&Value::from("7g")) {
            (Some("2.0"), provider.get("bearer") == Some(&Value::Bool(true)))
        } else {
            (None, true)
        }
    }

    pub(super) fn arguments(&self, given: &BTreeMap<String, Given>) -> Result<Object, String> {
        given.iter().map(|(name, value)| Ok((name.clone(), Value::from(self.value(value)?)))).collect()
    }

    /// The value of a second factor.
    pub(super) fn factor(&self, kind: FactorKind, given: &Given) -> Result<String, String> {
        match given {
            Given::Text(text) if text == "right" && kind == FactorKind::Totp => {
                let user_id = self.scenario.provider.get("user_id").and_then(Value::as_str);
                self.sandbox.totp(user_id.unwrap_or(USER_ID))
            }
            given => self.value(given),
        }
    }

    fn value(&self, given: &Given) -> Result<String, String> {
        match given {
            Given::Text(text) => Ok(text.clone()),
            Given::Found(Found::Outbox(true)) => newest_otp(&self.sandbox),
            Given::Found(Found::Outbox(false)) => Err("outbox is true or left out".into()),
            Given::Found(Found::Saved(name)) => self.saved(name).cloned(),
            Given::Found(Found::CodeOf(name)) => {
                let secret = Secret::try_from_base32(self.saved(name)?).map_err(|error| error.to_string())?;
                let seconds = self.sandbox.manual_clock().clock().unix_time().0 / 1000;
                let seconds = u64::try_from(seconds).map_err(|error| error.to_string())?;
                Ok(Builder::new().with_secret(secret).build_noncompliant().generate(seconds).to_string())
            }
        }
    }
}
