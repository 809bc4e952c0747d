//! The first factor of a login: what `login_type` names and `password` carries (wire.md 2.3).

use crate::error::Error;
use crate::factor::Callback;
use crate::secret::Secret;

use super::checks;

/// wire.md 2.3: the login types of the vendor's documents.
const KNOWN: [&str; 5] = ["PASSWORD", "MPIN", "FINGERPRINT", "TP_TOKEN", "TOKEN"];

/// What a user proves first.
pub(super) enum FirstFactor {
    Password(Secret),
    Mpin(Secret),
    Fingerprint(Secret),
    SsoToken(Secret),
    SsoCallback(Callback),
    RegisterToken(Secret),
    Other { login_type: Box<str>, value: Secret },
}

/// All that a builder was given; one of it at most is meant to be.
#[derive(Clone, Default)]
pub(super) struct Given {
    pub(super) password: Option<Secret>,
    pub(super) mpin: Option<Secret>,
    pub(super) fingerprint: Option<Secret>,
    pub(super) sso_token: Option<Secret>,
    pub(super) sso_callback: Option<Callback>,
    pub(super) register_token: Option<Secret>,
    pub(super) login_type: Option<String>,
}

impl FirstFactor {
    /// As it is sent.
    pub(super) fn login_type(&self) -> &str {
        match self {
            Self::Password(_) => "PASSWORD",
            Self::Mpin(_) => "MPIN",
            Self::Fingerprint(_) => "FINGERPRINT",
            Self::SsoToken(_) | Self::SsoCallback(_) => "TP_TOKEN",
            Self::RegisterToken(_) => "TOKEN",
            Self::Other { login_type, .. } => login_type,
        }
    }

    /// Its value, unless a callback is asked for it.
    pub(super) fn held(&self) -> Option<&Secret> {
        match self {
            Self::Password(value)
            | Self::Mpin(value)
            | Self::Fingerprint(value)
            | Self::SsoToken(value)
            | Self::RegisterToken(value)
            | Self::Other { value, .. } => Some(value),
            Self::SsoCallback(_) => None,
        }
    }
}

impl Given {
    /// The builder's names of what was given.
    pub(super) fn names(&self) -> Vec<&'static str> {
        let Self { password, mpin, fingerprint, sso_token, sso_callback, register_token, login_type: _ } = self;
        let given = [
            ("password", password.is_some()),
            ("mpin", mpin.is_some()),
            ("fingerprint", fingerprint.is_some()),
            ("sso_token", sso_token.is_some()),
            ("sso_token", sso_callback.is_some()),
            ("register_token", register_token.is_some()),
        ];
        given.into_iter().filter_map(|(name, is_given)| is_given.then_some(name)).collect()
    }

    /// The one that was given, checked.
    pub(super) fn check(self) -> Result<Option<FirstFactor>, Error> {
        let name = match *self.names() {
            [] => return self.check_nothing(),
            [name] => name,
            [one, other, ..] => {
                let message = if one == other {
                    format!("{one} was given as a value and as a callback: give one of them.")
                } else {
                    format!("A login has one first factor: give {one} or {other}, not both.")
                };
                return Err(Error::invalid(other, message));
            }
        };
        let Self { password, mpin, fingerprint, sso_token, sso_callback, register_token, login_type } = self;
        let first = password
            .map(FirstFactor::Password)
            .or(mpin.map(FirstFactor::Mpin))
            .or(fingerprint.map(FirstFactor::Fingerprint))
            .or(sso_token.map(FirstFactor::SsoToken))
            .or(sso_callback.map(FirstFactor::SsoCallback))
            .or(register_token.map(FirstFactor::RegisterToken));
        if let Some(value) = first.as_ref().and_then(FirstFactor::held) {
            checks::text(name, value.expose())?;
        }
        if let Some(FirstFactor::Mpin(value)) = &first {
            checks::mpin(name, value.expose())?;
        }
        match login_type {
            Some(login_type) => first.map(|first| typed(first, name, &login_type)).transpose(),
            None => Ok(first),
        }
    }

    fn check_nothing(&self) -> Result<Option<FirstFactor>, Error> {
        match self.login_type {
            None => Ok(None),
            Some(_) => {
                Err(Error::invalid("login_type", "A login type was given without a value: give it as password."))
            }
        }
    }
}

/// wire.md 2.10.1: types that the vendor may have besides the five go with a password and are sent as given.
fn typed(first: FirstFactor, name: &'static str, login_type: &str) -> Result<FirstFactor, Error> {
    checks::text("login_type", login_type)?;
    let login_type = login_type.trim();
    let known = KNOWN.iter().find(|known| known.eq_ignore_ascii_case(login_type));
    match (known, first) {
        (Some(known), first) if *known == first.login_type() => Ok(first),
        (None, FirstFactor::Password(value)) => Ok(FirstFactor::Other { login_type: login_type.into(), value }),
        (Some(known), _) => {
            let message = format!("The login type {known} does not go with {name}. Leave it off: {name} says it all.");
            Err(Error::invalid("login_type", message))
        }
        (None, _) => {
            let message = format!("A login type of your own goes with password, and {name} was given.");
            Err(Error::invalid("login_type", message))
        }
    }
}
