//! What is known of a [`SevenG`] before it is checked.

use std::fmt;

use crate::error::Error;
use crate::provider::BaseUrl;
use crate::provider::answer::holds_line_ends;
use crate::secret::Secret;

use super::{Credentials, SevenG};

/// wire.md 1.3: the longest user name, password and refresh token.
const LONGEST: usize = 255;
/// wire.md 1.6.
pub(super) const ENVIRONMENTS: [(&str, &str); 5] = [
    ("production", "https://api.7g.com.au"),
    ("development", "https://dev-api.7g.com.au"),
    ("test", "https://test-api.7g.com.au"),
    ("lab", "https://lab-api.7g.com.au"),
    ("demo", "https://demo-api.7g.com.au"),
];

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
