//! What a system puts on the wire: one pure file each. A provider says what to send and reads the answer; when to
//! send it, and what follows, is decided elsewhere and is the same for all of them.

mod answer;
mod base_url;
mod seven_g;

use std::fmt;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::error::Error;
use crate::grant::{Claims, Grant};
use crate::lockout::LockoutRule;
use crate::secret::Secret;

pub use answer::Answer;
pub(crate) use answer::{denies, field};
pub use base_url::BaseUrl;
pub use seven_g::{SevenG, SevenGBuilder};

/// The HTTP methods that the systems use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
}

/// What to send, below the base URL.
pub struct Request {
    /// The HTTP method.
    pub method: Method,
    /// The path below the base URL, with its query if it has one.
    pub path: String,
    /// The headers; any value may be a secret.
    pub headers: Vec<(&'static str, Secret)>,
    /// The JSON body.
    pub body: Option<Secret>,
}

/// A second factor that the server asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The factors that it would take.
    pub methods: Vec<String>,
}

/// What an answer to a login or a refresh says.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Access is granted.
    Granted(Grant),
    /// The credentials are right, and a second factor is needed.
    SecondFactor(Challenge),
    /// The server decided against us. What was sent is not sent again.
    Rejected(Error),
    /// The server did not look at it (429, 503 with Retry-After): a token was not consumed, a login was not counted.
    Busy(Error),
    /// The server answered, and what it did cannot be told from the answer.
    Unreadable(Error),
}

/// One system, for one user of it.
///
/// Implementations hold configuration and credentials and nothing that changes.
pub trait Provider: Send + Sync + fmt::Debug + 'static {
    /// The system's short name, as events and logs use it.
    fn system(&self) -> &'static str;

    /// Where it is.
    fn base_url(&self) -> &BaseUrl;

    /// The user, where credentials are held: with the base URL it names the account that a lockout would hit.
    fn user(&self) -> Option<&str>;

    /// Whether a login can be made without a human.
    fn can_login(&self) -> bool;

    /// The login request.
    ///
    /// # Errors
    /// `invalid_config` where the credentials are missing.
    fn login(&self) -> Result<Request, Error>;

    /// Reads the answer to [`login`](Self::login).
    fn read_login(&self, answer: &Answer) -> Outcome;

    /// The refresh request for these tokens; nothing where the system has no refresh or the grant no refresh token.
    fn refresh(&self, grant: &Grant) -> Option<Request>;

    /// Reads the answer to [`refresh`](Self::refresh) of `spent`.
    fn read_refresh(&self, spent: &Grant, answer: &Answer) -> Outcome;

    /// The headers that authorise a request with this access token.
    fn headers(&self, access_token: &str) -> Vec<(&'static str, String)>;

    /// The user as the system describes it in the claims of its access token; empty where it does not.
    fn profile(&self, _claims: &Claims) -> Map<String, Value> {
        Map::new()
    }

    /// The credential as one piece of bytes, to tell whether it changed since the server refused it.
    fn credential(&self) -> Secret;

    /// How many failed logins the system bears.
    fn lockout_rule(&self) -> LockoutRule {
        LockoutRule::default()
    }

    /// How long after a refresh was sent the server takes the same refresh token again; nothing by default.
    fn replay_grace(&self) -> Duration {
        Duration::ZERO
    }

    /// How long a token from elsewhere is taken to live when it does not say.
    fn default_lifetime(&self) -> Duration;
}

impl From<SevenG> for std::sync::Arc<dyn Provider> {
    fn from(provider: SevenG) -> Self {
        std::sync::Arc::new(provider)
    }
}
