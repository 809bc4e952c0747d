//! One HTTP exchange on the simulated network: what may become of it on the way there and on the way back.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::oneshot;
use zeroize::Zeroizing;

use super::accounts::Accounts;
use super::executor::{Owner, Sleep};
use super::journey::{Fate, Journey, Weather};
use super::server::{Arrived, Reply};
use super::seven_g::SevenGServer;
use super::synapsewave::SynapsewaveServer;
use super::wire_log::{Carried, End, WireLog};
use super::{World, now, with};
use crate::error::{Error, ErrorCode, Sent};
use crate::freshness::Timing;
use crate::provider::{Answer, BaseUrl, Request};
use crate::system::clock::Clock;
use crate::time::{BootTime, UnixTime};
use crate::transport::Ending;

/// The system that is simulated.
pub(super) enum Model {
    SevenG(SevenGServer),
    Synapsewave(SynapsewaveServer),
}

#[derive(Default)]
pub(super) struct Network {
    pub(super) weather: Cell<Weather>,
    /// What a schedule has in store for the next exchanges, whatever the weather, and for all after those.
    pub(super) next: RefCell<VecDeque<Journey>>,
    pub(super) always: Cell<Option<Journey>>,
    pub(super) log: RefCell<WireLog>,
    pub(super) model: RefCell<Option<Model>>,
    /// The server's clock less our boot clock.
    pub(super) ahead: Cell<i64>,
    /// Of how many of a hundred logins the answers are lost, be the weather as it may.
    pub(super) deaf: Cell<u8>,
    /// Whether answers say the time.
    pub(super) dated: Cell<bool>,
    /// What is let through goes out at once: there is no store to wait for.
    pub(super) instant: Cell<bool>,
    /// An answer took so long that it told little about the server's clock.
    pub(super) late: Cell<bool>,
}

impl Model {
    fn handle(&mut self, request: &Arrived, at: BootTime, clock: UnixTime) -> Reply {
        match self {
            Self::SevenG(server) => server.handle(request, at, clock),
            Self::Synapsewave(server) => server.handle(request, at, clock),
        }
    }

    pub(super) fn accounts(&mut self) -> &mut Accounts {
        match self {
            Self::SevenG(server) => &mut server.accounts,
            Self::Synapsewave(server) => &mut server.accounts,
        }
    }

    /// How long this token is still good, and whose it is; None if it is not good.
    pub(super) fn left(&self, token: &str, at: BootTime) -> Option<(i64, &str)> {
        match self {
            Self::SevenG(server) => server.left(token, at),
            Self::Synapsewave(server) => server.left(token, at),
        }
    }

    fn user(&self, carried: &Carried) -> String {
        match (carried, self) {
            (Carried::Login(user), _) => user.clone(),
            (Carried::Refresh(token), Self::SevenG(server)) => server.owner(token).unwrap_or_default(),
            _ => String::new(),
        }
    }

    pub(super) fn revoke(&mut self, draw: impl FnOnce(usize) -> usize) {
        match self {
            Self::SevenG(server) => server.revoke(draw),
            Self::Synapsewave(server) => server.revoke(draw),
        }
    }

    /// How many logins it let in.
    pub(super) fn logins(&self) -> usize {
        match self {
            Self::SevenG(server) => server.logins,
            Self::Synapsewave(server) => server.logins,
        }
    }

    /// How often a spent refresh token, or a used code, came again.
    pub(super) fn reused(&self) -> usize {
        match self {
            Self::SevenG(server) => server.reused,
            Self::Synapsewave(server) => server.reused,
        }
    }
}

impl Network {
    pub(super) fn with_model<R>(&self, act: impl FnOnce(&mut Model) -> R) -> R {
        act(self.model.borrow_mut().as_mut().expect("a server"))
    }
}

impl World {
    fn server_clock(&self) -> UnixTime {
        UnixTime(self.executor.now().boot.0 + self.network.ahead.get())
    }
}

/// The exchange as its sender sees it; however the sender goes, the log knows.
struct Exchange {
    number: usize,
    /// Who logs in with it.
    login: Option<String>,
}

impl Exchange {
    fn begin(request: &Request, arrived: &Arrived) -> Self {
        let carried = match request.path.as_str() {
            "/User/Login" => Carried::Login(arrived.text("username").to_owned()),
            "/User/RefreshToken" => Carried::Refresh(arrived.text("refreshToken").to_owned()),
            path if path.ends_with("/user/session") && arrived.body.contains_key("login_type") => {
                Carried::Login(arrived.text("user_id").to_owned())
            }
            _ => Carried::Other,
        };
        let login = if let Carried::Login(user) = &carried { Some(user.clone()) } else { None };
        let number = with(|world| {
            let (process, at) = (world.executor.process(), world.executor.now().boot);
            world.tell(|| format!("sends {carried:?}"));
            let user = world.network.with_model(|model| model.user(&carried));
            let (number, broken) = world.network.log.borrow_mut().begin(carried, user, process, at);
            if let Some(what) = broken {
                world.is_broken(what);
            }
            number
        });
        Self { number: number.unwrap_or_default(), login }
    }

    fn ended(&self, end: End) {
        with(|world| {
            let entry = &mut world.network.log.borrow_mut().entries[self.number];
            entry.end = end;
            world.tell(|| format!("{:?} is {end:?}", entry.carried));
        });
    }
}

impl Exchange {
    /// Where a store keeps a login or a refresh between its permission and the wire, a pause may come in between.
    fn paused(&self, fate: Fate) {
        let Fate::Busy(_, seconds) = fate else { return };
        with(|world| {
            if world.network.instant.get() {
                let until = world.executor.now().boot.after(Duration::from_secs(seconds.into()));
                world.network.log.borrow_mut().pause(self.number, until);
            }
        });
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        with(|world| world.network.log.borrow_mut().entries[self.number].active = false);
    }
}

/// Stands in for the transport's own.
pub(crate) async fn send(_base_url: &BaseUrl, request: Request, limit: Duration) -> Ending {
    let mut arrived = Arrived::from(clone(&request));
    let exchange = Exchange::begin(&request, &arrived);
    let Some(journey) = with(|world| world.journey(exchange.login.is_some())) else { unreachable!("there is a world") };
    let sent = now().unwrap_or_default().boot;
    if journey.fate == Fate::NotSent {
        Sleep::new(Duration::from_millis(journey.there.unsigned_abs())).await;
        exchange.ended(End::NotSent);
        return Ending::NotSent(Error::new(ErrorCode::Transport, "no connection").with_sent(Sent::No));
    }
    let (sender, answer) = oneshot::channel();
    let password = arrived.text("password").to_owned();
    if let Some(user) = &exchange.login {
        let known = with(|world| world.network.with_model(|model| model.accounts().sent(user, &password, sent)));
        arrived.sent = known.unwrap_or_default();
    }
    with(|world| world.executor.spawn(Owner::Network, travel(arrived, journey, sender)));
    match Clock::system().within(limit, answer).await {
        Some(Ok((reply, date))) => {
            let end = match (journey.fate, reply.0) {
                (Fate::Busy(..), _) => End::NotLookedAt,
                (Fate::Whole | Fate::Refuses(_), 200) => End::Granted,
                _ => End::Answered,
            };
            exchange.ended(end);
            if let (End::Granted, Some(user)) = (end, &exchange.login) {
                let at = now().unwrap_or_default().boot;
                with(|world| world.network.with_model(|model| model.accounts().let_in(user, &password, at)));
            }
            exchange.paused(journey.fate);
            answered(reply, journey.fate, date, sent)
        }
        lost => {
            exchange.ended(End::Lost);
            let code = if lost.is_none() { ErrorCode::Timeout } else { ErrorCode::Transport };
            Ending::Ambiguous(Error::new(code, "lost").with_sent(Sent::Maybe))
        }
    }
}

fn clone(request: &Request) -> Request {
    let Request { method, path, headers, body } = request;
    Request { method: *method, path: path.clone(), headers: headers.clone(), body: body.clone() }
}

fn answered(reply: Reply, fate: Fate, date: Option<UnixTime>, sent: BootTime) -> Ending {
    let now = now().unwrap_or_default();
    with(|world| world.network.late.set(world.network.late.get() || sent.until(now.boot) > Duration::from_secs(16)));
    let retry_at = match fate {
        Fate::Busy(_, seconds) if seconds > 0 => Some(now.unix.after(Duration::from_secs(seconds.into()))),
        Fate::Refuses(503) if reply.0 == 503 => Some(now.unix.after(Duration::from_secs(5))),
        _ => None,
    };
    let body = Zeroizing::new(reply.1.into_bytes());
    let answer = Answer { status: reply.0, retry_at, received: now.unix, date, content_type: None, body };
    Ending::Answered(answer, Timing { sent, received: now.boot, date })
}

/// A message and its answer, which belong to nobody once they are under way.
async fn travel(arrived: Arrived, journey: Journey, sender: oneshot::Sender<(Reply, Option<UnixTime>)>) {
    let is_login = arrived.path == "/User/Login" || arrived.body.contains_key("login_type");
    let pause = |milliseconds: i64| Sleep::travel(Duration::from_millis(milliseconds.unsigned_abs()));
    pause(journey.there).await;
    let acts = !matches!(journey.fate, Fate::LostBefore | Fate::Failed(_, false) | Fate::Elsewhere(_) | Fate::Busy(..));
    let (reply, date) = with(|world| {
        let (at, clock) = (world.executor.now().boot, world.server_clock());
        let reply = acts.then(|| world.network.with_model(|model| model.handle(&arrived, at, clock)));
        world.tell(|| format!("the server answers {reply:?}, {:?}", journey.fate));
        let date = world.network.dated.get().then_some(UnixTime(clock.0.div_euclid(1000) * 1000));
        (reply, date)
    })
    .unwrap_or_default();
    pause(journey.back).await;
    let reply = match (journey.fate, reply) {
        (Fate::LostBefore | Fate::LostAfter, _) => {
            if journey.silent {
                pause(90_000).await;
            }
            return;
        }
        (Fate::Failed(status, _), _) => (status, "<html><body>Bad gateway</body></html>".to_owned()),
        (Fate::Garbage, _) => (200, "{\"result\":".to_owned()),
        (Fate::Elsewhere(200), _) => (200, "<!DOCTYPE html><title>Welcome</title>".to_owned()),
        (Fate::Elsewhere(status), _) => (status, String::new()),
        (Fate::Refuses(status), Some((refused, body))) if is_login && refused >= 400 => (status, body),
        (Fate::Busy(status, _), _) => (status, "{}".to_owned()),
        (_, reply) => reply.unwrap_or_default(),
    };
    // The caller that asked may be gone.
    let _ = sender.send((reply, date));
}
