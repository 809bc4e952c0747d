//! How a session behaves and how it uses the network, as the user says it by keywords.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use relatch::{Options, Secret, Settings};

use crate::convert::{optional, optional_text, seconds};
use crate::error::{invalid, raise};
use crate::pem::pem;

/// The options of a call that makes one request.
const NETWORK: &[&str] = &[
    "exchange_timeout",
    "proxy",
    "ca_certificates",
    "client_certificate",
    "local_address",
    "address_family",
    "user_agent",
];
/// What a session has besides.
const SESSION: &[&str] = &["relogin", "keep_alive", "mandatory_margin", "advisory_margin", "timeout", "force"];

/// Reads the options of a session.
pub(crate) fn session(keywords: &Bound<'_, PyDict>) -> PyResult<Options> {
    Keywords::take(keywords, &[SESSION, NETWORK].concat())?.read()
}

/// Reads the options of a call that makes one request.
pub(crate) fn network(keywords: &Bound<'_, PyDict>) -> PyResult<Options> {
    Keywords::take(keywords, NETWORK)?.read()
}

/// Keyword arguments that have been taken out of the frame they were given in.
struct Keywords<'py>(Bound<'py, PyDict>);

impl<'py> Keywords<'py> {
    /// Takes them, and leaves the dict empty: it is a local of a function that may raise, and is shown with it.
    fn take(keywords: &Bound<'py, PyDict>, known: &[&str]) -> PyResult<Self> {
        let taken = keywords.copy()?;
        keywords.clear();
        for name in taken.keys() {
            // Python calls with no other keys; half of a surrogate pair in it is in no option's name.
            let name = name.cast::<PyString>()?.to_string_lossy();
            if !known.contains(&&*name) {
                return Err(unknown(keywords.py(), &name, known)?);
            }
        }
        Ok(Self(taken))
    }

    fn get(&self, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(self.0.get_item(name)?.filter(|value| !value.is_none()))
    }

    fn seconds(&self, name: &str) -> PyResult<Option<f64>> {
        seconds(name, self.get(name)?.as_ref())
    }

    fn flag(&self, name: &str) -> PyResult<Option<bool>> {
        optional(name, "True or False", self.get(name)?.as_ref())
    }

    fn text(&self, name: &str, expected: &str) -> PyResult<Option<String>> {
        optional_text(name, expected, self.get(name)?.as_ref())
    }

    fn pem(&self, name: &str) -> PyResult<Option<Vec<u8>>> {
        self.get(name)?.map(|value| pem(name, &value)).transpose()
    }

    fn key(&self, name: &str) -> PyResult<Option<Secret>> {
        let Some(value) = self.get(name)? else { return Ok(None) };
        let text = String::from_utf8(pem(name, &value)?);
        text.map(|text| Some(Secret::new(text))).map_err(|_| invalid(value.py(), name, &format!("{name} is no PEM.")))
    }

    fn read(&self) -> PyResult<Options> {
        let settings = Settings {
            relogin: self.text("relogin", "'auto' or 'never'")?,
            keep_alive: self.flag("keep_alive")?,
            force: self.flag("force")?,
            mandatory_margin: self.seconds("mandatory_margin")?,
            advisory_margin: self.seconds("advisory_margin")?,
            timeout: self.seconds("timeout")?,
            exchange_timeout: self.seconds("exchange_timeout")?,
            proxy: self.text("proxy", "a URL")?,
            ca_certificates: self.pem("ca_certificates")?,
            client_certificate: self.key("client_certificate")?,
            local_address: self.text("local_address", "the text of an IP address")?,
            address_family: self.text("address_family", "'ipv4' or 'ipv6'")?,
            user_agent: self.text("user_agent", "a text")?,
            clock: None,
        };
        settings.try_into().map_err(|error| raise(&error))
    }
}

/// The error for a name that is no option's: mostly a slip, so the nearest that there is comes first.
fn unknown(py: Python<'_>, name: &str, known: &[&str]) -> PyResult<PyErr> {
    let near: Vec<String> =
        py.import("difflib")?.call_method1("get_close_matches", (name, known.to_vec(), 1))?.extract()?;
    let guess = near.first().map(|near| format!(" Did you mean {near}?")).unwrap_or_default();
    let known = known.join(", ");
    // A name that no option could have may be anything, a secret too.
    let is_name =
        (1..=40).contains(&name.len()) && name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_');
    let (field, shown) = if is_name { (name, name) } else { ("options", "of that name") };
    Ok(invalid(py, field, &format!("There is no option {shown}.{guess} Known are: {known}.")))
}
