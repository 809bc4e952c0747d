//! What the sandbox can be told to be: at start as a whole, at run time key by key.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::synapsewave;
use crate::system::Changes;

/// How the sandbox behaves. Every key is optional; an unknown key is an error.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools)] // each is a setting of its own, spelled out in JSON
pub struct Settings {
    /// Who may log in. One made-up account by default: `api_user` with `made-up-password-1`.
    #[serde(skip_serializing)]
    pub accounts: Vec<Account>,
    /// Seconds that an access token of the 7G API lives. 1200 by default; `exp` is in whole seconds, rounded down.
    pub access_token_lifetime: f64,
    /// Seconds that a refresh token lives. 30 days by default.
    pub refresh_token_lifetime: f64,
    /// When failed logins lock an account, a user or a dealer.
    pub lockout: Lockout,
    /// Refuse every login and refresh, as for an address that is not on the vendor's list. In the Synapsewave API also
    /// what changes a password or a factor without an access token.
    pub blocked: bool,
    /// Seconds by which the server's clock is wrong: the Date header, `exp`, and its judgement of what has expired.
    pub server_clock_shift: f64,
    /// A refresh revokes the access tokens that the session had before.
    pub revoke_access_on_refresh: bool,
    /// A refresh yields a new refresh token and spends the old one. If false, the answer has none and the old one
    /// stays good.
    pub rotate: bool,
    /// A refresh needs an access token of the same session, which may be expired or revoked.
    pub require_authorization_on_refresh: bool,
    /// Answers spell their keys `AccessToken`, `Result` and so on.
    pub pascal_case: bool,
    /// Access tokens are random text, not JWTs.
    pub opaque_access_tokens: bool,
    /// How the access tokens of the 7G API that are JWTs write their end.
    pub expiry_form: ExpiryForm,
    /// Answers carry a Date header.
    pub date_header: bool,
    /// Seconds since 1970 at which the server's clock and [`crate::Sandbox::manual_clock`] start; none, the default, is
    /// the machine's time. Cannot be changed at run time.
    pub starts_at: Option<f64>,
    /// What only the Synapsewave API knows.
    pub synapsewave: synapsewave::Settings,
    /// The port to listen on, 0 for any that is free. Cannot be changed at run time.
    pub port: u16,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            accounts: vec![Account {
                username: "api_user".into(),
                password: "made-up-password-1".into(),
                disabled: false,
            }],
            access_token_lifetime: 1200.0,
            refresh_token_lifetime: 2_592_000.0,
            lockout: Lockout::default(),
            blocked: false,
            server_clock_shift: 0.0,
            revoke_access_on_refresh: true,
            rotate: true,
            require_authorization_on_refresh: true,
            pascal_case: false,
            opaque_access_tokens: false,
            expiry_form: ExpiryForm::default(),
            date_header: true,
            starts_at: None,
            synapsewave: synapsewave::Settings::default(),
            port: 0,
        }
    }
}

impl Settings {
    /// These settings with the keys of `change` laid over them, and those that `change` names who may log in.
    pub(crate) fn merged(&self, change: Value) -> Result<(Self, Changes), String> {
        let Value::Object(mut change) = change else {
            return Err("settings must be a JSON object".into());
        };
        let changes = Changes::take(&mut change)?;
        let mut all = serde_json::to_value(self).map_err(|error| error.to_string())?;
        overlay(&mut all, Value::Object(change));
        let mut settings: Self = serde_json::from_value(all).map_err(|error| error.to_string())?;
        settings.accounts = Vec::new();
        if settings.port != self.port {
            return Err("the port cannot be changed at run time".into());
        }
        if settings.starts_at != self.starts_at {
            return Err("starts_at cannot be changed at run time".into());
        }
        Ok((settings, changes))
    }
}

fn overlay(under: &mut Value, over: Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (key, value) in over {
                overlay(under.entry(key).or_insert(Value::Null), value);
            }
        }
        (under, over) => *under = over,
    }
}

/// How `exp` is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExpiryForm {
    /// A whole number of seconds since 1970.
    #[default]
    Seconds,
    /// As a text.
    Text,
    /// With a fraction.
    Float,
    /// In milliseconds.
    Milliseconds,
    /// As a text.
    MillisecondsAsText,
    /// A time in the year 2286, whatever the token's end.
    Beyond,
    /// No number at all.
    Nonsense,
    /// Not there.
    Absent,
}

/// Somebody who may log in.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The name, compared exactly.
    pub username: String,
    /// The password.
    pub password: String,
    /// The account exists but may neither log in nor refresh.
    #[serde(default)]
    pub disabled: bool,
}

impl fmt::Debug for Account {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { username, password: _, disabled } = self;
        formatter
            .debug_struct("Account")
            .field("username", username)
            .field("disabled", disabled)
            .finish_non_exhaustive()
    }
}

/// An account to add or to change at run time: what is not given stays as it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountChange {
    pub(crate) username: String,
    pub(crate) password: Option<String>,
    pub(crate) disabled: Option<bool>,
}

/// When failed logins lock an account. The vendor of the Synapsewave API documents no lockout: there the rule of the 7G
/// API is applied.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lockout {
    /// This many failed logins lock the account; 0 never locks it.
    pub failures: usize,
    /// Seconds within which they are counted.
    pub window: f64,
    /// Seconds that the account stays locked.
    pub locked_for: f64,
}

impl Default for Lockout {
    fn default() -> Self {
        Self { failures: 3, window: 600.0, locked_for: 600.0 }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_change_keeps_what_it_does_not_name() {
        let settings = Settings { blocked: true, ..Settings::default() };
        let (merged, changes) = settings
            .merged(json!({"lockout": {"failures": 5}, "rotate": false, "accounts": [{"username": "other_user"}]}))
            .unwrap();
        assert_eq!((merged.lockout.failures, merged.rotate, merged.blocked), (5, false, true));
        assert!((merged.lockout.window - 600.0).abs() < f64::EPSILON);
        assert_eq!(changes.seven_g[0].username, "other_user");
    }

    #[test]
    fn unknown_keys_and_another_port_are_refused() {
        let settings = Settings::default();
        for (change, part) in [
            (json!({"rotated": true}), "rotated"),
            (json!({"lockout": {"window_seconds": 1}}), "window_seconds"),
            (json!({"accounts": [{"username": "a", "role": "b"}]}), "role"),
            (json!({"port": 1}), "port"),
            (json!({"starts_at": 0}), "starts_at"),
            (json!({"synapsewave": {"licence": []}}), "licence"),
            (json!({"synapsewave": {"users": [{"user_id": "A", "role": "b"}]}}), "role"),
            (json!([]), "object"),
        ] {
            let error = settings.merged(change).err().unwrap();
            assert!(error.contains(part), "{error} {part}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        assert!(!format!("{:?}", Settings::default()).contains("made-up-password-1"));
    }
}
