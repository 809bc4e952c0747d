//! `Session`, the native base of the public class: what is fresh is handed out by one call that takes no lock.

mod token;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use relatch::{Feed, LogoutFuture, Profile, UnixTime};

use crate::asks::Asks;
use crate::awaitable::{Awaitable, running_loop};
use crate::carried::carried;
use crate::convert::{TokensParts, limit, tokens_out};
use crate::event::{self, Subscription};
use crate::handed::Handed;
use crate::opened::Begun;
use crate::opened::Opened;
use crate::process::{self, Busy};
use crate::wait::{wait_asking, wait_unless_forked};

/// A session that stays valid.
#[pyclass(frozen, subclass, weakref, module = "relatch._relatch")]
pub(crate) struct Session {
    pub(crate) core: relatch::Session,
    pub(crate) asks: Asks,
    handed: Handed,
}

/// What Python sees of a feed: its address, token and user.
type FeedParts = (Option<String>, String, Option<String>);
/// What Python sees of a profile: what may be shown as JSON, and the secrets.
type ProfileParts = (String, Vec<(String, String)>);

#[pymethods]
#[allow(clippy::doc_markdown)] // what users read with Python's help()
impl Session {
    #[new]
    fn new(opened: &Opened) -> Self {
        Self { core: opened.core.clone(), asks: opened.asks, handed: Handed::default() }
    }

    /// An access token with at least 30 seconds to live, while the server answers.
    ///
    /// A fresh one is handed out at once. Else this waits, with the GIL released, for the one refresh or login that all
    /// callers share; if that fails, the old token is handed out to its real end. Ctrl-C ends the wait of this caller
    /// and nothing else.
    ///
    /// Args:
    ///     timeout: Seconds to wait at most; the session's `timeout` unless given. While the server is away or busy, it
    ///         is tried again for as long.
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
        let limit = limit(timeout)?;
        let token = self.core.fresh_token().map_or_else(|| self.wait_for_token(py, limit), Ok)?;
        Ok(self.handed.text(py, &self.core, token))
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
        let limit = limit(timeout)?;
        let token = self.core.fresh_token().map_or_else(|| self.wait_for_token(py, limit), Ok)?;
        self.handed.headers(py, &self.core, token)
    }

    /// Says that the server refused a request, and returns a token to try again with.
    ///
    /// Only the current token causes a refresh, and only one, however many callers report it. For an older one the
    /// current token is returned; so is one that came less than 5 seconds ago, for the refused request may have carried
    /// the one before it: try again with that.
    ///
    /// Args:
    ///     sent: What the request carried: the token, the value of the header with or without its scheme, or all headers.
    ///     timeout: Seconds to wait at most; the session's `timeout` unless given.
    ///
    /// Returns:
    ///     The token to use from now on.
    ///
    /// Raises:
    ///     InvalidConfig: This session never had what was sent.
    ///     ReloginRequired: With `cause` "token_refused" where new tokens are refused as well.
    ///     RelatchError: As `token`.
    ///
    /// Example:
    ///     >>> if response.status_code == 401:
    ///     ...     token = session.report_unauthorized(response.request.headers)
    #[pyo3(signature = (sent, *, timeout=None))]
    fn report_unauthorized(
        &self,
        py: Python<'_>,
        sent: &Bound<'_, PyAny>,
        timeout: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<PyString>> {
        let sent = carried(&self.core, sent)?;
        let current = match limit(timeout)? {
            Some(limit) => wait_asking(py, self.asks, self.core.report_unauthorized_within(&sent, limit))?,
            None => wait_asking(py, self.asks, self.core.report_unauthorized(&sent))?,
        };
        Ok(self.handed.text(py, &self.core, current))
    }

    /// Forgets the tokens, at once, and ends the session on the server where the system can do that.
    ///
    /// Waits for the server's answer, with the GIL released; whatever that is, the session is over. 7G has no logout: what
    /// it issued lives on at the server until it ends. No error when it is called again. Later calls raise `ClosedError`.
    ///
    /// Example:
    ///     >>> session.logout()
    fn logout(&self, py: Python<'_>) -> PyResult<()> {
        event::revive(py)?;
        let ending = self.end(py);
        let ended = async move {
            ending.await;
            Ok(())
        };
        // In a child that a signal handler forks meanwhile the session is over too.
        wait_unless_forked(py, Asks::default(), ended).map(|_| ())
    }

    /// Whether the server still knows the session, by its own word.
    ///
    /// Where it does not, that is reported as `report_unauthorized` does: the session goes on with a new login if it can
    /// make one by itself.
    ///
    /// Returns:
    ///     True if the server takes the session for valid.
    ///
    /// Raises:
    ///     InvalidConfig: The system cannot be asked; 7G cannot.
    ///     ClosedError: After `logout`.
    ///     RelatchError: What kept the question from being answered.
    ///
    /// Example:
    ///     >>> session.validate()
    ///     True
    fn validate(&self, py: Python<'_>) -> PyResult<bool> {
        wait_asking(py, self.asks, self.core.validate())
    }

    #[pyo3(name = "_logout_async")]
    fn logout_async(&self, py: Python<'_>) -> PyResult<Awaitable> {
        // Where it cannot be awaited, nothing ends.
        running_loop(py)?;
        event::revive(py)?;
        let ending = self.end(py);
        let ended = async move {
            ending.await;
            Ok(())
        };
        Awaitable::new(py, ended, |py, ()| Ok(py.None()))
    }

    #[pyo3(name = "_validate_async")]
    fn validate_async(&self, py: Python<'_>) -> PyResult<Awaitable> {
        let core = self.core.clone();
        let validated = async move { core.validate().await };
        Awaitable::asking(py, self.asks, validated, |py, valid| {
            Ok(valid.into_pyobject(py)?.to_owned().into_any().unbind())
        })
    }

    #[pyo3(name = "_feed")]
    fn feed(&self, py: Python<'_>, timeout: Option<&Bound<'_, PyAny>>) -> PyResult<FeedParts> {
        let feed = match limit(timeout)? {
            Some(limit) => wait_asking(py, self.asks, self.core.feed_within(limit))?,
            None => wait_asking(py, self.asks, self.core.feed())?,
        };
        Ok(feed_out(&feed))
    }

    #[pyo3(name = "_feed_async")]
    fn feed_async(&self, py: Python<'_>, timeout: Option<&Bound<'_, PyAny>>) -> PyResult<Awaitable> {
        let (core, limit) = (self.core.clone(), limit(timeout)?);
        let feed = async move {
            match limit {
                Some(limit) => core.feed_within(limit).await,
                None => core.feed().await,
            }
        };
        let convert = |py: Python<'_>, feed| Ok(feed_out(&feed).into_pyobject(py)?.into_any().unbind());
        Awaitable::asking(py, self.asks, feed, convert)
    }

    #[pyo3(name = "_refresh")]
    fn refresh(&self, py: Python<'_>, timeout: Option<&Bound<'_, PyAny>>) -> PyResult<TokensParts> {
        let tokens = match limit(timeout)? {
            Some(limit) => wait_asking(py, self.asks, self.core.refresh_within(limit))?,
            None => wait_asking(py, self.asks, self.core.refresh())?,
        };
        Ok(tokens_out(&tokens))
    }

    #[pyo3(name = "_fresh_token")]
    fn fresh_token(&self, py: Python<'_>) -> Option<Py<PyString>> {
        self.core.fresh_token().map(|token| self.handed.text(py, &self.core, token))
    }

    #[pyo3(name = "_fresh_headers")]
    fn fresh_headers<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        self.core.fresh_token().map(|token| self.handed.headers(py, &self.core, token)).transpose()
    }

    #[pyo3(name = "_token_async")]
    fn token_async(slf: &Bound<'_, Self>, timeout: Option<&Bound<'_, PyAny>>) -> PyResult<Awaitable> {
        let session = slf.clone().unbind();
        let convert = move |py: Python<'_>, token| {
            let Self { core, handed, .. } = session.get();
            Ok(handed.text(py, core, token).into_any())
        };
        slf.get().coming_token(slf.py(), timeout, convert)
    }

    #[pyo3(name = "_headers_async")]
    fn headers_async(slf: &Bound<'_, Self>, timeout: Option<&Bound<'_, PyAny>>) -> PyResult<Awaitable> {
        let session = slf.clone().unbind();
        let convert = move |py: Python<'_>, token| {
            let Self { core, handed, .. } = session.get();
            Ok(handed.headers(py, core, token)?.into_any().unbind())
        };
        slf.get().coming_token(slf.py(), timeout, convert)
    }

    #[pyo3(name = "_refresh_async")]
    fn refresh_async(&self, py: Python<'_>, timeout: Option<&Bound<'_, PyAny>>) -> PyResult<Awaitable> {
        let (core, limit) = (self.core.clone(), limit(timeout)?);
        let refreshed = async move {
            match limit {
                Some(limit) => core.refresh_within(limit).await,
                None => core.refresh().await,
            }
        };
        let convert = |py: Python<'_>, tokens| Ok(tokens_out(&tokens).into_pyobject(py)?.into_any().unbind());
        Awaitable::asking(py, self.asks, refreshed, convert)
    }

    #[pyo3(name = "_report_unauthorized_async")]
    fn report_unauthorized_async(
        slf: &Bound<'_, Self>,
        sent: &Bound<'_, PyAny>,
        timeout: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Awaitable> {
        let (session, core, limit) = (slf.clone().unbind(), slf.get().core.clone(), limit(timeout)?);
        let sent = carried(&core, sent)?;
        let reported = async move {
            match limit {
                Some(limit) => core.report_unauthorized_within(&sent, limit).await,
                None => core.report_unauthorized(&sent).await,
            }
        };
        let convert = move |py: Python<'_>, token| {
            let Self { core, handed, .. } = session.get();
            Ok(handed.text(py, core, token).into_any())
        };
        Awaitable::asking(slf.py(), slf.get().asks, reported, convert)
    }

    #[pyo3(name = "_subscribe")]
    fn subscribe(&self) -> Subscription {
        Subscription::new(&self.core)
    }

    #[pyo3(name = "_challenge")]
    fn challenge(&self) -> Option<Begun> {
        self.core.challenge().map(|core| Begun { core, asks: self.asks })
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
    fn profile(&self) -> ProfileParts {
        let Profile { fields, secrets } = self.core.profile();
        let secrets = secrets.into_iter().map(|(name, secret)| (name, secret.expose().to_owned())).collect();
        (serde_json::Value::Object(fields).to_string(), secrets)
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

    /// The user, or None where no credentials are held.
    #[getter]
    fn user(&self) -> Option<&str> {
        self.core.user()
    }
}

impl Session {
    fn end(&self, py: Python<'_>) -> LogoutFuture {
        let ending = process::detached(py, &Busy::new(), || self.core.logout());
        self.handed.forget();
        ending
    }
}

fn feed_out(feed: &Feed) -> FeedParts {
    (feed.url.clone(), feed.token.expose().to_owned(), feed.user.clone())
}
