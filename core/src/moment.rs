//! Times as messages say them: `at 13:40:47 UTC (in 9 min 58 s)`.

use std::time::{Duration, UNIX_EPOCH};

use crate::time::{UnixTime, duration};

const DAY: i64 = 86_400_000;

/// When that is and how long until then. Only on another day the date is said.
pub(crate) fn at(now: UnixTime, at: UnixTime) -> String {
    // Rounded up: a call at the time that was said comes in time.
    let second = at.0.saturating_add(999).div_euclid(1000).saturating_mul(1000);
    let Some(date) = date(second) else { return "at an unknown time".to_owned() };
    // `Sun, 06 Nov 1994 08:49:37 GMT`
    let (day, clock) = (&date[..16], &date[17..25]);
    let on = if second.div_euclid(DAY) == now.0.div_euclid(DAY) { String::new() } else { format!("on {day} ") };
    match now.until(UnixTime(second)) {
        Duration::ZERO => format!("{on}at {clock} UTC"),
        left => format!("{on}at {clock} UTC (in {})", time(left)),
    }
}

/// How long, in the two largest units that it has.
pub(crate) fn time(time: Duration) -> String {
    let seconds = time.as_millis().div_ceil(1000);
    let two = |most: u128, word: &str, least: u128, other: &str| match least {
        0 => format!("{most} {word}"),
        _ => format!("{most} {word} {least} {other}"),
    };
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => two(seconds / 60, "min", seconds % 60, "s"),
        3600..86_400 => two(seconds / 3600, "h", seconds / 60 % 60, "min"),
        _ => two(seconds / 86_400, "d", seconds / 3600 % 24, "h"),
    }
}

/// Nothing for a time that no calendar has.
fn date(milliseconds: i64) -> Option<String> {
    const LAST: i64 = 253_402_300_799_000; // the end of 9999
    let at = (0..=LAST).contains(&milliseconds).then(|| UNIX_EPOCH + duration(milliseconds))?;
    Some(httpdate::fmt_http_date(at)).filter(|date| date.len() == 29)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime(784_111_777_000);

    #[test]
    fn a_time_is_said_with_what_is_left_until_then() {
        for (left, said) in [
            (0, "at 08:49:37 UTC"),
            (-5_000, "at 08:49:32 UTC"),
            (1, "at 08:49:38 UTC (in 1 s)"),
            (598_000, "at 08:59:35 UTC (in 9 min 58 s)"),
            (600_000, "at 08:59:37 UTC (in 10 min)"),
            (7_384_000, "at 10:52:41 UTC (in 2 h 3 min)"),
            (86_400_000, "on Mon, 07 Nov 1994 at 08:49:37 UTC (in 1 d)"),
            (i64::MAX, "at an unknown time"),
        ] {
            assert_eq!(at(NOW, UnixTime(NOW.0.saturating_add(left))), said);
        }
        assert_eq!(at(NOW, UnixTime(-1)), "on Thu, 01 Jan 1970 at 00:00:00 UTC");
        assert_eq!(at(UnixTime(i64::MIN), UnixTime(i64::MIN)), "at an unknown time");
    }
}
