//! `Date` and `Retry-After`: the first line of the bytes and the second.

use std::time::{Duration, UNIX_EPOCH};

use crate::time::UnixTime;
use crate::transport::retry_after::{http_date, wait};

const DAY: Duration = Duration::from_secs(86_400);
/// Two clocks of a server, should its answer have no readable `Date`: now, and the end of time.
const CLOCKS: [UnixTime; 3] = [UnixTime(1_767_225_600_000), UnixTime(i64::MAX), UnixTime(i64::MIN)];

/// A date is read as it is written, a wait is a day at most.
pub fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (made, asked) = text.split_once('\n').unwrap_or((&text, &text));
    let read = http_date(made);
    if let Some(at) = read {
        check_date(at);
    }
    for clock in read.into_iter().chain(CLOCKS) {
        let waited = wait(asked, clock);
        assert_eq!(waited, wait(asked, clock));
        assert_eq!(waited, wait(&format!(" {asked}\t"), clock), "blanks around it");
        assert!(waited <= DAY);
        let is_seconds = !asked.trim().is_empty() && asked.trim().bytes().all(|byte| byte.is_ascii_digit());
        if is_seconds && let Ok(seconds) = asked.trim().parse::<u64>() {
            assert_eq!(waited, DAY.min(Duration::from_secs(seconds)));
        }
        if let Some(until) = http_date(asked.trim()) {
            assert_eq!(waited, DAY.min(clock.until(until)));
        }
        assert!(clock.after(waited) >= clock);
    }
}

/// What was read is a whole second that can be written and read again.
fn check_date(at: UnixTime) {
    assert!(at.0 >= 0 && at.0 % 1000 == 0, "{at:?}");
    let written = httpdate::fmt_http_date(UNIX_EPOCH + crate::time::duration(at.0));
    assert_eq!(http_date(&written), Some(at), "{written}");
}
