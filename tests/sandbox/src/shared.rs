//! What all connections and the handle have in common: the state, the clock, and the signals that end a wait.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use relatch::{BootTime, ManualClock};
use tokio::sync::{Notify, watch};

use crate::clock::{ServerClock, milliseconds};
use crate::counts::Counts;
use crate::settings::Settings;
use crate::state::State;

/// Changed only while the state is locked, so that a request is either before or after a change.
#[derive(Clone, Copy, Default)]
pub(crate) struct Signals {
    /// Grows when all connections are to be cut.
    pub(crate) epoch: u64,
    /// Grows when all held exchanges may go on.
    pub(crate) releases: u64,
    pub(crate) stopped: bool,
}

pub(crate) struct Shared {
    pub(crate) manual: ManualClock,
    pub(crate) clock: ServerClock,
    pub(crate) signals: watch::Sender<Signals>,
    /// How many connections are open.
    pub(crate) open: watch::Sender<usize>,
    state: Mutex<State>,
    /// Wakes the waiters for a count.
    arrived: Notify,
}

impl Shared {
    /// # Errors
    /// A text that tells what is wrong with the settings.
    pub(crate) fn new(settings: Settings) -> Result<Self, String> {
        let manual = ManualClock::new();
        if let Some(starts_at) = settings.starts_at {
            manual.shift_wall(milliseconds(starts_at).saturating_sub(manual.clock().unix_time().0));
        }
        let clock = ServerClock::new(&manual);
        let (signals, _) = watch::channel(Signals::default());
        let (open, _) = watch::channel(0);
        let state = Mutex::new(State::new(settings)?);
        Ok(Self { manual, clock, signals, open, state, arrived: Notify::new() })
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// The server's time for this state, in milliseconds since 1970.
    pub(crate) fn now(&self, state: &State) -> i64 {
        self.clock.now(state.settings.server_clock_shift)
    }

    /// Changes the signals while no request is being looked at.
    pub(crate) fn signal(&self, change: impl FnOnce(&mut Signals)) {
        let _state = self.state();
        self.signals.send_modify(change);
    }

    /// Tells the waiters for a count that one may have grown.
    pub(crate) fn counted(&self) {
        self.arrived.notify_waiters();
    }

    /// Waits until the signals are so. They live as long as `self`, so this cannot fail.
    pub(crate) async fn signalled(&self, so: impl FnMut(&Signals) -> bool) {
        let mut signals = self.signals.subscribe();
        let _ = signals.wait_for(so).await;
    }

    /// Waits on the manual clock; false if the sandbox was stopped first.
    pub(crate) async fn sleep_until(&self, at: BootTime) -> bool {
        tokio::select! {
            () = self.clock.sleep_until(at) => true,
            () = self.signalled(|signals| signals.stopped) => false,
        }
    }

    /// Waits for a release after the first `releases`; false if the sandbox was stopped first.
    pub(crate) async fn released(&self, releases: u64) -> bool {
        self.signalled(|signals| signals.stopped || signals.releases > releases).await;
        !self.signals.borrow().stopped
    }

    /// Waits until a count is large enough, at most `limit` of real time.
    pub(crate) async fn wait_for(&self, what: &str, at_least: u64, limit: Duration) -> Result<(), String> {
        let count = || {
            let counted = self.state().counts.get(what);
            counted.ok_or_else(|| format!("there is no count '{what}', but {}", Counts::NAMES.join(", ")))
        };
        let enough = async {
            loop {
                let mut arrived = std::pin::pin!(self.arrived.notified());
                arrived.as_mut().enable();
                if count()? >= at_least {
                    return Ok(());
                }
                arrived.await;
            }
        };
        match tokio::time::timeout(limit, enough).await {
            Ok(done) => done,
            Err(_) => Err(format!("{what} is {} and not {at_least} after {} s", count()?, limit.as_secs_f64())),
        }
    }
}

/// Locks; a panic elsewhere must not hide its cause behind a second one here.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
