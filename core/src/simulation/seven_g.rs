//! A model of the 7G API: tokens that rotate, sessions that end when a spent refresh token comes back.

use serde_json::json;

use super::accounts::Accounts;
use super::server::{Arrived, Reply, jwt};
use crate::time::{BootTime, UnixTime};

/// One session of a user.
struct Family {
    user: String,
    /// All refresh tokens ever issued, the last being the good one.
    refresh: Vec<String>,
    /// The access tokens with their ends, in boot time.
    access: Vec<(String, i64)>,
    alive: bool,
}

pub(super) struct SevenGServer {
    pub(super) accounts: Accounts,
    /// What an access token lives, in seconds.
    pub(super) lifetime: i64,
    families: Vec<Family>,
    issued: u64,
    pub(super) reused: usize,
    pub(super) logins: usize,
    pub(super) refreshes: usize,
}

impl SevenGServer {
    pub(super) fn new(lifetime: i64) -> Self {
        let (accounts, families) = (Accounts::default(), Vec::new());
        Self { accounts, lifetime, families, issued: 0, reused: 0, logins: 0, refreshes: 0 }
    }

    pub(super) fn handle(&mut self, request: &Arrived, at: BootTime, clock: UnixTime) -> Reply {
        match request.path.as_str() {
            "/User/Login" => self.login(request, at, clock),
            "/User/RefreshToken" => self.refresh(request, at, clock),
            _ => refusal(404, "not found"),
        }
    }

    fn login(&mut self, request: &Arrived, at: BootTime, clock: UnixTime) -> Reply {
        let user = request.text("username").to_owned();
        if self.accounts.is_locked(&user, at) {
            return refusal(403, "The account is locked after too many attempts.");
        }
        if !self.accounts.takes(&user, request.text("password"), at, request.sent) {
            return refusal(401, "Invalid user name or password.");
        }
        self.logins += 1;
        self.families.push(Family { user, refresh: Vec::new(), access: Vec::new(), alive: true });
        self.issue(self.families.len() - 1, at, clock)
    }

    fn refresh(&mut self, request: &Arrived, at: BootTime, clock: UnixTime) -> Reply {
        let token = request.text("refreshToken");
        let found = self.families.iter().position(|family| family.refresh.iter().any(|known| known == token));
        let Some(number) = found.filter(|number| self.families[*number].alive) else {
            return refusal(401, "The refresh token is not known.");
        };
        let family = &mut self.families[number];
        if family.refresh.last().is_none_or(|good| good != token) {
            (family.alive, self.reused) = (false, self.reused + 1);
            return refusal(401, "The refresh token was used before.");
        }
        if !family.access.iter().any(|(known, _)| *known == request.authorization) {
            return refusal(401, "The access token is not of this session.");
        }
        self.refreshes += 1;
        self.issue(number, at, clock)
    }

    fn issue(&mut self, number: usize, at: BootTime, clock: UnixTime) -> Reply {
        self.issued += 1;
        let family = &mut self.families[number];
        // `exp` counts in whole seconds.
        let end = UnixTime(clock.0.div_euclid(1000) * 1000 + self.lifetime * 1000);
        let access = jwt(&family.user, self.issued, end);
        let refresh = format!("refresh-{}", self.issued);
        family.access.push((access.clone(), at.0 + end.0 - clock.0));
        family.refresh.push(refresh.clone());
        (200, json!({ "result": true, "accessToken": access, "refreshToken": refresh }).to_string())
    }

    /// How long this access token is still good, in milliseconds, and of whose session; None if it is not.
    pub(super) fn left(&self, token: &str, at: BootTime) -> Option<(i64, &str)> {
        let families = self.families.iter().filter(|family| family.alive);
        let mut known = families.flat_map(|family| family.access.iter().map(move |access| (family, access)));
        let (family, (_, end)) = known.find(|(_, (access, _))| access == token)?;
        Some((end - at.0, family.user.as_str())).filter(|(left, _)| *left > 0)
    }

    /// Whose refresh token this is.
    pub(super) fn owner(&self, token: &str) -> Option<String> {
        let family = self.families.iter().find(|family| family.refresh.iter().any(|known| known == token));
        family.map(|family| family.user.clone())
    }

    /// The refresh tokens that are good.
    pub(super) fn good(&self) -> Vec<String> {
        let alive = self.families.iter().filter(|family| family.alive);
        alive.filter_map(|family| family.refresh.last().cloned()).collect()
    }

    /// The server ends a session of its own accord.
    pub(super) fn revoke(&mut self, draw: impl FnOnce(usize) -> usize) {
        let alive: Vec<&mut Family> = self.families.iter_mut().filter(|family| family.alive).collect();
        if !alive.is_empty() {
            let chosen = draw(alive.len());
            alive.into_iter().nth(chosen).unwrap().alive = false;
        }
    }
}

fn refusal(status: u16, message: &str) -> Reply {
    (status, json!({ "result": false, "message": message, "recordCount": 0, "data": {} }).to_string())
}
