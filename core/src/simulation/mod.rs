//! A deterministic simulation: the real keeper, lifecycle and providers on a simulated machine and network, against
//! model servers that rotate, revoke on reuse and lock accounts.
//!
//! The seam is our own, at the few places where the library touches the world (tasks, timers, clocks, randomness, one
//! HTTP exchange, what belongs to a process), and exists in test builds only: turmoil and madsim stand in for tokio's
//! sockets, which the HTTP client hides behind its own; shuttle explores threads, and here it is the order of tasks that
//! matters. One seed decides everything, so that a run that fails can be had again.

mod accounts;
mod actions;
mod callers;
mod cancellation;
mod checks;
mod deaf_spells;
mod executor;
mod journey;
mod network;
mod outages;
mod patience;
mod patient_callers;
mod proof;
mod scene;
mod schedule;
mod seeds;
mod server;
mod seven_g;
mod shared_tokens;
mod store;
mod synapsewave;
mod troubled_stores;
mod wire_log;

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use crate::error::Error;
use crate::provider::{Provider, SevenG};
use crate::time::Now;

pub(crate) use executor::Handle;
pub(crate) use network::send;
pub(crate) use proof::{entered, guarded, settled};

use executor::Executor;
use network::Network;

thread_local! {
    static WORLD: RefCell<Option<Rc<World>>> = const { RefCell::new(None) };
}

/// A provider with credentials, of whichever system: for tests of what decides about sessions, which know none.
pub(crate) fn some_provider() -> Arc<dyn Provider> {
    let builder = SevenG::builder().base_url("https://7g.example").username("api_user").password("made up");
    Arc::new(builder.build().expect("a provider"))
}

/// All that a run is made of.
struct World {
    random: RefCell<fastrand::Rng>,
    executor: Executor,
    network: Network,
    /// What was found to be wrong. Raised by the driver of the run: a panic in a task would be caught by its owner.
    broken: RefCell<Vec<String>>,
    steps: Cell<u64>,
    proof: RefCell<proof::Proof>,
    /// A password was changed at the server while answers were lost, so many of three that were rejected.
    changed: Cell<Option<usize>>,
    /// Milliseconds in which tasks that could go on did not.
    starved: Cell<i64>,
    /// What happens is printed: a seed runs alone.
    loud: bool,
}

impl World {
    fn random<R>(&self, draw: impl FnOnce(&mut fastrand::Rng) -> R) -> R {
        draw(&mut self.random.borrow_mut())
    }

    fn tell(&self, what: impl FnOnce() -> String) {
        if self.loud {
            let at = self.executor.now().boot.0 - 1_000_000;
            println!("{:>10}.{:03} s, process {}: {}", at / 1000, at % 1000, self.executor.process(), what());
        }
    }

    fn is_broken(&self, what: String) {
        self.broken.borrow_mut().push(what);
    }
}

/// Runs `act` in a world of its own.
fn within<R>(seed: u64, act: impl FnOnce(&Rc<World>) -> R) -> R {
    struct Leave;
    impl Drop for Leave {
        fn drop(&mut self) {
            if let Some(world) = WORLD.with_borrow(Clone::clone) {
                world.executor.clear();
            }
            // Dropped outside the borrow: what is in it may ask whether there is a world.
            let left = WORLD.with_borrow_mut(Option::take);
            drop(left);
        }
    }
    let random = RefCell::new(fastrand::Rng::with_seed(seed));
    let world = World {
        random,
        executor: Executor::default(),
        network: Network::default(),
        broken: RefCell::default(),
        steps: Cell::new(0),
        proof: RefCell::default(),
        changed: Cell::default(),
        starved: Cell::new(0),
        loud: std::env::var_os("RELATCH_SEED").is_some(),
    };
    let world = Rc::new(world);
    WORLD.set(Some(Rc::clone(&world)));
    let _leave = Leave;
    act(&world)
}

fn with<R>(act: impl FnOnce(&World) -> R) -> Option<R> {
    let world = WORLD.with_borrow(Clone::clone)?;
    Some(act(&world))
}

/// Whether this thread is in a simulation.
pub(crate) fn is_on() -> bool {
    WORLD.with_borrow(Option::is_some)
}

/// The simulated clocks.
pub(crate) fn now() -> Option<Now> {
    with(|world| world.executor.now())
}

/// How long the simulated machine was awake.
pub(crate) fn awake() -> Option<Duration> {
    with(|world| world.executor.awake())
}

/// A simulated draw in 0..1.
pub(crate) fn chance() -> Option<f64> {
    with(|world| world.random(fastrand::Rng::f64))
}

/// The simulated process that is running.
pub(crate) fn process() -> Option<u32> {
    with(|world| world.executor.process())
}

/// What this process has for a static of the library, if anything.
pub(crate) fn found_in_process<T: Any + Clone>(key: *const impl Sized) -> Option<T> {
    with(|world| world.executor.found(key.addr())).flatten()
}

/// Like the function above, and makes what is missing.
pub(crate) fn of_process<T: Any + Clone>(key: *const impl Sized, make: impl FnOnce() -> T) -> T {
    let found = found_in_process(key);
    found.unwrap_or_else(|| {
        let value = make();
        with(|world| world.executor.keep(key.addr(), value.clone()));
        value
    })
}

/// Whether the simulated machine has threads to give to a process that has none yet.
pub(crate) fn has_threads() -> Result<(), Error> {
    let threadless = with(|world| world.executor.threadless.get()) == Some(true);
    if threadless { Err(Error::runtime(std::io::Error::other("no threads"))) } else { Ok(()) }
}

/// A task of the library, made where it can be run.
pub(crate) fn spawn<F: Future + 'static>(make: impl FnOnce() -> F) -> Result<Handle<F::Output>, Error> {
    has_threads()?;
    let spawned = with(|world| world.executor.spawn_with_handle(make())).flatten();
    spawned.ok_or_else(|| Error::closed("The simulated process is gone."))
}

/// A timer that stands still while the machine is suspended.
pub(crate) async fn sleep(time: Duration) {
    executor::Sleep::new(time).await;
}
