//! The body of a request: only what is used, never null and never empty (wire.md 2.10.3).

use serde_json::{Map, Value};

use crate::secret::Secret;

/// The members of a JSON object.
#[derive(Default)]
pub(super) struct Body(Map<String, Value>);

impl Body {
    pub(super) fn text(self, name: &str, value: &str) -> Self {
        self.value(name, Value::from(value))
    }

    pub(super) fn maybe(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.text(name, value),
            None => self,
        }
    }

    pub(super) fn value(mut self, name: &str, value: Value) -> Self {
        self.0.insert(name.to_owned(), value);
        self
    }

    pub(super) fn finish(self) -> Secret {
        Secret::new(Value::Object(self.0).to_string())
    }
}
