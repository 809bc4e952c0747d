//! Blocking calls of the main thread, which answer questions where they wait.
//!
//! Ctrl-C reaches the main thread alone: a prompt in another thread would outlive the call that was interrupted, and take
//! the next line that is typed for its answer.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::thread::{self, Thread};

use arc_swap::ArcSwap;
use pyo3::prelude::*;

use crate::package::functions;
use crate::question::{Asked, Item, QUESTIONS};

/// The calls that wait, the newest last. A forked child takes a new list: the old lock may never be released.
static CALLS: LazyLock<ArcSwap<Mutex<Vec<Arc<Waiting>>>>> = LazyLock::new(ArcSwap::default);

struct Waiting {
    callback: u64,
    thread: Thread,
    asked: Mutex<VecDeque<Asked>>,
}

/// A call's place among those that wait, until it is dropped.
pub(crate) struct Place(Arc<Waiting>);

impl Place {
    /// For the callback of that number.
    pub(crate) fn take(callback: u64) -> Self {
        let waiting = Arc::new(Waiting { callback, thread: thread::current(), asked: Mutex::default() });
        change(|calls| calls.push(Arc::clone(&waiting)));
        Self(waiting)
    }

    /// Whether there is a question to answer.
    pub(crate) fn is_asked(&self) -> bool {
        !self.0.asked.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Has the package answer what it is asked, by calling the user's function on this thread.
    ///
    /// # Errors
    /// What ends the call: `KeyboardInterrupt`.
    pub(crate) fn answer(&self, py: Python<'_>) -> PyResult<()> {
        while let Some(asked) = self.next() {
            functions()?.answer.call1(py, (self.0.callback, asked))?;
        }
        Ok(())
    }

    fn next(&self) -> Option<Asked> {
        self.0.asked.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        change(|calls| calls.retain(|call| !Arc::ptr_eq(call, &self.0)));
        // Another call may wait for the answer, elsewhere.
        while let Some(asked) = self.next() {
            QUESTIONS.push(|waiting| waiting.push_back(Item::Asked(self.0.callback, asked)));
        }
    }
}

/// Gives a question to a call that waits here for that callback; gives it back if there is none.
pub(crate) fn offer(callback: u64, asked: Asked) -> Option<Asked> {
    let calls = CALLS.load();
    let calls = calls.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(call) = calls.iter().rev().find(|call| call.callback == callback) else { return Some(asked) };
    // With the list locked: a call that leaves it sees all that it was given.
    call.asked.lock().unwrap_or_else(PoisonError::into_inner).push_back(asked);
    call.thread.unpark();
    None
}

fn change(act: impl FnOnce(&mut Vec<Arc<Waiting>>)) {
    act(&mut CALLS.load().lock().unwrap_or_else(PoisonError::into_inner));
}

/// Makes the list, before a fork can find it half made.
pub(crate) fn prepare() {
    LazyLock::force(&CALLS);
}

/// In a forked child: nobody waits.
pub(crate) fn forget() {
    mem::forget(CALLS.swap(Arc::default()));
}
