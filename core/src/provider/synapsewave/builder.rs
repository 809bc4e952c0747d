//! What is known of a [`Synapsewave`] before it is checked.

use std::fmt;

use serde_json::{Map, Value};

use crate::error::Error;
use crate::factor::{Callback, Factor};
use crate::secret::Secret;

use super::combination;
use super::device::Device;
use super::first_factor::Given;
use super::gateway::{GatewaySettings, gateway_settings};
use super::{Login, Synapsewave, checks};

/// wire.md 2.3: the two sources of a user's login; a broker may be licensed for one of them.
const SOURCES: [&str; 2] = ["WEBAPI", "MOBILEAPI"];

/// What is known of a [`Synapsewave`] before it is checked.
///
/// A login takes one first factor: [`password`](Self::password), [`mpin`](Self::mpin),
/// [`fingerprint`](Self::fingerprint), [`sso_token`](Self::sso_token) or [`sso_callback`](Self::sso_callback), or
/// [`register_token`](Self::register_token). Without any, the provider can only resume sessions.
#[derive(Clone, Default)]
#[must_use]
pub struct SynapsewaveBuilder {
    gateway: GatewaySettings,
    given: Given,
    second_factor: Option<Factor>,
    source: Option<String>,
    device: Device,
}

/// Without values, and without the base URL, which has not been checked yet and may hold credentials.
impl fmt::Debug for SynapsewaveBuilder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (user_id, given) = (&self.gateway.user_id, self.given.names());
        let second = self.second_factor.as_ref().map(|factor| factor.kind().as_str());
        write!(
            formatter,
            "SynapsewaveBuilder {{ user_id: {user_id:?}, first_factor: {given:?}, second_factor: {second:?} }}"
        )
    }
}

impl SynapsewaveBuilder {
    gateway_settings!();

    /// Logs in with a password. Without a second factor the server asks for one: see `begin`.
    pub fn password(mut self, password: impl Into<Secret>) -> Self {
        self.given.password = Some(password.into());
        self
    }

    /// Logs in with the user's MPIN, 4 to 6 digits, and a second factor that is not the PAN.
    pub fn mpin(mut self, mpin: impl Into<Secret>) -> Self {
        self.given.mpin = Some(mpin.into());
        self
    }

    /// Logs in with the identifier of a device on which the user has registered a fingerprint. The vendor does not say
    /// which second factor goes with it: what is given is sent.
    pub fn fingerprint(mut self, udid: impl Into<Secret>) -> Self {
        self.given.fingerprint = Some(udid.into());
        self
    }

    /// Logs in with a token of another identity provider. It is taken to be good for one login: a session does not log
    /// in again by itself. No second factor goes with it.
    pub fn sso_token(mut self, token: impl Into<Secret>) -> Self {
        self.given.sso_token = Some(token.into());
        self
    }

    /// Like `sso_token`, with a callback that is asked for a token, once for each login.
    pub fn sso_callback(mut self, callback: Callback) -> Self {
        self.given.sso_callback = Some(callback);
        self
    }

    /// Goes on with the register token of a first step that was made elsewhere, and a second factor that is not the
    /// PAN.
    pub fn register_token(mut self, token: impl Into<Secret>) -> Self {
        self.given.register_token = Some(token.into());
        self
    }

    /// A login type that relatch does not know, sent as given with [`password`](Self::password) as its value.
    pub fn login_type(mut self, login_type: impl Into<String>) -> Self {
        self.given.login_type = Some(login_type.into());
        self
    }

    /// The second factor.
    pub fn second_factor(mut self, factor: impl Into<Factor>) -> Self {
        self.second_factor = Some(factor.into());
        self
    }

    /// `WEBAPI` (the default) or `MOBILEAPI`.
    pub fn source(mut self, source: impl Into<String>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The identifier of the device that logs in.
    pub fn udid(mut self, udid: impl Into<Secret>) -> Self {
        self.device.udid = Some(udid.into());
        self
    }

    /// The version of the program that logs in, such as `2.0.0`.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.device.version = Some(version.into());
        self
    }

    /// The version of its build, such as `22.11.01`.
    pub fn build_version(mut self, build_version: impl Into<String>) -> Self {
        self.device.build_version = Some(build_version.into());
        self
    }

    /// More of the device: texts by their names, sent as given. Known names are `UDID`, `DeviceModel`,
    /// `DeviceManufacturer`, `DevicePlatform`, `DevicePlatformVer`, `AppName`, `AppVersion`, `AppVersionCode`,
    /// `AppPackageName` and `FCMRegKey`.
    pub fn device_info(mut self, info: Map<String, Value>) -> Self {
        self.device.info = info;
        self
    }

    /// Checks it all.
    ///
    /// # Errors
    /// `invalid_config` with the method's name as its field.
    pub fn build(self) -> Result<Synapsewave, Error> {
        let first = self.given.check()?;
        let gateway = self.gateway.check(first.is_some())?;
        let source = checked_source(self.source.as_deref())?;
        self.device.check()?;
        if let Some(factor) = &self.second_factor {
            check_factor(factor)?;
        }
        let login = match (first, self.second_factor) {
            (Some(first), second) => {
                let step = combination::first_step(&first, second.as_ref().map(Factor::kind))?;
                Some(Login { first, second, step })
            }
            (None, None) => None,
            (None, Some(_)) => {
                let message = "A second factor was given without a first one: give password, mpin or another.";
                return Err(Error::invalid("second_factor", message));
            }
        };
        Ok(Synapsewave { gateway, login, source, device: self.device })
    }
}

pub(super) fn checked_source(source: Option<&str>) -> Result<&'static str, Error> {
    let wanted = source.unwrap_or(SOURCES[0]);
    SOURCES.into_iter().find(|known| *known == wanted).ok_or_else(|| {
        Error::invalid("source", "There is no such source. Give WEBAPI or MOBILEAPI, as the broker's licence says.")
    })
}

fn check_factor(factor: &Factor) -> Result<(), Error> {
    match factor {
        Factor::Fingerprint(value) | Factor::Pan(value) => checks::text("second_factor", value.expose()),
        Factor::Totp(_) | Factor::Otp(_) => Ok(()),
    }
}
