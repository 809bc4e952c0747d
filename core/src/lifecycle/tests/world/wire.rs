//! What is sent: one login at a time for the account, as its ledger lets through, and what the server says to it.

use std::sync::Arc;
use std::time::Duration;

use super::super::model::Fate;
use super::{Rejected, World};
use crate::lifecycle::*;
use crate::lockout::{Along, Credential, LockoutRule, Verdict};
use crate::secret::Secret;

const RULE: LockoutRule = LockoutRule { most: 2, window: Duration::from_secs(600) };

impl World {
    /// Lets the server have the exchange that is on the wire.
    pub(in super::super) fn deliver(&mut self, session: usize, fate: Fate) {
        let Some((number, exchange, attempt)) = self.sessions[session].wire.take() else { return };
        // Only the system without a refresh asks for more than a password.
        let fate = match fate {
            Fate::Asked | Fate::NoValue if self.server.lifetime.is_some() => Fate::Whole,
            fate => fate,
        };
        let client = &self.sessions[session];
        let (sent, grace) = (client.refresh_sent, client.lifecycle.rules.replay_grace);
        let ended = match &exchange {
            Exchange::Login { .. } => self.server.login(session, self.now, self.password, fate),
            Exchange::Refresh(held) => {
                let token = held.grant.refresh_token.as_ref().expect("a refresh token").expose().to_owned();
                let number = token.parse().expect("a number");
                let kept = matches!(fate, Fate::NotSent | Fate::Busy { .. });
                if !kept {
                    self.sessions[session].spent.insert(token);
                }
                self.server.refresh(session, self.now, (number, sent), grace, fate)
            }
        };
        if let Some(attempt) = attempt {
            let Exchange::Login { part, .. } = &exchange else { unreachable!("only logins are entered") };
            let (verdict, until) = verdict(&ended, part, self.now);
            self.note(verdict);
            let bytes = self.password.to_le_bytes();
            let credential = Credential::new(&self.key, &bytes, along(part));
            // Each exchange takes no time here: what is not known was not late.
            let doubtful = along(part) == Along::Typed;
            self.ledger.settle(self.now, attempt, verdict, credential, doubtful, None);
            if let Some(until) = until {
                self.ledger.lock(self.now, until);
            }
        }
        let is_granted = matches!(ended, Ended::Answered(Outcome::Granted(_), _));
        self.sessions[session].logged_in |= is_granted && matches!(exchange, Exchange::Login { .. });
        self.step(session, Input::Ended(number, ended));
        self.next_login();
    }

    /// What the rejected login says of the password, if it was one: `proven` is what the client knows.
    fn note(&mut self, verdict: Verdict) {
        let is_told = matches!(verdict, Verdict::Failed(_) | Verdict::Refused(_));
        if self.server.failures.len() > self.rejected.len() {
            let is_stale = self.proven == Some(self.password) && self.password != self.server.password;
            self.rejected.push(Rejected { is_stale, is_told });
        }
        match verdict {
            Verdict::Accepted => self.proven = Some(self.password),
            _ if is_told => self.proven = None,
            _ => {}
        }
    }

    fn next_login(&mut self) {
        while !self.logging_in() && !self.queue.is_empty() {
            let (session, number, exchange) = self.queue.remove(0);
            self.try_login(session, number, exchange);
        }
    }

    fn logging_in(&self) -> bool {
        self.sessions.iter().any(|client| client.wire.as_ref().is_some_and(|(_, _, attempt)| attempt.is_some()))
    }

    fn try_login(&mut self, session: usize, number: FlightNumber, exchange: Exchange) {
        let Exchange::Login { part, .. } = &exchange else { unreachable!("only logins are queued") };
        let bytes = self.password.to_le_bytes();
        match self.ledger.begin(self.now, RULE, Credential::new(&self.key, &bytes, along(part)), false) {
            Ok(attempt) => {
                self.sessions[session].wire = Some((number, exchange, Some(attempt)));
            }
            Err(refusal) => {
                let error = refusal.error(self.now);
                self.step(session, Input::Ended(number, Ended::Guarded(error)));
            }
        }
    }

    pub(super) fn send(&mut self, session: usize, number: FlightNumber, exchange: Exchange) {
        let queued = self.queue.iter().any(|(waiting, ..)| *waiting == session);
        let client = &mut self.sessions[session];
        assert!(client.wire.is_none() && !queued, "invariant 1: a second exchange of the same session");
        if let Exchange::Refresh(held) = &exchange {
            let token = held.grant.refresh_token.as_ref().expect("a refresh token").expose();
            let first = client.first_sent.as_ref().filter(|(sent, _)| sent == token).map(|(_, at)| *at);
            if client.spent.contains(token) {
                let grace = client.lifecycle.rules.replay_grace;
                let is_replay = first.is_some_and(|at| self.now.boot < at.after(grace));
                assert!(is_replay, "invariant 4: refresh token {token} goes out twice");
            } else {
                client.first_sent = Some((token.to_owned(), self.now.boot));
            }
            client.refresh_sent = self.now.boot;
            client.wire = Some((number, exchange, None));
        } else {
            let flight = client.lifecycle.flights.current().expect("a flight");
            let unasked = self.server.lifetime.is_none() && flight.purpose == Purpose::Renewal;
            // One whose end could not be believed is taken to live for a while, and replaced like any.
            let good = client.lifecycle.valid(self.now).is_some_and(|held| held.windows.due == held.windows.expired);
            assert!(!unasked || !good, "a login is spent while there is a token that lives as long");
            assert!(
                !client.lifecycle.rules.one_login || !client.logged_in,
                "a value for one login is sent for a second"
            );
            let exchange = self.ask(session, number, exchange);
            self.queue.push((session, number, exchange));
            self.next_login();
        }
    }

    /// The keeper's part: a human answers at once, and is not asked again for this flight.
    fn ask(&mut self, session: usize, number: FlightNumber, exchange: Exchange) -> Exchange {
        let client = &mut self.sessions[session];
        let Exchange::Login { force, part } = exchange else { return exchange };
        let second = matches!(part, LoginPart::Second(..));
        let before = client.sent.replace((number, second, self.now.boot));
        let again = before == Some((number, second, self.now.boot));
        // After a refused code the keeper waits for the next one.
        assert!(
            !again || client.lifecycle.login_right.is_one_code_rejected(),
            "flight {number} sends the same again without a pause"
        );
        let rules = Arc::clone(&client.lifecycle.rules);
        let given = match &part {
            LoginPart::Second(asked, None) if rules.attended => {
                LoginPart::Second(Arc::clone(asked), Some((FactorKind::Otp, Secret::new("123456"))))
            }
            _ => return Exchange::Login { force, part },
        };
        assert_ne!(client.prompted.replace(number), Some(number), "a human is asked twice for flight {number}");
        self.step(session, Input::Supplied(number, given.clone()));
        Exchange::Login { force, part: given }
    }
}

/// What goes along with the password: where somebody gave something, that.
fn along(part: &LoginPart) -> Along {
    match part {
        LoginPart::Whole(Some(_)) | LoginPart::Second(_, Some(_)) => Along::Typed,
        _ => Along::Nothing,
    }
}
