//! Whether and with what a flight can start, and its start.

use std::sync::Arc;

use super::{Effect, Exchange, Flight, FlightNumber, Lifecycle, Purpose, Stage, refusal};
use crate::clock::{BootTime, Now};
use crate::error::Error;

impl Lifecycle {
    /// What could be sent to get new tokens, if anything.
    pub(super) fn way_on(&self) -> Option<Exchange> {
        let may_login = self.rules.can_login && self.rules.may_relogin && !self.login_refused && !self.challenged;
        // A forked child must not spend its parent's refresh token.
        let held = self.held.as_ref().filter(|_| self.spent.is_none() && !self.inherited);
        match held.filter(|held| held.grant.refresh_token.is_some()) {
            Some(held) => Some(Exchange::Refresh(Arc::clone(held))),
            None if may_login => Some(Exchange::Login { force: false }),
            None => None,
        }
    }

    /// Whether something could be sent at once; if not, a valid token is handed out as it is.
    pub(super) fn can_send_now(&self, now: Now) -> bool {
        self.way_on().is_some() && self.not_before.max(self.spared_until).is_none_or(|at| at <= now.boot)
    }

    /// A caller cannot do without new tokens: it joins the flight, or starts one, or learns why there can be none.
    pub(super) fn demand(&mut self, now: Now, purpose: Purpose) -> Vec<Effect> {
        if let Some(flight) = &mut self.flight {
            // A flight that can only wait goes on for those who came last: it may have begun before a suspend.
            flight.deadline = flight.deadline.max(now.boot.after(self.rules.flight_limit));
            // What comes of this flight answers the refusal as well.
            if purpose == Purpose::Refused {
                flight.purpose = purpose;
            }
            return vec![Effect::Wait(flight.number)];
        }
        match self.way_on() {
            None => vec![Effect::Refuse(self.no_way_on())],
            Some(exchange) => self.begin(now, exchange, purpose),
        }
    }

    /// Starts a flight: on the wire at once, or as soon as the server and the backoff allow, if that is soon enough.
    pub(super) fn begin(&mut self, now: Now, exchange: Exchange, purpose: Purpose) -> Vec<Effect> {
        let deadline = now.boot.after(self.rules.flight_limit);
        let until = self.not_before.filter(|at| *at > now.boot).unwrap_or(now.boot);
        if until > deadline {
            let error = self.last_error.clone().unwrap_or_else(|| self.no_way_on());
            return vec![Effect::Refuse(error)];
        }
        let number = self.next_flight;
        self.next_flight = number.wrapping_add(1);
        let flight = Flight { number, exchange, purpose, stage: Stage::Waiting { until }, deadline };
        self.flight = Some(Box::new(flight));
        let mut effects = vec![Effect::Wait(number)];
        if until <= now.boot {
            effects.extend(self.send(now));
        }
        effects
    }

    /// Puts the flight's exchange on the wire.
    pub(super) fn send(&mut self, now: Now) -> Vec<Effect> {
        let Some(flight) = &mut self.flight else { return Vec::new() };
        flight.stage = Stage::OnTheWire { since: now.boot, replayed: false };
        vec![Effect::Send(flight.number, flight.exchange.clone())]
    }

    /// Lets the flight wait for its next try, if that comes before its deadline.
    pub(super) fn wait(&mut self, until: BootTime) -> bool {
        match &mut self.flight {
            Some(flight) if until <= flight.deadline => {
                flight.stage = Stage::Waiting { until };
                true
            }
            _ => false,
        }
    }

    /// Ends the flight with an error for those who wait.
    pub(super) fn fail(&mut self, number: FlightNumber, error: Error) -> Effect {
        self.flight = None;
        Effect::Settle(number, Err(error))
    }

    pub(super) fn no_way_on(&self) -> Error {
        match (&self.last_error, self.spent) {
            (Some(error), _) if self.login_refused || self.challenged => error.clone(),
            _ if self.inherited => refusal::forked(),
            (error, Some(cause)) => refusal::relogin(cause, error.clone()),
            (error, None) => refusal::relogin(crate::error::Cause::NoRefreshToken, error.clone()),
        }
    }
}
