//! The sandbox, in this process.

use std::time::Duration;

use pyo3::exceptions::{PyOSError, PyTimeoutError, PyValueError};
use pyo3::prelude::*;
use relatch::Clock;

use crate::exit::{self, Busy};
use crate::logging;
use crate::wait::wait;

/// A local server that behaves as the 7G API does. JSON texts go in and out.
#[pyclass(frozen, subclass, module = "relatch._relatch")]
pub(crate) struct Sandbox(relatch_sandbox::Sandbox);

#[pymethods]
impl Sandbox {
    #[new]
    fn new(py: Python<'_>, settings: &str) -> PyResult<Self> {
        logging::start(py)?;
        let settings = serde_json::from_str(settings).map_err(|error| PyValueError::new_err(error.to_string()))?;
        let started = exit::detached(py, &Busy::new(), || relatch_sandbox::Sandbox::start(settings));
        started.map(Self).map_err(|error| PyOSError::new_err(error.to_string()))
    }

    /// Where it listens, without a slash at the end.
    #[getter]
    fn url(&self) -> String {
        self.0.url()
    }

    #[pyo3(name = "_control")]
    fn control(&self, py: Python<'_>, name: &str, body: &str) -> PyResult<String> {
        let body = serde_json::from_str(body).map_err(|error| PyValueError::new_err(error.to_string()))?;
        let answer = exit::detached(py, &Busy::new(), || self.0.control(name, body)).map_err(PyValueError::new_err)?;
        Ok(answer.to_string())
    }

    #[pyo3(name = "_wait_for")]
    fn wait_for(&self, py: Python<'_>, what: &str, at_least: u64, seconds: f64) -> PyResult<()> {
        let limit = Duration::try_from_secs_f64(seconds).map_err(|error| PyValueError::new_err(error.to_string()))?;
        let reached = self.0.wait_for(what, at_least, limit);
        wait(py, async { Ok(reached.await) })?.map_err(PyTimeoutError::new_err)
    }
}

impl Sandbox {
    /// The clock that sessions opened against it follow.
    pub(crate) fn clock(&self) -> Clock {
        self.0.manual_clock().clock()
    }
}
