//! Waiting for the core: on a thread, obeying Ctrl-C, without holding the interpreter.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use pyo3::prelude::*;
use relatch::Error;

use crate::asks::Asks;
use crate::error::{forked, raise_asking};
use crate::event;
use crate::here::Place;
use crate::process::{self, Busy};

/// How often a waiting thread looks whether a signal has come.
const SLICE: Duration = Duration::from_millis(50);

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits for a future of the core. Its work is done on the core's own threads: a caller that is interrupted lets go of
/// the future and takes nothing else with it.
///
/// # Errors
/// The core's, and what a signal handler raises: for Ctrl-C that is `KeyboardInterrupt`. `ForkedSession` in a child that
/// one forks: nothing is sent a second time.
pub(crate) fn wait<T: Send>(py: Python<'_>, future: impl Future<Output = Result<T, Error>> + Send) -> PyResult<T> {
    wait_asking(py, Asks::default(), future)
}

/// Like [`wait`], for a call that may ask a callback.
pub(crate) fn wait_asking<T: Send>(
    py: Python<'_>,
    asks: Asks,
    future: impl Future<Output = Result<T, Error>> + Send,
) -> PyResult<T> {
    wait_unless_forked(py, asks, future)?.ok_or_else(|| forked(py))
}

/// Like [`wait_asking`], with None for an answer in a child that a signal handler forks meanwhile.
pub(crate) fn wait_unless_forked<T: Send>(
    py: Python<'_>,
    asks: Asks,
    future: impl Future<Output = Result<T, Error>> + Send,
) -> PyResult<Option<T>> {
    event::revive(py)?;
    // Until this function returns.
    let call = asks.note(py, false)?;
    let place = asks.place(py, call.as_ref())?;
    let busy = Busy::new();
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = Box::pin(future);
    loop {
        let is_asked = || place.as_ref().is_some_and(Place::is_asked);
        if let Some(output) = process::detached(py, &busy, || poll_for(SLICE, future.as_mut(), &waker, is_asked)) {
            return output.map(Some).map_err(|error| raise_asking(&error, asks));
        }
        let handled = py.check_signals().and_then(|()| place.as_ref().map_or(Ok(()), |place| place.answer(py)));
        if !busy.process().is_current() {
            // Who would wake it is a thread of the parent, and so is who may hold its locks.
            mem::forget((future, place));
            return handled.map(|()| None);
        }
        handled?;
    }
}

/// Polls until there is a result, the time is up, or there is something else to do.
fn poll_for<F: Future>(
    limit: Duration,
    mut future: Pin<&mut F>,
    waker: &Waker,
    stops: impl Fn() -> bool,
) -> Option<F::Output> {
    let begun = Instant::now();
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(waker)) {
            return Some(output);
        }
        if stops() {
            return None;
        }
        thread::park_timeout(limit.checked_sub(begun.elapsed())?);
    }
}
