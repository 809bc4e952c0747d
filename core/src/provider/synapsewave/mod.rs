//! Synapsewave, the cloud REST API of ODIN brokers: what it is sent and how its answers read. Facts: wire.md part 2.
//! Pure.

mod account;
pub(crate) mod account_operation;
mod body;
mod builder;
mod checks;
mod combination;
mod dealer;
mod device;
mod envelope;
mod failure;
mod first_factor;
mod gateway;
mod login_answer;
mod profile;
mod reading;
mod refusal;
mod session_path;
mod trading_day;

use std::fmt;
use std::time::Duration;

use crate::error::Error;
use crate::factor::{Factor, FactorKind, Source};
use crate::foreign_text::Secrets;
use crate::grant::{Claims, Expiry, Feed, Grant, Profile, SecondFactor};
use crate::provider::{Answer, BaseUrl, Method, Outcome, Provider, Renewal, Request};
use crate::secret::Secret;
use crate::time::UnixTime;

pub(crate) use account::{Reply as AccountReply, read as read_account};
pub use account::{SynapsewaveAccount, SynapsewaveAccountBuilder};
pub use builder::SynapsewaveBuilder;
pub use dealer::{SynapsewaveDealer, SynapsewaveDealerBuilder};

use body::Body;
use combination::{Step, type_of};
use device::Device;
use first_factor::FirstFactor;
use gateway::Gateway;
use login_answer::Expected;

/// wire.md 2.3 and 2.4.
const SESSION: &str = "/authentication/v1/user/session";
/// What a token is taken to live whose end is not known at all.
const LIFETIME: Duration = Duration::from_secs(3600);
/// What is issued before 23:59:59 in India ends then; from the next second on a login is of use, and one more is slack.
const RENEWAL: Renewal = Renewal::Daily { end: trading_day::END, gap: Duration::from_secs(2) };

/// Synapsewave, for one user of one broker.
///
/// ```
/// let provider = relatch::Synapsewave::builder()
///     .base_url("https://broker.example/prod/interactive")
///     .user_id("UCC123456")
///     .password("made up")
///     .second_factor(relatch::Totp::new("JBSWY3DPEHPK3PXP")?)
///     .api_key("made up")
///     .build()?;
/// # Ok::<(), relatch::Error>(())
/// ```
pub struct Synapsewave {
    gateway: Gateway,
    login: Option<Login>,
    source: &'static str,
    device: Device,
}

/// What to log in with: a pair that the combination table has.
struct Login {
    first: FirstFactor,
    second: Option<Factor>,
    step: Step,
}

impl Login {
    /// The second factor's value, unless it changes with every login.
    fn held_second(&self) -> Option<&Secret> {
        match self.second.as_ref()?.source() {
            Source::Held(value) => Some(value),
            Source::Totp(_) | Source::Callback(_) => None,
        }
    }
}

impl Synapsewave {
    /// Starts with nothing given: base URL, user, API key, a first factor and mostly a second one.
    pub fn builder() -> SynapsewaveBuilder {
        SynapsewaveBuilder::default()
    }

    fn held(&self) -> Result<&Login, Error> {
        self.login.as_ref().ok_or_else(|| missing("password"))
    }

    /// A request on the session path that opens a session or asks for a second factor.
    fn open(&self, login_type: &str, value: &str, second: impl FnOnce(Body) -> Body) -> Result<Request, Error> {
        let body = self.gateway.named(self.source)?.text("login_type", login_type).text("password", value);
        Ok(self.gateway.send(Method::Post, SESSION, second(self.device.describe(body)), None))
    }

    fn register(&self, first: &FirstFactor, value: &str) -> Result<Request, Error> {
        self.open(first.login_type(), value, |body| body.text("second_auth_type", "REGISTER"))
    }

    /// All that must not come back in an error.
    fn secrets(&self, others: &[&Secret]) -> Vec<Secret> {
        let login = self.login.as_ref();
        let first = login.and_then(|login| login.first.held());
        let second = login.and_then(Login::held_second);
        let held = self.gateway.secrets().chain(first).chain(second).chain(others.iter().copied()).cloned();
        held.chain(self.device.secrets()).collect()
    }
}

/// A login with nothing to log in with.
fn missing(field: &'static str) -> Error {
    let message =
        format!("A login needs {field}, or another first factor, and this provider holds none: it can resume.");
    Error::invalid(field, message)
}

impl fmt::Debug for Synapsewave {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (base_url, user_id) = (&self.gateway.base_url, self.gateway.user_id());
        let login = self.login.as_ref();
        let first = login.map(|login| login.first.login_type());
        let second = login.and_then(|login| login.second.as_ref()).map(|factor| factor.kind().as_str());
        write!(
            formatter,
            "Synapsewave {{ base_url: {base_url:?}, user_id: {user_id:?}, login_type: {first:?}, \
             second_factor: {second:?}, source: {:?} }}",
            self.source
        )
    }
}

impl Provider for Synapsewave {
    fn system(&self) -> &'static str {
        "synapsewave"
    }

    fn base_url(&self) -> &BaseUrl {
        &self.gateway.base_url
    }

    fn user(&self) -> Option<&str> {
        self.gateway.user_id()
    }

    fn check_login(&self) -> Result<(), Error> {
        self.held().map(|_| ())
    }

    fn is_attended(&self) -> bool {
        self.login.as_ref().is_some_and(|Login { first, second, .. }| match first {
            FirstFactor::SsoToken(_) | FirstFactor::RegisterToken(_) => true,
            // The server would only ask for the second factor.
            FirstFactor::Password(_) if second.is_none() => true,
            _ => matches!(second, Some(Factor::Otp(_))),
        })
    }

    fn is_for_one_login(&self) -> bool {
        let first = self.login.as_ref().map(|login| &login.first);
        matches!(first, Some(FirstFactor::SsoToken(_) | FirstFactor::RegisterToken(_)))
    }

    fn is_ended_elsewhere(&self) -> bool {
        true
    }

    fn has_refresh(&self) -> bool {
        false
    }

    fn first_value(&self) -> Option<Source<'_>> {
        let login = self.login.as_ref()?;
        match (&login.first, login.step) {
            (FirstFactor::SsoCallback(callback), _) => Some(Source::Callback(callback)),
            (_, Step::Typed(_)) => {
                let source = login.second.as_ref()?.source();
                (!matches!(source, Source::Held(_))).then_some(source)
            }
            _ => None,
        }
    }

    /// The rows of the combination table (wire.md 2.3).
    fn login(&self, value: Option<&Secret>) -> Result<Request, Error> {
        let Login { first, second, step } = self.held()?;
        let first_value = match first.held() {
            Some(held) => held.expose(),
            None => value.map(Secret::expose).unwrap_or_default().trim(),
        };
        // What is held was checked when it was given.
        checks::text("sso_token", first_value)?;
        let second_value = || match second.as_ref().map(Factor::source) {
            Some(Source::Held(held)) => Ok(held.expose()),
            _ => value
                .map(Secret::expose)
                .ok_or_else(|| Error::invalid("second_factor", "The second factor gave no code.")),
        };
        match *step {
            Step::Register => self.register(first, first_value),
            Step::Alone => self.open(first.login_type(), first_value, |body| body),
            Step::Typed(kind) => {
                let second = checks::factor(kind, second_value()?)?;
                self.open(first.login_type(), first_value, |body| {
                    body.maybe("second_auth_type", type_of(kind)).text("second_auth", second)
                })
            }
            Step::Untyped => {
                let second = second_value()?;
                self.open(first.login_type(), first_value, |body| body.text("second_auth", second))
            }
        }
    }

    fn begin(&self) -> Result<Request, Error> {
        match &self.held()?.first {
            first @ FirstFactor::Password(password) => self.register(first, password.expose()),
            first => {
                let message = format!(
                    "Only a login with a password has a step that asks for the second factor; this one is of type {}. \
                     Use login.",
                    first.login_type()
                );
                Err(Error::invalid("provider", message))
            }
        }
    }

    fn second_factor(&self) -> Option<&Factor> {
        self.login.as_ref()?.second.as_ref().filter(|factor| factor.kind() != FactorKind::Pan)
    }

    fn complete(&self, asked: &SecondFactor, kind: FactorKind, value: &Secret) -> Result<Request, Error> {
        let Some(second_auth_type) = type_of(kind) else {
            let message = "A PAN goes with a password in one step: give it as the second factor and use login.";
            return Err(Error::invalid("pan", message));
        };
        let value = checks::factor(kind, value.expose())?;
        self.open("TOKEN", asked.token.expose(), |body| {
            body.text("second_auth_type", second_auth_type).text("second_auth", value)
        })
    }

    fn read_login(&self, answer: &Answer, sent: &[&Secret]) -> Outcome {
        let (user, base_url) = (self.gateway.user_id(), &self.gateway.base_url);
        let expected = Expected { tokens: &["access_token"], may_ask: true, user, base_url, path: SESSION };
        login_answer::read(answer, self.secrets(sent), &expected)
    }

    fn headers(&self, access_token: &str) -> Vec<(&'static str, String)> {
        self.gateway.headers(access_token)
    }

    fn validate(&self, grant: &Grant) -> Option<Request> {
        Some(self.gateway.ask(Method::Put, SESSION, Some(&grant.access_token)))
    }

    fn read_validate(&self, answer: &Answer, grant: &Grant) -> Result<bool, Error> {
        session_path::read_validate(answer, self.secrets(&[&grant.access_token]))
    }

    fn logout(&self, grant: &Grant) -> Option<Request> {
        Some(self.gateway.ask(Method::Delete, SESSION, Some(&grant.access_token)))
    }

    fn profile(&self, claims: &Claims) -> Profile {
        profile::of_claims(claims, &Secrets::new(&self.secrets(&[])))
    }

    fn held_secrets(&self) -> Vec<Secret> {
        self.secrets(&[])
    }

    fn feed(&self, grant: &Grant) -> Option<Feed> {
        Some(login_answer::feed_of(grant, self.gateway.user_id()))
    }

    /// All that an answer may refuse for good: correcting any of it allows another try. A code that changes is none of it.
    fn credential(&self, value: Option<&Secret>) -> Secret {
        let login = self.login.as_ref();
        let login_type = login.map(|login| login.first.login_type()).unwrap_or_default();
        let first = login.and_then(|login| login.first.held().or(value)).map(Secret::expose).unwrap_or_default();
        let second = login.and_then(Login::held_second).map(Secret::expose).unwrap_or_default();
        let user_id = self.gateway.user_id().unwrap_or_default();
        let keys = self.gateway.secrets().map(Secret::expose);
        let all = [login_type, user_id, first, second, self.source].into_iter().chain(keys);
        Secret::new(all.collect::<Vec<_>>().join("\0"))
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

#[cfg(test)]
mod tests;
