//! Providers: which system to log in to, and as whom.

use std::sync::Arc;

use pyo3::prelude::*;
use relatch::Clock;

use crate::asks::Asks;
use crate::sandbox::Sandbox;

/// Which system to log in to, and as whom. Make one of its subclasses.
#[pyclass(frozen, subclass, module = "relatch._relatch")]
pub(crate) struct Provider {
    pub(crate) core: Arc<dyn relatch::Provider>,
    pub(crate) clock: Option<Clock>,
    pub(crate) asks: Asks,
}

impl Provider {
    /// A provider whose sessions follow the clock of the sandbox, if they are opened against one.
    pub(crate) fn new(core: Arc<dyn relatch::Provider>, sandbox: Option<&Bound<'_, Sandbox>>, asks: Asks) -> Self {
        Self { core, clock: sandbox.map(|sandbox| sandbox.get().clock()), asks }
    }
}

#[pymethods]
impl Provider {
    /// The system's short name.
    #[getter]
    fn system(&self) -> &'static str {
        self.core.system()
    }

    /// The user, or None where no credentials are held.
    #[getter]
    fn user(&self) -> Option<&str> {
        self.core.user()
    }

    /// The number of the callback that its logins may ask, 0 for none.
    #[getter]
    fn _asks(&self) -> u64 {
        self.asks.number()
    }

    /// The address of the API.
    #[getter]
    fn base_url(&self) -> String {
        self.core.base_url().as_str().to_owned()
    }
}
