//! The state machine of one session, pure: what to do next, given the time and what happened.
//!
//! There is no clock, socket, lock, task or randomness in here. The keeper feeds [`Lifecycle::step`] and carries out
//! what it returns, in order. A flight is one exchange of credentials, or several that follow from each other (a
//! refresh that is lost, then the login that heals it); at most one is under way, and it belongs to none of its waiters.

mod flight;
mod refusal;
mod start;
#[cfg(test)]
mod tests;
mod types;
mod verdict;

use std::sync::Arc;
use std::time::Duration;

use crate::clock::{BootTime, Now};
use crate::error::{Cause, Error, ErrorCode};
use crate::event::{Event, EventKind};
use crate::freshness::{Freshness, ServerClock, Windows};
use crate::grant::{Expiry, Grant};
use crate::provider::{Challenge, Outcome};
use crate::secret::Secret;

pub use types::State;
pub(crate) use types::{Effect, Ended, Exchange, FlightNumber, Held, Input, Rules};
pub(crate) use verdict::verdict;

/// A token that came of a refused one and is refused itself within this time shows that a refresh does not help.
const REFUSED_AGAIN: Duration = Duration::from_secs(60);

/// Why a flight is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    FirstLogin,
    Renewal,
    /// The server refused the token.
    Refused,
}

#[derive(Clone, Debug)]
enum Stage {
    /// Sent and not answered.
    OnTheWire { since: BootTime, replayed: bool },
    /// Failed without consequences; to be sent again.
    Waiting { until: BootTime },
    /// Answered with new tokens, which are in use and on their way to the store.
    Storing,
}

#[derive(Clone, Debug)]
struct Flight {
    number: FlightNumber,
    exchange: Exchange,
    purpose: Purpose,
    stage: Stage,
    deadline: BootTime,
}

/// One session.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools)] // independent facts; an enum of their combinations would have dozens
pub(crate) struct Lifecycle {
    rules: Arc<Rules>,
    server: ServerClock,
    held: Option<Arc<Held>>,
    /// Why the refresh token must not be sent any more.
    spent: Option<Cause>,
    /// The server refused the access token.
    refused: bool,
    /// When the held token came of a refused one.
    after_refusal: Option<BootTime>,
    /// A login was refused: the credentials are not sent again.
    login_refused: bool,
    /// The server asked for a factor that is not held.
    challenged: bool,
    /// The session came from a parent process.
    inherited: bool,
    closed: bool,
    /// Whether the timer is to wake a session that is due.
    armed: bool,
    /// In a box: most sessions are idle most of the time.
    flight: Option<Box<Flight>>,
    next_flight: FlightNumber,
    failures: u32,
    /// When the last of them was.
    failed_at: BootTime,
    not_before: Option<BootTime>,
    /// Until when no further login is spent while the token is valid.
    spared_until: Option<BootTime>,
    last_error: Option<Error>,
}

impl Lifecycle {
    /// A session that has nothing yet.
    pub(crate) fn new(rules: impl Into<Arc<Rules>>) -> Self {
        Self {
            rules: rules.into(),
            server: ServerClock::default(),
            held: None,
            spent: None,
            refused: false,
            after_refusal: None,
            login_refused: false,
            challenged: false,
            inherited: false,
            closed: false,
            armed: false,
            flight: None,
            next_flight: 0,
            failures: 0,
            failed_at: BootTime::default(),
            not_before: None,
            spared_until: None,
            last_error: None,
        }
    }

    /// A session that starts with tokens from elsewhere.
    pub(crate) fn resumed(rules: impl Into<Arc<Rules>>, grant: Grant, now: Now, chance: f64) -> (Self, Arc<Held>) {
        let mut lifecycle = Self::new(rules);
        let held = Arc::new(lifecycle.hold(now, grant, chance));
        lifecycle.held = Some(Arc::clone(&held));
        lifecycle.armed = true;
        (lifecycle, held)
    }

    /// The session in a forked child: it may use the token, and never spends its parent's refresh token.
    pub(crate) fn inherited(rules: impl Into<Arc<Rules>>, held: Option<Arc<Held>>, closed: bool) -> Self {
        Self { held, closed, inherited: true, ..Self::new(rules) }
    }

    /// What follows from `input` at this time. `chance` in 0..1 is fresh randomness.
    pub(crate) fn step(&mut self, now: Now, chance: f64, input: Input) -> Vec<Effect> {
        match input {
            Input::Login { force } => self.begin(now, Exchange::Login { force }, Purpose::FirstLogin),
            Input::Want => self.want(now),
            Input::Refresh => self.refresh(now),
            Input::Unauthorized(token) => self.unauthorized(now, &token),
            Input::Ended(number, ended) => self.ended(now, chance, number, ended),
            Input::Stored(number, result) => self.stored(now, number, result),
            Input::Wake { used } => self.wake(now, used),
            Input::Close => self.close(now),
        }
    }

    /// When [`Input::Wake`] is wanted next.
    pub(crate) fn wake_at(&self) -> Option<BootTime> {
        match self.flight.as_deref() {
            Some(Flight { stage: Stage::Waiting { until }, .. }) => Some(*until),
            Some(_) => None,
            None if self.closed || !self.armed => None,
            None => self
                .held
                .as_ref()
                .map(|held| held.windows.due.max(self.not_before.max(self.spared_until).unwrap_or_default())),
        }
    }

    /// The token if it is still worth something: what a caller gets whose flight failed.
    pub(crate) fn valid(&self, now: Now) -> Option<Arc<Held>> {
        let held = self.held.as_ref().filter(|_| !self.refused && !self.closed);
        held.filter(|held| held.windows.freshness(now.boot) != Freshness::Expired).map(Arc::clone)
    }

    /// What keeps the flight that is under way from getting through, if it has failed before.
    pub(crate) fn trouble(&self) -> Option<&Error> {
        self.last_error.as_ref().filter(|_| self.flight.is_some() && self.failures > 0)
    }

    /// What is held, whatever it is worth.
    pub(crate) fn held(&self) -> Option<&Arc<Held>> {
        self.held.as_ref()
    }

    /// What the session is doing.
    pub(crate) fn state(&self, now: Now) -> State {
        match self.flight.as_deref() {
            _ if self.closed => State::Closed,
            Some(Flight { stage: Stage::Storing, .. }) => State::Active,
            Some(Flight { exchange: Exchange::Login { .. }, .. }) => State::LoggingIn,
            Some(_) => State::Refreshing,
            None if self.valid(now).is_some() => State::Active,
            None if self.challenged => State::Challenged,
            None if self.way_on().is_some() && (self.held.is_some() || self.last_error.is_some()) => State::Active,
            None if self.held.is_none() && self.last_error.is_none() => State::New,
            None => State::NeedsLogin,
        }
    }

    /// Whether tries have failed, the last one just now: an old failure says nothing about the server of today.
    fn in_trouble(&self, now: Now) -> bool {
        self.failures > 0 && now.boot < self.failed_at.after(flight::LONGEST_WAIT)
    }

    fn want(&mut self, now: Now) -> Vec<Effect> {
        if self.closed {
            return vec![Effect::Refuse(refusal::closed())];
        }
        let valid = self.valid(now);
        let freshness = valid.as_ref().map_or(Freshness::Expired, |held| held.windows.freshness(now.boot));
        let (Some(held), false) = (valid, freshness == Freshness::Expired) else {
            return self.demand(now, Purpose::Renewal);
        };
        // In an outage nobody waits who holds a valid token: the next tries are made without them.
        let worth_waiting = freshness == Freshness::Urgent && !self.in_trouble(now);
        match (freshness, &self.flight) {
            (Freshness::Urgent, Some(flight)) if worth_waiting => vec![Effect::Wait(flight.number)],
            (Freshness::Urgent, None) if worth_waiting && self.can_send_now(now) => self.demand(now, Purpose::Renewal),
            (Freshness::Due | Freshness::Urgent, None) if self.can_send_now(now) => {
                let mut effects = vec![Effect::HandOut(held)];
                // The caller has its token: it does not wait for this flight.
                let started = self.demand(now, Purpose::Renewal).into_iter();
                effects.extend(started.filter(|effect| !matches!(effect, Effect::Wait(_))));
                effects
            }
            _ => vec![Effect::HandOut(held)],
        }
    }

    fn refresh(&mut self, now: Now) -> Vec<Effect> {
        if self.closed { vec![Effect::Refuse(refusal::closed())] } else { self.demand(now, Purpose::Renewal) }
    }

    fn unauthorized(&mut self, now: Now, token: &Secret) -> Vec<Effect> {
        if self.closed {
            return vec![Effect::Refuse(refusal::closed())];
        }
        // Only the token that is handed out now is worth a refresh: a late 401 is answered by the newer one.
        if self.held.as_ref().is_none_or(|held| held.grant.access_token != *token) {
            return self.want(now);
        }
        if self.after_refusal.is_some_and(|since| now.boot < since.after(REFUSED_AGAIN)) {
            let error = refusal::token_refused();
            return vec![self.announce(now, EventKind::Unauthorized, None), Effect::Refuse(error)];
        }
        let mut effects = Vec::new();
        if !self.refused {
            self.refused = true;
            effects.push(Effect::Publish(None));
            effects.push(self.announce(now, EventKind::Unauthorized, None));
        }
        effects.extend(self.demand(now, Purpose::Refused));
        effects
    }

    fn wake(&mut self, now: Now, used: bool) -> Vec<Effect> {
        if let Some(Flight { stage: Stage::Waiting { until }, .. }) = self.flight.as_deref() {
            return if *until <= now.boot { self.send(now) } else { Vec::new() };
        }
        let due = self.wake_at().is_some_and(|at| at <= now.boot);
        if !due {
            return Vec::new();
        }
        self.armed = false;
        // Nobody has asked since the token ended: whoever asks next starts the refresh.
        let wanted = self.rules.keep_alive || (used && self.valid(now).is_some());
        if !wanted || !self.can_send_now(now) {
            return Vec::new();
        }
        let started = self.demand(now, Purpose::Renewal).into_iter();
        started.filter(|effect| !matches!(effect, Effect::Wait(_) | Effect::Refuse(_))).collect()
    }

    fn close(&mut self, now: Now) -> Vec<Effect> {
        if std::mem::replace(&mut self.closed, true) {
            return Vec::new();
        }
        let settled = self.flight.take().map(|flight| Effect::Settle(flight.number, Err(refusal::closed())));
        self.armed = false;
        let mut effects = vec![Effect::Publish(None), Effect::Forget(self.held.take())];
        effects.push(self.announce(now, EventKind::LoggedOut, None));
        effects.extend(settled);
        effects
    }

    /// The grant with the times that it is good for, by what is known of the server's clock.
    fn hold(&self, now: Now, grant: Grant, chance: f64) -> Held {
        let lifetime = match grant.expiry {
            Expiry::At(end) => self.server.left(end, now.boot, now.unix),
            Expiry::After(lifetime) => lifetime,
        };
        let expires_at = match grant.expiry {
            Expiry::At(end) => end,
            Expiry::After(lifetime) => self.server.latest(now.boot, now.unix).after(lifetime),
        };
        let windows = Windows::new(now.boot, lifetime, self.rules.margins, chance);
        Held { grant, windows, expires_at }
    }

    fn announce(&self, now: Now, kind: EventKind, error: Option<&Error>) -> Effect {
        let mut event = Event::new(kind, now.unix);
        event.code = error.map(Error::code);
        event.cause = error.and_then(Error::cause);
        event.retry_at = self.not_before.filter(|_| error.is_some()).map(|at| now.unix_at(at));
        Effect::Announce(event)
    }
}
