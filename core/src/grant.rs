//! What a login or a refresh yields, and what callers see of it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::foreign_text::Brief;
use crate::jwt;
use crate::secret::Secret;
use crate::time::UnixTime;

/// The tokens of a session, for programs that keep them in their own database.
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

    /// Tokens from elsewhere as a grant; `otherwise` is when they end where they do not say.
    pub(crate) fn into_grant(self, otherwise: Expiry) -> Grant {
        // A user may have kept the time in another unit.
        let told = self.expires_at.and_then(UnixTime::as_foreign).or_else(|| jwt::expiry(self.access_token.expose()));
        let expiry = told.map_or(otherwise, Expiry::At);
        Grant { access_token: self.access_token, refresh_token: self.refresh_token, expiry, details: None }
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

/// A user as the system describes it. Everything is optional, and what relatch has no name for is kept by the system's.
///
/// Texts are printable lines. What the system calls by the name of a secret, and a text that holds a secret that the
/// provider holds, is not among the fields.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// What may be shown.
    pub fields: Map<String, Value>,
    /// What must not be.
    pub secrets: BTreeMap<String, Secret>,
}

impl fmt::Debug for Profile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (fields, secrets) = (Brief(&self.fields), Brief(&self.secrets));
        formatter.debug_struct("Profile").field("fields", &fields).field("secrets", &secrets).finish()
    }
}

impl Profile {
    /// What may be shown, by its name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.fields.get(name)
    }

    /// A text among it.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    /// What must not be shown, by its name.
    pub fn secret(&self, name: &str) -> Option<&Secret> {
        self.secrets.get(name)
    }
}

/// What is needed to open a system's market data feed.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Feed {
    /// Where it is; None if the login did not say.
    pub url: Option<String>,
    /// What it is opened with.
    pub token: Secret,
    /// As whom.
    pub user: Option<String>,
}

impl fmt::Debug for Feed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (url, user) = (Brief(&self.url), Brief(&self.user));
        formatter.debug_struct("Feed").field("url", &url).field("token", &self.token).field("user", &user).finish()
    }
}

/// What an answer that grants access says besides tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// The user.
    pub profile: Profile,
    /// The feed.
    pub feed: Option<Feed>,
}

/// What a server says that asks for a second factor.
#[derive(Clone, PartialEq, Eq)]
pub struct SecondFactor {
    /// What the second step is made with. It is no access token and is never sent as one.
    pub token: Secret,
    /// The factors that the second step takes, as far as the server says which its user has.
    pub methods: Vec<crate::factor::FactorKind>,
    /// Until when, by the server's clock.
    pub expires_at: UnixTime,
    /// What else it says.
    pub fields: Map<String, Value>,
}

impl fmt::Debug for SecondFactor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (methods, expires_at, fields) = (&self.methods, &self.expires_at, Brief(&self.fields));
        let mut shown = formatter.debug_struct("SecondFactor");
        shown.field("token", &self.token).field("methods", methods).field("expires_at", expires_at);
        shown.field("fields", &fields).finish()
    }
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
    /// What else was said; None if the system says nothing.
    pub details: Option<Arc<Details>>,
}

impl fmt::Debug for Grant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let has_refresh_token = self.refresh_token.is_some();
        write!(formatter, "Grant {{ expiry: {:?}, refresh_token: {has_refresh_token} }}", self.expiry)
    }
}
