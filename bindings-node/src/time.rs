//! Times at the border: JavaScript counts in milliseconds, the core in seconds.

use std::time::Duration;

use relatch::Error;

/// What JavaScript gave in milliseconds, in seconds.
pub(crate) fn seconds(milliseconds: f64) -> f64 {
    milliseconds / 1000.0
}

/// What the core gave in seconds, in whole milliseconds: a date drops what is beyond the point.
pub(crate) fn milliseconds(seconds: f64) -> f64 {
    (seconds * 1000.0).round()
}

/// A time limit that JavaScript gave in milliseconds.
pub(crate) fn limit(field: &'static str, milliseconds: f64) -> Result<Duration, Error> {
    relatch::seconds(field, seconds(milliseconds))
}
