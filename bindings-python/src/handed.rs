//! What a session handed out last: the same token is the same Python object.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use relatch::{State, Token};

/// Without a lock, so that nobody waits for it; behind a pointer, for an idle session has nothing. Only ever touched by
/// threads that hold the interpreter.
#[derive(Default)]
pub(crate) struct Handed(ArcSwapOption<Objects>);

/// The Python objects of one token.
struct Objects {
    token: Token,
    text: Py<PyString>,
    headers: Option<Py<PyDict>>,
}

impl Handed {
    /// The token as a Python text: the same object as long as the token is the same.
    pub(crate) fn text(&self, py: Python<'_>, session: &relatch::Session, token: Token) -> Py<PyString> {
        if let Some(handed) = &*self.0.load()
            && handed.token.is(&token)
        {
            return handed.text.clone_ref(py);
        }
        let text = PyString::new(py, token.as_str()).unbind();
        self.keep(session, Objects { token, text: text.clone_ref(py), headers: None });
        text
    }

    /// Lets go of it all, the refresh token that came with the token too; called after a logout.
    pub(crate) fn forget(&self) {
        self.0.store(None);
    }

    fn keep(&self, session: &relatch::Session, objects: Objects) {
        self.0.store(Some(Arc::new(objects)));
        // A caller may come here with its token when the logout of another one has been.
        if session.state() == State::Closed {
            self.forget();
        }
    }

    /// The headers of the token, in a dict of the caller's own.
    pub(crate) fn headers<'py>(
        &self,
        py: Python<'py>,
        session: &relatch::Session,
        token: Token,
    ) -> PyResult<Bound<'py, PyDict>> {
        if let Some(handed) = &*self.0.load()
            && let Some(headers) = &handed.headers
            && handed.token.is(&token)
        {
            return headers.bind(py).copy();
        }
        let headers = PyDict::new(py);
        for (name, value) in session.headers_for(&token) {
            headers.set_item(name, value)?;
        }
        let (text, kept) = (self.text(py, session, token.clone()), headers.copy()?.unbind());
        self.keep(session, Objects { token, text, headers: Some(kept) });
        Ok(headers)
    }
}
