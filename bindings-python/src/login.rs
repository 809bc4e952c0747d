//! The ways to get tokens: log in at once or in two steps, go on with tokens from elsewhere, exchange tokens for new
//! ones.

use pyo3::prelude::*;

use crate::awaitable::Awaitable;
use crate::challenge::Begun;
use crate::convert::{TokensParts, tokens_in, tokens_out};
use crate::error::{invalid, raise};
use crate::options::Options;
use crate::provider::Provider;
use crate::question::Asks;
use crate::wait::wait_asking;

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

/// Logs in; blocks.
#[pyfunction]
pub(crate) fn login(py: Python<'_>, provider: &Bound<'_, PyAny>, options: &Options) -> PyResult<Opened> {
    let provider = provider_of(provider)?;
    let (options, asks) = (options.with_clock(provider.clock.clone())?, provider.asks);
    let core = wait_asking(py, asks, relatch::login(provider.core.clone(), options))?;
    Ok(Opened { core, asks })
}

/// Logs in.
#[pyfunction]
pub(crate) fn login_async(py: Python<'_>, provider: &Bound<'_, PyAny>, options: &Options) -> PyResult<Awaitable> {
    let provider = provider_of(provider)?;
    let (options, asks) = (options.with_clock(provider.clock.clone())?, provider.asks);
    let session = relatch::login(provider.core.clone(), options);
    Awaitable::asking(py, asks, session, move |py, core| Opened { core, asks }.object(py))
}

/// Takes the first step of a login; blocks.
#[pyfunction]
pub(crate) fn begin(py: Python<'_>, provider: &Bound<'_, PyAny>, options: &Options) -> PyResult<Begun> {
    let provider = provider_of(provider)?;
    let (options, asks) = (options.with_clock(provider.clock.clone())?, provider.asks);
    let core = wait_asking(py, asks, relatch::begin(provider.core.clone(), options))?;
    Ok(Begun { core, asks })
}

/// Takes the first step of a login.
#[pyfunction]
pub(crate) fn begin_async(py: Python<'_>, provider: &Bound<'_, PyAny>, options: &Options) -> PyResult<Awaitable> {
    let provider = provider_of(provider)?;
    let (options, asks) = (options.with_clock(provider.clock.clone())?, provider.asks);
    let challenge = relatch::begin(provider.core.clone(), options);
    Awaitable::asking(py, asks, challenge, move |py, core| Ok(Py::new(py, Begun { core, asks })?.into_any()))
}

/// A session from tokens. No traffic.
#[pyfunction]
pub(crate) fn resume(provider: &Bound<'_, PyAny>, tokens: TokensParts, options: &Options) -> PyResult<Opened> {
    let provider = provider_of(provider)?;
    let options = options.with_clock(provider.clock.clone())?;
    let session = relatch::resume(provider.core.clone(), tokens_in(tokens), options);
    session.map(|core| Opened { core, asks: provider.asks }).map_err(|error| raise(&error))
}

/// Exchanges tokens for new ones; blocks.
#[pyfunction]
pub(crate) fn refresh(
    py: Python<'_>,
    provider: &Bound<'_, PyAny>,
    tokens: TokensParts,
    options: &Options,
) -> PyResult<TokensParts> {
    let provider = provider_of(provider)?;
    let options = options.with_clock(provider.clock.clone())?;
    let refreshed = relatch::refresh(provider.core.clone(), tokens_in(tokens), options);
    wait_asking(py, provider.asks, refreshed).map(|tokens| tokens_out(&tokens))
}

/// Exchanges tokens for new ones.
#[pyfunction]
pub(crate) fn refresh_async(
    py: Python<'_>,
    provider: &Bound<'_, PyAny>,
    tokens: TokensParts,
    options: &Options,
) -> PyResult<Awaitable> {
    let provider = provider_of(provider)?;
    let options = options.with_clock(provider.clock.clone())?;
    let tokens = relatch::refresh(provider.core.clone(), tokens_in(tokens), options);
    let convert = |py: Python<'_>, tokens| Ok(tokens_out(&tokens).into_pyobject(py)?.into_any().unbind());
    Awaitable::asking(py, provider.asks, tokens, convert)
}

/// Reads the provider.
fn provider_of<'a>(value: &'a Bound<'_, PyAny>) -> PyResult<&'a Provider> {
    let provider = value.cast::<Provider>().map(Bound::get);
    provider
        .map_err(|_| invalid(value.py(), "provider", "provider must be a SevenG, Synapsewave or SynapsewaveDealer."))
}
