//! relatch for Python: types across, errors across, waiting. It decides nothing.
//!
//! The package `relatch` (`python/relatch`) is what users see; this module is private to it.

mod account;
mod asks;
mod awaitable;
mod callback;
mod carried;
mod challenge;
mod convert;
mod error;
mod event;
mod exit;
mod factor;
mod handed;
mod held;
mod here;
mod interpreter;
mod logging;
mod login;
mod opened;
mod options;
mod package;
mod pem;
mod process;
mod provider;
mod question;
mod queue;
mod sandbox;
mod session;
mod seven_g;
mod synapsewave;
mod tokens;
mod wait;
mod wake;

use std::alloc::System;

use pyo3::prelude::*;
use zeroizing_alloc::ZeroAlloc;

/// Memory is wiped when it is given back: buffers of requests and answers hold secrets that no type of ours owns.
#[global_allocator]
static WIPING: ZeroAlloc<System> = ZeroAlloc(System);

/// The native part of relatch. Private: use the package `relatch`.
#[pymodule(gil_used = false)]
mod _relatch {
    use pyo3::prelude::*;
    use pyo3::types::PyTuple;
    use relatch::{Cause, ErrorCode, EventKind, FactorKind};

    #[pymodule_export]
    use crate::account::SynapsewaveAccount;
    #[pymodule_export]
    use crate::awaitable::Awaitable;
    #[pymodule_export]
    use crate::callback::{Callback, next_question};
    #[pymodule_export]
    use crate::challenge::Challenge;
    #[pymodule_export]
    use crate::convert::check_limit;
    #[pymodule_export]
    use crate::event::{Subscription, abandon_events, next_event, report_failure};
    #[pymodule_export]
    use crate::exit::{forked, keep, shutdown};
    #[pymodule_export]
    use crate::factor::SecondFactor;
    #[pymodule_export]
    use crate::held::{Held, hold};
    #[pymodule_export]
    use crate::login::{begin, begin_async, login, login_async, refresh, refresh_async, resume};
    #[pymodule_export]
    use crate::opened::{Begun, Opened};
    #[pymodule_export]
    use crate::package::connect;
    #[pymodule_export]
    use crate::provider::Provider;
    #[pymodule_export]
    use crate::question::Asked;
    #[pymodule_export]
    use crate::sandbox::Sandbox;
    #[pymodule_export]
    use crate::session::Session;
    #[pymodule_export]
    use crate::seven_g::SevenG;
    #[pymodule_export]
    use crate::synapsewave::{Synapsewave, SynapsewaveDealer};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let py = module.py();
        crate::interpreter::claim(py)?;
        crate::event::EVENTS.prepare();
        crate::question::QUESTIONS.prepare();
        crate::here::prepare();
        crate::wake::prepare();
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        module.add("ERROR_CODES", PyTuple::new(py, ErrorCode::ALL.iter().map(|code| code.as_str()))?)?;
        let recoveries = ErrorCode::ALL.iter().map(|code| (code.as_str(), code.recovery().as_str()));
        module.add("RECOVERIES", PyTuple::new(py, recoveries)?)?;
        module.add("FACTOR_KINDS", PyTuple::new(py, FactorKind::ALL.iter().map(|kind| kind.as_str()))?)?;
        module.add("CAUSES", PyTuple::new(py, Cause::ALL.iter().map(|cause| cause.as_str()))?)?;
        module.add("EVENT_KINDS", PyTuple::new(py, EventKind::ALL.iter().map(|kind| kind.as_str()))?)
    }
}
