//! Why a login must not be sent, and what is said about it.

use crate::error::{Error, ErrorCode, Sent};
use crate::moment;
use crate::time::{BootTime, Now};

/// Why a login must not be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// One more failure could lock the account.
    TooMany { retry_at: BootTime, failures: u32, after: String },
    /// The server said that the account is locked.
    Locked { retry_at: BootTime, failures: u32 },
    /// The server refused this very credential.
    SameCredential { failures: u32 },
    /// Many logins have come to nothing within a minute, though none may count.
    Paced { retry_at: BootTime, after: String },
}

impl Refusal {
    /// This refusal by another clock than the ledger's.
    pub(crate) fn told_by(mut self, ledger: Now, other: Now) -> Self {
        match &mut self {
            Self::TooMany { retry_at, .. } | Self::Locked { retry_at, .. } | Self::Paced { retry_at, .. } => {
                *retry_at = other.boot.after(ledger.boot.until(*retry_at));
            }
            Self::SameCredential { .. } => {}
        }
        self
    }

    /// What the caller is told, by the clock that it goes by.
    pub(crate) fn error(self, now: Now) -> Error {
        let (retry_at, failures) = match &self {
            Self::TooMany { retry_at, failures, .. } | Self::Locked { retry_at, failures } => {
                (Some(*retry_at), Some(*failures))
            }
            Self::Paced { retry_at, .. } => (Some(*retry_at), None),
            Self::SameCredential { failures } => (None, Some(*failures)),
        };
        let retry_at = retry_at.map(|at| now.unix_at(at));
        let when = retry_at.map(|at| moment::at(now.unix, at)).unwrap_or_default();
        let message = match self {
            Self::TooMany { after, .. } => format!(
                "This login was not sent: one more failed login within ten minutes could lock the account, after {after}. \
                 Try again {when}. The force option sends it all the same: use it if you know that the account can bear \
                 another failure."
            ),
            Self::Locked { .. } => format!(
                "This login was not sent: the server says that the account is locked. Try again {when}. The force option \
                 sends it all the same."
            ),
            Self::SameCredential { .. } => "This login was not sent: the server has refused this very user name and \
                                            password. Correct them and log in again. The force option sends them all the \
                                            same, and counts as a failed login if they are still refused."
                .to_owned(),
            Self::Paced { after, .. } => {
                let message = format!(
                    "This login was not sent: within a minute nothing came of logins to this account, after {after}. Try \
                     again {when}."
                );
                let error = Error::new(ErrorCode::RateLimited, message).with_retry_at(retry_at).pinned(now);
                return error.with_sent(Sent::No);
            }
        };
        Error::new(ErrorCode::LockoutGuard, message).with_retry_at(retry_at).pinned(now).with_failures(failures)
    }
}
