//! Tokens that came of refused ones, one after the other: two programs that end each other's sessions must calm down.

use std::time::Duration;

use crate::time::BootTime;

/// Two tokens that come of refused ones are allowed within this time. It doubles with each further one.
pub(super) const REFUSED_AGAIN: Duration = Duration::from_secs(60);
/// How often it doubles.
const MOST_DOUBLINGS: u32 = 5;
/// A token that was good for so long has nothing to do with the refusal that it came of.
const LIVED_WELL: Duration = Duration::from_secs(3600);

/// The refusals that followed each other.
#[derive(Debug, Default)]
pub(super) struct RefusalStreak(Option<Streak>);

#[derive(Debug)]
struct Streak {
    /// When a token last came of a refused one.
    since: BootTime,
    /// How many tokens did, one after the other.
    length: u8,
}

impl RefusalStreak {
    /// Until when a refused token is not replaced; None while another is allowed.
    pub(super) fn blocked_until(&self) -> Option<BootTime> {
        let streak = self.0.as_ref()?;
        let doublings = u32::from(streak.length).checked_sub(2)?.min(MOST_DOUBLINGS);
        Some(streak.since.after(REFUSED_AGAIN.saturating_mul(1 << doublings)))
    }

    /// A token came. `of_refused`: the server had refused the one before it.
    pub(super) fn granted(&mut self, now: BootTime, of_refused: bool) {
        let length = self.0.as_ref().map_or(0, |streak| streak.length);
        if of_refused {
            self.0 = Some(Streak { since: now, length: length.saturating_add(1) });
        } else {
            self.forget_after(now, REFUSED_AGAIN);
        }
    }

    /// Ends the streak if its last token was good for a long time.
    pub(super) fn forget_old(&mut self, now: BootTime) {
        self.forget_after(now, LIVED_WELL);
    }

    fn forget_after(&mut self, now: BootTime, time: Duration) {
        self.0.take_if(|streak| now >= streak.since.after(time));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> BootTime {
        BootTime(seconds * 1000)
    }

    #[test]
    fn the_second_refusal_blocks_for_a_minute_and_each_further_one_for_twice_as_long() {
        let mut streak = RefusalStreak::default();
        assert_eq!(streak.blocked_until(), None);
        streak.granted(at(0), true);
        assert_eq!(streak.blocked_until(), None);
        for (minutes, now) in [1, 2, 4, 8, 16, 32, 32].into_iter().zip(1..) {
            streak.granted(at(now), true);
            assert_eq!(streak.blocked_until(), Some(at(now + minutes * 60)));
        }
    }

    #[test]
    fn a_token_that_came_of_a_good_one_ends_the_streak_after_a_minute() {
        let mut streak = RefusalStreak::default();
        streak.granted(at(0), true);
        streak.granted(at(1), true);
        streak.granted(at(60), false);
        assert_eq!(streak.blocked_until(), Some(at(61)));
        streak.granted(at(61), false);
        assert_eq!(streak.blocked_until(), None);
    }

    #[test]
    fn a_token_that_was_good_for_an_hour_ends_the_streak() {
        let mut streak = RefusalStreak::default();
        streak.granted(at(0), true);
        streak.granted(at(1), true);
        streak.forget_old(at(3600));
        assert_eq!(streak.blocked_until(), Some(at(61)));
        streak.forget_old(at(3601));
        assert_eq!(streak.blocked_until(), None);
    }
}
