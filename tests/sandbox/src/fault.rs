//! Faults on demand: what goes wrong, with which requests, how often, and whether the server acts first.

use std::collections::BTreeMap;

use hyper::StatusCode;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// Something that shall go wrong. Of all faults that are set, the first that matches a request is applied to it.
///
/// ```
/// use relatch_sandbox::Fault;
/// let fault = Fault::parse(serde_json::json!({"on": "refresh", "fault": "drop", "when": "after"})).unwrap();
/// assert_eq!(fault.times, Some(1));
/// assert!(Fault::parse(serde_json::json!({"on": "refresh", "fault": "drop", "seconds": 3})).is_err());
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Map<String, Value>")]
pub struct Fault {
    /// Which requests it matches.
    pub on: On,
    /// What goes wrong.
    pub kind: FaultKind,
    /// Whether the server acts on the request before.
    pub when: When,
    /// How many requests it is applied to; none for all until the faults are cleared.
    pub times: Option<u64>,
}

/// The requests that a fault matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // named after what is asked for
pub enum On {
    Login,
    Refresh,
    Account,
    Health,
    Lookup,
    Register,
    Validate,
    Logout,
    Factor,
    /// Every request, those for unknown paths included.
    Any,
}

/// Whether the server acts on a request that a fault is applied to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// The fault comes first: the server acts only once a delay or a hold is over, and else never.
    #[default]
    Before,
    /// The server acts, so that a refresh rotates for real; the fault then spoils or delays the answer.
    After,
}

/// What goes wrong.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case", deny_unknown_fields)]
pub enum FaultKind {
    /// The connection is closed without a byte of an answer.
    Drop {},
    /// The exchange waits that long on the manual clock, so that advancing it ends the wait.
    Delay {
        /// How long, in seconds.
        seconds: f64,
    },
    /// The exchange waits until the sandbox is told to release.
    Hold {},
    /// Another answer.
    Answer {
        /// Its status, from 200.
        #[serde(deserialize_with = "status")]
        status: StatusCode,
        /// Its body, as JSON if it is JSON and else as plain text.
        #[serde(default)]
        body: String,
        /// Headers, in place of those of the same name.
        #[serde(default, deserialize_with = "headers")]
        headers: HeaderMap,
        /// A Retry-After header of that many seconds.
        #[serde(default)]
        retry_after: Option<u32>,
        /// How the Retry-After header is written.
        #[serde(default)]
        retry_after_form: RetryAfterForm,
    },
    /// Status 200 with a page of HTML.
    Garbage {},
    /// The true answer's head and half of its body, then the connection is cut. Where the server does not act, half
    /// of a made-up answer.
    Half {},
    /// Status 200 with a JSON body of that size.
    Oversize {
        /// The size in bytes.
        #[serde(default = "five_mebibytes")]
        bytes: u64,
        /// Send it without saying how long it is.
        #[serde(default)]
        chunked: bool,
    },
    /// The true answer with other headers.
    Headers {
        /// The headers, in place of those of the same name.
        #[serde(deserialize_with = "headers")]
        headers: HeaderMap,
    },
    /// Status 307 to another place.
    Redirect {
        /// The Location header.
        #[serde(deserialize_with = "header_value")]
        to: HeaderValue,
    },
}

/// How a Retry-After header is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryAfterForm {
    /// As a number of seconds.
    #[default]
    Seconds,
    /// As an HTTP date by the server's clock.
    Date,
}

impl Fault {
    /// A fault that is applied once, before the server acts.
    pub fn new(on: On, kind: FaultKind) -> Self {
        Self { on, kind, when: When::Before, times: Some(1) }
    }

    /// Reads `{"on", "fault", "when", "times"}` and the fields of that kind of fault. Errors: a text that names what
    /// is wrong.
    pub fn parse(fault: Value) -> Result<Self, String> {
        serde_json::from_value(fault).map_err(|error| error.to_string())
    }

    /// This fault, but the server acts first.
    #[must_use]
    pub fn after(self) -> Self {
        Self { when: When::After, ..self }
    }

    /// This fault, for that many requests.
    #[must_use]
    pub fn times(self, times: u64) -> Self {
        Self { times: Some(times), ..self }
    }

    /// This fault, until the faults are cleared.
    #[must_use]
    pub fn always(self) -> Self {
        Self { times: None, ..self }
    }
}

impl TryFrom<Map<String, Value>> for Fault {
    type Error = String;

    fn try_from(mut fault: Map<String, Value>) -> Result<Self, String> {
        let on = read(fault.remove("on").ok_or("a fault needs 'on'")?, "on")?;
        let when = fault.remove("when").map_or(Ok(When::Before), |when| read(when, "when"))?;
        let times = fault.remove("times").map_or(Ok(Some(1)), |times| read(times, "times"))?;
        let kind = read(Value::Object(fault), "fault")?;
        match kind {
            FaultKind::Delay { seconds } if seconds < 0.0 => Err("a delay cannot be negative".into()),
            kind => Ok(Self { on, kind, when, times }),
        }
    }
}

fn read<T: for<'de> Deserialize<'de>>(value: Value, key: &str) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| format!("{key}: {error}"))
}

impl FaultKind {
    /// The name in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Drop {} => "drop",
            Self::Delay { .. } => "delay",
            Self::Hold {} => "hold",
            Self::Answer { .. } => "answer",
            Self::Garbage {} => "garbage",
            Self::Half {} => "half",
            Self::Oversize { .. } => "oversize",
            Self::Headers { .. } => "headers",
            Self::Redirect { .. } => "redirect",
        }
    }
}

impl FaultKind {
    /// Whether it puts off what the server does, instead of spoiling the answer.
    pub(crate) fn waits(&self) -> bool {
        matches!(self, Self::Delay { .. } | Self::Hold {})
    }
}

fn five_mebibytes() -> u64 {
    5 * 1024 * 1024
}

fn status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<StatusCode, D::Error> {
    let status = u16::deserialize(deserializer)?;
    StatusCode::from_u16(status)
        .ok()
        .filter(|status| !status.is_informational())
        .ok_or_else(|| serde::de::Error::custom("status must be from 200 to 999"))
}

fn header_value<'de, D: Deserializer<'de>>(deserializer: D) -> Result<HeaderValue, D::Error> {
    HeaderValue::try_from(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

fn headers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<HeaderMap, D::Error> {
    let texts = BTreeMap::<String, String>::deserialize(deserializer)?;
    let mut headers = HeaderMap::with_capacity(texts.len());
    for (name, value) in texts {
        let name = HeaderName::try_from(name).map_err(serde::de::Error::custom)?;
        headers.insert(name, HeaderValue::try_from(value).map_err(serde::de::Error::custom)?);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_of_the_kind_is_refused() {
        for (fault, part) in [
            (json!({"fault": "drop"}), "'on'"),
            (json!({"on": "refresh", "fault": "explode"}), "explode"),
            (json!({"on": "signup", "fault": "drop"}), "signup"),
            (json!({"on": "refresh", "fault": "hold", "seconds": 1}), "seconds"),
            (json!({"on": "refresh", "fault": "delay"}), "seconds"),
            (json!({"on": "refresh", "fault": "delay", "seconds": -1}), "negative"),
            (json!({"on": "refresh", "fault": "answer", "status": 100}), "status"),
            (json!({"on": "refresh", "fault": "answer", "status": 500, "headers": {"a b": "c"}}), "header name"),
            (json!({"on": "refresh", "fault": "drop", "when": "during"}), "during"),
            (json!({"on": "refresh", "fault": "drop", "times": -1}), "times"),
        ] {
            let error = Fault::parse(fault).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn null_times_is_for_ever_and_one_is_the_default() {
        let forever = Fault::parse(json!({"on": "any", "fault": "garbage", "times": null})).unwrap();
        assert_eq!(forever.times, None);
        assert_eq!(Fault::parse(json!({"on": "any", "fault": "garbage"})).unwrap().times, Some(1));
    }
}
