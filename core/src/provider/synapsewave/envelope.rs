//! The frame that the API puts around every answer (wire.md 2.2, 2.10.5, 2.10.13).

use serde_json::{Map, Value};

use crate::json;
use crate::provider::Answer;
use crate::provider::answer::{field, text};

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
        Value::String(text) if text.trim_start().starts_with('{') => json::object(text.as_bytes()),
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
