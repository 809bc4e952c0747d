//! The 7G API: what it is sent and how its answers read. Facts: wire.md part 1. Pure.

use std::fmt;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::answer::{Answer, denies, field, holds_line_ends, token};
use super::judged::{self, Said};
use super::{BaseUrl, Method, Outcome, Provider, Request};
use crate::error::{Error, ErrorCode};
use crate::foreign_text::{Secrets, shown};
use crate::grant::{Claims, Expiry, Grant, Profile};
use crate::jwt;
use crate::secret::Secret;

/// wire.md 1.1.
const LOGIN: &str = "/User/Login";
/// wire.md 1.4: what a token lives where it does not say.
const LIFETIME: Duration = Duration::from_secs(1200);
/// wire.md 1.5: a locked account is to be left alone for this long.
const LOCKED_FOR: Duration = Duration::from_secs(600);
/// wire.md 1.3: the longest user name, password and refresh token.
const LONGEST: usize = 255;
/// wire.md 1.6.
const ENVIRONMENTS: [(&str, &str); 5] = [
    ("production", "https://api.7g.com.au"),
    ("development", "https://dev-api.7g.com.au"),
    ("test", "https://test-api.7g.com.au"),
    ("lab", "https://lab-api.7g.com.au"),
    ("demo", "https://demo-api.7g.com.au"),
];

/// The 7G API, for one user.
///
/// ```
/// let provider = relatch::SevenG::builder().username("api_user").password("made up").environment("test").build()?;
/// # Ok::<(), relatch::Error>(())
/// ```
pub struct SevenG {
    base_url: BaseUrl,
    credentials: Option<Credentials>,
    bearer: bool,
}

struct Credentials {
    username: Box<str>,
    password: Secret,
}

/// What is known of a [`SevenG`] before it is checked.
#[derive(Clone, Default)]
#[must_use]
pub struct SevenGBuilder {
    username: Option<String>,
    password: Option<Secret>,
    environment: Option<String>,
    base_url: Option<String>,
    bearer: bool,
    allow_insecure: bool,
}

/// Without the base URL, which has not been checked yet and may hold credentials.
impl fmt::Debug for SevenGBuilder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { username, environment, bearer, .. } = self;
        write!(formatter, "SevenGBuilder {{ username: {username:?}, environment: {environment:?}, bearer: {bearer} }}")
    }
}

impl SevenGBuilder {
    /// The user name, 1 to 255 characters.
    pub fn username(mut self, username: impl Into<String>) -> Self {
        self.username = Some(username.into());
        self
    }

    /// The password, 1 to 255 characters.
    pub fn password(mut self, password: impl Into<Secret>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// `production` (the default), `development`, `test`, `lab` or `demo`.
    pub fn environment(mut self, environment: impl Into<String>) -> Self {
        self.environment = Some(environment.into());
        self
    }

    /// An address of your own instead of an environment's.
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = Some(base_url.into());
        self
    }

    /// Whether `Authorization` says `Bearer` before the token. The vendor's SDK and examples send the bare token.
    pub fn bearer(mut self, bearer: bool) -> Self {
        self.bearer = bearer;
        self
    }

    /// Lets plain http leave this machine.
    pub fn allow_insecure(mut self, allow: bool) -> Self {
        self.allow_insecure = allow;
        self
    }

    /// Checks it all.
    ///
    /// # Errors
    /// `invalid_config` with the field that is wrong.
    pub fn build(self) -> Result<SevenG, Error> {
        let base_url = BaseUrl::new(&self.address()?, self.allow_insecure)?;
        let credentials = match (self.username, self.password) {
            (None, None) => None,
            (Some(username), Some(password)) => {
                check_length("username", &username)?;
                check_length("password", password.expose())?;
                Some(Credentials { username: username.into(), password })
            }
            (None, Some(_)) => return Err(Error::invalid("username", "A password was given without a user name.")),
            (Some(_), None) => return Err(Error::invalid("password", "A user name was given without a password.")),
        };
        Ok(SevenG { base_url, credentials, bearer: self.bearer })
    }

    fn address(&self) -> Result<String, Error> {
        match (&self.base_url, self.environment.as_deref()) {
            (Some(_), Some(_)) => Err(Error::invalid("base_url", "Give an environment or a base URL, not both.")),
            (Some(base_url), None) => Ok(base_url.clone()),
            (None, environment) => {
                let wanted = environment.unwrap_or("production");
                let found = ENVIRONMENTS.iter().find(|(name, _)| *name == wanted);
                found.map(|(_, url)| (*url).to_owned()).ok_or_else(|| {
                    let known = ENVIRONMENTS.map(|(name, _)| name).join(", ");
                    Error::invalid("environment", format!("There is no such environment. Known are: {known}."))
                })
            }
        }
    }
}

fn check_length(field: &'static str, value: &str) -> Result<(), Error> {
    match value.chars().count() {
        0 => Err(Error::invalid(field, format!("The {field} is empty."))),
        1..=LONGEST if holds_line_ends(value) => Err(Error::invalid(
            field,
            format!("The {field} holds a line break or another control character. Copy it again, without line ends."),
        )),
        1..=LONGEST => Ok(()),
        count => Err(Error::invalid(field, format!("The {field} has {count} characters; the API takes {LONGEST}."))),
    }
}

impl SevenG {
    /// Starts with nothing given: user name and password, and an environment unless it is production.
    pub fn builder() -> SevenGBuilder {
        SevenGBuilder::default()
    }

    pub(crate) fn secrets<'a>(&'a self, spent: Option<&'a Grant>) -> Vec<&'a Secret> {
        let password = self.credentials.iter().map(|held| &held.password);
        let tokens = spent.into_iter().flat_map(|grant| [Some(&grant.access_token), grant.refresh_token.as_ref()]);
        password.chain(tokens.flatten()).collect()
    }

    fn held(&self) -> Result<&Credentials, Error> {
        self.credentials.as_ref().ok_or_else(|| {
            Error::invalid("username", "A login needs a user name and a password, and this provider holds none.")
        })
    }

    fn authorization(&self, access_token: &str) -> String {
        if self.bearer { format!("Bearer {access_token}") } else { access_token.to_owned() }
    }

    fn post(path: &str, authorization: Option<String>, body: &Value) -> Request {
        let mut headers = vec![("Content-Type", Secret::new("application/json")), ("Version", Secret::new("2.0"))];
        headers.extend(authorization.map(|value| ("Authorization", Secret::new(value))));
        Request { method: Method::Post, path: path.to_owned(), headers, body: Some(Secret::new(body.to_string())) }
    }

    /// A request to one of the two endpoints that need no token.
    pub(crate) fn anonymous(path: String) -> Request {
        Request { method: Method::Get, path, headers: vec![("Version", Secret::new("2.0"))], body: None }
    }
}

impl fmt::Debug for SevenG {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let username = self.credentials.as_ref().map(|held| &held.username);
        write!(formatter, "SevenG {{ base_url: {:?}, username: {username:?} }}", self.base_url)
    }
}

impl Provider for SevenG {
    fn system(&self) -> &'static str {
        "7g"
    }

    fn base_url(&self) -> &BaseUrl {
        &self.base_url
    }

    fn user(&self) -> Option<&str> {
        self.credentials.as_ref().map(|held| &*held.username)
    }

    fn check_login(&self) -> Result<(), Error> {
        self.held().map(|_| ())
    }

    /// wire.md 1.1 and 1.3.
    fn login(&self, _value: Option<&Secret>) -> Result<Request, Error> {
        let held = self.held()?;
        let body = json!({ "username": held.username, "password": held.password.expose() });
        Ok(Self::post(LOGIN, None, &body))
    }

    fn read_login(&self, answer: &Answer, _sent: &[&Secret]) -> Outcome {
        let secrets = self.secrets(None);
        let outcome = read(answer, "login", &secrets, |object| {
            grant(token(object, "accessToken")?, Some(Secret::new(refresh_token(object)?)))
        });
        if matches!(outcome, Outcome::Granted(_)) {
            return outcome;
        }
        let is_own = answer.object().as_ref().is_some_and(denies);
        match outcome {
            // Said in so many words, a refusal is more than a request to slow down.
            Outcome::Busy(_) if is_own && judged::said(answer) != Said::Nothing => {
                Outcome::Rejected(judged_all_the_same(answer, &answer.secrets(&secrets)))
            }
            Outcome::Rejected(error) | Outcome::Unreadable(error)
                if matches!(error.code(), ErrorCode::Protocol | ErrorCode::AccessDenied)
                    && judged::is_unseen(answer, is_own) =>
            {
                Outcome::Unjudged(judged::unseen(error, &self.base_url, LOGIN))
            }
            outcome => outcome,
        }
    }

    /// wire.md 1.1: not anonymous, the held access token goes along, expired or not.
    fn refresh(&self, grant: &Grant) -> Option<Request> {
        let refresh_token = grant.refresh_token.as_ref()?;
        let authorization = self.authorization(grant.access_token.expose());
        let body = json!({ "refreshToken": refresh_token.expose() });
        Some(Self::post("/User/RefreshToken", Some(authorization), &body))
    }

    /// wire.md 1.8.3: where the answer has no refresh token the old one stays good.
    fn read_refresh(&self, spent: &Grant, answer: &Answer) -> Outcome {
        read(answer, "refresh", &self.secrets(Some(spent)), |object| {
            let rotated = refresh_token(object).map(Secret::new);
            // One that is there and cannot be read has replaced the old one all the same.
            let is_kept = matches!(field(object, "refreshToken"), None | Some(Value::Null | Value::String(_)));
            grant(token(object, "accessToken")?, rotated.or_else(|| spent.refresh_token.clone().filter(|_| is_kept)))
        })
    }

    fn headers(&self, access_token: &str) -> Vec<(&'static str, String)> {
        vec![("Authorization", self.authorization(access_token)), ("Version", "2.0".to_owned())]
    }

    fn held_secrets(&self) -> Vec<Secret> {
        self.secrets(None).into_iter().cloned().collect()
    }

    /// wire.md 1.3. `Roles` is a text that holds JSON; what its members mean is not documented.
    fn profile(&self, claims: &Claims) -> Profile {
        const USERNAME: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier";
        let mut profile = Map::new();
        for (name, claim) in [("username", USERNAME), ("user_id", "UserID"), ("instance_id", "InstanceID")] {
            profile.extend(claims.get(claim).map(|value| (name.to_owned(), value.clone())));
        }
        let roles = claims.get("Roles").and_then(Value::as_str).and_then(|roles| serde_json::from_str(roles).ok());
        profile.extend(roles.map(|roles: Value| ("roles".to_owned(), roles)));
        Profile { fields: shown(profile, &Secrets::new(self.secrets(None))), ..Profile::default() }
    }

    fn credential(&self, _value: Option<&Secret>) -> Secret {
        let held = self.credentials.as_ref();
        Secret::new(held.map(|held| format!("{}\0{}", held.username, held.password.expose())).unwrap_or_default())
    }

    fn default_lifetime(&self) -> Duration {
        LIFETIME
    }
}

/// A number is one as well, if it is read exactly.
fn refresh_token(object: &Map<String, Value>) -> Option<String> {
    const NAME: &str = "refreshToken";
    let number = || field(object, NAME).and_then(Value::as_u64).map(|number| number.to_string());
    token(object, NAME).or_else(number)
}

/// None if a token could not be sent: such an answer is not one of the API.
fn grant(access_token: String, refresh_token: Option<Secret>) -> Option<Grant> {
    let expiry = jwt::expiry(&access_token).map_or(Expiry::After(LIFETIME), Expiry::At);
    let access_token = Secret::new(access_token);
    let sendable = access_token.is_sendable() && refresh_token.as_ref().is_none_or(Secret::is_sendable);
    sendable.then_some(Grant { access_token, refresh_token, expiry, details: None })
}

/// wire.md 1.8.6: the order in which an answer of the two auth endpoints is read.
fn read(
    answer: &Answer,
    what: &str,
    secrets: &[&Secret],
    tokens: impl Fn(&Map<String, Value>) -> Option<Grant>,
) -> Outcome {
    let object = answer.object();
    if answer.is_success()
        && let Some(grant) = object.as_ref().and_then(tokens)
    {
        return Outcome::Granted(grant);
    }
    let secrets = &answer.secrets(secrets);
    let refused = object.as_ref().is_some_and(denies);
    let may_be_locked = match what {
        // A refresh that comes too often was not looked at, whatever the words are.
        "refresh" => answer.status != 429,
        _ => (400..500).contains(&answer.status) || refused,
    };
    if answer.status == 423 || may_be_locked && answer.status < 500 && answer.speaks_of_lockout(secrets) {
        return Outcome::Rejected(locked(answer, what, secrets));
    }
    match answer.status {
        _ if answer.is_busy() => Outcome::Busy(answer.busy(what, secrets)),
        // A request that the server gave up waiting for: nobody knows how far it got.
        408 => Outcome::Unreadable(answer.unreadable(what, secrets)),
        400..500 => Outcome::Rejected(rejected(answer, what, secrets)),
        _ if refused => Outcome::Rejected(rejected(answer, what, secrets)),
        _ => Outcome::Unreadable(answer.unreadable(what, secrets)),
    }
}

/// A refusal with a status that asks to slow down.
fn judged_all_the_same(answer: &Answer, secrets: &Secrets) -> Error {
    let status = answer.status;
    let (code, what) = match judged::said(answer) {
        Said::Wrong => (ErrorCode::InvalidCredentials, "user name or password are wrong"),
        _ => (ErrorCode::AccessDenied, "the login failed"),
    };
    let message = format!("The server refused the login (HTTP {status}) and asks to slow down: {what}.");
    answer.explain(Error::new(code, message).trying_again(answer.received, answer.retry_at), secrets)
}

fn locked(answer: &Answer, what: &str, secrets: &Secrets) -> Error {
    let message = format!(
        "The server says that the account is locked and refused the {what}. It opens again ten minutes after the last \
         failed login, and nothing is sent before that."
    );
    let retry_at = answer.retry_at.unwrap_or_else(|| answer.received.after(LOCKED_FOR));
    let error = Error::new(ErrorCode::AccountLocked, message).trying_again(answer.received, retry_at);
    answer.explain(error, secrets)
}

fn rejected(answer: &Answer, what: &str, secrets: &Secrets) -> Error {
    let error = if answer.status == 401 {
        let meaning = match what {
            "login" => "user name or password are wrong, or are those of another environment",
            _ => "what was sent with it is no longer good",
        };
        let message = format!("The server refused the {what} (HTTP 401): {meaning}.");
        Error::new(ErrorCode::InvalidCredentials, message)
    } else {
        let message = format!(
            "The server refused the {what} (HTTP {}). A blocked address, a disabled account and a wrong path all look \
             like this.",
            answer.status
        );
        Error::new(ErrorCode::AccessDenied, message)
    };
    answer.explain(error.trying_again(answer.received, answer.retry_at), secrets)
}

#[cfg(test)]
#[path = "seven_g_tests.rs"]
mod tests;
