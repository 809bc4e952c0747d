//! `Held`: an argument where no Python frame shows it.
//!
//! What prints a traceback with the frames' locals (`traceback` by `capture_locals`, `pytest -l`, rich) prints the
//! arguments of every function on the way. So the package's functions hand them over in their first line.

use pyo3::prelude::*;
use pyo3::types::PyTuple;

/// An argument of the user's. Its repr shows nothing of it.
#[pyclass(frozen, module = "relatch._relatch")]
pub(crate) struct Held(Py<PyAny>);

#[pymethods]
impl Held {
    /// The argument, for a function that lets go of it before it raises.
    fn given(&self, py: Python<'_>) -> Py<PyAny> {
        self.0.clone_ref(py)
    }

    /// The name of its type.
    #[getter]
    fn type_name(&self, py: Python<'_>) -> PyResult<String> {
        Ok(self.0.bind(py).get_type().name()?.to_string())
    }

    #[allow(clippy::unused_self)] // a method of Python's
    fn __repr__(&self) -> &'static str {
        "[redacted]"
    }
}

/// Holds each of the arguments; None stays None, and so does what is held already.
#[pyfunction]
#[pyo3(signature = (*values))]
pub(crate) fn hold(values: &Bound<'_, PyTuple>) -> Vec<Option<Held>> {
    values.iter().map(|value| (!value.is_none()).then(|| Held(given(&value).unbind()))).collect()
}

/// The argument, whether it is held or not.
pub(crate) fn given<'py>(value: &Bound<'py, PyAny>) -> Bound<'py, PyAny> {
    match value.cast::<Held>() {
        Ok(held) => held.get().0.bind(value.py()).clone(),
        Err(_) => value.clone(),
    }
}
