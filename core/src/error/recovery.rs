//! What helps after an error: one table, which all languages show and which the session itself goes by.

use super::ErrorCode;
use crate::words::words;

words! {
    /// What helps after an error.
    Recovery {
        /// The same call may succeed later.
        Retry = "retry",
        /// The same call may succeed once `retry_at` has come.
        RetryAt = "retry_at",
        /// Something that was given is wrong: a setting, a credential, a code, a permission at the server.
        Correct = "correct",
        /// A new login.
        Login = "login",
        /// Nothing: what was called is over.
        Never = "never",
    }
}

impl ErrorCode {
    /// What helps after an error of this code.
    ///
    /// ```
    /// use relatch::{ErrorCode, Recovery};
    /// assert_eq!(ErrorCode::Timeout.recovery(), Recovery::Retry);
    /// assert_eq!(ErrorCode::InvalidCredentials.recovery(), Recovery::Correct);
    /// ```
    pub const fn recovery(self) -> Recovery {
        match self {
            Self::Transport | Self::Timeout | Self::Tls | Self::Proxy | Self::Protocol | Self::Store => Recovery::Retry,
            Self::RateLimited | Self::AccountLocked | Self::LockoutGuard => Recovery::RetryAt,
            Self::InvalidConfig | Self::InvalidCredentials | Self::AccessDenied | Self::SecondFactorRejected => {
                Recovery::Correct
            }
            Self::SecondFactorRequired | Self::ReloginRequired | Self::ForkedSession => Recovery::Login,
            Self::Closed => Recovery::Never,
        }
    }

    /// Whether an error of this code may pass while a call waits: the server, or the way to it, is away for a while.
    pub(crate) const fn is_outage(self) -> bool {
        matches!(self, Self::Transport | Self::Timeout | Self::RateLimited)
    }

    /// Whether an error of this code stays until somebody acts. A certificate and a proxy are set right by somebody else than
    /// the caller: its next call may succeed, and the one that waits does not.
    pub(crate) const fn stays(self) -> bool {
        matches!(self.recovery(), Recovery::Correct) || matches!(self, Self::Tls | Self::Proxy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_by_itself_can_be_tried_again_and_does_not_stay() {
        for code in ErrorCode::ALL {
            let tried_again = matches!(code.recovery(), Recovery::Retry | Recovery::RetryAt);
            assert!(!code.is_outage() || tried_again, "{code:?}");
            assert!(!(code.is_outage() && code.stays()), "{code:?}");
        }
    }
}
