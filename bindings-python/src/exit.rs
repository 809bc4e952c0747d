//! The end of the process, and what a forked child must forget.
//!
//! A thread that comes back to an interpreter that is being taken down is killed by it, and to unwind through Rust
//! aborts the process. So the exit hook stops the runtime while Python is whole, and then waits until no other thread
//! is in a native call that will come back. Only daemon threads are left by then, for Python has joined the others:
//! they stay in the call for the short rest of the process.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use pyo3::prelude::*;

use crate::event::{self, EVENTS};
use crate::here;
use crate::question::QUESTIONS;
use crate::wake;

/// How long the exit hook waits for tasks to reach their next await, and then for threads to notice.
const LIMIT: Duration = Duration::from_millis(500);

/// The thread that runs the exit hook, the only one that goes on.
static EXITING: OnceLock<ThreadId> = OnceLock::new();
/// Threads that are in a native call and will come back to Python.
static BUSY: AtomicUsize = AtomicUsize::new(0);
/// How many forks lie between the process that imported this and the one that runs it.
static FORKS: AtomicU32 = AtomicU32::new(0);

/// The process that something was made in. A child that a signal handler forks goes on where its parent was.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Process(u32);

impl Process {
    pub(crate) fn current() -> Self {
        Self(FORKS.load(Ordering::Relaxed))
    }

    /// Whether this is that process, and no child of it.
    pub(crate) fn is_current(self) -> bool {
        self == Self::current()
    }
}

/// A native call that gives up the interpreter on its way; the exit hook waits for it.
pub(crate) struct Busy(Process);

impl Busy {
    pub(crate) fn new() -> Self {
        BUSY.fetch_add(1, Ordering::SeqCst);
        Self(Process::current())
    }

    /// The process that the call began in.
    pub(crate) fn process(&self) -> Process {
        self.0
    }

    fn end(&self) {
        // A forked child counts from nothing.
        if self.0.is_current() {
            BUSY.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.end();
    }
}

/// Does something without holding the interpreter; does not come back once the process is exiting.
pub(crate) fn detached<T: Send>(py: Python<'_>, busy: &Busy, act: impl FnOnce() -> T + Send) -> T {
    py.detach(|| {
        let result = act();
        if left_behind() {
            busy.end();
            stay();
        }
        result
    })
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
    // A second call changes nothing.
    let _ = EXITING.set(thread::current().id());
    py.detach(|| {
        relatch::runtime::shutdown(LIMIT);
        EVENTS.close();
        QUESTIONS.close();
        let begun = Instant::now();
        while BUSY.load(Ordering::SeqCst) > 0 && begun.elapsed() < LIMIT {
            thread::sleep(Duration::from_millis(1));
        }
    });
}

/// Keeps an object for the rest of the process, whatever is taken down.
#[pyfunction]
pub(crate) fn keep(kept: Py<PyAny>) {
    std::mem::forget(kept);
}

/// The fork hook: the parent's other threads, and what they held, do not exist here.
#[pyfunction]
pub(crate) fn forked(has_callbacks: bool) {
    FORKS.fetch_add(1, Ordering::Relaxed);
    BUSY.store(0, Ordering::SeqCst);
    here::forget();
    wake::forget();
    event::forget(has_callbacks);
    QUESTIONS.forget();
}
