//! What follows from the end of an exchange.

use std::sync::Arc;
use std::time::Duration;

use super::{
    Cause, Effect, Ended, Error, ErrorCode, Event, EventKind, Exchange, Expiry, FlightNumber, Freshness, Grant, Held,
    LONGEST_CHALLENGE, Lifecycle, LoginPart, Outcome, Purpose, REFUSED_AGAIN, SecondFactor, Stage, USUAL_CHALLENGE,
    refusal,
};
use crate::clock::{BootTime, Now};
use crate::freshness::{Timing, backoff};

/// The first wait after a failure without consequences.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// The longest such wait, and the longest where callers wait for so short a time that they would never see the next try.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(30);
const LONGEST_SHORT_WAIT: Duration = Duration::from_secs(2);
/// The first wait after a login whose end is not known: each of those may count on the server.
const FIRST_LOGIN_WAIT: Duration = Duration::from_secs(5);
/// A token that ended longer ago than this when it was issued shows that a clock is wrong.
const ABSURD: Duration = Duration::from_secs(60);

impl Lifecycle {
    pub(super) fn ended(&mut self, now: Now, chance: f64, number: FlightNumber, ended: Ended) -> Vec<Effect> {
        let Some(flight) = self.flight.as_mut().filter(|flight| flight.number == number) else {
            return self.ended_after_close(now, ended);
        };
        let Stage::OnTheWire { since, replayed } = flight.stage else { return Vec::new() };
        let is_login = matches!(flight.exchange, Exchange::Login { .. });
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
        let asked = self.flight.as_ref().is_some_and(|flight| flight.purpose == Purpose::Refused);
        let of_refused = self.refused || asked;
        let grant = match grant.expiry {
            Expiry::At(_) => grant,
            Expiry::After(lifetime) => {
                let expiry = Expiry::After(lifetime.saturating_sub(timing.received.until(now.boot)));
                Grant { expiry, ..grant }
            }
        };
        let mut held = self.hold(now, grant, chance);
        let again = self.stillborn.is_some_and(|at| now.boot < at.after(ABSURD));
        if held.windows.expired <= now.boot && (again || self.is_absurd(now, timing.sent, &held)) {
            // A token is not issued expired: one of the clocks is wrong, and without a Date header it cannot be told
            // which. Taken at its word, it would be refreshed without end.
            let grant = Grant { expiry: Expiry::After(self.rules.default_lifetime), ..held.grant };
            held = self.hold(now, grant, chance);
        }
        let held = Arc::new(held);
        let old = self.held.replace(Arc::clone(&held));
        (self.spent, self.refused, self.challenged) = (None, false, None);
        (self.inherited, self.resumed) = (false, false);
        (self.refused_codes, self.login_refused) = (0, false);
        let outgoing = old.as_ref().filter(|old| old.handed.is_noted());
        self.outgoing = outgoing.map(|old| old.windows.expired.min(now.boot));
        if of_refused {
            (self.after_refusal, self.refusals) = (Some(now.boot), self.refusals.saturating_add(1));
        } else if self.after_refusal.is_none_or(|since| now.boot >= since.after(REFUSED_AGAIN)) {
            (self.after_refusal, self.refusals) = (None, 0);
        }
        (self.failures, self.spared_until, self.login_counted, self.last_error) = (0, None, false, None);
        // A token that is over on arrival must not make logins follow each other without a pause.
        self.stillborn = (held.windows.expired <= now.boot).then_some(now.boot);
        self.not_before = self.stillborn.map(|at| at.after(FIRST_LOGIN_WAIT));
        self.armed = true;
        if let Some(flight) = &mut self.flight {
            if let Exchange::Login { part, .. } = &flight.exchange {
                self.login_spent = true;
                self.completed = match part {
                    LoginPart::Second(asked, _) => Some(Arc::clone(asked)),
                    _ => None,
                };
            }
            flight.stage = Stage::Storing;
            flight.new_feed = old.is_some_and(|old| feed(&old) != feed(&held));
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
        if std::mem::take(&mut flight.new_feed) {
            effects.push(self.announce(now, EventKind::FeedChanged, None));
        }
        let result = if self.refused {
            flight.purpose = Purpose::Refused;
            Err(self.no_way_on(now))
        } else {
            Ok(Arc::clone(&held))
        };
        // Refused while it was being stored, or issued in the last second of a day: those who wait want one to go on with.
        let of_no_use = self.refused || held.windows.freshness(now.boot) == Freshness::Expired;
        match self.way_on(now).filter(|_| of_no_use) {
            Some(exchange) => {
                let renewable = self.not_before.max(Some(held.windows.renewable));
                let until = if self.refused { self.calm_until() } else { renewable };
                flight.exchange = exchange;
                self.flight = Some(flight);
                match until.filter(|at| *at > now.boot) {
                    None => effects.extend(self.send(now)),
                    Some(until) if self.wait(now, until) => {}
                    Some(_) => {
                        self.flight = None;
                        effects.push(Effect::Settle(number, result));
                    }
                }
            }
            None => effects.push(Effect::Settle(number, result)),
        }
        effects
    }

    /// Nothing has changed on the server: the same can be sent again later.
    fn try_again(&mut self, now: Now, chance: f64, number: FlightNumber, error: Error) -> Vec<Effect> {
        self.failed(now, &error, FIRST_WAIT, chance);
        let until = self.not_before.unwrap_or(now.boot);
        // Certificates, a proxy and a bad header do not mend themselves while callers wait.
        let lasting = matches!(error.code(), ErrorCode::Tls | ErrorCode::Proxy | ErrorCode::InvalidConfig)
            || self.failures > 1 && error.finds_nobody() && self.is_unproven();
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
        if let Some(flight) = &mut self.flight {
            flight.lost |= cause == Cause::RotationLost;
        }
        self.last_error = Some(error.clone());
        self.not_before = error.not_before(now);
        let mut effects = vec![self.announce(now, EventKind::RefreshFailed, Some(&error))];
        let Some(login) = self.way_on(now) else {
            self.armed = false;
            let relogin = self.relogin(cause, Some(error));
            effects.push(self.announce(now, EventKind::ReloginRequired, Some(&relogin)));
            effects.push(self.fail(now, number, relogin));
            return effects;
        };
        if let Some(flight) = &mut self.flight {
            flight.exchange = login;
        }
        match self.not_before.filter(|at| *at > now.boot) {
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
        let first = self.held.is_none();
        let error = self.of_refused_code(now, error);
        self.failed(now, &error, FIRST_LOGIN_WAIT, chance);
        // The ledger bears one more: it is kept for when the token is about to end.
        self.spared_until = self.valid(now).map(|held| held.windows.urgent);
        self.login_counted |= error.code() != ErrorCode::RateLimited;
        self.armed = self.held.is_some();
        let mut effects = vec![self.announce(now, kind, Some(&error))];
        if error.code() == ErrorCode::SecondFactorRejected {
            self.refused_codes = self.refused_codes.saturating_add(1);
            // The code may have been late, or used by another program. The next login has another, and one more refusal says
            // that it is not that.
            if self.makes_codes() && self.refused_codes == 1 {
                let paused_until = self.not_before.unwrap_or(now.boot);
                // Who waits for a first login waits for the next code, and for nothing else.
                let until = if first { now.boot } else { paused_until };
                if let Some(Exchange::Login { part, force }) = self.flight.as_mut().map(|flight| &mut flight.exchange) {
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
        self.login_refused = true;
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
        self.held.is_none() && !self.flight.as_deref().is_some_and(|flight| second(&flight.exchange))
    }

    /// Whether the flight's login carries a code that is made here, so that another can be.
    fn makes_codes(&self) -> bool {
        let given = match self.flight.as_deref().map(|flight| &flight.exchange) {
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
            (ErrorCode::LockoutGuard, Some(refused)) if self.refused_codes == 1 && self.held.is_none() => {
                refused.clone().trying_again(now.unix, error.retry_at())
            }
            _ => error,
        }
    }

    /// What answered a login is no login endpoint. It may be one again in a minute, and nothing was counted.
    fn unjudged(&mut self, now: Now, chance: f64, number: FlightNumber, error: Error) -> Vec<Effect> {
        self.failed(now, &error, FIRST_LOGIN_WAIT, chance);
        self.armed = self.held.is_some();
        vec![self.announce(now, EventKind::LoginFailed, Some(&error)), self.fail(now, number, error)]
    }

    /// The server took the first factor and asks for a second.
    fn challenge(&mut self, now: Now, number: FlightNumber, asked: Arc<SecondFactor>) -> Vec<Effect> {
        let left = self.server.left(asked.expires_at, now.boot, now.unix).min(LONGEST_CHALLENGE);
        self.challenged_until = now.boot.after(if left.is_zero() { USUAL_CHALLENGE } else { left });
        // What somebody was asked for has been spent on the first step: nobody is asked twice.
        if let Some(flight) = &mut self.flight
            && let Exchange::Login { part, .. } = &mut flight.exchange
            && matches!(part, LoginPart::Whole(None))
            && self.rules.holds_factor
        {
            *part = LoginPart::Second(asked, None);
            return self.send(now);
        }
        let error = refusal::second_factor(&asked);
        self.armed = self.held.is_some();
        self.last_error = Some(error.clone());
        let effects = vec![self.announce(now, EventKind::Challenged, Some(&error)), self.fail(now, number, error)];
        self.challenged = Some(asked);
        effects
    }

    /// A callback gave nothing to log in with. Nobody is asked twice for one flight; the next may ask again.
    fn no_value(&mut self, now: Now, chance: f64, number: FlightNumber, error: Error) -> Vec<Effect> {
        self.failed(now, &error, FIRST_LOGIN_WAIT, chance);
        self.armed = self.held.is_some();
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
        let is_login = self.flight.as_ref().is_some_and(|flight| matches!(flight.exchange, Exchange::Login { .. }));
        let kind = if is_login { EventKind::LoginFailed } else { EventKind::RefreshFailed };
        self.armed = self.held.is_some();
        vec![self.announce(now, kind, Some(&error)), self.fail(now, number, error)]
    }

    fn failed(&mut self, now: Now, error: &Error, first_wait: Duration, chance: f64) {
        self.failures = self.failures.saturating_add(1);
        self.failed_at = now.boot;
        let asked = error.not_before(now);
        // Half of what callers wait: whoever asks once the server is well again gets through.
        let longest = LONGEST_WAIT.min((self.rules.flight_limit / 2).max(LONGEST_SHORT_WAIT)).max(first_wait);
        let own = now.boot.after(backoff(self.failures, first_wait, longest, chance));
        self.not_before = Some(asked.map_or(own, |asked| asked.max(own)));
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
