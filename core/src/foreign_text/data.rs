//! Data of a server's: claims, profiles, identifiers. What is secret by its name is left out.

use serde_json::{Map, Value};

use super::names::{holds_secrets, is_secret};
use super::printable::one_line;
use super::secrets::Secrets;

/// The longest text of a claim or a profile, and of a name, in characters.
const LONGEST_VALUE: usize = 1 << 16;
const LONGEST_NAME: usize = 200;

/// What may be shown of what a server says of a user or a token: nothing that is secret by its name, at any depth, and
/// no text that holds one of `secrets` whole. Texts are printable and bounded.
pub(crate) fn shown(members: Map<String, Value>, secrets: &Secrets) -> Map<String, Value> {
    let kept = members.into_iter().filter(|(name, value)| !is_secret(name) || value.is_boolean());
    kept.filter_map(|(name, value)| Some((one_line(&name, LONGEST_NAME), shown_value(value, secrets)?))).collect()
}

fn shown_value(value: Value, secrets: &Secrets) -> Option<Value> {
    match value {
        Value::Object(members) => Some(Value::Object(shown(members, secrets))),
        Value::Array(list) => Some(list.into_iter().filter_map(|value| shown_value(value, secrets)).collect()),
        text @ Value::String(_) if holds_secrets(&text) => None,
        Value::String(text) => {
            let line = one_line(&text, LONGEST_VALUE);
            (!secrets.are_whole_in(&line)).then_some(Value::String(line))
        }
        Value::Number(number) if secrets.are_whole_in(&number.to_string()) => None,
        other => Some(other),
    }
}

/// A text of a server's that is data: an identifier, an address. Printable, and bounded.
pub(crate) fn datum(text: &str) -> String {
    one_line(text, LONGEST_VALUE)
}
