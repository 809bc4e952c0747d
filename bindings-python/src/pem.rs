//! Certificates and keys, as the user gives them.

use std::fs;
use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use crate::error::invalid;

/// Reads PEM: bytes, a text that is PEM, or the path of a file.
///
/// # Errors
/// `InvalidConfig`. It quotes neither the text nor the path, for a key may be in the wrong place.
pub(crate) fn pem(field: &str, value: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    let py = value.py();
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(bytes.as_bytes().to_vec());
    }
    if let Ok(text) = value.cast::<PyString>() {
        let Ok(text) = text.to_str() else {
            return Err(invalid(py, field, &format!("{field} must be a text of whole characters.")));
        };
        // No path has a line break in it.
        if text.contains('\n') || text.contains("-----BEGIN ") {
            return Ok(text.as_bytes().to_vec());
        }
    }
    let Ok(path) = value.extract::<PathBuf>() else {
        let found = value.get_type().name()?;
        return Err(invalid(py, field, &format!("{field} must be a path or PEM, not {found}.")));
    };
    py.detach(|| fs::read(path)).map_err(|error| {
        let what = format!("{field} is taken for the path of a file, which cannot be read: {error}.");
        let refusal = invalid(py, field, &format!("{what} Give the path of a PEM file, or PEM itself."));
        refusal.set_cause(py, Some(error.into()));
        refusal
    })
}
