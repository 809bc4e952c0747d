//! Synapsewave: for users and for dealers.

use std::collections::BTreeMap;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyMapping};
use relatch::{SynapsewaveBuilder, SynapsewaveDealerBuilder};
use serde_json::Value;

use crate::asks::Asks;
use crate::callback::Callback;
use crate::convert::{flag, optional_text};
use crate::error::{invalid, raise};
use crate::factor::SecondFactor;
use crate::held::given;
use crate::logging;
use crate::provider::Provider;
use crate::sandbox::{Sandbox, sandbox_of};

/// Synapsewave for one user of a broker.
#[pyclass(frozen, subclass, extends = Provider, module = "relatch._relatch")]
pub(crate) struct Synapsewave(());

/// Synapsewave for one dealer of a broker.
#[pyclass(frozen, subclass, extends = Provider, module = "relatch._relatch")]
pub(crate) struct SynapsewaveDealer(());

/// The builder with those of the arguments that were given, all of them texts.
macro_rules! with_texts {
    ($builder:expr, $($name:ident),*) => {{
        let mut builder = $builder;
        $(if let Some(text) = $crate::convert::optional_text(stringify!($name), "a text", $name)? {
            builder = builder.$name(text);
        })*
        builder
    }};
}
pub(crate) use with_texts;

/// The builder with the address and the key, those of the sandbox unless given.
macro_rules! with_place {
    ($builder:expr, $sandbox:expr, $base_url:expr, $api_key:expr) => {{
        let (base_url, api_key) = $crate::synapsewave::place($sandbox.as_ref(), $base_url, $api_key)?;
        let builder = $builder;
        let builder = if let Some(base_url) = base_url { builder.base_url(base_url) } else { builder };
        if let Some(api_key) = api_key { builder.api_key(api_key) } else { builder }
    }};
}
pub(crate) use with_place;

/// See `with_place`.
pub(crate) fn place(
    sandbox: Option<&Bound<'_, Sandbox>>,
    base_url: Option<&Bound<'_, PyAny>>,
    api_key: Option<&Bound<'_, PyAny>>,
) -> PyResult<(Option<String>, Option<String>)> {
    let sandbox = sandbox.map(Bound::get);
    Ok((
        optional_text("base_url", "a text", base_url)?.or_else(|| sandbox.map(Sandbox::synapsewave_url)),
        optional_text("api_key", "a text", api_key)?.or_else(|| sandbox.map(|sandbox| sandbox.api_key().to_owned())),
    ))
}

/// What `x_api_key` says.
pub(crate) enum HeaderKey {
    Same,
    Own(String),
    Off,
}

/// Reads `x_api_key`: a text, or False for none.
pub(crate) fn header_key(value: Option<&Bound<'_, PyAny>>) -> PyResult<HeaderKey> {
    match value.map(given) {
        None => Ok(HeaderKey::Same),
        Some(value) if value.cast::<PyBool>().is_ok_and(|value| !value.is_true()) => Ok(HeaderKey::Off),
        Some(_) => Ok(HeaderKey::Own(optional_text("x_api_key", "a text or False", value)?.unwrap_or_default())),
    }
}

/// The builder with the header's key.
macro_rules! with_header_key {
    ($builder:expr, $value:expr) => {
        match $crate::synapsewave::header_key($value)? {
            $crate::synapsewave::HeaderKey::Same => $builder,
            $crate::synapsewave::HeaderKey::Own(key) => $builder.x_api_key(key),
            $crate::synapsewave::HeaderKey::Off => $builder.without_x_api_key(),
        }
    };
}
pub(crate) use with_header_key;

#[pymethods]
impl Synapsewave {
    #[new]
    #[pyo3(signature = (
        *, base_url=None, user_id=None, api_key=None, password=None, mpin=None, fingerprint=None, sso_token=None,
        register_token=None, login_type=None, second_factor=None, x_api_key=None, source=None, udid=None, version=None,
        build_version=None, device_info=None, allow_insecure=None, sandbox=None
    ))]
    #[allow(clippy::too_many_arguments)] // keyword arguments
    fn new(
        py: Python<'_>,
        base_url: Option<&Bound<'_, PyAny>>,
        user_id: Option<&Bound<'_, PyAny>>,
        api_key: Option<&Bound<'_, PyAny>>,
        password: Option<&Bound<'_, PyAny>>,
        mpin: Option<&Bound<'_, PyAny>>,
        fingerprint: Option<&Bound<'_, PyAny>>,
        sso_token: Option<&Bound<'_, PyAny>>,
        register_token: Option<&Bound<'_, PyAny>>,
        login_type: Option<&Bound<'_, PyAny>>,
        second_factor: Option<&Bound<'_, PyAny>>,
        x_api_key: Option<&Bound<'_, PyAny>>,
        source: Option<&Bound<'_, PyAny>>,
        udid: Option<&Bound<'_, PyAny>>,
        version: Option<&Bound<'_, PyAny>>,
        build_version: Option<&Bound<'_, PyAny>>,
        device_info: Option<&Bound<'_, PyAny>>,
        allow_insecure: Option<&Bound<'_, PyAny>>,
        sandbox: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<PyClassInitializer<Self>> {
        logging::start(py)?;
        let sandbox = sandbox_of(sandbox)?;
        let builder = relatch::Synapsewave::builder().allow_insecure(flag("allow_insecure", allow_insecure)?);
        let builder = with_texts!(
            builder,
            user_id,
            password,
            mpin,
            fingerprint,
            register_token,
            login_type,
            source,
            udid,
            version,
            build_version
        );
        let builder = with_place!(builder, sandbox, base_url, api_key);
        let builder = with_header_key!(builder, x_api_key);
        let (builder, sso_asks) = with_sso_token(builder, sso_token)?;
        let (builder, factor_asks) = with_second_factor(builder, second_factor)?;
        let core = with_device_info(builder, device_info)?.build().map_err(|error| raise(&error))?;
        // The core takes no provider that has a callback for both.
        let asks = sso_asks.or(factor_asks).unwrap_or_default();
        let provider = Provider::new(Arc::new(core), sandbox.as_ref(), asks);
        Ok(PyClassInitializer::from(provider).add_subclass(Self(())))
    }
}

#[pymethods]
impl SynapsewaveDealer {
    #[new]
    #[pyo3(signature = (
        *, base_url=None, user_id=None, password=None, api_key=None, x_api_key=None, version=None, build_version=None,
        allow_insecure=None, sandbox=None
    ))]
    #[allow(clippy::too_many_arguments)] // keyword arguments
    fn new(
        py: Python<'_>,
        base_url: Option<&Bound<'_, PyAny>>,
        user_id: Option<&Bound<'_, PyAny>>,
        password: Option<&Bound<'_, PyAny>>,
        api_key: Option<&Bound<'_, PyAny>>,
        x_api_key: Option<&Bound<'_, PyAny>>,
        version: Option<&Bound<'_, PyAny>>,
        build_version: Option<&Bound<'_, PyAny>>,
        allow_insecure: Option<&Bound<'_, PyAny>>,
        sandbox: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<PyClassInitializer<Self>> {
        logging::start(py)?;
        let sandbox = sandbox_of(sandbox)?;
        let builder: SynapsewaveDealerBuilder =
            relatch::SynapsewaveDealer::builder().allow_insecure(flag("allow_insecure", allow_insecure)?);
        let builder = with_texts!(builder, user_id, password, version, build_version);
        let builder = with_place!(builder, sandbox, base_url, api_key);
        let core = with_header_key!(builder, x_api_key).build().map_err(|error| raise(&error))?;
        let provider = Provider::new(Arc::new(core), sandbox.as_ref(), Asks::default());
        Ok(PyClassInitializer::from(provider).add_subclass(Self(())))
    }
}

type Built = PyResult<(SynapsewaveBuilder, Option<Asks>)>;

/// With a token, or with the callback that is asked for one.
fn with_sso_token(builder: SynapsewaveBuilder, value: Option<&Bound<'_, PyAny>>) -> Built {
    let value = value.map(given);
    let value = value.as_ref();
    if let Some(callback) = value.and_then(|value| value.cast::<Callback>().ok()) {
        let callback = callback.get();
        return Ok((builder.sso_callback(callback.core.clone()), Some(callback.asks())));
    }
    match optional_text("sso_token", "a text or a function", value)? {
        Some(token) => Ok((builder.sso_token(token), None)),
        None => Ok((builder, None)),
    }
}

fn with_second_factor(builder: SynapsewaveBuilder, value: Option<&Bound<'_, PyAny>>) -> Built {
    let Some(value) = value.map(given) else { return Ok((builder, None)) };
    let Ok(factor) = value.cast::<SecondFactor>() else {
        let message = "second_factor must be Totp, Otp, Fingerprint or Pan.";
        return Err(invalid(value.py(), "second_factor", message));
    };
    let factor = factor.get();
    let asks = matches!(factor.core, relatch::Factor::Otp(_)).then_some(factor.asks);
    Ok((builder.second_factor(factor.core.clone()), asks))
}

fn with_device_info(builder: SynapsewaveBuilder, value: Option<&Bound<'_, PyAny>>) -> PyResult<SynapsewaveBuilder> {
    let Some(value) = value.map(given) else { return Ok(builder) };
    let Some(info) = texts(&value) else {
        let message = "device_info must be a mapping whose names and values are texts.";
        return Err(invalid(value.py(), "device_info", message));
    };
    Ok(builder.device_info(info.into_iter().map(|(name, text)| (name, Value::from(text))).collect()))
}

fn texts(value: &Bound<'_, PyAny>) -> Option<BTreeMap<String, String>> {
    let items = value.cast::<PyMapping>().ok()?.items().ok()?;
    items.iter().map(|item| item.extract().ok()).collect()
}
