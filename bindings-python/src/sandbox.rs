//! The sandbox, in this process.

use std::time::Duration;

use pyo3::exceptions::{PyOSError, PyTimeoutError, PyValueError};
use pyo3::prelude::*;
use relatch::Clock;

use crate::convert::text;
use crate::error::invalid;
use crate::held::given;
use crate::logging;
use crate::process::{self, Busy};
use crate::wait::wait;

/// A local server that behaves as both systems do. JSON texts go in and out.
#[pyclass(frozen, subclass, module = "relatch._relatch")]
pub(crate) struct Sandbox {
    core: relatch_sandbox::Sandbox,
    /// What the Synapsewave API took for its key when it started.
    api_key: String,
}

#[pymethods]
impl Sandbox {
    #[new]
    fn new(py: Python<'_>, settings: &Bound<'_, PyAny>) -> PyResult<Self> {
        logging::start(py)?;
        let settings: relatch_sandbox::Settings = serde_json::from_str(&text("settings", settings)?)
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        let api_key = settings.synapsewave.api_key.clone();
        let started = process::detached(py, &Busy::new(), || relatch_sandbox::Sandbox::start(settings));
        started.map(|core| Self { core, api_key }).map_err(|error| PyOSError::new_err(error.to_string()))
    }

    /// Where it listens, without a slash at the end.
    #[getter]
    pub(crate) fn url(&self) -> String {
        self.core.url()
    }

    /// Where the Synapsewave API is, without a slash at the end.
    #[getter]
    pub(crate) fn synapsewave_url(&self) -> String {
        self.core.synapsewave_url()
    }

    #[pyo3(name = "_control")]
    fn control(&self, py: Python<'_>, name: &str, body: &Bound<'_, PyAny>) -> PyResult<String> {
        let body =
            serde_json::from_str(&text("body", body)?).map_err(|error| PyValueError::new_err(error.to_string()))?;
        let answer =
            process::detached(py, &Busy::new(), || self.core.control(name, body)).map_err(PyValueError::new_err)?;
        Ok(answer.to_string())
    }

    #[pyo3(name = "_wait_for")]
    fn wait_for(&self, py: Python<'_>, what: &str, at_least: u64, seconds: f64) -> PyResult<()> {
        let limit = Duration::try_from_secs_f64(seconds).map_err(|error| PyValueError::new_err(error.to_string()))?;
        let reached = self.core.wait_for(what, at_least, limit);
        wait(py, async { Ok(reached.await) })?.map_err(PyTimeoutError::new_err)
    }
}

impl Sandbox {
    /// What the Synapsewave API takes for its key.
    pub(crate) fn api_key(&self) -> &str {
        &self.api_key
    }

    /// The clock that sessions opened against it follow.
    pub(crate) fn clock(&self) -> Clock {
        self.core.manual_clock().clock()
    }
}

/// Reads the argument `sandbox`.
pub(crate) fn sandbox_of<'py>(value: Option<&Bound<'py, PyAny>>) -> PyResult<Option<Bound<'py, Sandbox>>> {
    let Some(value) = value.map(given) else { return Ok(None) };
    value.cast_into::<Sandbox>().map(Some).map_err(|error| {
        let value = error.into_inner();
        let found = value.get_type().name().map_or_else(|_| "something else".to_owned(), |name| name.to_string());
        let message = format!("sandbox must be a relatch.testing.Sandbox, not {found}.");
        invalid(value.py(), "sandbox", &message)
    })
}
