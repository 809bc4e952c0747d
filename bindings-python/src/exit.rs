//! The end of the process, and what a forked child must forget.
//!
//! A thread that comes back to an interpreter that is being taken down is killed by it, and to unwind through Rust
//! aborts the process. So the exit hook stops the runtime while Python is whole, and threads that are in a native wait
//! (only daemons are left then: Python has joined the others) stay there for the short rest of the process.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use pyo3::prelude::*;

use crate::event;

/// How long the exit hook waits for tasks to reach their next await, and then for threads to notice.
const LIMIT: Duration = Duration::from_millis(500);

/// The thread that runs the exit hook, the only one that goes on.
static EXITING: OnceLock<ThreadId> = OnceLock::new();
/// Threads that are in a native wait and will come back to Python.
static WAITING: AtomicUsize = AtomicUsize::new(0);

/// Waits without holding the interpreter; does not return once the process is exiting.
pub(crate) fn detached<T: Send>(py: Python<'_>, wait: impl FnOnce() -> T + Send) -> T {
    WAITING.fetch_add(1, Ordering::SeqCst);
    let result = py.detach(|| {
        let result = wait();
        if EXITING.get().is_some_and(|thread| *thread != thread::current().id()) {
            WAITING.fetch_sub(1, Ordering::SeqCst);
            loop {
                thread::park();
            }
        }
        result
    });
    WAITING.fetch_sub(1, Ordering::SeqCst);
    result
}

/// The exit hook: stops the runtime and lets no thread come back.
#[pyfunction]
pub(crate) fn shutdown(py: Python<'_>) {
    py.detach(|| {
        // A second call changes nothing.
        let _ = EXITING.set(thread::current().id());
        relatch::runtime::shutdown(LIMIT);
        event::close();
        let begun = Instant::now();
        while WAITING.load(Ordering::SeqCst) > 0 && begun.elapsed() < LIMIT {
            thread::sleep(Duration::from_millis(1));
        }
    });
}

/// The fork hook: the parent's threads, and what they held, do not exist here.
#[pyfunction]
pub(crate) fn forked(listened_to: bool) {
    WAITING.store(0, Ordering::SeqCst);
    event::forget(listened_to);
}
