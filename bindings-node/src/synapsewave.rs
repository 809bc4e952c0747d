//! The Synapsewave API, for a broker's user and for a dealer.

use std::sync::Arc;

use napi::Either;
use napi_derive::napi;
use relatch::{Error, Factor, Provider, Synapsewave, SynapsewaveDealer};
use serde_json::Map;

use crate::environment::{self, Environment, gone};
use crate::mailbox::locked;
use crate::{provider, questions, testing, time};

/// See `SynapsewaveBuilder` and `SynapsewaveDealerBuilder`, which has less of it.
#[napi(object, object_to_js = false)]
pub struct SynapsewaveSettings {
    /// The broker's address, with its path prefix.
    pub base_url: Option<String>,
    /// The user.
    pub user_id: Option<String>,
    /// The key in the body.
    pub api_key: Option<String>,
    /// A key of its own for the header.
    pub x_api_key: Option<String>,
    /// Whether that header is left off.
    pub without_x_api_key: Option<bool>,
    /// The password.
    pub password: Option<String>,
    /// The MPIN.
    pub mpin: Option<String>,
    /// The device on which a fingerprint is registered.
    pub fingerprint: Option<String>,
    /// A token of another identity provider.
    pub sso_token: Option<String>,
    /// The number of the callback that gives one.
    pub sso_callback: Option<u32>,
    /// How long its answer is waited for, in milliseconds.
    pub sso_timeout: Option<f64>,
    /// The token of a first step that was made elsewhere.
    pub register_token: Option<String>,
    /// A login type of the user's own.
    pub login_type: Option<String>,
    /// The number of the second factor.
    pub second_factor: Option<u32>,
    /// The source.
    pub source: Option<String>,
    /// The device that logs in.
    pub udid: Option<String>,
    /// The program's version.
    pub version: Option<String>,
    /// Its build's version.
    pub build_version: Option<String>,
    /// More of the device, a JSON object of texts.
    pub device_info: Option<String>,
    /// Whether plain http may leave this machine.
    pub allow_insecure: Option<bool>,
}

/// Gives a builder what was given of these settings.
macro_rules! pass_on {
    ($builder:ident, $settings:ident: $($name:ident),*) => {
        $(if let Some(value) = $settings.$name {
            $builder = $builder.$name(value);
        })*
    };
}
pub(crate) use pass_on;

/// A Synapsewave provider: its number, or the error as JSON. With the number of a sandbox, its sessions go by that clock.
#[napi(catch_unwind)]
pub fn synapsewave(
    environment: u32,
    settings: SynapsewaveSettings,
    sandbox: Option<u32>,
) -> napi::Result<Either<u32, String>> {
    let environment = environment::find(environment)?;
    let clock = testing::clock(&environment, sandbox)?;
    let factor =
        settings.second_factor.map(|number| locked(&environment.factors).get(number).ok_or_else(gone)).transpose()?;
    let built = build(&environment, settings, factor).map(|built| Arc::new(built) as Arc<dyn Provider>);
    Ok(provider::hold(&environment, built, clock))
}

fn build(
    environment: &Arc<Environment>,
    settings: SynapsewaveSettings,
    factor: Option<Factor>,
) -> Result<Synapsewave, Error> {
    let mut builder = Synapsewave::builder();
    pass_on!(builder, settings: base_url, user_id, api_key, x_api_key, password, mpin, fingerprint, sso_token,
        register_token, login_type, source, udid, version, build_version, allow_insecure);
    if settings.without_x_api_key.unwrap_or_default() {
        builder = builder.without_x_api_key();
    }
    if let Some(number) = settings.sso_callback {
        let mut callback = questions::callback(environment, number);
        if let Some(timeout) = settings.sso_timeout {
            callback = callback.limit(time::limit("sso_timeout", timeout)?);
        }
        builder = builder.sso_callback(callback);
    }
    if let Some(factor) = factor {
        builder = builder.second_factor(factor);
    }
    if let Some(info) = settings.device_info {
        // JavaScript has written it: it is an object.
        builder = builder.device_info(serde_json::from_str(&info).unwrap_or_else(|_| Map::new()));
    }
    builder.build()
}

/// Like [`synapsewave`], for a dealer.
#[napi(catch_unwind)]
pub fn synapsewave_dealer(
    environment: u32,
    settings: SynapsewaveSettings,
    sandbox: Option<u32>,
) -> napi::Result<Either<u32, String>> {
    let environment = environment::find(environment)?;
    let clock = testing::clock(&environment, sandbox)?;
    let built = build_dealer(settings).map(|built| Arc::new(built) as Arc<dyn Provider>);
    Ok(provider::hold(&environment, built, clock))
}

fn build_dealer(settings: SynapsewaveSettings) -> Result<SynapsewaveDealer, Error> {
    let mut builder = SynapsewaveDealer::builder();
    pass_on!(builder, settings: base_url, user_id, api_key, x_api_key, password, version, build_version, allow_insecure);
    if settings.without_x_api_key.unwrap_or_default() {
        builder = builder.without_x_api_key();
    }
    builder.build()
}
