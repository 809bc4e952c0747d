//! What follows from the end of an exchange.

use std::sync::Arc;
use std::time::Duration;

use super::clock_doubt::ABSURD;
use super::{
    Cause, Effect, Ended, Error, ErrorCode, Event, EventKind, Exchange, Expiry, Flight, FlightNumber, Freshness, Grant,
    Held, Lifecycle, LoginPart, Outcome, Purpose, Stage,
};
use crate::freshness::Timing;
use crate::time::{BootTime, Now};

/// The first wait after a failure without consequences.
const FIRST_WAIT: Duration = Duration::from_millis(250);

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
        let lasting =
            error.code().stays() || self.backoff.is_failing_again() && error.finds_nobody() && self.is_unproven();
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

    /// Whether nothing has come of the server yet: its address may be written wrongly.
    fn is_unproven(&self) -> bool {
        let second = |exchange: &Exchange| matches!(exchange, Exchange::Login { part: LoginPart::Second(..), .. });
        self.held().is_none() && !self.flights.current().is_some_and(|flight| second(&flight.exchange))
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

    pub(super) fn failed(&mut self, now: Now, error: &Error, first_wait: Duration, chance: f64) {
        self.backoff.failed(now.boot, error.not_before(now), first_wait, self.rules.flight_limit, chance);
        self.last_error = Some(error.clone().without_source());
    }
}

/// How the feed is opened with what is held.
fn feed(held: &Held) -> Option<&crate::grant::Feed> {
    held.grant.details.as_ref().and_then(|details| details.feed.as_ref())
}
