//! Time: a clock that counts suspend for live deadlines, wall time for what leaves the process, and the server's own.
//!
//! Values are milliseconds and every operation saturates: no reading of a clock or of a foreign time can panic.

mod machine;

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tokio::sync::watch;

#[cfg(test)]
use crate::simulation;
use crate::system::attention;
use crate::system::coarse_clock;
use crate::system::fork::PerProcess;
use crate::system::runtime;

use crate::time::{BootTime, Now, UnixTime, duration, milliseconds};
pub(crate) use machine::machine_start;
use machine::{system_boot_time, system_unix_time};

/// A laptop that slept, or a clock that was set, is noticed within this time: tokio's timers do not count suspend.
const LONGEST_NAP: Duration = Duration::from_secs(30);

/// How often a limit looks whether it could look.
const GLANCE: Duration = Duration::from_secs(1);
/// What is left of a limit at least after a time when nobody could look.
const MOMENT: Duration = Duration::from_secs(5);

/// Milliseconds by which a coarse clock may be behind, with room to spare: a token that has ended must not pass for
/// fresh until the next tick.
const LONGEST_TICK: i64 = 20;

/// Where a session reads the time: the machine, or a [`ManualClock`] in tests.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<Offsets>>);

#[derive(Debug)]
struct Offsets {
    boot: AtomicI64,
    unix: AtomicI64,
    /// Tells of every move. It holds a lock, which a forked child must not inherit.
    moved: PerProcess<watch::Sender<()>>,
}

impl Offsets {
    fn moved<R>(&self, act: impl FnOnce(&watch::Sender<()>) -> R) -> R {
        let made = self.moved.with(|| Ok::<_, Infallible>(watch::channel(()).0), |_| (), act);
        match made {
            Ok(result) => result,
            Err(never) => match never {},
        }
    }
}

impl Clock {
    /// The machine's clocks.
    pub fn system() -> Self {
        Self(None)
    }

    /// Milliseconds since the machine started, suspend included.
    pub fn boot_time(&self) -> BootTime {
        let offset = self.0.as_ref().map_or(0, |offsets| offsets.boot.load(Ordering::Acquire));
        BootTime(system_boot_time().saturating_add(offset))
    }

    /// Like `boot_time`, some milliseconds ahead and never behind, at a fraction of the price.
    #[inline]
    pub(crate) fn coarse_boot_time(&self) -> BootTime {
        #[cfg(test)]
        if simulation::is_on() {
            return BootTime(self.boot_time().0.saturating_add(LONGEST_TICK));
        }
        let offset = self.0.as_ref().map_or(0, |offsets| offsets.boot.load(Ordering::Acquire));
        BootTime(coarse_clock::boot_time(system_boot_time).saturating_add(offset).saturating_add(LONGEST_TICK))
    }

    /// The wall time, which somebody may have set wrongly.
    pub fn unix_time(&self) -> UnixTime {
        let offset = self.0.as_ref().map_or(0, |offsets| offsets.unix.load(Ordering::Acquire));
        UnixTime(system_unix_time().saturating_add(offset))
    }

    /// Both clocks.
    pub fn now(&self) -> Now {
        Now { boot: self.boot_time(), unix: self.unix_time() }
    }

    /// Whether the other clock is the same one.
    pub(crate) fn is(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (None, None) => true,
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }

    /// What `future` comes to, unless that takes longer than `limit`. The machine's sleep does not count: what it began
    /// before can go on after it.
    pub(crate) async fn within<F: Future>(&self, limit: Duration, future: F) -> Option<F::Output> {
        let late = async {
            match &self.0 {
                None => runtime::sleep(limit).await,
                // Here time passes as a test wants it.
                Some(_) => self.sleep_until(self.boot_time().after(limit)).await,
            }
        };
        tokio::select! {
            biased;
            output = future => Some(output),
            () = late => None,
        }
    }

    /// Waits until `limit` has passed while somebody could look: a limit that passed while the process was stopped, or
    /// the machine asleep, is none. What came meanwhile gets a moment to be read.
    pub(crate) async fn attended(&self, limit: Duration) {
        let mut deadline = self.boot_time().after(limit);
        loop {
            let left = self.boot_time().until(deadline);
            if left.is_zero() {
                return;
            }
            let (before, nap) = (system_boot_time(), left.min(GLANCE));
            self.sleep_until(self.boot_time().after(nap)).await;
            let missed = duration(system_boot_time().saturating_sub(before)).saturating_sub(nap);
            if missed > GLANCE {
                deadline = deadline.after(missed).max(self.boot_time().after(MOMENT.min(limit)));
            }
        }
    }

    /// Waits until the boot clock reads `at`, through suspend and through jumps of a manual clock.
    pub async fn sleep_until(&self, at: BootTime) {
        let mut moved = self.0.as_ref().map(|offsets| offsets.moved(watch::Sender::subscribe));
        loop {
            let left = self.boot_time().until(at);
            if left.is_zero() {
                return;
            }
            let (since, length) = (runtime::elapsed(), left.min(LONGEST_NAP));
            let nap = async {
                runtime::sleep(length).await;
                attention::rang(since.saturating_add(length), runtime::elapsed());
            };
            match &mut moved {
                None => nap.await,
                Some(moved) => tokio::select! {
                    biased;
                    () = nap => {}
                    // The sender lives in the clock that `self` holds, so this cannot fail.
                    _ = moved.changed() => {}
                },
            }
        }
    }
}

/// A clock that runs like the machine's and can be moved, so that a day passes in a millisecond.
///
/// ```
/// use std::time::Duration;
/// let manual = relatch::ManualClock::new();
/// let clock = manual.clock();
/// let before = clock.boot_time();
/// manual.advance(Duration::from_secs(86_400));
/// assert!(before.until(clock.boot_time()) >= Duration::from_secs(86_400));
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<Offsets>);

impl ManualClock {
    /// A clock that starts at the machine's time.
    pub fn new() -> Self {
        Self(Arc::new(Offsets {
            boot: AtomicI64::new(0),
            unix: AtomicI64::new(0),
            moved: PerProcess::made(watch::channel(()).0),
        }))
    }

    /// The clock to hand to a session or a server: it follows this one.
    pub fn clock(&self) -> Clock {
        Clock(Some(Arc::clone(&self.0)))
    }

    /// Lets `time` pass at once; tasks that sleep on this clock wake up if they are due.
    pub fn advance(&self, time: Duration) {
        let time = milliseconds(time);
        saturating_add(&self.0.boot, time);
        saturating_add(&self.0.unix, time);
        self.0.moved(|moved| moved.send_replace(()));
    }

    /// Sets the wall clock forward (or back, if negative) without any time passing: a user or NTP sets the clock.
    pub fn shift_wall(&self, milliseconds: i64) {
        saturating_add(&self.0.unix, milliseconds);
        self.0.moved(|moved| moved.send_replace(()));
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

fn saturating_add(value: &AtomicI64, more: i64) {
    // `fetch_update` with a closure that always answers cannot fail.
    let _ = value.fetch_update(Ordering::AcqRel, Ordering::Acquire, |old| Some(old.saturating_add(more)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn setting_the_wall_clock_does_not_move_the_boot_clock() {
        let manual = ManualClock::new();
        let clock = manual.clock();
        let before = clock.now();
        manual.shift_wall(-3_600_000);
        let after = clock.now();
        assert!(before.boot.until(after.boot) < Duration::from_secs(60));
        assert!(after.unix < before.unix);
    }

    #[test]
    fn the_coarse_clock_follows_the_exact_one() {
        let manual = ManualClock::new();
        for clock in [Clock::system(), manual.clock()] {
            manual.advance(Duration::from_secs(3600));
            manual.shift_wall(-7_200_000);
            let (before, coarse, after) = (clock.boot_time(), clock.coarse_boot_time(), clock.boot_time());
            assert!(before.0 - 1000 < coarse.0 && coarse.0 <= after.0 + 1000, "{before:?} {coarse:?} {after:?}");
        }
    }

    #[test]
    fn advancing_wakes_a_sleeper_at_once() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let manual = ManualClock::new();
            let clock = manual.clock();
            let sleeper = clock.sleep_until(clock.boot_time().after(Duration::from_secs(86_400)));
            let (mut sleeper, mut early) = (std::pin::pin!(sleeper), false);
            tokio::select! { biased; () = &mut sleeper => early = true, () = tokio::task::yield_now() => {} }
            assert!(!early);
            manual.advance(Duration::from_secs(86_401));
            tokio::time::timeout(Duration::from_secs(10), sleeper).await.expect("the sleeper was not woken");
        });
    }
}
