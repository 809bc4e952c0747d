//! `Session`, the native base of the public class: what is fresh is handed out by one call that takes no lock.

use std::sync::Mutex;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use relatch::{Token, UnixTime};

use crate::awaitable::Awaitable;
use crate::convert::{TokensParts, limit, tokens_out};
use crate::event::{self, Subscription};
use crate::exit::{self, Busy};
use crate::login::Opened;
use crate::wait::wait;

/// A session that stays valid.
#[pyclass(frozen, subclass, weakref, module = "relatch._relatch")]
pub(crate) struct Session {
    core: relatch::Session,
    /// What was handed out last. Only ever tried, so that nobody waits for it; boxed, for an idle session has nothing.
    handed: Mutex<Option<Box<Handed>>>,
}

/// The Python objects of one token.
struct Handed {
    token: Token,
    text: Py<PyString>,
    headers: Option<Py<PyDict>>,
}

#[pymethods]
#[allow(clippy::doc_markdown)] // what users read with Python's help()
impl Session {
    #[new]
    fn new(opened: &Opened) -> Self {
        Self { core: opened.0.clone(), handed: Mutex::new(None) }
    }

    /// An access token with at least 30 seconds to live, while the server answers.
    ///
    /// A fresh one is handed out at once. Else this waits, with the GIL released, for the one refresh or login that all
    /// callers share; if that fails, the old token is handed out to its real end. Ctrl-C ends the wait of this caller
    /// and nothing else.
    ///
    /// Args:
    ///     timeout: Seconds to wait at most; the session's `timeout` unless given.
    ///
    /// Returns:
    ///     The token, the same object for as long as it is current.
    ///
    /// Raises:
    ///     ReloginRequired: The session cannot go on without a login; `cause` says why.
    ///     ForkedSession: The session came from a parent process and its token has ended.
    ///     RequestTimeout: No token was had in time. The refresh goes on.
    ///     ClosedError: After `logout`.
    ///     RelatchError: Whatever else a login can raise.
    ///
    /// Example:
    ///     >>> requests.get(url, headers={"Authorization": session.token(), "Version": "2.0"})
    #[pyo3(signature = (*, timeout=None))]
    fn token(&self, py: Python<'_>, timeout: Option<&Bound<'_, PyAny>>) -> PyResult<Py<PyString>> {
        match self.core.fresh_token() {
            Some(token) => Ok(self.text(py, token)),
            None => self.wait_for_token(py, timeout).map(|token| self.text(py, token)),
        }
    }

    /// The headers that authorise a request.
    ///
    /// Args:
    ///     timeout: Seconds to wait at most; the session's `timeout` unless given.
    ///
    /// Returns:
    ///     A new dict, yours to change.
    ///
    /// Raises:
    ///     RelatchError: As `token`.
    ///
    /// Example:
    ///     >>> requests.get(url, headers=session.headers())
    #[pyo3(signature = (*, timeout=None))]
    fn headers<'py>(&self, py: Python<'py>, timeout: Option<&Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyDict>> {
        match self.core.fresh_token() {
            Some(token) => self.headers_of(py, token),
            None => self.wait_for_token(py, timeout).and_then(|token| self.headers_of(py, token)),
        }
    }

    /// Says that the server refused `token`, and returns one to try again with.
    ///
    /// Only the current token causes a refresh, and only one, however many callers report it; for an older token the
    /// current one is returned at once.
    ///
    /// Args:
    ///     token: The token that was refused.
    ///     timeout: Seconds to wait at most; the session's `timeout` unless given.
    ///
    /// Returns:
    ///     The token to use from now on.
    ///
    /// Raises:
    ///     ReloginRequired: With `cause` "token_refused" where new tokens are refused as well.
    ///     RelatchError: As `token`.
    ///
    /// Example:
    ///     >>> if response.status_code == 401:
    ///     ...     token = session.report_unauthorized(token)
    #[pyo3(signature = (token, *, timeout=None))]
    fn report_unauthorized(
        &self,
        py: Python<'_>,
        token: &str,
        timeout: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<PyString>> {
        let current = match limit(timeout)? {
            Some(limit) => wait(py, self.core.report_unauthorized_within(token, limit))?,
            None => wait(py, self.core.report_unauthorized(token))?,
        };
        Ok(self.text(py, current))
    }

    /// Forgets the tokens, here. 7G has no logout: what it issued lives on at the server until it ends.
    ///
    /// No traffic, and no error when it is called again. Later calls raise `ClosedError`.
    fn logout(&self, py: Python<'_>) -> PyResult<()> {
        event::revive(py)?;
        exit::detached(py, &Busy::new(), || self.core.logout());
        Ok(())
    }

    #[pyo3(name = "_refresh")]
    fn refresh(&self, py: Python<'_>, timeout: Option<&Bound<'_, PyAny>>) -> PyResult<TokensParts> {
        let tokens = match limit(timeout)? {
            Some(limit) => wait(py, self.core.refresh_within(limit))?,
            None => wait(py, self.core.refresh())?,
        };
        Ok(tokens_out(&tokens))
    }

    #[pyo3(name = "_fresh_token")]
    fn fresh_token(&self, py: Python<'_>) -> Option<Py<PyString>> {
        self.core.fresh_token().map(|token| self.text(py, token))
    }

    #[pyo3(name = "_fresh_headers")]
    fn fresh_headers<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        self.core.fresh_token().map(|token| self.headers_of(py, token)).transpose()
    }

    #[pyo3(name = "_token_async")]
    fn token_async(slf: &Bound<'_, Self>, timeout: Option<&Bound<'_, PyAny>>) -> PyResult<Awaitable> {
        let session = slf.clone().unbind();
        let convert = move |py: Python<'_>, token| Ok(session.get().text(py, token).into_any());
        slf.get().coming_token(slf.py(), timeout, convert)
    }

    #[pyo3(name = "_headers_async")]
    fn headers_async(slf: &Bound<'_, Self>, timeout: Option<&Bound<'_, PyAny>>) -> PyResult<Awaitable> {
        let session = slf.clone().unbind();
        let convert = move |py: Python<'_>, token| Ok(session.get().headers_of(py, token)?.into_any().unbind());
        slf.get().coming_token(slf.py(), timeout, convert)
    }

    #[pyo3(name = "_refresh_async")]
    fn refresh_async(&self, py: Python<'_>, timeout: Option<&Bound<'_, PyAny>>) -> PyResult<Awaitable> {
        event::revive(py)?;
        let (core, limit) = (self.core.clone(), limit(timeout)?);
        let refreshed = async move {
            match limit {
                Some(limit) => core.refresh_within(limit).await,
                None => core.refresh().await,
            }
        };
        Ok(Awaitable::new(refreshed, |py, tokens| Ok(tokens_out(&tokens).into_pyobject(py)?.into_any().unbind())))
    }

    #[pyo3(name = "_report_unauthorized_async")]
    fn report_unauthorized_async(
        slf: &Bound<'_, Self>,
        token: String,
        timeout: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Awaitable> {
        event::revive(slf.py())?;
        let (session, core, limit) = (slf.clone().unbind(), slf.get().core.clone(), limit(timeout)?);
        let reported = async move {
            match limit {
                Some(limit) => core.report_unauthorized_within(&token, limit).await,
                None => core.report_unauthorized(&token).await,
            }
        };
        Ok(Awaitable::new(reported, move |py, token| Ok(session.get().text(py, token).into_any())))
    }

    #[pyo3(name = "_subscribe")]
    fn subscribe(&self) -> Subscription {
        Subscription::new(&self.core)
    }

    #[pyo3(name = "_tokens")]
    fn tokens(&self) -> Option<TokensParts> {
        self.core.tokens().map(|tokens| tokens_out(&tokens))
    }

    #[pyo3(name = "_expires_at")]
    fn expires_at(&self) -> Option<f64> {
        self.core.expires_at().map(UnixTime::seconds)
    }

    #[pyo3(name = "_claims")]
    fn claims(&self) -> String {
        serde_json::Value::Object(self.core.claims()).to_string()
    }

    #[pyo3(name = "_profile")]
    fn profile(&self) -> String {
        serde_json::Value::Object(self.core.profile()).to_string()
    }

    /// What the session is doing: "active" while it has a token or can get one; else "new", "logging_in", "refreshing",
    /// "challenged", "needs_login" or "closed".
    #[getter]
    fn state(&self) -> &'static str {
        self.core.state().as_str()
    }

    /// The system's short name.
    #[getter]
    fn system(&self) -> &'static str {
        self.core.system()
    }

    /// The user name, or None where no credentials are held.
    #[getter]
    fn username(&self) -> Option<&str> {
        self.core.user()
    }
}

impl Session {
    fn wait_for_token(&self, py: Python<'_>, timeout: Option<&Bound<'_, PyAny>>) -> PyResult<Token> {
        match limit(timeout)? {
            Some(limit) => wait(py, self.core.token_within(limit)),
            None => wait(py, self.core.token()),
        }
    }

    fn coming_token(
        &self,
        py: Python<'_>,
        timeout: Option<&Bound<'_, PyAny>>,
        convert: impl FnOnce(Python<'_>, Token) -> PyResult<Py<PyAny>> + Send + 'static,
    ) -> PyResult<Awaitable> {
        event::revive(py)?;
        let (core, limit) = (self.core.clone(), limit(timeout)?);
        let token = async move {
            match limit {
                Some(limit) => core.token_within(limit).await,
                None => core.token().await,
            }
        };
        Ok(Awaitable::new(token, convert))
    }

    /// The token as a Python text: the same object as long as the token is the same.
    fn text(&self, py: Python<'_>, token: Token) -> Py<PyString> {
        let text = |token: &Token| PyString::new(py, token.as_str()).unbind();
        let Ok(mut handed) = self.handed.try_lock() else { return text(&token) };
        match &*handed {
            Some(handed) if handed.token.is(&token) => handed.text.clone_ref(py),
            _ => {
                let new = text(&token);
                *handed = Some(Box::new(Handed { token, text: new.clone_ref(py), headers: None }));
                new
            }
        }
    }

    /// The headers of the token, in a dict of the caller's own.
    fn headers_of<'py>(&self, py: Python<'py>, token: Token) -> PyResult<Bound<'py, PyDict>> {
        if let Ok(handed) = self.handed.try_lock()
            && let Some(Handed { token: last, headers: Some(headers), .. }) = handed.as_deref()
            && last.is(&token)
        {
            return headers.bind(py).copy();
        }
        let headers = PyDict::new(py);
        for (name, value) in self.core.headers_for(&token) {
            headers.set_item(name, value)?;
        }
        let (text, kept) = (self.text(py, token.clone()), headers.copy()?.unbind());
        if let Ok(mut handed) = self.handed.try_lock() {
            *handed = Some(Box::new(Handed { token, text, headers: Some(kept) }));
        }
        Ok(headers)
    }
}
