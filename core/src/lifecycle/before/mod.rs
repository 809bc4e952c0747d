//! The machine as it was before its state was regrouped. It runs in lock step with the one that took its place.

mod asked;
mod flight;
mod start;

use std::sync::Arc;
use std::time::Duration;

use super::issued::Issued;
use super::refusal;
use super::types::{Effect, Ended, Exchange, FlightNumber, Handed, Held, Input, LoginPart, Rules, State};
use crate::clock::{BootTime, Now};
use crate::error::{Cause, Error, ErrorCode, Sent};
use crate::event::{Event, EventKind};
use crate::factor::FactorKind;
use crate::freshness::{Freshness, ServerClock, Windows};
use crate::grant::{Expiry, Grant, SecondFactor};
use crate::provider::{Outcome, Renewal};
use crate::secret::Secret;

/// Of tokens that come of refused ones two are had within this time. The time doubles while each token comes of a refused
/// one: two programs that end each other's sessions must calm down.
const REFUSED_AGAIN: Duration = Duration::from_secs(60);
/// How often it doubles.
const MOST_DOUBLINGS: u32 = 5;
/// A token that was good for so long has nothing to do with the refusal that it came of.
const LIVED_WELL: Duration = Duration::from_secs(3600);
/// For so long after a token gave way to another, requests with it are still answered, and callers report the new one for
/// them: nobody can tell which of the two the server refused.
const ECHO: Duration = Duration::from_secs(5);

/// No server is taken to wait longer than this for a second factor: its clock may be unknown here.
const LONGEST_CHALLENGE: Duration = Duration::from_secs(3600);
/// How long a server is taken to wait that says a time which is over: one of the clocks is wrong.
const USUAL_CHALLENGE: Duration = Duration::from_secs(900);

/// Why a flight is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    FirstLogin,
    Renewal,
    /// The user asked for new tokens: a human may be asked for a factor.
    Asked,
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
    /// What it brought differs from what was held in how the feed is opened.
    new_feed: bool,
    /// The server has not looked at the second factor that was sent last, if one was.
    unspent: bool,
    /// Something of it may have reached the server, and no answer told.
    lost: bool,
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
    /// When the token before the held one was last handed out, at the latest; nothing where nobody was given it.
    outgoing: Option<BootTime>,
    /// When a token last came of a refused one.
    after_refusal: Option<BootTime>,
    /// How many tokens did, one after the other.
    refusals: u8,
    /// When a token came that had ended on arrival.
    stillborn: Option<BootTime>,
    /// A value that is good for one login has been spent.
    login_spent: bool,
    /// A login was refused: the credentials are not sent again.
    login_refused: bool,
    /// The server waits for a factor that is not held.
    challenged: Option<Arc<SecondFactor>>,
    /// Until when.
    challenged_until: BootTime,
    /// The one that the session came of.
    completed: Option<Arc<SecondFactor>>,
    /// Codes that the server refused, one after the other.
    refused_codes: u8,
    /// The session came from a parent process.
    inherited: bool,
    /// What is held came from elsewhere, as a program kept it.
    resumed: bool,
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
    /// A login since the last token counts in the ledger: not one that the server had no time for.
    login_counted: bool,
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
            outgoing: None,
            after_refusal: None,
            login_refused: false,
            challenged: None,
            challenged_until: BootTime::default(),
            completed: None,
            refusals: 0,
            stillborn: None,
            login_spent: false,
            refused_codes: 0,
            inherited: false,
            resumed: false,
            closed: false,
            armed: false,
            flight: None,
            next_flight: 0,
            failures: 0,
            failed_at: BootTime::default(),
            not_before: None,
            spared_until: None,
            login_counted: false,
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
        let mut lifecycle = Self { server, resumed: true, ..Self::new(rules) };
        let held = Arc::new(lifecycle.hold(now, grant, chance));
        lifecycle.held = Some(Arc::clone(&held));
        lifecycle.armed = true;
        (lifecycle, held)
    }

    /// The session in a forked child: it may use the token, and never spends its parent's refresh token, or a value that is
    /// good for one login.
    pub(crate) fn inherited(rules: impl Into<Arc<Rules>>, held: Option<Arc<Held>>, closed: bool) -> Self {
        Self { held, closed, inherited: true, login_spent: true, ..Self::new(rules) }
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
        match self.flight.as_deref() {
            Some(Flight { stage: Stage::Waiting { until }, .. }) => Some(*until),
            Some(_) => None,
            None if self.closed || !self.armed => None,
            None => self
                .held
                .as_ref()
                .map(|held| self.calm_until().unwrap_or(held.windows.wake))
                .map(|at| at.max(self.not_before.max(self.spared_until).unwrap_or_default())),
        }
    }

    /// The token if it is still worth something: what a caller gets whose flight failed.
    pub(crate) fn valid(&self, now: Now) -> Option<Arc<Held>> {
        self.valid_at(now).filter(|_| !self.closed)
    }

    fn valid_at(&self, now: Now) -> Option<Arc<Held>> {
        let held = self.held.as_ref().filter(|_| !self.refused);
        held.filter(|held| held.windows.freshness(now.boot) != Freshness::Expired).map(Arc::clone)
    }

    /// The token of a session at rest: nothing is on its way to the server or to the store.
    pub(crate) fn at_rest(&self, now: Now) -> Option<Arc<Held>> {
        self.valid(now).filter(|_| self.flight.is_none())
    }

    /// Whether this flight is the first login of a session that nobody has yet but its callers.
    pub(crate) fn is_first_login(&self, number: FlightNumber) -> bool {
        let flight = self.flight.as_deref().filter(|flight| flight.number == number);
        self.held.is_none() && flight.is_some_and(|flight| flight.purpose == Purpose::FirstLogin)
    }

    /// What keeps the flight that is under way from getting through, if it has failed before.
    pub(crate) fn trouble(&self) -> Option<Error> {
        let flight = self.flight.as_deref().filter(|_| self.failures > 0)?;
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
        let spared = self.spared_until.filter(|at| *at > now.boot && self.valid(now).is_some());
        spared.filter(|_| self.login_counted).filter(|_| matches!(self.way_on(now), Some(Exchange::Login { .. })))
    }

    /// Before when nothing is sent: the server, or the backoff, wants a pause.
    pub(crate) fn paused_until(&self, now: Now) -> Option<BootTime> {
        self.not_before.filter(|at| *at > now.boot && !self.closed)
    }

    /// The second factor that the server waits for, while it does.
    pub(crate) fn challenged(&self, now: Now) -> Option<&Arc<SecondFactor>> {
        self.challenged.as_ref().filter(|_| !self.closed && now.boot < self.challenged_until)
    }

    /// Whether the user has logged out.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Whether the refresh token that is held must not be sent, or not by this process: in a forked child it is the parent's.
    pub(crate) fn is_spent(&self) -> bool {
        self.spent.is_some() || self.inherited
    }

    /// Until when a token that the server refused is not replaced: those before it were refused as well.
    fn calm_until(&self) -> Option<BootTime> {
        self.guarded_until().filter(|_| self.refused)
    }

    /// Until when a refused token would not be replaced.
    fn guarded_until(&self) -> Option<BootTime> {
        let doublings = u32::from(self.refusals).checked_sub(2)?.min(MOST_DOUBLINGS);
        self.after_refusal.map(|since| since.after(REFUSED_AGAIN.saturating_mul(1 << doublings)))
    }

    /// Whether the session holds, or held, this access token.
    pub(crate) fn had(&self, token: &Secret) -> bool {
        self.held.as_ref().is_some_and(|held| held.issued.contains(token))
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
            None if self.challenged(now).is_some() => State::Challenged,
            None if self.way_on(now).is_some() && (self.held.is_some() || self.last_error.is_some()) => State::Active,
            None if self.held.is_none() && self.last_error.is_none() => State::New,
            None => State::NeedsLogin,
        }
    }

    /// Whether tries have failed, the last one just now: an old failure says nothing about the server of today.
    fn in_trouble(&self, now: Now) -> bool {
        self.failures > 0 && now.boot < self.failed_at.after(flight::LONGEST_WAIT)
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
        let issued = Issued::and(self.held.as_ref().map(|held| &held.issued), &grant.access_token);
        Held { grant, windows, expires_at, issued, handed: Handed::default() }
    }

    fn announce(&self, now: Now, kind: EventKind, error: Option<&Error>) -> Effect {
        let mut event = Event::new(kind, now.unix);
        event.code = error.map(Error::code);
        event.cause = error.and_then(Error::cause);
        event.retry_at = self.not_before.filter(|_| error.is_some()).map(|at| now.unix_at(at));
        Effect::Announce(event)
    }
}
