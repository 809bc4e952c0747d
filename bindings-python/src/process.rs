//! Which process this is, and which of its threads may go on.
//!
//! A thread that comes back to an interpreter that is being taken down is killed by it, and to unwind through Rust
//! aborts the process. So a native call counts as busy while it has given up the interpreter, and does not come back once
//! the process is exiting.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering, fence};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use pyo3::prelude::*;

/// The thread that runs the exit hook, the only one that goes on.
static EXITING: OnceLock<Thread> = OnceLock::new();
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
        if self.0.is_current() && BUSY.fetch_sub(1, Ordering::SeqCst) == 1 {
            fence(Ordering::SeqCst);
            if let Some(exiting) = EXITING.get() {
                exiting.unpark();
            }
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
    EXITING.get().is_some_and(|thread| thread.id() != thread::current().id())
}

/// Never comes back.
pub(crate) fn stay() -> ! {
    loop {
        thread::park();
    }
}

/// From now on no thread but this one comes back from a native call. A second call changes nothing.
pub(crate) fn leave_others_behind() {
    let _ = EXITING.set(thread::current());
}

/// In the thread that exits: waits until no other is in a native call that will come back to Python, or the time is up.
pub(crate) fn wait_for_others(limit: Duration) {
    let begun = Instant::now();
    // The last of the others sees who exits, or this thread sees that it was the last: a lock instead would be held for
    // ever in a child that is forked meanwhile.
    fence(Ordering::SeqCst);
    while BUSY.load(Ordering::SeqCst) > 0 {
        let Some(left) = limit.checked_sub(begun.elapsed()) else { return };
        thread::park_timeout(left);
    }
}

/// In a forked child: this is another process, and the parent's threads are not in it.
pub(crate) fn forget() {
    FORKS.fetch_add(1, Ordering::Relaxed);
    BUSY.store(0, Ordering::SeqCst);
}
