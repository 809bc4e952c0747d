//! Which second factors go with which first factor: the combination table of wire.md 2.3.

use crate::error::Error;
use crate::factor::FactorKind;

use super::first_factor::FirstFactor;

/// What the first request of a login carries besides the first factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// `second_auth_type` REGISTER: the answer asks for a second factor.
    Register,
    /// Nothing.
    Alone,
    /// `second_auth_type` and `second_auth`.
    Typed(FactorKind),
    /// `second_auth` alone: the server takes it for the PAN.
    Untyped,
}

/// The first step of a login with these two factors.
///
/// # Errors
/// `invalid_config` for a pair that the table does not have.
pub(super) fn first_step(first: &FirstFactor, second: Option<FactorKind>) -> Result<Step, Error> {
    use FirstFactor::{Mpin, Password, RegisterToken, SsoCallback, SsoToken};
    match (first, second) {
        // An OTP is asked for once the server has taken the password.
        (Password(_), None | Some(FactorKind::Otp)) => Ok(Step::Register),
        (Mpin(_), None | Some(FactorKind::Pan)) => Err(refused("An MPIN", "an OTP, a TOTP or a fingerprint")),
        (RegisterToken(_), None | Some(FactorKind::Pan)) => {
            Err(refused("A register token", "an OTP, a TOTP or a fingerprint"))
        }
        (SsoToken(_) | SsoCallback(_), Some(_)) => Err(refused("An SSO token", "no second factor")),
        (_, Some(FactorKind::Pan)) => Ok(Step::Untyped),
        (_, Some(kind)) => Ok(Step::Typed(kind)),
        // Of FINGERPRINT and of types of the caller's own the vendor says nothing: they are sent as given.
        (_, None) => Ok(Step::Alone),
    }
}

fn refused(first: &str, goes_with: &str) -> Error {
    Error::invalid("second_factor", format!("{first} goes with {goes_with}, and with nothing else."))
}

/// As `second_auth_type` spells it; nothing for the PAN, which has no type.
pub(super) fn type_of(kind: FactorKind) -> Option<&'static str> {
    match kind {
        FactorKind::Totp => Some("TOTP"),
        FactorKind::Otp => Some("OTP"),
        FactorKind::Fingerprint => Some("FINGERPRINT"),
        FactorKind::Pan => None,
    }
}
