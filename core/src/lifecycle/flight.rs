//! What follows from the end of an exchange.

use std::sync::Arc;
use std::time::Duration;

use super::{
    Cause, Challenge, Effect, Ended, Error, ErrorCode, Event, EventKind, Exchange, Expiry, FlightNumber, Grant,
    Lifecycle, Outcome, Purpose, Stage, refusal,
};
use crate::clock::{BootTime, Now};
use crate::freshness::backoff;

/// The first wait after a failure without consequences.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// The longest such wait.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// The first wait after a login whose end is not known: each of those may count on the server.
const FIRST_LOGIN_WAIT: Duration = Duration::from_secs(5);

impl Lifecycle {
    pub(super) fn ended(&mut self, now: Now, chance: f64, number: FlightNumber, ended: Ended) -> Vec<Effect> {
        let Some(flight) = self.flight.as_ref().filter(|flight| flight.number == number) else {
            return Vec::new(); // the session was closed meanwhile
        };
        let Stage::OnTheWire { since, replayed } = flight.stage else { return Vec::new() };
        let is_login = matches!(flight.exchange, Exchange::Login { .. });
        let outcome = match ended {
            Ended::Answered(outcome, timing) => {
                self.server.observe(timing);
                outcome
            }
            // The first of the two was lost: what happened to the second does not make it unsent.
            Ended::NotSent(error) if replayed => return self.heal(now, number, Cause::RotationLost, error),
            Ended::NotSent(error) => return self.try_again(now, chance, number, error),
            Ended::Guarded(error) => return self.login_failed(now, chance, number, error, EventKind::LockoutGuard),
            Ended::Ambiguous(error) if is_login => {
                return self.login_failed(now, chance, number, error, EventKind::LoginFailed);
            }
            Ended::Ambiguous(error) => return self.refresh_lost(now, number, error, since, replayed),
        };
        match outcome {
            Outcome::Granted(grant) => self.granted(now, chance, number, grant),
            Outcome::SecondFactor(challenge) => self.challenge(now, number, challenge),
            // A refused login is never repeated by itself, not even one that was refused for being too many.
            Outcome::Busy(error) if is_login && error.status() == Some(429) => {
                self.login_failed(now, chance, number, error, EventKind::LoginFailed)
            }
            Outcome::Busy(error) if replayed => self.heal(now, number, Cause::RotationLost, error),
            Outcome::Busy(error) => self.try_again(now, chance, number, error),
            Outcome::Rejected(error) | Outcome::Unreadable(error) if is_login => {
                self.login_failed(now, chance, number, error, EventKind::LoginFailed)
            }
            Outcome::Rejected(error) => self.heal(now, number, Cause::RefreshRejected, error),
            Outcome::Unreadable(error) => self.heal(now, number, Cause::RotationLost, error),
        }
    }

    /// New tokens: in use first, then stored, then announced, so that nothing after the answer can lose them.
    fn granted(&mut self, now: Now, chance: f64, number: FlightNumber, grant: Grant) -> Vec<Effect> {
        let purpose = self.flight.as_ref().map(|flight| flight.purpose);
        let mut held = self.hold(now, grant, chance);
        if held.windows.expired <= now.boot {
            // A token is not issued expired: one of the clocks is wrong, and without a Date header it cannot be told
            // which. Taken at its word, it would be refreshed without end.
            let grant = Grant { expiry: Expiry::After(self.rules.default_lifetime), ..held.grant };
            held = self.hold(now, grant, chance);
        }
        let held = Arc::new(held);
        self.held = Some(Arc::clone(&held));
        (self.spent, self.refused, self.inherited, self.challenged) = (None, false, false, false);
        self.after_refusal = (purpose == Some(Purpose::Refused)).then_some(now.boot);
        (self.failures, self.not_before, self.spared_until, self.last_error) = (0, None, None, None);
        self.armed = true;
        if let Some(flight) = &mut self.flight {
            flight.stage = Stage::Storing;
        }
        vec![Effect::Publish(Some(Arc::clone(&held))), Effect::Store(number, held)]
    }

    pub(super) fn stored(&mut self, now: Now, number: FlightNumber, result: Result<(), Error>) -> Vec<Effect> {
        let storing = self.flight.take_if(|flight| flight.number == number && matches!(flight.stage, Stage::Storing));
        let (Some(mut flight), Some(held)) = (storing, self.held.clone()) else { return Vec::new() };
        let mut effects = Vec::new();
        if let Err(error) = result {
            effects.push(self.announce(now, EventKind::StoreFailed, Some(&error)));
        }
        let kind = match flight.exchange {
            Exchange::Login { .. } => EventKind::LoggedIn,
            Exchange::Refresh(_) => EventKind::Refreshed,
        };
        let mut event = Event::new(kind, now.unix);
        event.expires_at = Some(held.expires_at);
        effects.push(Effect::Announce(event));
        if self.refused {
            // Refused while it was being stored: those who wait want one to try again with, and so the flight goes on.
            flight.purpose = Purpose::Refused;
            match self.way_on() {
                Some(exchange) => {
                    flight.exchange = exchange;
                    self.flight = Some(flight);
                    effects.extend(self.send(now));
                }
                None => effects.push(Effect::Settle(number, Err(self.no_way_on()))),
            }
            return effects;
        }
        effects.push(Effect::Settle(number, Ok(held)));
        effects
    }

    /// Nothing has changed on the server: the same can be sent again later.
    fn try_again(&mut self, now: Now, chance: f64, number: FlightNumber, error: Error) -> Vec<Effect> {
        self.failed(now, &error, FIRST_WAIT, chance);
        let until = self.not_before.unwrap_or(now.boot);
        // Certificates, a proxy and a bad header do not mend themselves while callers wait.
        let lasting = matches!(error.code(), ErrorCode::Tls | ErrorCode::Proxy | ErrorCode::InvalidConfig);
        // Those who wait have a token that is still good: they get it now, and the next try is made without them.
        if !lasting && self.valid(now).is_none() && self.wait(until) {
            return Vec::new();
        }
        self.give_up(now, number, error)
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
            && let Some(flight) = &mut self.flight
        {
            flight.stage = Stage::OnTheWire { since, replayed: true };
            return vec![Effect::Send(number, flight.exchange.clone())];
        }
        self.heal(now, number, Cause::RotationLost, error)
    }

    /// The refresh token is of no use any more: a login in the same flight, if one can be made.
    fn heal(&mut self, now: Now, number: FlightNumber, cause: Cause, error: Error) -> Vec<Effect> {
        self.spent = Some(cause);
        self.last_error = Some(error.clone());
        self.not_before = error.retry_at().map(|at| now.boot_at(at));
        let mut effects = vec![self.announce(now, EventKind::RefreshFailed, Some(&error))];
        let Some(login) = self.way_on() else {
            self.armed = false;
            let relogin = refusal::relogin(cause, Some(error));
            effects.push(self.announce(now, EventKind::ReloginRequired, Some(&relogin)));
            effects.push(self.fail(number, relogin));
            return effects;
        };
        if let Some(flight) = &mut self.flight {
            flight.exchange = login;
        }
        match self.not_before.filter(|at| *at > now.boot) {
            None => effects.extend(self.send(now)),
            Some(until) if self.valid(now).is_none() && self.wait(until) => {}
            Some(_) => {
                self.armed = true;
                effects.push(self.fail(number, error));
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
        let first = self.held.is_none();
        self.failed(now, &error, FIRST_LOGIN_WAIT, chance);
        // The ledger bears one more: it is kept for when the token is about to end.
        self.spared_until = self.valid(now).map(|held| held.windows.urgent);
        self.armed = self.held.is_some();
        let mut effects = vec![self.announce(now, kind, Some(&error))];
        if !is_final(&error) {
            effects.push(self.fail(number, error));
            return effects;
        }
        self.login_refused = true;
        self.armed = false;
        if first {
            effects.push(self.fail(number, error));
            return effects;
        }
        let relogin = refusal::relogin(Cause::LoginRejected, Some(error));
        self.last_error = Some(relogin.clone());
        effects.push(self.announce(now, EventKind::ReloginRequired, Some(&relogin)));
        effects.push(self.fail(number, relogin));
        effects
    }

    fn challenge(&mut self, now: Now, number: FlightNumber, challenge: Challenge) -> Vec<Effect> {
        let error = refusal::second_factor(challenge);
        (self.challenged, self.armed) = (true, false);
        self.last_error = Some(error.clone());
        vec![self.announce(now, EventKind::LoginFailed, Some(&error)), self.fail(number, error)]
    }

    /// Ends a flight that could not get through in time.
    fn give_up(&mut self, now: Now, number: FlightNumber, error: Error) -> Vec<Effect> {
        let is_login = self.flight.as_ref().is_some_and(|flight| matches!(flight.exchange, Exchange::Login { .. }));
        let kind = if is_login { EventKind::LoginFailed } else { EventKind::RefreshFailed };
        self.armed = self.held.is_some();
        vec![self.announce(now, kind, Some(&error)), self.fail(number, error)]
    }

    fn failed(&mut self, now: Now, error: &Error, first_wait: Duration, chance: f64) {
        self.failures = self.failures.saturating_add(1);
        self.failed_at = now.boot;
        let asked = error.retry_at().map(|at| now.boot_at(at));
        let own = now.boot.after(backoff(self.failures, first_wait, LONGEST_WAIT, chance));
        self.not_before = Some(asked.map_or(own, |asked| asked.max(own)));
        self.last_error = Some(error.clone());
    }
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
