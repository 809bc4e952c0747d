//! The ways to get tokens: log in at once or in two steps, go on with tokens from elsewhere, exchange tokens for new
//! ones.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::asks::Asks;
use crate::awaitable::Awaitable;
use crate::convert::{TokensParts, tokens_out};
use crate::error::{invalid, raise};
use crate::held::given;
use crate::opened::{Begun, Opened};
use crate::options;
use crate::provider::Provider;
use crate::tokens::tokens_in;
use crate::wait::wait_asking;

/// Logs in; blocks.
#[pyfunction]
pub(crate) fn login(py: Python<'_>, provider: &Bound<'_, PyAny>, options: &Bound<'_, PyDict>) -> PyResult<Opened> {
    let (provider, asks, options) = read(provider, options)?;
    let core = wait_asking(py, asks, relatch::login(provider, options))?;
    Ok(Opened { core, asks })
}

/// Logs in.
#[pyfunction]
pub(crate) fn login_async(
    py: Python<'_>,
    provider: &Bound<'_, PyAny>,
    options: &Bound<'_, PyDict>,
) -> PyResult<Awaitable> {
    let (provider, asks, options) = read(provider, options)?;
    let session = relatch::login(provider, options);
    Awaitable::asking(py, asks, session, move |py, core| Opened { core, asks }.object(py))
}

/// Takes the first step of a login; blocks.
#[pyfunction]
pub(crate) fn begin(py: Python<'_>, provider: &Bound<'_, PyAny>, options: &Bound<'_, PyDict>) -> PyResult<Begun> {
    let (provider, asks, options) = read(provider, options)?;
    let core = wait_asking(py, asks, relatch::begin(provider, options))?;
    Ok(Begun { core, asks })
}

/// Takes the first step of a login.
#[pyfunction]
pub(crate) fn begin_async(
    py: Python<'_>,
    provider: &Bound<'_, PyAny>,
    options: &Bound<'_, PyDict>,
) -> PyResult<Awaitable> {
    let (provider, asks, options) = read(provider, options)?;
    let challenge = relatch::begin(provider, options);
    Awaitable::asking(py, asks, challenge, move |py, core| Ok(Py::new(py, Begun { core, asks })?.into_any()))
}

/// A session from tokens. No traffic.
#[pyfunction]
pub(crate) fn resume(
    provider: &Bound<'_, PyAny>,
    tokens: &Bound<'_, PyAny>,
    options: &Bound<'_, PyDict>,
) -> PyResult<Opened> {
    let (tokens, (provider, asks, options)) = (tokens_in(tokens)?, read(provider, options)?);
    let session = relatch::resume(provider, tokens, options);
    session.map(|core| Opened { core, asks }).map_err(|error| raise(&error))
}

/// Exchanges tokens for new ones; blocks.
#[pyfunction]
pub(crate) fn refresh(
    py: Python<'_>,
    provider: &Bound<'_, PyAny>,
    tokens: &Bound<'_, PyAny>,
    options: &Bound<'_, PyDict>,
) -> PyResult<TokensParts> {
    let (tokens, (provider, asks, options)) = (tokens_in(tokens)?, read(provider, options)?);
    let refreshed = relatch::refresh(provider, tokens, options);
    wait_asking(py, asks, refreshed).map(|tokens| tokens_out(&tokens))
}

/// Exchanges tokens for new ones.
#[pyfunction]
pub(crate) fn refresh_async(
    py: Python<'_>,
    provider: &Bound<'_, PyAny>,
    tokens: &Bound<'_, PyAny>,
    options: &Bound<'_, PyDict>,
) -> PyResult<Awaitable> {
    let (tokens, (provider, asks, options)) = (tokens_in(tokens)?, read(provider, options)?);
    let tokens = relatch::refresh(provider, tokens, options);
    let convert = |py: Python<'_>, tokens| Ok(tokens_out(&tokens).into_pyobject(py)?.into_any().unbind());
    Awaitable::asking(py, asks, tokens, convert)
}

/// Reads the provider and the options, which follow the clock of the sandbox that the provider belongs to.
fn read(
    provider: &Bound<'_, PyAny>,
    keywords: &Bound<'_, PyDict>,
) -> PyResult<(Arc<dyn relatch::Provider>, Asks, relatch::Options)> {
    let options = options::session(keywords)?;
    let held = given(provider);
    let Ok(provider) = held.cast::<Provider>() else {
        let message = "provider must be a SevenG, Synapsewave or SynapsewaveDealer.";
        return Err(invalid(held.py(), "provider", message));
    };
    let Provider { core, clock, asks } = provider.get();
    let options = match clock {
        Some(clock) => options.clock(clock.clone()),
        None => options,
    };
    Ok((Arc::clone(core), *asks, options))
}
