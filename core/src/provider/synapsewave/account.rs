//! The calls that manage a user's factors: how each is sent and how its answer reads (wire.md 2.5).

use std::fmt;

use serde_json::{Map, Value};

use crate::error::Error;
use crate::foreign_text::datum;
use crate::provider::answer::text;
use crate::provider::{Answer, BaseUrl, Request};
use crate::secret::Secret;

use super::account_operation::{Operation, Value as Argument, Yields};
use super::body::Body;
use super::builder::checked_source;
use super::envelope::Envelope;
use super::gateway::{Gateway, GatewaySettings, gateway_settings};
use super::reading::Reading;

/// The factors of one user of one broker: passwords, MPINs and authenticators, as the broker's API manages them.
///
/// Each method makes one request and none is made again. The ledger that keeps logins from locking a user knows
/// nothing of them: what they get wrong may count at the server.
///
/// ```
/// let account = relatch::SynapsewaveAccount::builder()
///     .base_url("https://broker.example/prod/interactive")
///     .user_id("UCC123456")
///     .api_key("made up")
///     .build()?;
/// # Ok::<(), relatch::Error>(())
/// ```
pub struct SynapsewaveAccount {
    gateway: Gateway,
    source: &'static str,
}

/// What is known of a [`SynapsewaveAccount`] before it is checked.
#[derive(Clone, Default)]
#[must_use]
pub struct SynapsewaveAccountBuilder {
    gateway: GatewaySettings,
    source: Option<String>,
}

/// Without values, and without the base URL, which has not been checked yet and may hold credentials.
impl fmt::Debug for SynapsewaveAccountBuilder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SynapsewaveAccountBuilder {{ user_id: {:?} }}", self.gateway.user_id)
    }
}

impl SynapsewaveAccountBuilder {
    gateway_settings!();

    /// `WEBAPI` (the default) or `MOBILEAPI`.
    pub fn source(mut self, source: impl Into<String>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Checks it all: base URL, user and API key must be there.
    ///
    /// # Errors
    /// `invalid_config` with the method's name as its field.
    pub fn build(self) -> Result<SynapsewaveAccount, Error> {
        Ok(SynapsewaveAccount { gateway: self.gateway.check(true)?, source: checked_source(self.source.as_deref())? })
    }
}

impl fmt::Debug for SynapsewaveAccount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (base_url, user_id) = (&self.gateway.base_url, self.gateway.user_id());
        write!(formatter, "SynapsewaveAccount {{ base_url: {base_url:?}, user_id: {user_id:?} }}")
    }
}

/// A request that is ready, and what of it must not come back in an error.
pub(crate) struct Call {
    pub(crate) request: Request,
    pub(crate) secrets: Vec<Secret>,
}

/// What an answer to one of the calls says.
pub(crate) struct Reply {
    /// The server's words.
    pub(crate) message: String,
    /// What it yields: a temporary token, or the secret of an authenticator.
    pub(crate) secret: Option<Secret>,
    /// The secret as a picture.
    pub(crate) qr_image: Option<Secret>,
    /// Whom it is for, as the server spells it.
    pub(crate) user_id: Option<String>,
}

impl SynapsewaveAccount {
    /// Starts with nothing given: base URL, user and API key.
    pub fn builder() -> SynapsewaveAccountBuilder {
        SynapsewaveAccountBuilder::default()
    }

    /// Where the API is.
    pub fn base_url(&self) -> &BaseUrl {
        &self.gateway.base_url
    }

    /// The user.
    pub fn user_id(&self) -> &str {
        self.gateway.user_id().unwrap_or_default()
    }

    /// The request of a call; `access_token` for the calls that need a session.
    pub(crate) fn prepare(
        &self,
        operation: &Operation,
        arguments: &[(&'static str, Secret)],
        access_token: Option<&Secret>,
    ) -> Result<Call, Error> {
        let body = self.body(operation, arguments)?;
        let token = access_token.filter(|_| operation.needs_session);
        let request = if operation.has_body() {
            self.gateway.send(operation.method, operation.path, body, token)
        } else {
            self.gateway.ask(operation.method, operation.path, token)
        };
        let given = arguments.iter().map(|(_, value)| value);
        let secrets = self.gateway.secrets().chain(given).chain(access_token).cloned().collect();
        Ok(Call { request, secrets })
    }

    /// Whether the call can be made with these arguments.
    pub(crate) fn check(&self, operation: &Operation, arguments: &[(&'static str, Secret)]) -> Result<(), Error> {
        self.body(operation, arguments).map(|_| ())
    }

    fn body(&self, operation: &Operation, arguments: &[(&'static str, Secret)]) -> Result<Body, Error> {
        let mut body = if operation.needs_session { Body::default() } else { self.gateway.named(self.source)? };
        for argument in operation.arguments {
            let given = arguments.iter().find(|(name, _)| *name == argument.name).map(|(_, value)| value.expose());
            if let Some(value) = argument.check(given)? {
                body = body.value(argument.on_the_wire, sent(argument.value, value));
            }
        }
        Ok(body)
    }
}

/// wire.md 2.10.14: an MPIN is a number in two places, which a leading zero would not survive.
fn sent(kind: Argument, value: &str) -> Value {
    let number = value.parse::<u32>().ok().filter(|_| kind == Argument::NumberMpin && !value.starts_with('0'));
    number.map_or_else(|| Value::from(value), Value::from)
}

/// Reads the answer to a call.
///
/// # Errors
/// What the server says, with the codes of a login's errors.
pub(crate) fn read(operation: &Operation, answer: &Answer, secrets: Vec<Secret>) -> Result<Reply, Error> {
    let what = format!("call {}", operation.name);
    let reading = Reading::new(answer, &what, secrets);
    let envelope = reading.envelope.as_ref().filter(|envelope| answer.is_success() && envelope.succeeds());
    let Some(envelope) = envelope else { return Err(reading.error()) };
    let (secret, data) = yielded(operation, envelope);
    if secret.is_none() && operation.yields != Yields::Nothing {
        return Err(reading.unreadable().error());
    }
    let found = |name: &str| data.as_ref().and_then(|data| text(data, name));
    Ok(Reply {
        message: answer.message(&reading.secrets).unwrap_or_default(),
        secret,
        qr_image: found("qrImg").map(Secret::new),
        user_id: found("userID").or_else(|| found("user_id")).map(|user| datum(&user)),
    })
}

/// The secret that the call is made for, and the members of the data besides.
fn yielded(operation: &Operation, envelope: &Envelope) -> (Option<Secret>, Option<Map<String, Value>>) {
    let data = envelope.members();
    let secret = match operation.yields {
        Yields::Nothing => None,
        Yields::Token => {
            envelope.data().and_then(Value::as_str).filter(|token| !token.trim().is_empty()).map(Secret::new)
        }
        Yields::Authenticator => data.as_ref().and_then(|data| text(data, "authSecret")).map(Secret::new),
    };
    (secret, data)
}
