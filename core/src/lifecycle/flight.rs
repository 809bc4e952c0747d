//! What follows from the end of an exchange.

use std::sync::Arc;
use std::time::Duration;

use super::clock_doubt::ABSURD;
use super::{
    Cause, Effect, Ended, Error, ErrorCode, Event, EventKind, Exchange, Expiry, Flight, FlightNumber, Freshness, Grant,
    Held, Lifecycle, LoginPart, Outcome, Purpose, SecondFactor, Stage, refusal,
};
use crate::clock::{BootTime, Now};
use crate::freshness::Timing;

/// The first wait after a failure without consequences.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// The first wait after a login whose end is not known: each of those may count on the server.
const FIRST_LOGIN_WAIT: Duration = Duration::from_secs(5);

impl Lifecycle {
    pub(super) fn ended(&mut self, now: Now, chance: f64, number: FlightNumber, ended: Ended) -> Vec<Effect> {
        let Some(flight) = self.flights.at(number) else {
            return self.ended_after_close(now, ended);
        };
        let Stage::OnTheWire { since, replayed } = flight.stage else { return Vec::new() };
        let is_login = flight.is_login();
        flight.unspent = matches!(
            ended,
            Ended::NotSent(_) | Ended::Guarded(_) | Ended::NoValue(_) | Ended::Answered(Outcome::Busy(_), _)
        );
        let (outcome, timing) = match ended {
            Ended::Answered(outcome, timing) => {
                self.server.observe(timing);
                (outcome, timing)
            }
            // The first of the two was lost: what happened to the second does not make it unsent.
            Ended::NotSent(error) if replayed => return self.heal(now, number, Cause::RotationLost, error),
            Ended::NotSent(error) => return self.try_again(now, chance, number, error),
            Ended::Guarded(error) => {
                let guarded = error.code() == ErrorCode::LockoutGuard;
                let kind = if guarded { EventKind::LockoutGuard } else { EventKind::LoginFailed };
                return self.login_failed(now, chance, number, error, kind);
            }
            Ended::NoValue(error) => return self.no_value(now, chance, number, error),
            Ended::Ambiguous(error) if is_login => {
                return self.login_failed(now, chance, number, error, EventKind::LoginFailed);
            }
            Ended::Ambiguous(error) => return self.refresh_lost(now, number, error, since, replayed),
        };
        match outcome {
            Outcome::Granted(grant) => self.granted(now, timing, chance, number, grant),
            Outcome::SecondFactor(asked) => self.challenge(now, number, Arc::new(asked)),
            // A refused login is never repeated by itself, not even one that was refused for being too many.
            Outcome::Busy(error) if is_login && error.status() == Some(429) => {
                self.login_failed(now, chance, number, error, EventKind::LoginFailed)
            }
            Outcome::Busy(error) if replayed => self.heal(now, number, Cause::RotationLost, error),
            Outcome::Busy(error) => self.try_again(now, chance, number, error),
            Outcome::Rejected(error) | Outcome::Unreadable(error) if is_login => {
                self.login_failed(now, chance, number, error, EventKind::LoginFailed)
            }
            Outcome::Unjudged(error) if is_login => self.unjudged(now, chance, number, error),
            Outcome::Rejected(error) => self.heal(now, number, Cause::RefreshRejected, error),
            Outcome::Unreadable(error) | Outcome::Unjudged(error) => self.heal(now, number, Cause::RotationLost, error),
        }
    }

    /// The session was closed meanwhile: nobody is going to use what was granted.
    fn ended_after_close(&self, now: Now, ended: Ended) -> Vec<Effect> {
        match ended {
            Ended::Answered(Outcome::Granted(grant), _) if self.closed => {
                vec![Effect::EndOnServer(Arc::new(self.hold(now, grant, 0.0)))]
            }
            _ => Vec::new(),
        }
    }

    /// New tokens: in use first, then stored, then announced, so that nothing after the answer can lose them.
    fn granted(&mut self, now: Now, timing: Timing, chance: f64, number: FlightNumber, grant: Grant) -> Vec<Effect> {
        let asked = self.flights.current().is_some_and(|flight| flight.purpose == Purpose::Refused);
        let of_refused = self.holding.is_access_refused() || asked;
        let grant = match grant.expiry {
            Expiry::At(_) => grant,
            Expiry::After(lifetime) => {
                let expiry = Expiry::After(lifetime.saturating_sub(timing.received.until(now.boot)));
                Grant { expiry, ..grant }
            }
        };
        let mut held = self.hold(now, grant, chance);
        if held.windows.expired <= now.boot
            && (self.clock_doubt.again(now.boot) || self.is_absurd(now, timing.sent, &held))
        {
            // A token is not issued expired: one of the clocks is wrong, and without a Date header it cannot be told
            // which. Taken at its word, it would be refreshed without end.
            let grant = Grant { expiry: Expiry::After(self.rules.default_lifetime), ..held.grant };
            held = self.hold(now, grant, chance);
        }
        let held = Arc::new(held);
        let old = self.holding.adopt(now.boot, Arc::clone(&held));
        self.second_step.granted();
        self.streak.granted(now.boot, of_refused);
        self.last_error = None;
        self.login_budget.clear();
        self.backoff.granted(self.clock_doubt.note(now.boot, held.windows.expired));
        self.armed = true;
        if let Some(flight) = self.flights.current_mut() {
            self.login_right.granted(flight.is_login());
            if let Exchange::Login { part, .. } = &flight.exchange {
                self.second_step.logged_in(match part {
                    LoginPart::Second(asked, _) => Some(Arc::clone(asked)),
                    _ => None,
                });
            }
            flight.stage = Stage::Storing { new_feed: old.is_some_and(|old| feed(&old) != feed(&held)) };
        }
        vec![Effect::Publish(Some(Arc::clone(&held))), Effect::Store(number, held)]
    }

    pub(super) fn stored(&mut self, now: Now, number: FlightNumber, result: Result<(), Error>) -> Vec<Effect> {
        let Some(flight) = self.flights.at(number) else { return Vec::new() };
        let (Stage::Storing { new_feed }, by_login) = (flight.stage, flight.is_login()) else { return Vec::new() };
        let Some(held) = self.held().map(Arc::clone) else { return Vec::new() };
        let mut effects = Vec::new();
        if let Err(error) = result {
            effects.push(self.announce(now, EventKind::StoreFailed, Some(&error)));
        }
        let mut event = Event::new(if by_login { EventKind::LoggedIn } else { EventKind::Refreshed }, now.unix);
        event.expires_at = Some(held.expires_at);
        effects.push(Effect::Announce(event));
        if new_feed {
            effects.push(self.announce(now, EventKind::FeedChanged, None));
        }
        let is_refused = self.holding.is_access_refused();
        let of_no_use = is_refused || held.windows.freshness(now.boot) == Freshness::Expired;
        let result = if is_refused { Err(self.no_way_on(now)) } else { Ok(held) };
        let next = self.way_on(now).filter(|_| of_no_use);
        if let Some(sent) = next.and_then(|exchange| self.go_on(now, number, exchange)) {
            effects.extend(sent);
        } else {
            self.flights.end();
            effects.push(Effect::Settle(number, result));
        }
        effects
    }

    /// Goes on in the same flight where what it brought is of no use: it was refused while it was being stored, or issued in
    /// the last second of a day, and callers wait for one to go on with. None where the pause is too long for them.
    fn go_on(&mut self, now: Now, number: FlightNumber, exchange: Exchange) -> Option<Vec<Effect>> {
        let renewable = self.held().map(|held| held.windows.renewable);
        let is_refused = self.holding.is_access_refused();
        let until = if is_refused { self.calm_until() } else { self.backoff.until().max(renewable) };
        let flight = self.flights.at(number)?;
        flight.exchange = exchange;
        if is_refused {
            flight.purpose = Purpose::Refused;
        }
        match until.filter(|at| *at > now.boot) {
            None => Some(self.send(now)),
            Some(until) => self.wait(now, until).then(Vec::new),
        }
    }

    /// Nothing has changed on the server: the same can be sent again later.
    fn try_again(&mut self, now: Now, chance: f64, number: FlightNumber, error: Error) -> Vec<Effect> {
        self.failed(now, &error, FIRST_WAIT, chance);
        let until = self.backoff.until().unwrap_or(now.boot);
        // Certificates, a proxy and a bad header do not mend themselves while callers wait.
        let lasting = matches!(error.code(), ErrorCode::Tls | ErrorCode::Proxy | ErrorCode::InvalidConfig)
            || self.backoff.is_failing_again() && error.finds_nobody() && self.is_unproven();
        let waits = if lasting { None } else { self.wait_on(now, number, until) };
        waits.unwrap_or_else(|| self.give_up(now, number, error))
    }

    /// A refresh was sent and no answer came.
    fn refresh_lost(
        &mut self,
        now: Now,
        number: FlightNumber,
        error: Error,
        since: BootTime,
        replayed: bool,
    ) -> Vec<Effect> {
        if !replayed
            && now.boot < since.after(self.rules.replay_grace)
            && let Some(flight) = self.flights.current_mut()
        {
            flight.stage = Stage::OnTheWire { since, replayed: true };
            return vec![Effect::Send(number, flight.exchange.clone())];
        }
        self.heal(now, number, Cause::RotationLost, error)
    }

    /// The refresh token is of no use any more: a login in the same flight, if one can be made.
    fn heal(&mut self, now: Now, number: FlightNumber, cause: Cause, error: Error) -> Vec<Effect> {
        self.holding.spend(cause);
        if let Some(flight) = self.flights.current_mut() {
            flight.lost |= cause == Cause::RotationLost;
        }
        self.last_error = Some(error.clone());
        self.backoff.pause(error.not_before(now));
        let mut effects = vec![self.announce(now, EventKind::RefreshFailed, Some(&error))];
        let Some(login) = self.way_on(now) else {
            self.armed = false;
            let relogin = self.relogin(cause, Some(error));
            effects.push(self.announce(now, EventKind::ReloginRequired, Some(&relogin)));
            effects.push(self.fail(now, number, relogin));
            return effects;
        };
        if let Some(flight) = self.flights.current_mut() {
            flight.exchange = login;
        }
        match self.backoff.until().filter(|at| *at > now.boot) {
            None => effects.extend(self.send(now)),
            Some(until) => {
                if let Some(waits) = self.wait_on(now, number, until) {
                    effects.extend(waits);
                } else {
                    self.armed = true;
                    effects.push(self.fail(now, number, error));
                }
            }
        }
        effects
    }

    /// A login was sent and did not succeed, or the ledger did not let it through.
    fn login_failed(
        &mut self,
        now: Now,
        chance: f64,
        number: FlightNumber,
        error: Error,
        kind: EventKind,
    ) -> Vec<Effect> {
        let first = self.held().is_none();
        let error = self.of_refused_code(now, error);
        self.failed(now, &error, FIRST_LOGIN_WAIT, chance);
        self.login_budget.spend(self.valid(now).map(|held| held.windows.urgent), &error);
        self.rearm();
        let mut effects = vec![self.announce(now, kind, Some(&error))];
        if error.code() == ErrorCode::SecondFactorRejected {
            self.login_right.reject_code();
            // The code may have been late, or used by another program. The next login has another, and one more refusal says
            // that it is not that.
            if self.makes_codes() && self.login_right.is_one_code_rejected() {
                let paused_until = self.backoff.until().unwrap_or(now.boot);
                // Who waits for a first login waits for the next code, and for nothing else.
                let until = if first { now.boot } else { paused_until };
                if let Some(Exchange::Login { part, force }) =
                    self.flights.current_mut().map(|flight| &mut flight.exchange)
                {
                    // What somebody insists on is sent once.
                    (*part, *force) = (LoginPart::Whole(None), false);
                }
                match self.wait_on(now, number, until) {
                    Some(waits) => effects.extend(waits),
                    None => effects.push(self.fail(now, number, error)),
                }
                return effects;
            }
        }
        // Who asked for an attended login knows best whether another may help, and the ledger what must not be sent.
        if !is_final(&error) || self.rules.attended {
            effects.push(self.fail(now, number, error));
            return effects;
        }
        self.login_right.reject();
        self.armed = false;
        if first {
            effects.push(self.fail(now, number, error));
            return effects;
        }
        let relogin = self.relogin(Cause::LoginRejected, Some(error));
        self.last_error = Some(relogin.clone());
        effects.push(self.announce(now, EventKind::ReloginRequired, Some(&relogin)));
        effects.push(self.fail(now, number, relogin));
        effects
    }

    /// Whether nothing has come of the server yet: its address may be written wrongly.
    fn is_unproven(&self) -> bool {
        let second = |exchange: &Exchange| matches!(exchange, Exchange::Login { part: LoginPart::Second(..), .. });
        self.held().is_none() && !self.flights.current().is_some_and(|flight| second(&flight.exchange))
    }

    /// Whether the flight's login carries a code that is made here, so that another can be.
    fn makes_codes(&self) -> bool {
        let given = match self.flights.current().map(|flight| &flight.exchange) {
            Some(Exchange::Login { part: LoginPart::Second(_, given), .. }) => given.is_some(),
            _ => false,
        };
        self.rules.fresh_codes && !self.rules.attended && !given
    }

    /// What is to be known of a refused code: how it may have come to be refused. What keeps another from being sent is told
    /// as the refusal that it followed, with the time that it says.
    fn of_refused_code(&self, now: Now, error: Error) -> Error {
        const USED: &str =
            " Each code is good for one login: another program that holds the same secret may have used it.";
        match (error.code(), &self.last_error) {
            (ErrorCode::SecondFactorRejected, _) if self.makes_codes() => error.with_more(USED),
            (ErrorCode::LockoutGuard, Some(refused))
                if self.login_right.is_one_code_rejected() && self.held().is_none() =>
            {
                refused.clone().trying_again(now.unix, error.retry_at())
            }
            _ => error,
        }
    }

    /// What answered a login is no login endpoint. It may be one again in a minute, and nothing was counted.
    fn unjudged(&mut self, now: Now, chance: f64, number: FlightNumber, error: Error) -> Vec<Effect> {
        self.failed(now, &error, FIRST_LOGIN_WAIT, chance);
        self.rearm();
        vec![self.announce(now, EventKind::LoginFailed, Some(&error)), self.fail(now, number, error)]
    }

    /// The server took the first factor and asks for a second.
    fn challenge(&mut self, now: Now, number: FlightNumber, asked: Arc<SecondFactor>) -> Vec<Effect> {
        self.second_step.asked(now.boot, self.server.left(asked.expires_at, now.boot, now.unix));
        // What somebody was asked for has been spent on the first step: nobody is asked twice.
        if let Some(flight) = self.flights.current_mut()
            && let Exchange::Login { part, .. } = &mut flight.exchange
            && matches!(part, LoginPart::Whole(None))
            && self.rules.holds_factor
        {
            *part = LoginPart::Second(asked, None);
            return self.send(now);
        }
        let error = refusal::second_factor(&asked);
        self.rearm();
        self.last_error = Some(error.clone());
        let effects = vec![self.announce(now, EventKind::Challenged, Some(&error)), self.fail(now, number, error)];
        self.second_step.wait_for(Some(asked));
        effects
    }

    /// A callback gave nothing to log in with. Nobody is asked twice for one flight; the next may ask again.
    fn no_value(&mut self, now: Now, chance: f64, number: FlightNumber, error: Error) -> Vec<Effect> {
        self.failed(now, &error, FIRST_LOGIN_WAIT, chance);
        self.rearm();
        vec![self.announce(now, EventKind::LoginFailed, Some(&error)), self.fail(now, number, error)]
    }

    /// Whether the token had ended before it was asked for, for certain, by what it says: so that it says nothing. One that
    /// was good may have ended on its way, while the machine slept.
    fn is_absurd(&self, now: Now, sent: BootTime, held: &Held) -> bool {
        // In the last second before a common end that is how it is.
        let tolerance = if held.windows.renewable > BootTime::default() { ABSURD } else { Duration::ZERO };
        // Saturated at its start, the window says no more than that it has ended.
        self.server.earliest(sent, now.unix_at(sent)) >= held.expires_at.after(tolerance)
    }

    /// Ends a flight that could not get through in time.
    fn give_up(&mut self, now: Now, number: FlightNumber, error: Error) -> Vec<Effect> {
        let is_login = self.flights.current().is_some_and(Flight::is_login);
        let kind = if is_login { EventKind::LoginFailed } else { EventKind::RefreshFailed };
        self.rearm();
        vec![self.announce(now, kind, Some(&error)), self.fail(now, number, error)]
    }

    fn failed(&mut self, now: Now, error: &Error, first_wait: Duration, chance: f64) {
        self.backoff.failed(now.boot, error.not_before(now), first_wait, self.rules.flight_limit, chance);
        self.last_error = Some(error.clone().without_source());
    }
}

/// How the feed is opened with what is held.
fn feed(held: &Held) -> Option<&crate::grant::Feed> {
    held.grant.details.as_ref().and_then(|details| details.feed.as_ref())
}

/// Whether sending the same credentials again could not help: the server decided, and gave no time to wait for.
fn is_final(error: &Error) -> bool {
    let decided = matches!(
        error.code(),
        ErrorCode::InvalidCredentials
            | ErrorCode::AccessDenied
            | ErrorCode::SecondFactorRejected
            | ErrorCode::LockoutGuard
            | ErrorCode::InvalidConfig
    );
    decided && error.retry_at().is_none()
}
