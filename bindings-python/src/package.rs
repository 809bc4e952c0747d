//! The functions of the Python package that native code calls.
//!
//! The package hands them over when it is imported. To look them up at first use would import a module on any thread,
//! and a process that forks in the middle of that leaves its child waiting for ever.

use std::sync::OnceLock;

use pyo3::exceptions::PyImportError;
use pyo3::prelude::*;

static FUNCTIONS: OnceLock<Functions> = OnceLock::new();

/// See the functions of these names in the package.
pub(crate) struct Functions {
    /// `_raising.from_native`.
    pub(crate) error: Py<PyAny>,
    /// `_process.revive`.
    pub(crate) revive: Py<PyAny>,
    /// `_wake.set_futures`.
    pub(crate) set_futures: Py<PyAny>,
    /// `_questions.called`; what it returns is kept for as long as the call waits.
    pub(crate) called: Py<PyAny>,
    /// `_questions.answer_here`.
    pub(crate) answer: Py<PyAny>,
}

/// Takes the functions; called once, by the package's `__init__`.
#[pyfunction]
pub(crate) fn connect(
    error: Py<PyAny>,
    revive: Py<PyAny>,
    set_futures: Py<PyAny>,
    called: Py<PyAny>,
    answer: Py<PyAny>,
) {
    // A package that is reloaded goes on with the functions that it had.
    let _ = FUNCTIONS.set(Functions { error, revive, set_futures, called, answer });
}

/// The functions.
pub(crate) fn functions() -> PyResult<&'static Functions> {
    FUNCTIONS
        .get()
        .ok_or_else(|| PyImportError::new_err("the native module is part of the package relatch: import that"))
}
