//! The state machine of one session, pure: what to do next, given the time and what happened.
//!
//! There is no clock, socket, lock, task or randomness in here. The keeper feeds [`Lifecycle::step`] and carries out
//! what it returns, in order. A flight is one exchange of credentials, or several that follow from each other (a
//! refresh that is lost, then the login that heals it); at most one is under way, and it belongs to none of its waiters.

mod asked;
mod backoff;
mod clock_doubt;
mod flight;
mod holding;
mod in_flight;
mod issued;
mod login_budget;
mod login_outcome;
mod login_right;
mod refusal;
mod second_step;
mod start;
mod streak;
#[cfg(test)]
mod tests;
mod types;
mod verdict;

use std::sync::Arc;

use crate::error::{Cause, Error, ErrorCode, Sent};
use crate::event::{Event, EventKind};
use crate::factor::FactorKind;
use crate::freshness::{Freshness, ServerClock, Windows};
use crate::grant::{Expiry, Grant, SecondFactor};
use crate::provider::{Outcome, Renewal};
use crate::secret::Secret;
use crate::time::{BootTime, Now};

use backoff::Backoff;
use clock_doubt::ClockDoubt;
use holding::Holding;
use in_flight::{Flight, Flights, Purpose, Stage};
use issued::Issued;
use login_budget::LoginBudget;
use login_right::LoginRight;
use second_step::SecondStep;
use streak::RefusalStreak;
use types::Handed;
pub use types::State;
pub(crate) use types::{Effect, Ended, Exchange, FlightNumber, Held, Input, LoginPart, Rules};
pub(crate) use verdict::verdict;

/// One session.
#[derive(Debug)]
pub(crate) struct Lifecycle {
    rules: Arc<Rules>,
    server: ServerClock,
    holding: Holding,
    streak: RefusalStreak,
    clock_doubt: ClockDoubt,
    login_right: LoginRight,
    second_step: SecondStep,
    closed: bool,
    /// Whether the timer is to wake a session that is due.
    armed: bool,
    flights: Flights,
    backoff: Backoff,
    login_budget: LoginBudget,
    last_error: Option<Error>,
}

impl Lifecycle {
    /// A session that has nothing yet.
    pub(crate) fn new(rules: impl Into<Arc<Rules>>) -> Self {
        Self {
            rules: rules.into(),
            server: ServerClock::default(),
            holding: Holding::default(),
            streak: RefusalStreak::default(),
            second_step: SecondStep::default(),
            clock_doubt: ClockDoubt::default(),
            login_right: LoginRight::default(),
            closed: false,
            armed: false,
            flights: Flights::default(),
            backoff: Backoff::default(),
            login_budget: LoginBudget::default(),
            last_error: None,
        }
    }

    /// A session that starts with tokens from elsewhere, of a server whose clock may be known already.
    pub(crate) fn resumed(
        rules: impl Into<Arc<Rules>>,
        server: ServerClock,
        grant: Grant,
        now: Now,
        chance: f64,
    ) -> (Self, Arc<Held>) {
        let mut lifecycle = Self { server, ..Self::new(rules) };
        let held = Arc::new(lifecycle.hold(now, grant, chance));
        lifecycle.holding = Holding::resumed(Arc::clone(&held));
        lifecycle.armed = true;
        (lifecycle, held)
    }

    /// The session in a forked child: it may use the token, and never spends its parent's refresh token, or a value that is
    /// good for one login.
    pub(crate) fn inherited(rules: impl Into<Arc<Rules>>, held: Option<Arc<Held>>, closed: bool) -> Self {
        let rules = rules.into();
        Self { holding: Holding::inherited(held), closed, login_right: LoginRight::inherited(), ..Self::new(rules) }
    }

    /// What follows from `input` at this time. `chance` in 0..1 is fresh randomness.
    pub(crate) fn step(&mut self, now: Now, chance: f64, input: Input) -> Vec<Effect> {
        match input {
            Input::Login { force, part } => self.begin(now, Exchange::Login { force, part }, Purpose::FirstLogin),
            Input::Complete { asked, given, force } => self.complete(now, &asked, given, force),
            Input::Supplied(number, part) => self.supplied(now, number, part),
            Input::Want => self.want(now),
            Input::Refresh => self.refresh(now),
            Input::Unauthorized(token) => self.unauthorized(now, &token),
            Input::Unknown(token) => self.unknown(now, &token),
            Input::Known(token) => self.known(&token),
            Input::Ended(number, ended) => self.ended(now, chance, number, ended),
            Input::Stored(number, result) => self.stored(now, number, result),
            Input::Wake { used } => self.wake(now, used),
            Input::Close => self.close(now),
        }
    }

    /// When [`Input::Wake`] is wanted next.
    pub(crate) fn wake_at(&self) -> Option<BootTime> {
        match self.flights.current() {
            Some(Flight { stage: Stage::Waiting { until }, .. }) => Some(*until),
            Some(_) => None,
            None if self.closed || !self.armed => None,
            None => self
                .held()
                .map(|held| self.calm_until().unwrap_or(held.windows.wake))
                .map(|at| at.max(self.backoff.until().max(self.login_budget.reserved_until()).unwrap_or_default())),
        }
    }

    /// The token if it is still worth something: what a caller gets whose flight failed.
    pub(crate) fn valid(&self, now: Now) -> Option<Arc<Held>> {
        self.holding.valid(now.boot).filter(|_| !self.closed).map(Arc::clone)
    }

    /// The token of a session at rest: nothing is on its way to the server or to the store.
    pub(crate) fn at_rest(&self, now: Now) -> Option<Arc<Held>> {
        self.valid(now).filter(|_| self.flights.current().is_none())
    }

    /// Whether this flight is the first login of a session that nobody has yet but its callers.
    pub(crate) fn is_first_login(&self, number: FlightNumber) -> bool {
        let flight = self.flights.current().filter(|flight| flight.number == number);
        self.held().is_none() && flight.is_some_and(|flight| flight.purpose == Purpose::FirstLogin)
    }

    /// What keeps the flight that is under way from getting through, if it has failed before.
    pub(crate) fn trouble(&self) -> Option<Error> {
        let flight = self.flights.current().filter(|_| self.backoff.is_failing())?;
        let error = self.last_error.clone()?;
        let again = matches!(flight.stage, Stage::OnTheWire { .. });
        // That the last try was not sent is not the whole truth where another is on its way, or one before it was lost.
        Some(match error.sent() {
            Some(Sent::No) if again => error.with_sent(Sent::Maybe).with_more(" Another try is under way."),
            _ if flight.lost => error.after_lost_try(),
            _ => error,
        })
    }

    /// Before when a login is spared that the ledger bears, while the token is good.
    pub(crate) fn spares_login_until(&self, now: Now) -> Option<BootTime> {
        let reserved = self.login_budget.counted_until(now.boot).filter(|_| self.valid(now).is_some());
        reserved.filter(|_| matches!(self.way_on(now), Some(Exchange::Login { .. })))
    }

    /// Before when nothing is sent: the server, or the backoff, wants a pause.
    pub(crate) fn paused_until(&self, now: Now) -> Option<BootTime> {
        self.backoff.until().filter(|at| *at > now.boot && !self.closed)
    }

    /// The second factor that the server waits for, while it does.
    pub(crate) fn challenged(&self, now: Now) -> Option<&Arc<SecondFactor>> {
        self.second_step.pending(now.boot).filter(|_| !self.closed)
    }

    /// Whether the user has logged out.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Whether the refresh token that is held must not be sent, or not by this process: in a forked child it is the parent's.
    pub(crate) fn is_spent(&self) -> bool {
        self.holding.is_spent()
    }

    /// Until when a token that the server refused is not replaced: those before it were refused as well.
    fn calm_until(&self) -> Option<BootTime> {
        self.streak.blocked_until().filter(|_| self.holding.is_access_refused())
    }

    /// Whether the session holds, or held, this access token.
    pub(crate) fn had(&self, token: &Secret) -> bool {
        self.held().is_some_and(|held| held.issued.contains(token))
    }

    /// What is held, whatever it is worth.
    pub(crate) fn held(&self) -> Option<&Arc<Held>> {
        self.holding.held()
    }

    /// What the session is doing.
    pub(crate) fn state(&self, now: Now) -> State {
        match self.flights.current() {
            _ if self.closed => State::Closed,
            Some(Flight { stage: Stage::Storing { .. }, .. }) => State::Active,
            Some(flight) if flight.is_login() => State::LoggingIn,
            Some(_) => State::Refreshing,
            None if self.valid(now).is_some() => State::Active,
            None if self.challenged(now).is_some() => State::Challenged,
            None if self.way_on(now).is_some() && (self.held().is_some() || self.last_error.is_some()) => State::Active,
            None if self.held().is_none() && self.last_error.is_none() => State::New,
            None => State::NeedsLogin,
        }
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
        let windows = match self.rules.renewal {
            Renewal::Daily { end, gap } if expires_at.time_of_day() == end => {
                // It must have ended by the slowest reading of the server's clock.
                let earliest = self.server.earliest(now.boot, now.unix);
                let renewable = now.boot.after(earliest.until(expires_at.after(gap)));
                Windows::until_common_end(now.boot.after(lifetime), renewable, chance)
            }
            _ => Windows::new(now.boot, lifetime, self.rules.margins, chance),
        };
        let issued = Issued::and(self.held().map(|held| &held.issued), &grant.access_token);
        Held { grant, windows, expires_at, issued, handed: Handed::default() }
    }

    /// The timer may wake the session again, if it has anything to renew.
    fn rearm(&mut self) {
        self.armed = self.held().is_some();
    }

    fn announce(&self, now: Now, kind: EventKind, error: Option<&Error>) -> Effect {
        let mut event = Event::new(kind, now.unix);
        event.code = error.map(Error::code);
        event.cause = error.and_then(Error::cause);
        event.retry_at = self.backoff.until().filter(|_| error.is_some()).map(|at| now.unix_at(at));
        Effect::Announce(event)
    }
}
