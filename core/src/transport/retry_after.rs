//! The two forms of `Retry-After` (RFC 9110, 10.2.3) and the `Date` that the second is relative to. Pure.

use std::time::{Duration, UNIX_EPOCH};

use crate::clock::{UnixTime, milliseconds};

/// A server that asks for more is not believed for longer than this.
const LONGEST: Duration = Duration::from_secs(86_400);

/// An HTTP date.
pub(crate) fn http_date(text: &str) -> Option<UnixTime> {
    let since = httpdate::parse_http_date(text).ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(UnixTime(milliseconds(since)))
}

/// How long to wait, from a number of seconds or from a date by the server's clock, which shows `server_now`.
pub(crate) fn wait(text: &str, server_now: UnixTime) -> Option<Duration> {
    let text = text.trim();
    let wait = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => server_now.until(http_date(text)?),
    };
    Some(wait.min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: UnixTime = UnixTime(1_767_225_600_000); // Thu, 01 Jan 2026 00:00:00 GMT

    #[test]
    fn both_forms_are_read() {
        assert_eq!(wait(" 120 ", NOW), Some(Duration::from_secs(120)));
        assert_eq!(wait("Thu, 01 Jan 2026 00:00:30 GMT", NOW), Some(Duration::from_secs(30)));
    }

    #[test]
    fn a_date_is_measured_by_the_servers_clock_and_the_past_is_now() {
        let an_hour_on = UnixTime(NOW.0 + 3_600_000);
        assert_eq!(wait("Thu, 01 Jan 2026 01:00:05 GMT", an_hour_on), Some(Duration::from_secs(5)));
        assert_eq!(wait("Thu, 01 Jan 2026 00:00:00 GMT", an_hour_on), Some(Duration::ZERO));
    }

    #[test]
    fn nonsense_is_ignored_and_for_ever_is_a_day() {
        for text in ["", "soon", "-1", "1.5", "Thu, 01 Jan"] {
            assert_eq!(wait(text, NOW), None, "{text}");
        }
        assert_eq!(wait("99999999999", NOW), Some(LONGEST));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,60}", now: i64) {
            let _ = wait(&text, UnixTime(now));
        }
    }
}
