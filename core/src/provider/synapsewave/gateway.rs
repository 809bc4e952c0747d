//! Where a broker's API is, for whom it is called, and with which keys.

use crate::error::Error;
use crate::provider::{BaseUrl, Method, Request};
use crate::secret::Secret;

use super::body::Body;
use super::checks;

/// The `x-api-key` header (wire.md 2.10.8).
#[derive(Clone, Default)]
pub(super) enum HeaderKey {
    #[default]
    ApiKey,
    Own(Secret),
    Off,
}

/// What builders were given, unchecked.
#[derive(Clone, Default)]
pub(super) struct GatewaySettings {
    pub(super) base_url: Option<String>,
    pub(super) user_id: Option<String>,
    pub(super) api_key: Option<Secret>,
    pub(super) header_key: HeaderKey,
    pub(super) allow_insecure: bool,
}

/// The builders' methods that are the same for all.
macro_rules! gateway_settings {
    () => {
        /// The address that the broker gave, with its path prefix, as in `https://broker.example/prod/interactive`.
        pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
            self.gateway.base_url = Some(base_url.into());
            self
        }

        /// The user, as the broker spells it: in capitals as a rule.
        pub fn user_id(mut self, user_id: impl Into<String>) -> Self {
            self.gateway.user_id = Some(user_id.into());
            self
        }

        /// The key that the broker gave, which goes along in the body.
        pub fn api_key(mut self, api_key: impl Into<$crate::secret::Secret>) -> Self {
            self.gateway.api_key = Some(api_key.into());
            self
        }

        /// A key of its own for the `x-api-key` header; the API key unless set.
        pub fn x_api_key(mut self, key: impl Into<$crate::secret::Secret>) -> Self {
            self.gateway.header_key = $crate::provider::synapsewave::gateway::HeaderKey::Own(key.into());
            self
        }

        /// Leaves the `x-api-key` header off.
        pub fn without_x_api_key(mut self) -> Self {
            self.gateway.header_key = $crate::provider::synapsewave::gateway::HeaderKey::Off;
            self
        }

        /// Lets plain http leave this machine.
        pub fn allow_insecure(mut self, allow: bool) -> Self {
            self.gateway.allow_insecure = allow;
            self
        }
    };
}
pub(super) use gateway_settings;

/// The address, checked.
pub(super) struct Gateway {
    pub(super) base_url: BaseUrl,
    user_id: Option<Box<str>>,
    api_key: Option<Secret>,
    header_key: Option<Secret>,
}

impl GatewaySettings {
    /// Checks it all. `is_named` says that requests name the user and carry the API key in their bodies.
    pub(super) fn check(self, is_named: bool) -> Result<Gateway, Error> {
        let base_url = self.base_url.ok_or_else(|| {
            Error::invalid(
                "base_url",
                "base_url is missing. Every broker has its own: give the one that yours gave you.",
            )
        })?;
        let base_url = BaseUrl::new(&base_url, self.allow_insecure)?;
        match &self.user_id {
            Some(user_id) => checks::text("user_id", user_id)?,
            None if is_named => return Err(Error::invalid("user_id", "user_id is missing: whom to log in.")),
            None => {}
        }
        if let Some(api_key) = &self.api_key {
            checks::key("api_key", api_key)?;
        } else if is_named || matches!(self.header_key, HeaderKey::ApiKey) {
            return Err(Error::invalid("api_key", "api_key is missing. Give the one that the broker gave you."));
        }
        let header_key = match self.header_key {
            HeaderKey::ApiKey => self.api_key.clone(),
            HeaderKey::Own(key) => Some(key),
            HeaderKey::Off => None,
        };
        if let Some(key) = &header_key {
            checks::key("x_api_key", key)?;
        }
        Ok(Gateway { base_url, user_id: self.user_id.map(Into::into), api_key: self.api_key, header_key })
    }
}

impl Gateway {
    pub(super) fn user_id(&self) -> Option<&str> {
        self.user_id.as_deref()
    }

    /// The members that name the user and the program.
    ///
    /// # Errors
    /// `invalid_config` where they are not held.
    pub(super) fn named(&self, source: &str) -> Result<Body, Error> {
        let missing = |field| Error::invalid(field, format!("{field} is missing: this provider can only resume."));
        let user_id = self.user_id.as_deref().ok_or_else(|| missing("user_id"))?;
        let api_key = self.api_key.as_ref().ok_or_else(|| missing("api_key"))?;
        Ok(Body::default().text("user_id", user_id).text("api_key", api_key.expose()).text("source", source))
    }

    /// A request that carries a body; `access_token` where the call needs one.
    pub(super) fn send(&self, method: Method, path: &str, body: Body, access_token: Option<&Secret>) -> Request {
        let content_type = ("Content-Type", Secret::new("application/json"));
        let headers =
            std::iter::once(content_type).chain(self.secret_headers(access_token.map(Secret::expose))).collect();
        Request { method, path: path.to_owned(), headers, body: Some(body.finish()) }
    }

    /// A request without a body, and so without a Content-Type.
    pub(super) fn ask(&self, method: Method, path: &str, access_token: Option<&Secret>) -> Request {
        let headers = self.secret_headers(access_token.map(Secret::expose)).collect();
        Request { method, path: path.to_owned(), headers, body: None }
    }

    /// What every request of a session carries (wire.md 2.2 and 2.10.9).
    pub(super) fn headers(&self, access_token: &str) -> Vec<(&'static str, String)> {
        self.secret_headers(Some(access_token)).map(|(name, value)| (name, value.expose().to_owned())).collect()
    }

    fn secret_headers(&self, access_token: Option<&str>) -> impl Iterator<Item = (&'static str, Secret)> {
        let authorization = access_token.map(|token| ("Authorization", Secret::new(format!("Bearer {token}"))));
        let key = self.header_key.clone().map(|key| ("x-api-key", key));
        authorization.into_iter().chain(key)
    }

    /// What must not come back in any error.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.api_key.iter().chain(&self.header_key)
    }
}
