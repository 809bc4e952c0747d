//! One timer for all sessions of the process that read the same clock.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, Weak};

use tokio::sync::Notify;

use super::Keeper;
use crate::system::clock::Clock;
use crate::system::fork::PerProcess;
use crate::system::locked;
use crate::system::runtime;
use crate::time::BootTime;

struct Timer {
    clock: Clock,
    plan: Mutex<Plan>,
    earlier: Notify,
}

#[derive(Default)]
struct Plan {
    entries: BTreeMap<(BootTime, u64), Weak<Keeper>>,
    /// When the timer looks again by itself; for ever, if that is nothing. An entry that goes away leaves it as it is.
    next: Option<BootTime>,
}

/// A timer for the machine's clock, and one for each manual clock of a test.
static TIMERS: PerProcess<Mutex<Vec<Arc<Timer>>>> = PerProcess::new();

/// Sets `keeper`'s entry from `old` to `new`; whether there is a timer to do so.
pub(super) fn move_entry(keeper: &Arc<Keeper>, old: Option<BootTime>, new: Option<BootTime>) -> bool {
    let Some(timer) = of(keeper.options.time()) else { return false };
    let mut plan = locked(&timer.plan);
    if let Some(old) = old {
        plan.entries.remove(&(old, keeper.number));
    }
    let Some(new) = new else { return true };
    plan.entries.insert((new, keeper.number), Arc::downgrade(keeper));
    // A time that has passed is one that the timer has slept through: it may go on sleeping for a while.
    if plan.next.is_none_or(|next| new < next || next <= timer.clock.boot_time()) {
        plan.next = Some(new);
        drop(plan);
        timer.earlier.notify_one();
    }
    true
}

/// Removes the entry of a session that is gone.
pub(super) fn remove_entry(clock: &Clock, at: BootTime, number: u64) {
    if let Some(timer) = of(clock) {
        locked(&timer.plan).entries.remove(&(at, number));
    }
}

/// The timer of this clock; the first use starts it.
fn of(clock: &Clock) -> Option<Arc<Timer>> {
    let timers = TIMERS.with(
        || Ok::<_, crate::Error>(Mutex::default()),
        |_| (),
        |timers| {
            let mut timers = locked(timers);
            if let Some(timer) = timers.iter().find(|timer| timer.clock.is(clock)) {
                return Some(Arc::clone(timer));
            }
            let timer = Arc::new(Timer { clock: clock.clone(), plan: Mutex::default(), earlier: Notify::new() });
            // Without threads there is nothing to wake; sessions then refresh when they are used.
            runtime::spawn(run(Arc::clone(&timer))).ok()?;
            timers.push(Arc::clone(&timer));
            Some(timer)
        },
    );
    timers.ok().flatten()
}

async fn run(timer: Arc<Timer>) {
    loop {
        let earlier = timer.earlier.notified();
        let now = timer.clock.boot_time();
        let (due, next) = take_due(&timer, now);
        for (at, keeper) in due {
            // A listener of the log may panic: the other sessions' time comes all the same.
            drop(catch_unwind(AssertUnwindSafe(|| keeper.woken(at))));
        }
        match next {
            None => earlier.await,
            Some(next) => tokio::select! {
                biased;
                () = timer.clock.sleep_until(next) => {}
                () = earlier => {}
            },
        }
    }
}

fn take_due(timer: &Timer, now: BootTime) -> (Vec<(BootTime, Arc<Keeper>)>, Option<BootTime>) {
    let mut plan = locked(&timer.plan);
    let later = plan.entries.split_off(&(BootTime(now.0.saturating_add(1)), 0));
    let due = std::mem::replace(&mut plan.entries, later);
    plan.next = plan.entries.first_key_value().map(|((at, _), _)| *at);
    let next = plan.next;
    drop(plan);
    let alive = due.into_iter().filter_map(|((at, _), keeper)| keeper.upgrade().map(|keeper| (at, keeper)));
    (alive.collect(), next)
}
