//! What the process is told to measure, and what it asks outside what is measured.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use reqwest::header::AUTHORIZATION;
use serde::Deserialize;
use serde_json::Value;

use crate::reqwest_client;

pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// One measurement of one client.
#[derive(Deserialize)]
pub(crate) struct Task {
    pub(crate) client: String,
    pub(crate) situation: String,
    /// Where the server is.
    pub(crate) url: String,
    pub(crate) callers: usize,
    pub(crate) in_sequence: bool,
    /// Seconds of the token that are left when it is used, if more than 0.
    until_left: f64,
    pub(crate) username: String,
    pub(crate) password: String,
    /// Missing where the client logs in by itself.
    #[serde(default)]
    pub(crate) access_token: String,
    #[serde(default)]
    pub(crate) refresh_token: String,
    /// What the callers and the control calls use; no client's own.
    #[serde(skip)]
    http: Option<reqwest::Client>,
}

impl Task {
    /// The task in the command line; cargo may have put an argument of its own after it.
    pub(crate) fn from_arguments() -> Result<Self, Failure> {
        let text = std::env::args().nth(1).ok_or("a task in JSON is wanted")?;
        let mut task: Self = serde_json::from_str(&text)?;
        task.http = Some(reqwest_client::http_client()?);
        Ok(task)
    }

    /// Asks the server how it is with the account.
    pub(crate) async fn control(&self, path: &str) -> Result<Value, Failure> {
        self.ask(Method::GET, path).await
    }

    /// Tells the server what to do with the account.
    pub(crate) async fn order(&self, path: &str) -> Result<Value, Failure> {
        self.ask(Method::POST, path).await
    }

    /// Whether the protected resource answers to this token.
    pub(crate) async fn get_resource(&self, token: &str) -> Result<bool, Failure> {
        let request = self.http()?.get(format!("{}/resource", self.url)).header(AUTHORIZATION, token);
        Ok(request.send().await?.status().is_success())
    }

    /// Waits until the token is as old as the situation wants it; what is waited for is real time.
    pub(crate) async fn wait_for_last_seconds(&self) -> Result<(), Failure> {
        if self.until_left > 0.0 {
            let payload = self.access_token.split('.').nth(1).ok_or("no JWT")?;
            let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload)?)?;
            let end = Duration::from_secs(claims["exp"].as_u64().ok_or("no exp")?);
            let moment = end.saturating_sub(Duration::from_secs_f64(self.until_left));
            tokio::time::sleep(moment.saturating_sub(SystemTime::now().duration_since(UNIX_EPOCH)?)).await;
        }
        Ok(())
    }

    async fn ask(&self, method: Method, path: &str) -> Result<Value, Failure> {
        let url = format!("{}/control/{}{path}", self.url, self.username);
        let answer = self.http()?.request(method, url).send().await?.error_for_status()?;
        Ok(serde_json::from_slice(&answer.bytes().await?)?)
    }

    fn http(&self) -> Result<&reqwest::Client, Failure> {
        self.http.as_ref().ok_or_else(|| "no client".into())
    }
}
