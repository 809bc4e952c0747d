//! What a system puts on the wire: one pure file each. A provider says what to send and reads the answer; when to
//! send it, and what follows, is decided elsewhere and is the same for all of them.

mod answer;
pub(crate) mod judged;
mod seven_g;
mod synapsewave;

use std::fmt;
use std::time::Duration;

use crate::error::Error;
use crate::factor::{Factor, FactorKind, Source};
use crate::foreign_text::{self, Secrets};
use crate::grant::{Claims, Expiry, Feed, Grant, Profile, SecondFactor};
use crate::lockout::LockoutRule;
use crate::secret::Secret;
use crate::time::{Now, UnixTime};

pub use crate::base_url::BaseUrl;
pub use answer::Answer;
pub(crate) use answer::{denies, field};
pub use seven_g::{SevenG, SevenGBuilder};
pub(crate) use synapsewave::{AccountReply, account_operation, read_account};
pub use synapsewave::{
    Synapsewave, SynapsewaveAccount, SynapsewaveAccountBuilder, SynapsewaveBuilder, SynapsewaveDealer,
    SynapsewaveDealerBuilder,
};

/// The HTTP methods that the systems use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `DELETE`
    Delete,
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

/// What an answer to a login or a refresh says.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Access is granted.
    Granted(Grant),
    /// What was sent is right, and a second factor is needed.
    SecondFactor(SecondFactor),
    /// The server decided against us. What was sent is not sent again.
    Rejected(Error),
    /// The server did not look at it (429, 503 with Retry-After): a token was not consumed, a login was not counted.
    Busy(Error),
    /// What answered is no login endpoint: a login was not counted. No answer to a refresh is one of these.
    Unjudged(Error),
    /// The server answered, and what it did cannot be told from the answer.
    Unreadable(Error),
}

impl Outcome {
    /// What it says of later times, by both clocks as they read when the answer came.
    pub(crate) fn pinned(self, received: Now) -> Self {
        match self {
            Self::Rejected(error) => Self::Rejected(error.pinned(received)),
            Self::Busy(error) => Self::Busy(error.pinned(received)),
            Self::Unjudged(error) => Self::Unjudged(error.pinned(received)),
            Self::Unreadable(error) => Self::Unreadable(error.pinned(received)),
            good => good,
        }
    }
}

/// From when on a session can be renewed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Renewal {
    /// At any time: what a renewal yields lives as long again.
    #[default]
    AnyTime,
    /// What is issued ends at this time of the day (UTC), whenever it was issued: a renewal is of use from `gap` after
    /// that on. What ends at another time can be renewed at any.
    Daily {
        /// Since midnight.
        end: Duration,
        /// Until something else can be had.
        gap: Duration,
    },
}

/// One system, for one user of it.
///
/// Implementations hold configuration and credentials and nothing that changes.
pub trait Provider: Send + Sync + fmt::Debug + 'static {
    /// The system's short name, as events and logs use it.
    fn system(&self) -> &'static str;

    /// Where it is.
    fn base_url(&self) -> &BaseUrl;

    /// The user, where one is known: with the base URL it names the account that a lockout would hit.
    fn user(&self) -> Option<&str>;

    /// Whether there is something to log in with.
    ///
    /// # Errors
    /// `invalid_config` that says what is missing.
    fn check_login(&self) -> Result<(), Error>;

    /// Whether a login needs a human, or spends a value that is good for one login: a session then makes one only when
    /// it is told to.
    fn is_attended(&self) -> bool {
        false
    }

    /// Whether another login of the user may end the session.
    fn is_ended_elsewhere(&self) -> bool {
        false
    }

    /// Whether a login spends a value that is good for one: a session then never makes another.
    fn is_for_one_login(&self) -> bool {
        false
    }

    /// Where the one value of the first request comes from that is not held as it is.
    fn first_value(&self) -> Option<Source<'_>> {
        None
    }

    /// The first request of a login, with the value of [`first_value`](Self::first_value) if that names a source.
    ///
    /// # Errors
    /// `invalid_config` where something is missing or the value cannot be one.
    fn login(&self, value: Option<&Secret>) -> Result<Request, Error>;

    /// The first request of a login whose second factor a human is going to give.
    ///
    /// # Errors
    /// `invalid_config` where the system has no such step for what is held.
    fn begin(&self) -> Result<Request, Error> {
        Err(Error::invalid("provider", "This system asks for no second factor: use login."))
    }

    /// The factor to go on with by itself when the server asks for one.
    fn second_factor(&self) -> Option<&Factor> {
        None
    }

    /// Whether each login carries a code that the one before did not have, so that a refused one may have been late.
    fn has_fresh_codes(&self) -> bool {
        let sources = [self.second_factor().map(Factor::source), self.first_value()];
        sources.into_iter().flatten().any(|source| matches!(source, Source::Totp(_)))
    }

    /// The second request of a login.
    ///
    /// # Errors
    /// `invalid_config` for a value that cannot be one of that kind.
    fn complete(&self, _asked: &SecondFactor, kind: FactorKind, _value: &Secret) -> Result<Request, Error> {
        Err(Error::invalid(kind.as_str(), "This system asks for no second factor."))
    }

    /// Reads the answer to any request of a login. `sent` are the secrets in it that the provider does not hold.
    fn read_login(&self, answer: &Answer, sent: &[&Secret]) -> Outcome;

    /// Whether the system exchanges tokens for new ones. Where it does not, new ones come of a login.
    fn has_refresh(&self) -> bool {
        true
    }

    /// The refresh request for these tokens; None if the system has no refresh or the grant no refresh token.
    fn refresh(&self, _grant: &Grant) -> Option<Request> {
        None
    }

    /// Reads the answer to [`refresh`](Self::refresh) of `spent`.
    fn read_refresh(&self, spent: &Grant, answer: &Answer) -> Outcome {
        self.read_login(answer, &[&spent.access_token])
    }

    /// The headers that authorise a request with this access token.
    fn headers(&self, access_token: &str) -> Vec<(&'static str, String)>;

    /// The request that asks whether the server still knows the session; None if the system has none.
    fn validate(&self, _grant: &Grant) -> Option<Request> {
        None
    }

    /// Reads the answer to [`validate`](Self::validate): whether the session is good.
    ///
    /// # Errors
    /// What the answer says where it says neither.
    fn read_validate(&self, answer: &Answer, _grant: &Grant) -> Result<bool, Error> {
        Ok(answer.is_success())
    }

    /// The request that ends the session on the server; None if the system has none.
    fn logout(&self, _grant: &Grant) -> Option<Request> {
        None
    }

    /// The user as the system describes it in the claims of its access token, where a login said nothing.
    fn profile(&self, _claims: &Claims) -> Profile {
        Profile::default()
    }

    /// What it holds that must not be shown: a claim that holds one of them is left out.
    fn held_secrets(&self) -> Vec<Secret> {
        Vec::new()
    }

    /// The claims that may be shown to users: some systems write secrets into their tokens.
    fn shown(&self, claims: Claims) -> Claims {
        foreign_text::shown(claims, &Secrets::new(&self.held_secrets()))
    }

    /// The market data feed; None if the system has none.
    fn feed(&self, _grant: &Grant) -> Option<Feed> {
        None
    }

    /// What the server would refuse again, as one piece of bytes: not a code that changes with every login.
    fn credential(&self, value: Option<&Secret>) -> Secret;

    /// How many failed logins the system bears.
    fn lockout_rule(&self) -> LockoutRule {
        LockoutRule::default()
    }

    /// How long after a refresh was sent the server takes the same refresh token again; nothing by default.
    fn replay_grace(&self) -> Duration {
        Duration::ZERO
    }

    /// From when on a session can be renewed.
    fn renewal(&self) -> Renewal {
        Renewal::AnyTime
    }

    /// How long a token is taken to live when nothing better is known.
    fn default_lifetime(&self) -> Duration;

    /// When a token from elsewhere ends that does not say, at this time.
    fn default_expiry(&self, _now: UnixTime) -> Expiry {
        Expiry::After(self.default_lifetime())
    }
}

impl From<SevenG> for std::sync::Arc<dyn Provider> {
    fn from(provider: SevenG) -> Self {
        std::sync::Arc::new(provider)
    }
}

impl From<Synapsewave> for std::sync::Arc<dyn Provider> {
    fn from(provider: Synapsewave) -> Self {
        std::sync::Arc::new(provider)
    }
}

impl From<SynapsewaveDealer> for std::sync::Arc<dyn Provider> {
    fn from(provider: SynapsewaveDealer) -> Self {
        std::sync::Arc::new(provider)
    }
}
