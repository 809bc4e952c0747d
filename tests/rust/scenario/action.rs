//! The steps of a scenario, as its file spells them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::file::Object;

#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Action {
    Login {
        #[serde(default)]
        provider: Object,
        #[serde(default)]
        options: Object,
    },
    Begin {
        #[serde(default = "main")]
        challenge: String,
        #[serde(default)]
        provider: Object,
        #[serde(default)]
        options: Object,
    },
    Complete {
        #[serde(default = "main")]
        challenge: String,
        totp: Option<Given>,
        otp: Option<Given>,
        fingerprint: Option<Given>,
    },
    Resume(Source),
    RefreshTokens(Source),
    Token {
        timeout: Option<f64>,
    },
    Headers {},
    Refresh {},
    ReportUnauthorized {
        token: String,
    },
    Call {},
    Validate {},
    Feed {},
    Profile {},
    Account {
        operation: String,
        #[serde(default)]
        arguments: BTreeMap<String, Given>,
        #[serde(default)]
        provider: Object,
    },
    Logout {},
    Cancel {
        r#as: String,
        which: Which,
    },
    Join {
        r#as: String,
    },
    Sandbox {
        control: String,
        #[serde(default)]
        body: Value,
    },
    Advance {
        seconds: f64,
    },
    WaitCount {
        what: String,
        at_least: u64,
    },
    WaitEvent {
        kind: String,
        #[serde(default = "once")]
        times: usize,
    },
    Check {
        state: Option<String>,
        #[serde(default)]
        counts: BTreeMap<String, u64>,
    },
}

/// Tokens from elsewhere, and what is laid over the scenario's provider and options.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Source {
    pub(super) from: Option<String>,
    pub(super) tokens: Option<GivenTokens>,
    #[serde(default)]
    pub(super) provider: Object,
    #[serde(default)]
    pub(super) options: Object,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GivenTokens {
    pub(super) access_token: String,
    pub(super) refresh_token: Option<String>,
}

/// A text that is in the file, or is found when the step is done.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Given {
    Text(String),
    Found(Found),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Found {
    /// The newest OTP in the sandbox's outbox.
    Outbox(bool),
    /// What was saved under that name.
    Saved(String),
    /// The code that the secret which was saved under that name makes now.
    CodeOf(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Which {
    First,
    All,
}

fn main() -> String {
    "main".to_owned()
}

fn once() -> usize {
    1
}
