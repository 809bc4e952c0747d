//! Two sessions of one account, the ledger they share, the model server, and the invariants that are checked at every
//! effect.

mod wire;

use std::collections::HashSet;
use std::time::Duration;

use super::super::streak::REFUSED_AGAIN;
use super::super::*;
use super::model::Server;
use crate::lockout::{Attempt, Key, Ledger};
use crate::secret::Secret;

pub(super) struct World {
    pub(super) now: Now,
    pub(super) server: Server,
    pub(super) password: u32,
    pub(super) sessions: [Client; 2],
    ledger: Ledger,
    key: Key,
    /// The password that logged in last, unless its rejection was told since.
    proven: Option<u32>,
    /// The server's failures, as the client knows of them.
    rejected: Vec<Rejected>,
    /// A password was changed at the server and the answers to two logins were lost: the account may be locked.
    pub(super) changed: bool,
    /// Logins that wait for the one that is on the wire: one at a time for an account.
    queue: Vec<(usize, FlightNumber, Exchange)>,
    pub(super) chance: f64,
}

/// A login that the server rejected.
struct Rejected {
    /// The password had been good, and was changed at the server.
    is_stale: bool,
    /// The client learnt of it.
    is_told: bool,
}

pub(super) struct Client {
    pub(super) lifecycle: Lifecycle,
    /// What is on the wire: its flight, what it is, and the ledger's entry if it is a login.
    pub(super) wire: Option<(FlightNumber, Exchange, Option<Attempt>)>,
    pub(super) waiting: Vec<FlightNumber>,
    pub(super) handed_out: Option<Arc<Held>>,
    /// Refresh tokens that the server may have consumed, or that belong to the parent process.
    spent: HashSet<String>,
    /// The refresh token that was sent last, and when it first was.
    first_sent: Option<(String, BootTime)>,
    /// When a refresh was last sent: that is when it reaches the server, however late its answer is.
    refresh_sent: BootTime,
    /// A login has brought tokens.
    logged_in: bool,
    /// Access tokens that a caller reported as refused, and that the session has given up for that.
    refused: HashSet<String>,
    /// When it did so.
    given_up: Vec<BootTime>,
    /// All that was handed out.
    pub(super) had: Vec<Secret>,
    /// When something last failed since the last grant: in an outage an old token may be handed out to its end.
    troubled: Option<BootTime>,
    published: Option<Arc<Held>>,
    /// What the server has asked a human for, as the human was told of it.
    pub(super) challenges: Vec<Arc<SecondFactor>>,
    /// The flight for which somebody was asked last, and the last request of a flight, with its time.
    prompted: Option<FlightNumber>,
    sent: Option<(FlightNumber, bool, BootTime)>,
}

impl World {
    pub(super) fn new(rules: Rules, server: Server, now: Now) -> Self {
        let client = || Client {
            lifecycle: Lifecycle::new(rules),
            wire: None,
            waiting: Vec::new(),
            handed_out: None,
            spent: HashSet::new(),
            first_sent: None,
            refresh_sent: BootTime::default(),
            logged_in: false,
            refused: HashSet::new(),
            given_up: Vec::new(),
            had: Vec::new(),
            troubled: None,
            published: None,
            challenges: Vec::new(),
            prompted: None,
            sent: None,
        };
        let sessions = [client(), client()];
        let (ledger, key, queue) = (Ledger::default(), Key::new(&[7; 32]), Vec::new());
        let rejected = Vec::new();
        Self {
            now,
            server,
            password: 0,
            sessions,
            ledger,
            key,
            proven: None,
            rejected,
            changed: false,
            queue,
            chance: 0.0,
        }
    }

    pub(super) fn step(&mut self, session: usize, input: Input) {
        let fresh = self.fresh(session);
        let reported = match &input {
            Input::Unauthorized(token) => Some(token.clone()),
            _ => None,
        };
        let known = |token: &Secret| self.sessions[session].had.contains(token);
        let late = reported.as_ref().is_some_and(|token| known(token) && !self.is_current(session, token));
        let effects = self.sessions[session].lifecycle.step(self.now, self.chance, input);
        if let Some(Effect::Publish(Some(held))) = effects.first() {
            // By the server's own word it is good after all.
            self.sessions[session].refused.remove(held.grant.access_token.expose());
            self.sessions[session].given_up.pop();
        }
        if let Some(token) = &reported {
            self.report(session, token, &effects);
        }
        if late && fresh {
            assert!(matches!(effects[..], [Effect::HandOut(_)]), "invariant 7: a late 401 caused {effects:?}");
        }
        self.carry_out(session, effects);
    }

    /// What a caller says costs two tokens a minute at most, and what it costs is not handed out any more.
    fn report(&mut self, session: usize, token: &Secret, effects: &[Effect]) {
        if !effects.iter().any(|effect| matches!(effect, Effect::Publish(None))) {
            return;
        }
        assert!(self.is_current(session, token), "a report of another token than the current one costs that");
        let client = &mut self.sessions[session];
        if client.refused.insert(token.expose().to_owned()) {
            client.given_up.push(self.now.boot);
        }
        let crowded = client.given_up.windows(3).any(|three| three[0].until(three[2]) < REFUSED_AGAIN);
        assert!(!crowded, "three tokens in a minute are given up for what callers say: {:?}", client.given_up);
    }

    fn is_current(&self, session: usize, token: &Secret) -> bool {
        self.sessions[session].lifecycle.held().is_some_and(|held| held.grant.access_token == *token)
    }

    fn fresh(&self, session: usize) -> bool {
        let lifecycle = &self.sessions[session].lifecycle;
        lifecycle.valid(self.now).is_some_and(|held| held.windows.freshness(self.now.boot) == Freshness::Fresh)
    }

    /// The process forks, and its child goes on in its place. What is under way stays the parent's, and is left out here.
    pub(super) fn fork(&mut self, session: usize) {
        let queued = self.queue.iter().any(|(waiting, ..)| *waiting == session);
        let client = &mut self.sessions[session];
        if client.wire.is_some() || queued {
            return;
        }
        let parents = client.lifecycle.held().and_then(|held| held.grant.refresh_token.as_ref());
        client.spent.extend(parents.map(|token| token.expose().to_owned()));
        let (rules, closed) = (Arc::clone(&client.lifecycle.rules), client.lifecycle.is_closed());
        client.lifecycle = Lifecycle::inherited(rules, client.published.clone(), closed);
        if client.published.is_none() {
            // What the parent had goes along with what it holds.
            client.had.clear();
            client.handed_out = None;
        }
        client.waiting.clear();
        client.given_up.clear();
        (client.first_sent, client.prompted, client.sent) = (None, None, None);
    }

    fn carry_out(&mut self, session: usize, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::HandOut(held) => self.check_handed_out(session, &held),
                Effect::Wait(number) => self.sessions[session].waiting.push(number),
                Effect::Refuse(_) | Effect::Forget(_) | Effect::EndOnServer(_) => {}
                Effect::Send(number, exchange) => self.send(session, number, exchange),
                Effect::Publish(held) => self.sessions[session].published = held,
                Effect::Store(number, held) => {
                    let published = self.sessions[session].published.as_ref();
                    assert!(published.is_some_and(|now| Arc::ptr_eq(now, &held)), "invariant 3: stored before in use");
                    self.sessions[session].troubled = None;
                    self.step(session, Input::Stored(number, Ok(())));
                }
                Effect::Announce(event) => self.notice(session, &event),
                Effect::Release(number) => self.release(session, number),
                Effect::Settle(number, result) => self.settle(session, number, result),
            }
        }
    }

    fn notice(&mut self, session: usize, event: &Event) {
        let pending = self.sessions[session].lifecycle.challenged(self.now).map(Arc::clone);
        self.sessions[session].challenges.extend(pending);
        if event.code.is_some() {
            self.sessions[session].troubled = Some(self.now.boot);
        }
    }

    /// Who may be content with the old token goes on with it.
    fn release(&mut self, session: usize, number: FlightNumber) {
        let client = &mut self.sessions[session];
        client.troubled = Some(self.now.boot);
        let valid = client.lifecycle.valid(self.now).expect("nobody is released without a valid token");
        if client.waiting.contains(&number) {
            self.check_handed_out(session, &valid);
        }
    }

    fn settle(&mut self, session: usize, number: FlightNumber, result: Result<Arc<Held>, Error>) {
        let client = &mut self.sessions[session];
        let waited = client.waiting.len();
        client.waiting.retain(|waiting| *waiting != number);
        let held = result.ok().or_else(|| {
            client.troubled = Some(self.now.boot);
            client.lifecycle.valid(self.now)
        });
        if let (Some(held), true) = (held, waited > 0) {
            self.check_handed_out(session, &held);
        }
    }

    /// Invariant 6, and that nobody gets a token that was reported as refused.
    fn check_handed_out(&mut self, session: usize, held: &Arc<Held>) {
        let token = held.grant.access_token.expose();
        let client = &mut self.sessions[session];
        assert!(!client.refused.contains(token), "token {token} is handed out though the server refused it");
        client.handed_out = Some(Arc::clone(held));
        held.handed.note();
        client.had.push(held.grant.access_token.clone());
        let recent = client.troubled.is_some_and(|at| self.now.boot < at.after(Duration::from_secs(30)));
        // Or nothing may be sent: the server asked to wait, or there is nothing to send.
        let troubled = recent || !client.lifecycle.can_send_now(self.now);
        let number = token.parse().expect("a number");
        let Some(end) = self.server.end_of(session, number).filter(|_| self.server.dated) else { return };
        let left = end - self.now.boot.0;
        let margin = match self.server.lifetime {
            Some(lifetime) if !troubled => (lifetime * 250).min(30_000) - 1_000,
            Some(_) => 0,
            // Of what ends with the day nothing can be had that lives longer; exp says the last second.
            None => -1_000,
        };
        assert!(left >= margin, "invariant 6: a token with {left} ms to live is handed out (troubled: {troubled})");
    }

    /// What the server's own log must show at any time.
    pub(super) fn check_server(&mut self) {
        assert_eq!(self.server.reused, 0, "invariant 4: the server saw a refresh token again");
        for (times, rejected) in self.server.failures.windows(3).zip(self.rejected.windows(3)) {
            if times[2] - times[0] < 600_000 {
                let known = rejected[2].is_stale && rejected[..2].iter().all(|rejected| !rejected.is_told);
                assert!(known, "invariant 5: three failed logins in ten minutes: {times:?}");
                self.changed = true;
            }
        }
        assert!(self.server.locked == 0 || self.changed, "invariant 5: the account was locked");
    }
}
