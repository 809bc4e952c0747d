//! The invariants, checked where they could break: at every answer to a caller, and against the server's own log.

use std::task::Poll;

use super::accounts::Seen;
use super::scene::{Client, Scene, Setting, Shared, name};
use super::wire_log::{Carried, End};
use super::{World, with};
use crate::error::{Error, ErrorCode};
use crate::policy::Relogin;
use crate::session::Token;
use crate::time::BootTime;

/// What is not known of the server's clock after answers that took their time: the longest exchange, and a second.
const UNCERTAIN: i64 = 17_000;

pub(super) fn broken(what: impl FnOnce() -> String) {
    with(|world| world.is_broken(what()));
}

pub(super) fn at() -> BootTime {
    super::now().unwrap_or_default().boot
}

/// What the server says of a token: how long it is still good, if it is.
pub(super) fn left(token: &str) -> Option<i64> {
    with(|world| world.network.with_model(|model| model.left(token, at()).map(|(left, _)| left))).flatten()
}

/// A caller was given this token.
pub(super) fn handed_out(setting: Setting, of: &Client, shared: &Shared, token: &str) {
    let found = with(|world| {
        let known =
            world.network.with_model(|model| model.left(token, at()).map(|(left, user)| (left, user.to_owned())));
        (known, world.network.dated.get())
    });
    let Some((known, dated)) = found else { return };
    if let Some((_, user)) = &known {
        assert_eq!(*user, name(of.user), "a token of another user");
    }
    if shared.reported.borrow().contains(token) {
        // Another caller's report may come between the hand-out and this line, never before a call that begins later.
        return;
    }
    match known {
        Some((left, _)) if setting.calm && dated && setting.lifetime.is_some() => {
            let taken_up = of.taken_up.as_ref().filter(|(taken_up, _)| taken_up == token);
            let life = taken_up.map_or(setting.lifetime.unwrap_or_default() * 1000, |(_, left)| *left);
            let margin = (life / 4).min(30_000) - 1_500;
            if left < margin {
                broken(|| format!("invariant 6: a token with {left} ms to live was handed out at {:?}", at()));
            }
        }
        None if setting.calm && dated => broken(|| {
            format!(
                "{} was handed out {token}, which is worth nothing, at {:?}: {:?} ends {:?}",
                name(of.user),
                at(),
                of.session,
                of.session.expires_at()
            )
        }),
        _ => {}
    }
}

/// A call for a token failed.
pub(super) fn call_failed(setting: Setting, of: &Client, shared: &Shared, call: &str, error: &Error) {
    let code = error.code();
    if code == ErrorCode::Closed && *of.logged_out.borrow() {
        return;
    }
    let held = of.session.tokens().map(|tokens| tokens.access_token.expose().to_owned());
    let reported = held.as_ref().is_some_and(|held| shared.reported.borrow().contains(held));
    if let Some(left) = held.as_deref().and_then(left)
        && left > UNCERTAIN
        && !reported
        && !of.blind
        && call == "token"
        && with(|world| world.network.dated.get() && !world.network.late.get()) == Some(true)
    {
        broken(|| format!("a call failed ({code:?}) though its token is good for {left} ms"));
    }
    // Where there is no refresh and no login either, a session ends.
    let ends = setting.lifetime.is_none() && (setting.attended || setting.relogin == Relogin::Never);
    let may_fail = call == "report" || of.blind || ends || reported && setting.relogin == Relogin::Never;
    if setting.calm && !may_fail && !is_crowded(setting, error) {
        broken(|| format!("nothing went wrong, and {call} failed: {error}"));
    }
}

/// Each login of a user takes a step of the authenticator: of several the last may wait for longer than its call does. And
/// while the machine sleeps a human's time to answer may end.
fn is_crowded(setting: Setting, error: &Error) -> bool {
    setting.lifetime.is_none() && error.code() == ErrorCode::Timeout
        || setting.attended && error.code() == ErrorCode::SecondFactorRequired
}

pub(super) fn refresh_failed(setting: Setting, of: &Client, error: &Error) {
    let has_refresh = setting.lifetime.is_some() || setting.relogin == Relogin::Auto;
    if setting.calm && has_refresh && !of.blind && !*of.logged_out.borrow() && !is_crowded(setting, error) {
        broken(|| format!("nothing went wrong, and refresh failed: {error}"));
    }
}

pub(super) fn login_failed(setting: Setting, error: &Error) {
    if setting.calm && !is_crowded(setting, error) {
        broken(|| format!("nothing went wrong, and a login failed: {error}"));
    }
}

/// A report of a token that is not the current one, while that is fresh.
pub(super) struct Late {
    current: String,
    sent: usize,
}

fn sent() -> usize {
    with(|world| world.network.log.borrow().entries.len()).unwrap_or_default()
}

impl Late {
    pub(super) fn of(client: &Client, token: &str) -> Option<Self> {
        let current = client.session.fresh_token()?.as_str().to_owned();
        (current != token).then(|| Self { current, sent: sent() })
    }

    pub(super) fn check(&self, client: &Client, first: Poll<Result<Token, Error>>) {
        let answered = matches!(first, Poll::Ready(Ok(token)) if token.as_str() == self.current);
        let quiet = client.session.fresh_token().is_some_and(|token| token.as_str() == self.current);
        if !answered || !quiet || sent() != self.sent {
            broken(|| "invariant 7: a late 401 was not answered with the current token at once".to_owned());
        }
    }
}

/// What the server's own log must show at any time.
pub(super) fn server(world: &World) {
    let (reused, seen) = world.network.with_model(|model| (model.reused(), model.accounts().seen()));
    if reused > 0 {
        world.is_broken("invariant 4: the server saw a spent token, or a used code, again".to_owned());
    }
    match seen {
        Seen::Well => {}
        // Of what no ledger can know. It stays so: the account may be locked from now on.
        Seen::Changed { lost } => world.changed.set(Some(lost)),
        Seen::Broken => world.is_broken("invariant 5: three failed logins in ten minutes".to_owned()),
    }
}

/// A session logs in by itself only where a refresh came to no good end: lost, refused, or unreadable. One that the server
/// did not look at, or that was not sent, is none.
fn healing(scene: &Scene) {
    let made = scene.shared.made.borrow();
    let asked: usize = ["login", "take up"].iter().filter_map(|name| made.get(name)).sum();
    let log = scene.world.network.log.borrow();
    let logins = log.count(|entry| matches!(entry.carried, Carried::Login(_)) && entry.end == End::Granted);
    let bad = [End::Lost, End::Open, End::Answered];
    let lost = log.count(|entry| matches!(entry.carried, Carried::Refresh(_)) && bad.contains(&entry.end));
    // A task that ends in the middle counts as lost wherever it was, and a process leaves marks in the store.
    let (tasks, processes) = scene.ended;
    let bound = asked + lost + tasks + 6 * processes;
    if scene.setting.lifetime.is_some() && logins > bound {
        scene.world.is_broken(format!("{logins} logins, of which callers and lost refreshes explain {bound}"));
    }
}

/// Where nothing went wrong, logins are those that callers made, and each expiry cost one refresh.
pub(super) fn traffic(scene: &Scene) {
    healing(scene);
    if !scene.setting.calm {
        return;
    }
    let made = scene.shared.made.borrow();
    let calls = |name| made.get(name).copied().unwrap_or_default();
    let logins = scene.world.network.with_model(|model| model.logins());
    let asked = calls("login") + calls("take up");
    if scene.setting.lifetime.is_some() && logins > asked {
        scene.world.is_broken(format!("{asked} calls logged in, and the server saw {logins} logins"));
    }
    let refreshes = scene.world.network.log.borrow().count(|entry| matches!(entry.carried, Carried::Refresh(_)));
    let lived = (at().0 - 1_000_000) / (scene.setting.lifetime.unwrap_or(86_400) * 600) + 1;
    let due = asked * usize::try_from(lived).unwrap_or_default();
    let bound = due + calls("refresh") + calls("report");
    if refreshes > bound {
        scene.world.is_broken(format!("{refreshes} refreshes where {bound} are enough"));
    }
}
