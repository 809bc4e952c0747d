//! What a process is told to measure: one JSON argument, the same for the three languages.

use serde::Deserialize;

#[derive(Clone, Deserialize)]
pub(crate) struct Task {
    pub(crate) measure: Measure,
    pub(crate) implementation: Implementation,
    /// Where the server is.
    pub(crate) url: String,
    /// The password of all accounts.
    pub(crate) password: String,
    /// How long to go on.
    pub(crate) seconds: f64,
    /// Exchanges at a time.
    pub(crate) concurrency: usize,
    /// How many sessions, or waiters.
    pub(crate) count: usize,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Measure {
    Token,
    FreshToken,
    Login,
    Refresh,
    Waiters,
    Memory,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Implementation {
    Relatch,
    Reqwest,
}

impl Task {
    /// The task in the command line. `cargo bench` adds an option of its own.
    pub(crate) fn from_arguments() -> Result<Self, String> {
        let text = std::env::args().nth(1).filter(|argument| argument.starts_with('{'));
        let text = text.ok_or("tests/bench/run.py starts this program, with a task in JSON: use `make bench`")?;
        serde_json::from_str(&text).map_err(|error| error.to_string())
    }

    pub(crate) fn username(account: usize) -> String {
        format!("api_user_{account}")
    }
}
