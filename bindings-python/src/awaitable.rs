//! Waiting for the core in an event loop: a future of the core as an object that a coroutine can await.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll};

use pyo3::exceptions::{PyRuntimeError, PyStopIteration};
use pyo3::prelude::*;
use pyo3::types::PyIterator;
use relatch::Error;

use crate::asks::Asks;
use crate::error::{forked, invalid, raise_asking};
use crate::event;
use crate::process::{self, Busy, Process};
use crate::wake::Wake;

type Work = Pin<Box<dyn Future<Output = PyResult<Py<PyAny>>> + Send>>;

/// What an `async def` of the package awaits, once. If it is cancelled it lets go of this, and of nothing else.
#[pyclass(frozen, module = "relatch._relatch")]
pub(crate) struct Awaitable(Mutex<State>);

struct State {
    work: Option<Work>,
    /// The package's note of this call, for as long as it waits.
    call: Option<Py<PyAny>>,
    event_loop: Py<PyAny>,
    wake: Wake,
    process: Process,
}

impl Drop for State {
    fn drop(&mut self) {
        if !self.process.is_current() {
            // Its locks may be held by threads of the parent, which do not exist here.
            mem::forget(self.work.take());
        }
    }
}

impl Awaitable {
    /// Waits for `future`, which needs no runtime where it is polled, and then converts what came of it. Called where
    /// the event loop runs.
    pub(crate) fn new<T>(
        py: Python<'_>,
        future: impl Future<Output = Result<T, Error>> + Send + 'static,
        convert: impl FnOnce(Python<'_>, T) -> PyResult<Py<PyAny>> + Send + 'static,
    ) -> PyResult<Self> {
        Self::asking(py, Asks::default(), future, convert)
    }

    /// Like `new`, for a call that may ask a callback.
    pub(crate) fn asking<T>(
        py: Python<'_>,
        asks: Asks,
        future: impl Future<Output = Result<T, Error>> + Send + 'static,
        convert: impl FnOnce(Python<'_>, T) -> PyResult<Py<PyAny>> + Send + 'static,
    ) -> PyResult<Self> {
        // Before anything is sent for which nobody could wait.
        let event_loop = running_loop(py)?.unbind();
        event::revive(py)?;
        let call = asks.note(py, true)?;
        let work = async move {
            let result = future.await;
            Python::attach(|py| convert(py, result.map_err(|error| raise_asking(&error, asks))?))
        };
        let (work, wake, process) = (Some(Box::pin(work) as Work), Wake::new(), Process::current());
        Ok(Self(Mutex::new(State { work, call, event_loop, wake, process })))
    }
}

/// The event loop that runs here, which is to be asyncio's or one like it.
///
/// # Errors
/// `InvalidConfig` where none runs: under trio, say.
pub(crate) fn running_loop(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    py.import("asyncio")?.call_method0("get_running_loop").map_err(|error| {
        let refusal = invalid(py, "event_loop", NO_LOOP);
        refusal.set_cause(py, Some(error));
        refusal
    })
}

const NO_LOOP: &str = "The calls whose names end in _async need a running event loop of asyncio, such as uvloop's. \
    Elsewhere have a thread make the blocking call: under trio, await trio.to_thread.run_sync(session.token).";

#[pymethods]
impl Awaitable {
    fn __await__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    /// Polls; the event loop calls this, first at once and then each time that it has been woken.
    fn __next__(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        if process::left_behind() {
            py.detach(|| process::stay());
        }
        let _busy = Busy::new();
        // Held by this thread alone, unless somebody awaits it twice: then waiting here would be a deadlock.
        let mut state = self.0.try_lock().map_err(|_| awaited_twice())?;
        if !state.process.is_current() {
            mem::forget(state.work.take());
            return Err(forked(py));
        }
        let State { work, call, event_loop, wake, .. } = &mut *state;
        let waker = wake.waker();
        let polled = work.as_mut().ok_or_else(awaited_twice)?.as_mut().poll(&mut Context::from_waker(&waker));
        if let Poll::Ready(result) = polled {
            (*work, *call) = (None, None);
            return Err(PyStopIteration::new_err((result?,)));
        }
        let event_loop = event_loop.bind(py);
        let future = event_loop.call_method0("create_future")?;
        if !wake.aim(event_loop, &future) {
            // Woken already: give way once and poll again.
            return Ok(py.None());
        }
        // The future yields itself, which is how a task learns what it waits for.
        let yielded = PyIterator::from_object(&future)?.next();
        yielded.ok_or_else(awaited_twice)?.map(Bound::unbind)
    }
}

fn awaited_twice() -> PyErr {
    PyRuntimeError::new_err("this is awaited already")
}
