//! The end of the process, and what a forked child must forget.
//!
//! A thread that comes back to an interpreter that is being taken down is killed by it, and to unwind through Rust
//! aborts the process. So the exit hook stops the runtime while Python is whole, and then waits until no other thread
//! is in a native call that will come back. Only daemon threads are left by then, for Python has joined the others:
//! they stay in the call for the short rest of the process.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use pyo3::prelude::*;

use crate::event;

/// How long the exit hook waits for tasks to reach their next await, and then for threads to notice.
const LIMIT: Duration = Duration::from_millis(500);

/// The thread that runs the exit hook, the only one that goes on.
static EXITING: OnceLock<ThreadId> = OnceLock::new();
/// Threads that are in a blocking native call and will come back to Python.
static BUSY: AtomicUsize = AtomicUsize::new(0);
/// How many coroutines wait on the event loop of a thread. Only locked by threads that hold the interpreter, so that it
/// is free at a fork.
static LOOPS: Mutex<Vec<(ThreadId, usize)>> = Mutex::new(Vec::new());

/// A blocking call, which the exit hook waits for.
pub(crate) struct Busy(());

impl Busy {
    pub(crate) fn new() -> Self {
        BUSY.fetch_add(1, Ordering::SeqCst);
        Self(())
    }

    /// Waits without holding the interpreter; does not return once the process is exiting.
    pub(crate) fn detached<T: Send>(&self, py: Python<'_>, wait: impl FnOnce() -> T + Send) -> T {
        py.detach(|| {
            let result = wait();
            if left_behind() {
                BUSY.fetch_sub(1, Ordering::SeqCst);
                stay();
            }
            result
        })
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        BUSY.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A coroutine that waits, whose event loop the exit hook waits for.
pub(crate) struct OnLoop(ThreadId);

impl OnLoop {
    pub(crate) fn new() -> Self {
        let thread = thread::current().id();
        let mut loops = loops();
        match loops.iter_mut().find(|(other, _)| *other == thread) {
            Some((_, count)) => *count += 1,
            None => loops.push((thread, 1)),
        }
        Self(thread)
    }

    /// Goes on, or keeps the event loop here for ever if the process is exiting.
    pub(crate) fn go_on(&self) {
        if left_behind() {
            loops().retain(|(thread, _)| *thread != self.0);
            Python::attach(|py| py.detach(|| stay()));
        }
    }
}

impl Drop for OnLoop {
    fn drop(&mut self) {
        let mut loops = loops();
        if let Some((_, count)) = loops.iter_mut().find(|(thread, _)| *thread == self.0) {
            *count -= 1;
        }
        loops.retain(|(_, count)| *count > 0);
    }
}

fn loops() -> MutexGuard<'static, Vec<(ThreadId, usize)>> {
    LOOPS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether the process is exiting and this thread has no part in that.
pub(crate) fn left_behind() -> bool {
    EXITING.get().is_some_and(|thread| *thread != thread::current().id())
}

/// Never comes back.
pub(crate) fn stay() -> ! {
    loop {
        thread::park();
    }
}

/// The exit hook: stops the runtime and lets no other thread come back.
#[pyfunction]
pub(crate) fn shutdown(py: Python<'_>) {
    let this = thread::current().id();
    // A second call changes nothing.
    let _ = EXITING.set(this);
    py.detach(|| relatch::runtime::shutdown(LIMIT));
    event::close();
    let begun = Instant::now();
    let returning = || BUSY.load(Ordering::SeqCst) > 0 || loops().iter().any(|(thread, _)| *thread != this);
    while returning() && begun.elapsed() < LIMIT {
        py.detach(|| thread::sleep(Duration::from_millis(1)));
    }
}

/// The fork hook: the parent's other threads, and what they held, do not exist here.
#[pyfunction]
pub(crate) fn forked(listened_to: bool) {
    BUSY.store(0, Ordering::SeqCst);
    loops().retain(|(thread, _)| *thread == thread::current().id());
    event::forget(listened_to);
}
