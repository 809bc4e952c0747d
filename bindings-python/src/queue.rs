//! A queue from any thread to the one Python thread that empties it.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;

use crate::process;

/// What a queue keeps its items in.
pub(crate) trait Store: Default {
    type Item;

    /// Takes what has waited longest.
    fn take(&mut self) -> Option<Self::Item>;
}

impl<T> Store for VecDeque<T> {
    type Item = T;

    fn take(&mut self) -> Option<T> {
        self.pop_front()
    }
}

/// What waits in this process. A forked child takes a new one: the old lock may never be released.
pub(crate) struct Queue<S>(LazyLock<ArcSwap<Shared<S>>>);

struct Shared<S> {
    state: Mutex<State<S>>,
    changed: Condvar,
}

struct State<S> {
    waiting: S,
    ending: Ending,
}

/// How far the process is on its way out.
#[derive(PartialEq, Eq)]
enum Ending {
    /// It is not.
    Open,
    /// Nothing more will come: what is left is to be delivered.
    Closed,
    /// Nobody waits for the delivery any more.
    Abandoned,
}

impl<S: Default> Default for Shared<S> {
    fn default() -> Self {
        let state = State { waiting: S::default(), ending: Ending::Open };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }
}

impl<S> Shared<S> {
    fn state(&self) -> MutexGuard<'_, State<S>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Store> Queue<S> {
    pub(crate) const fn new() -> Self {
        Self(LazyLock::new(ArcSwap::default))
    }

    /// Makes the queue, before a fork can find it half made.
    pub(crate) fn prepare(&self) {
        LazyLock::force(&self.0);
    }

    /// Lets `push` put something at the end of what waits.
    pub(crate) fn push(&self, push: impl FnOnce(&mut S)) {
        let shared = self.0.load();
        push(&mut shared.state().waiting);
        shared.changed.notify_one();
    }

    /// Waits for the next item; nothing once the queue is closed and empty. The caller must not hold the interpreter.
    pub(crate) fn next(&self) -> Option<S::Item> {
        let shared = self.0.load_full();
        let mut state = shared.state();
        loop {
            if state.ending == Ending::Abandoned {
                drop(state);
                process::stay();
            }
            if let Some(next) = state.waiting.take() {
                return Some(next);
            }
            if state.ending == Ending::Closed {
                return None;
            }
            state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Nothing more will come: `next` returns what is left, then the end.
    pub(crate) fn close(&self) {
        self.end(Ending::Closed);
    }

    /// What has not been delivered is not waited for: `next` does not come back any more.
    pub(crate) fn abandon(&self) {
        self.end(Ending::Abandoned);
    }

    fn end(&self, ending: Ending) {
        let shared = self.0.load();
        shared.state().ending = ending;
        shared.changed.notify_all();
    }

    /// In a forked child: starts with an empty queue.
    pub(crate) fn forget(&self) {
        // Its lock may be held by a thread that does not exist here, and so must not be touched any more.
        mem::forget(self.0.swap(Arc::default()));
    }
}
