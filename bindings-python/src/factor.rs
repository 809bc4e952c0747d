//! Second factors, checked when they are made.

use pyo3::prelude::*;
use relatch::{Factor, Totp};

use crate::asks::Asks;
use crate::callback::Callback;
use crate::error::{invalid, raise};
use crate::held::given;

/// A second factor of one user. Make one of its subclasses.
#[pyclass(frozen, subclass, module = "relatch._relatch")]
pub(crate) struct SecondFactor {
    pub(crate) core: Factor,
    pub(crate) asks: Asks,
}

#[pymethods]
impl SecondFactor {
    /// `argument` is what the package calls the value.
    #[new]
    fn new(kind: &str, argument: &str, value: &Bound<'_, PyAny>) -> PyResult<Self> {
        let value = given(value);
        if kind == "otp"
            && let Ok(callback) = value.cast::<Callback>()
        {
            let callback = callback.get();
            return Ok(Self { core: Factor::Otp(callback.core.clone()), asks: callback.asks() });
        }
        let Ok(text) = value.extract::<String>() else {
            let message = format!("{argument} must be a text of whole characters.");
            return Err(invalid(value.py(), field(kind), &message));
        };
        let core = match kind {
            "totp" => Totp::new(&text).map(Factor::from).map_err(|error| raise(&error))?,
            "fingerprint" | "pan" if text.trim().is_empty() => {
                return Err(invalid(value.py(), field(kind), &format!("{argument} is empty.")));
            }
            "fingerprint" => Factor::fingerprint(text),
            "pan" => Factor::pan(text),
            _ => return Err(invalid(value.py(), field(kind), "Make a Totp, Otp, Fingerprint or Pan.")),
        };
        Ok(Self { core, asks: Asks::default() })
    }

    /// What kind of factor it is.
    #[getter]
    fn kind(&self) -> &'static str {
        self.core.kind().as_str()
    }
}

/// The field as which the core refuses such a factor.
fn field(kind: &str) -> &'static str {
    if kind == "totp" { "totp" } else { "second_factor" }
}
