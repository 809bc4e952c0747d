//! Events: from the threads where they happen, by a queue, to the one Python thread that calls the callbacks.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use relatch::{Backlog, Cause, ErrorCode, Event, UnixTime, WaitReason, Waiting};

use crate::package::functions;
use crate::queue::{Queue, Store};

/// What Python sees of an event: kind, time, code, cause, time of the next try, end of the new token, what is waited for,
/// the end of that, how many were dropped.
type Parts = (
    &'static str,
    f64,
    Option<&'static str>,
    Option<&'static str>,
    Option<f64>,
    Option<f64>,
    Option<&'static str>,
    Option<f64>,
    Option<u64>,
);

/// How many events wait for callbacks that are busy.
const MOST_WAITING: usize = 10_000;

/// The events of subscriptions, and the numbers of subscriptions whose session is gone.
pub(crate) type Heard = Backlog<u64, u64, MOST_WAITING>;

pub(crate) static EVENTS: Queue<Heard> = Queue::new();

impl Store for Heard {
    /// The number of the subscription and its event, or nothing when its session is gone.
    type Item = (u64, Option<Event>);

    fn take(&mut self) -> Option<Self::Item> {
        Some(match self.pop()? {
            Waiting::Event(subscription, event) => (subscription, Some(event)),
            Waiting::Other(subscription) => (subscription, None),
        })
    }
}

/// There are callbacks and no thread that calls them: this is a forked child.
static ORPHANED: AtomicBool = AtomicBool::new(false);

/// What has not been delivered is not waited for: `next_event` does not come back any more.
#[pyfunction]
pub(crate) fn abandon_events() {
    EVENTS.abandon();
}

/// In a forked child: starts with an empty queue, and with a thread of its own once something may happen.
pub(crate) fn forget(has_callbacks: bool) {
    ORPHANED.store(has_callbacks, Ordering::Relaxed);
    EVENTS.forget();
}

/// Makes sure that callbacks which were inherited from a parent process are called here, for events and for questions.
pub(crate) fn revive(py: Python<'_>) -> PyResult<()> {
    if ORPHANED.load(Ordering::Relaxed) && ORPHANED.swap(false, Ordering::Relaxed) {
        // What failed, or was interrupted, is tried again by the next call.
        functions()?.revive.call0(py).inspect_err(|_| ORPHANED.store(true, Ordering::Relaxed))?;
    }
    Ok(())
}

/// The number of a subscription, for as long as the session has the listener.
struct Listener(u64);

impl Listener {
    fn hear(&self, event: &Event) {
        EVENTS.push(|waiting| waiting.push_event(self.0, event.clone()));
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        EVENTS.push(|waiting| waiting.push(self.0));
    }
}

/// One callback's place among a session's listeners.
#[pyclass(frozen, module = "relatch._relatch")]
pub(crate) struct Subscription {
    number: u64,
    core: Mutex<Option<relatch::Subscription>>,
}

#[pymethods]
impl Subscription {
    /// By which `next_event` names it.
    #[getter]
    fn number(&self) -> u64 {
        self.number
    }

    /// Takes the callback from the session's listeners.
    fn cancel(&self) {
        drop(self.take());
    }

    /// Ends the subscription once it has been told what has happened until now.
    fn finish(&self) {
        if let Some(core) = self.take() {
            core.finish();
        }
    }
}

impl Subscription {
    fn take(&self) -> Option<relatch::Subscription> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(crate) fn new(session: &relatch::Session) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let listener = Listener(number);
        let core = session.subscribe(move |event| listener.hear(event));
        Self { number, core: Mutex::new(Some(core)) }
    }
}

/// Waits for the next event of any subscription: its number and the event, or nothing when its session is gone.
/// Returns nothing at all when the process is exiting and all has been delivered.
#[pyfunction]
pub(crate) fn next_event(py: Python<'_>) -> Option<(u64, Option<Parts>)> {
    let (subscription, event) = py.detach(|| EVENTS.next())?;
    Some((subscription, event.map(|event| parts(&event))))
}

fn parts(event: &Event) -> Parts {
    (
        event.kind.as_str(),
        event.at.seconds(),
        event.code.map(ErrorCode::as_str),
        event.cause.map(Cause::as_str),
        event.retry_at.map(UnixTime::seconds),
        event.expires_at.map(UnixTime::seconds),
        event.reason.map(WaitReason::as_str),
        event.until.map(UnixTime::seconds),
        event.count,
    )
}

/// Hands an exception of a callback to `sys.unraisablehook`.
#[pyfunction]
pub(crate) fn report_failure(py: Python<'_>, error: Bound<'_, PyAny>, callback: &Bound<'_, PyAny>) {
    PyErr::from_value(error).write_unraisable(py, Some(callback));
}
