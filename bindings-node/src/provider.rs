//! Providers: the systems to log in to, and what can be asked of them without a login.

use std::sync::Arc;

use napi::Either;
use napi::bindgen_prelude::Uint8Array;
use napi_derive::napi;
use relatch::{Clock, Error, Options, Provider, Settings, SevenG};
use serde_json::json;

use crate::environment::{self, Environment, Message, gone, locked};
use crate::errors;

/// A provider and the clock that its sessions go by.
pub(crate) struct Held {
    pub(crate) seven_g: Arc<SevenG>,
    pub(crate) clock: Option<Clock>,
}

impl Held {
    pub(crate) fn provider(&self) -> Arc<dyn Provider> {
        Arc::clone(&self.seven_g) as Arc<dyn Provider>
    }
}

/// See `SevenGBuilder`.
#[napi(object, object_to_js = false)]
pub struct ProviderSettings {
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

/// See `Settings`; times in seconds.
#[napi(object, object_to_js = false)]
#[derive(Default)]
pub struct SessionSettings {
    /// `auto` or `never`.
    pub relogin: Option<String>,
    /// Whether to refresh while unused.
    pub keep_alive: Option<bool>,
    /// Whether to override the lockout guard.
    pub force: Option<bool>,
    /// The mandatory margin.
    pub mandatory_margin: Option<f64>,
    /// The advisory margin.
    pub advisory_margin: Option<f64>,
    /// The time limit of a call.
    pub timeout: Option<f64>,
    /// The time limit of a request.
    pub exchange_timeout: Option<f64>,
    /// The proxy's address.
    pub proxy: Option<String>,
    /// More certificates to trust, PEM.
    pub ca_certificates: Option<Uint8Array>,
}

impl SessionSettings {
    /// The options for a session of `held`.
    pub(crate) fn options(self, held: &Held) -> Result<Options, Error> {
        Options::try_from(Settings {
            relogin: self.relogin,
            keep_alive: self.keep_alive,
            force: self.force,
            mandatory_margin: self.mandatory_margin,
            advisory_margin: self.advisory_margin,
            timeout: self.timeout,
            exchange_timeout: self.exchange_timeout,
            proxy: self.proxy,
            ca_certificates: self.ca_certificates.map(|pem| pem.to_vec()),
            clock: held.clock.clone(),
        })
    }
}

/// A 7G provider: its number, or the error as JSON. With the number of a sandbox, its sessions go by that clock.
#[napi(catch_unwind)]
pub fn seven_g(
    environment: u32,
    settings: ProviderSettings,
    sandbox: Option<u32>,
) -> napi::Result<Either<u32, String>> {
    let environment = environment::find(environment)?;
    let clock = match sandbox {
        None => None,
        Some(number) => {
            let sandbox = locked(&environment.sandboxes).get(number).ok_or_else(gone)?;
            Some(sandbox.manual_clock().clock())
        }
    };
    Ok(match build(settings) {
        Ok(seven_g) => {
            let held = Arc::new(Held { seven_g: Arc::new(seven_g), clock });
            Either::A(locked(&environment.providers).add(held))
        }
        Err(error) => Either::B(errors::encode(&error)),
    })
}

fn build(settings: ProviderSettings) -> Result<SevenG, Error> {
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

/// The provider of that number.
pub(crate) fn find(environment: &Environment, number: u32) -> napi::Result<Arc<Held>> {
    locked(&environment.providers).get(number).ok_or_else(gone)
}

/// How a provider shows itself: base URL and user name, never a secret.
#[napi(catch_unwind)]
pub fn describe_provider(environment: u32, provider: u32) -> napi::Result<String> {
    let held = find(&*environment::find(environment)?, provider)?;
    let user = held.seven_g.user();
    Ok(json!({ "baseUrl": held.seven_g.base_url().as_str(), "username": user }).to_string())
}

/// JavaScript has let go of a provider.
#[napi(catch_unwind)]
pub fn release_provider(environment: u32, provider: u32) -> napi::Result<()> {
    let environment = environment::find(environment)?;
    let held = locked(&environment.providers).remove(provider);
    drop(held);
    Ok(())
}

/// Asks whether the API works. Ends with `{healthy, status, body}` as JSON.
#[napi(catch_unwind)]
pub fn health(environment: u32, call: u32, provider: u32, settings: SessionSettings) -> napi::Result<()> {
    let environment = environment::find(environment)?;
    let held = find(&environment, provider)?;
    let options = settings.options(&held);
    environment.start(call, async move {
        let health = held.seven_g.health(&options?).await?;
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
    let held = find(&environment, provider)?;
    let options = settings.options(&held);
    environment.start(call, async move {
        let entries = held.seven_g.lookup(name.as_deref(), &options?).await?;
        let entries: Vec<_> = entries.iter().map(|entry| json!({ "id": entry.id, "value": entry.value })).collect();
        Ok(Message::text(json!(entries).to_string()))
    });
    Ok(())
}
