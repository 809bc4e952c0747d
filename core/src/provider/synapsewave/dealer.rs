//! A broker's dealer (wire.md 2.6): another path, another token, no second factor.

use std::fmt;
use std::time::Duration;

use crate::error::Error;
use crate::foreign_text::Secrets;
use crate::grant::{Claims, Expiry, Feed, Grant, Profile};
use crate::provider::{Answer, BaseUrl, Method, Outcome, Provider, Renewal, Request};
use crate::secret::Secret;
use crate::time::UnixTime;

use super::device::Device;
use super::gateway::{Gateway, GatewaySettings, gateway_settings};
use super::login_answer::{self, Expected};
use super::{LIFETIME, RENEWAL, checks, missing, profile, session_path, trading_day};

/// wire.md 2.6. The documents show no path for the logout: the login's is taken, as with users.
const SESSION: &str = "/authentication/v1/dealer/session";

/// Synapsewave, for one dealer of a broker.
///
/// ```
/// let provider = relatch::SynapsewaveDealer::builder()
///     .base_url("https://broker.example/prod/interactive")
///     .user_id("DEALER01")
///     .password("made up")
///     .api_key("made up")
///     .build()?;
/// # Ok::<(), relatch::Error>(())
/// ```
pub struct SynapsewaveDealer {
    gateway: Gateway,
    password: Option<Secret>,
    device: Device,
}

/// What is known of a [`SynapsewaveDealer`] before it is checked.
#[derive(Clone, Default)]
#[must_use]
pub struct SynapsewaveDealerBuilder {
    gateway: GatewaySettings,
    password: Option<Secret>,
    device: Device,
}

/// Without values, and without the base URL, which has not been checked yet and may hold credentials.
impl fmt::Debug for SynapsewaveDealerBuilder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SynapsewaveDealerBuilder {{ user_id: {:?} }}", self.gateway.user_id)
    }
}

impl SynapsewaveDealerBuilder {
    gateway_settings!();

    /// The password.
    pub fn password(mut self, password: impl Into<Secret>) -> Self {
        self.password = Some(password.into());
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

    /// Checks it all.
    ///
    /// # Errors
    /// `invalid_config` with the method's name as its field.
    pub fn build(self) -> Result<SynapsewaveDealer, Error> {
        if let Some(password) = &self.password {
            checks::text("password", password.expose())?;
        }
        self.device.check()?;
        let gateway = self.gateway.check(self.password.is_some())?;
        Ok(SynapsewaveDealer { gateway, password: self.password, device: self.device })
    }
}

impl SynapsewaveDealer {
    /// Starts with nothing given: base URL, user, password and API key.
    pub fn builder() -> SynapsewaveDealerBuilder {
        SynapsewaveDealerBuilder::default()
    }

    fn secrets(&self, others: &[&Secret]) -> Vec<Secret> {
        self.gateway.secrets().chain(&self.password).chain(others.iter().copied()).cloned().collect()
    }
}

impl fmt::Debug for SynapsewaveDealer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (base_url, user_id) = (&self.gateway.base_url, self.gateway.user_id());
        write!(formatter, "SynapsewaveDealer {{ base_url: {base_url:?}, user_id: {user_id:?} }}")
    }
}

impl Provider for SynapsewaveDealer {
    fn system(&self) -> &'static str {
        "synapsewave_dealer"
    }

    fn base_url(&self) -> &BaseUrl {
        &self.gateway.base_url
    }

    fn user(&self) -> Option<&str> {
        self.gateway.user_id()
    }

    fn check_login(&self) -> Result<(), Error> {
        self.password.as_ref().map(|_| ()).ok_or_else(|| missing("password"))
    }

    fn login(&self, _value: Option<&Secret>) -> Result<Request, Error> {
        let password = self.password.as_ref().ok_or_else(|| missing("password"))?;
        let body = self.device.describe(self.gateway.named("DEALERAPI")?.text("password", password.expose()));
        Ok(self.gateway.send(Method::Post, SESSION, body, None))
    }

    /// wire.md 2.10.17: the documents have two names for the token.
    fn read_login(&self, answer: &Answer, sent: &[&Secret]) -> Outcome {
        let tokens = &["dealer_token", "access_token"];
        let (user, base_url) = (self.gateway.user_id(), &self.gateway.base_url);
        let expected = Expected { tokens, may_ask: false, user, base_url, path: SESSION };
        login_answer::read(answer, self.secrets(sent), &expected)
    }

    fn headers(&self, access_token: &str) -> Vec<(&'static str, String)> {
        self.gateway.headers(access_token)
    }

    /// Not in the documents: asked as a user's session is.
    fn validate(&self, grant: &Grant) -> Option<Request> {
        Some(self.gateway.ask(Method::Put, SESSION, Some(&grant.access_token)))
    }

    fn read_validate(&self, answer: &Answer, grant: &Grant) -> Result<bool, Error> {
        session_path::read_validate(answer, self.secrets(&[&grant.access_token]))
    }

    fn logout(&self, grant: &Grant) -> Option<Request> {
        Some(self.gateway.ask(Method::Delete, SESSION, Some(&grant.access_token)))
    }

    fn held_secrets(&self) -> Vec<Secret> {
        self.secrets(&[])
    }

    fn profile(&self, claims: &Claims) -> Profile {
        profile::of_claims(claims, &Secrets::new(&self.secrets(&[])))
    }

    fn feed(&self, grant: &Grant) -> Option<Feed> {
        Some(login_answer::feed_of(grant, self.gateway.user_id()))
    }

    fn credential(&self, _value: Option<&Secret>) -> Secret {
        let password = self.password.as_ref().map(Secret::expose).unwrap_or_default();
        let keys = self.gateway.secrets().map(Secret::expose);
        let user_id = self.gateway.user_id().unwrap_or_default();
        Secret::new([user_id, password].into_iter().chain(keys).collect::<Vec<_>>().join("\0"))
    }

    fn is_ended_elsewhere(&self) -> bool {
        true
    }

    fn has_refresh(&self) -> bool {
        false
    }

    fn renewal(&self) -> Renewal {
        RENEWAL
    }

    fn default_lifetime(&self) -> Duration {
        LIFETIME
    }

    fn default_expiry(&self, now: UnixTime) -> Expiry {
        Expiry::At(trading_day::end(now))
    }
}
