//! Why the server refuses a request.

use super::answer;
use super::fields::Malformed;
use crate::request::Outcome;
use crate::settings::Settings;

/// The sub-code of a wrong TOTP, as observed.
const WRONG_TOTP: &str = "e-17";
/// The sub-code of a licence that does not cover the source, as observed.
const NOT_LICENSED: &str = "e-14";

/// Why the server refuses a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The body is not as it should be.
    Malformed,
    /// The token in Authorization is not good: the verdict.
    Unauthorized(&'static str),
    BadApiKey,
    NotLicensed,
    BadCredentials,
    Locked,
    Disabled,
    /// The way to log in, or the second factor, has not been set up or has been switched off.
    NotEnabled,
    NoSecondFactor,
    BadTotp,
    TotpStepUsed,
    BadOtp,
    BadUdid,
    BadPan,
    /// The register token is not good: the verdict.
    BadRegisterToken(&'static str),
}

impl Refusal {
    /// Whether somebody may have been guessing, which counts towards a lock.
    pub(super) fn is_guess(self) -> bool {
        use Refusal::{BadCredentials, BadOtp, BadPan, BadTotp, BadUdid, TotpStepUsed};
        matches!(self, BadCredentials | BadTotp | TotpStepUsed | BadOtp | BadUdid | BadPan)
    }

    /// The answer. Only the sub-codes and texts of a wrong TOTP and of the licence have been observed; the others are
    /// made up.
    pub(super) fn answer(self, settings: &Settings) -> Outcome {
        let (verdict, message, sub_code) = match self {
            Self::Malformed => return answer::malformed(settings),
            Self::Unauthorized(verdict) => return answer::unauthorized(settings, verdict),
            Self::BadTotp => ("bad_totp", "Incorrect TOTP.", WRONG_TOTP),
            Self::TotpStepUsed => ("totp_step_used", "Incorrect TOTP.", WRONG_TOTP),
            Self::NotLicensed => (
                "not_licensed",
                "Gateway license error. Kindly contact administrator for DealerId[0] GroupId[HO]",
                NOT_LICENSED,
            ),
            Self::BadApiKey => ("bad_api_key", "Invalid API key.", answer::NO_KNOWN_CODE),
            Self::BadCredentials => ("bad_credentials", "Invalid user ID or password.", answer::NO_KNOWN_CODE),
            Self::Locked => ("locked", "User is locked.", answer::NO_KNOWN_CODE),
            Self::Disabled => ("disabled", "User is disabled.", answer::NO_KNOWN_CODE),
            Self::NotEnabled => ("not_enabled", "This way to log in is not enabled.", answer::NO_KNOWN_CODE),
            Self::NoSecondFactor => ("no_second_factor", "Second factor is required.", answer::NO_KNOWN_CODE),
            Self::BadOtp => ("bad_otp", "Invalid OTP.", answer::NO_KNOWN_CODE),
            Self::BadUdid => ("bad_udid", "Invalid UDID.", answer::NO_KNOWN_CODE),
            Self::BadPan => ("bad_pan", "Invalid PAN.", answer::NO_KNOWN_CODE),
            Self::BadRegisterToken(verdict) => (verdict, "Invalid register token.", answer::NO_KNOWN_CODE),
        };
        answer::refusal(settings, verdict, message, sub_code)
    }
}

impl From<Malformed> for Refusal {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}
