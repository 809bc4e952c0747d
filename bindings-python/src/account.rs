//! A user's factors at a Synapsewave broker: one call for all operations, with JSON in and out.

use std::sync::Arc;

use pyo3::prelude::*;
use serde_json::{Map, Value};

use crate::awaitable::Awaitable;
use crate::convert::flag;
use crate::error::{invalid, raise};
use crate::logging;
use crate::options::Options;
use crate::question::Asks;
use crate::sandbox::Sandbox;
use crate::session::Session;
use crate::synapsewave::{with_header_key, with_texts};
use crate::wait::wait_asking;

/// The factors of one user of a broker.
#[pyclass(frozen, subclass, module = "relatch._relatch")]
pub(crate) struct SynapsewaveAccount {
    core: Arc<relatch::SynapsewaveAccount>,
    options: relatch::Options,
}

#[pymethods]
impl SynapsewaveAccount {
    #[new]
    #[pyo3(signature = (
        options, *, base_url=None, user_id=None, api_key=None, x_api_key=None, source=None, allow_insecure=None,
        sandbox=None
    ))]
    #[allow(clippy::too_many_arguments)] // keyword arguments
    fn new(
        py: Python<'_>,
        options: &Options,
        base_url: Option<&Bound<'_, PyAny>>,
        user_id: Option<&Bound<'_, PyAny>>,
        api_key: Option<&Bound<'_, PyAny>>,
        x_api_key: Option<&Bound<'_, PyAny>>,
        source: Option<&Bound<'_, PyAny>>,
        allow_insecure: Option<&Bound<'_, PyAny>>,
        sandbox: Option<&Bound<'_, Sandbox>>,
    ) -> PyResult<Self> {
        logging::start(py)?;
        let builder = relatch::SynapsewaveAccount::builder().allow_insecure(flag("allow_insecure", allow_insecure)?);
        let builder = with_texts!(builder, base_url, user_id, api_key, source);
        let core = with_header_key!(builder, x_api_key).build().map_err(|error| raise(&error))?;
        let options = options.with_clock(sandbox.map(|sandbox| sandbox.get().clock()))?;
        Ok(Self { core: Arc::new(core), options })
    }

    /// Where the API is.
    #[getter]
    fn base_url(&self) -> String {
        self.core.base_url().as_str().to_owned()
    }

    /// The user.
    #[getter]
    fn user_id(&self) -> &str {
        self.core.user_id()
    }

    #[pyo3(name = "_call")]
    fn call(
        &self,
        py: Python<'_>,
        operation: &str,
        arguments: &str,
        session: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<String> {
        let (arguments, (session, asks)) = (read(py, arguments)?, session_of(session)?);
        let called = self.core.call(operation, &arguments, session.as_ref(), &self.options);
        wait_asking(py, asks, called).map(|result| result.to_string())
    }

    #[pyo3(name = "_call_async")]
    fn call_async(
        &self,
        py: Python<'_>,
        operation: String,
        arguments: &str,
        session: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Awaitable> {
        let (arguments, (session, asks)) = (read(py, arguments)?, session_of(session)?);
        let (core, options) = (Arc::clone(&self.core), self.options.clone());
        let called = async move { core.call(&operation, &arguments, session.as_ref(), &options).await };
        let convert = |py: Python<'_>, result: Value| Ok(result.to_string().into_pyobject(py)?.into_any().unbind());
        Awaitable::asking(py, asks, called, convert)
    }
}

fn read(py: Python<'_>, arguments: &str) -> PyResult<Map<String, Value>> {
    serde_json::from_str(arguments).map_err(|_| invalid(py, "arguments", "The arguments are no JSON object."))
}

/// The session whose token the call takes, and the callback that the session asks if it must log in for that.
fn session_of(session: Option<&Bound<'_, PyAny>>) -> PyResult<(Option<relatch::Session>, Asks)> {
    let Some(session) = session else { return Ok((None, Asks::default())) };
    match session.cast::<Session>() {
        Ok(session) => Ok((Some(session.get().core.clone()), session.get().asks)),
        Err(_) => Err(invalid(session.py(), "session", "session must be a Session of this user.")),
    }
}
