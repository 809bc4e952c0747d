//! The end of the process, and what a forked child must forget.
//!
//! The exit hook stops the runtime while Python is whole, and then waits until no other thread is in a native call that
//! will come back. Only daemon threads are left by then, for Python has joined the others: they stay in the call for the
//! short rest of the process.

use std::time::Duration;

use pyo3::prelude::*;

use crate::event::{self, EVENTS};
use crate::question::QUESTIONS;
use crate::{here, process, wake};

/// How long the exit hook waits for tasks to reach their next await, and then for threads to notice.
const LIMIT: Duration = Duration::from_millis(500);

/// The exit hook: stops the runtime and lets no other thread come back.
#[pyfunction]
pub(crate) fn shutdown(py: Python<'_>) {
    process::leave_others_behind();
    py.detach(|| {
        relatch::runtime::shutdown(LIMIT);
        EVENTS.close();
        QUESTIONS.close();
        process::wait_for_others(LIMIT);
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
    process::forget();
    here::forget();
    wake::forget();
    event::forget(has_callbacks);
    QUESTIONS.forget();
}
