//! The body of a request, read strictly: a field that is not used has to be left out, and neither null nor empty.

use serde_json::{Map, Value};

use super::refusal::Refusal;
use crate::settings::Settings;

/// A body that is not as it should be.
#[derive(Debug)]
pub(super) struct Malformed;

/// The fields of a body.
#[derive(Default)]
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    /// Reads a JSON object; none if it is something else.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok().map(Self)
    }

    /// The names of all fields, sorted.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.0.keys().cloned().collect();
        names.sort();
        names
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// What the field holds, whatever it is.
    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// The field's text, if it is one.
    pub(super) fn peek(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// A text that must be there.
    pub(super) fn text(&self, name: &str) -> Result<&str, Malformed> {
        self.peek(name).filter(|text| !text.is_empty()).ok_or(Malformed)
    }

    /// A text that may be left out.
    pub(super) fn optional(&self, name: &str) -> Result<Option<&str>, Malformed> {
        if self.has(name) { self.text(name).map(Some) } else { Ok(None) }
    }

    /// An MPIN as a text of four to six digits.
    pub(super) fn mpin_text(&self, name: &str) -> Result<&str, Malformed> {
        let mpin = self.text(name)?;
        let digits = mpin.bytes().all(|byte| byte.is_ascii_digit());
        if digits && (4..=6).contains(&mpin.len()) { Ok(mpin) } else { Err(Malformed) }
    }

    /// An MPIN as an integer, which cannot begin with a zero, or as a text, which can.
    pub(super) fn mpin(&self, name: &str) -> Result<String, Malformed> {
        match self.0.get(name).and_then(Value::as_u64) {
            Some(mpin @ 1000..=999_999) => Ok(mpin.to_string()),
            Some(_) => Err(Malformed),
            None => self.mpin_text(name).map(str::to_owned),
        }
    }

    /// The user of a request that is authorised by the API key.
    pub(super) fn user_id(&self, settings: &Settings) -> Result<&str, Refusal> {
        let sources = &settings.synapsewave.licensed_sources;
        self.user_id_with(settings, |source| sources.iter().any(|licensed| licensed == source))
    }

    /// Like the one above, with another rule for the source.
    pub(super) fn user_id_with(
        &self,
        settings: &Settings,
        licensed: impl FnOnce(&str) -> bool,
    ) -> Result<&str, Refusal> {
        let (user_id, api_key, source) = (self.text("user_id")?, self.text("api_key")?, self.text("source")?);
        if api_key != settings.synapsewave.api_key {
            return Err(Refusal::BadApiKey);
        }
        if licensed(source) { Ok(user_id) } else { Err(Refusal::NotLicensed) }
    }
}
