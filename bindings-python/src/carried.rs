//! What a request that was refused had carried: a text, or its headers in any form that a client of HTTP has them in.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyMapping, PyString, PyTuple};

use crate::convert::text;
use crate::error::{invalid, raise};
use crate::held::given;

/// The text that the core looks for the token in.
///
/// # Errors
/// `InvalidConfig` for what is neither a text nor headers, and for headers that carry no token. Nothing is quoted.
pub(crate) fn carried(session: &relatch::Session, sent: &Bound<'_, PyAny>) -> PyResult<String> {
    let sent = given(sent);
    if sent.is_instance_of::<PyString>() {
        return text("token", &sent);
    }
    let items = match sent.cast::<PyMapping>() {
        Ok(headers) => headers.items()?.into_any(),
        Err(_) if sent.is_instance_of::<PyList>() || sent.is_instance_of::<PyTuple>() => sent,
        Err(_) => {
            let found = sent.get_type().name()?;
            let expected = "the token that was refused, or the headers of the request that carried it";
            return Err(invalid(sent.py(), "token", &format!("token must be {expected}, not {found}.")));
        }
    };
    let headers = items.try_iter()?.filter_map(|item| item.map(|item| header(&item)).transpose());
    let headers = headers.collect::<PyResult<Vec<_>>>()?;
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    session.authorization_in(headers).map(ToOwned::to_owned).map_err(|error| raise(&error))
}

/// A name and its value; what is neither text nor bytes carries no token.
fn header(item: &Bound<'_, PyAny>) -> Option<(String, String)> {
    let pair = item.cast::<PyTuple>().ok().filter(|pair| pair.len() == 2)?;
    Some((letters(&pair.get_item(0).ok()?)?, letters(&pair.get_item(1).ok()?)?))
}

fn letters(value: &Bound<'_, PyAny>) -> Option<String> {
    match value.cast::<PyBytes>() {
        Ok(bytes) => Some(String::from_utf8_lossy(bytes.as_bytes()).into_owned()),
        Err(_) => value.cast::<PyString>().ok()?.to_str().ok().map(ToOwned::to_owned),
    }
}
