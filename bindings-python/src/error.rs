//! The core's error becomes the Python class of its code.

use std::error::Error as StdError;
use std::io;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use relatch::{Detail, Error};

use crate::asks::Asks;
use crate::opened::Begun;
use crate::package::functions;
use crate::question::Raised;

/// The exception for an error of the core, with all that it carries.
pub(crate) fn raise(error: &Error) -> PyErr {
    raise_asking(error, Asks::default())
}

/// Like [`raise`], for a login that may have asked a callback: so may the challenge that the error carries.
pub(crate) fn raise_asking(error: &Error, asks: Asks) -> PyErr {
    Python::attach(|py| exception(py, error, asks).unwrap_or_else(|failure| failure))
}

/// The exception for an argument that cannot even be handed to the core.
pub(crate) fn invalid(py: Python<'_>, field: &str, message: &str) -> PyErr {
    let build = || {
        let details = PyDict::new(py);
        details.set_item("field", field)?;
        call(py, "invalid_config", message, &details, &PyList::empty(py))
    };
    build().unwrap_or_else(|failure| failure)
}

/// The exception for a call that began in the parent of this process, where it goes on.
pub(crate) fn forked(py: Python<'_>) -> PyErr {
    let message = "The process was forked while this call waited: call again in the child.";
    call(py, "forked_session", message, &PyDict::new(py), &PyList::empty(py)).unwrap_or_else(|failure| failure)
}

fn exception(py: Python<'_>, error: &Error, asks: Asks) -> PyResult<PyErr> {
    let details = PyDict::new(py);
    for (name, detail) in error.details() {
        match detail {
            Detail::Text(text) => details.set_item(name, text)?,
            Detail::Number(number) => details.set_item(name, number)?,
            Detail::Time(seconds) => details.set_item(name, seconds)?,
            Detail::List(list) => details.set_item(name, list)?,
        }
    }
    if let Some(challenge) = error.challenge() {
        details.set_item("challenge", Begun { core: challenge, asks })?;
    }
    let sources = PyList::empty(py);
    let mut source = error.source();
    while let Some(current) = source {
        match current.downcast_ref::<Raised>().and_then(Raised::exception) {
            Some(exception) => sources.append(exception)?,
            None => sources.append(described(current))?,
        }
        source = current.source();
    }
    call(py, error.code().as_str(), &error.to_string(), &details, &sources)
}

/// Whether it is an error of the operating system, its number if it has one, and its text.
fn described(source: &(dyn StdError + 'static)) -> (bool, Option<i32>, String) {
    let system = source.downcast_ref::<io::Error>();
    (system.is_some(), system.and_then(io::Error::raw_os_error), source.to_string())
}

fn call(
    py: Python<'_>,
    code: &str,
    message: &str,
    details: &Bound<'_, PyDict>,
    sources: &Bound<'_, PyList>,
) -> PyResult<PyErr> {
    let error = functions()?.error.bind(py).call1((code, message, details, sources))?;
    Ok(PyErr::from_value(error))
}
