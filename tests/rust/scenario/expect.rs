//! Comparing what happened with what a scenario expects.

use std::collections::{BTreeMap, HashMap};

use relatch::{Challenge, Error, Profile, Session};
use serde_json::Value;

use super::file::{Expectation, Object};

/// What a call yielded.
#[derive(Default)]
pub(crate) struct Yield {
    /// An access token, a feed's, or the secret that a call of the account client is made for.
    pub(crate) token: Option<String>,
    pub(crate) status: Option<u16>,
    pub(crate) session: Option<Session>,
    pub(crate) challenge: Option<Challenge>,
    pub(crate) valid: Option<bool>,
    /// Whether a feed has an address.
    pub(crate) url: Option<bool>,
    pub(crate) profile: Option<Profile>,
    pub(crate) result: Option<Value>,
}

pub(crate) type Ended = Result<Yield, Error>;

impl Expectation {
    /// Compares one call's end; `saved` are the tokens by their names.
    pub(super) fn check(&self, ended: &Ended, saved: &HashMap<String, String>) -> Result<(), String> {
        match (ended, &self.error) {
            (Err(error), Some(code)) => self.check_error(error, code),
            (Err(error), None) => Err(format!("failed: {error:?}")),
            (Ok(_), Some(code)) => Err(format!("did not fail with {code}")),
            (Ok(got), None) => {
                same("status", &self.status, &got.status.filter(|_| self.status.is_some()))?;
                same("valid", &self.valid, &got.valid.filter(|_| self.valid.is_some()))?;
                same("url", &self.url, &got.url.filter(|_| self.url.is_some()))?;
                self.check_challenge(got.challenge.as_ref())?;
                self.check_profile(got.profile.as_ref())?;
                if let Some(result) = &got.result {
                    members("result", &self.result, |name| result.get(name))?;
                }
                self.check_token(got.token.as_deref(), saved)
            }
        }
    }

    fn check_error(&self, error: &Error, code: &str) -> Result<(), String> {
        let same = |what, wanted: Option<&str>, got: Option<&str>| match wanted {
            Some(_) => same(what, &wanted, &got).map_err(|why| format!("{why}: {error:?}")),
            None => Ok(()),
        };
        same("error", Some(code), Some(error.code().as_str()))?;
        same("cause", self.cause.as_deref(), error.cause().map(relatch::Cause::as_str))?;
        same("field", self.field.as_deref(), error.field())?;
        same("sent", self.sent.as_deref(), error.sent().map(relatch::Sent::as_str))?;
        same("server_code", self.server_code.as_deref(), error.server_code())?;
        same("server_message", self.server_message.as_deref(), error.server_message())?;
        same("snippet", self.snippet.as_deref(), error.snippet())?;
        let (wanted, got) =
            (self.status.map(|status| status.to_string()), error.status().map(|status| status.to_string()));
        same("status", wanted.as_deref(), got.as_deref())?;
        if self.retry_at && error.retry_at().is_none() {
            return Err(format!("no retry_at: {error:?}"));
        }
        check_words(error)?;
        if self.challenge.is_some() && error.challenge().is_none() {
            return Err(format!("no challenge: {error:?}"));
        }
        Ok(())
    }

    fn check_challenge(&self, challenge: Option<&Challenge>) -> Result<(), String> {
        let Some(wanted) = &self.methods else { return Ok(()) };
        let kinds = challenge.map(Challenge::methods).unwrap_or_default();
        same("methods", wanted, &kinds.iter().map(|kind| kind.as_str().to_owned()).collect())
    }

    fn check_profile(&self, profile: Option<&Profile>) -> Result<(), String> {
        let Some(profile) = profile else { return Ok(()) };
        members("fields", &self.fields, |name| profile.get(name))?;
        let missing = self.secrets.iter().find(|name| profile.secret(name).is_none());
        same("a secret that is missing", &None, &missing)?;
        let seen = self.hidden.iter().find(|name| profile.get(name).is_some());
        same("a field that is to be hidden", &None, &seen)
    }

    fn check_token(&self, token: Option<&str>, saved: &HashMap<String, String>) -> Result<(), String> {
        let find = |name: &String| saved.get(name).map(String::as_str).ok_or(format!("nothing was saved as {name}"));
        if let Some(name) = &self.same_as
            && token != Some(find(name)?)
        {
            return Err(format!("the token is not the one saved as {name}"));
        }
        if let Some(name) = &self.differs_from
            && token.is_none_or(|token| find(name) == Ok(token))
        {
            return Err(format!("the token is the one saved as {name}, or there is none"));
        }
        Ok(())
    }
}

/// Compares the members that are given.
fn members<'a>(what: &str, wanted: &Object, get: impl Fn(&str) -> Option<&'a Value>) -> Result<(), String> {
    wanted.iter().try_for_each(|(name, value)| same(&format!("{what}.{name}"), &Some(value), &get(name)))
}

/// Compares the counts that are named.
pub(super) fn counts(wanted: &BTreeMap<String, u64>, got: &Value) -> Result<(), String> {
    let named = wanted.keys().map(|name| (name.clone(), got[name].as_u64().unwrap_or(u64::MAX)));
    same("counts", wanted, &named.collect())
}

/// Compares the last entries of the audit in the fields that are given.
pub(super) fn audit(wanted: &[Object], got: &Value) -> Result<(), String> {
    let entries = got.as_array().map(Vec::as_slice).unwrap_or_default();
    let last = entries.get(entries.len().saturating_sub(wanted.len())..).unwrap_or_default();
    // What an entry does not tell is null.
    let told = |entry: &Value, key: &String| entry.get(key).cloned().unwrap_or_default();
    let meets = |(wanted, got): (&Object, &Value)| wanted.iter().all(|(key, value)| told(got, key) == *value);
    if last.len() < wanted.len() || !wanted.iter().zip(last).all(meets) {
        return Err(format!("audit: wanted {wanted:?}, got {last:?}"));
    }
    Ok(())
}

pub(super) fn same<T: PartialEq + std::fmt::Debug>(what: &str, wanted: &T, got: &T) -> Result<(), String> {
    if wanted == got { Ok(()) } else { Err(format!("{what}: wanted {wanted:?}, got {got:?}")) }
}

/// A notebook shows the text of an error and nothing else: the values that it carries are in there.
fn check_words(error: &Error) -> Result<(), String> {
    let text = error.to_string();
    let moment = error.retry_at().map(|at| {
        let seconds = (at.0.saturating_add(999)).div_euclid(1000).rem_euclid(86_400);
        format!("at {:02}:{:02}:{:02} UTC", seconds / 3600, seconds / 60 % 60, seconds % 60)
    });
    let told = [error.server_message(), error.server_code(), moment.as_deref()];
    match told.into_iter().flatten().find(|told| !text.contains(told)) {
        Some(untold) => Err(format!("'{untold}' is not in the text: {error:?}")),
        None => Ok(()),
    }
}
