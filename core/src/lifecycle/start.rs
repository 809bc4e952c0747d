//! Whether and with what a flight can start, and its start.

use std::sync::Arc;

use super::refusal::Circumstances;
use super::{Cause, Effect, Exchange, FlightNumber, Lifecycle, LoginPart, Purpose, Stage, refusal};
use crate::error::Error;
use crate::time::{BootTime, Now};

impl Lifecycle {
    /// What could be sent to get new tokens, if anything.
    pub(super) fn way_on(&self, now: Now) -> Option<Exchange> {
        let may_login = self.login_right.by_itself(&self.rules) && self.challenged(now).is_none();
        match self.holding.refreshable() {
            Some(held) => Some(Exchange::Refresh(Arc::clone(held))),
            None if may_login => Some(Exchange::Login { force: false, part: LoginPart::Whole(None) }),
            None => None,
        }
    }

    /// Like `way_on`, for a caller that asks for new tokens: a human may be there to give a factor, or know why the last login
    /// was refused. What must not be sent again the ledger knows.
    fn way_on_when_asked(&self, now: Now) -> Option<Exchange> {
        let may_login = self.login_right.when_asked(&self.rules);
        let login = || may_login.then_some(Exchange::Login { force: false, part: LoginPart::Whole(None) });
        self.way_on(now).or_else(login)
    }

    /// Whether something could be sent at once; if not, a valid token is handed out as it is.
    pub(super) fn can_send_now(&self, now: Now) -> bool {
        self.way_on(now).is_some()
            && self.backoff.until().max(self.login_budget.reserved_until()).is_none_or(|at| at <= now.boot)
    }

    /// A caller cannot do without new tokens: it joins the flight, or starts one, or learns why there can be none.
    pub(super) fn demand(&mut self, now: Now, purpose: Purpose) -> Vec<Effect> {
        if let Some(flight) = self.flights.current_mut() {
            // What comes of this flight answers the refusal, or the wish for new tokens, as well.
            if purpose == Purpose::Refused || purpose == Purpose::Asked && flight.purpose == Purpose::Renewal {
                flight.purpose = purpose;
            }
            return self.join(now);
        }
        let way_on = if purpose == Purpose::Asked { self.way_on_when_asked(now) } else { self.way_on(now) };
        match way_on {
            None => vec![Effect::Refuse(self.no_way_on(now))],
            Some(exchange) => self.begin(now, exchange, purpose),
        }
    }

    /// A flight that can only wait goes on for its latest callers: it may have begun before a suspend.
    pub(super) fn join(&mut self, now: Now) -> Vec<Effect> {
        let deadline = self.deadline(now);
        let Some(flight) = self.flights.current_mut() else { return Vec::new() };
        flight.deadline = flight.deadline.max(deadline);
        vec![Effect::Wait(flight.number)]
    }

    /// Starts a flight: on the wire at once, or as soon as the server and the backoff allow, if that is soon enough.
    pub(super) fn begin(&mut self, now: Now, exchange: Exchange, purpose: Purpose) -> Vec<Effect> {
        let deadline = self.deadline(now);
        // Who asks for new tokens knows more than the refusals tell.
        let calm = self.calm_until().filter(|_| purpose != Purpose::Asked).unwrap_or_default();
        if calm > deadline {
            let error = refusal::token_refused(&self.rules, now, calm);
            return vec![Effect::Refuse(error)];
        }
        let allowed = self.backoff.until().unwrap_or_default().max(calm);
        if allowed > deadline {
            let error = self.last_error.clone().unwrap_or_else(|| self.no_way_on(now));
            return vec![Effect::Refuse(error)];
        }
        // Between the end of a day and the next there is nothing to be had, however short the caller's time is.
        let ended = self.held().map(|held| held.windows).filter(|windows| windows.expired <= now.boot);
        let until = now.boot.max(allowed).max(ended.map(|windows| windows.renewable).unwrap_or_default());
        let deadline = deadline.max(until);
        let number = self.flights.start(exchange, purpose, until, deadline);
        let mut effects = vec![Effect::Wait(number)];
        if until <= now.boot {
            effects.extend(self.send(now));
        }
        effects
    }

    /// Until when a flight goes on that can only wait and try again.
    fn deadline(&self, now: Now) -> BootTime {
        now.boot.after(self.rules.flight_limit)
    }

    /// Puts the flight's exchange on the wire.
    pub(super) fn send(&mut self, now: Now) -> Vec<Effect> {
        let Some(flight) = self.flights.current_mut() else { return Vec::new() };
        flight.stage = Stage::OnTheWire { since: now.boot, replayed: false };
        vec![Effect::Send(flight.number, flight.exchange.clone())]
    }

    /// Lets the flight wait for its next try, if that comes before its deadline.
    pub(super) fn wait(&mut self, now: Now, until: BootTime) -> bool {
        let Some(flight) = self.flights.current_mut() else { return false };
        let limit = self.rules.flight_limit;
        // Nothing takes so long but a sleep: the first try after it, before the network is back, is not the last.
        if now.boot > flight.deadline.after(limit) {
            flight.deadline = now.boot.after(limit);
        }
        let waits = until <= flight.deadline;
        if waits {
            flight.stage = Stage::Waiting { until };
        }
        waits
    }

    /// Like `wait`, after a failed try, if a caller needs what the flight is to bring. Callers with a valid token do not:
    /// they go on with it.
    pub(super) fn wait_on(&mut self, now: Now, number: FlightNumber, until: BootTime) -> Option<Vec<Effect>> {
        let valid = self.valid(now).is_some();
        let asked = self.flights.current().is_some_and(|flight| flight.purpose == Purpose::Asked);
        let waits = (asked || !valid) && self.wait(now, until);
        waits.then(|| if valid { vec![Effect::Release(number)] } else { Vec::new() })
    }

    /// Ends the flight with an error for its callers.
    pub(super) fn fail(&mut self, now: Now, number: FlightNumber, error: Error) -> Effect {
        let flight = self.flights.end();
        let error = if flight.as_ref().is_some_and(|flight| flight.lost) { error.after_lost_try() } else { error };
        if self.rules.attended {
            // Who is asked for a factor is there now, and decides when to try again; the server may ask for more time.
            self.backoff.pause(error.not_before(now));
        }
        if let Some((Exchange::Login { part: LoginPart::Second(asked, given), .. }, unspent)) =
            flight.map(|flight| (flight.exchange, flight.unspent))
        {
            // Whether the server takes a second answer is not documented: after one the login begins anew.
            let may_go_on = unspent && (self.rules.attended || given.is_some());
            self.second_step.wait_for(may_go_on.then_some(asked));
        }
        Effect::Settle(number, Err(error))
    }

    pub(super) fn no_way_on(&self, now: Now) -> Error {
        match (&self.last_error, self.holding.spent()) {
            (Some(error), _) if self.login_right.is_rejected() || self.challenged(now).is_some() => error.clone(),
            _ if self.holding.is_parents() => refusal::forked(),
            (error, Some(cause)) => self.relogin(cause, error.clone()),
            (_, None) if self.rules.attended => self.relogin(Cause::FactorRequired, None),
            (error, None) => self.relogin(Cause::NoRefreshToken, error.clone()),
        }
    }

    pub(super) fn relogin(&self, cause: Cause, error: Option<Error>) -> Error {
        let so = Circumstances {
            may_ask: cause == Cause::FactorRequired && self.login_right.when_asked(&self.rules),
            resumed: self.holding.is_resumed(),
            ended_elsewhere: self.holding.is_access_refused() && self.rules.ended_elsewhere,
        };
        refusal::relogin(cause, error, so)
    }
}
