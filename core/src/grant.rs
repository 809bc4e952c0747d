//! What a login or a refresh yields, and what callers see of it.

use std::fmt;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::clock::UnixTime;
use crate::jwt;
use crate::secret::Secret;

/// The tokens of a session, for those who keep them in their own database.
///
/// ```
/// let tokens = relatch::Tokens::new("an access token", Some("a refresh token".to_owned()));
/// assert_eq!(tokens.access_token.expose(), "an access token");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tokens {
    /// What a request carries.
    pub access_token: Secret,
    /// What is exchanged for new tokens; each is good for one exchange.
    pub refresh_token: Option<Secret>,
    /// The end of the access token by the server's clock, where it is known.
    pub expires_at: Option<UnixTime>,
}

impl Tokens {
    /// Tokens from elsewhere; the end is read from the access token if it is a JWT.
    pub fn new(access_token: impl Into<Secret>, refresh_token: Option<String>) -> Self {
        let access_token = access_token.into();
        let expires_at = jwt::expiry(access_token.expose());
        Self { access_token, refresh_token: refresh_token.map(Secret::new), expires_at }
    }
}

/// The claims of an access token: what its issuer says in it. They are read, not verified.
pub type Claims = Map<String, Value>;

/// When an access token ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// At this time by the server's clock.
    At(UnixTime),
    /// This long after it was received: the token does not say.
    After(Duration),
}

/// What a provider read from an answer that grants access.
#[derive(Clone, PartialEq, Eq)]
pub struct Grant {
    /// What a request carries.
    pub access_token: Secret,
    /// What is exchanged for the next grant.
    pub refresh_token: Option<Secret>,
    /// When the access token ends.
    pub expiry: Expiry,
}

impl fmt::Debug for Grant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let has_refresh_token = self.refresh_token.is_some();
        write!(formatter, "Grant {{ expiry: {:?}, refresh_token: {has_refresh_token} }}", self.expiry)
    }
}
