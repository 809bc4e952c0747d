//! The 7G API: what it is sent and how its answers read. Facts: wire.md part 1. Pure.

mod builder;
mod reading;

use std::fmt;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::answer::{Answer, denies, field, token};
use super::judged::{self, Said};
use super::{BaseUrl, Method, Outcome, Provider, Request};
use crate::error::{Error, ErrorCode};
use crate::foreign_text::{Secrets, shown};
use crate::grant::{Claims, Grant, Profile};
use crate::secret::Secret;

pub use builder::SevenGBuilder;

use reading::{grant, judged_all_the_same, read, refresh_token};

/// wire.md 1.1.
const LOGIN: &str = "/User/Login";
/// wire.md 1.4: what a token lives where it does not say.
const LIFETIME: Duration = Duration::from_secs(1200);

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

#[cfg(test)]
mod tests;
