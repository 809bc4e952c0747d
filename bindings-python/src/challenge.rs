//! `Challenge`, the native base of the public class: a login between its two steps.

use pyo3::prelude::*;
use relatch::{FactorKind, UnixTime};

use crate::asks::Asks;
use crate::awaitable::Awaitable;
use crate::convert::text;
use crate::error::invalid;
use crate::opened::{Begun, Opened};
use crate::wait::wait_asking;

/// A login that waits for its second factor.
#[pyclass(frozen, subclass, module = "relatch._relatch")]
pub(crate) struct Challenge {
    core: relatch::Challenge,
    asks: Asks,
}

#[pymethods]
impl Challenge {
    #[new]
    fn new(begun: &Begun) -> Self {
        Self { core: begun.core.clone(), asks: begun.asks }
    }

    #[pyo3(name = "_methods")]
    fn methods(&self) -> Vec<&'static str> {
        self.core.methods().iter().copied().map(FactorKind::as_str).collect()
    }

    #[pyo3(name = "_expires_at")]
    fn expires_at(&self) -> f64 {
        UnixTime::seconds(self.core.expires_at())
    }

    #[pyo3(name = "_details")]
    fn details(&self) -> String {
        serde_json::Value::Object(self.core.details().clone()).to_string()
    }

    #[pyo3(name = "_complete")]
    fn complete(&self, py: Python<'_>, kind: &str, value: &Bound<'_, PyAny>) -> PyResult<Opened> {
        let (kind, value, asks) = (kind_of(py, kind)?, text(kind, value)?, self.asks);
        let core = wait_asking(py, asks, self.core.complete(kind, value))?;
        Ok(Opened { core, asks })
    }

    #[pyo3(name = "_complete_async")]
    fn complete_async(&self, py: Python<'_>, kind: &str, value: &Bound<'_, PyAny>) -> PyResult<Awaitable> {
        let (core, asks) = (self.core.clone(), self.asks);
        let (kind, value) = (kind_of(py, kind)?, text(kind, value)?);
        let completed = async move { core.complete(kind, value).await };
        Awaitable::asking(py, asks, completed, move |py, core| Opened { core, asks }.object(py))
    }
}

fn kind_of(py: Python<'_>, name: &str) -> PyResult<FactorKind> {
    let kind = FactorKind::ALL.iter().copied().find(|kind| kind.as_str() == name);
    kind.ok_or_else(|| invalid(py, "kind", "There is no such second factor."))
}
