//! Two sessions of one account, the ledger they share, the model server, and the invariants that are checked at every
//! effect.

use std::collections::HashSet;
use std::time::Duration;

use super::super::streak::REFUSED_AGAIN;
use super::super::*;
use super::model::{Fate, Server};
use crate::lockout::{Along, Attempt, Credential, Key, Ledger, LockoutRule, Verdict};
use crate::secret::Secret;

const RULE: LockoutRule = LockoutRule { most: 2, window: Duration::from_secs(600) };

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

    /// Lets the server have the exchange that is on the wire.
    pub(super) fn deliver(&mut self, session: usize, fate: Fate) {
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

    fn send(&mut self, session: usize, number: FlightNumber, exchange: Exchange) {
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

/// What goes along with the password: where somebody gave something, that.
fn along(part: &LoginPart) -> Along {
    match part {
        LoginPart::Whole(Some(_)) | LoginPart::Second(_, Some(_)) => Along::Typed,
        _ => Along::Nothing,
    }
}
