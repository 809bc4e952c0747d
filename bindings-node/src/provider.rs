//! Providers: the systems to log in to, whichever it is.

use std::sync::Arc;

use napi::Either;
use napi::bindgen_prelude::Uint8Array;
use napi_derive::napi;
use relatch::{Clock, Error, Options, Provider, Secret, Settings};
use serde_json::json;

use crate::environment::{self, Environment, gone};
use crate::mailbox::locked;
use crate::registry::{Clocked, HeldProvider};
use crate::{errors, time};

/// See `Settings`; times in milliseconds.
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
    pub ca_certificates: Option<Pem>,
    /// What is shown to servers that want to know the program, PEM.
    pub client_certificate: Option<Pem>,
    /// The address to connect from.
    pub local_address: Option<String>,
    /// `ipv4` or `ipv6`.
    pub address_family: Option<String>,
    /// The program's name.
    pub user_agent: Option<String>,
}

/// A PEM text, or its bytes.
type Pem = Either<String, Uint8Array>;

fn bytes(pem: Pem) -> Vec<u8> {
    match pem {
        Either::A(text) => text.into_bytes(),
        Either::B(bytes) => bytes.to_vec(),
    }
}

/// What is not UTF-8 is no PEM text, which the core then says.
fn secret(pem: Pem) -> Secret {
    match pem {
        Either::A(text) => Secret::new(text),
        Either::B(bytes) => Secret::new(String::from_utf8_lossy(&bytes)),
    }
}

impl SessionSettings {
    /// The options for what goes by this clock, or by the system's.
    pub(crate) fn options(self, clock: Option<&Clock>) -> Result<Options, Error> {
        Options::try_from(Settings {
            relogin: self.relogin,
            keep_alive: self.keep_alive,
            force: self.force,
            mandatory_margin: self.mandatory_margin.map(time::seconds),
            advisory_margin: self.advisory_margin.map(time::seconds),
            timeout: self.timeout.map(time::seconds),
            exchange_timeout: self.exchange_timeout.map(time::seconds),
            proxy: self.proxy,
            ca_certificates: self.ca_certificates.map(bytes),
            client_certificate: self.client_certificate.map(secret),
            local_address: self.local_address,
            address_family: self.address_family,
            user_agent: self.user_agent,
            clock: clock.cloned(),
        })
    }
}

/// Takes in a provider that was built: its number, or the error as JSON.
pub(crate) fn hold(
    environment: &Environment,
    built: Result<Arc<dyn Provider>, Error>,
    clock: Option<Clock>,
) -> Either<u32, String> {
    match built {
        Ok(provider) => Either::A(locked(&environment.providers).add(Arc::new(Clocked { core: provider, clock }))),
        Err(error) => Either::B(errors::encode(&error)),
    }
}

/// The provider of that number.
pub(crate) fn find(environment: &Environment, number: u32) -> napi::Result<HeldProvider> {
    locked(&environment.providers).get(number).ok_or_else(gone)
}

/// How a provider shows itself: base URL and user, never a secret.
#[napi(catch_unwind)]
pub fn describe_provider(environment: u32, provider: u32) -> napi::Result<String> {
    let provider = Arc::clone(&find(&*environment::find(environment)?, provider)?.core);
    Ok(json!({ "baseUrl": provider.base_url().as_str(), "user": provider.user() }).to_string())
}

/// JavaScript has let go of a provider.
#[napi(catch_unwind)]
pub fn release_provider(environment: u32, provider: u32) -> napi::Result<()> {
    let environment = environment::find(environment)?;
    let seven_g = locked(&environment.seven_g).remove(&provider);
    let held = locked(&environment.providers).remove(provider);
    drop((held, seven_g));
    Ok(())
}
