//! The words that tell errors apart: their codes, why a login is needed, whether a request may have been sent.

use crate::words::words;

words! {
    /// What kind of error it is. Every code has a class of its own in Python and in TypeScript.
    ErrorCode {
        /// A bad argument, found before any traffic.
        InvalidConfig = "invalid_config",
        /// The server refused the user or the password.
        InvalidCredentials = "invalid_credentials",
        /// A second factor is needed and none can be had without a human.
        SecondFactorRequired = "second_factor_required",
        /// The second factor was refused.
        SecondFactorRejected = "second_factor_rejected",
        /// The server says that the account is locked.
        AccountLocked = "account_locked",
        /// Refused here, without any traffic, to protect the account from being locked.
        LockoutGuard = "lockout_guard",
        /// The server refuses for another reason: a blocked address, a disabled account, a bad API key.
        AccessDenied = "access_denied",
        /// The session cannot go on without a login.
        ReloginRequired = "relogin_required",
        /// The session was inherited by a forked process and must not spend its parent's refresh token.
        ForkedSession = "forked_session",
        /// The server asks to slow down, for longer than the deadline allows to wait.
        RateLimited = "rate_limited",
        /// No answer was had.
        Transport = "transport",
        /// No answer in time.
        Timeout = "timeout",
        /// No trusted connection could be made.
        Tls = "tls",
        /// The proxy refused or could not be reached.
        Proxy = "proxy",
        /// The server gave an answer that cannot be read.
        Protocol = "protocol",
        /// The store failed.
        Store = "store",
        /// The session was logged out, or the process is exiting.
        Closed = "closed",
    }
}

words! {
    /// Why a session cannot go on without a login.
    Cause {
        /// A refresh was sent and its answer never came: the server may have rotated the token.
        RotationLost = "rotation_lost",
        /// The server refused the refresh token.
        RefreshRejected = "refresh_rejected",
        /// There is no refresh token.
        NoRefreshToken = "no_refresh_token",
        /// A login needs a second factor from a human, or a value that is good for one login.
        FactorRequired = "factor_required",
        /// The server refused a token that it had just issued.
        TokenRefused = "token_refused",
        /// The login that should have healed the session was refused.
        LoginRejected = "login_rejected",
    }
}

/// Whether a request that got no answer may have reached the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sent {
    /// It was not sent: nothing has changed on the server.
    No,
    /// It may have been: the server may have acted on it.
    Maybe,
}

impl Sent {
    /// `no` or `maybe`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Maybe => "maybe",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_and_cause_is_spelt_once() {
        let mut codes: Vec<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), ErrorCode::ALL.len());
        let mut causes: Vec<_> = Cause::ALL.iter().map(|cause| cause.as_str()).collect();
        causes.sort_unstable();
        causes.dedup();
        assert_eq!(causes.len(), Cause::ALL.len());
    }
}
