//! The server's own clock: it follows the manual clock's boot time, so that a client whose wall clock is set sees the
//! server unmoved.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hyper::header::HeaderValue;
use relatch::{BootTime, Clock, ManualClock, UnixTime};

/// The last second of the year 9999, beyond which an HTTP date has no form.
const LAST_DATE: i64 = 253_402_300_799;

/// Seconds as whole milliseconds; what does not fit becomes the nearest that does.
#[allow(clippy::cast_possible_truncation)] // a cast from a float saturates
pub(crate) fn milliseconds(seconds: f64) -> i64 {
    (seconds * 1000.0).round() as i64
}

/// Milliseconds as seconds with their fraction.
pub(crate) fn seconds(milliseconds: i64) -> f64 {
    UnixTime(milliseconds).seconds()
}

/// Where the server reads the time.
pub(crate) struct ServerClock {
    clock: Clock,
    boot_at_start: BootTime,
    unix_at_start: UnixTime,
}

impl ServerClock {
    pub(crate) fn new(manual: &ManualClock) -> Self {
        let clock = manual.clock();
        let now = clock.now();
        Self { clock, boot_at_start: now.boot, unix_at_start: now.unix }
    }

    /// Milliseconds since 1970 by a server whose clock is wrong by `shift` seconds.
    pub(crate) fn now(&self, shift: f64) -> i64 {
        let elapsed = self.clock.boot_time().0.saturating_sub(self.boot_at_start.0);
        self.unix_at_start.0.saturating_add(elapsed).saturating_add(milliseconds(shift))
    }

    pub(crate) fn boot_time(&self) -> BootTime {
        self.clock.boot_time()
    }

    pub(crate) async fn sleep_until(&self, at: BootTime) {
        self.clock.sleep_until(at).await;
    }
}

/// The HTTP date of a time in milliseconds since 1970, which ends at the years 1970 and 9999.
pub(crate) fn http_date(milliseconds: i64) -> HeaderValue {
    let seconds = milliseconds.div_euclid(1000).clamp(0, LAST_DATE);
    let time: SystemTime = UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
    HeaderValue::from_str(&httpdate::fmt_http_date(time)).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// The Date header, formatted once a second.
pub(crate) struct DateHeader {
    second: i64,
    value: HeaderValue,
}

impl DateHeader {
    pub(crate) fn new() -> Self {
        Self { second: 0, value: http_date(0) }
    }

    pub(crate) fn at(&mut self, milliseconds: i64) -> HeaderValue {
        let second = milliseconds.div_euclid(1000);
        if second != self.second {
            *self = Self { second, value: http_date(milliseconds) };
        }
        self.value.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_outside_of_the_calendar_end_at_its_edges() {
        assert_eq!(http_date(-5), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(http_date(i64::MAX), "Fri, 31 Dec 9999 23:59:59 GMT");
        assert_eq!(DateHeader::new().at(1_740_000_000_999), "Wed, 19 Feb 2025 21:20:00 GMT");
    }

    #[test]
    fn the_server_does_not_follow_the_client_wall_clock() {
        let manual = ManualClock::new();
        let server = ServerClock::new(&manual);
        let before = server.now(0.0);
        manual.shift_wall(86_400_000);
        assert!(server.now(0.0) - before < 60_000);
        manual.advance(Duration::from_secs(3600));
        assert!(server.now(0.0) - before >= 3_600_000);
        assert!(server.now(-7200.0) < before);
    }
}
