//! The trading day, with which everything that is issued on it ends.

use std::time::Duration;

use crate::time::UnixTime;

/// India is 5 hours and 30 minutes ahead of UTC, all year.
const AHEAD: i64 = 19_800_000;
const DAY: i64 = 86_400_000;
const SECOND: i64 = 1000;

/// 23:59:59 in India, as a time of the day in UTC.
pub(super) const END: Duration = Duration::from_secs(66_599);

/// wire.md 2.3: 23:59:59 in India on the day that `at` falls on there.
pub(super) fn end(at: UnixTime) -> UnixTime {
    let midnight = at.0.saturating_add(AHEAD).div_euclid(DAY).saturating_add(1).saturating_mul(DAY);
    UnixTime(midnight.saturating_sub(AHEAD).saturating_sub(SECOND))
}
