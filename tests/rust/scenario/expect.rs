//! Comparing what happened with what a scenario expects.

use std::collections::{BTreeMap, HashMap};

use relatch::{Error, Session};
use serde_json::Value;

use super::file::{Expectation, Object};

/// What a call yielded.
#[derive(Default)]
pub(crate) struct Yield {
    pub(crate) token: Option<String>,
    pub(crate) status: Option<u16>,
    pub(crate) session: Option<Session>,
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
        let (wanted, got) =
            (self.status.map(|status| status.to_string()), error.status().map(|status| status.to_string()));
        same("status", wanted.as_deref(), got.as_deref())?;
        if self.retry_at && error.retry_at().is_none() {
            return Err(format!("no retry_at: {error:?}"));
        }
        Ok(())
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

/// Compares the counts that are named.
pub(super) fn counts(wanted: &BTreeMap<String, u64>, got: &Value) -> Result<(), String> {
    let named = wanted.keys().map(|name| (name.clone(), got[name].as_u64().unwrap_or(u64::MAX)));
    same("counts", wanted, &named.collect())
}

/// Compares the last entries of the audit in the fields that are given.
pub(super) fn audit(wanted: &[Object], got: &Value) -> Result<(), String> {
    let entries = got.as_array().map(Vec::as_slice).unwrap_or_default();
    let last = entries.get(entries.len().saturating_sub(wanted.len())..).unwrap_or_default();
    let meets = |(wanted, got): (&Object, &Value)| wanted.iter().all(|(key, value)| got.get(key) == Some(value));
    if last.len() < wanted.len() || !wanted.iter().zip(last).all(meets) {
        return Err(format!("audit: wanted {wanted:?}, got {last:?}"));
    }
    Ok(())
}

pub(super) fn same<T: PartialEq + std::fmt::Debug>(what: &str, wanted: &T, got: &T) -> Result<(), String> {
    if wanted == got { Ok(()) } else { Err(format!("{what}: wanted {wanted:?}, got {got:?}")) }
}
