//! One interpreter of a process has relatch: it owns the objects behind the statics, and its end is the runtime's end.

use std::sync::OnceLock;

use pyo3::exceptions::PyImportError;
use pyo3::prelude::*;

/// The module `sys` of the interpreter that imported this first: each interpreter has one of its own.
static OWNER: OnceLock<Py<PyModule>> = OnceLock::new();

/// Takes the interpreter that imports this as the only one.
///
/// # Errors
/// `ImportError` if another one has imported it before.
pub(crate) fn claim(py: Python<'_>) -> PyResult<()> {
    let sys = py.import("sys")?;
    let owner = OWNER.get_or_init(|| sys.clone().unbind());
    if owner.is(&sys) {
        return Ok(());
    }
    Err(PyImportError::new_err(
        "relatch serves one interpreter of a process, and another one has imported it already: \
         use it there, or in a process of its own",
    ))
}
