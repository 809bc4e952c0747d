//! What callers, the timer and the user ask of a session.

use std::sync::Arc;

use super::{
    Effect, EventKind, Exchange, FactorKind, Flight, FlightNumber, Freshness, Lifecycle, LoginPart, Purpose,
    SecondFactor, refusal,
};
use crate::secret::Secret;
use crate::time::Now;

impl Lifecycle {
    pub(super) fn want(&mut self, now: Now) -> Vec<Effect> {
        if self.closed {
            return vec![Effect::Refuse(refusal::closed())];
        }
        let valid = self.valid(now);
        let freshness = valid.as_ref().map_or(Freshness::Expired, |held| held.windows.freshness(now.boot));
        let (Some(held), false) = (valid, freshness == Freshness::Expired) else {
            return self.demand(now, Purpose::Renewal);
        };
        // In an outage nobody waits who holds a valid token: the next tries are made without them.
        let waits_until = self.flights.current().and_then(Flight::waits_until);
        let paused = waits_until.is_some_and(|until| until > now.boot);
        let worth_waiting = freshness == Freshness::Urgent && !self.backoff.is_recent(now.boot) && !paused;
        match (freshness, self.flights.current()) {
            (Freshness::Urgent, Some(_)) if worth_waiting => self.join(now),
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

    pub(super) fn refresh(&mut self, now: Now) -> Vec<Effect> {
        if self.closed { vec![Effect::Refuse(refusal::closed())] } else { self.demand(now, Purpose::Asked) }
    }

    /// `asked` is what the human was told that the server wants: not what another login was asked since.
    pub(super) fn complete(
        &mut self,
        now: Now,
        asked: &Arc<SecondFactor>,
        given: (FactorKind, Secret),
        force: bool,
    ) -> Vec<Effect> {
        if self.closed {
            return vec![Effect::Refuse(refusal::closed())];
        }
        // It has been completed, or is being: a caller that gave up waiting and asks again gets what came of it.
        if self.second_step.was(asked) {
            return self.want(now);
        }
        if let Some(flight) = self.flights.current() {
            let same = |part: &LoginPart| matches!(part, LoginPart::Second(other, _) if Arc::ptr_eq(other, asked));
            let is_this = matches!(&flight.exchange, Exchange::Login { part, .. } if same(part));
            return if is_this { self.join(now) } else { vec![Effect::Refuse(refusal::challenge_over())] };
        }
        if !self.challenged(now).is_some_and(|pending| Arc::ptr_eq(pending, asked)) {
            return vec![Effect::Refuse(refusal::challenge_over())];
        }
        let part = LoginPart::Second(Arc::clone(asked), Some(given));
        self.begin(now, Exchange::Login { force, part }, Purpose::FirstLogin)
    }

    /// What was given stays with the flight, for its next try; its time runs from now.
    pub(super) fn supplied(&mut self, now: Now, number: FlightNumber, given: LoginPart) -> Vec<Effect> {
        if let Some(flight) = self.flights.at(number)
            && let Exchange::Login { part, .. } = &mut flight.exchange
        {
            *part = given;
            flight.deadline = flight.deadline.max(now.boot.after(self.rules.flight_limit));
        }
        Vec::new()
    }

    pub(super) fn unauthorized(&mut self, now: Now, token: &Secret) -> Vec<Effect> {
        if self.closed {
            return vec![Effect::Refuse(refusal::closed())];
        }
        match self.held().filter(|held| held.grant.access_token != *token) {
            // A late 401 for an older token is answered by the newer one.
            Some(held) if held.issued.contains(token) => return self.want(now),
            None if self.held().is_some() => {}
            _ => return vec![Effect::Refuse(refusal::stranger())],
        }
        // The request may have carried the token before: this one is worth a try, or a second one.
        if self.holding.is_echo(now.boot) {
            return self.want(now);
        }
        self.streak.forget_old(now.boot);
        if let Some(until) =
            self.streak.blocked_until().filter(|until| now.boot < *until && !self.holding.is_access_refused())
        {
            // The token may be good for other requests: it is handed out on.
            let error = refusal::token_refused(&self.rules, now, until);
            return vec![self.announce(now, EventKind::Unauthorized, None), Effect::Refuse(error)];
        }
        self.refuse(now)
    }

    /// Unlike a caller the server knows which token it speaks of: that one is not handed out any more.
    pub(super) fn unknown(&mut self, now: Now, token: &Secret) -> Vec<Effect> {
        if self.closed || self.held().is_none_or(|held| held.grant.access_token != *token) {
            return Vec::new();
        }
        self.streak.forget_old(now.boot);
        self.refuse(now)
    }

    /// What the server said of a token before does not stand any more.
    pub(super) fn known(&mut self, token: &Secret) -> Vec<Effect> {
        let held = self.held().filter(|held| held.grant.access_token == *token).map(Arc::clone);
        let at_rest = !self.closed && self.flights.current().is_none();
        match held.filter(|_| at_rest && self.holding.is_access_refused()) {
            Some(held) => {
                self.holding.accept_access();
                self.armed = true;
                vec![Effect::Publish(Some(held))]
            }
            None => Vec::new(),
        }
    }

    /// The held token is worth nothing: another one takes its place, now or after a pause.
    fn refuse(&mut self, now: Now) -> Vec<Effect> {
        let mut effects = Vec::new();
        if self.holding.refuse_access() {
            effects.push(Effect::Publish(None));
            effects.push(self.announce(now, EventKind::Unauthorized, None));
            effects.extend(self.end_of_attended(now));
        }
        effects.extend(self.demand(now, Purpose::Refused));
        // After the pause that the refusals ask for, a session that is kept alive goes on by itself.
        self.armed |= self.flights.current().is_none() && self.way_on(now).is_some();
        effects
    }

    pub(super) fn wake(&mut self, now: Now, used: bool) -> Vec<Effect> {
        if let Some(until) = self.flights.current().and_then(Flight::waits_until) {
            return if until <= now.boot { self.send(now) } else { Vec::new() };
        }
        let due = self.wake_at().is_some_and(|at| at <= now.boot);
        if !due {
            return Vec::new();
        }
        let ended = self.end_of_attended(now);
        if ended.is_some() {
            return ended.into_iter().collect();
        }
        self.armed = false;
        // Nobody has asked since the token expired: the next caller starts the refresh.
        let wanted = self.rules.keep_alive || (used && self.valid(now).is_some());
        if !wanted || !self.can_send_now(now) {
            return Vec::new();
        }
        let started = self.demand(now, Purpose::Renewal).into_iter();
        started.filter(|effect| !matches!(effect, Effect::Wait(_) | Effect::Refuse(_))).collect()
    }

    /// A session that only a human can renew says so once when its token is worth nothing any more.
    fn end_of_attended(&mut self, now: Now) -> Option<Effect> {
        let ended = self.rules.attended && self.armed && self.flights.current().is_none() && self.valid(now).is_none();
        let over = ended && self.way_on(now).is_none();
        over.then(|| {
            self.armed = false;
            self.announce(now, EventKind::ReloginRequired, Some(&self.no_way_on(now)))
        })
    }

    pub(super) fn close(&mut self, now: Now) -> Vec<Effect> {
        if std::mem::replace(&mut self.closed, true) {
            return Vec::new();
        }
        // A forked child that is through with the session must not end its parent's, or take it out of the store.
        let (to_end, to_forget) = self.holding.leave(now.boot);
        let settled = self.flights.end().map(|flight| Effect::Settle(flight.number, Err(refusal::closed())));
        self.armed = false;
        let mut effects = vec![Effect::Publish(None), Effect::Forget(to_forget)];
        effects.extend(to_end.map(Effect::EndOnServer));
        effects.push(self.announce(now, EventKind::LoggedOut, None));
        effects.extend(settled);
        effects
    }
}
