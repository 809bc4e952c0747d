//! The callback that a provider's logins ask, and where the answer is had.

use std::num::NonZeroU64;

use pyo3::prelude::*;

use crate::here::Place;
use crate::package::functions;

/// The callback that the logins of a provider ask, if they ask one.
#[derive(Clone, Copy, Default)]
pub(crate) struct Asks(Option<NonZeroU64>);

impl Asks {
    /// The callback of that number, 0 for none.
    pub(crate) fn of(number: u64) -> Self {
        Self(NonZeroU64::new(number))
    }

    /// Tells the package where the result of the callback is to be awaited: in the event loop that runs here if
    /// `awaited`, else in one of its own, for a blocking call would keep the one that runs here from running.
    ///
    /// Returns what is to be kept for as long as the call waits.
    pub(crate) fn note(self, py: Python<'_>, awaited: bool) -> PyResult<Option<Py<PyAny>>> {
        self.0.map(|number| functions()?.called.call1(py, (number.get(), awaited))).transpose()
    }

    /// The place where the call waits for what the callback is asked, if the package says that it is asked there.
    pub(crate) fn place(self, py: Python<'_>, call: Option<&Py<PyAny>>) -> PyResult<Option<Place>> {
        let Some(call) = call else { return Ok(None) };
        let here = call.bind(py).getattr_opt("here")?.is_some_and(|here| here.is_truthy().unwrap_or(false));
        Ok(here.then(|| Place::take(self.number())))
    }

    /// The callback's number, 0 for none.
    pub(crate) fn number(self) -> u64 {
        self.0.map_or(0, NonZeroU64::get)
    }
}
