//! A time that somebody else wrote, by one rule: in the `exp` of a token as in what a user keeps with tokens.

use serde_json::Value;

use super::UnixTime;

/// The first second of the year 2200: a later value means "never", or counts in an unknown unit.
const NO_LATER: f64 = 7_258_118_400.0;
/// From here on they are milliseconds, since September 2001. Before that they would be of a token older than any of these
/// APIs: seconds of a year such as 9999, which some issuers write for "never".
const NO_SECONDS: f64 = 1e12;

impl UnixTime {
    /// A time in seconds since 1970. Milliseconds are told by their size. Nothing for what is no number,
    /// or lies after the year 2199: when a token ends is then not known from it.
    pub fn from_foreign_seconds(seconds: f64) -> Option<Self> {
        let seconds = if seconds >= NO_SECONDS { seconds / 1000.0 } else { seconds };
        #[allow(clippy::cast_possible_truncation)] // a time before all others is as good as one long ago
        (seconds.is_finite() && seconds < NO_LATER).then(|| Self((seconds * 1000.0).round() as i64))
    }

    /// Reads a JSON value: a number, or a string that holds one.
    pub(crate) fn from_foreign(value: &Value) -> Option<Self> {
        let seconds = match value {
            Value::Number(number) => number.as_f64()?,
            Value::String(text) => text.trim().parse().ok()?,
            _ => return None,
        };
        Self::from_foreign_seconds(seconds)
    }

    /// Reads a time that a user gave.
    pub(crate) fn as_foreign(self) -> Option<Self> {
        Self::from_foreign_seconds(self.seconds())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const AT: UnixTime = UnixTime(1_764_400_000_000);

    #[test]
    fn all_forms_of_one_time_are_that_time() {
        for form in [
            json!(1_764_400_000),
            json!(1_764_400_000.0),
            json!("1764400000"),
            json!(" 1764400000.0\n"),
            json!("1.7644e9"),
            json!(1_764_400_000_000_u64),
            json!("1764400000000"),
            json!("+1764400000"),
        ] {
            assert_eq!(UnixTime::from_foreign(&form), Some(AT), "{form}");
        }
        assert_eq!(UnixTime::from_foreign(&json!(1_764_400_000.5)), Some(UnixTime(AT.0 + 500)));
        assert_eq!(UnixTime::from_foreign(&json!("1")), Some(UnixTime(1000)));
        assert_eq!(UnixTime::from_foreign(&json!(1_000_000_000_000_u64)), Some(UnixTime(1_000_000_000_000)));
    }

    #[test]
    fn what_is_before_1970_is_long_ago() {
        for form in [json!(0), json!("0"), json!(-1), json!("-1764400000"), json!(-1e300), json!(f64::MIN)] {
            assert!(UnixTime::from_foreign(&form).is_some_and(|at| at <= UnixTime(0)), "{form}");
        }
    }

    #[test]
    fn what_is_no_time_says_nothing() {
        for form in [
            json!(7_258_118_400_u64),
            json!(32_503_680_000_u64),
            json!("9999999999"),
            json!(99_999_999_999_u64),
            json!(253_402_300_799_u64),
            json!("253402300799"),
            json!(999_999_999_999_u64),
            json!(253_402_300_799_u64 * 1000),
            json!(null),
            json!(true),
            json!([1_764_400_000]),
            json!({}),
            json!(""),
            json!("soon"),
            json!("NaN"),
            json!("inf"),
            json!("0x6929"),
            json!("2026-01-01T00:00:00Z"),
            json!("1 764 400 000"),
            json!(f64::MAX),
            json!(1_764_400_000_000_000_u64),
            json!(u64::MAX),
        ] {
            assert_eq!(UnixTime::from_foreign(&form), None, "{form}");
        }
        for seconds in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e308] {
            assert_eq!(UnixTime::from_foreign_seconds(seconds), None, "{seconds}");
        }
    }

    proptest! {
        #[test]
        fn every_reading_is_before_2200_and_reads_the_same_again(seconds: f64, milliseconds: i64) {
            for time in [UnixTime::from_foreign_seconds(seconds), UnixTime(milliseconds).as_foreign()].into_iter().flatten() {
                prop_assert!(time.0 <= 7_258_118_400_000, "{time:?}");
                prop_assert!(time.0 < -(1 << 50) || time.as_foreign() == Some(time), "{time:?}");
            }
        }
    }
}
