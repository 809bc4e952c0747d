//! What follows from a login that brought no tokens: it failed, was not judged, or needs a second factor.

use std::sync::Arc;
use std::time::Duration;

use super::{
    Cause, Effect, Error, ErrorCode, EventKind, Exchange, FlightNumber, Lifecycle, LoginPart, SecondFactor, refusal,
};
use crate::error::Recovery;
use crate::time::Now;

/// The first wait after a login whose end is not known: each of those may count on the server.
const FIRST_LOGIN_WAIT: Duration = Duration::from_secs(5);

impl Lifecycle {
    /// A login was sent and did not succeed, or the ledger did not let it through.
    pub(super) fn login_failed(
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
    pub(super) fn unjudged(&mut self, now: Now, chance: f64, number: FlightNumber, error: Error) -> Vec<Effect> {
        self.failed(now, &error, FIRST_LOGIN_WAIT, chance);
        self.rearm();
        vec![self.announce(now, EventKind::LoginFailed, Some(&error)), self.fail(now, number, error)]
    }

    /// The server took the first factor and asks for a second.
    pub(super) fn challenge(&mut self, now: Now, number: FlightNumber, asked: Arc<SecondFactor>) -> Vec<Effect> {
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
    pub(super) fn no_value(&mut self, now: Now, chance: f64, number: FlightNumber, error: Error) -> Vec<Effect> {
        self.failed(now, &error, FIRST_LOGIN_WAIT, chance);
        self.rearm();
        vec![self.announce(now, EventKind::LoginFailed, Some(&error)), self.fail(now, number, error)]
    }
}

/// Whether sending the same credentials again could not help: the server decided, and gave no time to wait for.
fn is_final(error: &Error) -> bool {
    let decided = error.recovery() == Recovery::Correct || error.code() == ErrorCode::LockoutGuard;
    decided && error.retry_at().is_none()
}
