//! Tokens that a user hands in, in any of the forms that are taken.

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyInt, PyMapping, PyString, PyTuple};
use relatch::Tokens;

use crate::convert::unix_time;
use crate::error::invalid;
use crate::held::given;

const NAMES: [&str; 3] = ["access_token", "refresh_token", "expires_at"];

/// What is expected of each, in the same order.
const TEXT: &str = "a text of whole characters";
const TEXT_OR_NONE: &str = "a text of whole characters, or None";
const TIME: &str = "a datetime with a time zone, seconds since 1970, or None";

/// Reads tokens: `Tokens`, or a mapping or a tuple with the same members.
///
/// # Errors
/// `InvalidConfig`. What was given instead is not shown: it may be a secret in the wrong place.
pub(crate) fn tokens_in(tokens: &Bound<'_, PyAny>) -> PyResult<Tokens> {
    let py = tokens.py();
    let members = members(&given(tokens))?;
    let [access_token, refresh_token, expires_at] = members
        .ok_or_else(|| wrong(py, "tokens", "Tokens, or a mapping or a tuple with the same members and no others"))?;
    let access_token = text(access_token.as_ref()).ok_or_else(|| wrong(py, NAMES[0], TEXT))?;
    let refresh_token = match refresh_token {
        Some(value) => Some(text(Some(&value)).ok_or_else(|| wrong(py, NAMES[1], TEXT_OR_NONE))?),
        None => None,
    };
    let expires_at = expires_at.map(|value| seconds(&value)).transpose()?;
    let mut tokens = Tokens::new(access_token, refresh_token);
    tokens.expires_at = expires_at.map(unix_time).or(tokens.expires_at);
    Ok(tokens)
}

/// The three members, None for one that is missing or None; nothing for what has no such members.
fn members<'py>(tokens: &Bound<'py, PyAny>) -> PyResult<Option<[Option<Bound<'py, PyAny>>; 3]>> {
    let some = |value: Bound<'py, PyAny>| (!value.is_none()).then_some(value);
    if let Ok(tuple) = tokens.cast::<PyTuple>() {
        let member = |index| tuple.get_item(index).ok().and_then(some);
        return Ok((1..=3).contains(&tuple.len()).then(|| [member(0), member(1), member(2)]));
    }
    if let Ok(mapping) = tokens.cast::<PyMapping>() {
        for name in mapping.keys()?.iter() {
            if !name.extract::<String>().is_ok_and(|name| NAMES.contains(&name.as_str())) {
                return Ok(None);
            }
        }
        let member =
            |name| -> PyResult<_> { Ok(if mapping.contains(name)? { some(mapping.get_item(name)?) } else { None }) };
        let [access_token, refresh_token, expires_at] = NAMES.map(member);
        return Ok(Some([access_token?, refresh_token?, expires_at?]));
    }
    // The package's `Tokens`, whichever import of the package it is from.
    let member = |name| tokens.getattr_opt(name);
    let [access_token, refresh_token, expires_at] = NAMES.map(member);
    Ok(match (access_token?, refresh_token?, expires_at?) {
        (Some(access_token), Some(refresh_token), Some(expires_at)) => {
            Some([access_token, refresh_token, expires_at].map(some))
        }
        _ => None,
    })
}

fn text(value: Option<&Bound<'_, PyAny>>) -> Option<String> {
    Some(value?.cast::<PyString>().ok()?.to_str().ok()?.to_owned())
}

/// Seconds since 1970 of a number or a datetime.
fn seconds(value: &Bound<'_, PyAny>) -> PyResult<f64> {
    let py = value.py();
    let is_number = value.is_instance_of::<PyFloat>() || value.is_instance_of::<PyInt>();
    if is_number && !value.is_instance_of::<PyBool>() {
        let seconds = value.extract::<f64>().ok().filter(|seconds| !seconds.is_nan());
        return seconds.ok_or_else(|| wrong(py, NAMES[2], "a time that a number can say"));
    }
    let Some(zone) = value.getattr_opt("tzinfo")? else { return Err(wrong(py, NAMES[2], TIME)) };
    if zone.is_none() {
        return Err(wrong(py, NAMES[2], "a datetime with a time zone, or seconds since 1970"));
    }
    let seconds = value.call_method0("timestamp").and_then(|seconds| seconds.extract());
    seconds.map_err(|_| wrong(py, NAMES[2], TIME))
}

fn wrong(py: Python<'_>, field: &str, expected: &str) -> PyErr {
    invalid(py, field, &format!("{field} must be {expected}."))
}
