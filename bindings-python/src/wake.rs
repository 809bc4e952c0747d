//! From the core's threads to the event loops: which waiting coroutines are to be polled again.
//!
//! The core wakes its waiters from any thread, and may hold a lock of its own meanwhile. So waking only notes a number.
//! A task of the runtime then takes the interpreter once for all numbers that have gathered, and tells each event loop
//! once. Python objects are touched by threads that hold the interpreter alone.

use std::collections::HashMap;
use std::mem;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use arc_swap::ArcSwap;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::package::functions;

/// Which future of which event loop a number stands for. Only locked by threads that hold the interpreter.
static TARGETS: LazyLock<Mutex<HashMap<u64, Target>>> = LazyLock::new(Mutex::default);
/// The numbers that have been woken. A forked child takes a new list: the old lock may never be released.
static WOKEN: LazyLock<ArcSwap<Mutex<Vec<u64>>>> = LazyLock::new(ArcSwap::default);

struct Target {
    event_loop: Py<PyAny>,
    future: Py<PyAny>,
}

/// How one waiting coroutine is woken.
pub(crate) struct Wake(Arc<Number>);

struct Number {
    number: u64,
    woken: AtomicBool,
}

impl std::task::Wake for Number {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.woken.swap(true, Ordering::AcqRel) {
            note(self.number);
        }
    }
}

impl Wake {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self(Arc::new(Number { number, woken: AtomicBool::new(false) }))
    }

    /// A waker for the next poll.
    pub(crate) fn waker(&self) -> Waker {
        self.0.woken.store(false, Ordering::Release);
        Waker::from(Arc::clone(&self.0))
    }

    /// Makes `future` what is set when the coroutine is woken; false if it has been woken already.
    pub(crate) fn aim(&self, event_loop: &Bound<'_, PyAny>, future: &Bound<'_, PyAny>) -> bool {
        let target = Target { event_loop: event_loop.clone().unbind(), future: future.clone().unbind() };
        let replaced = targets().insert(self.0.number, target);
        drop(replaced);
        // Who wakes after this line finds the target, and who woke before it is seen here.
        !self.0.woken.load(Ordering::Acquire)
    }
}

impl Drop for Wake {
    fn drop(&mut self) {
        let removed = targets().remove(&self.0.number);
        drop(removed);
    }
}

fn targets() -> MutexGuard<'static, HashMap<u64, Target>> {
    TARGETS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes what all threads share, before a fork can find it half made.
pub(crate) fn prepare() {
    LazyLock::force(&TARGETS);
    LazyLock::force(&WOKEN);
}

/// In a forked child: forgets who was woken in the parent.
pub(crate) fn forget() {
    mem::forget(WOKEN.swap(Arc::default()));
}

fn note(number: u64) {
    let woken = WOKEN.load();
    let mut woken = woken.lock().unwrap_or_else(PoisonError::into_inner);
    woken.push(number);
    let first = woken.len() == 1;
    drop(woken);
    // The first sends for the others too. Once the runtime has stopped no waiter is woken any more.
    if first && let Ok(runtime) = relatch::runtime::handle() {
        runtime.spawn(async { Python::attach(deliver) });
    }
}

/// Tells each event loop of its futures.
fn deliver(py: Python<'_>) {
    let numbers = mem::take(&mut *WOKEN.load().lock().unwrap_or_else(PoisonError::into_inner));
    let mut calls: Vec<(Py<PyAny>, Vec<Py<PyAny>>)> = Vec::new();
    for Target { event_loop, future } in numbers.iter().filter_map(|number| targets().remove(number)) {
        match calls.iter_mut().find(|(other, _)| other.is(&event_loop)) {
            Some((_, futures)) => futures.push(future),
            None => calls.push((event_loop, vec![future])),
        }
    }
    for (event_loop, futures) in calls {
        let event_loop = event_loop.bind(py);
        if let Err(error) = tell(event_loop, futures) {
            // Nobody waits on a loop that has been closed.
            let closed = event_loop.call_method0(intern!(py, "is_closed")).and_then(|closed| closed.extract::<bool>());
            if !matches!(closed, Ok(true)) {
                error.write_unraisable(py, Some(event_loop));
            }
        }
    }
}

fn tell(event_loop: &Bound<'_, PyAny>, futures: Vec<Py<PyAny>>) -> PyResult<()> {
    let py = event_loop.py();
    let futures = PyList::new(py, futures)?;
    event_loop.call_method1(intern!(py, "call_soon_threadsafe"), (&functions()?.set_futures, futures)).map(drop)
}
