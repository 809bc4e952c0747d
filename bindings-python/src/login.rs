//! The three ways to get tokens: log in, go on with tokens from elsewhere, exchange tokens for new ones.

use pyo3::prelude::*;

use crate::awaitable::Awaitable;
use crate::convert::{TokensParts, tokens_in, tokens_out};
use crate::error::raise;
use crate::event;
use crate::options::Options;
use crate::provider::Provider;
use crate::wait::wait;

/// A session of the core, for `Session` to take.
#[pyclass(frozen, module = "relatch._relatch")]
pub(crate) struct Opened(pub(crate) relatch::Session);

/// Logs in; blocks.
#[pyfunction]
pub(crate) fn login(py: Python<'_>, provider: &Provider, options: &Options) -> PyResult<Opened> {
    let options = options.with_clock(provider.clock.clone())?;
    wait(py, relatch::login(provider.core.clone(), options)).map(Opened)
}

/// Logs in.
#[pyfunction]
pub(crate) fn login_async(py: Python<'_>, provider: &Provider, options: &Options) -> PyResult<Awaitable> {
    event::revive(py)?;
    let options = options.with_clock(provider.clock.clone())?;
    let session = relatch::login(provider.core.clone(), options);
    Ok(Awaitable::new(session, |py, session| Ok(Py::new(py, Opened(session))?.into_any())))
}

/// A session from tokens. No traffic.
#[pyfunction]
pub(crate) fn resume(provider: &Provider, tokens: TokensParts, options: &Options) -> PyResult<Opened> {
    let options = options.with_clock(provider.clock.clone())?;
    let session = relatch::resume(provider.core.clone(), tokens_in(tokens), options);
    session.map(Opened).map_err(|error| raise(&error))
}

/// Exchanges tokens for new ones; blocks.
#[pyfunction]
pub(crate) fn refresh(
    py: Python<'_>,
    provider: &Provider,
    tokens: TokensParts,
    options: &Options,
) -> PyResult<TokensParts> {
    let options = options.with_clock(provider.clock.clone())?;
    let tokens = wait(py, relatch::refresh(provider.core.clone(), tokens_in(tokens), options))?;
    Ok(tokens_out(&tokens))
}

/// Exchanges tokens for new ones.
#[pyfunction]
pub(crate) fn refresh_async(provider: &Provider, tokens: TokensParts, options: &Options) -> PyResult<Awaitable> {
    let options = options.with_clock(provider.clock.clone())?;
    let tokens = relatch::refresh(provider.core.clone(), tokens_in(tokens), options);
    Ok(Awaitable::new(tokens, |py, tokens| Ok(tokens_out(&tokens).into_pyobject(py)?.into_any().unbind())))
}
