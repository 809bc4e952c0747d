//! What a scenario's file says.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::action::Action;

pub(super) type Object = Map<String, Value>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scenario {
    pub(super) name: String,
    pub(super) about: String,
    #[serde(default)]
    pub(super) sandbox: Object,
    pub(super) provider: Object,
    #[serde(default)]
    pub(super) options: Object,
    pub(super) steps: Vec<Step>,
    pub(super) expect: End,
    pub(super) languages: Option<Vec<String>>,
    pub(super) why: Option<String>,
}

impl Scenario {
    pub(super) fn is_for(&self, language: &str) -> bool {
        self.languages.as_ref().is_none_or(|languages| languages.iter().any(|one| one == language))
    }
}

/// What must hold after the last step.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    pub(super) counts: BTreeMap<String, u64>,
    pub(super) state: Option<String>,
    pub(super) events: Option<Vec<String>>,
    #[serde(default)]
    pub(super) audit: Vec<Object>,
    /// How often callbacks were asked in all.
    pub(super) asked: Option<u64>,
}

/// One step. Those that ask a session for something can be started in the background.
#[derive(Deserialize)]
#[serde(try_from = "Object")]
pub(super) struct Step {
    pub(super) session: String,
    pub(super) many: usize,
    pub(super) save: Option<String>,
    /// The name under which the calls are left waiting.
    pub(super) started: Option<String>,
    pub(super) action: Action,
    pub(super) expect: Expectation,
}

/// How a step must end. With nothing in it: with success.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expectation {
    pub(super) error: Option<String>,
    pub(super) cause: Option<String>,
    pub(super) field: Option<String>,
    pub(super) sent: Option<String>,
    pub(super) server_code: Option<String>,
    pub(super) server_message: Option<String>,
    pub(super) snippet: Option<String>,
    /// The error carries a challenge, which is kept under this name.
    pub(super) challenge: Option<String>,
    /// Of the error, or of a call.
    pub(super) status: Option<u16>,
    #[serde(default)]
    pub(super) retry_at: bool,
    pub(super) same_as: Option<String>,
    pub(super) differs_from: Option<String>,
    /// Of a challenge, in order.
    pub(super) methods: Option<Vec<String>>,
    pub(super) valid: Option<bool>,
    /// Whether the feed has an address.
    pub(super) url: Option<bool>,
    /// Of a profile: fields with these values, secrets of these names, and names that no field has.
    #[serde(default)]
    pub(super) fields: Object,
    #[serde(default)]
    pub(super) secrets: Vec<String>,
    #[serde(default)]
    pub(super) hidden: Vec<String>,
    /// Of a call of the account client, in the members that are given.
    #[serde(default)]
    pub(super) result: Object,
}

impl TryFrom<Object> for Step {
    type Error = String;

    fn try_from(mut step: Object) -> Result<Self, String> {
        let session = take(&mut step, "session")?.unwrap_or_else(|| "main".to_owned());
        let many = take(&mut step, "many")?.unwrap_or(1);
        let save = take(&mut step, "save")?;
        let expect = take(&mut step, "expect")?.unwrap_or_default();
        let mut started = None;
        if step.get("do").is_some_and(|word| word == "start") {
            started = Some(take(&mut step, "as")?.ok_or("start needs 'as'")?);
            let call: String = take(&mut step, "call")?.ok_or("start needs 'call'")?;
            step.insert("do".into(), call.into());
        }
        let action = serde_json::from_value(Value::Object(step)).map_err(|error| error.to_string())?;
        Ok(Self { session, many, save, started, action, expect })
    }
}

fn take<T: DeserializeOwned>(step: &mut Object, key: &str) -> Result<Option<T>, String> {
    let value = step.remove(key).map(serde_json::from_value).transpose();
    value.map_err(|error| format!("{key}: {error}"))
}
