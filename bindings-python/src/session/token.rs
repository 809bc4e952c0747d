//! The wait for a token: in the call itself, or in an awaitable.

use std::time::Duration;

use pyo3::prelude::*;
use relatch::Token;

use super::Session;
use crate::awaitable::Awaitable;
use crate::convert::limit;
use crate::wait::wait_asking;

impl Session {
    pub(super) fn wait_for_token(&self, py: Python<'_>, limit: Option<Duration>) -> PyResult<Token> {
        match limit {
            Some(limit) => wait_asking(py, self.asks, self.core.token_within(limit)),
            None => wait_asking(py, self.asks, self.core.token()),
        }
    }

    pub(super) fn coming_token(
        &self,
        py: Python<'_>,
        timeout: Option<&Bound<'_, PyAny>>,
        convert: impl FnOnce(Python<'_>, Token) -> PyResult<Py<PyAny>> + Send + 'static,
    ) -> PyResult<Awaitable> {
        let (core, limit) = (self.core.clone(), limit(timeout)?);
        let token = async move {
            match limit {
                Some(limit) => core.token_within(limit).await,
                None => core.token().await,
            }
        };
        Awaitable::asking(py, self.asks, token, convert)
    }
}
