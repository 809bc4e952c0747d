//! What goes into the state machine and what comes out of it.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::UnixTime;
use crate::error::Error;
use crate::event::Event;
use crate::freshness::{Margins, Timing, Windows};
use crate::grant::Grant;
use crate::provider::Outcome;
use crate::secret::Secret;
use crate::words::words;

/// What a session may do, fixed when it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rules {
    /// Credentials are held that need no human.
    pub(crate) can_login: bool,
    /// A session that has lost its tokens may use them.
    pub(crate) may_relogin: bool,
    /// Refresh in the background even while unused.
    pub(crate) keep_alive: bool,
    pub(crate) margins: Margins,
    /// How long a flight goes on while it can only wait and try again.
    pub(crate) flight_limit: Duration,
    /// How long after it was sent the provider takes the same refresh token again.
    pub(crate) replay_grace: Duration,
    /// What a token lives that does not say.
    pub(crate) default_lifetime: Duration,
}

/// A grant that is in use.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) grant: Grant,
    pub(crate) windows: Windows,
    /// The end of the access token by the server's clock.
    pub(crate) expires_at: UnixTime,
}

/// Names one flight of a session.
pub(crate) type FlightNumber = u32;

/// What goes on the wire.
#[derive(Clone, Debug)]
pub(crate) enum Exchange {
    /// The credentials. `force` overrides the lockout ledger.
    Login { force: bool },
    /// The refresh token of this grant.
    Refresh(Arc<Held>),
}

/// How an exchange ended.
#[derive(Clone, Debug)]
pub(crate) enum Ended {
    /// A whole answer came and was read.
    Answered(Outcome, Timing),
    /// Nothing was sent.
    NotSent(Error),
    /// It was sent, or may have been, and no whole answer came.
    Ambiguous(Error),
    /// The ledger did not let the login through.
    Guarded(Error),
}

/// What happened.
#[derive(Clone, Debug)]
pub(crate) enum Input {
    /// The first login of a new session.
    Login { force: bool },
    /// A caller wants a token that is good for a while.
    Want,
    /// A caller wants the tokens to be rotated now.
    Refresh,
    /// A caller says that the server refused this access token.
    Unauthorized(Secret),
    /// The exchange of this flight ended.
    Ended(FlightNumber, Ended),
    /// The new tokens of this flight have been stored, or the store has failed.
    Stored(FlightNumber, Result<(), Error>),
    /// The time of [`Lifecycle::wake_at`] has come. `used`: somebody was handed the token since the last change.
    Wake { used: bool },
    /// The user logs out.
    Close,
}

/// What to do, in this order.
#[derive(Clone, Debug)]
pub(crate) enum Effect {
    /// To the caller: here is the token.
    HandOut(Arc<Held>),
    /// To the caller: wait for this flight.
    Wait(FlightNumber),
    /// To the caller: it cannot be done.
    Refuse(Error),
    /// Put this on the wire and report back, in a task that belongs to nobody.
    Send(FlightNumber, Exchange),
    /// From now on hand this out without asking, while it is fresh; or nothing.
    Publish(Option<Arc<Held>>),
    /// Keep these tokens where they outlive the process, and report back.
    Store(FlightNumber, Arc<Held>),
    /// Forget what was kept of the session, if it is still this.
    Forget(Option<Arc<Held>>),
    /// Tell whoever listens.
    Announce(Event),
    /// Tell the waiters of this flight how it ended.
    Settle(FlightNumber, Result<Arc<Held>, Error>),
}

words! {
    /// What a session is doing, as users see it.
    State {
        /// Nothing has happened yet.
        New = "new",
        /// Credentials are on their way.
        LoggingIn = "logging_in",
        /// It has a token, or can get one.
        Active = "active",
        /// A refresh token is on its way.
        Refreshing = "refreshing",
        /// The server waits for a second factor.
        Challenged = "challenged",
        /// It cannot go on without a login.
        NeedsLogin = "needs_login",
        /// It was logged out.
        Closed = "closed",
    }
}
