//! How a session behaves, as the user says it.

use pyo3::prelude::*;
use relatch::{Clock, Settings};

use crate::convert::{optional, optional_text, seconds};
use crate::error::raise;

/// The checked options of a call.
#[pyclass(frozen, module = "relatch._relatch")]
pub(crate) struct Options(Settings);

#[pymethods]
impl Options {
    #[new]
    #[pyo3(signature = (
        *, relogin=None, keep_alive=None, mandatory_margin=None, advisory_margin=None, timeout=None,
        exchange_timeout=None, proxy=None, ca_certificates=None, force=None
    ))]
    #[allow(clippy::too_many_arguments)] // keyword arguments
    fn new(
        relogin: Option<&Bound<'_, PyAny>>,
        keep_alive: Option<&Bound<'_, PyAny>>,
        mandatory_margin: Option<&Bound<'_, PyAny>>,
        advisory_margin: Option<&Bound<'_, PyAny>>,
        timeout: Option<&Bound<'_, PyAny>>,
        exchange_timeout: Option<&Bound<'_, PyAny>>,
        proxy: Option<&Bound<'_, PyAny>>,
        ca_certificates: Option<Vec<u8>>,
        force: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let settings = Settings {
            relogin: optional_text("relogin", "'auto' or 'never'", relogin)?,
            keep_alive: optional("keep_alive", "True or False", keep_alive)?,
            force: optional("force", "True or False", force)?,
            mandatory_margin: seconds("mandatory_margin", mandatory_margin)?,
            advisory_margin: seconds("advisory_margin", advisory_margin)?,
            timeout: seconds("timeout", timeout)?,
            exchange_timeout: seconds("exchange_timeout", exchange_timeout)?,
            proxy: optional_text("proxy", "a URL", proxy)?,
            ca_certificates,
            ..Settings::default()
        };
        let options = Self(settings);
        options.with_clock(None)?;
        Ok(options)
    }
}

impl Options {
    /// The core's options, with the clock of the sandbox that the provider belongs to.
    pub(crate) fn with_clock(&self, clock: Option<Clock>) -> PyResult<relatch::Options> {
        let settings = Settings { clock, ..self.0.clone() };
        settings.try_into().map_err(|error| raise(&error))
    }
}
