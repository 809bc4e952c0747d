//! What a login brings, on its way to the public class: a session, or a login between its two steps.

use pyo3::prelude::*;

use crate::asks::Asks;

/// A session of the core, for `Session` to take.
#[pyclass(frozen, module = "relatch._relatch")]
pub(crate) struct Opened {
    pub(crate) core: relatch::Session,
    pub(crate) asks: Asks,
}

#[pymethods]
impl Opened {
    /// The number of the callback that it may ask, 0 for none.
    #[getter]
    fn asks(&self) -> u64 {
        self.asks.number()
    }
}

impl Opened {
    /// For an `Awaitable`.
    pub(crate) fn object(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Ok(Py::new(py, self)?.into_any())
    }
}

/// A challenge of the core, for `Challenge` to take.
#[pyclass(frozen, module = "relatch._relatch")]
pub(crate) struct Begun {
    pub(crate) core: relatch::Challenge,
    pub(crate) asks: Asks,
}

#[pymethods]
impl Begun {
    /// The number of the callback that it may ask, 0 for none.
    #[getter]
    fn asks(&self) -> u64 {
        self.asks.number()
    }
}
