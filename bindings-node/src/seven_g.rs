//! The 7G API, and what can be asked of it without a login.

use std::sync::Arc;

use napi::Either;
use napi_derive::napi;
use relatch::{Error, Provider, SevenG};
use serde_json::json;

use crate::environment::{self, Environment, gone};
use crate::mailbox::{Message, locked};
use crate::provider::{self, SessionSettings};
use crate::testing;

/// See `SevenGBuilder`.
#[napi(object, object_to_js = false)]
pub struct SevenGSettings {
    /// The user name.
    pub username: Option<String>,
    /// The password.
    pub password: Option<String>,
    /// The environment's name.
    pub environment: Option<String>,
    /// An address instead of an environment.
    pub base_url: Option<String>,
    /// Whether to say `Bearer`.
    pub bearer: Option<bool>,
    /// Whether plain http may leave this machine.
    pub allow_insecure: Option<bool>,
}

/// A 7G provider: its number, or the error as JSON. With the number of a sandbox, its sessions go by that clock.
#[napi(catch_unwind)]
pub fn seven_g(environment: u32, settings: SevenGSettings, sandbox: Option<u32>) -> napi::Result<Either<u32, String>> {
    let environment = environment::find(environment)?;
    let clock = testing::clock(&environment, sandbox)?;
    let built = build(settings).map(Arc::new);
    let seven_g = built.as_ref().ok().map(Arc::clone);
    let held = provider::hold(&environment, built.map(|built| built as Arc<dyn Provider>), clock);
    if let (Either::A(number), Some(seven_g)) = (&held, seven_g) {
        locked(&environment.seven_g).insert(*number, seven_g);
    }
    Ok(held)
}

fn build(settings: SevenGSettings) -> Result<SevenG, Error> {
    let mut builder = SevenG::builder();
    if let Some(username) = settings.username {
        builder = builder.username(username);
    }
    if let Some(password) = settings.password {
        builder = builder.password(password);
    }
    if let Some(environment) = settings.environment {
        builder = builder.environment(environment);
    }
    if let Some(base_url) = settings.base_url {
        builder = builder.base_url(base_url);
    }
    builder = builder.bearer(settings.bearer.unwrap_or_default());
    builder.allow_insecure(settings.allow_insecure.unwrap_or_default()).build()
}

fn find(environment: &Environment, number: u32) -> napi::Result<Arc<SevenG>> {
    locked(&environment.seven_g).get(&number).map(Arc::clone).ok_or_else(gone)
}

/// Asks whether the API works. Ends with `{healthy, status, body}` as JSON.
#[napi(catch_unwind)]
pub fn health(environment: u32, call: u32, provider: u32, settings: SessionSettings) -> napi::Result<()> {
    let environment = environment::find(environment)?;
    let seven_g = find(&environment, provider)?;
    let options = settings.options(provider::find(&environment, provider)?.clock.as_ref());
    environment.start(call, async move {
        let health = seven_g.health(&options?).await?;
        let text = json!({ "healthy": health.healthy, "status": health.status, "body": health.body });
        Ok(Message::text(text.to_string()))
    });
    Ok(())
}

/// The entries of a lookup, or of all. Ends with a list of `{id, value}` as JSON.
#[napi(catch_unwind)]
pub fn lookup(
    environment: u32,
    call: u32,
    provider: u32,
    name: Option<String>,
    settings: SessionSettings,
) -> napi::Result<()> {
    let environment = environment::find(environment)?;
    let seven_g = find(&environment, provider)?;
    let options = settings.options(provider::find(&environment, provider)?.clock.as_ref());
    environment.start(call, async move {
        let entries = seven_g.lookup(name.as_deref(), &options?).await?;
        let entries: Vec<_> = entries.iter().map(|entry| json!({ "id": entry.id, "value": entry.value })).collect();
        Ok(Message::text(json!(entries).to_string()))
    });
    Ok(())
}
