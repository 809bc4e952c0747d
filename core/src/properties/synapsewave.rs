//! What the readers of Synapsewave have in common: what is held, and what in an answer is secret.

use serde_json::{Map, Value, json};

use crate::error::Error;
use crate::grant::Profile;
use crate::provider::Answer;

use super::answer::foreign;

pub(super) const BASE_URL: &str = "https://broker.example/prod/interactive";
pub(super) const PASSWORD: &str = "made up/\"Word\"+7";
pub(super) const API_KEY: &str = "api/Key+7";
pub(super) const HEADER_KEY: &str = "header-Key7";
pub(super) const DEVICE: &str = "device-Id7";
pub(super) const PUSH_KEY: &str = "push-Key7";
pub(super) const SENT: &str = "739105";

/// A shorter text is taken for a word.
const SHORTEST: usize = 4;

/// The device of a login, which is a secret in part.
pub(super) fn device() -> Map<String, Value> {
    let info = json!({"UDID": "inner-Id7", "FCMRegKey": PUSH_KEY, "AppName": "made up"});
    info.as_object().cloned().unwrap_or_default()
}

/// Whether what goes by this name must not be shown.
pub(super) fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["token", "secret", "password", "key", "udid"].iter().any(|part| name.contains(part))
        || ["cft", "qrimg", "otp", "mpin", "pan"].contains(&&*name)
}

/// The object or list that a text holds.
fn held(value: &Value) -> Option<Value> {
    let held = serde_json::from_str(value.as_str()?).ok();
    held.filter(|held: &Value| held.is_object() || held.is_array())
}

/// Nothing that goes by the name of a secret is among what is shown, at any depth. A truth is none.
pub(super) fn assert_shown(value: &Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                assert!(!is_secret(name) || value.is_boolean(), "{name} is shown");
                assert_shown(value);
            }
        }
        Value::Array(list) => list.iter().for_each(assert_shown),
        text => {
            if let Some(held) = held(text) {
                assert_shown(&held);
            }
        }
    }
}

/// A profile that an answer was read into.
pub(super) fn check_profile(profile: &Profile) {
    assert_shown(&Value::Object(profile.fields.clone()));
    for (name, secret) in &profile.secrets {
        assert!(!secret.expose().is_empty(), "{name}");
    }
    let shown = format!("{:?}", profile.secrets);
    assert_eq!(shown.matches("[redacted]").count(), profile.secrets.len());
}

/// No error repeats what an answer itself says by the name of a secret.
pub(super) fn check_redacted(error: &Error, answer: &Answer) {
    for text in foreign(error) {
        assert_redacted(text, answer);
    }
}

/// Checks one text.
pub(super) fn assert_redacted(text: &str, answer: &Answer) {
    let mut secrets = Vec::new();
    named(&Value::from(answer.object().unwrap_or_default()), &mut secrets);
    for secret in secrets.iter().filter(|secret| is_telling(secret)) {
        assert!(!text.contains(secret.as_str()), "{secret:?} in {text:?}");
    }
}

/// Not a word, not a piece of what stands in for a secret, and no text whose blanks may be others in an error.
fn is_telling(secret: &str) -> bool {
    let stands_in = ["[redacted]", "[withheld: it may hold a secret]", "bytes of a type that it does not name"];
    let is_one_word = !secret.contains(|c: char| c.is_whitespace() || c.is_control() || "[]".contains(c));
    secret.len() >= SHORTEST && is_one_word && !stands_in.iter().any(|text| text.contains(secret))
}

/// The texts that go by the name of a secret.
fn named(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                if is_secret(name) { leaves(value, found) } else { named(value, found) }
            }
        }
        Value::Array(list) => list.iter().for_each(|value| named(value, found)),
        text => {
            if let Some(held) = held(text) {
                named(&held, found);
            }
        }
    }
}

fn leaves(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => members.values().for_each(|value| leaves(value, found)),
        Value::Array(list) => list.iter().for_each(|value| leaves(value, found)),
        Value::String(text) => found.push(text.clone()),
        Value::Number(number) if !number.is_f64() => found.push(number.to_string()),
        _ => {}
    }
}
