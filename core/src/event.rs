//! What happened to a session, for logs, metrics and the audit trail. Events hold no secrets.

use crate::error::{Cause, ErrorCode};
use crate::time::UnixTime;
use crate::words::words;

words! {
    /// What happened.
    EventKind {
        /// A login succeeded.
        LoggedIn = "logged_in",
        /// A login failed; `code` says how. Tries that the same flight repeats while callers wait are not announced singly.
        LoginFailed = "login_failed",
        /// The server took the first factor of a login and waits for the second.
        Challenged = "challenged",
        /// The tokens were rotated.
        Refreshed = "refreshed",
        /// A refresh failed; `code` says how, `retry_at` when the next is tried. Repeated tries as above.
        RefreshFailed = "refresh_failed",
        /// A caller reported that the server refused the current token.
        Unauthorized = "unauthorized",
        /// The session cannot go on without a login; `cause` says why.
        ReloginRequired = "relogin_required",
        /// The address or the token of the market data feed is another one: see `feed`.
        FeedChanged = "feed_changed",
        /// A login was refused here, to protect the account.
        LockoutGuard = "lockout_guard",
        /// A login was sent in spite of the lockout guard, because the caller insisted.
        LoginForced = "login_forced",
        /// The store failed; the session goes on with what it holds in memory.
        StoreFailed = "store_failed",
        /// A login waits before it is sent; `reason` says for what, `until` how long.
        Waiting = "waiting",
        /// The listener was too slow: the oldest events were dropped, `count` of them.
        Dropped = "dropped",
        /// The session was logged out.
        LoggedOut = "logged_out",
    }
}

words! {
    /// What a login waits for.
    WaitReason {
        /// The next code of the authenticator: the present one has been used, or is about to end.
        TotpStep = "totp_step",
    }
}

/// One thing that happened to a session.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// When, by the local wall clock.
    pub at: UnixTime,
    /// The kind of error, where one was.
    pub code: Option<ErrorCode>,
    /// Why a login is needed.
    pub cause: Option<Cause>,
    /// When the next try is due.
    pub retry_at: Option<UnixTime>,
    /// The end of the new access token.
    pub expires_at: Option<UnixTime>,
    /// What is waited for.
    pub reason: Option<WaitReason>,
    /// The end of the wait.
    pub until: Option<UnixTime>,
    /// How many events were dropped.
    pub count: Option<u64>,
}

impl Event {
    pub(crate) fn new(kind: EventKind, at: UnixTime) -> Self {
        Self {
            kind,
            at,
            code: None,
            cause: None,
            retry_at: None,
            expires_at: None,
            reason: None,
            until: None,
            count: None,
        }
    }
}
