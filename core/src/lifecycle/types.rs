//! What goes into the state machine and what comes out of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::issued::Issued;
use crate::error::Error;
use crate::event::Event;
use crate::factor::FactorKind;
use crate::freshness::{Margins, Timing, Windows};
use crate::grant::{Grant, SecondFactor, Tokens};
use crate::provider::{Outcome, Renewal};
use crate::secret::Secret;
use crate::time::UnixTime;
use crate::words::words;

/// What a session may do, fixed when it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // each is a rule of its own
pub(crate) struct Rules {
    /// Credentials are held.
    pub(crate) can_login: bool,
    /// A login needs a human, or spends a value that is good for one: it is only made when somebody asks for it.
    pub(crate) attended: bool,
    /// A login spends a value that is good for one: there is no second.
    pub(crate) one_login: bool,
    /// A second factor is held to go on with when the server asks for one.
    pub(crate) holds_factor: bool,
    /// Each login carries a code that the one before did not have.
    pub(crate) fresh_codes: bool,
    /// A session that has lost its tokens may use them.
    pub(crate) may_relogin: bool,
    /// Refresh in the background even while unused.
    pub(crate) keep_alive: bool,
    /// Another login of the user may end the session.
    pub(crate) ended_elsewhere: bool,
    pub(crate) margins: Margins,
    /// How long a flight goes on while it can only wait and try again.
    pub(crate) flight_limit: Duration,
    /// How long after it was sent the provider takes the same refresh token again.
    pub(crate) replay_grace: Duration,
    pub(crate) renewal: Renewal,
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
    /// This access token and those that the session had before.
    pub(crate) issued: Issued,
    pub(crate) handed: Handed,
}

impl Held {
    /// What users see of it.
    pub(crate) fn tokens(&self) -> Tokens {
        Tokens {
            access_token: self.grant.access_token.clone(),
            refresh_token: self.grant.refresh_token.clone(),
            expires_at: Some(self.expires_at),
        }
    }
}

/// Whether somebody may have put the token on a request.
#[derive(Debug, Default)]
pub(crate) struct Handed(AtomicBool);

impl Handed {
    #[inline]
    pub(crate) fn note(&self) {
        // Written once: callers on every core read it.
        if !self.0.load(Ordering::Relaxed) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    pub(super) fn is_noted(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// It says nothing of what is granted.
impl PartialEq for Handed {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Handed {}

/// Names one flight of a session.
pub(crate) type FlightNumber = u32;

/// What goes on the wire.
#[derive(Clone, Debug)]
pub(crate) enum Exchange {
    /// The credentials. `force` overrides the lockout ledger.
    Login { force: bool, part: LoginPart },
    /// The refresh token of this grant.
    Refresh(Arc<Held>),
}

/// How much of a login is made.
#[derive(Clone, Debug)]
pub(crate) enum LoginPart {
    /// The first step, and the second if the server asks for it and a factor is held. The value of the first that
    /// somebody was asked for, once it is had: nobody is asked twice for one flight.
    Whole(Option<Secret>),
    /// The first step alone: a human is going to give the second factor.
    First,
    /// The second step, with what somebody gave, or else with the factor that is held.
    Second(Arc<SecondFactor>, Option<(FactorKind, Secret)>),
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
    /// The human who was asked for a value of the login gave none.
    NoValue(Error),
}

/// What happened.
#[derive(Clone, Debug)]
pub(crate) enum Input {
    /// The first login of a new session, or its first step.
    Login { force: bool, part: LoginPart },
    /// A human gave the second factor that the server waits for.
    Complete { asked: Arc<SecondFactor>, given: (FactorKind, Secret), force: bool },
    /// The human who was asked gave the value of this flight's login, which is now this.
    Supplied(FlightNumber, LoginPart),
    /// A caller wants a token that is good for a while.
    Want,
    /// A caller wants the tokens to be rotated now.
    Refresh,
    /// A caller says that the server refused this access token, which may be a newer one than its request carried.
    Unauthorized(Secret),
    /// The server itself says that it does not know this access token.
    Unknown(Secret),
    /// The server itself says that it does.
    Known(Secret),
    /// The exchange of this flight ended.
    Ended(FlightNumber, Ended),
    /// The new tokens of this flight have been stored, or the store has failed.
    Stored(FlightNumber, Result<(), Error>),
    /// The time of [`Lifecycle::wake_at`](super::Lifecycle::wake_at) has come. `used`: somebody was handed the token since the last change.
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
    /// Tell the server that this is not used any more.
    EndOnServer(Arc<Held>),
    /// Tell the listeners.
    Announce(Event),
    /// Tell the waiters of this flight that it goes on without the callers that hold a valid token.
    Release(FlightNumber),
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
