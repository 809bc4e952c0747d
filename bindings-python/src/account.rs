//! A user's factors at a Synapsewave broker: one call for all operations, with JSON in and out.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use serde_json::{Map, Value};

use crate::asks::Asks;
use crate::awaitable::Awaitable;
use crate::convert::flag;
use crate::error::{invalid, raise};
use crate::held::given;
use crate::logging;
use crate::options;
use crate::sandbox::sandbox_of;
use crate::session::Session;
use crate::synapsewave::{with_header_key, with_place, with_texts};
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
        network, *, base_url=None, user_id=None, api_key=None, x_api_key=None, source=None, allow_insecure=None,
        sandbox=None
    ))]
    #[allow(clippy::too_many_arguments)] // keyword arguments
    fn new(
        py: Python<'_>,
        network: &Bound<'_, PyDict>,
        base_url: Option<&Bound<'_, PyAny>>,
        user_id: Option<&Bound<'_, PyAny>>,
        api_key: Option<&Bound<'_, PyAny>>,
        x_api_key: Option<&Bound<'_, PyAny>>,
        source: Option<&Bound<'_, PyAny>>,
        allow_insecure: Option<&Bound<'_, PyAny>>,
        sandbox: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        logging::start(py)?;
        let options = options::network(network)?;
        let sandbox = sandbox_of(sandbox)?;
        let builder = relatch::SynapsewaveAccount::builder().allow_insecure(flag("allow_insecure", allow_insecure)?);
        let builder = with_texts!(builder, user_id, source);
        let builder = with_place!(builder, sandbox, base_url, api_key);
        let core = with_header_key!(builder, x_api_key).build().map_err(|error| raise(&error))?;
        let options = match &sandbox {
            Some(sandbox) => options.clock(sandbox.get().clock()),
            None => options,
        };
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

    #[pyo3(name = "_call", signature = (operation, arguments, session=None))]
    fn call<'py>(
        &self,
        py: Python<'py>,
        operation: &str,
        arguments: &Bound<'_, PyDict>,
        session: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let (arguments, (session, asks)) = (read(arguments), session_of(session)?);
        let called = self.core.call(operation, &arguments, session.as_ref(), &self.options);
        texts(py, wait_asking(py, asks, called)?)
    }

    #[pyo3(name = "_call_async", signature = (operation, arguments, session=None))]
    fn call_async(
        &self,
        py: Python<'_>,
        operation: String,
        arguments: &Bound<'_, PyDict>,
        session: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Awaitable> {
        let (arguments, (session, asks)) = (read(arguments), session_of(session)?);
        let (core, options) = (Arc::clone(&self.core), self.options.clone());
        let called = async move { core.call(&operation, &arguments, session.as_ref(), &options).await };
        Awaitable::asking(py, asks, called, |py, result| Ok(texts(py, result)?.into_any().unbind()))
    }
}

/// The arguments of a call. What is no text is left to the core to refuse, whatever it is.
fn read(arguments: &Bound<'_, PyDict>) -> Map<String, Value> {
    let value = |value: &Bound<'_, PyAny>| match given(value) {
        none if none.is_none() => Value::Null,
        value => {
            value.cast::<PyString>().ok().and_then(|text| text.to_str().ok()).map_or(Value::Bool(false), Value::from)
        }
    };
    arguments.iter().map(|(name, given)| (name.to_string(), value(&given))).collect()
}

/// The texts of a result, by their names.
fn texts(py: Python<'_>, result: Value) -> PyResult<Bound<'_, PyDict>> {
    let texts = PyDict::new(py);
    if let Value::Object(members) = result {
        for (name, member) in members {
            texts.set_item(name, member.as_str())?;
        }
    }
    Ok(texts)
}

/// The session whose token the call takes, and the callback that the session asks if it must log in for that.
fn session_of(session: Option<&Bound<'_, PyAny>>) -> PyResult<(Option<relatch::Session>, Asks)> {
    let Some(session) = session.map(given) else { return Ok((None, Asks::default())) };
    match session.cast::<Session>() {
        Ok(session) => Ok((Some(session.get().core.clone()), session.get().asks)),
        Err(_) => Err(invalid(session.py(), "session", "session must be a Session of this user.")),
    }
}
