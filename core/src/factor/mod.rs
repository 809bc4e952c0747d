//! Second factors, and other values of a login that are not held as they are: codes that change, answers of a human.

mod callback;
mod totp;

use std::time::Duration;

use crate::secret::Secret;
use crate::words::words;

pub use callback::{Answering, Callback, NotAText, Question};
pub use totp::Totp;

words! {
    /// The kinds of second factors.
    FactorKind {
        /// A code that an authenticator app makes of a secret and the time (RFC 6238).
        Totp = "totp",
        /// A one-time password that the system sends to its user.
        Otp = "otp",
        /// The identifier of a device on which the user has registered a fingerprint.
        Fingerprint = "fingerprint",
        /// The number that the Indian tax office knows the user by.
        Pan = "pan",
    }
}

/// A second factor of one user.
///
/// ```
/// let factor = relatch::Factor::from(relatch::Totp::new("JBSW Y3DP EHPK 3PXP")?);
/// assert_eq!(factor.kind(), relatch::FactorKind::Totp);
/// # Ok::<(), relatch::Error>(())
/// ```
#[derive(Clone, Debug)]
pub enum Factor {
    /// Codes made of a secret.
    Totp(Totp),
    /// One-time passwords, asked for by a callback. A session asks only when it is told to log in or to refresh.
    Otp(Callback),
    /// The identifier of the user's registered device.
    Fingerprint(Secret),
    /// The user's PAN.
    Pan(Secret),
}

/// Where a value of a login comes from.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// It is held.
    Held(&'a Secret),
    /// It is made of a secret and the time.
    Totp(&'a Totp),
    /// A callback is asked for it.
    Callback(&'a Callback),
}

impl Factor {
    /// The device's identifier as a factor.
    pub fn fingerprint(udid: impl Into<Secret>) -> Self {
        Self::Fingerprint(udid.into())
    }

    /// The PAN as a factor.
    pub fn pan(pan: impl Into<Secret>) -> Self {
        Self::Pan(pan.into())
    }

    /// What kind of factor it is.
    pub fn kind(&self) -> FactorKind {
        match self {
            Self::Totp(_) => FactorKind::Totp,
            Self::Otp(_) => FactorKind::Otp,
            Self::Fingerprint(_) => FactorKind::Fingerprint,
            Self::Pan(_) => FactorKind::Pan,
        }
    }

    /// Where its value comes from.
    pub fn source(&self) -> Source<'_> {
        match self {
            Self::Totp(totp) => Source::Totp(totp),
            Self::Otp(callback) => Source::Callback(callback),
            Self::Fingerprint(value) | Self::Pan(value) => Source::Held(value),
        }
    }
}

impl From<Totp> for Factor {
    fn from(totp: Totp) -> Self {
        Self::Totp(totp)
    }
}

impl Source<'_> {
    /// How long it may take to have the value.
    pub(crate) fn limit(self) -> Duration {
        match self {
            Self::Held(_) => Duration::ZERO,
            Self::Totp(totp) => totp.longest_wait(),
            Self::Callback(callback) => callback.time_limit(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_shows_no_secret() {
        let factors =
            [Totp::new("JBSWY3DPEHPK3PXP").unwrap().into(), Factor::fingerprint("made-up-1"), Factor::pan("made-up-1")];
        let shown = format!("{factors:?}");
        assert!(!shown.contains("made-up") && !shown.contains("JBSW"), "{shown}");
    }
}
