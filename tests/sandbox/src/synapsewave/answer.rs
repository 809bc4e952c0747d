//! The envelope that the Synapsewave API answers with, and what the gateway before it says.

use serde_json::{Map, Value, json};

use super::settings::ErrorsForm;
use crate::request::Outcome;
use crate::settings::Settings;

/// A code of `errors` that means nothing in particular.
pub(super) const NO_KNOWN_CODE: &str = "e-00";

/// A success.
pub(super) fn success(settings: &Settings, verdict: &'static str, message: &str, data: Option<Value>) -> Outcome {
    let mut body = envelope(settings, "success", "s-101", message);
    if let Some(data) = data {
        body.insert(key(settings, "data"), data);
    }
    outcome(200, verdict, false, body)
}

/// The answer of a login that went well, whose data may be wanted as a text.
pub(super) fn login(settings: &Settings, verdict: &'static str, message: &str, data: Value) -> Outcome {
    let data = if settings.synapsewave.data_as_text { Value::String(data.to_string()) } else { data };
    let mut body = envelope(settings, "success", "s-101", message);
    body.insert(key(settings, "data"), data);
    // Clients have to put up with keys that nobody has documented.
    body.insert("futureKey".into(), "made-up".into());
    outcome(200, verdict, false, body)
}

/// A refusal of the request or of who sent it.
pub(super) fn refusal(settings: &Settings, verdict: &'static str, message: &str, sub_code: &str) -> Outcome {
    failure(settings, settings.synapsewave.failure_status, verdict, message, sub_code)
}

/// A request that is not as it should be.
pub(super) fn malformed(settings: &Settings) -> Outcome {
    refusal(settings, "malformed", "Invalid request", NO_KNOWN_CODE)
}

/// A refusal of the token in Authorization.
pub(super) fn unauthorized(settings: &Settings, verdict: &'static str) -> Outcome {
    failure(settings, 401, verdict, "Invalid or expired session.", NO_KNOWN_CODE)
}

/// What the gateway says without asking the server.
pub(super) fn gateway(verdict: &'static str, rejected: bool, message: &str) -> Outcome {
    Outcome { status: 403, body: json!({ "message": message }).to_string().into_bytes(), verdict, rejected }
}

fn failure(settings: &Settings, status: u16, verdict: &'static str, message: &str, sub_code: &str) -> Outcome {
    let mut body = envelope(settings, "error", "e-101", message);
    let errors = match settings.synapsewave.errors_form {
        ErrorsForm::Text => Some(json!(sub_code)),
        ErrorsForm::Array => Some(json!([sub_code])),
        ErrorsForm::Null => Some(Value::Null),
        ErrorsForm::Absent => None,
    };
    if let Some(errors) = errors {
        body.insert(key(settings, "errors"), errors);
    }
    outcome(status, verdict, true, body)
}

fn envelope(settings: &Settings, status: &str, code: &str, message: &str) -> Map<String, Value> {
    let pairs = [("status", status), ("code", code), ("message", message)];
    pairs.into_iter().map(|(name, value)| (key(settings, name), value.into())).collect()
}

fn outcome(status: u16, verdict: &'static str, rejected: bool, body: Map<String, Value>) -> Outcome {
    Outcome { status, body: Value::Object(body).to_string().into_bytes(), verdict, rejected }
}

fn key(settings: &Settings, name: &str) -> String {
    let mut key = name.to_owned();
    if settings.pascal_case
        && let Some(first) = key.get_mut(..1)
    {
        first.make_ascii_uppercase();
    }
    key
}
