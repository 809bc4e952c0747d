//! Arguments and values that several calls share.

use std::time::Duration;

use pyo3::conversion::FromPyObjectOwned;
use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;
use pyo3::types::{PyAny, PyBool, PyString};
use relatch::{Tokens, UnixTime};

use crate::error::{invalid, raise};
use crate::held::given;

/// What Python sees of tokens: access token, refresh token, end in seconds since 1970.
pub(crate) type TokensParts = (String, Option<String>, Option<f64>);

/// Reads an optional argument; one of another type is `InvalidConfig` for `field`.
pub(crate) fn optional<'py, T>(field: &str, expected: &str, value: Option<&Bound<'py, PyAny>>) -> PyResult<Option<T>>
where
    T: FromPyObjectOwned<'py>,
{
    let Some(value) = value.map(given) else { return Ok(None) };
    value.extract().map(Some).map_err(|_| {
        let found = value.get_type().name().map_or_else(|_| "something else".to_owned(), |name| name.to_string());
        invalid(value.py(), field, &format!("{field} must be {expected}, not {found}."))
    })
}

/// Reads an optional text. Half of a surrogate pair, which Python takes for a character, is none to anybody else.
pub(crate) fn optional_text(field: &str, expected: &str, value: Option<&Bound<'_, PyAny>>) -> PyResult<Option<String>> {
    let value = value.map(given);
    // The exception that says where in the text it is holds the whole text, which may be a secret: it is dropped.
    if let Some(text) = value.as_ref().and_then(|value| value.cast::<PyString>().ok())
        && text.to_str().is_err()
    {
        return Err(invalid(text.py(), field, &format!("{field} must be a text of whole characters.")));
    }
    optional(field, expected, value.as_ref())
}

/// Reads a text.
pub(crate) fn text(field: &str, value: &Bound<'_, PyAny>) -> PyResult<String> {
    Ok(optional_text(field, "a text", Some(value))?.unwrap_or_default())
}

/// Reads a number of seconds; True and False are numbers to Python, and to nobody else.
pub(crate) fn seconds(field: &str, value: Option<&Bound<'_, PyAny>>) -> PyResult<Option<f64>> {
    let value = value.map(given);
    if let Some(value) = &value
        && value.is_instance_of::<PyBool>()
    {
        return Err(invalid(value.py(), field, &format!("{field} must be a number of seconds, not bool.")));
    }
    if let Some(value) = &value
        && is_too_large(value)
    {
        return Err(invalid(value.py(), field, &format!("{field} is too large: it is a number of seconds.")));
    }
    optional(field, "a number of seconds", value.as_ref())
}

/// Whether it is a number above all that a duration can hold.
fn is_too_large(value: &Bound<'_, PyAny>) -> bool {
    match value.extract::<f64>() {
        Ok(seconds) => seconds > 0.0 && Duration::try_from_secs_f64(seconds).is_err(),
        Err(error) => error.is_instance_of::<PyOverflowError>(value.py()) && value.gt(0).unwrap_or(false),
    }
}

/// Reads a time limit in seconds.
pub(crate) fn limit(value: Option<&Bound<'_, PyAny>>) -> PyResult<Option<Duration>> {
    let seconds = seconds("timeout", value)?;
    seconds.map(|seconds| relatch::seconds("timeout", seconds)).transpose().map_err(|error| raise(&error))
}

/// Refuses a time limit that the call would refuse if it had to wait.
#[pyfunction]
pub(crate) fn check_limit(timeout: &Bound<'_, PyAny>) -> PyResult<()> {
    limit(Some(timeout)).map(|_| ())
}

/// Reads True or False; nothing is False.
pub(crate) fn flag(field: &str, value: Option<&Bound<'_, PyAny>>) -> PyResult<bool> {
    Ok(optional(field, "True or False", value)?.unwrap_or(false))
}

/// Milliseconds since 1970 from seconds; what does not fit becomes the nearest that does.
#[allow(clippy::cast_possible_truncation)] // a cast from a float saturates
pub(crate) fn unix_time(seconds: f64) -> UnixTime {
    UnixTime((seconds * 1000.0).round() as i64)
}

/// The core's tokens for Python to wrap.
pub(crate) fn tokens_out(tokens: &Tokens) -> TokensParts {
    let refresh_token = tokens.refresh_token.as_ref().map(|token| token.expose().to_owned());
    let expires_at = tokens.expires_at.map(UnixTime::seconds);
    (tokens.access_token.expose().to_owned(), refresh_token, expires_at)
}
