//! Carries out what a session's lifecycle decides: the part with tasks, locks, the timer and the network.

mod announce;
mod exchange;
mod login;
mod rules;
mod server_session;
mod server_time;
mod storing;
mod timer;
mod waiter;
mod waiting;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use arc_swap::ArcSwapOption;
use tokio::sync::watch;

use crate::account;
use crate::error::Error;
use crate::grant::Grant;
use crate::identity::{self, Origin};
use crate::lifecycle::{Effect, Ended, Exchange, FlightNumber, Held, Input, Lifecycle};
use crate::policy::Options;
use crate::provider::Provider;
use crate::store;
use crate::system::fork::{self, PerProcess};
use crate::system::runtime;
use crate::system::{chance, locked};
use crate::time::BootTime;

pub(crate) use announce::Listeners;
pub use announce::Subscription;
use rules::rules;
use waiter::Progress;
pub(crate) use waiter::{Need, Waiter};
pub(crate) use waiting::{Waiting, wait};

/// One session: what its handles share.
pub(crate) struct Keeper {
    provider: Arc<dyn Provider>,
    options: Options,
    /// What is handed out without asking the lifecycle, while it is fresh.
    published: ArcSwapOption<Held>,
    used: AtomicBool,
    closed: AtomicBool,
    number: u64,
    listeners: Listeners,
    /// Where the user's store keeps this session.
    stored_as: Option<Box<str>>,
    cell: PerProcess<Mutex<Cell>>,
}

/// What belongs to one process: another thread's lock does not survive a fork.
struct Cell {
    lifecycle: Lifecycle,
    flight: Option<(FlightNumber, watch::Sender<Progress>)>,
    /// Until when this flight can send nothing.
    waits: Option<(FlightNumber, BootTime)>,
    armed: Option<BootTime>,
    announcements: announce::Queue,
}

/// The lifecycle's answer to a caller.
pub(crate) enum Reply {
    Token(Arc<Held>),
    Wait(Waiter),
    Refused(Error),
    /// The session was closed, and its token is to be ended on the server.
    Closing(Arc<Held>),
    /// The input was no caller's.
    Nothing,
}

/// What is left to do once the lock is released.
enum Errand {
    Send(FlightNumber, Exchange),
    Store(FlightNumber, Arc<Held>),
    Forget(Option<Arc<Held>>),
    /// Waking may run a caller's code, such as an event loop's that holds an interpreter: never under the lock.
    Tell(watch::Sender<Progress>, Progress),
}

impl Keeper {
    /// A session that has nothing yet.
    pub(crate) fn new(provider: Arc<dyn Provider>, options: Options) -> Arc<Self> {
        let lifecycle = Lifecycle::new(rules(&*provider, &options));
        Self::with(provider, options, lifecycle, None)
    }

    /// A session that starts with tokens from elsewhere.
    pub(crate) fn resumed(provider: Arc<dyn Provider>, options: Options, grant: Grant) -> Arc<Self> {
        let rules = rules(&*provider, &options);
        let server = account::known(provider.base_url(), options.time()).unwrap_or_default();
        let (lifecycle, held) = Lifecycle::resumed(rules, server, grant, options.time().now(), chance());
        let keeper = Self::with(provider, options, lifecycle, Some(held));
        keeper.with_cell(|cell| keeper.arm(cell));
        keeper
    }

    fn with(provider: Arc<dyn Provider>, options: Options, lifecycle: Lifecycle, held: Option<Arc<Held>>) -> Arc<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        fork::watch();
        let stored_as = options.own_store().and_then(|_| session_key(&*provider, held.as_deref()));
        Arc::new(Self {
            provider,
            options,
            published: ArcSwapOption::new(held),
            used: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            listeners: Listeners::default(),
            stored_as,
            cell: PerProcess::made(Mutex::new(Cell::new(lifecycle))),
        })
    }

    /// Whether the user has logged out.
    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Whether this flight is to bring a session that nobody could have: all who waited for it are gone.
    fn is_forsaken(self: &Arc<Self>, number: FlightNumber) -> bool {
        self.with_cell(|cell| {
            let flight = cell.flight.as_ref().filter(|(current, _)| *current == number);
            cell.lifecycle.is_first_login(number) && flight.is_none_or(|(_, sender)| sender.receiver_count() == 0)
        })
    }

    /// The result of this flight, once there is one; None if the session has been closed.
    fn flight(self: &Arc<Self>, number: FlightNumber) -> Option<watch::Receiver<Progress>> {
        self.with_cell(|cell| (!cell.lifecycle.is_closed()).then(|| cell.join(number)))
    }

    /// Tells the waiters of this flight until when it can send nothing; or that this is over.
    fn wait_until(self: &Arc<Self>, number: FlightNumber, until: Option<BootTime>) {
        let flight = self.with_cell(|cell| {
            cell.waits = until.map(|until| (number, until));
            cell.flight.as_ref().filter(|(current, _)| *current == number).map(|(_, sender)| sender.clone())
        });
        if let Some(sender) = flight {
            Progress::tell_wait(&sender, until);
        }
    }

    pub(crate) fn provider(&self) -> &Arc<dyn Provider> {
        &self.provider
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    /// What is handed out without asking the lifecycle.
    pub(crate) fn current(&self) -> Option<Arc<Held>> {
        self.published.load_full()
    }

    /// The token while it is fresh: no lock, no runtime, one reading of the cheapest clock.
    #[inline]
    pub(crate) fn fresh(&self) -> Option<Arc<Held>> {
        let published = self.published.load();
        let held = published.as_ref()?;
        if self.options.time().coarse_boot_time() >= held.windows.due {
            return None;
        }
        if !self.used.load(Ordering::Relaxed) {
            self.used.store(true, Ordering::Relaxed);
        }
        held.handed.note();
        Some(Arc::clone(held))
    }

    /// Feeds the lifecycle and carries out what it says.
    pub(crate) fn ask(self: &Arc<Self>, input: Input) -> Reply {
        if matches!(input, Input::Want) {
            self.used.store(true, Ordering::Relaxed);
        }
        let (reply, errands) = self.with_cell(|cell| self.step(cell, input));
        for errand in errands {
            self.run(errand);
        }
        self.deliver();
        reply
    }

    /// Reads the lifecycle.
    pub(crate) fn look<R>(self: &Arc<Self>, read: impl FnOnce(&Lifecycle) -> R) -> R {
        self.with_cell(|cell| read(&cell.lifecycle))
    }

    fn step(self: &Arc<Self>, cell: &mut Cell, input: Input) -> (Reply, Vec<Errand>) {
        if matches!(input, Input::Close) {
            // First of all: a child forked in the middle must not find a session that holds nothing and may log in.
            self.closed.store(true, Ordering::Release);
        }
        let (mut reply, mut errands) = (Reply::Nothing, Vec::new());
        let now = self.options.time().now();
        for effect in cell.lifecycle.step(now, chance(), input) {
            match effect {
                Effect::HandOut(held) => reply = Reply::Token(held),
                Effect::Refuse(error) => reply = Reply::Refused(error),
                Effect::Wait(number) => reply = Reply::Wait(Waiter::new(Arc::clone(self), cell.join(number))),
                Effect::Send(number, exchange) => errands.push(Errand::Send(number, exchange)),
                Effect::Store(number, held) => errands.push(Errand::Store(number, held)),
                Effect::Forget(held) => errands.push(Errand::Forget(held)),
                Effect::EndOnServer(held) => reply = Reply::Closing(held),
                Effect::Publish(held) => {
                    self.used.store(held.is_none() && self.used.load(Ordering::Relaxed), Ordering::Relaxed);
                    self.published.store(held);
                }
                Effect::Announce(event) => cell.announcements.push(event, self.listeners.now()),
                // Nobody may have waited: a background flight has no channel.
                Effect::Release(number) => {
                    let flight = cell.flight.as_ref().filter(|(current, _)| *current == number);
                    errands.extend(flight.map(|(_, sender)| Errand::Tell(sender.clone(), Progress::Delayed)));
                }
                Effect::Settle(number, result) => {
                    let flight = cell.flight.take_if(|(current, _)| *current == number);
                    let good_until = cell.lifecycle.valid(now).map(|held| held.windows.expired);
                    errands.extend(flight.map(|(_, sender)| Errand::Tell(sender, Progress::Ended(result, good_until))));
                }
            }
        }
        self.arm(cell);
        (reply, errands)
    }

    fn run(self: &Arc<Self>, errand: Errand) {
        match errand {
            Errand::Send(number, exchange) => {
                let keeper = Arc::clone(self);
                if let Err(error) = runtime::spawn_made(|| exchange::Task::new(keeper, number).run(exchange)) {
                    self.ask(Input::Ended(number, Ended::NotSent(error)));
                }
            }
            Errand::Store(number, held) => self.store(number, held),
            Errand::Tell(sender, progress) => progress.tell(&sender),
            Errand::Forget(held) => {
                if let Some(held) = &held {
                    account::forget(&Origin::of(self.provider.base_url()), &held.grant);
                }
                self.forget(held);
            }
        }
    }

    fn arm(self: &Arc<Self>, cell: &mut Cell) {
        let wanted = cell.lifecycle.wake_at();
        if wanted != cell.armed {
            // Where there is no timer, it is tried again with the next step.
            cell.armed = if timer::move_entry(self, cell.armed, wanted) { wanted } else { None };
        }
    }

    /// The time that the timer was set to has come.
    fn woken(self: &Arc<Self>, at: BootTime) {
        self.with_cell(|cell| cell.armed = cell.armed.filter(|armed| *armed != at));
        let used = self.used.load(Ordering::Relaxed);
        self.ask(Input::Wake { used });
    }

    fn with_cell<R>(self: &Arc<Self>, act: impl FnOnce(&mut Cell) -> R) -> R {
        let inherit = || {
            let rules = rules(&*self.provider, &self.options);
            let (held, closed) = (self.published.load_full(), self.closed.load(Ordering::Acquire));
            Ok::<_, std::convert::Infallible>(Mutex::new(Cell::new(Lifecycle::inherited(rules, held, closed))))
        };
        let result = self.cell.with(inherit, |_| (), |cell| act(&mut locked(cell)));
        match result {
            Ok(result) => result,
            Err(never) => match never {},
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        // A session that is gone must not be kept in memory by its timer.
        if let Some(Some(at)) = self.cell.peek(|cell| locked(cell).armed) {
            timer::remove_entry(self.options.time(), at, self.number);
        }
    }
}

impl Cell {
    fn new(lifecycle: Lifecycle) -> Self {
        Self { lifecycle, flight: None, waits: None, armed: None, announcements: announce::Queue::default() }
    }

    fn join(&mut self, number: FlightNumber) -> watch::Receiver<Progress> {
        match &self.flight {
            Some((current, sender)) if *current == number => sender.subscribe(),
            _ => {
                let waits = self.waits.filter(|(waiting, _)| *waiting == number);
                let known = waits.map_or(Progress::UnderWay, |(_, until)| Progress::Waiting(until, false));
                let (sender, receiver) = watch::channel(known);
                self.flight = Some((number, sender));
                receiver
            }
        }
    }
}

/// The account that the session belongs to; without credentials, the one that its token names. Where neither names one the
/// session has no place in a store: another's tokens may be there.
fn session_key(provider: &dyn Provider, held: Option<&Held>) -> Option<Box<str>> {
    let user = account::user(provider, held.map(|held| &held.grant))?;
    Some(store::session_key(&identity::account(&Origin::of(provider.base_url()), &user)).into())
}
