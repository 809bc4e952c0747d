//! What the access tokens say: the claims that 7G documents.

use std::str::FromStr;

use serde_json::{Number, Value, json};

use crate::settings::ExpiryForm;

/// The vendor's name for the claim that holds the username.
const USERNAME_CLAIM: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier";

/// What a JWT says.
pub(super) struct Claims<'a> {
    pub(super) username: &'a str,
    pub(super) user_id: u64,
    /// Unix time in whole seconds.
    pub(super) expires: i64,
    /// How that is written.
    pub(super) form: ExpiryForm,
    /// Makes every token another, even two of one second.
    pub(super) serial: u64,
}

impl Claims<'_> {
    pub(super) fn json(&self) -> Value {
        let mut claims = json!({
            USERNAME_CLAIM: self.username,
            "UserID": self.user_id.to_string(),
            "InstanceID": "1",
            "Roles": r#"[{"RID":1,"BID":100,"PID":5}]"#,
            "sid": self.serial.to_string(),
            "iss": "https://7g.com.au",
            "aud": "Public",
        });
        if let Some(exp) = self.exp() {
            claims["exp"] = exp;
        }
        claims
    }

    fn exp(&self) -> Option<Value> {
        let milliseconds = self.expires.saturating_mul(1000);
        match self.form {
            ExpiryForm::Seconds => Some(json!(self.expires)),
            ExpiryForm::Text => Some(json!(self.expires.to_string())),
            ExpiryForm::Float => Number::from_str(&format!("{}.0", self.expires)).ok().map(Value::Number),
            ExpiryForm::Milliseconds => Some(json!(milliseconds)),
            ExpiryForm::MillisecondsAsText => Some(json!(milliseconds.to_string())),
            ExpiryForm::Beyond => Some(json!(9_999_999_999_i64)),
            ExpiryForm::Nonsense => Some(json!("soon")),
            ExpiryForm::Absent => None,
        }
    }
}
