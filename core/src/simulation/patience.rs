//! How long callers wait, and for what: nobody with a valid token for a flight that gets nowhere, and nobody in vain who
//! asks for new ones.

use std::time::Duration;

use super::checks::{at, broken};
use super::scene::{Client, Setting, Shared};
use super::wire_log::{Carried, End};
use super::{now, with};
use crate::error::{Error, ErrorCode, Sent};
use crate::grant::Tokens;
use crate::policy::Relogin;
use crate::time::{BootTime, milliseconds};

/// One exchange, and a second.
const EXCHANGE: i64 = 16_000;
/// What a store may keep a refresh that long: the note that the token is on its way, and the writing of the new ones.
const STORE: i64 = 2_000 + 5_000;
/// What a call waits that does not say how long, and what one waits that is patient.
const USUAL: i64 = 30_000;
pub(super) const PATIENT: Duration = Duration::from_secs(300);
/// How far apart tries are after a few failures, and after many; with a second to spare.
const SHORT: i64 = 3_000;
const LONG: i64 = 31_000;
/// So many failures make no long wait yet.
const FEW: usize = 3;

/// A call under way.
pub(super) struct Waiting {
    at: BootTime,
    /// How long the caller is ready to wait.
    limit: i64,
    /// Milliseconds that the machine was awake and not too busy for our tasks.
    lively: i64,
    held: Option<Tokens>,
    /// The end of the token that is good as far as the session knows.
    valid_until: Option<BootTime>,
}

fn lively() -> i64 {
    with(|world| milliseconds(world.executor.awake()) - world.starved.get()).unwrap_or_default()
}

impl Waiting {
    pub(super) fn begin(of: &Client, patient: bool) -> Self {
        let now = now().unwrap_or_default();
        let valid = of.session.0.look(|lifecycle| lifecycle.valid(now));
        let valid_until = valid.map(|held| held.windows.expired);
        let limit = if patient { milliseconds(PATIENT) } else { USUAL };
        Self { at: now.boot, limit, lively: lively(), held: of.session.tokens(), valid_until }
    }

    /// Of a call for a token: a caller that holds one that is good all the while waits for one exchange at most.
    pub(super) fn check_token(&self, setting: Setting, of: &Client, shared: &Shared) {
        let took = lively() - self.lively;
        let limit = EXCHANGE + if setting.stored { STORE } else { 0 };
        let reported = |held: &Tokens| shared.reported.borrow().contains(held.access_token.expose());
        let good = self.valid_until.is_some_and(|until| until > at()) && !self.held.as_ref().is_some_and(reported);
        if took > limit && good && !*of.logged_out.borrow() {
            broken(|| format!("a call with a valid token waited for {took} ms"));
        }
    }

    /// Of an explicit refresh: what it brings is new. Where there is a store, it may join one that is being written.
    pub(super) fn check_refreshed(&self, setting: Setting, tokens: &Tokens) {
        if !setting.stored && self.held.as_ref().is_some_and(|held| held.access_token == tokens.access_token) {
            broken(|| "a refresh brought the token that was there before".to_owned());
        }
    }

    /// Of a call that fails and can come of nothing but one refresh token: while nothing has happened to that, it is tried
    /// again until the caller's time is up.
    pub(super) fn check_failed(&self, setting: Setting, of: &Client, error: &Error) {
        let harmless = match error.code() {
            ErrorCode::Transport => error.sent() == Some(Sent::No),
            ErrorCode::RateLimited => true,
            _ => false,
        };
        let alone = setting.lifetime.is_some() && setting.relogin == Relogin::Never && !*of.logged_out.borrow();
        if !harmless || !alone {
            return;
        }
        let now = now().unwrap_or_default();
        let took = milliseconds(self.at.until(now.boot));
        let wait = error.not_before(now).map(|until| milliseconds(now.boot.until(until))).unwrap_or_default();
        let failures = with(|world| {
            let log = world.network.log.borrow();
            let failed = [End::NotSent, End::NotLookedAt];
            log.count(|entry| matches!(entry.carried, Carried::Refresh(_)) && failed.contains(&entry.end))
        });
        let pause = if failures.is_some_and(|failures| failures <= FEW) { SHORT } else { LONG };
        if took + wait + pause < self.limit {
            broken(|| format!("a call for {} ms gave up after {took} ms: {error}", self.limit));
        }
    }
}
