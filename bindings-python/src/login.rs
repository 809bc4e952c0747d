//! The three ways to get tokens: log in, go on with tokens from elsewhere, exchange tokens for new ones.

use pyo3::prelude::*;

use crate::convert::{TokensParts, tokens_in, tokens_out};
use crate::error::raise;
use crate::options::Options;
use crate::provider::Provider;
use crate::wait::{coming, wait};

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
pub(crate) async fn login_async(provider: Py<Provider>, options: Py<Options>) -> PyResult<Opened> {
    let provider = provider.get();
    let options = options.get().with_clock(provider.clock.clone())?;
    coming(relatch::login(provider.core.clone(), options)).await.map(Opened)
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
pub(crate) async fn refresh_async(
    provider: Py<Provider>,
    tokens: TokensParts,
    options: Py<Options>,
) -> PyResult<TokensParts> {
    let provider = provider.get();
    let options = options.get().with_clock(provider.clock.clone())?;
    let tokens = coming(relatch::refresh(provider.core.clone(), tokens_in(tokens), options)).await?;
    Ok(tokens_out(&tokens))
}
