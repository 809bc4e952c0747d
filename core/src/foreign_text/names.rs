//! The one list of what is secret by its name, for claims, profiles, answers and all that is shown of them.

use serde_json::Value;

use super::canonical::letters;
use crate::json::{self, Json};
use crate::secret::Secret;

/// What goes by a name that has one of these in it is secret, however its words are joined.
const PARTS: [&str; 22] = [
    "token",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "pwd",
    "credential",
    "key",
    "udid",
    "deviceid",
    "deviceuid",
    "imei",
    "fingerprint",
    "biometric",
    "otp",
    "mpin",
    "cookie",
    "cft",
    "qrimg",
    "sessionid",
    "authorization",
];
/// Whole names of secrets.
const NAMES: [&str; 8] = ["pan", "panno", "pannumber", "pin", "pass", "auth", "sid", "cvv"];
/// A name that ends so says whether there is a secret, not which.
const TELLS_WHETHER: &str = "enabled";
/// A shorter text by the name of a secret is a word.
const SHORTEST_SECRET: usize = 4;
/// Words that go by the names of secrets.
const WORDS: [&str; 6] = ["bearer", "basic", "true", "false", "null", "none"];
/// No exchange has more secrets. Where there are more, nothing is shown.
pub(super) const MOST_SECRETS: usize = 64;

/// Whether what goes by this name is to be kept from sight.
pub(crate) fn is_secret(name: &str) -> bool {
    let joined: String = letters(name).iter().collect();
    !joined.ends_with(TELLS_WHETHER) && (PARTS.iter().any(|part| joined.contains(part)) || NAMES.contains(&&*joined))
}

/// Whether anything goes by the name of a secret, however short it is. A truth is none.
pub(crate) fn holds_secrets(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.iter().any(|(name, value)| {
            is_secret(name) && !value.is_boolean() || is_token(name, value) || holds_secrets(value)
        }),
        Value::Array(list) => list.iter().any(holds_secrets),
        Value::String(text) => held(text).is_some_and(|held| !held.is_whole || holds_secrets(&held.value)),
        _ => false,
    }
}

/// Looks for the secrets of an answer, by their names. Whether all of them were found: they are not where the answer, or a
/// text in it, has more than can be compared.
#[must_use]
pub(super) fn named(value: &Value, is_within: bool, found: &mut Vec<Secret>) -> bool {
    match value {
        _ if found.len() > MOST_SECRETS => return false,
        Value::Object(members) => {
            return members
                .iter()
                .all(|(name, value)| named(value, is_within || is_secret(name) || is_token(name, value), found));
        }
        Value::Array(list) => return list.iter().all(|value| named(value, is_within, found)),
        Value::String(text) if is_within && is_told_by_its_name(text) => found.push(Secret::new(text.as_str())),
        Value::String(_) if is_within => {}
        Value::Number(number) if is_within && number.to_string().len() >= SHORTEST_SECRET => {
            found.push(Secret::new(number.to_string()));
        }
        Value::String(text) => {
            return held(text).is_none_or(|held| held.is_whole && named(&held.value, is_within, found));
        }
        _ => {}
    }
    true
}

/// A short text and a word are none, whatever their names are.
fn is_told_by_its_name(text: &str) -> bool {
    text.len() >= SHORTEST_SECRET && !WORDS.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// The object or list that a text holds.
fn held(text: &str) -> Option<Json> {
    let is_json = text.trim_start().starts_with(['{', '[']);
    is_json.then(|| json::read(text.as_bytes())).flatten()
}

/// wire.md 2.5: the data of one call is a token, without a name.
fn is_token(name: &str, value: &Value) -> bool {
    let is_word = |text: &str| ["true", "false"].iter().any(|word| word.eq_ignore_ascii_case(text));
    name.eq_ignore_ascii_case("data") && value.as_str().is_some_and(|text| held(text).is_none() && !is_word(text))
}
