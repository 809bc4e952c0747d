//! The 7G API.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use relatch::{Health, LookupEntry};

use crate::asks::Asks;
use crate::awaitable::Awaitable;
use crate::convert::{flag, optional_text};
use crate::error::raise;
use crate::logging;
use crate::options;
use crate::provider::Provider;
use crate::sandbox::sandbox_of;
use crate::synapsewave::with_texts;
use crate::wait::wait;

/// The 7G API for one user.
#[pyclass(frozen, subclass, extends = Provider, module = "relatch._relatch")]
pub(crate) struct SevenG(Arc<relatch::SevenG>);

#[pymethods]
impl SevenG {
    #[new]
    #[pyo3(signature = (
        *, username=None, password=None, environment=None, base_url=None, bearer=None, allow_insecure=None,
        sandbox=None
    ))]
    #[allow(clippy::too_many_arguments)] // keyword arguments
    fn new(
        py: Python<'_>,
        username: Option<&Bound<'_, PyAny>>,
        password: Option<&Bound<'_, PyAny>>,
        environment: Option<&Bound<'_, PyAny>>,
        base_url: Option<&Bound<'_, PyAny>>,
        bearer: Option<&Bound<'_, PyAny>>,
        allow_insecure: Option<&Bound<'_, PyAny>>,
        sandbox: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<PyClassInitializer<Self>> {
        logging::start(py)?;
        let sandbox = sandbox_of(sandbox)?;
        let builder = relatch::SevenG::builder()
            .bearer(flag("bearer", bearer)?)
            .allow_insecure(flag("allow_insecure", allow_insecure)?);
        let mut builder = with_texts!(builder, username, password, environment, base_url);
        // An environment beside it is refused, as beside any other address.
        if let Some(sandbox) = &sandbox
            && base_url.is_none()
        {
            builder = builder.base_url(sandbox.get().url());
        }
        let core = Arc::new(builder.build().map_err(|error| raise(&error))?);
        let provider = Provider::new(core.clone(), sandbox.as_ref(), Asks::default());
        Ok(PyClassInitializer::from(provider).add_subclass(Self(core)))
    }

    #[pyo3(name = "_health")]
    fn health(&self, py: Python<'_>, options: &Bound<'_, PyDict>) -> PyResult<(bool, u16, String)> {
        let options = options::network(options)?;
        wait(py, self.0.health(&options)).map(health_out)
    }

    #[pyo3(name = "_health_async")]
    fn health_async(&self, py: Python<'_>, options: &Bound<'_, PyDict>) -> PyResult<Awaitable> {
        let (core, options) = (Arc::clone(&self.0), options::network(options)?);
        let health = async move { core.health(&options).await };
        Awaitable::new(py, health, |py, health| Ok(health_out(health).into_pyobject(py)?.into_any().unbind()))
    }

    #[pyo3(name = "_lookup", signature = (name, options))]
    fn lookup(
        &self,
        py: Python<'_>,
        name: Option<&Bound<'_, PyAny>>,
        options: &Bound<'_, PyDict>,
    ) -> PyResult<Vec<(String, String)>> {
        let (name, options) = (optional_text("name", "a text", name)?, options::network(options)?);
        wait(py, self.0.lookup(name.as_deref(), &options)).map(lookup_out)
    }

    #[pyo3(name = "_lookup_async", signature = (name, options))]
    fn lookup_async(
        &self,
        py: Python<'_>,
        name: Option<&Bound<'_, PyAny>>,
        options: &Bound<'_, PyDict>,
    ) -> PyResult<Awaitable> {
        let (name, core) = (optional_text("name", "a text", name)?, Arc::clone(&self.0));
        let options = options::network(options)?;
        let entries = async move { core.lookup(name.as_deref(), &options).await };
        Awaitable::new(py, entries, |py, entries| Ok(lookup_out(entries).into_pyobject(py)?.into_any().unbind()))
    }
}

fn health_out(health: Health) -> (bool, u16, String) {
    (health.healthy, health.status, health.body)
}

fn lookup_out(entries: Vec<LookupEntry>) -> Vec<(String, String)> {
    entries.into_iter().map(|entry| (entry.id, entry.value)).collect()
}
