//! When a token is fresh, due for a refresh, urgently so, or expired. Pure.

use std::time::Duration;

use crate::time::{BootTime, UnixTime, duration, milliseconds};

/// 7G's own SDK refreshes when less than this is left (wire.md 1.4).
pub(crate) const MANDATORY_MARGIN: Duration = Duration::from_secs(30);
/// Long enough to ride out a short outage, short enough not to refresh much more often than needed.
pub(crate) const ADVISORY_MARGIN: Duration = Duration::from_secs(300);
/// A session's own point lies earlier by up to this share of the lifetime, so that a fleet spreads its refreshes.
const SPREAD: f64 = 0.1;
/// Over this time sessions spread their logins that can only be made once all of them have ended.
const LATE_SPREAD: Duration = Duration::from_secs(60);

/// How long before its end a token is to be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Margins {
    pub(crate) advisory: Duration,
    pub(crate) mandatory: Duration,
}

impl Default for Margins {
    fn default() -> Self {
        Self { advisory: ADVISORY_MARGIN, mandatory: MANDATORY_MARGIN }
    }
}

/// What a token is good for at some moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// Hand it out.
    Fresh,
    /// Hand it out, and refresh it meanwhile.
    Due,
    /// Callers wait for a new one.
    Urgent,
    /// It is worth nothing.
    Expired,
}

/// The points of a token's life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Windows {
    pub(crate) due: BootTime,
    pub(crate) urgent: BootTime,
    pub(crate) expired: BootTime,
    /// Before this a renewal yields nothing that lives longer.
    pub(crate) renewable: BootTime,
    /// When the timer looks whether the token is to be replaced in the background.
    pub(crate) wake: BootTime,
}

impl Windows {
    /// The windows of a token that is good for `lifetime` from `start`. `chance` in 0..1 draws this session's point.
    pub(crate) fn new(start: BootTime, lifetime: Duration, margins: Margins, chance: f64) -> Self {
        let quarter = lifetime / 4;
        let mandatory = margins.mandatory.min(quarter);
        let advisory = margins.advisory.min(quarter).max(mandatory);
        let early = lifetime.mul_f64(SPREAD * chance.clamp(0.0, 1.0));
        let at = |margin: Duration| start.after(lifetime.saturating_sub(margin));
        let due = at(advisory.saturating_add(early));
        Self { due, urgent: at(mandatory), expired: start.after(lifetime), renewable: BootTime(i64::MIN), wake: due }
    }

    /// The windows of a token that ends at `expired` together with all that are issued before: it is handed out to its
    /// end, for nothing can be had that lives longer before `renewable`.
    pub(crate) fn until_common_end(expired: BootTime, renewable: BootTime, chance: f64) -> Self {
        // Nobody waits for what is done in the background, and all sessions of all users end at this moment.
        let wake = renewable.max(expired).after(LATE_SPREAD.mul_f64(chance.clamp(0.0, 1.0)));
        Self { due: expired, urgent: expired, expired, renewable, wake }
    }

    pub(crate) fn freshness(&self, now: BootTime) -> Freshness {
        match now {
            now if now < self.due => Freshness::Fresh,
            now if now < self.urgent => Freshness::Due,
            now if now < self.expired => Freshness::Urgent,
            _ => Freshness::Expired,
        }
    }
}

/// When an answer was asked for, when it came, and the time its server wrote on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timing {
    pub(crate) sent: BootTime,
    pub(crate) received: BootTime,
    /// The `Date` header, which servers cut to whole seconds.
    pub(crate) date: Option<UnixTime>,
}

/// What is known of the server's clock: bounds of its time less our boot time, narrowed by every answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ServerClock(Option<Bounds>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bounds {
    low: i64,
    high: i64,
}

impl ServerClock {
    /// Learns from one answer. Bounds that contradict the old ones replace them: the server's clock was set.
    pub(crate) fn observe(&mut self, timing: Timing) {
        let Some(date) = timing.date else { return };
        let seen = Bounds {
            low: date.0.saturating_sub(timing.received.0),
            high: date.0.saturating_add(999).saturating_sub(timing.sent.0),
        };
        let narrowed = self.0.map(|old| Bounds { low: old.low.max(seen.low), high: old.high.min(seen.high) });
        self.0 = Some(narrowed.filter(|bounds| bounds.low <= bounds.high).unwrap_or(seen));
    }

    /// The latest time that the server's clock can show at `at`; the local wall time where nothing is known.
    pub(crate) fn latest(&self, at: BootTime, local: UnixTime) -> UnixTime {
        self.0.map_or(local, |bounds| UnixTime(at.0.saturating_add(bounds.high)))
    }

    /// The earliest time that the server's clock can show at `at`; the local wall time where nothing is known.
    pub(crate) fn earliest(&self, at: BootTime, local: UnixTime) -> UnixTime {
        self.0.map_or(local, |bounds| UnixTime(at.0.saturating_add(bounds.low)))
    }

    /// How much of its time is not known; None if nothing can be learned.
    pub(crate) fn spread(&self) -> Duration {
        self.0.map_or(Duration::ZERO, |bounds| duration(bounds.high.saturating_sub(bounds.low)))
    }

    /// The likeliest time of the server's clock at `at`; None if nothing is known.
    pub(crate) fn likeliest(&self, at: BootTime) -> Option<UnixTime> {
        self.0.map(|Bounds { low, high }| UnixTime(at.0.saturating_add(low.midpoint(high))))
    }

    /// How long a token that ends at `end` by the server's clock is still good, never more than that.
    pub(crate) fn left(&self, end: UnixTime, at: BootTime, local: UnixTime) -> Duration {
        duration(end.0.saturating_sub(self.latest(at, local).0))
    }
}

/// The wait before try number `failures + 1`: doubling from `first` to `longest`, with up to half of it drawn away.
pub(crate) fn backoff(failures: u32, first: Duration, longest: Duration, chance: f64) -> Duration {
    let doubled = first.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1).min(20))).min(longest);
    duration(milliseconds(doubled.mul_f64(1.0 - 0.5 * chance.clamp(0.0, 1.0))).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn windows(lifetime: u64, chance: f64) -> Windows {
        Windows::new(BootTime(0), Duration::from_secs(lifetime), Margins::default(), chance)
    }

    #[test]
    fn a_twenty_minute_token_is_due_five_minutes_and_urgent_thirty_seconds_before_its_end() {
        let windows = windows(1200, 0.0);
        let (due, urgent, expired) = (windows.due, windows.urgent, windows.expired);
        assert_eq!((due, urgent, expired), (BootTime(900_000), BootTime(1_170_000), BootTime(1_200_000)));
        assert_eq!(windows.freshness(BootTime(899_999)), Freshness::Fresh);
        assert_eq!(windows.freshness(BootTime(900_000)), Freshness::Due);
        assert_eq!(windows.freshness(BootTime(1_170_000)), Freshness::Urgent);
        assert_eq!(windows.freshness(BootTime(1_200_000)), Freshness::Expired);
    }

    #[test]
    fn the_drawn_point_is_only_ever_earlier_and_by_a_tenth_at_most() {
        assert_eq!(windows(1200, 1.0).due, BootTime(780_000));
        assert_eq!(windows(1200, 1.0).urgent, windows(1200, 0.0).urgent);
    }

    #[test]
    fn both_margins_shrink_with_a_short_lifetime() {
        let windows = windows(2, 0.0);
        let (due, urgent, expired) = (windows.due, windows.urgent, windows.expired);
        assert_eq!((due, urgent, expired), (BootTime(1500), BootTime(1500), BootTime(2000)));
    }

    #[test]
    fn tokens_that_end_together_are_good_to_their_end_and_renewed_spread_out_after_it() {
        let (end, renewable) = (BootTime(1_000_000), BootTime(1_002_000));
        let windows = Windows::until_common_end(end, renewable, 1.0);
        assert_eq!(windows.freshness(BootTime(999_999)), Freshness::Fresh);
        assert_eq!(windows.freshness(end), Freshness::Expired);
        assert_eq!(windows.wake, BootTime(1_062_000));
        assert_eq!(Windows::until_common_end(end, renewable, 0.0).wake, renewable);
    }

    #[test]
    fn a_wrong_local_clock_does_not_change_what_is_left() {
        let mut server = ServerClock::default();
        let date = Some(UnixTime(1_000_000_000));
        server.observe(Timing { sent: BootTime(5_000), received: BootTime(5_000), date });
        let end = UnixTime(1_001_200_000);
        for local in [UnixTime(0), UnixTime(9_999_999_999)] {
            assert_eq!(server.left(end, BootTime(5_000), local), Duration::from_millis(1_199_001));
        }
    }

    #[test]
    fn later_answers_narrow_the_servers_time_and_a_set_clock_replaces_it() {
        let mut server = ServerClock::default();
        let at = |boot, date| Timing { sent: BootTime(boot), received: BootTime(boot), date: Some(UnixTime(date)) };
        server.observe(at(900, 10_000));
        server.observe(at(1_000, 11_000));
        assert_eq!(server.latest(BootTime(1_000), UnixTime(0)), UnixTime(11_099));
        server.observe(at(2_000, 3_600_000));
        assert_eq!(server.latest(BootTime(2_000), UnixTime(0)), UnixTime(3_600_999));
    }

    proptest! {
        #[test]
        fn windows_are_in_order_for_any_input(start: i64, life: u64, advisory: u64, mandatory: u64, chance: f64) {
            let margins = Margins {
                advisory: Duration::from_millis(advisory / 2),
                mandatory: Duration::from_millis(mandatory / 2),
            };
            let windows = Windows::new(BootTime(start), Duration::from_millis(life / 2), margins, chance);
            prop_assert!(windows.due <= windows.urgent && windows.urgent <= windows.expired);
        }

        #[test]
        fn backoff_never_exceeds_its_longest_and_never_is_zero(failures: u32, chance: f64) {
            let wait = backoff(failures, Duration::from_millis(250), Duration::from_secs(30), chance);
            prop_assert!(wait <= Duration::from_secs(30) && wait >= Duration::from_millis(125));
        }

        #[test]
        fn no_reading_of_the_servers_clock_panics(sent: i64, received: i64, date: i64, at: i64, end: i64) {
            let mut server = ServerClock::default();
            let timing = Timing { sent: BootTime(sent), received: BootTime(received), date: Some(UnixTime(date)) };
            server.observe(timing);
            server.observe(timing);
            let _ = server.left(UnixTime(end), BootTime(at), UnixTime(0));
            let _ = (server.earliest(BootTime(at), UnixTime(0)), server.likeliest(BootTime(at)));
        }
    }
}
