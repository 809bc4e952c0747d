//! The two forms of `Retry-After` (RFC 9110, 10.2.3) and the `Date` that the second is relative to. Pure.

use std::time::{Duration, UNIX_EPOCH};

use crate::time::{UnixTime, milliseconds};

/// A server that asks for more is not believed for longer than this.
const LONGEST: Duration = Duration::from_secs(86_400);
/// What a header that cannot be read asks for.
const UNREADABLE: Duration = Duration::from_secs(1);

/// An HTTP date.
pub(crate) fn http_date(text: &str) -> Option<UnixTime> {
    let since = httpdate::parse_http_date(text).ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(UnixTime(milliseconds(since)))
}

/// How long to wait, from a number of seconds or from a date by the server's clock, which shows `server_now`. A header
/// that cannot be read is there all the same: the server did not look at the request, and wants a pause.
pub(crate) fn wait(text: &str, server_now: UnixTime) -> Duration {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c.is_control() || c == '"');
    let wait = match (seconds(text), http_date(text)) {
        // What is asked for a part of a second is not over before the whole of it.
        (Some(seconds), _) => Duration::from_secs_f64(seconds.ceil().clamp(0.0, LONGEST.as_secs_f64())),
        (None, Some(date)) => server_now.until(date),
        (None, None) => UNREADABLE,
    };
    wait.min(LONGEST)
}

/// A number of seconds, or the largest of several that a proxy has put into one line.
fn seconds(text: &str) -> Option<f64> {
    let one =
        |text: &str| text.trim_end_matches(['s', 'S']).trim().parse().ok().filter(|seconds: &f64| !seconds.is_nan());
    text.split(',').map(one).reduce(|one, other| Some(one?.max(other?))).flatten()
}

/// The longest of the waits that one answer asks for; None if it asks for none.
pub(crate) fn longest_wait<'a>(texts: impl IntoIterator<Item = &'a str>, server_now: UnixTime) -> Option<Duration> {
    texts.into_iter().map(|text| wait(text, server_now)).max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: UnixTime = UnixTime(1_767_225_600_000); // Thu, 01 Jan 2026 00:00:00 GMT

    #[test]
    fn both_forms_are_read_and_fractions_round_up() {
        for (text, expected) in [
            (" 120 ", 120),
            ("1.5", 2),
            ("0.2", 1),
            ("0", 0),
            ("2.0", 2),
            ("+3", 3),
            ("1e1", 10),
            ("\"5\"", 5),
            ("5s", 5),
            ("5 s", 5),
            ("5, 7", 7),
            ("Thu, 01 Jan 2026 00:00:30 GMT", 30),
            ("Thursday, 01-Jan-26 00:00:30 GMT", 30),
            ("Thu Jan  1 00:00:30 2026", 30),
        ] {
            assert_eq!(wait(text, NOW), Duration::from_secs(expected), "{text}");
        }
    }

    #[test]
    fn a_date_is_measured_by_the_servers_clock_and_the_past_is_now() {
        let an_hour_on = UnixTime(NOW.0 + 3_600_000);
        assert_eq!(wait("Thu, 01 Jan 2026 01:00:05 GMT", an_hour_on), Duration::from_secs(5));
        assert_eq!(wait("Thu, 01 Jan 2026 00:00:00 GMT", an_hour_on), Duration::ZERO);
    }

    #[test]
    fn what_cannot_be_read_is_a_short_pause_the_past_is_none_and_for_ever_is_a_day() {
        for text in ["", "soon", "NaN", "5, soon", "Thu, 01 Jan", "2026-01-01T00:00:30Z", "\u{661}"] {
            assert_eq!(wait(text, NOW), UNREADABLE, "{text}");
        }
        for text in ["-1", "-0.5", "-1e300", "-inf"] {
            assert_eq!(wait(text, NOW), Duration::ZERO, "{text}");
        }
        for text in ["99999999999", "1e300", "inf", "86400.5", "184467440737095516160", "Fri, 31 Dec 9999 23:59:59 GMT"]
        {
            assert_eq!(wait(text, NOW), LONGEST, "{text}");
        }
    }

    #[test]
    fn of_several_the_longest_counts() {
        assert_eq!(longest_wait(["soon", "7", "3"], NOW), Some(Duration::from_secs(7)));
        assert_eq!(longest_wait([], NOW), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,60}", now: i64) {
            prop_assert!(wait(&text, UnixTime(now)) <= LONGEST);
        }
    }
}
