//! The end of the Indian day, and what it means for a session.

use super::*;
use crate::provider::synapsewave::trading_day::end;

const SECOND: i64 = 1000;

/// Milliseconds since 1970 of a time in UTC.
fn utc(days_since_1970: i64, hour: i64, minute: i64, second: i64) -> UnixTime {
    UnixTime((days_since_1970 * 86_400 + hour * 3600 + minute * 60 + second) * SECOND)
}

#[test]
fn the_day_ends_at_23_59_59_in_india() {
    // 2026-01-05 is day 20458.
    assert_eq!(utc(20_458, 5, 3, 53), NOW);
    assert_eq!(utc(20_458, 18, 29, 59), END_OF_DAY);
    assert_eq!(end(NOW), END_OF_DAY);
}

#[test]
fn midnight_in_india_begins_the_next_day() {
    assert_eq!(end(utc(20_458, 18, 29, 58)), END_OF_DAY);
    assert_eq!(end(END_OF_DAY), END_OF_DAY);
    assert_eq!(end(UnixTime(END_OF_DAY.0 + 999)), END_OF_DAY);
    assert_eq!(end(utc(20_458, 18, 30, 0)), UnixTime(END_OF_DAY.0 + 86_400_000));
    assert_eq!(end(utc(20_458, 23, 59, 59)), end(utc(20_459, 0, 0, 0)), "midnight in UTC is a time like any other");
}

#[test]
fn months_and_years_end_like_days() {
    // 2025-12-31 is day 20453, 2024-02-29 day 19782, 2024-03-01 day 19783.
    assert_eq!(end(utc(20_453, 18, 29, 59)), utc(20_453, 18, 29, 59));
    assert_eq!(end(utc(20_453, 18, 30, 0)), utc(20_454, 18, 29, 59));
    assert_eq!(end(utc(19_782, 12, 0, 0)), utc(19_782, 18, 29, 59));
    assert_eq!(end(utc(19_782, 18, 30, 0)), utc(19_783, 18, 29, 59));
    assert_eq!(end(utc(-1, 0, 0, 0)), utc(-1, 18, 29, 59), "before 1970");
}

#[test]
fn a_token_that_does_not_say_ends_with_the_day_of_the_server() {
    let tomorrow = UnixTime(NOW.0 + 86_400_000);
    let body = success(&json!({"access_token": "opaque"}));
    assert_eq!(granted(&body).expiry, Expiry::At(END_OF_DAY));
    let dated = Answer { date: Some(tomorrow), ..success(&json!({"access_token": "opaque"})) };
    assert_eq!(
        granted(&dated).expiry,
        Expiry::At(UnixTime(END_OF_DAY.0 + 86_400_000)),
        "the local clock is a day late"
    );
    assert_eq!(provider().default_expiry(NOW), Expiry::At(END_OF_DAY));
}

#[test]
fn a_session_is_renewed_once_its_day_is_over() {
    assert_eq!(provider().renewal(), Renewal::Daily { end: Duration::from_secs(66_599), gap: Duration::from_secs(2) });
    let renewed = end(END_OF_DAY.after(Duration::from_secs(2)));
    assert_eq!(renewed, UnixTime(END_OF_DAY.0 + 86_400_000), "two seconds on, a login yields the next day");
}

proptest::proptest! {
    #[test]
    fn no_time_panics_and_a_day_is_at_most_a_day(at: i64) {
        let end = end(UnixTime(at));
        if (i64::MIN / 2..i64::MAX / 2).contains(&at) {
            proptest::prop_assert!(end.0 - at <= 86_400_000 && at - end.0 < SECOND, "{at} {end:?}");
        }
    }
}
