//! What the access tokens say: the claims that 7G documents.

use serde_json::{Value, json};

/// The vendor's name for the claim that holds the username.
const USERNAME_CLAIM: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier";

/// What a JWT says.
pub(super) struct Claims<'a> {
    pub(super) username: &'a str,
    pub(super) user_id: u64,
    /// Unix time in whole seconds.
    pub(super) expires: i64,
    /// Makes every token another, even two of one second.
    pub(super) serial: u64,
}

impl Claims<'_> {
    pub(super) fn json(&self) -> Value {
        json!({
            USERNAME_CLAIM: self.username,
            "UserID": self.user_id.to_string(),
            "InstanceID": "1",
            "Roles": r#"[{"RID":1,"BID":100,"PID":5}]"#,
            "sid": self.serial.to_string(),
            "exp": self.expires,
            "iss": "https://7g.com.au",
            "aud": "Public",
        })
    }
}
