//! The frame that the API puts around every answer (wire.md 2.2, 2.10.5, 2.10.13), and what in an answer is secret.

use serde_json::{Map, Value};

use crate::provider::Answer;
use crate::provider::answer::{field, text};
use crate::secret::Secret;

/// A shorter text is a word such as `Bearer`: to hide it would garble the server's words.
const SHORTEST_SECRET: usize = 4;

/// An object that says how the call went: what gateways and firewalls answer does not.
pub(super) struct Envelope {
    object: Map<String, Value>,
    status: String,
}

impl Envelope {
    pub(super) fn of(answer: &Answer) -> Option<Self> {
        let object = answer.object()?;
        let status = text(&object, "status")?.trim().to_ascii_lowercase();
        Some(Self { object, status })
    }

    pub(super) fn succeeds(&self) -> bool {
        self.status == "success"
    }

    pub(super) fn denies(&self) -> bool {
        self.status == "error"
    }

    pub(super) fn data(&self) -> Option<&Value> {
        field(&self.object, "data").filter(|data| !data.is_null())
    }

    /// The data as an object: the generic documents print a text that holds one.
    pub(super) fn members(&self) -> Option<Map<String, Value>> {
        members(self.data()?)
    }

    /// What the server calls the refusal (wire.md 2.10.6): the first text in `errors`, else `code`.
    pub(super) fn code(&self) -> Option<String> {
        let errors = field(&self.object, "errors").and_then(first_text);
        errors.or_else(|| text(&self.object, "code").map(|code| code.trim().to_owned()))
    }
}

/// An object, or a text that holds one.
pub(super) fn members(value: &Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(members) => Some(members.clone()),
        Value::String(text) if text.trim_start().starts_with('{') => serde_json::from_str(text).ok(),
        _ => None,
    }
}

fn first_text(errors: &Value) -> Option<String> {
    match errors {
        Value::String(text) => match serde_json::from_str(text) {
            // The documents show an empty list as a text.
            Ok(list @ Value::Array(_)) => first_text(&list),
            Ok(Value::Null | Value::Object(_)) => None,
            _ => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        },
        Value::Array(list) => list.iter().find_map(first_text),
        _ => None,
    }
}

/// Whether what goes by this name is to be kept from sight.
pub(super) fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["token", "secret", "password", "key"].iter().any(|part| name.contains(part))
        || ["cft", "qrimg", "otp", "mpin", "pan"].contains(&&*name)
}

/// The secrets of an answer, by their names, so that no error repeats them.
pub(super) fn secrets(value: &Value, is_within: bool, found: &mut Vec<Secret>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                secrets(value, is_within || is_secret(name) || is_token(name, value), found);
            }
        }
        Value::Array(list) => {
            for value in list {
                secrets(value, is_within, found);
            }
        }
        Value::String(text) if is_within && text.len() >= SHORTEST_SECRET => found.push(Secret::new(text.as_str())),
        Value::Number(number) if is_within && number.to_string().len() >= SHORTEST_SECRET => {
            found.push(Secret::new(number.to_string()));
        }
        Value::String(text) => {
            if let Some(held) = held(text) {
                secrets(&held, is_within, found);
            }
        }
        _ => {}
    }
}

/// Whether anything goes by the name of a secret, however short it is. A truth is none.
pub(super) fn holds_secrets(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.iter().any(|(name, value)| {
            is_secret(name) && !value.is_boolean() || is_token(name, value) || holds_secrets(value)
        }),
        Value::Array(list) => list.iter().any(holds_secrets),
        Value::String(text) => held(text).as_ref().is_some_and(holds_secrets),
        _ => false,
    }
}

/// The object or list that a text holds.
fn held(text: &str) -> Option<Value> {
    let is_json = text.trim_start().starts_with(['{', '[']);
    is_json.then(|| serde_json::from_str(text).ok()).flatten()
}

/// wire.md 2.5: the data of one call is a token, without a name.
fn is_token(name: &str, value: &Value) -> bool {
    let is_word = |text: &str| ["true", "false"].iter().any(|word| word.eq_ignore_ascii_case(text));
    name.eq_ignore_ascii_case("data") && value.as_str().is_some_and(|text| held(text).is_none() && !is_word(text))
}
